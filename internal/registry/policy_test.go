package registry_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/xrole/terraform-provider-xrole/internal/awsapi"
	"github.com/xrole/terraform-provider-xrole/internal/registry"
)

// TestStore_leadingKeys holds what doc.go promises to whoever writes policies: the two writers need no key and no action
// of each other, and a side that outsiders feed cannot rewrite what the partner said.
func TestStore_leadingKeys(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	policy := func(write, keys string) string {
		return fmt.Sprintf(`{"Version":"2012-10-17","Statement":[
			{"Effect":"Allow","Action":["dynamodb:BatchGetItem","dynamodb:Scan"],"Resource":%[1]q},
			{"Effect":"Allow","Action":"dynamodb:Query","Resource":"%[1]s/index/due","Condition":{"ForAllValues:StringEquals":{"dynamodb:LeadingKeys":["check"]},"Null":{"dynamodb:LeadingKeys":"false"}}},
			{"Effect":"Allow","Action":%[2]s,"Resource":%[1]q,"Condition":{"ForAllValues:StringLike":{"dynamodb:LeadingKeys":%[3]s},"Null":{"dynamodb:LeadingKeys":"false"}}}
		]}`, f.tableARN, write, keys)
	}
	provider := f.storeOf(f.config(t, f.account.Principal(t, "provider", policy(`["dynamodb:PutItem","dynamodb:DeleteItem"]`, `["offer#*","external-id#*"]`))))
	receiver := f.storeOf(f.config(t, f.account.Principal(t, "receiver", policy(`["dynamodb:PutItem"]`, `["delivery#*"]`))))
	ctx := t.Context()
	delivery := registry.Delivery{Name: "globex", OfferID: "g1"}
	for name, err := range map[string]error{
		"receiver creates":  receiver.CreateOffer(ctx, offer("globex", "ID-1", "evil:1")),
		"provider delivers": provider.PutDelivery(ctx, delivery),
	} {
		if !awsapi.IsAccessDenied(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := provider.CreateOffer(ctx, offer("globex", "ID-1", "a:1")); err != nil {
		t.Fatal(err)
	}
	if err := receiver.PutDelivery(ctx, delivery); err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{
		"receiver updates": receiver.UpdateOffer(ctx, offer("globex", "ID-2", "evil:1"), "a:1"),
		"receiver deletes": receiver.DeleteOffer(ctx, "globex", "a:1", "g1"),
	} {
		if !awsapi.IsAccessDenied(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, store := range map[string]*registry.Store{"provider": provider, "receiver": receiver} {
		if r, err := store.Get(ctx, "globex"); err != nil || r.Offer == nil || r.Offer.ExternalID != "ID-1" || r.Delivery == nil {
			t.Errorf("%s reads %+v: %v", name, r, err)
		}
		if _, err := store.Due(ctx, time.Now()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if all, err := store.List(ctx); err != nil || len(all) != 1 {
			t.Errorf("%s lists %d: %v", name, len(all), err)
		}
	}
	if err := provider.UpdateOffer(ctx, offer("globex", "ID-1", "a:2"), "a:1"); err != nil {
		t.Error(err)
	}
	if err := provider.DeleteOffer(ctx, "globex", "a:2", "g1"); err != nil {
		t.Error(err)
	}
}
