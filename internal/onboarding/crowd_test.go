package onboarding_test

import (
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/xrole/terraform-provider-xrole/internal/awsapi"
	"github.com/xrole/terraform-provider-xrole/internal/awsclients"
	"github.com/xrole/terraform-provider-xrole/internal/bucket"
	"github.com/xrole/terraform-provider-xrole/internal/lab"
	"github.com/xrole/terraform-provider-xrole/internal/lab/crowd"
	"github.com/xrole/terraform-provider-xrole/internal/onboarding"
	"github.com/xrole/terraform-provider-xrole/internal/registry"
)

// What Terraform reads of a thousand customers, ten at a time and each twice (the resource and its xrole_role), costs at
// most eight requests; of one, at most three; a customer comes and goes with two each.
func TestReader_thousand(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const n = 1000
	s := crowd.Service(w.partner, w.hub)
	var invited []*onboarding.Onboarding
	made := w.asked(func() {
		var err error
		if invited, err = crowd.Invite(t.Context(), s, 0, n, func(i int) onboarding.Inputs { return crowd.Inputs(w.hub, i) }); err != nil {
			t.Fatal(err)
		}
	})
	if total(made) != 2*n {
		t.Errorf("making %d customers made %v", n, made)
	}
	if err := crowd.Verify(t.Context(), s, invited[:n-1]); err != nil {
		t.Fatal(err)
	}
	for customers, limit := range map[int]int{1: 3, n: 8} {
		reader := crowd.Service(w.partner, w.hub).Reader
		got := w.asked(func() {
			var all errgroup.Group
			all.SetLimit(10)
			for _, on := range invited[:customers] {
				name := on.Record.Offer.Name
				all.Go(func() error { _, err := reader.Read(t.Context(), name, on.Publication.Key); return err })
				all.Go(func() error { _, err := reader.Record(t.Context(), name); return err })
			}
			if err := all.Wait(); err != nil {
				t.Fatal(err)
			}
		})
		if total(got) > limit {
			t.Errorf("reading %d customers made %v", customers, got)
		}
	}
	last := invited[n-1]
	gone := w.asked(func() {
		if err := s.Delete(t.Context(), last.Record.Offer.Name, last.Publication.Key, false, last.Ownership); err != nil {
			t.Fatal(err)
		}
	})
	if total(gone) != 2 {
		t.Errorf("deleting one made %v", gone)
	}
}

// DynamoDB throttles a large apply: the requests of all share what is left, wait, and every customer is made.
func TestService_throttledTogether(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	cfg, err := awsapi.Load(t.Context(), awsapi.Options{Region: w.hub.Region, Profile: w.partner.Profile})
	if err != nil {
		t.Fatal(err)
	}
	clients := awsclients.New(cfg, nil)
	s := &onboarding.Service{
		Registry:  registry.NewStore(clients.DynamoDB(w.hub.Region), w.hub.TableARN()),
		Templates: bucket.NewObjects(clients.S3(w.hub.Region), w.hub.Bucket, w.hub.AccountID),
		Now:       time.Now,
	}
	s.Reader = onboarding.NewReader(s.Registry, s.Templates, s.Now)
	const n, throttled = 30, 10
	w.lab.Inject(lab.Fault{AccountID: w.partner.ID, Operation: "TransactWriteItems", After: 10, Times: throttled, Kind: lab.Throttle})
	made := w.asked(func() {
		if _, err := crowd.Invite(t.Context(), s, 0, n, func(i int) onboarding.Inputs { return crowd.Inputs(w.hub, i) }); err != nil {
			t.Fatal(err)
		}
	})
	if made["TransactWriteItems"] != n+throttled || made["PutObject"] != n {
		t.Errorf("%d customers and %d throttled requests made %v", n, throttled, made)
	}
}

func total(count map[string]int) int {
	sum := 0
	for _, n := range count {
		sum += n
	}
	return sum
}
