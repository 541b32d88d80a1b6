package hub_test

import (
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/go-cmp/cmp"

	"github.com/xrole/terraform-provider-xrole/internal/hub"
	"github.com/xrole/terraform-provider-xrole/internal/lab"
	"github.com/xrole/terraform-provider-xrole/internal/registry"
)

func (s *stage) destroy(as *lab.Account, h *hub.Hub, force bool) error {
	return hub.Destroy(s.Context(), clientsOf(as), *h, force, func(string) {})
}

// empty wants nothing to be left in the account.
func (s *stage) empty() {
	s.Helper()
	if left := s.partner.Leftovers(s.T); len(left) > 0 {
		s.Errorf("left behind: %v", left)
	}
}

func TestDestroy(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	customer := l.NewAccount(t)
	s := newStage(t, customer)
	s.spec.Regions = []string{home, other}
	h := apply(t, s.partner, s.spec)
	key := "templates/" + customer.ID + "/globex/a.yaml"
	putObject(t, s.partner, h, key)
	putObject(t, s.partner, h, key)
	if _, err := clientsOf(s.partner).S3(home).DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: &h.Bucket, Key: &key}); err != nil {
		t.Fatal(err)
	}
	refused := func(want hub.InUseError) {
		t.Helper()
		before := asked(l, s.partner)
		err := s.destroy(s.partner, h, false)
		inUse, ok := errors.AsType[*hub.InUseError](err)
		if !ok || *inUse != want {
			t.Fatalf("not refused as it should be: %v", err)
		}
		if diff := cmp.Diff(map[string]int{"Scan in " + home: 1}, changes(l, s.partner, before)); diff != "" {
			t.Errorf("refused, and yet: %s", diff)
		}
	}
	s.offer(h, "globex", home)
	s.deliver(h, "former", claimed(customer.ID, other), registry.Leaving)
	refused(hub.InUseError{Hub: "acme", Onboardings: 1, Stacks: 1})
	if err := s.store(h).DeleteOffer(t.Context(), "globex", "o:1", "g1"); err != nil {
		t.Fatal(err)
	}
	refused(hub.InUseError{Hub: "acme", Stacks: 1})
	for range 2 { // the second time there is nothing to do
		if err := s.destroy(s.partner, h, true); err != nil {
			t.Fatal(err)
		}
	}
	s.empty()
}

func TestDestroy_unused(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.spec.Owner = "state-1"
	h := apply(t, s.partner, s.spec)
	s.deliver(h, "former", claimed("111122223333", home), registry.Disconnected)
	if err := s.destroy(s.partner, h, false); err != nil {
		t.Fatal(err)
	}
	s.empty()
}

// Whatever state an Apply that failed leaves, name, account and regions are enough to take it away.
func TestDestroy_half(t *testing.T) {
	t.Parallel()
	for name, denied := range map[string][]string{
		"storage failed":                    {"dynamodb:CreateTable"},
		"storage could not be rolled back":  {"dynamodb:UpdateContinuousBackups", "s3:DeleteBucket"},
		"policy failed":                     {"s3:PutBucketPolicy"},
		"upload failed":                     {"s3:PutObject"},
		"receiver failed":                   {"lambda:CreateFunction"},
		"receiver could not be rolled back": {"lambda:CreateFunction", "iam:DeleteRole"},
		"topic failed":                      {"sns:Subscribe"},
		"settings failed":                   {"dynamodb:PutItem"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := lab.Shared(t)
			s := newStage(t, l.NewAccount(t))
			if _, err := hub.Apply(t.Context(), clientsOf(s.weak(denied...)), s.spec, func(string) {}); err == nil {
				t.Fatal("it did not fail")
			}
			h := &hub.Hub{Name: "acme", AccountID: s.partner.ID, Region: home, Regions: []string{home}}
			if err := s.destroy(s.partner, h, false); err != nil {
				t.Fatal(err)
			}
			s.empty()
		})
	}
}

// After a deletion that failed at any request, the next one ends it.
func TestDestroy_again(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	made := func(t *testing.T) (*stage, *hub.Hub) {
		t.Helper()
		s := newStage(t)
		return s, apply(t, s.partner, s.spec)
	}
	s, h := made(t)
	before := asked(l, s.partner)
	if err := s.destroy(s.partner, h, false); err != nil {
		t.Fatal(err)
	}
	for _, f := range faultsAt(l.Requests(lab.Filter{AccountID: s.partner.ID})[before:]) {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			s, h := made(t)
			f.AccountID = s.partner.ID
			remove := l.Inject(f.Fault)
			err := hub.Destroy(t.Context(), once(s.partner), *h, false, func(string) {})
			remove()
			if err == nil && f.Operation != "DescribeStackEvents" {
				t.Error("the fault was not met")
			}
			if err := s.destroy(s.partner, h, false); err != nil {
				t.Fatal(err)
			}
			s.empty()
		})
	}
}

// A table that was being deleted, or whose protection was taken off, when the run ended.
func TestDestroy_tableHalfGone(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	h := apply(t, s.partner, s.spec)
	off := &dynamodb.UpdateTableInput{TableName: &h.Table, DeletionProtectionEnabled: aws.Bool(false)}
	if _, err := clientsOf(s.partner).DynamoDB(home).UpdateTable(t.Context(), off); err != nil {
		t.Fatal(err)
	}
	s.emptyBucket(h)
	if err := s.destroy(s.partner, h, false); err != nil {
		t.Fatal(err)
	}
	s.empty()
}
