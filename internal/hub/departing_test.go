package hub_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/xrole/terraform-provider-xrole/internal/hub"
	"github.com/xrole/terraform-provider-xrole/internal/lab"
)

// A departing account may publish and read nothing, whether it still exists or not, and import knows it from a customer.
func TestApply_departing(t *testing.T) {
	t.Parallel()
	const closed = "000000000007"
	l := lab.Shared(t)
	customer := l.NewAccount(t)
	s := newStage(t, customer)
	s.spec.Access.Departing = []string{closed}
	h := apply(t, s.partner, s.spec)
	policies := s.policies(h)
	if strings.Contains(policies["bucket"], closed) || !strings.Contains(policies["bucket"], customer.ID) {
		t.Errorf("the bucket's policy: %s", policies["bucket"])
	}
	if !strings.Contains(policies[home], closed) || !strings.Contains(policies[home], customer.ID) {
		t.Errorf("the topic's policy: %s", policies[home])
	}
	s.whole(s.spec)
	_, settings, err := hub.Lookup(t.Context(), clientsOf(s.partner), home, "acme")
	if diff := cmp.Diff(s.spec.Access, settings.Access); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
}

// Those who left do not take the place of customers.
func TestBucketPolicy_departing(t *testing.T) {
	t.Parallel()
	all := accounts(1000)
	spec := hub.Spec{
		Name: "acme", Region: home, Regions: []string{home}, Code: []byte("zip"), Architecture: "arm64",
		Access: hub.Access{AccountIDs: all[:500], Departing: all[500:]},
	}
	if err := spec.Validate(); err != nil {
		t.Error(err)
	}
}
