package lab_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/xrole/terraform-provider-xrole/internal/lab"
)

// The partner's own template, in both modes, launched by a customer whose name and parameters hold the worst legal
// characters: the role is proven, and the customer's own choice of a parameter arrives.
func TestJourney_ownTemplate(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"pinned", "parameters"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			l := lab.Shared(t)
			partner, customer := l.NewAccount(t), l.NewAccount(t)
			l.DeployHub(t, partner, lab.HubOptions{Regions: []string{"us-east-1"}, TrustedPrincipalARNs: []string{partner.ARN}, AccountIDs: []string{customer.ID}})
			body := example(t, "resources/xrole_onboarding")["acme.yaml"]
			body = strings.Replace(body, "Resources:\n", `  Greeting:
    Type: String
    Default: none

Outputs:
  Greeting:
    Value: !Ref Greeting

Resources:
`, 1)
			const worst = `a b+c&d=e%20/?#:ü,"'\$` + "`" + `{}`
			w := l.Terraform(t, partner, map[string]string{
				"acme.yaml": body, "v.auto.tfvars.json": tfvars(t, map[string]any{"greeting": worst}),
				"main.tf": fmt.Sprintf(`
terraform {
  required_providers {
    xrole = { source = "xrole/xrole" }
  }
}
provider "xrole" { region = "us-east-1" }
data "xrole_hub" "main" { name = "acme" }
variable "greeting" {}
resource "xrole_onboarding" "customer" {
  name          = "Glo.Bex_1-"
  hub           = data.xrole_hub.main
  account_id    = %q
  template_mode = %q
  template_body = file("${path.module}/acme.yaml")
  parameters    = { RetentionDays = "30", Greeting = var.greeting }
}
output "all" { value = { link = xrole_onboarding.customer.launch_url, status = xrole_onboarding.customer.status, page = provider::xrole::instructions(xrole_onboarding.customer, "html") } }
`, customer.ID, mode),
			})
			w.Init()
			w.Apply()
			stack, err := customer.Launch(t.Context(), outputs(t, w)["all"]["link"])
			if err != nil {
				t.Fatal(err)
			}
			settle(t, stack, "CREATE_COMPLETE")
			if stack.Outputs["Greeting"] != worst {
				t.Errorf("the link's parameter arrived as %q, not %q", stack.Outputs["Greeting"], worst)
			}
			w.Apply()
			if all := outputs(t, w)["all"]; all["status"] != "verified" {
				t.Errorf("the role of the partner's own template is %s", all["status"])
			}
			if changes, out := w.Plan(); changes {
				t.Errorf("a plan after that shows a change:\n%s", out)
			}
		})
	}
}
