package registry_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"github.com/xrole/terraform-provider-xrole/internal/registry"
)

// Only what may change by itself is looked at again, and what is about to, soon.
func TestDelivery_reschedule(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	const recheck = 24 * time.Hour
	for name, row := range map[string]struct {
		d           registry.Delivery
		least, most time.Duration
	}{
		"pending":                   {registry.Delivery{Status: registry.Pending}, 0, 0},
		"rejected":                  {registry.Delivery{Status: registry.Rejected}, 0, 0},
		"delivered":                 {registry.Delivery{Status: registry.Delivered, DeliveredAt: now}, registry.Soon, registry.Soon},
		"delivered long ago":        {registry.Delivery{Status: registry.Delivered, DeliveredAt: now.Add(-recheck)}, recheck * 9 / 10, recheck},
		"loosened today":            {registry.Delivery{Status: registry.Delivered, DeliveredAt: now.Add(-9 * recheck), VerifiedAt: now.Add(-time.Hour)}, registry.Soon, registry.Soon},
		"leaving":                   {registry.Delivery{Status: registry.Leaving, LeavingAt: now}, registry.Soon, registry.Soon},
		"leaving for long":          {registry.Delivery{Status: registry.Leaving, LeavingAt: now.Add(-recheck)}, recheck * 9 / 10, recheck},
		"leaving for long, failing": {registry.Delivery{Status: registry.Leaving, LeavingAt: now.Add(-recheck), FailingSince: now}, registry.Soon, registry.Soon},
		"verified":                  {registry.Delivery{Status: registry.Verified}, recheck * 9 / 10, recheck},
		"verified and failing":      {registry.Delivery{Status: registry.Verified, FailingSince: now}, registry.Soon, registry.Soon},
		"verified and failed once":  {registry.Delivery{Status: registry.Verified, FailingSince: now.Add(-recheck)}, recheck * 9 / 10, recheck},
		"verified, its stack waits, another resource": {registry.Delivery{Status: registry.Verified, StackID: "s", LogicalResourceID: "l", RequestedAt: now.Add(-1), Claims: []registry.Claim{{StackID: "s", LogicalResourceID: "m", At: now}}}, registry.Soon, registry.Soon},
		"verified, its former resource":               {registry.Delivery{Status: registry.Verified, StackID: "s", LogicalResourceID: "l", RequestedAt: now, Claims: []registry.Claim{{StackID: "s", LogicalResourceID: "m", At: now.Add(-1)}}}, recheck * 9 / 10, recheck},
		"verified, its stack waits":                   {registry.Delivery{Status: registry.Verified, StackID: "s", LogicalResourceID: "l", Claims: []registry.Claim{{StackID: "s", LogicalResourceID: "l", At: now}}}, registry.Soon, registry.Soon},
		"verified, its stack waited":                  {registry.Delivery{Status: registry.Verified, StackID: "s", LogicalResourceID: "l", Claims: []registry.Claim{{StackID: "s", LogicalResourceID: "l", At: now.Add(-recheck)}}}, recheck * 9 / 10, recheck},
		"verified, another waits":                     {registry.Delivery{Status: registry.Verified, StackID: "s", LogicalResourceID: "l", Claims: []registry.Claim{{StackID: "t", LogicalResourceID: "l", At: now}}}, recheck * 9 / 10, recheck},
		"verified and due before":                     {registry.Delivery{Status: registry.Verified, DueAt: now.Add(time.Hour)}, time.Hour, time.Hour},
		"verified and overdue":                        {registry.Delivery{Status: registry.Verified, DueAt: now.Add(-time.Hour)}, -time.Hour, -time.Hour},
		"leaving and due later":                       {registry.Delivery{Status: registry.Leaving, LeavingAt: now, DueAt: now.Add(time.Hour)}, registry.Soon, registry.Soon},
		"disconnected, one waits":                     {registry.Delivery{Status: registry.Disconnected, Claims: []registry.Claim{{At: now}}}, registry.Soon, registry.Soon},
		"disconnected, one waited":                    {registry.Delivery{Status: registry.Disconnected, Claims: []registry.Claim{{At: now.Add(-recheck)}}}, recheck * 9 / 10, recheck},
		"disconnected":                                {registry.Delivery{Status: registry.Disconnected, FailingSince: now}, recheck * 9 / 10, recheck},
		"pending and looked at again":                 {registry.Delivery{Status: registry.Pending, DueAt: now}, 0, 0},
	} {
		for n := range 50 {
			d := row.d
			d.Name = fmt.Sprint("customer-", n)
			d.Reschedule(now, recheck)
			after := d.DueAt.Sub(now)
			if row.most == 0 && !d.DueAt.IsZero() || row.most != 0 && (after < row.least || after > row.most) {
				t.Errorf("%s: due after %s", name, after)
			}
		}
	}
}

// What was not told is told soon, and puts nothing off.
func TestDelivery_hasten(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for name, row := range map[string]struct{ due, want time.Time }{
		"never":  {time.Time{}, now.Add(registry.Soon)},
		"later":  {now.Add(time.Hour), now.Add(registry.Soon)},
		"sooner": {now.Add(time.Second), now.Add(time.Second)},
	} {
		d := registry.Delivery{DueAt: row.due}
		if d.Hasten(now); !d.DueAt.Equal(row.want) {
			t.Errorf("%s: due %s", name, d.DueAt)
		}
	}
}

// A change is told until that has succeeded, under the same id, and what is too much goes from the front.
func TestDelivery_announce(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	d := registry.Delivery{OfferID: "o", Revision: 4, Status: registry.Verified, Reason: "r"}
	d.Announce(registry.Verified, now)
	if len(d.Unannounced) != 0 {
		t.Errorf("no change is told of: %+v", d.Unannounced)
	}
	d.Announce(registry.Delivered, now)
	want := []registry.Change{{ID: "o-5", From: registry.Delivered, To: registry.Verified, At: now, Reason: "r"}}
	if diff := cmp.Diff(want, d.Unannounced); diff != "" {
		t.Error(diff)
	}
	for n := range registry.MaxUnannounced {
		d.Revision = int64(100 + n)
		d.Announce(registry.Delivered, now)
	}
	if len(d.Unannounced) != registry.MaxUnannounced || d.Unannounced[0].ID != "o-101" {
		t.Errorf("%d changes, the first is %+v", len(d.Unannounced), d.Unannounced[0])
	}
}

// The longest overdue come first; what is not due, or never is, does not come.
func TestStore_due(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for name, after := range map[string]time.Duration{"now": 0, "long-ago": -1000 * time.Hour, "just": -time.Second, "later": time.Second, "never": 0} {
		d := registry.Delivery{Name: name, OfferID: "g", Status: registry.Verified, DueAt: now.Add(after)}
		if name == "never" {
			d.DueAt = time.Time{}
		}
		if err := f.store.PutDelivery(t.Context(), d); err != nil {
			t.Fatal(err)
		}
	}
	var names []string
	operations := f.operations(func() {
		var err error
		if names, err = f.store.Due(t.Context(), now.In(time.FixedZone("east", 3600))); err != nil {
			t.Fatal(err)
		}
	})
	if !slices.Equal(names, []string{"long-ago", "just", "now"}) || strings.Join(operations, " ") != "Query" {
		t.Errorf("%v due by %v", names, operations)
	}
	rec, err := f.store.Get(t.Context(), "just")
	if err != nil || !rec.Delivery.DueAt.Equal(now.Add(-time.Second)) {
		t.Errorf("read back as %+v, %v", rec.Delivery, err)
	}
	done := *rec.Delivery
	done.DueAt = time.Time{}
	if err := f.store.PutDelivery(t.Context(), done); err != nil {
		t.Fatal(err)
	}
	if names, err := f.store.Due(t.Context(), now); err != nil || slices.Contains(names, "just") {
		t.Errorf("still due: %v, %v", names, err)
	}
}

// When more is due than one run of the schedule looks at, those that wait longest come first.
func TestStore_dueMany(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	var all errgroup.Group
	all.SetLimit(8)
	for i := range registry.MaxDue + 2 {
		all.Go(func() error {
			return f.store.PutDelivery(t.Context(), registry.Delivery{
				Name: fmt.Sprintf("n%d", i), OfferID: "g", Status: registry.Verified, DueAt: now.Add(-time.Duration(i) * time.Second),
			})
		})
	}
	if err := all.Wait(); err != nil {
		t.Fatal(err)
	}
	names, err := f.store.Due(t.Context(), now)
	if err != nil || len(names) != registry.MaxDue || names[0] != fmt.Sprintf("n%d", registry.MaxDue+1) || slices.Contains(names, "n1") {
		t.Errorf("%d names, %v", len(names), err)
	}
}
