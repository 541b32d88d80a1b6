package registry_test

import (
	"errors"
	"testing"

	"github.com/xrole/terraform-provider-xrole/internal/registry"
)

// What came back decides in the same request as the revision whether an offer may go.
func TestStore_retire(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	o := offer("globex", "ID-1", "a:1")
	o.OfferID = "g1"
	f.create(t, o)
	live := []registry.Status{registry.Delivered, registry.Verified, registry.Leaving}
	put := func(offerID string, status registry.Status) func() {
		return func() {
			t.Helper()
			rec, err := f.store.Get(t.Context(), "globex")
			if err != nil {
				t.Fatal(err)
			}
			d := registry.Delivery{Name: "globex", OfferID: offerID, Status: status}
			if rec.Delivery != nil {
				d.Revision = rec.Delivery.Revision
			}
			if err := f.store.PutDelivery(t.Context(), d); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, row := range []struct {
		name     string
		before   func()
		revision string
		want     error
	}{
		{"another revision", func() {}, "a:2", registry.ErrRevision},
		{"another generation", func() {
			if err := f.store.RetireOffer(t.Context(), "globex", "a:1", "g0", live...); !errors.Is(err, registry.ErrRevision) {
				t.Errorf("another generation was retired: %v", err)
			}
		}, "a:2", registry.ErrRevision},
		{"delivered", put("g1", registry.Delivered), "a:1", registry.ErrStatus},
		{"verified", put("g1", registry.Verified), "a:1", registry.ErrStatus},
		{"leaving", put("g1", registry.Leaving), "a:1", registry.ErrStatus},
		{"leaving and another revision", func() {}, "a:2", registry.ErrStatus},
		{"rejected", put("g1", registry.Rejected), "a:1", nil},
		{"gone already", func() {}, "a:1", nil},
		{"gone already, its role live", put("g1", registry.Verified), "a:1", registry.ErrStatus},
		{"gone already, a former role live", put("g0", registry.Verified), "a:1", nil},
	} {
		row.before()
		if err := f.store.RetireOffer(t.Context(), "globex", row.revision, "g1", live...); !errors.Is(err, row.want) {
			t.Errorf("%s: %v, not %v", row.name, err, row.want)
		}
	}
}
