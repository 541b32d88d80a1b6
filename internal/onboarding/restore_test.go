package onboarding_test

import (
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

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
		again, err := s.Update(t.Context(), w.inputs(name), on.Identity, on.Publication.Key, on.Ownership)
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
// another one. Only a state that does not know its templates has them listed.
func TestService_restoresWhatWasPublished(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.service(t)
	for name, lists := range map[string]int{"remembered": 0, "forgotten": 1} {
		in := w.inputs(name)
		on, err := s.Create(t.Context(), in)
		update := func(seconds int) {
			t.Helper()
			in.ServiceTimeoutSeconds = seconds
			if err == nil {
				on, err = s.Update(t.Context(), in, on.Identity, on.Publication.Key, on.Ownership)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		update(900)
		w.lose(t, name)
		if lists > 0 {
			on.Ownership.Others = nil
		}
		want := map[string]int{"BatchGetItem": 1, "TransactWriteItems": 1, "PutObject": 1}
		if lists > 0 {
			want["ListObjectsV2"] = lists
		}
		if diff := cmp.Diff(want, w.asked(func() { update(1200) })); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if keys := w.templates(t, name); len(keys) != 3 || len(on.Ownership.Others) != 2 {
			t.Errorf("%s: of the templates %v the state knows %v and its own", name, keys, on.Ownership.Others)
		}
		if err := s.Delete(t.Context(), name, on.Publication.Key, false, on.Ownership); err != nil {
			t.Fatal(err)
		}
	}
	if left, err := s.Templates.List(t.Context()); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// Nor is one that another state published, which had taken the onboarding over before the offer was lost.
func TestService_restoresWhatAnotherPublished(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.service(t)
	yes := true
	for name, end := range map[string]func(on *onboarding.Onboarding) error{
		"restored": func(on *onboarding.Onboarding) error {
			again, err := s.Update(t.Context(), w.inputs("restored"), on.Identity, on.Publication.Key, on.Ownership)
			if err != nil {
				return err
			}
			return s.Delete(t.Context(), "restored", again.Publication.Key, false, again.Ownership)
		},
		"destroyed": func(on *onboarding.Onboarding) error {
			return s.Delete(t.Context(), "destroyed", on.Publication.Key, false, on.Ownership)
		},
	} {
		on, err := s.Create(t.Context(), w.inputs(name))
		if err != nil {
			t.Fatal(err)
		}
		other := w.inputs(name)
		other.Adopt, other.ServiceTimeoutSeconds = &yes, 900
		if _, err := w.service(t).Create(t.Context(), other); err != nil {
			t.Fatal(err)
		}
		rec, err := s.Registry.Get(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		on.Ownership.Note(rec.Offer, on.Publication.Key) // as a refresh does
		w.lose(t, name)
		if err := end(on); err != nil {
			t.Fatal(err)
		}
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
	if _, err := s.Update(t.Context(), stale, first.Identity, first.Publication.Key, first.Ownership); !errors.As(err, &id) {
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
