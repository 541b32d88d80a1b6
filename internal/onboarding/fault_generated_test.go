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
// request was done. The next run must end as the run without fault.
func TestService_everyRequestOfTheLog(t *testing.T) {
	if os.Getenv("XROLE_FAULTS") == "" {
		t.Skip("run by make faults")
	}
	t.Parallel()
	phases := []phase{
		{"create", nil, (*world).create},
		{"update", nil, (*world).update},
		{"rotate", nil, (*world).rotate},
		{"finish", nil, (*world).finish},
		{"delete", nil, (*world).remove},
	}
	for i, p := range phases {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			asked := w.logged(t, phases, i)
			var generated, passed atomic.Int64
			for at, request := range asked {
				for way, faults := range w.faults(at) {
					generated.Add(1)
					name := fmt.Sprintf("%d %s %s", at, request, way)
					if t.Run(name, func(t *testing.T) { w.live(t, phases, i, fmt.Sprintf("case-%d", generated.Load()), faults) }) {
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

// faults are the ways for the request at a place to fail.
func (w *world) faults(at int) map[string][]lab.Fault {
	one := func(kind lab.Kind, times int) lab.Fault {
		return lab.Fault{AccountID: w.partner.ID, After: at, Times: times, Kind: kind}
	}
	// A refusal is not tried again, so the run ends at once.
	gone := one(lab.Status{Code: 403, ErrorCode: "AccessDenied"}, 0)
	return map[string][]lab.Fault{
		"refused":         {one(lab.Status{Code: 403, ErrorCode: "AccessDenied"}, 1)},
		"expired":         {one(lab.Status{Code: 403, ErrorCode: "ExpiredToken"}, 0)},
		"throttled":       {one(lab.Throttle, 2)},
		"failed once":     {one(lab.Status{Code: 500, ErrorCode: "InternalError"}, 1)},
		"answer lost":     {one(lab.ResetAfter, 1)},
		"answer cut":      {one(lab.CutAnswer, 1)},
		"killed before":   {gone},
		"killed after it": {one(lab.ResetAfter, 1), gone},
	}
}

// live runs a life with faults in one of its phases, which is then run again as the next apply does.
func (w *world) live(t *testing.T, phases []phase, faulty int, name string, faults []lab.Fault) {
	t.Helper()
	l := &life{name: name, ids: map[string]string{}}
	for j, p := range phases {
		if j == faulty {
			l.alone = true
			var disarm []func()
			for _, f := range faults {
				disarm = append(disarm, w.lab.Inject(f))
			}
			err := p.run(w, t, l)
			for _, d := range disarm {
				d()
			}
			l.alone = false
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
