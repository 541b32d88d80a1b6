package provider_test

import (
	"fmt"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/xrole/terraform-provider-xrole/internal/lab"
)

const hubAddress = "xrole_hub.main"

// hubWorld is a partner without a hub, and customers.
type hubWorld struct {
	lab       *lab.Lab
	partner   *lab.Account
	customers []*lab.Account
}

func newHubWorld(t *testing.T, customers int) hubWorld {
	t.Helper()
	l := lab.Shared(t)
	w := hubWorld{lab: l, partner: l.NewAccount(t)}
	for range customers {
		w.customers = append(w.customers, l.NewAccount(t))
	}
	return w
}

// thisMachine is the receiver's architecture, since on the lab it runs here.
func thisMachine() string {
	if runtime.GOARCH == "amd64" {
		return "x86_64"
	}
	return runtime.GOARCH
}

// hubSettings are what most tests vary.
type hubSettings struct {
	regions   []string
	customers []string
	// more is further lines of the hub, rest what else there is.
	more, rest string
}

func quoted(list []string) string {
	if len(list) == 0 {
		return "[]"
	}
	return `["` + strings.Join(list, `", "`) + `"]`
}

func (w hubWorld) provider() string {
	return fmt.Sprintf("provider \"xrole\" {\n  region  = \"us-east-1\"\n  profile = %q\n}\n", w.partner.Profile)
}

func (w hubWorld) config(s hubSettings) string {
	regions := ""
	if s.regions != nil {
		regions = "regions = " + quoted(s.regions)
	}
	return w.provider() + fmt.Sprintf(`
resource "xrole_hub" "main" {
  name                   = "acme"
  trusted_principal_arns = ["arn:aws:iam::%s:role/collector"]
  architecture           = %q
  customers              = { account_ids = %s }
  %s
  %s
}
%s`, w.partner.ID, thisMachine(), quoted(s.customers), regions, s.more, s.rest)
}

func (w hubWorld) ids() []string {
	var ids []string
	for _, c := range w.customers {
		ids = append(ids, c.ID)
	}
	return ids
}

// onboardings invite every customer.
func (w hubWorld) onboardings(customers ...string) string {
	var b strings.Builder
	for i, id := range customers {
		fmt.Fprintf(&b, `
resource "xrole_onboarding" "c%d" {
  name       = "customer-%d"
  hub        = xrole_hub.main
  account_id = %q
  role       = { name = "AcmeAccess", managed_policy_arns = ["arn:aws:iam::aws:policy/SecurityAudit"] }
}
output "link%d" { value = xrole_onboarding.c%d.launch_url }
`, i, i, id, i, i)
	}
	return b.String()
}

func emptyAfter() resource.ConfigPlanChecks {
	return resource.ConfigPlanChecks{PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}}
}

// From an empty account one apply gives hub, onboardings and links; one region more shows no onboarding; an end leaves
// nothing.
func TestHubResource_journey(t *testing.T) {
	t.Parallel()
	w := newHubWorld(t, 3)
	rest := w.onboardings(w.ids()...)
	one := w.config(hubSettings{customers: w.ids(), rest: rest})
	two := w.config(hubSettings{customers: w.ids(), regions: []string{"us-east-1", "eu-west-1"}, rest: rest})
	still := func(checks ...plancheck.PlanCheck) []plancheck.PlanCheck {
		for i := range w.customers {
			checks = append(checks, plancheck.ExpectResourceAction(fmt.Sprintf("xrole_onboarding.c%d", i), plancheck.ResourceActionNoop))
		}
		return checks
	}
	var before int
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: factories(),
		Steps: []resource.TestStep{
			{
				Config:           one,
				ConfigPlanChecks: emptyAfter(),
				ConfigStateChecks: []statecheck.StateCheck{
					statecheck.ExpectKnownValue(hubAddress, at("account_id"), knownvalue.StringExact(w.partner.ID)),
					statecheck.ExpectKnownValue(hubAddress, at("partition"), knownvalue.StringExact("aws")),
					statecheck.ExpectKnownValue(hubAddress, at("region"), knownvalue.StringExact("us-east-1")),
					statecheck.ExpectKnownValue(hubAddress, at("regions"), knownvalue.SetExact([]knownvalue.Check{knownvalue.StringExact("us-east-1")})),
					statecheck.ExpectKnownValue(hubAddress, at("bucket"), knownvalue.StringExact("xrole-acme-"+w.partner.ID+"-us-east-1-an")),
					statecheck.ExpectKnownValue(hubAddress, at("table"), knownvalue.StringExact("xrole-acme")),
					statecheck.ExpectKnownValue(hubAddress, at("drift"), knownvalue.ListExact(nil)),
					statecheck.ExpectKnownValue(hubAddress, at("departing_account_ids"), knownvalue.SetExact(nil)),
					statecheck.ExpectKnownValue(hubAddress, at("receiver_version"), knownvalue.StringRegexp(regexp.MustCompile(`^\d+-[0-9a-f]{12}$`))),
					statecheck.ExpectKnownValue("xrole_onboarding.c2", at("launch_url"), knownvalue.NotNull()),
				},
			},
			{
				PreConfig: func() { before = len(w.lab.Requests(lab.Filter{AccountID: w.partner.ID})) },
				Config:    two,
				ConfigPlanChecks: resource.ConfigPlanChecks{
					PreApply: still(
						plancheck.ExpectResourceAction(hubAddress, plancheck.ResourceActionUpdate),
						plancheck.ExpectKnownValue(hubAddress, at("topic_arns"), knownvalue.MapExact(map[string]knownvalue.Check{
							"us-east-1": knownvalue.StringExact("arn:aws:sns:us-east-1:" + w.partner.ID + ":xrole-acme"),
							"eu-west-1": knownvalue.StringExact("arn:aws:sns:eu-west-1:" + w.partner.ID + ":xrole-acme"),
						})),
					),
					PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()},
				},
			},
			{
				PreConfig: func() {
					w.changed(t, before, map[string]int{
						"CreateStack in eu-west-1": 1, "UpdateStack in us-east-1": 1, "SetTopicAttributes in eu-west-1": 1, "PutItem in us-east-1": 1,
					})
				},
				Config:           one,
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: still(), PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}},
			},
		},
	})
	w.empty(t)
}

// changed compares what the partner's account was asked to do, but for looking, since its n-th request.
func (w hubWorld) changed(t *testing.T, since int, want map[string]int) {
	t.Helper()
	got := map[string]int{}
	for _, r := range w.lab.Requests(lab.Filter{AccountID: w.partner.ID})[since:] {
		if !asks(r.Operation) {
			got[r.Operation+" in "+r.Region]++
		}
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("the account was asked for %v, want %v", got, want)
	}
}

// empty checks that nothing is left in the partner's account.
func (w hubWorld) empty(t *testing.T) {
	t.Helper()
	if left := w.partner.Leftovers(t); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}
