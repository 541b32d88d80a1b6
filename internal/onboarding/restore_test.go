package onboarding_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/xrole/terraform-provider-xrole/internal/registry"
)

// An offer that is lost comes back as the same onboarding: what was proven for it is known again, and what a former
// customer of that name delivered is not.
func TestService_restoresTheSameGeneration(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.service(t)
	lose := func(name string) {
		_, err := dynamodb.NewFromConfig(w.partner.Config(w.hub.Region)).DeleteItem(t.Context(), &dynamodb.DeleteItemInput{
			TableName: &w.hub.Table, Key: map[string]types.AttributeValue{"pk": &types.AttributeValueMemberS{Value: "offer#" + name}},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
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
		lose(name)
		again, err := s.Update(t.Context(), w.inputs(name), on.ExternalID, on.Ownership)
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]registry.Status{"proven": registry.Verified, "former": registry.Pending}[name]
		if got := again.Record.Status(); got != want || again.ExternalID != on.ExternalID {
			t.Errorf("%s: came back as %s with %q, not as %s with %q", name, got, again.ExternalID, want, on.ExternalID)
		}
	}
}
