package provider_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/xrole/terraform-provider-xrole/internal/lab"
	"github.com/xrole/terraform-provider-xrole/internal/registry"
)

// A copy of a registry holds offers that name the other hub: importing from it takes nothing, and destroys nothing there.
func TestOnboardings_importCopy(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	customer := l.NewAccount(t)
	w := newWorld(t, customer)
	hooli := fmt.Sprintf(`hooli = { account_id = %q }`, customer.ID)
	w.applied(t, w.fleet("", hooli))
	other := w
	other.hub = l.DeployHub(t, w.partner, lab.HubOptions{Name: "copy", Regions: []string{"us-east-1", "eu-west-1"}, AccountIDs: []string{customer.ID}, TrustedPrincipalARNs: w.hub.TrustedPrincipalARNs})
	copied := registry.NewStore(dynamodb.NewFromConfig(w.partner.Config("us-east-1")), other.hub.TableARN)
	if err := copied.CreateOffer(t.Context(), *w.offer(t, "hooli")); err != nil {
		t.Fatal(err)
	}
	lost := l.Terraform(t, w.partner, map[string]string{"main.tf": other.fleet("", hooli) + "\nimport {\n  to = xrole_onboardings.all\n  id = \"us-east-1," + other.hub.Table + "\"\n}\n"})
	lost.Init()
	if r := lost.Run("apply", "-auto-approve", "-no-color"); r.Code != 1 || !strings.Contains(r.Output, "Onboarding of another registry") {
		t.Errorf("a copy was imported:\n%s", r.Output)
	}
	if w.offer(t, "hooli") == nil {
		t.Error("the onboarding of the other hub was destroyed")
	}
}

// Who is missing from the configuration that imports a registry is not destroyed in passing, since no prevent_destroy helps;
// who is taken out of it later is, and is named in a warning.
func TestOnboardings_importGuards(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	w := newWorld(t)
	const globex, hooli = `globex = { account_id = "222222222222" }`, `hooli = { account_id = "333333333333" }`
	w.applied(t, w.fleet("", globex, hooli))
	lost := l.Terraform(t, w.partner, map[string]string{"main.tf": w.fleet("", hooli) + importFleet})
	lost.Init()
	if r := lost.Run("plan", "-no-color"); r.Code != 1 || !strings.Contains(unwrap(r.Output), `Customer "globex": An import takes in all`) {
		t.Errorf("an import that leaves somebody out:\n%s", r.Output)
	}
	lost.Write(map[string]string{"main.tf": w.fleet("", globex, strings.Replace(hooli, " }", ", service_timeout_seconds = 900 }", 1)) + importFleet})
	lost.Apply()
	lost.Write(map[string]string{"main.tf": w.fleet("", hooli)})
	if r := lost.Run("plan", "-no-color"); r.Code != 1 || !strings.Contains(unwrap(r.Output), `Customer "globex": An import takes in all`) {
		t.Errorf("another one was written since, and this one not:\n%s", r.Output)
	}
	lost.Write(map[string]string{"main.tf": w.fleet("", strings.Replace(globex, " }", ", force_destroy = true }", 1), hooli)})
	lost.Apply()
	lost.Write(map[string]string{"main.tf": w.fleet("", hooli)})
	if _, out := lost.Plan(); !strings.Contains(out, "Onboarding will be destroyed") || !strings.Contains(out, `"globex"`) {
		t.Errorf("nothing is said of who goes:\n%s", out)
	}
	lost.Apply()
	if w.offer(t, "globex") != nil || w.offer(t, "hooli") == nil {
		t.Error("the one who was to go stands, or the other does not")
	}
}

// A customer whose change failed is shown again by the next plan, also where it is about an argument for all that was not
// set before.
func TestOnboardings_failedSharedParameters(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	w := newWorld(t)
	const template = `
  template_body = <<-EOT
    Parameters:
      ExternalId: {Type: String}
      PartnerAccountId: {Type: String}
      TrustedPrincipalArns: {Type: CommaDelimitedList}
      CallbackTopicArn: {Type: String}
      OnboardingName: {Type: String}
      TemplateVersion: {Type: String}
      Level: {Type: String, Default: low}
    Resources:
      Role:
        Type: AWS::IAM::Role
        Properties:
          Description: !Ref Level
          AssumeRolePolicyDocument:
            Version: "2012-10-17"
            Statement:
              - Effect: Allow
                Principal: {AWS: !Ref PartnerAccountId}
                Action: sts:AssumeRole
                Condition:
                  StringEquals: {"sts:ExternalId": !Ref ExternalId}
                  ArnLike: {"aws:PrincipalArn": !Ref TrustedPrincipalArns}
      Callback:
        Type: Custom::XroleCallback
        Properties:
          ServiceToken: !Ref CallbackTopicArn
          ServiceTimeout: 600
          RoleArn: !GetAtt Role.Arn
          OnboardingName: !Ref OnboardingName
          TemplateVersion: !Ref TemplateVersion
  EOT
`
	fleet := func(extra string) map[string]string {
		s := w.fleet(template+extra, `globex = { account_id = "222222222222" }`, `hooli = { account_id = "333333333333" }`)
		i := strings.Index(s, "  role = {")
		j := strings.Index(s[i:], "\n  }\n") + i + 5
		return map[string]string{"main.tf": s[:i] + s[j:]}
	}
	tf := l.Terraform(t, w.partner, fleet(""))
	tf.Init()
	tf.Apply()
	tf.Write(fleet(`  parameters = { Level = "high" }`))
	w.failsForOne(t, tf)
	for _, name := range []string{"globex", "hooli"} {
		links, _ := tf.Outputs()["links"].(map[string]any)
		if !strings.Contains(fmt.Sprint(links[name]), "param_Level=high") {
			t.Errorf("%s was not done by the next apply: %v", name, links[name])
		}
	}
	wantNoChange(t, tf)
}

// A customer may set nothing of its own, in a hub for anyone.
func TestOnboardings_nothingOfItsOwn(t *testing.T) {
	t.Parallel()
	w := deploy(t, lab.HubOptions{Anyone: true})
	tf := w.applied(t, w.fleet("", `globex = {}`))
	wantNoChange(t, tf)
}
