package provider_test

import (
	"fmt"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/xrole/terraform-provider-xrole/internal/lab"
)

// A refresh of many onboardings and roles costs pages, not requests for each: the first that is asked for is read by
// itself, all others together.
func TestOnboardingResource_pages(t *testing.T) {
	t.Parallel()
	customer := lab.Shared(t).NewAccount(t)
	w := newWorld(t, customer)
	config := w.config(fmt.Sprintf(`
resource "xrole_onboarding" "all" {
  count      = 25
  name       = "customer-${count.index}"
  hub        = local.hub
  account_id = %q
  role = {
    name                = "Acme-${count.index}"
    managed_policy_arns = ["arn:aws:iam::aws:policy/SecurityAudit"]
  }
}`, customer.ID))
	roles := `
data "xrole_role" "all" {
  count = 25
  hub   = local.hub
  name  = "customer-${count.index}"
}`
	count := w.counter()
	got := map[string]int{}
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: factories(),
		Steps: []resource.TestStep{
			{Config: config},
			{PreConfig: count.reset, Config: config + roles, PlanOnly: true},
			{
				PreConfig: func() {
					for _, operation := range count.operations() {
						got[operation]++
					}
				},
				Config: config, PlanOnly: true,
			},
		},
	})
	total := 0
	for _, n := range got {
		total += n
	}
	if total == 0 || total > 8 || got["Scan"] == 0 || got["ListObjectsV2"] == 0 {
		t.Errorf("25 onboardings and 25 roles made %v", got)
	}
}
