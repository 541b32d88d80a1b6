package onboarding_test

import (
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/xrole/terraform-provider-xrole/internal/onboarding"
	"github.com/xrole/terraform-provider-xrole/internal/registry"
)

// lose deletes an offer behind Terraform's back.
func (w *world) lose(t *testing.T, name string) {
	t.Helper()
	_, err := dynamodb.NewFromConfig(w.partner.Config(w.hub.Region)).DeleteItem(t.Context(), &dynamodb.DeleteItemInput{
		TableName: &w.hub.Table, Key: map[string]types.AttributeValue{"pk": &types.AttributeValueMemberS{Value: "offer#" + name}},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// An offer that is lost comes back as the same onboarding: what was proven for it is known again, and what a former
// customer of that name delivered is not.
func TestService_restoresTheSameGeneration(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.service(t)
	for _, name := range []string{"proven", "former"} {
		on, err := s.Create(t.Context(), w.inputs(name))
		if err != nil {
			t.Fatal(err)
		}
		delivery := registry.Delivery{Name: name, OfferID: on.Ownership.OfferID, Status: registry.Verified, RoleARN: "arn:aws:iam::222222222222:role/x"}
		if name == "former" {
			delivery.OfferID = "of-a-former-onboarding"
		}
		if err := s.Registry.PutDelivery(t.Context(), delivery); err != nil {
			t.Fatal(err)
		}
		w.lose(t, name)
		again, err := s.Update(t.Context(), w.inputs(name), on.Identity, on.Ownership)
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]registry.Status{"proven": registry.Verified, "former": registry.Pending}[name]
		if got := again.Record.Status(); got != want || again.ExternalID != on.ExternalID {
			t.Errorf("%s: came back as %s with %q, not as %s with %q", name, got, again.ExternalID, want, on.ExternalID)
		}
	}
}

// A template that was published before the offer was lost is still deleted at the end, also where the offer came back with
// another one.
func TestService_restoresWhatWasPublished(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.service(t)
	on, err := s.Create(t.Context(), w.inputs("globex"))
	if err != nil {
		t.Fatal(err)
	}
	w.lose(t, "globex")
	changed := w.inputs("globex")
	changed.ServiceTimeoutSeconds = 900
	again, err := s.Update(t.Context(), changed, on.Identity, on.Ownership)
	if err != nil {
		t.Fatal(err)
	}
	if again.Publication.Key == on.Publication.Key {
		t.Fatal("the template is the same")
	}
	if err := s.Delete(t.Context(), "globex", again.Publication.Key, false, again.Ownership); err != nil {
		t.Fatal(err)
	}
	if left, err := s.Templates.List(t.Context()); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// Whatever is adopted, an External ID and the role that was proven with it never pass to another account, and one that a
// customer may have is never overwritten.
func TestService_adoptsNothingForeign(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.service(t)
	yes := true
	first, err := s.Create(t.Context(), w.inputs("globex"))
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := w.inputs("globex")
	elsewhere.AccountID, elsewhere.Adopt = "999999999999", &yes
	var account *onboarding.AccountError
	if _, err := s.Create(t.Context(), elsewhere); !errors.As(err, &account) {
		t.Errorf("another account adopted the offer: %v", err)
	}
	if err := s.Delete(t.Context(), "globex", first.Publication.Key, false, first.Ownership); err != nil {
		t.Fatal(err)
	}
	second, err := s.Create(t.Context(), w.inputs("globex"))
	if err != nil {
		t.Fatal(err)
	}
	stale := w.inputs("globex")
	stale.Adopt = &yes
	var id *onboarding.ExternalIDError
	if _, err := s.Update(t.Context(), stale, first.Identity, first.Ownership); !errors.As(err, &id) {
		t.Errorf("a stale state overwrote the External ID: %v", err)
	}
	rec, err := s.Registry.Get(t.Context(), "globex")
	if err != nil || rec.Offer.ExternalID != second.ExternalID || rec.Offer.AccountID != w.customer.ID {
		t.Errorf("the offer is %+v, %v", rec.Offer, err)
	}
}

// The loss of an offer lifts no guard: the customer's role still stands.
func TestService_lostOfferIsGuarded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.service(t)
	on, err := s.Create(t.Context(), w.inputs("globex"))
	if err != nil {
		t.Fatal(err)
	}
	live := registry.Delivery{Name: "globex", OfferID: on.Ownership.OfferID, Status: registry.Verified, RoleARN: "arn:aws:iam::222222222222:role/x"}
	if err := s.Registry.PutDelivery(t.Context(), live); err != nil {
		t.Fatal(err)
	}
	w.lose(t, "globex")
	var refused *onboarding.LiveError
	if err := s.Delete(t.Context(), "globex", on.Publication.Key, false, on.Ownership); !errors.As(err, &refused) {
		t.Errorf("a live onboarding whose offer was lost was deleted: %v", err)
	}
}
