package provider_test

import (
	"strings"
	"testing"

	"github.com/xrole/terraform-provider-xrole/internal/lab"
)

// Whoever makes an onboarding whose account the hub does not list sends a link that opens nothing: that is told at plan,
// whether the hub is made here, looked up, or made by the same apply.
func TestGuests(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	listed, other := l.NewAccount(t), l.NewAccount(t)
	w := newWorld(t, listed)
	looked := `data "xrole_hub" "main" { name = "acme" }` + "\n"
	one := func(account string) string {
		return strings.Replace(globex(account, ""), "local.hub", "data.xrole_hub.main", 1)
	}
	tf := l.Terraform(t, w.partner, map[string]string{"main.tf": requireXrole + w.config(looked+one(listed.ID))})
	tf.Init()
	for name, row := range map[string]struct{ body, want string }{
		"listed":     {one(listed.ID), "1 to add"},
		"not listed": {one(other.ID), "does not list \"" + other.ID + "\""},
		"none":       {strings.Replace(one(other.ID), `account_id = "`+other.ID+`"`, "", 1), "has no `account_id`"},
		"a fleet":    {"resource \"xrole_onboardings\" \"all\" {\n hub = data.xrole_hub.main\n role = { name = \"Acme\" }\n customers = { initech = { account_id = \"" + other.ID + "\" } }\n}", "does not list"},
	} {
		tf.Write(map[string]string{"main.tf": requireXrole + w.config(looked+row.body)})
		if r := tf.Run("plan"); !strings.Contains(flatten(r.Output), row.want) {
			t.Errorf("%s: %s", name, r.Output)
		}
	}
}

// Of a customer that stands, and whose account left the hub's list, a plan warns each time.
func TestGuests_leaves(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	partner, customer := l.NewAccount(t), l.NewAccount(t)
	config := func(ids string) string {
		return `
provider "xrole" { region = "us-east-1" }
resource "xrole_hub" "main" {
  name                   = "acme"
  trusted_principal_arns = ["` + partner.ARN + `"]
  customers              = { account_ids = [` + ids + `] }
}
` + strings.Replace(globex(customer.ID, ""), "local.hub", "xrole_hub.main", 1)
	}
	tf := l.Terraform(t, partner, map[string]string{"main.tf": requireXrole + config("")})
	tf.Init()
	if r := tf.Run("apply", "-auto-approve"); r.Code != 1 || !strings.Contains(flatten(r.Output), "does not list") {
		t.Fatalf("the hub was made by the same apply, and the customer too:\n%s", r.Output)
	}
	tf.Write(map[string]string{"main.tf": requireXrole + config(`"`+customer.ID+`"`)})
	tf.Apply()
	if _, out := tf.Plan(); strings.Contains(out, "Warning") {
		t.Errorf("a listed customer is warned of:\n%s", out)
	}
	tf.Write(map[string]string{"main.tf": requireXrole + config("")})
	for range 2 {
		if _, out := tf.Plan(); !strings.Contains(flatten(out), "Account that the hub lets in no more") || strings.Contains(out, "Error") {
			t.Errorf("an account left the list:\n%s", out)
		}
	}
}

// A hub is made once: by one resource of an apply, and a second configuration that finds it is told.
func TestHubResource_twice(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	partner := l.NewAccount(t)
	hub := func(label string) string {
		return `
resource "xrole_hub" "` + label + `" {
  name                   = "acme"
  trusted_principal_arns = ["` + partner.ARN + `"]
}
`
	}
	const provider = `
provider "xrole" { region = "us-east-1" }
`
	tf := l.Terraform(t, partner, map[string]string{"main.tf": requireXrole + provider + hub("first") + hub("second")})
	tf.Init()
	if r := tf.Run("apply", "-auto-approve"); r.Code != 1 || !strings.Contains(r.Output, "Two hubs of one name") || strings.Count(r.Output, "Creation complete") != 1 || strings.Contains(r.Output, "Hub found in the account") {
		t.Fatalf("one name was given twice:\n%s", r.Output)
	}
	other := l.Terraform(t, partner, map[string]string{"main.tf": requireXrole + provider + hub("first")})
	other.Init()
	if out := other.Apply(); !strings.Contains(out, "Hub found in the account") {
		t.Errorf("a hub was taken over without a word:\n%s", out)
	}
}

// Two resources of one name in one apply are two, though both ask for the same.
func TestOnboardingResource_twice(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	customer := l.NewAccount(t)
	w := newWorld(t, customer)
	first := globex(customer.ID, "")
	tf := l.Terraform(t, w.partner, map[string]string{"main.tf": requireXrole + w.config(first+strings.Replace(first, `"xrole_onboarding" "globex"`, `"xrole_onboarding" "again"`, 1))})
	tf.Init()
	if r := tf.Run("apply", "-auto-approve"); r.Code != 1 || !strings.Contains(r.Output, "Two onboardings of one name") || !strings.Contains(r.Output, "1 added") && strings.Count(r.Output, "Creation complete") != 1 {
		t.Fatalf("one name was given twice:\n%s", r.Output)
	}
	// The one that was made is whole, and what another state would take for a broken run's is told.
	other := l.Terraform(t, w.partner, map[string]string{"main.tf": requireXrole + w.config(first)})
	other.Init()
	if r := other.Run("apply", "-auto-approve"); r.Code != 0 || !strings.Contains(r.Output, "Onboarding found in the registry") {
		t.Errorf("an offer was taken over without a word:\n%s", r.Output)
	}
	if _, out := tf.Plan(); !strings.Contains(out, "Onboarding is held by another") {
		t.Errorf("another state has it, and a plan does not say so:\n%s", out)
	}
}

// A role that may do nothing is what a misspelt argument gives: Terraform drops it.
func TestOnboardingResource_noPermissions(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	customer := l.NewAccount(t)
	w := newWorld(t, customer)
	misspelt := strings.Replace(globex(customer.ID, ""), "managed_policy_arns", "managed_policies", 1)
	tf := l.Terraform(t, w.partner, map[string]string{"main.tf": requireXrole + w.config(misspelt)})
	tf.Init()
	if _, out := tf.Plan(); !strings.Contains(out, "Role without permissions") {
		t.Errorf("a role that may do nothing is planned without a word:\n%s", out)
	}
}

// A new hub's principals are held to the account of the credentials before anything is made.
func TestHubResource_foreignPrincipal(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	partner := l.NewAccount(t)
	tf := l.Terraform(t, partner, map[string]string{"main.tf": requireXrole + `
provider "xrole" { region = "us-east-1" }
resource "xrole_hub" "main" {
  name                   = "acme"
  trusted_principal_arns = ["arn:aws:iam::999999999999:role/collector"]
}
`})
	tf.Init()
	if r := tf.Run("plan"); r.Code != 1 || !strings.Contains(flatten(r.Output), `not in the hub's account "`+partner.ID+`"`) {
		t.Errorf("a principal of another account is planned:\n%s", r.Output)
	}
}

// Whoever has force_destroy applied is told in the plan of a destroy whom it cuts off.
func TestHubResource_forcedDestroyTells(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	partner, customer := l.NewAccount(t), l.NewAccount(t)
	hub := requireXrole + `
provider "xrole" { region = "us-east-1" }
resource "xrole_hub" "main" {
  name                   = "acme"
  trusted_principal_arns = ["` + partner.ARN + `"]
  customers              = { account_ids = ["` + customer.ID + `"] }
  force_destroy          = true
}
`
	tf := l.Terraform(t, partner, map[string]string{"hub.tf": hub, "customer.tf": strings.Replace(globex(customer.ID), "local.hub", "xrole_hub.main", 1)})
	tf.Init()
	tf.Apply()
	if r := tf.Run("plan", "-destroy"); !strings.Contains(flatten(r.Output), `Hub "acme" is in use. Its onboardings now: 1. Customers' stacks that call its topics: 0.`) {
		t.Errorf("nobody is told of:\n%s", r.Output)
	}
	// A replacement destroys as much: by an argument, by -replace, or of what is tainted.
	moved := strings.Replace(hub, `name                   = "acme"`, `name                   = "acme"
  path                   = "/x/"`, 1)
	tells := func(why string, args ...string) {
		t.Helper()
		if r := tf.Run(append([]string{"plan"}, args...)...); r.Code != 0 || strings.Count(flatten(r.Output), `Hub "acme" is in use.`) != 1 {
			t.Errorf("%s: nobody is told, or twice:\n%s", why, r.Output)
		}
	}
	tf.Write(map[string]string{"hub.tf": moved})
	tells("another path")
	tf.Write(map[string]string{"hub.tf": hub})
	if r := tf.Run("taint", "xrole_hub.main"); r.Code != 0 {
		t.Fatal(r.Output)
	}
	tells("tainted")
	if r := tf.Run("untaint", "xrole_hub.main"); r.Code != 0 {
		t.Fatal(r.Output)
	}
	if _, out := tf.Plan(); strings.Contains(out, "is in use") {
		t.Errorf("a hub that stays is warned of:\n%s", out)
	}
}

// What -replace names is only planned once more, and Terraform shows no warning of that: the live onboarding tells.
func TestHubResource_replaceTells(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	partner, customer := l.NewAccount(t), l.NewAccount(t)
	tf := l.Terraform(t, partner, map[string]string{"main.tf": requireXrole + `
provider "xrole" { region = "us-east-1" }
resource "xrole_hub" "main" {
  name                   = "acme"
  architecture           = "` + lab.Architecture() + `"
  trusted_principal_arns = ["` + partner.ARN + `"]
  customers              = { account_ids = ["` + customer.ID + `"] }
  force_destroy          = true
}
` + strings.Replace(globex(customer.ID), "local.hub", "xrole_hub.main", 1) + linkOutput})
	tf.Init()
	tf.Apply()
	launched(t, tf, customer)
	tf.Apply()
	for _, args := range [][]string{{"-replace=xrole_hub.main"}, {"-replace=xrole_hub.main", "-refresh=false"}} {
		if _, out := tf.Plan(args...); !strings.Contains(out, "Hub of a live onboarding will be made again") {
			t.Errorf("%v: nobody is told:\n%s", args, out)
		}
	}
	if _, out := tf.Plan(); strings.Contains(out, "made again") {
		t.Errorf("a hub that stays is warned of:\n%s", out)
	}
}

// A hub that is closed to all but those it lists leaves who stands without an account alone, and says so.
func TestGuests_closed(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	partner, customer := l.NewAccount(t), l.NewAccount(t)
	open := strings.Replace(strings.Replace(globex(customer.ID, ""), `account_id = "`+customer.ID+`"`, "", 1), "local.hub", "xrole_hub.main", 1)
	config := func(customers string) string {
		return requireXrole + `
provider "xrole" { region = "us-east-1" }
resource "xrole_hub" "main" {
  name                   = "acme"
  trusted_principal_arns = ["` + partner.ARN + `"]
  customers              = { ` + customers + ` }
}
` + open
	}
	tf := l.Terraform(t, partner, map[string]string{"main.tf": config("anyone = true")})
	tf.Init()
	tf.Apply()
	tf.Write(map[string]string{"main.tf": config(`account_ids = ["` + customer.ID + `"]`)})
	if r := tf.Run("plan"); r.Code != 0 || !strings.Contains(flatten(r.Output), "nobody can read the template") {
		t.Errorf("a hub was closed:\n%s", r.Output)
	}
}
