package hub_test

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-cmp/cmp"

	"github.com/xrole/terraform-provider-xrole/internal/awsapi"
	"github.com/xrole/terraform-provider-xrole/internal/awsclients"
	"github.com/xrole/terraform-provider-xrole/internal/hub"
	"github.com/xrole/terraform-provider-xrole/internal/lab"
)

func codeOf(err error) string { return awsapi.Code(err) }

// faultAt is something that goes wrong at one request of a run.
type faultAt struct {
	name string
	lab.Fault
}

// once returns clients that never try again, so that one fault ends a run.
func once(a *lab.Account) *awsclients.Clients {
	cfg := a.Config(home)
	cfg.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
	return awsclients.New(cfg, nil)
}

// faultsAt returns, for each request of a run that changes something, that it goes wrong in every way there is, and for
// each kind of request that only looks, that it is refused the first or the second time: there, every way is the same.
func faultsAt(run []lab.Request) []faultAt {
	kinds := map[string]lab.Kind{
		"refused": lab.Status{Code: 403, ErrorCode: "AccessDenied"}, "not sent": lab.ResetBefore,
		"answer lost": lab.ResetAfter, "internal error": lab.Status{Code: 500, ErrorCode: "InternalError"},
	}
	seen := map[string]int{}
	var all []faultAt
	for _, r := range run {
		n := seen[r.Operation]
		seen[r.Operation]++
		for name, kind := range kinds {
			if looks(r.Operation) && (n > 1 || name != "refused") {
				continue
			}
			all = append(all, faultAt{name: fmt.Sprintf("%s %d %s", r.Operation, n+1, name), Fault: lab.Fault{Operation: r.Operation, After: n, Times: 1, Kind: kind}})
		}
	}
	return all
}

// After a creation that failed at any request, in any way, the next one comes to the same end.
func TestApply_faults(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	customer := l.NewAccount(t)
	s := newStage(t, customer)
	want := apply(t, s.partner, s.spec)
	wholeAccount := s.shape()
	for _, f := range faultsAt(l.Requests(lab.Filter{AccountID: s.partner.ID})) {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, customer)
			f.AccountID = s.partner.ID
			remove := l.Inject(f.Fault)
			_, err := hub.Apply(t.Context(), once(s.partner), s.spec, func(string) {})
			remove()
			if err == nil && f.Operation != "DescribeStackEvents" { // progress only
				t.Error("the fault was not met")
			}
			got := apply(t, s.partner, s.spec)
			if got.ReceiverVersion != want.ReceiverVersion {
				t.Errorf("%+v", *got)
			}
			s.whole(s.spec)
			if diff := cmp.Diff(wholeAccount, s.shape()); diff != "" {
				t.Errorf("the account does not hold the same: %s", diff)
			}
		})
	}
}

// shape counts what an account holds.
func (s *stage) shape() map[string]int {
	s.Helper()
	out := map[string]int{}
	for kind, names := range s.partner.Leftovers(s.T) {
		out[kind] = len(names)
	}
	return out
}
