package onboarding_test

import (
	"errors"
	"testing"

	"github.com/xrole/terraform-provider-xrole/internal/lab"
	"github.com/xrole/terraform-provider-xrole/internal/onboarding"
	"github.com/xrole/terraform-provider-xrole/internal/registry"
)

// A role that goes live after the plan keeps offer and template, in the same request that would have deleted the offer.
func TestService_deleteGoesLive(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.service(t)
	on, err := s.Create(t.Context(), w.inputs("globex"))
	if err != nil {
		t.Fatal(err)
	}
	put := func() {
		d := registry.Delivery{Name: "globex", OfferID: on.Ownership.OfferID, Status: registry.Verified, RoleARN: "arn:aws:iam::222222222222:role/x"}
		if err := s.Registry.PutDelivery(t.Context(), d); err != nil {
			t.Error(err)
		}
	}
	w.lab.Inject(lab.Fault{AccountID: w.partner.ID, Operation: "TransactWriteItems", Times: 1, Hook: put})
	var live *onboarding.LiveError
	err = s.Delete(t.Context(), "globex", on.Publication.Key, false, on.Ownership)
	if !errors.As(err, &live) || live.Status != registry.Verified {
		t.Errorf("deleted under a customer's launch: %v", err)
	}
	if rec, err := s.Registry.Get(t.Context(), "globex"); err != nil || rec.Offer == nil || len(w.templates(t, "globex")) != 1 {
		t.Errorf("left are offer %v and templates %v, %v", rec.Offer, w.templates(t, "globex"), err)
	}
	if err := s.Delete(t.Context(), "globex", on.Publication.Key, true, on.Ownership); err != nil {
		t.Errorf("with force: %v", err)
	}
	if len(w.templates(t, "globex")) != 0 {
		t.Error("with force its templates stayed")
	}
}

// Superseded templates go with the offer, also when the run was killed in between, and when the state does not know them.
func TestService_deleteSuperseded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, forget := range map[string]bool{"remembered": false, "forgotten": true} {
		on, err := w.service(t).Create(t.Context(), w.inputs(name))
		if err != nil {
			t.Fatal(err)
		}
		in := w.inputs(name)
		in.ServiceTimeoutSeconds = 900
		if on, err = w.service(t).Update(t.Context(), in, on.Identity, on.Publication.Key, on.Ownership); err != nil {
			t.Fatal(err)
		}
		if len(w.templates(t, name)) != 2 {
			t.Fatalf("%s: no template was superseded", name)
		}
		own := on.Ownership
		if forget {
			own.Others = nil
		} else {
			disarm := w.lab.Inject(lab.Fault{AccountID: w.partner.ID, Operation: "DeleteObjects", Times: 1, Kind: lab.Status{Code: 403, ErrorCode: "AccessDenied"}})
			var step *onboarding.StepError
			if err := w.service(t).Delete(t.Context(), name, on.Publication.Key, false, own); !errors.As(err, &step) || step.Done == "" {
				t.Errorf("%s: %v", name, err)
			}
			disarm()
		}
		if err := w.service(t).Delete(t.Context(), name, on.Publication.Key, false, own); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if left := w.templates(t, name); len(left) != 0 {
			t.Errorf("%s: left behind: %v", name, left)
		}
	}
}

// A state that knows another generation of the same owner, with the same revision, writes and retires nothing of this one.
func TestService_anotherGeneration(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.service(t)
	s.Owner = onboarding.Owner{ID: "fleet", Lasting: true}
	var made [2]*onboarding.Onboarding
	for i := range made {
		var err error
		if made[i], err = s.Create(t.Context(), w.inputs("globex")); err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			if err := s.Delete(t.Context(), "globex", made[i].Publication.Key, false, made[i].Ownership); err != nil {
				t.Fatal(err)
			}
		}
	}
	if made[0].Ownership.Revision != made[1].Ownership.Revision {
		t.Fatalf("revisions are %q and %q", made[0].Ownership.Revision, made[1].Ownership.Revision)
	}
	adopt := true
	for name, do := range map[string]func() error{
		"update": func() error {
			_, err := s.Update(t.Context(), w.inputs("globex"), made[0].Identity, made[0].Publication.Key, made[0].Ownership)
			return err
		},
		"update that adopts": func() error {
			in := w.inputs("globex")
			in.Adopt = &adopt
			_, err := s.Update(t.Context(), in, made[0].Identity, made[0].Publication.Key, made[0].Ownership)
			return err
		},
		"delete": func() error {
			return s.Delete(t.Context(), "globex", made[0].Publication.Key, false, made[0].Ownership)
		},
		"forced delete": func() error {
			return s.Delete(t.Context(), "globex", made[0].Publication.Key, true, made[0].Ownership)
		},
	} {
		var owner *onboarding.OwnerError
		if err := do(); !errors.As(err, &owner) || owner.Foreign {
			t.Errorf("%s: %v", name, err)
		}
	}
	rec, err := s.Registry.Get(t.Context(), "globex")
	if err != nil || rec.Offer == nil || rec.Offer.ExternalID != made[1].ExternalID || len(w.templates(t, "globex")) != 1 {
		t.Errorf("left are %+v and templates %v, %v", rec.Offer, w.templates(t, "globex"), err)
	}
}

// Where neither state nor offer names the templates any more, they are found below the onboarding's prefix; who may not list
// loses nothing but those.
func TestService_deleteUnnamed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, left := range map[string]int{"listed": 0, "denied": 1} {
		s := w.service(t)
		on, err := s.Create(t.Context(), w.inputs(name))
		if err != nil {
			t.Fatal(err)
		}
		in := w.inputs(name)
		in.ServiceTimeoutSeconds = 900
		if on, err = s.Update(t.Context(), in, on.Identity, on.Publication.Key, on.Ownership); err != nil {
			t.Fatal(err)
		}
		if err := s.Registry.DeleteOffer(t.Context(), name, on.Ownership.Revision, on.Ownership.OfferID); err != nil {
			t.Fatal(err)
		}
		disarm := func() {}
		if name == "denied" {
			disarm = w.lab.Inject(lab.Fault{AccountID: w.partner.ID, Operation: "ListObjectsV2", Times: 1, Kind: lab.Status{Code: 403, ErrorCode: "AccessDenied"}})
		}
		if err := s.Delete(t.Context(), name, on.Publication.Key, false, onboarding.Ownership{Owner: on.Ownership.Owner}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		disarm()
		if keys := w.templates(t, name); len(keys) != left {
			t.Errorf("%s: left behind: %v", name, keys)
		}
	}
}
