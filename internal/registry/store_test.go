package registry_test

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/xrole/terraform-provider-xrole/internal/awsapi"
	"github.com/xrole/terraform-provider-xrole/internal/awsclients"
	"github.com/xrole/terraform-provider-xrole/internal/registry"
)

func TestStore_requests(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	first, second := offer("globex", "ID-1", "a:1"), offer("globex", "ID-1", "a:2")
	first.OfferID, second.OfferID = "g2", "g2"
	delivery := fullDelivery()
	delivery.Revision = 0
	stored := delivery
	stored.Revision = 1
	for _, step := range []struct {
		name string
		do   func() error
		want string
	}{
		{"create", func() error { return f.store.CreateOffer(t.Context(), first) }, "TransactWriteItems"},
		{"update", func() error { return f.store.UpdateOffer(t.Context(), second, "a:1") }, "TransactWriteItems"},
		{"deliver", func() error { return f.store.PutDelivery(t.Context(), delivery) }, "PutItem"},
		{"get", func() error { f.want(t, "globex", registry.Record{Offer: &second, Delivery: &stored}); return nil }, "BatchGetItem"},
		{"list", func() error {
			all, err := f.store.List(t.Context())
			listed := second
			listed.TemplateBody = ""
			if diff := cmp.Diff(map[string]registry.Record{"globex": {Offer: &listed, Delivery: &stored}}, all); diff != "" {
				t.Error(diff)
			}
			return err
		}, "Scan"},
		{"retire beside another generation's delivery", func() error { return f.store.RetireOffer(t.Context(), "globex", "a:2", "g2", registry.Leaving) }, "TransactWriteItems"},
		{"create again", func() error { return f.store.CreateOffer(t.Context(), second) }, "TransactWriteItems"},
		{"delete", func() error { return f.store.DeleteOffer(t.Context(), "globex", "a:2", "g2") }, "DeleteItem"},
		{"delete again", func() error { return f.store.DeleteOffer(t.Context(), "globex", "a:2", "g2") }, "DeleteItem"},
		{"get what is left", func() error { f.want(t, "globex", registry.Record{Delivery: &stored}); return nil }, "BatchGetItem"},
		{"get nothing", func() error { f.want(t, "initech", registry.Record{}); return nil }, "BatchGetItem"},
	} {
		operations := f.operations(func() {
			if err := step.do(); err != nil {
				t.Fatalf("%s: %v", step.name, err)
			}
		})
		if diff := cmp.Diff([]string{step.want}, operations); diff != "" {
			t.Errorf("%s: %s", step.name, diff)
		}
	}
}

func TestStore_conditions(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx := t.Context()
	globex, initech := offer("globex", "ID-1", "a:1"), offer("initech", "ID-2", "a:1")
	f.create(t, globex)
	f.create(t, initech)
	delivery := registry.Delivery{Name: "globex", OfferID: "g1", Status: registry.Pending}
	if err := f.store.PutDelivery(ctx, delivery); err != nil {
		t.Fatal(err)
	}
	other := delivery
	other.Reason = "written by somebody else"
	late := other
	late.Revision = 7
	for name, row := range map[string]struct {
		err  error
		want error
	}{
		"create over an offer":          {f.store.CreateOffer(ctx, offer("globex", "ID-3", "b:1")), registry.ErrOfferExists},
		"create over, id taken as well": {f.store.CreateOffer(ctx, offer("globex", "ID-2", "b:1")), registry.ErrOfferExists},
		"create with a taken id":        {f.store.CreateOffer(ctx, offer("hooli", "ID-1", "b:1")), registry.ErrExternalIDTaken},
		"update of another revision":    {f.store.UpdateOffer(ctx, offer("globex", "ID-1", "b:2"), "b:1"), registry.ErrRevision},
		"update to a taken id":          {f.store.UpdateOffer(ctx, offer("globex", "ID-2", "a:2"), "a:1"), registry.ErrExternalIDTaken},
		"update of nothing":             {f.store.UpdateOffer(ctx, offer("hooli", "ID-4", "a:2"), "a:1"), registry.ErrRevision},
		"delete of another revision":    {f.store.DeleteOffer(ctx, "globex", "b:1", "g1"), registry.ErrRevision},
		"delete of another generation":  {f.store.DeleteOffer(ctx, "globex", "a:1", "g0"), registry.ErrRevision},
		"deliver as if nothing was":     {f.store.PutDelivery(ctx, other), registry.ErrRevision},
		"deliver over another revision": {f.store.PutDelivery(ctx, late), registry.ErrRevision},
	} {
		if !errors.Is(row.err, row.want) {
			t.Errorf("%s: got %v, want %v", name, row.err, row.want)
		}
	}
	if err := f.store.CreateOffer(ctx, offer("no/name", "ID-5", "a:1")); err == nil {
		t.Error("a name that is none was accepted")
	}
	delivery.Revision = 1
	f.want(t, "globex", registry.Record{Offer: &globex, Delivery: &delivery})
	f.want(t, "initech", registry.Record{Offer: &initech})
	f.want(t, "hooli", registry.Record{})

	// What failed has reserved nothing.
	f.create(t, offer("hooli", "ID-3", "a:1"))
	f.create(t, offer("pied-piper", "ID-4", "a:1"))
}

// TestStore_externalIDs is the attack of the customer who was there before: its External ID must never come back.
func TestStore_externalIDs(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx := t.Context()
	f.create(t, offer("globex", "ID-1", "a:1"))
	if err := f.store.UpdateOffer(ctx, offer("globex", "ID-2", "a:2"), "a:1"); err != nil {
		t.Fatal(err)
	}
	if err := f.store.DeleteOffer(ctx, "globex", "a:2", "g1"); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"ID-1", "ID-2"} {
		if err := f.store.CreateOffer(ctx, offer("initech", id, "a:1")); !errors.Is(err, registry.ErrExternalIDTaken) {
			t.Errorf("%s was given to another onboarding: %v", id, err)
		}
	}
	// The same onboarding may take it up again: the repair of a lost offer.
	f.create(t, offer("globex", "ID-2", "a:3"))
}

func TestStore_race(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx := t.Context()
	const writers = 6
	f.create(t, offer("updated", "ID-0", "a:1"))
	for name, write := range map[string]func(i int) error{
		"create": func(i int) error {
			return f.store.CreateOffer(ctx, offer("created", fmt.Sprint("ID-1-", i), fmt.Sprintf("%d:1", i)))
		},
		"update": func(i int) error {
			return f.store.UpdateOffer(ctx, offer("updated", "ID-0", fmt.Sprintf("%d:2", i)), "a:1")
		},
		"one id": func(i int) error { return f.store.CreateOffer(ctx, offer(fmt.Sprint("c", i), "ID-2", "a:1")) },
		"deliver": func(i int) error {
			return f.store.PutDelivery(ctx, registry.Delivery{Name: "globex", OfferID: "g1", Reason: fmt.Sprint(i)})
		},
	} {
		results := make(chan error, writers)
		for i := range writers {
			go func() { results <- write(i) }()
		}
		won := 0
		for range writers {
			switch err := <-results; {
			case err == nil:
				won++
			case errors.Is(err, registry.ErrOfferExists), errors.Is(err, registry.ErrRevision), errors.Is(err, registry.ErrExternalIDTaken):
			default:
				t.Errorf("%s: %v", name, err)
			}
		}
		if won != 1 {
			t.Errorf("%s: %d of %d won", name, won, writers)
		}
	}
}

func TestStore_list(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	want := map[string]registry.Record{}
	for i := range 30 {
		o := offer(fmt.Sprintf("customer-%02d", i), fmt.Sprint("ID-", i), "a:1")
		noise := make([]byte, 45_000)
		if _, err := rand.Read(noise); err != nil {
			t.Fatal(err)
		}
		o.Inputs = json.RawMessage(`"` + base64.StdEncoding.EncodeToString(noise) + `"`)
		f.create(t, o)
		listed := o
		listed.TemplateBody = ""
		want[o.Name] = registry.Record{Offer: &listed}
	}
	operations := f.operations(func() {
		got, err := f.store.List(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(sorted(want), sorted(got)); diff != "" {
			t.Error(diff)
		}
		if !cmp.Equal(want, got) {
			t.Error("the listed offers are not those written")
		}
	})
	if diff := cmp.Diff([]string{"Scan", "Scan"}, operations); diff != "" {
		t.Errorf("1.8 MB: %s", diff)
	}
}

func TestStore_noTable(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	gone := registry.NewStore(awsclients.New(f.cfg, nil).DynamoDB(region), f.tableARN+"-gone")
	for name, err := range everyCall(t.Context(), gone) {
		if !awsapi.IsNotFound(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestStore_wrongAccount is the mistake of running with another account's credentials where a hub of that name is too.
func TestStore_wrongAccount(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	other := newFixture(t)
	lost := f.storeOf(other.cfg)
	for name, err := range everyCall(t.Context(), lost) {
		if err == nil || errors.Is(err, registry.ErrRevision) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, store := range []*registry.Store{f.store, other.store} {
		if all, err := store.List(t.Context()); err != nil || len(all) != 0 {
			t.Errorf("written: %v, %v", all, err)
		}
	}
}

func TestStore_context(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for name, err := range everyCall(ctx, f.store) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func everyCall(ctx context.Context, s *registry.Store) map[string]error {
	_, get := s.Get(ctx, "globex")
	_, list := s.List(ctx)
	var pages error
	for _, err := range s.Pages(ctx, 0) {
		pages = err
	}
	return map[string]error{
		"get": get, "list": list, "pages": pages,
		"create":  s.CreateOffer(ctx, offer("globex", "ID-1", "a:1")),
		"update":  s.UpdateOffer(ctx, offer("globex", "ID-1", "a:2"), "a:1"),
		"delete":  s.DeleteOffer(ctx, "globex", "a:1", "g1"),
		"retire":  s.RetireOffer(ctx, "globex", "a:1", "g1", registry.Verified),
		"deliver": s.PutDelivery(ctx, registry.Delivery{Name: "globex", OfferID: "g1"}),
	}
}
