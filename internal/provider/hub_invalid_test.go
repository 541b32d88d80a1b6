package provider_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/xrole/terraform-provider-xrole/internal/lab"
)

// hubOnPaper is a hub with one input that is wrong; a line that gives an attribute anew replaces the good one.
func (w hubWorld) hubOnPaper(region string, lines ...string) string {
	good := map[string]string{
		"name":                   `"acme"`,
		"trusted_principal_arns": fmt.Sprintf(`["arn:aws:iam::%s:role/collector"]`, w.partner.ID),
	}
	body := ""
	for _, line := range lines {
		name, _, _ := strings.Cut(line, " ")
		delete(good, name)
		body += "  " + line + "\n"
	}
	for name, value := range good {
		body += "  " + name + " = " + value + "\n"
	}
	return strings.Replace(w.provider(), "us-east-1", region, 1) + "resource \"xrole_hub\" \"main\" {\n" + body + "}\n"
}

const (
	manyAccounts = `customers = { account_ids = [for i in range(%d) : format("%%012d", 100000000000 + i)] }`
	// range gives 1,024 numbers at most.
	tooManyAccounts = `customers = { account_ids = flatten([for j in range(5) : [for i in range(1000) : format("%012d", 100000000000 + 1000 * j + i)]]) }`
)

// Every input that AWS or xrole would refuse later is refused at plan, on the input, and nothing was asked of AWS.
func TestHubResource_invalid(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct{ region, line, want string }{
		"name with capitals":        {"us-east-1", `name = "Acme"`, `(?s)Invalid hub setting.*name = "Acme"`},
		"name too long":             {"us-east-1", `name = "abcdefghijklmnopqrstuvwxy"`, `(?s)Invalid hub setting.*24`},
		"name with two hyphens":     {"us-east-1", `name = "acme--eu"`, `(?s)Invalid hub setting.*name`},
		"no region":                 {"us-east-1", `regions = []`, `regions`},
		"malformed region":          {"us-east-1", `regions = ["Frankfurt"]`, `Invalid AWS region`},
		"region elsewhere":          {"us-east-1", `regions = ["us-east-1", "us-gov-west-1"]`, `(?s)Invalid hub setting.*us-gov-west-1`},
		"home that is opt-in":       {"af-south-1", `regions = ["af-south-1", "us-east-1"]`, `(?s)Invalid hub setting.*af-south-1`},
		"home without namespace":    {"me-central-1", `regions = ["me-central-1"]`, `(?s)Invalid hub setting.*me-central-1`},
		"no principal":              {"us-east-1", `trusted_principal_arns = []`, `trusted_principal_arns`},
		"everyone trusted":          {"us-east-1", `trusted_principal_arns = ["arn:aws:iam::111122223333:role/*"]`, `Invalid principal pattern`},
		"principal elsewhere":       {"us-east-1", `trusted_principal_arns = ["arn:aws-cn:iam::111122223333:role/x"]`, `(?s)Invalid hub setting.*arn:aws-cn`},
		"account with dashes":       {"us-east-1", `customers = { account_ids = ["2222-2222-2222"] }`, `(?s)Invalid AWS account id.*customers.account_ids.*222222222222`},
		"accounts and anyone":       {"us-east-1", `customers = { account_ids = ["222222222222"], anyone = true }`, `(?s)Invalid hub setting.*customers.anyone.*account_ids`},
		"5,000 accounts":            {"us-east-1", tooManyAccounts, `(?s)Too many customers for one hub.*5000 accounts.*20480.*at most \d{3}\s+accounts.*for_each`},
		"boundary":                  {"us-east-1", `permissions_boundary_arn = "boundary"`, `(?s)Invalid hub setting.*permissions_boundary_arn`},
		"path":                      {"us-east-1", `path = "acme"`, `(?s)Invalid hub setting.*path`},
		"key of another region":     {"us-east-1", `kms_key_arn = "arn:aws:kms:eu-west-1:111122223333:key/1"`, `(?s)Invalid hub setting.*kms_key_arn`},
		"log retention":             {"us-east-1", `log_retention_days = 10`, `(?s)Invalid hub setting.*log_retention_days`},
		"no log retention":          {"us-east-1", `log_retention_days = 0`, `(?s)Invalid Attribute Value.*log_retention_days.*at least 1`},
		"no concurrency":            {"us-east-1", `reserved_concurrency = 0`, `(?s)Invalid hub setting.*reserved_concurrency`},
		"alarm topic elsewhere":     {"us-east-1", `alarm_topic_arn = "arn:aws:sns:eu-west-1:111122223333:x"`, `(?s)Invalid hub setting.*alarm_topic_arn`},
		"alarm of no launch region": {"us-east-1", `alarm_topic_arns = { "eu-west-1" = "arn:aws:sns:eu-west-1:111122223333:x" }`, `(?s)Invalid hub setting.*alarm_topic_arns.*eu-west-1`},
		"alarm of nowhere":          {"us-east-1", `alarm_topic_arns = { "Dublin" = "arn:aws:sns:eu-west-1:111122223333:x" }`, `Invalid AWS region`},
		"bus elsewhere":             {"us-east-1", `event_bus_arn = "arn:aws:events:eu-west-1:111122223333:event-bus/x"`, `(?s)Invalid hub setting.*event_bus_arn`},
		"recheck too rarely":        {"us-east-1", `recheck_hours = 721`, `(?s)Invalid hub setting.*recheck_hours`},
		"never rechecked":           {"us-east-1", `recheck_hours = 0`, `(?s)Invalid Attribute Value.*recheck_hours.*at least 1`},
		"architecture":              {"us-east-1", `architecture = "amd64"`, `(?s)Value that is not known here.*architecture.*amd64`},
		"reserved tag":              {"us-east-1", `tags = { "aws:x" = "y" }`, `(?s)Invalid hub setting.*tags.*aws:x`},
		"49 tags":                   {"us-east-1", `tags = { for i in range(49) : "k${i}" => "v" }`, `(?s)Invalid hub setting.*49 tags`},
		"timeout":                   {"us-east-1", `timeouts = { create = "long" }`, `Invalid Attribute Value Time Duration`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newHubWorld(t, 0)
			resource.UnitTest(t, resource.TestCase{
				ProtoV6ProviderFactories: factories(),
				Steps:                    []resource.TestStep{{Config: w.hubOnPaper(row.region, row.line), PlanOnly: true, ExpectError: regexp.MustCompile(row.want)}},
			})
			if asked := w.lab.Requests(lab.Filter{AccountID: w.partner.ID}); len(asked) != 0 {
				t.Errorf("AWS was asked before the input was refused: %v", asked)
			}
		})
	}
}

// What is good is planned without a request, also as far as it is not known yet.
func TestHubResource_planned(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct{ region, line string }{
		"500 accounts":             {"us-east-1", fmt.Sprintf(manyAccounts, 500)},
		"450 accounts in govcloud": {"us-gov-west-1", fmt.Sprintf(manyAccounts, 450)},
		"anyone":                   {"us-east-1", `customers = { anyone = true }`},
		"unknown regions":          {"us-east-1", `regions = [terraform_data.later.output]`},
		"unknown account":          {"us-east-1", `customers = { account_ids = [terraform_data.later.output] }`},
		"unknown name":             {"us-east-1", `name = terraform_data.later.output`},
		"unknown architecture":     {"us-east-1", `architecture = terraform_data.later.output`},
		"unknown tags":             {"us-east-1", `tags = { team = terraform_data.later.output }`},
		"unknown alarms":           {"us-east-1", `alarm_topic_arns = { "eu-west-1" = terraform_data.later.output }` + "\n  regions = [\"us-east-1\", \"eu-west-1\"]"},
		"everything": {"us-east-1", `path = "/acme/"
  permissions_boundary_arn = "arn:aws:iam::111122223333:policy/b"
  kms_key_arn = "arn:aws:kms:us-east-1:111122223333:key/1"
  log_retention_days = 30
  reserved_concurrency = 5
  alarm_topic_arn = "arn:aws:sns:us-east-1:111122223333:x"
  event_bus_arn = "arn:aws:events:us-east-1:111122223333:event-bus/x"
  recheck_hours = 12
  tags = { team = "platform" }
  timeouts = { create = "2h", update = "2h", delete = "2h" }`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newHubWorld(t, 0)
			lines := []string{row.line}
			if strings.HasPrefix(row.region, "us-gov") {
				lines = append(lines, `trusted_principal_arns = ["arn:aws-us-gov:iam::111122223333:role/x"]`)
			}
			config := w.hubOnPaper(row.region, lines...) + "\nresource \"terraform_data\" \"later\" { input = \"x\" }\n"
			resource.UnitTest(t, resource.TestCase{
				ProtoV6ProviderFactories: factories(),
				Steps:                    []resource.TestStep{{Config: config, PlanOnly: true, ExpectNonEmptyPlan: true}},
			})
			for _, asked := range w.lab.Requests(lab.Filter{AccountID: w.partner.ID}) {
				if asked.Operation != "GetCallerIdentity" { // whose account the principals have to be of
					t.Errorf("a plan of a new hub asked for %v", asked)
				}
			}
		})
	}
}

// Where the provider's own arguments are not known yet, a hub can still be planned; it is made in the same run.
func TestHubResource_unknownProvider(t *testing.T) {
	t.Parallel()
	w := newHubWorld(t, 1)
	config := strings.Replace(w.config(hubSettings{customers: w.ids(), rest: w.onboardings(w.ids()...)}), `region  = "us-east-1"`, `region = terraform_data.later.output`, 1) +
		"\nresource \"terraform_data\" \"later\" { input = \"us-east-1\" }\n"
	tf := w.terraform(t, config)
	tf.Plan()
	tf.Apply()
	if changes, out := tf.Plan(); changes {
		t.Errorf("a second plan shows a change:\n%s", out)
	}
	tf.Destroy()
	w.empty(t)
}

// A region that is not known here may be a new one: it is warned of when it comes in, and not refused.
func TestHubResource_unknownRegion(t *testing.T) {
	t.Parallel()
	w := newHubWorld(t, 0)
	tf := w.terraform(t, w.hubOnPaper("us-east-1", `regions = ["us-east-1", "eu-wst-1"]`))
	if _, out := tf.Plan(); !strings.Contains(unwrap(out), `the provider knows no "eu-wst-1".`) {
		t.Errorf("the plan does not warn:\n%s", out)
	}
	tf.Write(map[string]string{"main.tf": requireXrole + w.hubOnPaper("us-east-1", `regions = ["us-east-1", "eu-west-1"]`)})
	if _, out := tf.Plan(); strings.Contains(out, "Warning:") {
		t.Errorf("the plan warns of regions that there are:\n%s", out)
	}
}

// The region of a customer is compared with those of a hub that is made by the same apply.
func TestOnboardingResource_regionBesideItsHub(t *testing.T) {
	t.Parallel()
	w := newHubWorld(t, 0)
	for region, want := range map[string]string{"eu-west-1": `Region without a callback topic`, "cn-north-1": `Region of another partition`} {
		config := w.hubOnPaper("us-east-1", `regions = ["us-east-1"]`) + strings.Replace(globex("222222222222", fmt.Sprintf("region = %q", region)), "local.hub", "xrole_hub.main", 1)
		resource.UnitTest(t, resource.TestCase{
			ProtoV6ProviderFactories: factories(),
			Steps:                    []resource.TestStep{{Config: config, PlanOnly: true, ExpectError: regexp.MustCompile(want)}},
		})
	}
}
