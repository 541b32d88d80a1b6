package hub_test

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

	"github.com/xrole/terraform-provider-xrole/internal/hub"
	"github.com/xrole/terraform-provider-xrole/internal/lab"
	"github.com/xrole/terraform-provider-xrole/internal/registry"
)

func (s *stage) store(h *hub.Hub) *registry.Store {
	return registry.NewStore(clientsOf(s.partner).DynamoDB(home), h.TableARN)
}

func (s *stage) offer(h *hub.Hub, name, region string) {
	s.Helper()
	err := s.store(h).CreateOffer(s.Context(), registry.Offer{
		Name: name, OfferID: "g1", Revision: "o:1", Region: region, ExternalID: rand.Text(), Inputs: json.RawMessage("{}"),
	})
	if err != nil {
		s.Fatal(err)
	}
}

// claimed is a stack of an account that called back from a region.
func claimed(account, region string) registry.Claim {
	return registry.Claim{
		StackID:           "arn:aws:cloudformation:" + region + ":" + account + ":stack/acme/" + rand.Text(),
		LogicalResourceID: "Callback", RoleARN: "arn:aws:iam::" + account + ":role/x", AccountID: account, Region: region, At: time.Unix(1e9, 0),
	}
}

// deliver puts what came back from a customer: a claim, proven unless it stays one.
func (s *stage) deliver(h *hub.Hub, name string, c registry.Claim, status registry.Status) {
	s.Helper()
	d := registry.Delivery{Name: name, OfferID: "gone", Status: registry.Pending}
	d.Claim(c)
	if status != registry.Delivered {
		d.Prove(c, "id", c.At)
		d.Status = status
	}
	if err := s.store(h).PutDelivery(s.Context(), d); err != nil {
		s.Fatal(err)
	}
}

func (s *stage) makeTable(name string) {
	s.Helper()
	_, err := clientsOf(s.partner).DynamoDB(home).CreateTable(s.Context(), &dynamodb.CreateTableInput{
		TableName: &name, BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("x"), AttributeType: types.ScalarAttributeTypeS}},
		KeySchema:            []types.KeySchemaElement{{AttributeName: aws.String("x"), KeyType: types.KeyTypeHash}},
	})
	if err != nil {
		s.Fatal(err)
	}
}

func (s *stage) deleteTable(h *hub.Hub) {
	s.Helper()
	tables := clientsOf(s.partner).DynamoDB(home)
	off := &dynamodb.UpdateTableInput{TableName: &h.Table, DeletionProtectionEnabled: aws.Bool(false)}
	if _, err := tables.UpdateTable(s.Context(), off); err != nil {
		s.Fatal(err)
	}
	if _, err := tables.DeleteTable(s.Context(), &dynamodb.DeleteTableInput{TableName: &h.Table}); err != nil {
		s.Fatal(err)
	}
}

// refused applies, wants an error of one kind and no change.
func refused[E error](s *stage, spec hub.Spec) E {
	s.Helper()
	before := asked(s.lab, s.partner)
	_, err := hub.Apply(s.Context(), clientsOf(s.partner), spec, func(string) {})
	found, ok := errors.AsType[E](err)
	if !ok {
		s.Fatalf("not refused as it should be: %v", err)
	}
	done := changes(s.lab, s.partner, before)
	delete(done, "Scan in "+home)
	if len(done) > 0 {
		s.Errorf("refused, and yet: %v", done)
	}
	return found
}

func TestApply_owner(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	h := apply(t, s.partner, s.spec)
	first, second := s.spec, s.spec
	first.Owner, second.Owner = "state-1", "state-2"

	s.offer(h, "globex", home)
	if got := refused[*hub.ExistsError](s, first); got.Hub != "acme" {
		t.Errorf("%+v", *got)
	}
	if err := s.store(h).DeleteOffer(t.Context(), "globex", "o:1", "g1"); err != nil {
		t.Fatal(err)
	}
	apply(t, s.partner, first) // nobody uses it: a run that was killed leaves this
	s.whole(first)
	s.offer(h, "initech", home)
	if got := refused[*hub.OwnerError](s, second); got.Owner != "state-1" || got.Want != "state-2" {
		t.Errorf("%+v", *got)
	}

	s.spec.Tags = map[string]string{"team": "platform"}
	apply(t, s.partner, s.spec) // without an owner the tag stays
	stays := refused[*hub.OwnerError](s, second)
	s.remove(storageStack)
	if diff := cmp.Diff(stays, refused[*hub.OwnerError](s, second)); diff != "" {
		t.Errorf("what is left of the hub is no longer the first's: %s", diff)
	}
	first.Tags = s.spec.Tags
	h = apply(t, s.partner, first)
	s.whole(first)

	stranger := *h
	stranger.Owner = "state-2"
	err := hub.Destroy(t.Context(), clientsOf(s.partner), stranger, true, func(string) {})
	if owner, ok := errors.AsType[*hub.OwnerError](err); !ok || owner.Owner != "state-1" {
		t.Errorf("another state's destroy: %v", err)
	}
	s.whole(first)
}

// A hub whose onboardings are gone and whose customers' stacks stand is no run's leavings.
func TestApply_ownerOfStacks(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	first := s.spec
	first.Owner = "state-1"
	h := apply(t, s.partner, first)
	d := registry.Delivery{Name: "globex", OfferID: "gone", Status: registry.Verified, StackID: "s", AccountID: "222222222222", RoleARN: "r", Region: home}
	if err := s.store(h).PutDelivery(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	second := s.spec
	second.Owner = "state-2"
	if got := refused[*hub.OwnerError](s, second); got.Owner != "state-1" {
		t.Errorf("%+v", *got)
	}
}

func TestApply_regionInUse(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	s := newStage(t)
	customer := l.NewAccount(t)
	s.spec.Regions = []string{home, other}
	h := apply(t, s.partner, s.spec)
	less := s.spec
	less.Regions = []string{home}

	s.offer(h, "globex", other)
	s.offer(h, "initech", home)
	if diff := cmp.Diff(&hub.InUseError{Hub: "acme", Region: other, Onboardings: 1}, refused[*hub.InUseError](s, less)); diff != "" {
		t.Error(diff)
	}
	if err := s.store(h).DeleteOffer(t.Context(), "globex", "o:1", "g1"); err != nil {
		t.Fatal(err)
	}
	for i, status := range []registry.Status{registry.Verified, registry.Leaving, registry.Delivered, registry.Disconnected} {
		s.deliver(h, fmt.Sprint("former-", i), claimed(customer.ID, other), status)
	}
	if got := refused[*hub.InUseError](s, less); got.Stacks != 3 || got.Onboardings != 0 || got.Region != other {
		t.Errorf("%+v", *got)
	}
	less.Force = true
	if got := apply(t, s.partner, less); len(got.TopicARNs) != 1 {
		t.Errorf("%v", got.TopicARNs)
	}
	less.Force = false
	s.whole(less)
	if left := s.partner.Leftovers(t); len(left["topics"]) != 1 || len(left["queues"]) != 2 {
		t.Errorf("left behind: %v", left)
	}
}

// A region whose topic came in a run that did not end is not forgotten.
func TestApply_regionOfAnUnfinishedRun(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	apply(t, s.partner, s.spec)
	more := s.spec
	more.Regions = []string{home, other}
	_, err := hub.Apply(t.Context(), clientsOf(s.weak("dynamodb:PutItem")), more, func(string) {})
	if err == nil {
		t.Fatal("it did end")
	}
	apply(t, s.partner, s.spec)
	s.whole(s.spec)
	if left := s.partner.Leftovers(t); len(left["topics"]) != 1 {
		t.Errorf("left behind: %v", left)
	}
}

func TestDeparting(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	h := apply(t, s.partner, s.spec)
	account := func(n int) string { return fmt.Sprintf("%012d", n) }
	s.deliver(h, "verified", claimed(account(1), home), registry.Verified)
	s.deliver(h, "leaving", claimed(account(2), home), registry.Leaving)
	s.deliver(h, "disconnected", claimed(account(3), home), registry.Disconnected)
	s.deliver(h, "rejected", claimed(account(4), home), registry.Rejected)
	s.deliver(h, "claim", claimed(account(5), home), registry.Delivered)
	s.deliver(h, "stays", claimed(account(6), home), registry.Verified)
	removed := []string{account(5), account(4), account(3), account(2), account(1), account(9), account(1)}
	got, err := hub.Departing(t.Context(), clientsOf(s.partner), *h, removed)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{account(1), account(2), account(5)}, got); diff != "" {
		t.Error(diff)
	}
	nowhere := hub.Hub{Name: "nobody", AccountID: s.partner.ID, Region: home}
	if got, err := hub.Departing(t.Context(), clientsOf(s.partner), nowhere, removed); err != nil || len(got) > 0 {
		t.Errorf("%v %v", got, err)
	}
}
