package provider_test

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/xrole/terraform-provider-xrole/internal/hub"
	"github.com/xrole/terraform-provider-xrole/internal/lab"
)

// paperWorld has a hub that exists on paper only: what is refused at plan needs no AWS.
func paperWorld(t *testing.T) world {
	t.Helper()
	l := lab.Shared(t)
	partner := l.NewAccount(t)
	id := partner.ID
	return world{lab: l, partner: partner, hub: &hub.Hub{
		AccountID: id, Partition: "aws", Region: "us-east-1", Regions: []string{"us-east-1", "eu-west-1"},
		Bucket: "xrole-acme-" + id + "-us-east-1-an", Table: "xrole-acme", TopicName: "xrole-acme",
		TrustedPrincipalARNs: []string{"arn:aws:iam::" + id + ":role/collector"},
		ReceiverRoleARN:      "arn:aws:iam::" + id + ":role/xrole-acme-receiver",
		ReceiverFunctionARN:  "arn:aws:lambda:us-east-1:" + id + ":function:xrole-acme-receiver",
	}}
}

// What is wrong whichever hub it is for is refused at plan also where the hub is made, or changed, by the same apply: nothing
// is made of which the rest would fail.
func TestOnboardingResource_invalidBesideItsHub(t *testing.T) {
	t.Parallel()
	template := example(t, "acme.yaml")
	for name, row := range map[string]struct{ line, want string }{
		"role name":          {`role = { name = "Acme Access" }`, "`role.name`"},
		"policy arn":         {`role = { managed_policy_arns = ["SecurityAudit"] }`, `Invalid role setting`},
		"policy elsewhere":   {`role = { permissions_boundary_arn = "arn:aws:iam::333333333333:policy/mine" }`, `(?s)Invalid role setting.*333333333333`},
		"policy of GovCloud": {`role = { managed_policy_arns = ["arn:aws-us-gov:iam::aws:policy/SecurityAudit"] }`, `Policy of another partition`},
		"inline policy":      {`role = { inline_policies = { x = "{" } }`, `inline_policies`},
		"no template":        {`template_body = "Resources: ["`, `Template refused`},
		"no reference":       {`template_body = jsonencode({ Resources = { Topic = { Type = "AWS::SNS::Topic", Properties = { DisplayName = { Ref = "Nowhere" } } } } })`, `(?s)Template refused.*Nowhere`},
		"trust policy":       {`template_body = replace(file("` + template + `"), "sts:ExternalId: !Ref ExternalId", "sts:ExternalId: !Ref OnboardingName")`, `(?s)Template refused.*AcmeRole`},
		"role elsewhere":     {`existing_role_arn = "arn:aws:iam::333333333333:role/x"` + "\n  role = {}\n  " + `external_id = "3f9c2a7b51de4806"`, `Existing role of another account`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := paperWorld(t)
			hub := "merge(local.hub, { region = terraform_data.region.output })"
			body := `resource "terraform_data" "region" { input = "us-east-1" }` + "\n" + globexWith(`account_id = "222222222222"`, row.line)
			resource.UnitTest(t, resource.TestCase{
				ProtoV6ProviderFactories: factories(),
				Steps:                    []resource.TestStep{{Config: w.config(strings.Replace(body, "local.hub", hub, 1)), PlanOnly: true, ExpectError: regexp.MustCompile(row.want)}},
			})
		})
	}
}

// Every input that AWS or xrole would refuse later is refused at plan, and nothing was asked of AWS.
func TestOnboardingResource_invalid(t *testing.T) {
	t.Parallel()
	const good = "222222222222"
	long := strings.Repeat("x", 65)
	for name, row := range map[string]struct{ body, want string }{
		"account with dashes":    {globex("2222-2222-2222"), `Invalid AWS account id(.|\n)*222222222222`},
		"account too short":      {globex("22222222222"), `Invalid AWS account id`},
		"own account":            {strings.Replace(globex(good), `"222222222222"`, "local.hub.account_id", 1), `Customer in the hub's own account`},
		"region without topic":   {globex(good, `region = "ap-southeast-2"`), `Region without a callback topic(.|\n)*eu-west-1, us-east-1`},
		"region elsewhere":       {globex(good, `region = "us-gov-west-1"`), `Region of another partition`},
		"malformed region":       {globex(good, `region = "Frankfurt"`), `Invalid AWS region`},
		"template mode":          {globex(good, `template_mode = "loose"`), `template_mode`},
		"timeout too short":      {globex(good, `service_timeout_seconds = 60`), `service_timeout_seconds`},
		"timeout too long":       {globex(good, `service_timeout_seconds = 7200`), `service_timeout_seconds`},
		"retention":              {globex(good, `template_retention_days = -1`), `template_retention_days`},
		"stack name":             {globex(good, `stack_name = "1-acme"`), `Invalid stack name`},
		"external id with space": {globex(good, `external_id = "with space"`), `Invalid External ID`},
		"built-in of tomorrow":   {globex(good, `builtin_template_version = 99`), `builtin_template_version`},
		"undeclared parameter":   {globex(good, `parameters = { Colour = "red" }`), `Colour`},
		"reserved tag":           {globex(good, `tags = { "aws:x" = "y" }`), `Invalid tag`},
		"eleven tags":            {globex(good, `tags = { for i in range(11) : "k${i}" => "v" }`), `Too many tags`},
		"role and template":      {globex(good, `template_body = "Resources: {}"`), `Onboarding with two templates`},
		"neither":                {globexWith(`account_id = "222222222222"`), `Onboarding without a template`},
		"name":                   {strings.Replace(globex(good), `"globex"`+"\n  hub", `"glo bex"`+"\n  hub", 1), `Invalid onboarding name`},
		"long name":              {strings.Replace(globex(good), `"globex"`+"\n  hub", `"`+long+`"`+"\n  hub", 1), `Invalid onboarding name`},
		"role name":              {globexWith(`account_id = "222222222222"`, `role = { name = "Acme Access" }`), `Invalid role setting`},
		"role path":              {globexWith(`account_id = "222222222222"`, `role = { path = "acme" }`), `Invalid role setting`},
		"session duration":       {globexWith(`account_id = "222222222222"`, `role = { max_session_duration = 60 }`), `max_session_duration`},
		"policy not json":        {globexWith(`account_id = "222222222222"`, `role = { inline_policies = { x = "{" } }`), `Invalid role setting`},
		"policy partition":       {globexWith(`account_id = "222222222222"`, `role = { managed_policy_arns = ["arn:aws-cn:iam::aws:policy/SecurityAudit"] }`), `Policy of another partition`},
		"policy elsewhere":       {globexWith(`account_id = "222222222222"`, `role = { managed_policy_arns = ["arn:aws:iam::333333333333:policy/mine"] }`), `(?s)Invalid role setting.*333333333333`},
		"policy arn":             {globexWith(`account_id = "222222222222"`, `role = { managed_policy_arns = ["SecurityAudit"] }`), "(?s)Invalid role setting.*`role.managed_policy_arns\\[\"SecurityAudit\"\\]`"},
		"broken yaml":            {globexWith(`account_id = "222222222222"`, `template_body = "Resources: ["`), `Template refused(.|\n)*Line \d`},
		"no template":            {globexWith(`account_id = "222222222222"`, `template_body = "hello"`), `Line\s+1,\s+column\s+1:\s+The\s+template\s+cannot\s+be\s+read`},
		"no callback":            {globexWith(`account_id = "222222222222"`, `template_body = "Resources: { T: { Type: 'AWS::SNS::Topic' } }"`), `Template refused`},
		"foreign principal":      {strings.Replace(globex(good), "local.hub", `merge(local.hub, { trusted_principal_arns = ["arn:aws:iam::999999999999:role/x"] })`, 1), `Trusted principal of another account`},
		"everyone trusted":       {strings.Replace(globex(good), "local.hub", `merge(local.hub, { trusted_principal_arns = ["arn:aws:iam::${local.hub.account_id}:role/*"] })`, 1), `Invalid principal pattern`},
		"everyone, in disguise":  {strings.Replace(globex(good), "local.hub", `merge(local.hub, { trusted_principal_arns = ["arn:aws:iam::${local.hub.account_id}:user/?*/**"] })`, 1), `Invalid principal pattern`},
		"mixed partitions":       {strings.Replace(globex(good), "local.hub", `merge(local.hub, { regions = ["us-east-1", "cn-north-1"] })`, 1), `Hub in mixed partitions`},
		"foreign receiver":       {strings.Replace(globex(good), "local.hub", `merge(local.hub, { receiver_role_arn = "arn:aws:iam::999999999999:role/x" })`, 1), `Receiver of another account`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := paperWorld(t)
			resource.UnitTest(t, resource.TestCase{
				ProtoV6ProviderFactories: factories(),
				Steps:                    []resource.TestStep{{Config: w.config(row.body), PlanOnly: true, ExpectError: regexp.MustCompile(row.want)}},
			})
			if asked := w.lab.Requests(lab.Filter{AccountID: w.partner.ID}); len(asked) != 0 {
				t.Errorf("AWS was asked before the input was refused: %v", asked)
			}
		})
	}
}

// What is worth a second look is all told: of warnings with one summary Terraform shows one, and says that there are others
// elsewhere.
func TestOnboardingResource_allWarnings(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	for name, row := range map[string]struct {
		line string
		want []string
	}{
		"role": {
			`role = { managed_policy_arns = ["arn:aws:iam::aws:policy/AdministratorAccess", "arn:aws:iam::222222222222:policy/mine"] }`,
			[]string{"AdministratorAccess allows everything", `role.managed_policy_arns["arn:aws:iam::222222222222:policy/mine"]`},
		},
		"template": {
			`template_body = replace(file("` + example(t, "acme.yaml") + `"), "AssumeRolePolicyDocument:", "ManagedPolicyArns: ['arn:aws:iam::aws:policy/AdministratorAccess', 'arn:aws:iam::aws:policy/IAMFullAccess']\n      AssumeRolePolicyDocument:")`,
			[]string{"AdministratorAccess allows everything", "IAMFullAccess allows"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := paperWorld(t)
			tf := l.Terraform(t, w.partner, map[string]string{"main.tf": requireXrole + w.config(globexWith(`account_id = "222222222222"`, row.line))})
			tf.Init()
			_, out := tf.Plan()
			for _, want := range row.want {
				if !strings.Contains(unwrap(out), want) {
					t.Errorf("the plan does not say %q:\n%s", want, out)
				}
			}
			if strings.Contains(out, "elsewhere") {
				t.Errorf("warnings of one onboarding are told to be elsewhere:\n%s", out)
			}
		})
	}
}

// example is a file of the example of the resource.
func example(t *testing.T, name string) string {
	t.Helper()
	file, err := filepath.Abs("../../examples/resources/xrole_onboarding/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func globexWith(lines ...string) string {
	return "resource \"xrole_onboarding\" \"globex\" {\n  name = \"globex\"\n  hub = local.hub\n  " + strings.Join(lines, "\n  ") + "\n}"
}
