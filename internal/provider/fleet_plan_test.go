package provider_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/xrole/terraform-provider-xrole/internal/lab"
)

// A hub's table that is not known at plan and turns out to be the same makes nothing again; another one does, with External
// IDs of its own.
func TestOnboardings_unknownTable(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	c1, c2 := l.NewAccount(t), l.NewAccount(t)
	w := newWorld(t, c1, c2)
	other := w
	other.hub = l.DeployHub(t, w.partner, lab.HubOptions{Name: "copy", Regions: []string{"us-east-1", "eu-west-1"}, AccountIDs: []string{c1.ID, c2.ID}, TrustedPrincipalARNs: w.hub.TrustedPrincipalARNs})
	fleet := strings.Replace(w.fleet("", customerLine("globex", c1.ID), customerLine("hooli", c2.ID)), "hub = local.hub\n", "hub = merge(local.hub, { table = terraform_data.t.output.table })\n", 1)
	config := func(table, note string) map[string]string {
		return map[string]string{"main.tf": fleet + fmt.Sprintf("\nresource \"terraform_data\" \"t\" {\n  input = { table = %q, note = %q }\n}\n", table, note)}
	}
	tf := l.Terraform(t, w.partner, config(w.hub.Table, "a"))
	tf.Init()
	tf.Apply()
	before := w.externalIDs(t, "globex", "hooli")
	tf.Write(config(w.hub.Table, "b"))
	if _, out := tf.Plan(); !strings.Contains(out, "Onboarding may be made again") || strings.Contains(out, "Hub not known yet") {
		t.Errorf("the plan does not say what may happen:\n%s", out)
	}
	tf.Apply()
	w.wantIDs(t, before, "globex", "hooli")
	tf.Write(config(other.hub.Table, "c"))
	tf.Apply()
	wantNoChange(t, tf)
	moved := other.externalIDs(t, "globex", "hooli")
	if left := w.externalIDs(t, "globex", "hooli"); len(left) != 0 || len(moved) != 2 || moved["globex"] == before["globex"] || moved["hooli"] == before["hooli"] {
		t.Errorf("External IDs were %v; left are %v, and in the other hub %v", before, left, moved)
	}
}

// A hub that is not known at plan is told of, since Terraform would not let the apply replace the onboarding.
func TestOnboardingResource_unknownTable(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	customer := l.NewAccount(t)
	w := newWorld(t, customer)
	one := strings.Replace(globex(customer.ID), "local.hub", "merge(local.hub, { table = terraform_data.t.output.table })", 1)
	config := func(note string) map[string]string {
		return map[string]string{"main.tf": requireXrole + w.config(one) + fmt.Sprintf("\nresource \"terraform_data\" \"t\" {\n  input = { table = %q, note = %q }\n}\n", w.hub.Table, note)}
	}
	tf := l.Terraform(t, w.partner, config("a"))
	tf.Init()
	tf.Apply()
	before := w.offer(t, "globex").ExternalID
	tf.Write(config("b"))
	if _, out := tf.Plan(); !strings.Contains(out, "Hub not known yet") {
		t.Errorf("the plan does not say what may happen:\n%s", out)
	}
	tf.Apply()
	if after := w.offer(t, "globex").ExternalID; after != before {
		t.Errorf("the External ID was %s and is %s", before, after)
	}
	wantNoChange(t, tf)
}

// A customer that sets nothing of its own is validated at plan when it is new.
func TestOnboardings_newWithNothingOfItsOwn(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	w := deploy(t, lab.HubOptions{Anyone: true})
	config := func(names string) map[string]string {
		fleet := strings.Replace(w.fleet("", "x"), "customers = {\n    x\n  }", "customers = { for n in var.names : n => {} }", 1)
		return map[string]string{"main.tf": fleet + "\nvariable \"names\" { default = " + names + " }\n"}
	}
	tf := l.Terraform(t, w.partner, config(`["globex"]`))
	tf.Init()
	tf.Apply()
	tf.Write(config(`["globex", "` + strings.Repeat("a", 65) + `"]`))
	if r := tf.Run("plan", "-no-color"); r.Code != 1 || !strings.Contains(unwrap(r.Output), "1 to 64 letters") {
		t.Errorf("code %d:\n%s", r.Code, r.Output)
	}
}
