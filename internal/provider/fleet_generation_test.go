package provider_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xrole/terraform-provider-xrole/internal/lab"
)

// stateOf is the state as it is in the folder.
func stateOf(t *testing.T, tf *lab.Terraform) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(tf.Dir, "terraform.tfstate"))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// copied is another folder with that state.
func (w world) copied(t *testing.T, state, config string) *lab.Terraform {
	t.Helper()
	other := w.lab.Terraform(t, w.partner, map[string]string{"main.tf": config, "terraform.tfstate": state})
	other.Init()
	return other
}

// customerLine is a customer with arguments of its own.
func customerLine(name, account string, more ...string) string {
	return fmt.Sprintf("%s = { account_id = %q%s }", name, account, strings.Join(append([]string{""}, more...), ", "))
}

// oneWithLinks is the singular resource with the output of a fleet.
func (w world) oneWithLinks(resource string) string {
	return requireXrole + w.config(resource+"\noutput \"links\" { value = { globex = xrole_onboarding.globex.launch_url } }\n")
}

// A copy of a state from before a customer was taken out and put back comes to the External ID that its customer has.
func TestOnboardings_copyOfFormerGeneration(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	for _, kind := range []string{"fleet", "single", "fleet, not refreshed"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			customer := l.NewAccount(t)
			w := newWorld(t, customer)
			hooli := customerLine("hooli", customer.ID)
			with, without := w.fleet("", customerLine("globex", customer.ID), hooli), w.fleet("", hooli)
			if kind == "single" {
				with, without = w.oneWithLinks(globex(customer.ID)), requireXrole+w.config("")
			}
			tf := w.applied(t, with)
			backup := stateOf(t, tf)
			for _, config := range []string{without, with} {
				tf.Write(map[string]string{"main.tf": config})
				tf.Apply()
			}
			w.launchOf(t, tf, customer, "globex")
			tf.Apply()
			before := w.offer(t, "globex")
			other := w.copied(t, backup, with)
			if kind == "fleet, not refreshed" {
				other.Write(map[string]string{"main.tf": w.fleet("service_timeout_seconds = 900", customerLine("globex", customer.ID), hooli)})
				if r := other.Run("apply", "-refresh=false", "-auto-approve", "-no-color"); r.Code != 1 || !strings.Contains(r.Output, "Onboarding changed since the plan") {
					t.Errorf("code %d:\n%s", r.Code, r.Output)
				}
			} else {
				other.Run("apply", "-auto-approve", "-no-color") // the fleet's comes to it, the single one's is another's
			}
			if after := w.offer(t, "globex"); after.ExternalID != before.ExternalID || after.OfferID != before.OfferID {
				t.Errorf("the live customer's External ID was %s and is %s", before.ExternalID, after.ExternalID)
			}
		})
	}
}

// A customer that was made again since the copy was taken is guarded by its own role, not by that of the one before it.
func TestOnboardings_copyDestroysNoLiveOne(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	for name, planning := range map[string][]string{"launched after the plan": {"-out=p"}, "not refreshed": {"-out=p", "-refresh=false"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			customer := l.NewAccount(t)
			w := newWorld(t, customer)
			globex := customerLine("globex", customer.ID)
			both, without := w.fleet("", globex, customerLine("hooli", customer.ID)), w.fleet("", globex)
			tf := w.applied(t, both)
			backup := stateOf(t, tf)
			for _, config := range []string{without, both} {
				tf.Write(map[string]string{"main.tf": config})
				tf.Apply()
			}
			other := w.copied(t, backup, without)
			other.Plan(planning...)
			w.launchOf(t, tf, customer, "hooli")
			if r := other.Run("apply", "-no-color", "p"); r.Code != 1 || w.offer(t, "hooli") == nil {
				t.Errorf("a live customer was destroyed without force_destroy:\n%s", r.Output)
			}
		})
	}
}

// What was imported follows its owner to the next generation, as long as only the owner writes.
func TestOnboardings_importedMadeAgain(t *testing.T) {
	t.Parallel()
	lab.Shared(t)
	w := newWorld(t)
	first := w.fleetOf(t, "")
	both := w.fleet("", fleetGlobex, fleetHooli)
	second := w.applied(t, both+importFleet)
	for _, config := range []string{w.fleet("", fleetHooli), both} {
		first.Write(map[string]string{"main.tf": config})
		first.Apply()
	}
	before := w.externalIDs(t, "globex", "hooli")
	second.Apply()
	wantNoChange(t, second)
	if shown, _ := second.Outputs()["ids"].(map[string]any); shown["globex"] != before["globex"] {
		t.Errorf("the registry has %v, the state that imported it %v", before, shown)
	}
	w.wantIDs(t, before, "globex", "hooli")
}
