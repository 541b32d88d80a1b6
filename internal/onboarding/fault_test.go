package onboarding_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/xrole/terraform-provider-xrole/internal/lab"
	"github.com/xrole/terraform-provider-xrole/internal/onboarding"
	"github.com/xrole/terraform-provider-xrole/internal/registry"
)

// Every request of every phase: refused, broken before it arrived, done with its answer lost, failed by the server,
// throttled. Whatever a run comes to, the next one ends in the same state with the External ID that was offered, and
// nothing is left behind. Each run is one of a fresh process.
func TestService_everyRequestFails(t *testing.T) {
	t.Parallel()
	kinds := []struct {
		name string
		kind lab.Kind
		// beaten is true where the SDK's own retries must get over it.
		beaten bool
	}{
		{"refused", lab.Status{Code: 403, ErrorCode: "AccessDenied"}, false},
		{"broken", lab.ResetBefore, true},
		{"answer lost", lab.ResetAfter, true},
		{"server error", lab.Status{Code: 500, ErrorCode: "InternalError"}, true},
		{"throttled", lab.Throttle, true},
	}
	phases := []phase{
		{"create", []string{"TransactWriteItems", "PutObject"}, (*world).create},
		{"update", []string{"BatchGetItem", "TransactWriteItems", "PutObject"}, (*world).update},
		{"rotate", []string{"BatchGetItem", "TransactWriteItems", "PutObject"}, (*world).rotate},
		{"finish", []string{"BatchGetItem", "TransactWriteItems", "PutObject"}, (*world).finish},
		{"delete", []string{"TransactWriteItems", "DeleteObjects"}, (*world).remove},
	}
	for i, phase := range phases {
		for _, operation := range phase.asks {
			t.Run(phase.name+" "+operation, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t) // its cases share it one after another, since a fault is aimed at the account
				for n, k := range kinds {
					l := &life{name: fmt.Sprintf("case-%d", n), ids: map[string]string{}}
					t.Run(k.name, func(t *testing.T) {
						for j, p := range phases {
							if i == j {
								l.fails(t, w, p, lab.Fault{AccountID: w.partner.ID, Operation: operation, Times: 1, Kind: k.kind}, k.beaten)
							}
							if err := p.run(w, t, l); err != nil {
								t.Fatalf("the %s after the fault: %v", p.name, err)
							}
							l.check(t, w, p.name)
						}
					})
				}
			})
		}
	}
}

// phase is one of the runs in an onboarding's life, with the requests it makes.
type phase struct {
	name string
	asks []string
	run  func(w *world, t *testing.T, l *life) error
}

// fails runs a phase with a fault, which the SDK's own retries must get over or not, and then refreshes as each plan
// does.
func (l *life) fails(t *testing.T, w *world, p phase, fault lab.Fault, beaten bool) {
	t.Helper()
	disarm := w.lab.Inject(fault)
	err := p.run(w, t, l)
	disarm()
	if (err == nil) != beaten {
		t.Errorf("the %s came to: %v", p.name, err)
	}
	namesTheStep(t, err)
	if l.on != nil && !l.gone {
		w.refresh(t, l)
	}
}

// life is what Terraform's state would remember of one onboarding.
type life struct {
	name string
	on   *onboarding.Onboarding
	// ids are the External IDs by the rotation for which one was first seen in the registry: from then on it may be in a
	// customer's hands, and another one for the same rotation would be one too many.
	ids  map[string]string
	gone bool
	// alone leaves the requests of a phase to the phase: what it offered is remembered afterwards.
	alone bool
}

func (w *world) create(t *testing.T, l *life) error {
	t.Helper()
	if l.on != nil {
		return nil // Terraform does not create again what is in its state
	}
	on, err := w.service(t).Create(t.Context(), w.inputs(l.name))
	if err == nil {
		l.on = on
	}
	l.remember(t, w)
	return err
}

// remember notes the External ID as soon as an offer holds it.
func (l *life) remember(t *testing.T, w *world) {
	t.Helper()
	if l.alone {
		return
	}
	rec, err := w.service(t).Registry.Get(t.Context(), l.name)
	if err != nil {
		t.Fatal(err)
	}
	if rec.Offer == nil {
		return
	}
	now := identityOf(t, rec.Offer)
	if l.ids[now.Rotation] == "" {
		l.ids[now.Rotation] = now.ExternalID
	}
}

func identityOf(t *testing.T, o *registry.Offer) onboarding.Identity {
	t.Helper()
	in, err := onboarding.UnmarshalInputs(o.Inputs, "")
	if err != nil {
		t.Fatal(err)
	}
	return onboarding.Identity{ExternalID: o.ExternalID, PreviousExternalID: o.PreviousExternalID, Rotation: in.Rotation}
}

// refresh does what Read does before each phase: it takes in a revision of our own that a lost answer hid, and what was
// rotated by it.
func (w *world) refresh(t *testing.T, l *life) {
	t.Helper()
	found, err := w.service(t).Reader.Read(t.Context(), l.name, l.on.Publication.Key)
	if err != nil {
		t.Fatal(err)
	}
	if found.Record.Offer != nil {
		l.on.Ownership.Revision = found.Record.Offer.Revision
		l.on.Ownership.Note(found.Record.Offer, l.on.Publication.Key)
		l.on.Identity = identityOf(t, found.Record.Offer)
	}
}

func (w *world) update(t *testing.T, l *life) error {
	t.Helper()
	return w.change(t, l, func(*onboarding.Inputs) {})
}

func (w *world) rotate(t *testing.T, l *life) error {
	t.Helper()
	return w.change(t, l, func(in *onboarding.Inputs) { in.Rotation = "second" })
}

func (w *world) finish(t *testing.T, l *life) error {
	t.Helper()
	yes := true
	return w.change(t, l, func(in *onboarding.Inputs) { in.Rotation, in.RotationFinish = "second", &yes })
}

func (w *world) change(t *testing.T, l *life, change func(*onboarding.Inputs)) error {
	t.Helper()
	in := w.inputs(l.name)
	in.ServiceTimeoutSeconds = 900
	change(&in)
	on, err := w.service(t).Update(t.Context(), in, l.on.Identity, l.on.Publication.Key, l.on.Ownership)
	if err == nil {
		l.on = on
	}
	l.remember(t, w)
	return err
}

func (w *world) remove(t *testing.T, l *life) error {
	t.Helper()
	if l.gone {
		return nil
	}
	err := w.service(t).Delete(t.Context(), l.name, l.on.Publication.Key, false, l.on.Ownership)
	l.gone = err == nil
	return err
}

func (l *life) check(t *testing.T, w *world, phase string) {
	t.Helper()
	rec, err := w.service(t).Registry.Get(t.Context(), l.name)
	if err != nil {
		t.Fatal(err)
	}
	keys := w.templates(t, l.name)
	if phase == "delete" {
		if rec.Offer != nil || len(keys) != 0 {
			t.Errorf("left behind after the %s: offer %v, templates %v", phase, rec.Offer, keys)
		}
		return
	}
	first, second := l.ids["first"], l.ids["second"]
	want := map[string]onboarding.Identity{
		"create": {ExternalID: first, Rotation: "first"},
		"update": {ExternalID: first, Rotation: "first"},
		"rotate": {ExternalID: second, PreviousExternalID: first, Rotation: "second"},
		"finish": {ExternalID: second, Rotation: "second"},
	}[phase]
	if rec.Offer == nil || identityOf(t, rec.Offer) != want || l.on.Identity != want || first == second {
		t.Fatalf("after the %s the offer is %+v and the state has %+v, not %+v", phase, rec.Offer, l.on.Identity, want)
	}
	found, err := w.service(t).Reader.Read(t.Context(), l.name, l.on.Publication.Key)
	if err != nil {
		t.Fatal(err)
	}
	if !l.on.Ownership.Holds(found.Record.Offer, want) || found.TemplateSHA256 != l.on.Publication.SHA256 {
		t.Errorf("after the %s a plan would show drift", phase)
	}
	w.refresh(t, l)
}

// namesTheStep wants an error to say what was being done.
func namesTheStep(t *testing.T, err error) {
	t.Helper()
	var step *onboarding.StepError
	if err != nil && !errors.As(err, &step) && !errors.Is(err, context.Canceled) {
		t.Errorf("the error does not name the step: %v", err)
	}
}
