package registry_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/xrole/terraform-provider-xrole/internal/registry"
)

// pages reads until there are enough records.
func (f *fixture) pages(t *testing.T, size int32, enough int) ([]registry.Record, []string) {
	t.Helper()
	var all []registry.Record
	operations := f.operations(func() {
		for records, err := range f.store.Pages(t.Context(), size) {
			if err != nil {
				t.Fatal(err)
			}
			if all = append(all, records...); len(all) >= enough {
				return
			}
		}
	})
	return all, operations
}

func TestStore_pages(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	const many = 130
	want := map[string]registry.Record{}
	for i := range many {
		o := offer(fmt.Sprintf("customer-%03d", i), fmt.Sprint("ID-", i), "a:1")
		f.create(t, o)
		want[o.Name] = registry.Record{Offer: &o}
		if i%4 == 0 {
			d := registry.Delivery{Name: o.Name, OfferID: o.OfferID, Status: registry.Pending}
			if err := f.store.PutDelivery(t.Context(), d); err != nil {
				t.Fatal(err)
			}
			d.Revision = 1
			want[o.Name] = registry.Record{Offer: &o, Delivery: &d}
		}
	}
	if err := f.store.PutDelivery(t.Context(), registry.Delivery{Name: "former", OfferID: "g1", Status: registry.Leaving}); err != nil {
		t.Fatal(err)
	}
	for name, size := range map[string]int32{"a megabyte": 0, "small": 20} {
		all, operations := f.pages(t, size, many+1)
		got := map[string]registry.Record{}
		for _, r := range all {
			got[r.Offer.Name] = r
		}
		if diff := cmp.Diff(want, got); diff != "" || len(all) != many {
			t.Errorf("%s: %d records: %s", name, len(all), diff)
		}
		if size == 0 && !slices.Equal(operations, []string{"Scan", "BatchGetItem", "BatchGetItem"}) {
			t.Errorf("%s: %v", name, operations)
		}
	}
	if some, operations := f.pages(t, 20, 1); len(some) == 0 || len(some) > 20 || slices.Index(operations, "BatchGetItem") != len(operations)-1 {
		t.Errorf("%d records by %v: it reads more than was asked for", len(some), operations)
	}
}
