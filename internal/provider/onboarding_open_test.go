package provider_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/xrole/terraform-provider-xrole/internal/lab"
)

// In a hub open to anyone the account may be left out. The partner confirms the one that was verified by setting it, in
// place; another one would be another onboarding.
func TestOnboardingResource_open(t *testing.T) {
	t.Parallel()
	customer := lab.Shared(t).NewAccount(t)
	w := deploy(t, lab.HubOptions{Anyone: true})
	open := func(lines ...string) string {
		return w.config(globexWith(append(lines, `role = { managed_policy_arns = ["arn:aws:iam::aws:policy/SecurityAudit"] }`)...))
	}
	link, id := &captured{attribute: "launch_url"}, sameExternalID()
	launch := func() {
		stack, err := customer.Launch(ctxOf(t), link.value)
		if err != nil {
			t.Fatal(err)
		}
		settle(t, stack, "CREATE_COMPLETE")
	}
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: factories(),
		Steps: []resource.TestStep{
			{Config: open(), ConfigStateChecks: []statecheck.StateCheck{link, id}},
			{
				PreConfig: launch, Config: open(),
				ConfigStateChecks: []statecheck.StateCheck{id, statecheck.ExpectKnownValue(address, at("status"), knownvalue.StringExact("verified"))},
			},
			{Config: open(`account_id = "999999999999"`), ExpectError: regexp.MustCompile(`Refusing to replace a live onboarding`)},
			{
				Config: open(`account_id = "`+customer.ID+`"`, "force_destroy = true"),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction(address, plancheck.ResourceActionUpdate), nothingUnknown(),
				}},
				ConfigStateChecks: []statecheck.StateCheck{id, statecheck.ExpectKnownValue(address, at("status"), knownvalue.StringExact("verified"))},
			},
		},
	})
}

// A stack can never give its custom resource another topic, so a template of the partner's must not ask for it.
func TestOnboardingResource_topicChanges(t *testing.T) {
	t.Parallel()
	customer := lab.Shared(t).NewAccount(t)
	w := newWorld(t, customer)
	raw, err := os.ReadFile(filepath.Join("..", "..", "examples", "resources", "xrole_onboarding", "acme.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	own := func(body string, lines ...string) string {
		lines = append(lines, `account_id = "`+customer.ID+`"`, "force_destroy = true", "template_body = <<-EOT\n"+strings.ReplaceAll(body, "${", "$${")+"\nEOT")
		return w.config(globexWith(lines...))
	}
	link := &captured{attribute: "launch_url"}
	launch := func() {
		stack, err := customer.Launch(ctxOf(t), link.value)
		if err != nil {
			t.Fatal(err)
		}
		settle(t, stack, "CREATE_COMPLETE")
	}
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: factories(),
		Steps: []resource.TestStep{
			{Config: own(string(raw)), ConfigStateChecks: []statecheck.StateCheck{link}},
			{PreConfig: launch, Config: own(string(raw), `region = "eu-west-1"`), ExpectError: regexp.MustCompile(`Callback would change its topic`)},
			{Config: own(strings.ReplaceAll(string(raw), "  Callback:", "  CallbackWest:"), `region = "eu-west-1"`)},
		},
	})
}
