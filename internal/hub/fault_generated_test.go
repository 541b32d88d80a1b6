package hub_test

import (
	"os"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/xrole/terraform-provider-xrole/internal/awsapi"
	"github.com/xrole/terraform-provider-xrole/internal/awsclients"
	"github.com/xrole/terraform-provider-xrole/internal/hub"
	"github.com/xrole/terraform-provider-xrole/internal/lab"
)

// phase is one of the runs in a hub's life.
type phase struct {
	name string
	// before brings an account to where the phase begins.
	before func(*stage)
	run    func(*stage) error
	// want is what must be so after a run that nothing disturbs.
	want func(*stage)
}

func phases() []phase {
	made := func(s *stage) { apply(s.T, s.partner, s.spec) }
	run := func(spec func(*stage) hub.Spec) func(*stage) error {
		return func(s *stage) error {
			_, err := hub.Apply(s.Context(), s.patient(), spec(s), func(string) {})
			return err
		}
	}
	was := func(s *stage) hub.Spec { return s.spec }
	changed := func(s *stage) hub.Spec {
		spec := s.spec
		concurrency := 7
		spec.TimeoutSeconds, spec.ReservedConcurrency = 90, &concurrency
		return spec
	}
	return []phase{
		{"create", func(*stage) {}, run(was), func(s *stage) { s.whole(s.spec) }},
		{"update", func(s *stage) {
			first := s.spec
			first.Access.AccountIDs = nil
			apply(s.T, s.partner, first)
		}, run(changed), func(s *stage) { s.whole(changed(s)) }},
		{"destroy", made, func(s *stage) error {
			return hub.Destroy(s.Context(), s.patient(), hub.Hub{Name: "acme", AccountID: s.partner.ID, Region: home, Regions: []string{home}}, false, func(string) {})
		}, (*stage).empty},
	}
}

// patient returns clients as the provider makes them: they wait for an answer, but not for ever.
func (s *stage) patient() *awsclients.Clients {
	s.Helper()
	cfg, err := awsapi.Load(s.Context(), awsapi.Options{Region: home, Profile: s.partner.Profile})
	if err != nil {
		s.Fatal(err)
	}
	return awsclients.New(cfg, nil)
}

// The first request of each kind in each phase of a hub's life fails in each way, with the retries that users have. The next
// run comes to the same end. `make faults` runs all; each request, without retries, is failed by TestApply_faults and
// TestDestroy_again.
func TestHub_everyRequest(t *testing.T) {
	t.Parallel()
	all := os.Getenv("XROLE_FAULTS") != ""
	var generated, passed atomic.Int64
	t.Cleanup(func() { t.Logf("%d of %d cases passed", passed.Load(), generated.Load()) })
	for _, p := range phases() {
		s := newStage(t, lab.Shared(t).NewAccount(t))
		p.before(s)
		since := asked(s.lab, s.partner)
		if err := p.run(s); err != nil {
			t.Fatal(err)
		}
		log := s.lab.Requests(lab.Filter{AccountID: s.partner.ID})[since:]
		p.want(s)
		shape := s.shape()
		var operations []string
		for _, r := range log {
			if r.Operation == "DescribeStackEvents" {
				continue // for the word on progress, and only where a stack takes its time
			}
			if slices.Contains(operations, r.Operation) || !all && (looks(r.Operation) || p.name != "update") {
				continue
			}
			operations = append(operations, r.Operation)
			for _, way := range append(lab.Ways(), lab.Silent()) {
				if !all && way.Name != "killed after" {
					continue
				}
				generated.Add(1)
				t.Run(p.name+" "+r.Operation+" "+way.Name, func(t *testing.T) {
					t.Parallel()
					s := newStage(t, s.lab.NewAccount(t))
					p.before(s)
					met := s.lab.Under(way, lab.Fault{AccountID: s.partner.ID, Operation: r.Operation}, func() {
						if err := p.run(s); err != nil {
							t.Logf("the run with the fault said: %v", err)
						}
					})
					if !met {
						t.Error("no request met the fault")
					}
					if err := p.run(s); err != nil {
						t.Fatalf("the next run: %v", err)
					}
					p.want(s)
					if diff := cmp.Diff(shape, s.shape()); diff != "" {
						t.Errorf("the account does not hold the same: %s", diff)
					}
					if !t.Failed() {
						passed.Add(1)
					}
				})
			}
		}
		if len(operations) == 0 && (all || p.name == "update") {
			t.Errorf("the %s of a hub asks for nothing", p.name)
		}
	}
}
