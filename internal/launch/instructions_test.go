package launch_test

import (
	"errors"
	"html"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/xrole/terraform-provider-xrole/internal/launch"
)

func invitation() launch.Invitation {
	return launch.Invitation{
		Name: "globex", AccountID: "222222222222", ExternalID: "K7QZ4M2XN6TBV3HWPR5CJ8LDYF", TemplateSHA256: strings.Repeat("0a", 32),
		RoleName: "AcmeAccess", RolePath: "/acme/", ManagedPolicyARNs: []string{"arn:aws:iam::aws:policy/SecurityAudit", "arn:aws:iam::aws:policy/Billing"},
		InlinePolicies:   map[string]string{"read-costs": `{"Statement":[{"Effect":"Allow","Action":"ce:GetCostForecast","Resource":"*"}]}`, "list-all": "not JSON"},
		PartnerAccountID: "111111111111", TopicName: "xrole-acme",
		Link: launch.Link{Region: "eu-west-1", StackName: "Acme", TemplateURL: templateURL, Parameters: map[string]string{"Owner": "a b"}},
	}
}

func write(t *testing.T, inv launch.Invitation, f launch.Format) string {
	t.Helper()
	out, err := launch.Instructions(inv, f)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := launch.Instructions(inv, f); err != nil || again != out {
		t.Error("the same invitation gave other instructions")
	}
	return out
}

// plain is what a reader sees: without markup, and with straight quotes.
func plain(page string, f launch.Format) string {
	if f == launch.HTML {
		_, page, _ = strings.Cut(page, "<body>")
		page = html.UnescapeString(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(page, ""))
	}
	page = strings.NewReplacer("“", `"`, "”", `"`, "…", "...", "**", "", "`", "").Replace(page)
	return strings.Join(strings.Fields(page), " ")
}

func TestInstructions(t *testing.T) {
	t.Parallel()
	inv := invitation()
	link, err := inv.Link.URL()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []launch.Format{launch.Markdown, launch.HTML} {
		page := write(t, inv, f)
		text := plain(page, f)
		for _, want := range []string{
			"globex", "AcmeAccess", "arn:aws:iam::aws:policy/Billing", "read-costs",
			"Only AWS account 111111111111, there only the principals that the template names, and only when they present the External ID K7QZ4M2XN6TBV3HWPR5CJ8LDYF.",
			"The External ID is no password",
			`"Access Denied" from S3 right after the click? You are signed in to another AWS account than 222222222222`,
			"it must show account 2222-2222-2222 and region eu-west-1",
			inv.TemplateSHA256, "sha256sum template.yaml",
			`"I acknowledge that AWS CloudFormation might create IAM resources with custom names"`,
			"cloudformation:CreateStack", "s3:GetObject", "sns:Publish",
			`is not authorized to perform: SNS:Publish"`,
			`"did not receive a response from your Custom Resource"`,
			"for an hour at most", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "UPDATE_ROLLBACK_FAILED", "DELETE_FAILED",
			`"Action": "ce:GetCostForecast"`, "not JSON", "AWS charges nothing for the stack, the role and the report.", "Change nothing on the page.",
			plain(launch.CLICommand(inv.Link), launch.Markdown),
			"aws cloudformation delete-stack", "--deletion-mode FORCE_DELETE_STACK",
		} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: %q is missing", f, want)
			}
		}
		if f == launch.HTML {
			page = html.UnescapeString(page)
		}
		if !strings.Contains(page, link) {
			t.Errorf("%s: the launch link is missing", f)
		}
	}
	inv.PreviousExternalID = "FORMER"
	for _, f := range []launch.Format{launch.Markdown, launch.HTML} {
		if want := "the External ID K7QZ4M2XN6TBV3HWPR5CJ8LDYF, or the former one FORMER until the vendor has ended its use."; !strings.Contains(plain(write(t, inv, f), f), want) {
			t.Errorf("%s: while rotating %q is missing", f, want)
		}
	}
	if _, err := launch.Instructions(inv, "pdf"); !errors.Is(err, launch.ErrFormat) {
		t.Errorf("format pdf: got %v", err)
	}
	inv.Link.StackName = "no name"
	if _, err := launch.Instructions(inv, launch.HTML); err == nil {
		t.Error("a link that cannot be was accepted")
	}
}

func TestInstructions_bare(t *testing.T) {
	t.Parallel()
	bare := launch.Invitation{Link: launch.Link{Region: "us-east-1", StackName: "Acme", TemplateURL: "https://example.com/role.yaml"}}
	for _, f := range []launch.Format{launch.Markdown, launch.HTML} {
		text := plain(write(t, bare, f), f)
		for _, want := range []string{"the vendor's AWS account, there", "the External ID in the template.", "not one that the vendor invited", "it must show the account in which the vendor is to have a role, and region us-east-1", "https://example.com/role.yaml"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: %q is missing", f, want)
			}
		}
		for _, bad := range []string{"Invitation", "SHA-256", "Managed policies", "written out", "aws s3 cp", "``", "<no value>"} {
			if strings.Contains(text, bad) {
				t.Errorf("%s: %q is there", f, bad)
			}
		}
	}
}

func TestInstructions_noConsole(t *testing.T) {
	t.Parallel()
	inv := invitation()
	inv.Link.Region = "us-iso-east-1"
	for _, f := range []launch.Format{launch.Markdown, launch.HTML} {
		page := write(t, inv, f)
		if strings.Contains(page, "Launch Stack") || strings.Contains(page, "stacks/create/review") {
			t.Errorf("%s: a button without a console", f)
		}
		if !strings.Contains(plain(page, f), "--region us-iso-east-1") {
			t.Errorf("%s: no command", f)
		}
	}
}

func TestInstructions_order(t *testing.T) {
	t.Parallel()
	inv := invitation()
	other := inv
	other.ManagedPolicyARNs = []string{inv.ManagedPolicyARNs[1], inv.ManagedPolicyARNs[0]}
	for _, f := range []launch.Format{launch.Markdown, launch.HTML} {
		if diff := cmp.Diff(write(t, inv, f), write(t, other, f)); diff != "" {
			t.Errorf("%s: %s", f, diff)
		}
	}
}
