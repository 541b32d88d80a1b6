package provider_test

import (
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/xrole/terraform-provider-xrole/internal/launch"
)

const browser = "../launch/browser"

const ownTemplate = `
Parameters:
  ExternalId: {Type: String}
  Owner: {Type: String, Description: Who pays for the bucket.}
  RetentionDays: {Type: Number, Default: 30, Description: How long logs are kept.}
  Team: {Type: String, Description: Your team's name.}
Conditions: {Long: !Equals [!Ref RetentionDays, "365"]}
Resources:
  Role: {Type: AWS::IAM::Role}
  Logs: {Type: AWS::S3::Bucket, DeletionPolicy: Retain}
  Archive: {Type: AWS::S3::Bucket, Condition: Long}
  Connection: {Type: Custom::XRole}
`

const pageStackID = "arn:aws:cloudformation:eu-west-1:222222222222:stack/Acme-access/0a1b2c3d-0000"

// pageOnboardings are what the page must be good for: each with the link that its button must have.
func pageOnboardings(t *testing.T) map[string]attr.Value {
	t.Helper()
	text := types.StringValue
	set := func(values ...string) attr.Value {
		var list []attr.Value
		for _, v := range values {
			list = append(list, text(v))
		}
		return types.SetValueMust(types.StringType, list)
	}
	hub := func(partition string) attr.Value {
		return object(t, map[string]attr.Value{
			"account_id": text("111111111111"), "topic_name": text("xrole-acme"),
			"trusted_principal_arns": set("arn:"+partition+":iam::111111111111:role/acme-collector", "arn:"+partition+":iam::111111111111:role/services/acme-reports-*"),
		})
	}
	role := object(t, map[string]attr.Value{
		"name": text("AcmeAccess"), "path": text("/acme/"), "description": text("Reads configuration and costs for Acme's monthly report."),
		"permissions_boundary_arn": text("arn:aws:iam::222222222222:policy/Boundary"),
		"managed_policy_arns":      set("arn:aws:iam::aws:policy/SecurityAudit", "arn:aws:iam::aws:policy/job-function/ViewOnlyAccess"),
		"inline_policies": types.MapValueMust(types.StringType, map[string]attr.Value{"read-costs": text(`{"Version":"2012-10-17","Statement":[` +
			`{"Sid":"Costs","Effect":"Allow","Action":["ce:Get*","cur:DescribeReportDefinitions"],"Resource":"*"},` +
			`{"Effect":"Deny","NotAction":"ce:*","Resource":"arn:aws:s3:::secret/*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}`)}),
	})
	link := func(region, suffix, account string) launch.Link {
		return launch.Link{Region: region, StackName: "Acme-access", TemplateURL: "https://xrole-acme-111111111111-" + region + "-an.s3." + region + "." + suffix +
			"/templates/" + account + "/globex/" + strings.Repeat("0a1b2c3d", 8) + ".yaml"}
	}
	of := func(l launch.Link, changes map[string]attr.Value) attr.Value {
		url, err := l.URL()
		if err != nil {
			t.Fatal(err)
		}
		all := map[string]attr.Value{
			"launch_url": text(url), "external_id": text("K7QZ4M2XN6TBV3HWPR5CJ8LDYF"), "previous_external_id": types.StringNull(),
			"template_sha256": text(strings.Repeat("0a1b2c3d", 8)), "role": role, "hub": hub("aws"), "service_timeout_seconds": types.Int64Value(600),
		}
		maps.Copy(all, changes)
		return onboarding(t, all)
	}
	own := link("eu-west-1", "amazonaws.com", "222222222222")
	own.Parameters = map[string]string{"Owner": "Globex finance"}
	return map[string]attr.Value{
		"built-in": of(link("eu-west-1", "amazonaws.com", "222222222222"), nil),
		"rotation": of(link("eu-west-1", "amazonaws.com", "222222222222"), map[string]attr.Value{"previous_external_id": text("3HWPR5CJ8LDYFK7QZ4M2XN6TBV")}),
		"launched": of(link("eu-west-1", "amazonaws.com", "222222222222"), map[string]attr.Value{
			"previous_external_id": text("3HWPR5CJ8LDYFK7QZ4M2XN6TBV"), "status": text("verified"), "stack_id": text(pageStackID),
		}),
		"own-template": of(own, map[string]attr.Value{"template_body": text(ownTemplate), "role": types.DynamicNull()}),
		"open-hub":     of(link("us-east-1", "amazonaws.com", "any"), map[string]attr.Value{"account_id": types.StringNull()}),
		"govcloud":     of(link("us-gov-west-1", "amazonaws.com", "222222222222"), map[string]attr.Value{"hub": hub("aws-us-gov")}),
		"china":        of(link("cn-north-1", "amazonaws.com.cn", "222222222222"), map[string]attr.Value{"hub": hub("aws-cn")}),
		"hostile": of(link("eu-west-1", "amazonaws.com", "222222222222"), map[string]attr.Value{
			"name": text(`<img src=x onerror=alert(1)>[x](javascript:alert(1))`), "role": object(t, map[string]attr.Value{
				"name": text(strings.Repeat("W", 64)), "description": text(`</q><script>document.title="x"</script>`),
				"managed_policy_arns": set("javascript:alert(1)", "arn:aws:iam::aws:policy/"+strings.Repeat("W", 120)),
			}),
		}),
	}
}

// TestInstructionsPages looks at what the function makes in a browser, where one is: `make pages` installs what that needs
// and keeps the pages and screenshots.
func TestInstructionsPages(t *testing.T) {
	t.Parallel()
	directory := os.Getenv("XROLE_PAGES")
	look := []string{filepath.Join(browser, "check.mjs"), directory}
	if directory == "" {
		directory = t.TempDir()
		look = []string{look[0], directory, "--brief"}
		for _, needed := range []string{"node", "chromium"} {
			if _, err := exec.LookPath(needed); err != nil {
				t.Skipf("no %s: install it and run `make pages` once", needed)
			}
		}
		if _, err := os.Stat(filepath.Join(browser, "node_modules", "puppeteer-core")); err != nil {
			t.Skip("no puppeteer-core: run `make pages` once, or `npm ci` in internal/launch/browser")
		}
	}
	links := map[string]string{}
	for name, value := range pageOnboardings(t) {
		page, funcErr := call(t, "instructions", value, types.StringValue("html"))
		if funcErr != nil {
			t.Fatalf("%s: %v", name, funcErr)
		}
		o, ok := value.(types.Object)
		if !ok {
			t.Fatalf("%s is no object", name)
		}
		url, ok := o.Attributes()["launch_url"].(types.String)
		if !ok {
			t.Fatalf("%s has no link", name)
		}
		links[name] = url.ValueString()
		if stack, ok := o.Attributes()["stack_id"].(types.String); ok {
			l, err := launch.Parse(links[name])
			if err != nil {
				t.Fatal(err)
			}
			if links[name], err = launch.UpdateURL(stack.ValueString(), l.TemplateURL); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(filepath.Join(directory, name+".html"), []byte(page.ValueString()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	raw, err := json.Marshal(links)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(directory, "pages.json"), raw, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), "node", look...).CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
