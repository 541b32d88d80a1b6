package onboarding_test

import (
	"fmt"
	"os"
	"sync/atomic"
	"testing"

	"github.com/xrole/terraform-provider-xrole/internal/lab"
)

// Each request that the log of a run without faults shows, by its place in the phase, fails in each way. From a fault
// that stays, nothing more of the run reaches AWS: that is what a killed process leaves, before or after the work of the
// request was done. The next run must end as the run without fault. The first and the last phase are enough to find a
// mistake in what all have in common; `make faults` runs all.
func TestService_everyRequestOfTheLog(t *testing.T) {
	t.Parallel()
	all := os.Getenv("XROLE_FAULTS") != ""
	phases := []phase{
		{"create", nil, (*world).create},
		{"update", nil, (*world).update},
		{"rotate", nil, (*world).rotate},
		{"finish", nil, (*world).finish},
		{"delete", nil, (*world).remove},
	}
	for i, p := range phases {
		if !all && i != 0 && i != len(phases)-1 {
			continue
		}
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			asked := w.logged(t, phases, i)
			var generated, passed atomic.Int64
			for at, request := range asked {
				for _, way := range w.ways(at) {
					generated.Add(1)
					name := fmt.Sprintf("%d %s %s", at, request, way.name)
					if t.Run(name, func(t *testing.T) { w.live(t, phases, i, fmt.Sprintf("case-%d", generated.Load()), way.faults) }) {
						passed.Add(1)
					}
				}
			}
			t.Logf("%s: %d requests %v, %d cases generated and run, %d passed", p.name, len(asked), asked, generated.Load(), passed.Load())
		})
	}
}

// logged are the operations of a phase, in their order, from the log of a life without faults.
func (w *world) logged(t *testing.T, phases []phase, i int) []string {
	t.Helper()
	l := &life{name: "without", ids: map[string]string{}}
	for _, p := range phases[:i] {
		if err := p.run(w, t, l); err != nil {
			t.Fatal(err)
		}
	}
	filter := lab.Filter{AccountID: w.partner.ID}
	before := len(w.lab.Requests(filter))
	l.alone = true
	if err := phases[i].run(w, t, l); err != nil {
		t.Fatal(err)
	}
	var asked []string
	for _, r := range w.lab.Requests(filter)[before:] {
		asked = append(asked, r.Operation)
	}
	if len(asked) == 0 {
		t.Fatalf("the %s asked for nothing", phases[i].name)
	}
	return asked
}

// way is one way for a request to fail.
type way struct {
	name   string
	faults []lab.Fault
}

// ways are those for the request at a place.
func (w *world) ways(at int) []way {
	one := func(kind lab.Kind, times int) lab.Fault {
		return lab.Fault{AccountID: w.partner.ID, After: at, Times: times, Kind: kind}
	}
	// A refusal is not tried again, so the run ends at once.
	gone := one(lab.Status{Code: 403, ErrorCode: "AccessDenied"}, 0)
	return []way{
		{"refused", []lab.Fault{one(lab.Status{Code: 403, ErrorCode: "AccessDenied"}, 1)}},
		{"expired", []lab.Fault{one(lab.Status{Code: 403, ErrorCode: "ExpiredToken"}, 0)}},
		{"throttled", []lab.Fault{one(lab.Throttle, 3)}},
		{"failed once", []lab.Fault{one(lab.Status{Code: 500, ErrorCode: "InternalError"}, 1)}},
		{"cut off before", []lab.Fault{one(lab.ResetBefore, 1)}},
		{"answer lost", []lab.Fault{one(lab.ResetAfter, 1)}},
		{"answer cut", []lab.Fault{one(lab.CutAnswer, 1)}},
		{"killed before", []lab.Fault{gone}},
		{"killed after it", []lab.Fault{one(lab.ResetAfter, 1), gone}},
	}
}

// injected is how many requests have met a fault so far.
func (w *world) injected() (n int) {
	for _, r := range w.lab.Requests(lab.Filter{AccountID: w.partner.ID}) {
		if r.Injected {
			n++
		}
	}
	return n
}

// live runs a life with faults in one of its phases, which is then run again as the next apply does.
func (w *world) live(t *testing.T, phases []phase, faulty int, name string, faults []lab.Fault) {
	t.Helper()
	l := &life{name: name, ids: map[string]string{}}
	for j, p := range phases {
		if j == faulty {
			l.alone = true
			before := w.injected()
			var disarm []func()
			for _, f := range faults {
				disarm = append(disarm, w.lab.Inject(f))
			}
			err := p.run(w, t, l)
			for _, d := range disarm {
				d()
			}
			l.alone = false
			if w.injected() == before {
				t.Error("no request met the fault")
			}
			namesTheStep(t, err)
			l.remember(t, w)
			if l.on != nil && !l.gone {
				w.refresh(t, l)
			}
		}
		if err := p.run(w, t, l); err != nil {
			t.Fatalf("the %s after the fault: %v", p.name, err)
		}
		l.check(t, w, p.name)
	}
}
