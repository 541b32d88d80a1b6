package provider_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/xrole/terraform-provider-xrole/internal/lab"
)

const readGlobex = `
data "xrole_role" "globex" {
  hub  = local.hub
  name = xrole_onboarding.globex.name
}
data "xrole_roles" "all" {
  hub        = local.hub
  depends_on = [xrole_onboarding.globex]
}
data "xrole_roles" "live" {
  hub        = local.hub
  statuses   = ["verified"]
  depends_on = [xrole_onboarding.globex]
}`

func TestRoleDataSource_pending(t *testing.T) {
	t.Parallel()
	customer := lab.Shared(t).NewAccount(t)
	w := newWorld(t, customer)
	const role = "data.xrole_role.globex"
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: factories(),
		Steps: []resource.TestStep{{
			Config: w.config(globex(customer.ID) + readGlobex),
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownValue(role, at("status"), knownvalue.StringExact("pending")),
				statecheck.ExpectKnownValue(role, at("role_arn"), knownvalue.Null()),
				statecheck.ExpectKnownValue(role, at("account_id"), knownvalue.StringExact(customer.ID)),
				statecheck.ExpectKnownValue(role, at("update_url"), knownvalue.Null()),
				statecheck.ExpectKnownValue("data.xrole_roles.all", at("roles"), knownvalue.MapSizeExact(1)),
				statecheck.ExpectKnownValue("data.xrole_roles.live", at("roles"), knownvalue.MapSizeExact(0)),
			},
		}},
	})
}

func TestRoleDataSource_refused(t *testing.T) {
	t.Parallel()
	customer := lab.Shared(t).NewAccount(t)
	w := newWorld(t, customer)
	read := func(extra string) string {
		return w.config("data \"xrole_role\" \"globex\" {\n  hub = local.hub\n  name = \"nobody\"\n  " + extra + "\n}")
	}
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: factories(),
		Steps: []resource.TestStep{
			{Config: read(""), ExpectError: regexp.MustCompile(`No such onboarding`)},
			{Config: read(`wait = { status = "verified", timeout = "1h" }`), ExpectError: regexp.MustCompile(`No such onboarding`)},
			{Config: read(`wait = { status = "perfect", timeout = "1h" }`), ExpectError: regexp.MustCompile("(?s)`wait.status`: It is one of \"delivered\".*Got:\\s+\"perfect\"")},
			{Config: read(`wait = { status = "verified", timeout = "soon" }`), ExpectError: regexp.MustCompile(`Invalid duration`)},
			{
				Config:      w.config("data \"xrole_roles\" \"all\" {\n  hub = local.hub\n  statuses = [\"live\"]\n}"),
				ExpectError: regexp.MustCompile(`(?s)statuses = \["live"\].*It is one of "pending".*Got:\s+"live"`),
			},
			{
				Config:      w.config("data \"xrole_roles\" \"all\" {\n  hub = merge(local.hub, { table = \"gone\" })\n}"),
				ExpectError: regexp.MustCompile(`(?s)Unable to list the registry.*hub.s table.*gone`),
			},
		},
	})
}

func TestRoleDataSource_waitEnds(t *testing.T) {
	t.Parallel()
	customer := lab.Shared(t).NewAccount(t)
	w := newWorld(t, customer)
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: factories(),
		Steps: []resource.TestStep{
			{Config: w.config(globex(customer.ID))},
			{
				Config: w.config(globex(customer.ID) + `
data "xrole_role" "globex" {
  hub  = local.hub
  name = "globex"
  wait = { status = "verified", timeout = "1s" }
}`),
				ExpectError: regexp.MustCompile(`(?s)Status not reached in time.*pending`),
			},
		},
	})
}

// Who breaks off the waiting is not told that the time was over.
func TestRoleDataSource_waitInterrupted(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	customer := l.NewAccount(t)
	w := newWorld(t, customer)
	tf := w.applied(t, requireXrole+w.config(globex(customer.ID)))
	tf.Write(map[string]string{"wait.tf": `
data "xrole_role" "globex" {
  hub  = local.hub
  name = "globex"
  wait = { status = "verified", timeout = "10m" }
}`})
	running := make(chan *lab.Running, 1)
	// The first read is the refresh's or the data source's, and is answered; at the third somebody waits.
	remove := l.Inject(lab.Fault{AccountID: w.partner.ID, Operation: "BatchGetItem", After: 2, Times: 1, Hook: func() { (<-running).Interrupt() }})
	defer remove()
	run := tf.Start("plan")
	running <- run
	if r := run.Wait(); r.Code != 1 || !strings.Contains(r.Output, "Waiting interrupted") || strings.Contains(r.Output, "in time") {
		t.Errorf("an interrupted wait ended with code %d:\n%s", r.Code, r.Output)
	}
}
