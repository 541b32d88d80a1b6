package provider_test

import (
	"math/big"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/function"
	tfprovider "github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/xrole/terraform-provider-xrole/internal/launch"
	"github.com/xrole/terraform-provider-xrole/internal/provider"
)

const (
	functionTemplateURL = "https://acme.s3.us-east-1.amazonaws.com/templates/222222222222/globex/0a1b.yaml"
	functionLaunchURL   = "https://us-east-1.console.aws.amazon.com/cloudformation/home?region=us-east-1#/stacks/create/review" +
		"?templateURL=https%3A%2F%2Facme.s3.us-east-1.amazonaws.com%2Ftemplates%2F222222222222%2Fglobex%2F0a1b.yaml&stackName=Acme&param_Owner=a%20b"
)

func functionNamed(t *testing.T, name string) function.Function {
	t.Helper()
	p, ok := provider.New("test").(tfprovider.ProviderWithFunctions)
	if !ok {
		t.Fatal("the provider has no functions")
	}
	for _, build := range p.Functions(t.Context()) {
		f := build()
		var metadata function.MetadataResponse
		f.Metadata(t.Context(), function.MetadataRequest{}, &metadata)
		if metadata.Name == name {
			return f
		}
	}
	t.Fatalf("no function %q", name)
	return nil
}

// call runs a function as Terraform does: the first argument is dynamic, the others are strings.
func call(t *testing.T, name string, onboarding attr.Value, more ...attr.Value) (types.String, *function.FuncError) {
	t.Helper()
	argument, ok := onboarding.(types.Dynamic)
	if !ok {
		argument = types.DynamicValue(onboarding)
	}
	resp := function.RunResponse{Result: function.NewResultData(types.StringUnknown())}
	req := function.RunRequest{Arguments: function.NewArgumentsData(append([]attr.Value{argument}, more...))}
	functionNamed(t, name).Run(t.Context(), req, &resp)
	result, ok := resp.Result.Value().(types.String)
	if !ok {
		t.Fatalf("%s returned %v", name, resp.Result.Value())
	}
	return result, resp.Error
}

func object(t *testing.T, attributes map[string]attr.Value) types.Object {
	t.Helper()
	kinds := map[string]attr.Type{}
	for name, value := range attributes {
		kinds[name] = value.Type(t.Context())
	}
	o, diags := types.ObjectValue(kinds, attributes)
	if diags.HasError() {
		t.Fatal(diags)
	}
	return o
}

// onboarding has what the resource has, as far as the functions read it, and changes of it; a nil removes.
func onboarding(t *testing.T, changes map[string]attr.Value) types.Object {
	t.Helper()
	text := types.StringValue
	attributes := map[string]attr.Value{
		"launch_url": text(functionLaunchURL), "name": text("globex"), "account_id": text("222222222222"), "external_id": text("EXTERNALID"), "previous_external_id": text("FORMERID"),
		"template_sha256": text("0a1b"), "template_url": text(functionTemplateURL), "stack_name": text("Acme"), "region": text("us-east-1"),
		"parameters":              types.MapValueMust(types.StringType, map[string]attr.Value{"Owner": text("a b")}),
		"hub":                     object(t, map[string]attr.Value{"account_id": text("111111111111"), "topic_name": text("xrole-acme"), "trusted_principal_arns": types.SetValueMust(types.StringType, []attr.Value{text("arn:aws:iam::111111111111:role/ci")})}),
		"service_timeout_seconds": types.Int64Value(600), "template_body": types.StringNull(),
		"role": object(t, map[string]attr.Value{
			"name": text("AcmeAccess"), "path": types.StringNull(), "description": text("Reads costs."), "permissions_boundary_arn": text("arn:aws:iam::222222222222:policy/B"),
			"managed_policy_arns": types.SetValueMust(types.StringType, []attr.Value{text("arn:aws:iam::aws:policy/SecurityAudit")}),
			"inline_policies":     types.MapValueMust(types.StringType, map[string]attr.Value{"read-costs": text("{}")}),
		}),
		"status": types.StringUnknown(), "tags_all": types.MapUnknown(types.StringType),
	}
	for name, value := range changes {
		if attributes[name] = value; value == nil {
			delete(attributes, name)
		}
	}
	return object(t, attributes)
}

const functionStackID = "arn:aws:cloudformation:us-east-1:222222222222:stack/Acme/0a1b2c3d-0000"

func functionInvitation() launch.Invitation {
	return launch.Invitation{
		Name: "globex", AccountID: "222222222222", ExternalID: "EXTERNALID", PreviousExternalID: "FORMERID", TemplateSHA256: "0a1b", RoleName: "AcmeAccess",
		ManagedPolicyARNs: []string{"arn:aws:iam::aws:policy/SecurityAudit"}, InlinePolicies: map[string]string{"read-costs": "{}"},
		RoleDescription: "Reads costs.", PermissionsBoundaryARN: "arn:aws:iam::222222222222:policy/B",
		PartnerAccountID: "111111111111", TopicName: "xrole-acme", TrustedPrincipalARNs: []string{"arn:aws:iam::111111111111:role/ci"}, TimeoutSeconds: 600,
		Link: launch.Link{Region: "us-east-1", StackName: "Acme", TemplateURL: functionTemplateURL, Parameters: map[string]string{"Owner": "a b"}},
	}
}

func TestFunctions_definitions(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"launch_button", "cli_command", "instructions", "launch_url", "trust_policy", "role_arn_parse"} {
		var resp function.DefinitionResponse
		functionNamed(t, name).Definition(t.Context(), function.DefinitionRequest{}, &resp)
		var checked function.DefinitionValidateResponse
		resp.Definition.ValidateImplementation(t.Context(), function.DefinitionValidateRequest{FuncName: name}, &checked)
		if resp.Diagnostics.HasError() || checked.Diagnostics.HasError() {
			t.Errorf("%s: %v %v", name, resp.Diagnostics, checked.Diagnostics)
		}
	}
}

// The three functions read the argument by the same rules; what is wrong with it is told alike.
func TestFunctions_wrongOnboarding(t *testing.T) {
	t.Parallel()
	text := types.StringValue
	role := func(attributes map[string]attr.Value) attr.Value {
		return onboarding(t, map[string]attr.Value{"role": object(t, attributes)})
	}
	without := func(name, value string) attr.Value {
		return onboarding(t, map[string]attr.Value{"launch_url": types.StringNull(), name: text(value)})
	}
	for name, row := range map[string]struct {
		value attr.Value
		want  string
		only  string
	}{
		"null":             {types.DynamicNull(), "not null", ""},
		"typed null":       {types.ObjectNull(map[string]attr.Type{}), "not null", ""},
		"string":           {text(functionLaunchURL), "must be an xrole_onboarding resource or an object with the attribute `launch_url`, not a string", ""},
		"list":             {types.ListValueMust(types.StringType, nil), "not a list", ""},
		"no link":          {onboarding(t, map[string]attr.Value{"launch_url": nil}), "must have the attribute `launch_url`", ""},
		"number for link":  {onboarding(t, map[string]attr.Value{"launch_url": types.NumberValue(big.NewFloat(1))}), "`launch_url` must be a string, not a number", ""},
		"no launch link":   {onboarding(t, map[string]attr.Value{"launch_url": text("https://example.com/")}), "its `launch_url` is not a launch link that xrole made: not a CloudFormation quick-create link", ""},
		"link with markup": {onboarding(t, map[string]attr.Value{"launch_url": text(functionLaunchURL + "<script>")}), "is not a launch link", ""},
		"null link alone":  {object(t, map[string]attr.Value{"launch_url": types.StringNull()}), "has no `launch_url`", ""},
		"no console":       {onboarding(t, map[string]attr.Value{"launch_url": types.StringNull()}), "has no public console", "launch_button"},
		"number for name":  {onboarding(t, map[string]attr.Value{"name": types.BoolValue(true)}), "`name` must be a string, not a bool", "instructions"},
		"text for role":    {onboarding(t, map[string]attr.Value{"role": text("x")}), "`role` must be an object, not a string", "instructions"},
		"list for name":    {role(map[string]attr.Value{"name": types.ListValueMust(types.StringType, nil)}), "in `role`: `name` must be a string, not a list", "instructions"},
		"text for ARNs":    {role(map[string]attr.Value{"managed_policy_arns": text("x")}), "in `role`: `managed_policy_arns` must be a list or set of strings, not a string", "instructions"},
		"text for timeout": {onboarding(t, map[string]attr.Value{"service_timeout_seconds": text("x")}), "`service_timeout_seconds` must be a number, not a string", "instructions"},
		"text for hub's":   {onboarding(t, map[string]attr.Value{"hub": object(t, map[string]attr.Value{"trusted_principal_arns": text("x")})}), "in `hub`: `trusted_principal_arns` must be a list", "instructions"},
		"bad template":     {onboarding(t, map[string]attr.Value{"template_body": text("Resources: [")}), "its `template_body` cannot be read: line 2, column 1", "instructions"},
		"bad stack id":     {onboarding(t, map[string]attr.Value{"stack_id": text("Acme"), "status": text("verified")}), "stack id", "instructions"},
		"option as name":   {without("stack_name", "--profile=admin"), "what is read instead of it is refused: stack name", "cli_command"},
		"option as region": {without("region", "--debug"), "what is read instead of it is refused: region", "cli_command"},
		"http template":    {without("template_url", "http://example.com/x"), "what is read instead of it is refused: template URL", "cli_command"},
		"bad stack name":   {onboarding(t, map[string]attr.Value{"launch_url": types.StringNull(), "stack_name": text("a b")}), `stack name "a b" must be`, "instructions"},
	} {
		for f, more := range map[string][]attr.Value{"launch_button": {text("html")}, "cli_command": nil, "instructions": {text("html")}} {
			if row.only != "" && row.only != f {
				continue
			}
			_, err := call(t, f, row.value, more...)
			if err == nil || err.FunctionArgument == nil || *err.FunctionArgument != 0 || !strings.Contains(err.Text, row.want) {
				t.Errorf("%s: %s: got %v, want %q on argument 0", name, f, err, row.want)
			}
		}
	}
}

func TestFunctions_wrongFormat(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"launch_button", "instructions"} {
		_, err := call(t, name, onboarding(t, nil), types.StringValue("pdf"))
		if err == nil || err.FunctionArgument == nil || *err.FunctionArgument != 1 || err.Text != `the format must be "markdown" or "html", not "pdf"` {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestFunctions_unknown(t *testing.T) {
	t.Parallel()
	unknown := types.StringUnknown()
	everything := []string{"launch_button", "cli_command", "instructions"}
	for name, row := range map[string]struct {
		value   attr.Value
		unknown []string
	}{
		"whole":        {types.DynamicUnknown(), everything},
		"typed":        {types.ObjectUnknown(map[string]attr.Type{"launch_url": types.StringType}), everything},
		"link":         {onboarding(t, map[string]attr.Value{"launch_url": unknown}), everything},
		"external id":  {onboarding(t, map[string]attr.Value{"external_id": unknown}), []string{"instructions"}},
		"role":         {onboarding(t, map[string]attr.Value{"role": types.ObjectUnknown(map[string]attr.Type{})}), []string{"instructions"}},
		"name of role": {onboarding(t, map[string]attr.Value{"role": object(t, map[string]attr.Value{"name": unknown})}), []string{"instructions"}},
		"one policy": {onboarding(t, map[string]attr.Value{"role": object(t, map[string]attr.Value{
			"managed_policy_arns": types.SetValueMust(types.StringType, []attr.Value{unknown}),
		})}), []string{"instructions"}},
		"template": {onboarding(t, map[string]attr.Value{"template_body": unknown}), []string{"instructions"}},
		"timeout":  {onboarding(t, map[string]attr.Value{"service_timeout_seconds": types.Int64Unknown()}), []string{"instructions"}},
		"one principal": {onboarding(t, map[string]attr.Value{"hub": object(t, map[string]attr.Value{
			"trusted_principal_arns": types.SetValueMust(types.StringType, []attr.Value{unknown}),
		})}), []string{"instructions"}},
		"one document": {onboarding(t, map[string]attr.Value{"role": object(t, map[string]attr.Value{
			"inline_policies": types.MapValueMust(types.StringType, map[string]attr.Value{"costs": unknown}),
		})}), []string{"instructions"}},
		"stack":              {onboarding(t, map[string]attr.Value{"stack_id": unknown}), []string{"instructions"}},
		"status of a stack":  {onboarding(t, map[string]attr.Value{"stack_id": types.StringValue(functionStackID), "status": unknown}), []string{"instructions"}},
		"status without one": {onboarding(t, map[string]attr.Value{"status": unknown}), nil},
		"what is not read":   {onboarding(t, map[string]attr.Value{"reason": unknown}), nil},
	} {
		for _, f := range everything {
			more := []attr.Value{types.StringValue("html")}
			if f == "cli_command" {
				more = nil
			}
			got, err := call(t, f, row.value, more...)
			if err != nil {
				t.Errorf("%s: %s: %v", name, f, err)
			}
			if want := strings.Contains(strings.Join(row.unknown, " "), f); got.IsUnknown() != want {
				t.Errorf("%s: %s: unknown is %v, want %v", name, f, got.IsUnknown(), want)
			}
		}
	}
}

func TestFunctions_known(t *testing.T) {
	t.Parallel()
	inv := functionInvitation()
	bare := launch.Invitation{Link: inv.Link, Name: "globex"}
	text := types.StringValue
	linkAndName := map[string]attr.Value{"launch_url": text(functionLaunchURL), "name": text("globex")}
	isolated := inv
	isolated.Link.Region = "us-iso-east-1"
	own := inv
	own.Resources = []launch.Resource{{LogicalID: "Logs", Type: "AWS::S3::Bucket", Kept: true}}
	own.Parameters = []launch.Parameter{{Name: "Owner", Description: "Who pays.", Required: true}}
	stands := inv
	stands.StackID = functionStackID
	partner := functionInvitation()
	partner.Partner = "Acme & Co."
	stack := func(status string) attr.Value {
		return onboarding(t, map[string]attr.Value{"stack_id": text(functionStackID), "status": text(status)})
	}
	for name, row := range map[string]struct {
		value attr.Value
		want  launch.Invitation
	}{
		"stack":           {onboarding(t, map[string]attr.Value{"stack_id": text(functionStackID), "status": types.StringNull()}), stands},
		"verified":        {stack("verified"), stands},
		"delivered":       {stack("delivered"), stands},
		"leaving":         {stack("leaving"), inv},
		"disconnected":    {stack("disconnected"), inv},
		"rejected":        {stack("rejected"), inv},
		"resource":        {onboarding(t, nil), inv},
		"partner":         {onboarding(t, map[string]attr.Value{"partner": text("Acme & Co.")}), partner},
		"plain object":    {object(t, linkAndName), bare},
		"map":             {types.MapValueMust(types.StringType, linkAndName), bare},
		"nulls":           {object(t, map[string]attr.Value{"launch_url": text(functionLaunchURL), "name": text("globex"), "role": types.DynamicNull(), "hub": types.DynamicNull(), "account_id": types.StringNull()}), bare},
		"own template":    {onboarding(t, map[string]attr.Value{"template_body": text("Parameters: {Owner: {Type: String, Description: Who pays.}}\nResources: {Logs: {Type: AWS::S3::Bucket, DeletionPolicy: Retain}}")}), own},
		"number":          {onboarding(t, map[string]attr.Value{"service_timeout_seconds": types.NumberValue(big.NewFloat(600))}), inv},
		"without console": {onboarding(t, map[string]attr.Value{"launch_url": types.StringNull(), "region": text("us-iso-east-1")}), isolated},
	} {
		for _, format := range []launch.Format{launch.Markdown, launch.HTML} {
			want, err := launch.Instructions(row.want, format)
			if err != nil {
				t.Fatal(err)
			}
			got, funcErr := call(t, "instructions", row.value, text(string(format)))
			if funcErr != nil {
				t.Fatalf("%s: %v", name, funcErr)
			}
			if diff := cmp.Diff(want, got.ValueString()); diff != "" {
				t.Errorf("%s: %s: %s", name, format, diff)
			}
		}
		got, err := call(t, "cli_command", row.value)
		if want := launch.CLICommand(row.want.Link); err != nil || got.ValueString() != want {
			t.Errorf("%s: got %v, %v, want %s", name, got, err, want)
		}
	}
}

func TestLaunchButtonFunction(t *testing.T) {
	t.Parallel()
	for _, format := range []launch.Format{launch.Markdown, launch.HTML} {
		want, err := launch.Button(functionLaunchURL, format)
		if err != nil {
			t.Fatal(err)
		}
		got, funcErr := call(t, "launch_button", onboarding(t, nil), types.StringValue(string(format)))
		if funcErr != nil || got.ValueString() != want {
			t.Errorf("%s: got %v, %v, want %s", format, got, funcErr, want)
		}
	}
}
