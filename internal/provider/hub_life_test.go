package provider_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/compare"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/xrole/terraform-provider-xrole/internal/hub"
	"github.com/xrole/terraform-provider-xrole/internal/lab"
	"github.com/xrole/terraform-provider-xrole/internal/payload"
)

const forgetHub = `
removed {
  from = xrole_hub.main
  lifecycle { destroy = false }
}`

// An import by name fills every input, so that a plan shows no change; what is applied afterwards is kept.
func TestHubResource_import(t *testing.T) {
	t.Parallel()
	w := newHubWorld(t, 2)
	more := fmt.Sprintf(`path = "/acme/"
  log_retention_days = 30
  reserved_concurrency = 4
  recheck_hours = 12
  alarm_topic_arn  = "arn:aws:sns:us-east-1:%[1]s:on-call"
  alarm_topic_arns = { "eu-west-1" = "arn:aws:sns:eu-west-1:%[1]s:on-call" }
  tags = { team = "platform" }`, w.partner.ID)
	config := w.config(hubSettings{customers: w.ids(), regions: []string{"us-east-1", "eu-west-1"}, more: more})
	changed := w.config(hubSettings{customers: w.ids()[:1], regions: []string{"us-east-1", "eu-west-1"}, more: more})
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: factories(),
		Steps: []resource.TestStep{
			{Config: config},
			{Config: config, ResourceName: hubAddress, ImportState: true, ImportStateId: "acme", ImportStateVerify: true, ImportStateVerifyIdentifierAttribute: "name"},
			{ResourceName: hubAddress, ImportState: true, ImportStateId: "nobody", ExpectError: regexp.MustCompile(`Hub to import not found`)},
			{Config: w.provider() + forgetHub},
			{Config: config, ResourceName: hubAddress, ImportState: true, ImportStateId: "acme", ImportStatePersist: true, ImportStateVerifyIdentifierAttribute: "name"},
			{Config: config, PlanOnly: true},
			{Config: changed, ConfigPlanChecks: emptyAfter()},
		},
	})
	w.empty(t)
}

// A hub that has onboardings is nobody's by accident: a state that did not make it is told how to go on.
func TestHubResource_exists(t *testing.T) {
	t.Parallel()
	w := newHubWorld(t, 1)
	whole := w.config(hubSettings{customers: w.ids(), rest: w.onboardings(w.ids()...)})
	alone := w.config(hubSettings{customers: w.ids(), more: "recheck_hours = 12"})
	second := func() {
		resource.UnitTest(t, resource.TestCase{
			ProtoV6ProviderFactories: factories(),
			Steps: []resource.TestStep{
				{Config: alone, ExpectError: regexp.MustCompile(`(?s)Hub has another owner.*terraform import ADDRESS 'acme'`)},
				{Config: w.provider()},
			},
		})
	}
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: factories(),
		Steps: []resource.TestStep{
			{Config: whole},
			{PreConfig: second, Config: whole, PlanOnly: true},
		},
	})
	w.empty(t)
}

// One that no state keeps but that is used is taken over by an import only.
func TestHubResource_existsWithoutOwner(t *testing.T) {
	t.Parallel()
	w := newHubWorld(t, 1)
	w.deployVersion(t, payload.Number)
	user := w.terraform(t, w.provider()+"\ndata \"xrole_hub\" \"main\" {\n  name = \"acme\"\n}\n"+strings.ReplaceAll(w.onboardings(w.ids()...), "xrole_hub.main", "data.xrole_hub.main"))
	user.Apply()
	tf := w.terraform(t, w.config(hubSettings{customers: w.ids()}))
	r := tf.Run("apply", "-auto-approve")
	if r.Code != 1 || !regexp.MustCompile(`(?s)Hub exists already.*terraform import ADDRESS 'acme'`).MatchString(r.Output) {
		t.Errorf("a hub that is there ended with code %d:\n%s", r.Code, r.Output)
	}
	tf.Import(hubAddress, "acme")
	if changes, out := tf.Plan(); changes {
		t.Errorf("a plan after the import:\n%s", out)
	}
	user.Destroy()
	tf.Destroy()
	w.empty(t)
}

// The data source tells what an onboarding's or a role's hub needs.
func TestHubDataSource(t *testing.T) {
	t.Parallel()
	w := newHubWorld(t, 1)
	config := w.config(hubSettings{customers: w.ids(), rest: w.onboardings(w.ids()...)})
	read := "\ndata \"xrole_hub\" \"main\" {\n  name = \"acme\"\n}\ndata \"xrole_role\" \"c0\" {\n  hub  = data.xrole_hub.main\n  name = \"customer-0\"\n}\n"
	var same []statecheck.StateCheck
	for _, name := range []string{
		"account_id", "partition", "region", "regions", "bucket", "table", "topic_name", "topic_arns", "trusted_principal_arns", "receiver_role_arn",
		"receiver_function_arn", "dead_letter_queue_urls", "receiver_dead_letter_queue_url", "receiver_version",
	} {
		same = append(same, statecheck.CompareValuePairs(hubAddress, at(name), "data.xrole_hub.main", at(name), compare.ValuesSame()))
	}
	same = append(same, statecheck.ExpectKnownValue("data.xrole_role.c0", at("status"), knownvalue.StringExact("pending")))
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: factories(),
		Steps: []resource.TestStep{
			{Config: config},
			{Config: config + read, ConfigStateChecks: same, ConfigPlanChecks: emptyAfter()},
			{Config: config + strings.Replace(read, `"acme"`, `"nobody"`, 1), ExpectError: regexpOf(`"us-east-1", the provider's region, in the account "` + w.partner.ID + `". A hub`)},
			{Config: config + strings.Replace(read, `"acme"`, `"nobody"`, 1), ExpectError: regexpOf("`terraform state rm`")},
			{Config: config + strings.Replace(read, `"acme"`, `"ACME Corp"`, 1), ExpectError: regexpOf("`name`: \"ACME Corp\" must be 1 to 24 lower case letters")},
		},
	})
	w.empty(t)
}

// Two hubs in one account and region do not meet.
func TestHubResource_two(t *testing.T) {
	t.Parallel()
	w := newHubWorld(t, 1)
	config := strings.Replace(w.config(hubSettings{customers: w.ids()}), `name                   = "acme"`, "for_each = toset([\"scanner\", \"backup\"])\n  name = each.key", 1) + fmt.Sprintf(`
resource "xrole_onboarding" "customer" {
  for_each   = xrole_hub.main
  name       = "globex"
  hub        = each.value
  account_id = %q
  role       = { name = "Acme-${each.key}" }
}`, w.customers[0].ID)
	tf := w.terraform(t, config)
	tf.Apply()
	if changes, out := tf.Plan(); changes {
		t.Errorf("a second plan shows a change:\n%s", out)
	}
	tf.Destroy()
	w.empty(t)
}

// deployVersion deploys a hub that carries this machine's receiver under a version number of the test's choice, as another
// provider would have.
func (w hubWorld) deployVersion(t *testing.T, number int) string {
	t.Helper()
	spec, err := w.lab.HubSpec(t.Context(), lab.HubOptions{
		Name: "acme", Regions: []string{"us-east-1"}, AccountIDs: w.ids()[:1],
		TrustedPrincipalARNs: []string{"arn:aws:iam::" + w.partner.ID + ":role/collector"},
	})
	if err != nil {
		t.Fatal(err)
	}
	code, version, err := payload.Receiver(thisMachine())
	if err != nil {
		t.Fatal(err)
	}
	_, hash, _ := strings.Cut(version, "-")
	spec.Code, spec.Architecture, spec.ReceiverVersion = code, thisMachine(), fmt.Sprintf("%d-%s", number, hash)
	if _, err := hub.Apply(t.Context(), w.clients(), spec, func(string) {}); err != nil {
		t.Fatal(err)
	}
	return spec.ReceiverVersion
}

// An older receiver is upgraded, and the plan says so.
func TestHubResource_receiverOlder(t *testing.T) {
	t.Parallel()
	w := newHubWorld(t, 1)
	old := w.deployVersion(t, payload.Number-1)
	_, carried, err := payload.Receiver(thisMachine())
	if err != nil {
		t.Fatal(err)
	}
	config := w.config(hubSettings{customers: w.ids()})
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: factories(),
		Steps: []resource.TestStep{
			{Config: config, ResourceName: hubAddress, ImportState: true, ImportStateId: "acme", ImportStatePersist: true, ImportStateVerifyIdentifierAttribute: "name"},
			{RefreshState: true, ExpectNonEmptyPlan: true, Check: resource.ComposeTestCheckFunc(
				resource.TestCheckResourceAttr(hubAddress, "receiver_version", old), resource.TestCheckResourceAttr(hubAddress, "drift.#", "0"),
			)},
			{
				Config: config,
				ConfigPlanChecks: resource.ConfigPlanChecks{
					PreApply:             []plancheck.PlanCheck{updates(hubAddress), plancheck.ExpectKnownValue(hubAddress, at("receiver_version"), knownvalue.StringExact(carried))},
					PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()},
				},
			},
		},
	})
	w.empty(t)
}

// A newer receiver stays, and an older provider goes on with all else.
func TestHubResource_receiverNewer(t *testing.T) {
	t.Parallel()
	w := newHubWorld(t, 2)
	newer := w.deployVersion(t, payload.Number+1)
	tf := w.terraform(t, w.config(hubSettings{customers: w.ids()[:1]}))
	tf.Import(hubAddress, "acme")
	changes, out := tf.Plan()
	if changes || !strings.Contains(out, "Hub runs a newer receiver than this provider's") {
		t.Errorf("a plan of an older provider:\n%s", out)
	}
	tf.Write(map[string]string{"main.tf": requireXrole + w.config(hubSettings{customers: w.ids()}) + "\noutput \"version\" { value = xrole_hub.main.receiver_version }\n"})
	tf.Apply()
	if got := tf.Outputs()["version"]; got != newer {
		t.Errorf("the receiver is %v, not %s", got, newer)
	}
	if changes, out := tf.Plan(); changes {
		t.Errorf("a plan after an older provider's apply:\n%s", out)
	}
	tf.Destroy()
	w.empty(t)
}
