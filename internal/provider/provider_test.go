package provider_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	tfprovider "github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	resourcetest "github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"

	"github.com/xrole/terraform-provider-xrole/internal/lab"
	"github.com/xrole/terraform-provider-xrole/internal/provider"
)

// attribute is what resource and data source attributes have in common.
type attribute interface{ GetMarkdownDescription() string }

func TestSchemas(t *testing.T) {
	t.Parallel()
	p := provider.New("test")
	for _, build := range p.Resources(t.Context()) {
		var resp resource.SchemaResponse
		build().Schema(t.Context(), resource.SchemaRequest{}, &resp)
		if diags := resp.Schema.ValidateImplementation(t.Context()); diags.HasError() {
			t.Error(diags)
		}
		for name, a := range resp.Schema.Attributes {
			described(t, name, a)
		}
	}
	for _, build := range p.DataSources(t.Context()) {
		var resp datasource.SchemaResponse
		build().Schema(t.Context(), datasource.SchemaRequest{}, &resp)
		if diags := resp.Schema.ValidateImplementation(t.Context()); diags.HasError() {
			t.Error(diags)
		}
		for name, a := range resp.Schema.Attributes {
			described(t, name, a)
		}
	}
}

func TestSchemas_ephemeral(t *testing.T) {
	t.Parallel()
	p, ok := provider.New("test").(tfprovider.ProviderWithEphemeralResources)
	if !ok {
		t.Fatal("the provider has no ephemeral resources")
	}
	for _, build := range p.EphemeralResources(t.Context()) {
		var resp ephemeral.SchemaResponse
		build().Schema(t.Context(), ephemeral.SchemaRequest{}, &resp)
		if diags := resp.Schema.ValidateImplementation(t.Context()); diags.HasError() {
			t.Error(diags)
		}
		for name, a := range resp.Schema.Attributes {
			described(t, name, a)
		}
	}
}

func described(t *testing.T, name string, a attribute) {
	t.Helper()
	if text := a.GetMarkdownDescription(); !strings.HasSuffix(text, ".") {
		t.Errorf("%s: the description %q is no sentence", name, text)
	}
}

// A message's summary must find one line of the source, so that a person who searches for it lands there.
func TestDiagnosticSummaries(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]token.Position{}
	set := token.NewFileSet()
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(set, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			summary, ok := summaryOf(call)
			if !ok {
				return true
			}
			literal, ok := summary.(*ast.BasicLit)
			if !ok {
				if id, isName := summary.(*ast.Ident); !isName || id.Name != "summary" {
					t.Errorf("%s: the summary is no literal", set.Position(call.Pos()))
				}
				return true
			}
			if before, twice := seen[literal.Value]; twice {
				t.Errorf("%s: the summary %s stands at %s too", set.Position(call.Pos()), literal.Value, before)
			}
			seen[literal.Value] = set.Position(call.Pos())
			return true
		})
	}
	if len(seen) < 20 {
		t.Errorf("only %d summaries were found: this test no longer looks at the right calls", len(seen))
	}
}

func summaryOf(call *ast.CallExpr) (ast.Expr, bool) {
	name := ""
	switch f := call.Fun.(type) {
	case *ast.SelectorExpr:
		name = f.Sel.Name
	case *ast.Ident:
		name = f.Name
	}
	switch {
	case name == "AddError" || name == "AddWarning":
		return call.Args[0], true
	case (name == "AddAttributeError" || name == "AddAttributeWarning" || name == "addError") && len(call.Args) > 1:
		return call.Args[1], true
	default:
		return nil, false
	}
}

func TestProvider_unknownConfiguration(t *testing.T) {
	t.Parallel()
	w := paperWorld(t)
	body := `
resource "terraform_data" "later" { input = "us-east-1" }
provider "xrole" { region = terraform_data.later.output }
` + w.hubLocal()
	resourcetest.UnitTest(t, resourcetest.TestCase{
		ProtoV6ProviderFactories: factories(),
		Steps: []resourcetest.TestStep{
			{
				Config: body + globex("222222222222"), PlanOnly: true, ExpectNonEmptyPlan: true,
			},
			{
				Config:      body + "\ndata \"xrole_roles\" \"all\" {\n  hub = local.hub\n}",
				ExpectError: regexp.MustCompile(`Provider configuration not known yet`),
			},
		},
	})
}

func TestProvider_invalid(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct{ block, want string }{
		"region":      {`region = "Frankfurt"`, `Invalid AWS region`},
		"profile":     {`profile = "nobody-has-this"`, `Unable to load the AWS profile`},
		"role arn":    {`assume_role = { role_arn = "arn:aws:iam::1:role/x" }`, `Invalid role ARN`},
		"duration":    {`assume_role = { role_arn = "arn:aws:iam::111122223333:role/x", duration = "13h" }`, `Invalid session duration`},
		"external id": {`assume_role = { role_arn = "arn:aws:iam::111122223333:role/x", external_id = "a b" }`, `Invalid External ID`},
		"service":     {`endpoints = { ec2 = "https://localhost" }`, `endpoints`},
		"endpoint":    {`endpoints = { s3 = "localhost:4566" }`, `Invalid endpoint URL`},
		"retries":     {`max_retries = 0`, `max_retries`},
		"tag":         {`default_tags = { "aws:x" = "y" }`, `Invalid tag`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := paperWorld(t)
			resourcetest.UnitTest(t, resourcetest.TestCase{
				ProtoV6ProviderFactories: factories(),
				Steps: []resourcetest.TestStep{{
					Config:      "provider \"xrole\" {\n" + row.block + "\n}\n" + w.hubLocal() + globex("222222222222"),
					PlanOnly:    true,
					ExpectError: regexp.MustCompile(row.want),
				}},
			})
		})
	}
}

// A role to assume costs its request when it is first needed, not when Terraform starts.
func TestProvider_assumeRole(t *testing.T) {
	t.Parallel()
	customer := lab.Shared(t).NewAccount(t)
	w := newWorld(t, customer)
	role := w.makeRole(t, "terraform")
	count := w.counter()
	config := "provider \"xrole\" {\n  region = \"us-east-1\"\n  profile = \"" + w.partner.Profile + "\"\n  assume_role = { role_arn = \"" + role + "\", session_name = \"ci\" }\n}\n" + w.hubLocal()
	resourcetest.UnitTest(t, resourcetest.TestCase{
		ProtoV6ProviderFactories: factories(),
		Steps: []resourcetest.TestStep{
			{PreConfig: count.reset, Config: config + globex(customer.ID), PlanOnly: true, ExpectNonEmptyPlan: true},
			{
				PreConfig: func() {
					if got := count.operations(); len(got) != 0 {
						t.Errorf("a plan of a new onboarding made the requests %v", got)
					}
				},
				Config:           config + globex(customer.ID),
				ConfigPlanChecks: resourcetest.ConfigPlanChecks{PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}},
			},
		},
	})
	if got := count.operations(); len(got) == 0 || got[0] != "AssumeRole" {
		t.Errorf("the role was not assumed first: %v", got)
	}
}

// The first error of all that most people meet says what is missing: there are no credentials, or the role to assume is a
// wrong one.
func TestProvider_noCredentials(t *testing.T) {
	t.Parallel()
	w := paperWorld(t)
	for block, want := range map[string]string{
		``: "There are no AWS credentials to ask with.",
		fmt.Sprintf("profile = %q\n  assume_role = { role_arn = \"arn:aws:iam::%s:role/missing\" }", w.partner.Profile, w.partner.ID): "`assume_role`: check that its `role_arn`",
	} {
		config := "provider \"xrole\" {\n  region = \"us-east-1\"\n  " + block + "\n}\n" + w.hubLocal() + "\n"
		resourcetest.UnitTest(t, resourcetest.TestCase{
			ProtoV6ProviderFactories: factories(),
			Steps: []resourcetest.TestStep{
				{Config: config + "data \"xrole_hub\" \"main\" {\n  name = \"acme\"\n}", ExpectError: regexpOf(want)},
				{Config: config + "data \"xrole_roles\" \"all\" {\n  hub = local.hub\n}", ExpectError: regexpOf(want)},
				{Config: config + globex("222222222222"), ExpectError: regexpOf(want)},
			},
		})
	}
}
