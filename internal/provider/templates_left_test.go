package provider_test

import (
	"testing"

	"github.com/xrole/terraform-provider-xrole/internal/lab"
)

// A provider that dies between the deletion of an offer and that of its templates leaves nothing that the next apply does not
// find, though neither state nor registry names it any more.
func TestOnboardings_crashBeforeTemplatesGo(t *testing.T) {
	t.Parallel()
	lab.Shared(t)
	for _, kind := range []string{"single", "fleet", "one of a fleet"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			config := func(more string) string {
				if kind == "single" {
					return requireXrole + w.config(globex("222222222222", more))
				}
				return w.fleet(more, fleetGlobex, fleetHooli)
			}
			without, left := requireXrole+w.config(""), 0
			if kind == "one of a fleet" {
				without, left = w.fleet("service_timeout_seconds = 900", fleetHooli), 2 // hooli's
			}
			tf := w.lab.Terraform(t, w.partner, map[string]string{"main.tf": config("")})
			tf.Init()
			for _, next := range []string{config(""), config("service_timeout_seconds = 900")} { // which leaves superseded ones
				tf.Write(map[string]string{"main.tf": next})
				tf.Apply()
			}
			tf.Write(map[string]string{"main.tf": without})
			w.crashBefore(t, tf, "DeleteObjects", 0)
			tf.Apply()
			if keys := w.templates(t); len(keys) != left {
				t.Errorf("left behind: %v", keys)
			}
		})
	}
}

// Who is put back after that has its superseded templates still, until their retention is over.
func TestOnboardings_crashPutBackKeepsTemplates(t *testing.T) {
	t.Parallel()
	lab.Shared(t)
	w := newWorld(t)
	tf := w.fleetOf(t, "")
	both := w.fleet("", slower(fleetGlobex), fleetHooli)
	tf.Write(map[string]string{"main.tf": both})
	tf.Apply()
	before := w.offer(t, "globex")
	tf.Write(map[string]string{"main.tf": w.fleet("", fleetHooli)})
	w.crash(t, tf, "TransactWriteItems", 0)
	tf.Write(map[string]string{"main.tf": both})
	tf.Apply()
	wantNoChange(t, tf)
	after := w.offer(t, "globex")
	if after.ExternalID != before.ExternalID || len(after.Superseded) != 1 || after.Superseded[0].Key != before.Superseded[0].Key {
		t.Errorf("superseded were %v and are %v", before.Superseded, after.Superseded)
	}
	tf.Destroy()
	if keys := w.templates(t); len(keys) != 0 {
		t.Errorf("left behind: %v", keys)
	}
}
