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
				for _, way := range ways(all) {
					generated.Add(1)
					name := fmt.Sprintf("%d %s %s", at, request, way.Name)
					c := faulty{i, at, way}
					if t.Run(name, func(t *testing.T) { w.live(t, phases, c, fmt.Sprintf("case-%d", generated.Load())) }) {
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

// ways are those for a request to fail. `make faults` also has the one that takes half a minute.
func ways(all bool) []lab.Way {
	if all {
		return append(lab.Ways(), lab.Silent())
	}
	return lab.Ways()
}

// faulty is which request of which phase fails, and how.
type faulty struct {
	phase, at int
	way       lab.Way
}

// live runs a life with a fault in one of its phases, which is then run again as the next apply does.
func (w *world) live(t *testing.T, phases []phase, c faulty, name string) {
	t.Helper()
	l := &life{name: name, ids: map[string]string{}}
	for j, p := range phases {
		if j == c.phase {
			l.alone = true
			var err error
			if !w.lab.Under(c.way, lab.Fault{AccountID: w.partner.ID, After: c.at}, func() { err = p.run(w, t, l) }) {
				t.Error("no request met the fault")
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
