package provider_test

import (
	"context"
	"fmt"
	"regexp"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/querycheck"
	"github.com/hashicorp/terraform-plugin-testing/querycheck/queryfilter"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfversion"

	"github.com/xrole/terraform-provider-xrole/internal/lab"
)

// needs skips a test of what only a newer Terraform has, and says how to run it.
func needs(newer tfversion.TerraformVersionCheck, version string) []tfversion.TerraformVersionCheck {
	return []tfversion.TerraformVersionCheck{newerTerraform{newer, version}}
}

type newerTerraform struct {
	tfversion.TerraformVersionCheck
	version string
}

func (n newerTerraform) CheckTerraformVersion(ctx context.Context, req tfversion.CheckTerraformVersionRequest, resp *tfversion.CheckTerraformVersionResponse) {
	n.TerraformVersionCheck.CheckTerraformVersion(ctx, req, resp)
	if resp.Skip != "" {
		resp.Skip = fmt.Sprintf("needs Terraform %s or newer, this is %s: install one and set TF_ACC_TERRAFORM_PATH to it", n.version, req.TerraformVersion)
	}
}

func (w world) knownIdentity() map[string]knownvalue.Check {
	checks := map[string]knownvalue.Check{}
	for name, v := range w.identity("globex") {
		checks[name] = knownvalue.StringExact(fmt.Sprint(v))
	}
	return checks
}

func TestOnboardingResource_importBlockWithIdentity(t *testing.T) {
	t.Parallel()
	customer := lab.Shared(t).NewAccount(t)
	w := newWorld(t, customer)
	resource.UnitTest(t, resource.TestCase{
		TerraformVersionChecks:   needs(tfversion.SkipBelow(tfversion.Version1_12_0), "1.12"),
		ProtoV6ProviderFactories: factories(),
		Steps: []resource.TestStep{
			{
				Config:            w.config(globex(customer.ID)),
				ConfigStateChecks: []statecheck.StateCheck{statecheck.ExpectIdentity(address, w.knownIdentity())},
			},
			{ResourceName: address, ImportState: true, ImportStateKind: resource.ImportBlockWithResourceIdentity},
		},
	})
}

func TestOnboardingList_query(t *testing.T) {
	t.Parallel()
	customer := lab.Shared(t).NewAccount(t)
	w := newWorld(t, customer)
	resource.UnitTest(t, resource.TestCase{
		TerraformVersionChecks:   needs(tfversion.SkipBelow(tfversion.Version1_14_0), "1.14"),
		ProtoV6ProviderFactories: factories(),
		Steps: []resource.TestStep{
			{Config: w.config(globex(customer.ID))},
			{
				Query: true,
				Config: w.config(`
list "xrole_onboarding" "all" {
  provider         = xrole
  include_resource = true
  config {
    hub = local.hub
  }
}
list "xrole_onboarding" "live" {
  provider = xrole
  config {
    hub      = local.hub
    statuses = ["verified"]
  }
}`),
				QueryResultChecks: []querycheck.QueryResultCheck{
					querycheck.ExpectLength("xrole_onboarding.all", 1),
					querycheck.ExpectLength("xrole_onboarding.live", 0),
					querycheck.ExpectIdentity("xrole_onboarding.all", w.knownIdentity()),
					querycheck.ExpectResourceDisplayName("xrole_onboarding.all", queryfilter.ByResourceIdentity(w.knownIdentity()), knownvalue.StringExact("globex (pending)")),
				},
			},
		},
	})
}

func TestVerifyAction_trigger(t *testing.T) {
	t.Parallel()
	customer := lab.Shared(t).NewAccount(t)
	w := newWorld(t, customer)
	link := &captured{attribute: "launch_url"}
	release := w.config(globex(customer.ID, "force_destroy = true") + `
action "xrole_verify" "globex" {
  config {
    hub  = local.hub
    name = "globex"
  }
}
resource "terraform_data" "release" {
  input = "v1"
  lifecycle {
    action_trigger {
      events  = [before_create]
      actions = [action.xrole_verify.globex]
    }
  }
}`)
	resource.UnitTest(t, resource.TestCase{
		TerraformVersionChecks:   needs(tfversion.SkipBelow(tfversion.Version1_14_0), "1.14"),
		ProtoV6ProviderFactories: factories(),
		Steps: []resource.TestStep{
			{Config: w.config(globex(customer.ID, "force_destroy = true")), ConfigStateChecks: []statecheck.StateCheck{link}},
			{Config: release, ExpectError: regexp.MustCompile(`No role to verify`)},
			{
				PreConfig: func() {
					stack, err := customer.Launch(ctxOf(t), link.value)
					if err != nil {
						t.Fatal(err)
					}
					settle(t, stack, "CREATE_COMPLETE")
				},
				Config: release,
			},
		},
	})
}
