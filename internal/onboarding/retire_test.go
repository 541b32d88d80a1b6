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
		if on, err = w.service(t).Update(t.Context(), in, on.Identity, on.Ownership); err != nil {
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
