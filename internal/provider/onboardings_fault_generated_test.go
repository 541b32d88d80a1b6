package provider_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/xrole/terraform-provider-xrole/internal/lab"
	"github.com/xrole/terraform-provider-xrole/internal/registry"
)

// fleetPhases are configurations of xrole_onboardings, one after the other; the last destroys it.
func (w world) fleetPhases(name string) []fields {
	who := func(extra fields, names ...string) fields {
		all := fields{}
		for _, n := range names {
			all[name+"-"+n] = fields{"account_id": "222222222222"}
		}
		return with(fields{
			"hub": w.hubFields(), "role": fields{"name": "AcmeAccess", "managed_policy_arns": []string{"arn:aws:iam::aws:policy/SecurityAudit"}}, "rotation": "a", "customers": all,
		}, extra)
	}
	later := fields{"service_timeout_seconds": 900}
	return []fields{
		who(nil, "one", "two", "three"),
		who(later, "one", "two", "three"),
		who(with(later, fields{"rotation": "b"}), "one", "two", "three"),
		who(with(later, fields{"rotation": "b", "rotation_finish": true}), "one", "three", "four"),
		nil,
	}
}

// Each request of each phase in the life of a fleet fails in each way. No External ID changes, nothing is left over, and the
// next apply does what was not done; the one after it finds nothing to do. `make faults` runs all.
func TestOnboardings_everyRequest(t *testing.T) {
	t.Parallel()
	all := os.Getenv("XROLE_FAULTS") != ""
	var generated, passed atomic.Int64
	t.Cleanup(func() { t.Logf("%d of %d cases passed", passed.Load(), generated.Load()) })
	for i, phase := range []string{"create", "update", "rotate", "finish, one comes and one goes", "destroy"} {
		t.Run(phase, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			for n, request := range w.fleetLog(t, i) {
				for _, way := range lab.Ways() {
					if !all && (way.Name != "killed after" || i%2 == 1) {
						continue
					}
					name := fmt.Sprintf("case-%d", generated.Add(1))
					if t.Run(fmt.Sprint(n, request, way.Name), func(t *testing.T) {
						w.fleetLives(t, name, i, func(run func()) bool { return w.lab.Under(way, request, run) })
					}) {
						passed.Add(1)
					}
				}
			}
		})
	}
}

// fleetLog are the requests of a phase, each by its operation and how many of that come before it: customers are served side
// by side.
func (w world) fleetLog(t *testing.T, phase int) (log []lab.Fault) {
	t.Helper()
	w.fleetLives(t, "sample", phase, func(run func()) bool {
		before := len(w.lab.Requests(lab.Filter{AccountID: w.partner.ID}))
		run()
		seen := map[string]int{}
		for _, r := range w.lab.Requests(lab.Filter{AccountID: w.partner.ID})[before:] {
			log = append(log, lab.Fault{AccountID: w.partner.ID, Operation: r.Operation, After: seen[r.Operation]})
			seen[r.Operation]++
		}
		return true
	})
	if len(log) == 0 {
		t.Fatal("the phase asks for nothing")
	}
	return log
}

// fleetLives takes a fleet through all its phases, one of them under a fault.
func (w world) fleetLives(t *testing.T, name string, faulty int, under func(run func()) (met bool)) {
	t.Helper()
	m := &managed{kind: "xrole_onboardings"}
	ids := map[string]string{}
	for i, config := range w.fleetPhases(name) {
		if i == faulty {
			if !under(func() {
				if _, err := w.apply(t, m, config); err != nil {
					t.Logf("the run with the fault said: %v", err)
				}
			}) {
				t.Error("no request met the fault")
			}
			w.rememberIDs(t, name, ids)
		}
		if _, err := w.apply(t, m, config); err != nil {
			t.Fatalf("phase %d: %v", i, err)
		}
		w.rememberIDs(t, name, ids)
		if i == len(w.fleetPhases(name))-1 {
			continue
		}
		if changes, err := w.apply(t, m, config); changes || err != nil {
			t.Errorf("phase %d: the run after it: changes %t, %v", i, changes, err)
		}
	}
	if left := w.fleetOffers(t, name); m.state != nil || len(left) != 0 {
		t.Errorf("destroyed, and left: %v %v", slices.Collect(maps.Keys(left)), m.state != nil)
	}
	for _, key := range w.templates(t) {
		if strings.Contains(key, "/"+name+"-") {
			t.Errorf("left behind: %s", key)
		}
	}
}

// fleetOffers are what the registry offers to the fleet's customers.
func (w world) fleetOffers(t *testing.T, name string) map[string]*registry.Offer {
	t.Helper()
	all, err := w.store(t).List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	offers := map[string]*registry.Offer{}
	for customer, rec := range all {
		if strings.HasPrefix(customer, name+"-") && rec.Offer != nil {
			offers[customer] = rec.Offer
		}
	}
	return offers
}

// rememberIDs notes the External IDs that customers may have by now, by rotation: another one for the same rotation would be
// one too many.
func (w world) rememberIDs(t *testing.T, name string, ids map[string]string) {
	t.Helper()
	for customer, offer := range w.fleetOffers(t, name) {
		var in struct{ Rotation string }
		if err := json.Unmarshal(offer.Inputs, &in); err != nil || in.Rotation == "" {
			t.Fatalf("%s: no rotation in %s: %v", customer, offer.Inputs, err)
		}
		of := customer + " " + in.Rotation
		if ids[of] == "" {
			ids[of] = offer.ExternalID
		}
		if ids[of] != offer.ExternalID {
			t.Errorf("%s had %s and has %s", of, ids[of], offer.ExternalID)
		}
	}
}
