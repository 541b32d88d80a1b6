package registry_test

import (
	"testing"

	"github.com/xrole/terraform-provider-xrole/internal/registry"
)

// TestAfter states every pair of status and event, independently of how the table is written.
func TestAfter(t *testing.T) {
	t.Parallel()
	const (
		pend = registry.Pending
		deli = registry.Delivered
		veri = registry.Verified
		leav = registry.Leaving
		disc = registry.Disconnected
		reje = registry.Rejected
	)
	events := registry.Events()
	want := map[registry.Status][]registry.Status{
		// Claimed, Withdrawn, Refused, Proved, Loosened, Left, Gone
		pend: {deli, pend, reje, veri, pend, pend, pend},
		deli: {deli, pend, reje, veri, deli, leav, disc},
		veri: {veri, veri, veri, veri, deli, leav, disc},
		leav: {leav, leav, leav, veri, leav, leav, disc},
		disc: {disc, disc, disc, veri, disc, disc, disc},
		reje: {deli, reje, reje, veri, reje, reje, reje},
	}
	if len(want) != len(registry.Statuses()) {
		t.Fatalf("%d statuses, %d rows", len(registry.Statuses()), len(want))
	}
	for _, from := range registry.Statuses() {
		if len(want[from]) != len(events) {
			t.Fatalf("%s: %d events, %d columns", from, len(events), len(want[from]))
		}
		for i, event := range events {
			if got := from.After(event); got != want[from][i] {
				t.Errorf("%s, %s: got %s, want %s", from, event, got, want[from][i])
			}
		}
	}
}

func TestAfter_unknown(t *testing.T) {
	t.Parallel()
	if got := registry.Status("of the future").After(registry.Proved); got != "of the future" {
		t.Errorf("an unknown status became %q", got)
	}
	if got := registry.Verified.After("of the future"); got != registry.Verified {
		t.Errorf("an unknown event led to %q", got)
	}
}
