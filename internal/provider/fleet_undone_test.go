package provider_test

import (
	"fmt"
	"testing"

	"github.com/xrole/terraform-provider-xrole/internal/lab"
)

// A customer whose removal failed is put back, also when the apply that does so dies.
func TestOnboardings_crashRemovalUndone(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	for _, live := range []bool{true, false} {
		t.Run(fmt.Sprint("live ", live), func(t *testing.T) {
			t.Parallel()
			customer := l.NewAccount(t)
			w := newWorld(t, customer)
			g := customerLine("globex", customer.ID, "force_destroy = true")
			h := func(seconds int) string {
				return customerLine("hooli", customer.ID, fmt.Sprint("service_timeout_seconds = ", seconds))
			}
			tf := w.applied(t, w.fleet("", g, h(600)))
			if live {
				w.launchOf(t, tf, customer, "globex")
				tf.Apply()
			}
			before := w.externalIDs(t, "globex", "hooli")
			tf.Write(map[string]string{"main.tf": w.fleet("", h(600))})
			w.denied(t, tf, "DeleteItem", 0)
			tf.Write(map[string]string{"main.tf": w.fleet("", g, h(900))})
			w.crash(t, tf, "TransactWriteItems", 0)
			tf.Apply()
			wantNoChange(t, tf)
			w.wantIDs(t, before, "globex", "hooli")
		})
	}
}

// An External ID stays with the account that it was made for, also where making the customer again failed and then died.
func TestOnboardings_crashReplacementUndone(t *testing.T) {
	t.Parallel()
	lab.Shared(t)
	for name, crash := range map[string]func(w world, t *testing.T, tf *lab.Terraform, at string, after int){"before the deletion": world.crashBefore, "after the deletion": world.crash} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			tf := w.fleetOf(t, "")
			before := w.externalIDs(t, "globex", "hooli")
			tf.Write(map[string]string{"main.tf": w.fleet("", `globex = { account_id = "333333333333" }`, fleetHooli)})
			w.denied(t, tf, "TransactWriteItems", 0)
			crash(w, t, tf, "TransactWriteItems", 0)
			tf.Apply()
			wantNoChange(t, tf)
			if offer := w.offer(t, "globex"); offer.ExternalID == before["globex"] || offer.AccountID != "333333333333" {
				t.Errorf("the External ID of account 222222222222 was %s; now it is %s, of %s", before["globex"], offer.ExternalID, offer.AccountID)
			}
		})
	}
}

// Who changes their mind after a power cut in a replacement gets the customer as it was, with an External ID of its own.
func TestOnboardings_replacementKilledReverted(t *testing.T) {
	t.Parallel()
	lab.Shared(t)
	w := newWorld(t)
	tf := w.fleetOf(t, "")
	tf.Write(map[string]string{"main.tf": w.fleet("", `globex = { account_id = "333333333333" }`, fleetHooli)})
	w.killAll(t, tf, "PutObject")
	between := w.offer(t, "globex")
	tf.Write(map[string]string{"main.tf": w.fleet("", fleetGlobex, fleetHooli)})
	if r := tf.Run("apply", "-auto-approve", "-no-color", "-lock=false"); r.Code != 0 {
		t.Errorf("code %d:\n%s", r.Code, r.Output)
	}
	if after := w.offer(t, "globex"); after == nil || after.AccountID != "222222222222" || after.ExternalID == between.ExternalID {
		t.Errorf("the offer was %+v and is %+v", between, after)
	}
}

// All stay who they are where a destroy failed and the apply that keeps them dies.
func TestOnboardings_crashDestroyUndone(t *testing.T) {
	t.Parallel()
	lab.Shared(t)
	w := newWorld(t)
	tf := w.fleetOf(t, "")
	before := w.externalIDs(t, "globex", "hooli")
	remove := w.lab.Inject(lab.Fault{AccountID: w.partner.ID, Operation: "TransactWriteItems", Kind: lab.Status{Code: 403, ErrorCode: "AccessDeniedException"}})
	if r := tf.Run("destroy", "-auto-approve", "-no-color"); r.Code != 1 {
		t.Errorf("nothing failed:\n%s", r.Output)
	}
	remove()
	tf.Write(map[string]string{"main.tf": w.fleet("service_timeout_seconds = 900", fleetGlobex, fleetHooli)})
	w.crashBefore(t, tf, "TransactWriteItems", 0)
	tf.Apply()
	wantNoChange(t, tf)
	w.wantIDs(t, before, "globex", "hooli")
}

// A fleet that moves to another hub leaves nothing in the former one, and offers no External ID of it again, also where the
// move failed and then died.
func TestOnboardings_crashHubMoveUndone(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	c1, c2 := l.NewAccount(t), l.NewAccount(t)
	w := newWorld(t, c1, c2)
	other := w
	other.hub = l.DeployHub(t, w.partner, lab.HubOptions{Name: "copy", Regions: []string{"us-east-1", "eu-west-1"}, AccountIDs: []string{c1.ID, c2.ID}, TrustedPrincipalARNs: w.hub.TrustedPrincipalARNs})
	g, h := customerLine("globex", c1.ID), customerLine("hooli", c2.ID)
	tf := w.applied(t, w.fleet("", g, h))
	before := w.externalIDs(t, "globex", "hooli")
	tf.Write(map[string]string{"main.tf": other.fleet("", g, h)})
	w.denied(t, tf, "TransactWriteItems", 1)
	w.crashBefore(t, tf, "TransactWriteItems", 0)
	tf.Apply()
	wantNoChange(t, tf)
	old, now := w.externalIDs(t, "globex", "hooli"), other.externalIDs(t, "globex", "hooli")
	if keys := w.templates(t); len(old) != 0 || len(keys) != 0 {
		t.Errorf("left behind in the former hub: %v %v", old, keys)
	}
	for name, id := range before {
		if now[name] == id || now[name] == "" {
			t.Errorf("%s had %s and has %q", name, id, now[name])
		}
	}
}
