package provider_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/xrole/terraform-provider-xrole/internal/lab"
)

// fleet is a configuration of xrole_onboardings: extra lines of the resource, and one line for each customer.
func (w world) fleet(extra string, customers ...string) string {
	return requireXrole + w.config(fmt.Sprintf(`
resource "xrole_onboardings" "all" {
  hub = local.hub
  role = {
    name                = "AcmeAccess"
    managed_policy_arns = ["arn:aws:iam::aws:policy/SecurityAudit"]
  }
  %s
  customers = {
    %s
  }
}
output "ids" { value = { for k, o in xrole_onboardings.all.onboardings : k => o.external_id } }
output "links" { value = { for k, o in xrole_onboardings.all.onboardings : k => o.launch_url } }
output "statuses" { value = { for k, o in xrole_onboardings.all.onboardings : k => o.status } }
`, extra, strings.Join(customers, "\n    ")))
}

func TestOnboardings_life(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	customer, other := l.NewAccount(t), l.NewAccount(t)
	w := newWorld(t, customer, other)
	globex := fmt.Sprintf(`globex = { account_id = %q }`, customer.ID)
	umbrella := fmt.Sprintf(`umbrella = { account_id = %q, service_timeout_seconds = 900 }`, other.ID)
	tf := w.applied(t, w.fleet("", globex, umbrella))
	ids, ok := tf.Outputs()["ids"].(map[string]any)
	if !ok || len(ids) != 2 || ids["globex"] == ids["umbrella"] {
		t.Fatalf("External IDs: %v", ids)
	}
	if _, out := tf.Plan(); !strings.Contains(out, "No changes.") {
		t.Errorf("after the apply:\n%s", out)
	}
	// One more, one changed, one as it was: the plan shows just those, and the others keep what they have.
	initech := fmt.Sprintf(`initech = { account_id = %q, role = { name = "Initech" } }`, customer.ID)
	tf.Write(map[string]string{"main.tf": w.fleet("", globex, strings.Replace(umbrella, "900", "1200", 1), initech)})
	_, out := tf.Plan()
	for _, want := range []string{`+ "initech"`, `~ "umbrella"`, "900 -> 1200", "1 unchanged element hidden"} {
		if !strings.Contains(out, want) {
			t.Errorf("the plan does not show %q:\n%s", want, out)
		}
	}
	tf.Apply()
	after, _ := tf.Outputs()["ids"].(map[string]any)
	if len(after) != 3 || after["globex"] != ids["globex"] || after["umbrella"] != ids["umbrella"] {
		t.Errorf("External IDs were %v and are %v", ids, after)
	}
	// The customer launches, and the next plan knows.
	links, _ := tf.Outputs()["links"].(map[string]any)
	stack, err := customer.Launch(t.Context(), fmt.Sprint(links["globex"]))
	if err != nil {
		t.Fatal(err)
	}
	if err := stack.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	tf.Apply()
	statuses, _ := tf.Outputs()["statuses"].(map[string]any)
	if statuses["globex"] != "verified" || statuses["umbrella"] != "pending" {
		t.Errorf("statuses: %v", statuses)
	}
	// Who is live stays, and the message says who and what to do.
	tf.Write(map[string]string{"main.tf": w.fleet("", umbrella)})
	if r := tf.Run("plan", "-no-color"); r.Code != 1 || !strings.Contains(r.Output, `Customer "globex": `) || !strings.Contains(r.Output, "Refusing to destroy a live onboarding") {
		t.Errorf("a live customer was taken out:\n%s", r.Output)
	}
	if r := tf.Run("destroy", "-auto-approve", "-no-color"); r.Code != 1 || !strings.Contains(r.Output, "Refusing to destroy a live onboarding") {
		t.Errorf("all was destroyed with a live customer in it:\n%s", r.Output)
	}
	tf.Write(map[string]string{"main.tf": w.fleet("", strings.Replace(globex, customer.ID, other.ID, 1), umbrella)})
	if r := tf.Run("plan", "-no-color"); r.Code != 1 || !strings.Contains(r.Output, `Customer "globex": `) || !strings.Contains(r.Output, "Refusing to replace a live onboarding") {
		t.Errorf("a live customer got another account:\n%s", r.Output)
	}
	tf.Write(map[string]string{"main.tf": w.fleet("force_destroy = true", globex, umbrella)})
	tf.Apply()
	tf.Write(map[string]string{"main.tf": w.fleet("", umbrella)})
	tf.Apply()
	if o := w.offer(t, "globex"); o != nil {
		t.Errorf("a customer that was taken out has an offer: %+v", o)
	}
	tf.Destroy()
	if keys := w.templates(t); len(keys) != 0 || w.offer(t, "umbrella") != nil {
		t.Errorf("left behind: %v", keys)
	}
}

// A customer moves from one resource to the other, and back, with the External ID it has; all of a registry is imported.
func TestOnboardings_moves(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	customer := l.NewAccount(t)
	w := newWorld(t, customer)
	tf := w.applied(t, requireXrole+w.config(globex(customer.ID, `rotation = "a"`)))
	before := w.offer(t, "globex")
	leave := "\nremoved {\n  from = %s\n  lifecycle {\n    destroy = false\n  }\n}\n"
	line := fmt.Sprintf(`globex = { account_id = %q, rotation = "a", adopt = true }`, customer.ID)
	tf.Write(map[string]string{"main.tf": w.fleet("", line) + fmt.Sprintf(leave, "xrole_onboarding.globex")})
	tf.Apply()
	wantNoChange(t, tf)
	if ids, _ := tf.Outputs()["ids"].(map[string]any); ids["globex"] != before.ExternalID {
		t.Errorf("the External ID was %s and is %v", before.ExternalID, ids)
	}
	tf.Write(map[string]string{"main.tf": requireXrole + w.config(globex(customer.ID, `rotation = "a"`, "adopt = true")) + fmt.Sprintf(leave, "xrole_onboardings.all")})
	tf.Apply()
	wantNoChange(t, tf)
	if after := w.offer(t, "globex"); after.ExternalID != before.ExternalID || after.TemplateSHA256 != before.TemplateSHA256 {
		t.Errorf("the offer was %+v and is %+v", before, after)
	}
	// The state is lost.
	hooli := fmt.Sprintf(`hooli = { account_id = %q }`, customer.ID)
	w.applied(t, w.fleet("", hooli))
	both := w.fleet("", fmt.Sprintf(`globex = { account_id = %q, rotation = "a" }`, customer.ID), hooli)
	lost := l.Terraform(t, w.partner, map[string]string{"main.tf": both + "\nimport {\n  to = xrole_onboardings.all\n  id = \"acme\"\n}\n"})
	lost.Init()
	if _, out := lost.Plan(); !strings.Contains(out, "1 to import, 0 to add, 0 to change, 0 to destroy") {
		t.Errorf("the plan of the import:\n%s", out)
	}
	lost.Apply()
	wantNoChange(t, lost)
	if ids, _ := lost.Outputs()["ids"].(map[string]any); ids["globex"] != before.ExternalID || len(ids) != 2 {
		t.Errorf("imported: %v", ids)
	}
	byTable := l.Terraform(t, w.partner, map[string]string{"main.tf": both + "\nimport {\n  to = xrole_onboardings.all\n  id = \"us-east-1," + w.hub.Table + "\"\n}\n"})
	byTable.Init()
	if _, out := byTable.Plan(); !strings.Contains(out, "1 to import, 0 to add, 0 to change, 0 to destroy") {
		t.Errorf("the plan of the import by region and table:\n%s", out)
	}
	empty := l.Terraform(t, w.partner, map[string]string{"main.tf": w.fleet("", hooli)})
	empty.Init()
	for id, want := range map[string]string{
		"acme,globex,x": "Invalid import id of a registry", "acme,globex": "Invalid import id of a registry",
		"nobody": `Unable to read the registry to import Registry "xrole-nobody" in "us-east-1". The hub's table`,
	} {
		if r := empty.Run("import", "-no-color", "xrole_onboardings.all", id); r.Code == 0 || !strings.Contains(unwrap(r.Output), want) {
			t.Errorf("import of %q: %s", id, r.Output)
		}
	}
}

// One customer is rotated, another gets another account: each as the single resource would, and no other one changes.
func TestOnboardings_changesOfOne(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	customer, other := l.NewAccount(t), l.NewAccount(t)
	w := newWorld(t, customer, other)
	lines := func(account, rotation string) []string {
		return []string{
			fmt.Sprintf(`globex = { account_id = %q, rotation = %q }`, customer.ID, rotation),
			fmt.Sprintf(`hooli = { account_id = %q }`, account), fmt.Sprintf(`initech = { account_id = %q }`, customer.ID),
		}
	}
	tf := w.applied(t, w.fleet("", lines(customer.ID, "a")...))
	before := w.externalIDs(t, "globex", "hooli", "initech")
	tf.Write(map[string]string{"main.tf": w.fleet("", lines(other.ID, "b")...)})
	if _, out := tf.Plan(); !strings.Contains(unwrap(out), `Customer "hooli": This change makes another onboarding of the same name, with a new External ID`) {
		t.Errorf("the plan does not warn of the new External ID:\n%s", out)
	}
	tf.Apply()
	wantNoChange(t, tf)
	after := w.externalIDs(t, "globex", "hooli", "initech")
	if after["globex"] == before["globex"] || after["hooli"] == before["hooli"] || after["initech"] != before["initech"] {
		t.Errorf("External IDs were %v and are %v", before, after)
	}
	if o := w.offer(t, "globex"); o.PreviousExternalID != before["globex"] {
		t.Errorf("the former External ID of the rotated one is %q", o.PreviousExternalID)
	}
	if o := w.offer(t, "hooli"); o.AccountID != other.ID || o.PreviousExternalID != "" {
		t.Errorf("the one that was made again: %+v", o)
	}
}

func TestOnboardings_invalid(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	customer := l.NewAccount(t)
	w := newWorld(t, customer)
	for name, row := range map[string]struct {
		extra, line string
		want        []string
	}{
		"name":                {"", `"a b" = { account_id = "222222222222" }`, []string{`Customer "a b"`, "1 to 64 letters"}},
		"account":             {"", `globex = { account_id = "1" }`, []string{`Customer "globex"`, "account"}},
		"role and template":   {"", `globex = { account_id = "222222222222", role = {}, template_body = "{}" }`, []string{`Customer "globex"`, "template_body"}},
		"region of no topic":  {`region = "ap-south-1"`, `globex = { account_id = "222222222222" }`, []string{`Customer "globex"`, "Region without a callback topic"}},
		"shared, said once":   {`service_timeout_seconds = 1`, `globex = { account_id = "222222222222" }, hooli = { account_id = "222222222222" }`, []string{`Customers "globex", "hooli": `, "300"}},
		"account of another":  {"", `globex = { account_id = "222222222222" }, hooli = { account_id = "3" }, umbrella = { account_id = "444455556666" }`, []string{`Customer "hooli": `, "twelve digits"}},
		"names of others":     {"", `globex = { account_id = "222222222222" }, "a b" = { account_id = "222222222222" }, "c d" = { account_id = "222222222222" }`, []string{`Customer "a b": `, `Customer "c d": `}},
		"argument misspelt":   {"", `globex = { acount_id = "222222222222" }`, []string{`Customer "globex": `, `There is no argument "acount_id" here. There are: account_id, adopt`}},
		"misspelt in a role":  {"", `globex = { account_id = "222222222222", role = { names = "x" } }`, []string{`Customer "globex": `, "`role.names`: There is no argument", "managed_policy_arns"}},
		"not a number":        {"", `globex = { account_id = "222222222222", service_timeout_seconds = "soon" }`, []string{"`service_timeout_seconds`: Write a number here; this is a text."}},
		"not a flag":          {"", `globex = { account_id = "222222222222", adopt = 1 }`, []string{"`adopt`: Write true or false here"}},
		"not a text":          {"", `globex = { account_id = ["222222222222"] }`, []string{"`account_id`: Write a text here; this is a list."}},
		"not an object":       {"", `globex = { account_id = "222222222222", role = "AcmeAccess" }`, []string{"`role`: Write an object here; this is a text."}},
		"not a map":           {"", `globex = { account_id = "222222222222", tags = ["a"] }`, []string{"`tags`: Write a map here; this is a list."}},
		"not a list":          {"", `globex = { account_id = "222222222222", role = { managed_policy_arns = { a = "b" } } }`, []string{"`role.managed_policy_arns`: Write a list here; this is an object."}},
		"in a list":           {"", `globex = { account_id = "222222222222", role = { managed_policy_arns = [["b"]] } }`, []string{"`role.managed_policy_arns[0]`: Write a text here"}},
		"in a map":            {"", `globex = { account_id = "222222222222", tags = { a = [] } }`, []string{"`tags[\"a\"]`: Write a text here"}},
		"no customer":         {"", `globex = "222222222222"`, []string{`Customer "globex": Write an object here`}},
		"null for a customer": {"", `globex = null`, []string{`Customer "globex": Write `, "left out of `customers`"}},
		"policy":              {"", `globex = { account_id = "222222222222", role = { inline_policies = { x = "no json" } } }`, []string{`Customer "globex"`, "inline_policies"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tf := l.Terraform(t, w.partner, map[string]string{"main.tf": w.fleet(row.extra, row.line)})
			tf.Init()
			r := tf.Run("plan", "-no-color")
			for _, want := range row.want {
				if r.Code != 1 || !strings.Contains(unwrap(r.Output), want) {
					t.Errorf("%q is not in:\n%s", want, r.Output)
				}
			}
		})
	}
}

// Customers are no map of any kind.
func TestOnboardings_notAMap(t *testing.T) {
	t.Parallel()
	w := paperWorld(t)
	for written, want := range map[string]string{
		`["globex"]`: "Write a map of customers by name here; this is a list.",
		`"globex"`:   `Write a map of customers by name here; this is a text.`,
		// That would destroy all of them.
		`null`:                       "must not be null",
		`var.none`:                   "must not be null",
		`terraform_data.none.output`: "must not be null",
	} {
		t.Run(written, func(t *testing.T) {
			t.Parallel()
			fleet := strings.Replace(w.fleet("", "x"), "customers = {\n    x\n  }", "customers = "+written, 1)
			tf := lab.Shared(t).Terraform(t, w.partner, map[string]string{"main.tf": fleet, "none.tf": `
variable "none" { default = null }
resource "terraform_data" "none" {}
`})
			tf.Init()
			if r := tf.Run("plan", "-no-color"); r.Code != 1 || !strings.Contains(unwrap(r.Output), want) {
				t.Errorf("%q is not in:\n%s", want, r.Output)
			}
		})
	}
}

// However a value is written, it is the same: as a literal, from a variable with a type, or with texts for numbers.
func TestOnboardings_writtenInOtherWays(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	w := newWorld(t)
	tf := l.Terraform(t, w.partner, map[string]string{"main.tf": w.fleet("",
		`globex = { account_id = "222222222222", service_timeout_seconds = 900, force_destroy = true, tags = { cost = 7 }, role = { name = "A", managed_policy_arns = ["arn:aws:iam::aws:policy/SecurityAudit"] } }`,
		`hooli = { account_id = "333333333333" }`)})
	tf.Init()
	tf.Apply()
	const typed = `
variable "customers" {
  type = map(object({
    account_id = string
    service_timeout_seconds = optional(string)
    force_destroy = optional(string)
    tags = optional(map(string))
    role = optional(object({ name = string, path = optional(string), managed_policy_arns = optional(list(string)) }))
  }))
  default = {
    hooli = { account_id = "333333333333" }
    globex = {
      account_id = "222222222222", service_timeout_seconds = 900, force_destroy = true, tags = { cost = 7 }
      role = { name = "A", managed_policy_arns = ["arn:aws:iam::aws:policy/SecurityAudit", "arn:aws:iam::aws:policy/SecurityAudit"] }
    }
  }
}
`
	written := strings.Replace(w.fleet("", "x"), "customers = {\n    x\n  }", "customers = var.customers", 1) + typed
	tf.Write(map[string]string{"main.tf": written})
	wantNoChange(t, tf)
	tf.Write(map[string]string{"main.tf": strings.Replace(written, `account_id = "333333333333"`, `account_id = "333333333333", tags = { team = "blue" }`, 1)})
	if _, out := tf.Plan(); !strings.Contains(out, `~ "hooli"`) {
		t.Errorf("the plan does not show the change:\n%s", out)
	}
	tf.Apply()
	wantNoChange(t, tf)
}

// unwrap takes the frame and the line ends out of what Terraform prints.
func unwrap(output string) string {
	return strings.Join(strings.Fields(strings.NewReplacer("│", " ", "╷", " ", "╵", " ").Replace(output)), " ")
}
