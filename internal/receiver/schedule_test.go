package receiver_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/xrole/terraform-provider-xrole/internal/callback"
	"github.com/xrole/terraform-provider-xrole/internal/receiver"
	"github.com/xrole/terraform-provider-xrole/internal/registry"
	"github.com/xrole/terraform-provider-xrole/internal/trust"
)

// mine is the registry, with nothing due but what is this test's own.
type mine struct {
	*registry.Store
	name string
}

func (m mine) Due(ctx context.Context, now time.Time) ([]string, error) {
	names, err := m.Store.Due(ctx, now)
	return slices.DeleteFunc(names, func(n string) bool { return n != m.name }), err
}

func newScheduled(t *testing.T) *stage {
	t.Helper()
	s := newStage(t, customerID)
	s.Store = mine{s.registry, s.name}
	return s
}

// tick runs the schedule some time later, and returns how many deliveries it looked at.
func (s *stage) tick(later time.Duration) int {
	s.Helper()
	s.clock = s.clock.Add(later)
	out, err := s.Handle(s.Context(), json.RawMessage(`{"schedule":{}}`))
	if err != nil {
		s.Fatal(err)
	}
	settled, ok := out.(*receiver.Settled)
	if !ok || settled.Due != settled.Looked || settled.Failed != 0 {
		s.Fatalf("the schedule said %+v", out)
	}
	return settled.Looked
}

// What a delivery could not prove is proven by the schedule, without another delivery.
func TestHandler_scheduleSettlesDelivered(t *testing.T) {
	t.Parallel()
	s := newScheduled(t)
	delete(s.roles, good)
	s.wants("create", s.send("Create", stackA, nil), callback.Success, registry.Delivered)
	if n := s.tick(time.Minute); n != 0 {
		t.Errorf("looked at %d deliveries after a minute", n)
	}
	if n := s.tick(5 * time.Minute); n != 1 || s.status() != registry.Delivered {
		t.Errorf("looked at %d deliveries; the onboarding is %s", n, s.status())
	}
	s.roles[good] = passed(good)
	if n := s.tick(5 * time.Minute); n != 1 || s.status() != registry.Verified {
		t.Errorf("looked at %d deliveries; the onboarding is %s", n, s.status())
	}
	if n := s.tick(time.Hour); n != 0 {
		t.Errorf("a role that was just proven was looked at %d times", n)
	}
}

// A Delete is settled either way: the role goes, or it was forged.
func TestHandler_scheduleSettlesLeaving(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		stands bool
		want   registry.Status
	}{"gone": {false, registry.Disconnected}, "forged": {true, registry.Verified}} {
		s := newScheduled(t)
		s.send("Create", stackA, nil)
		s.send("Delete", stackA, nil)
		if !row.stands {
			delete(s.roles, good)
		}
		for range 4 {
			s.tick(5 * time.Minute)
		}
		if s.status() != row.want {
			t.Errorf("%s: %s, not %s", name, s.status(), row.want)
		}
	}
}

// A role that lets others in later, or goes without a word, is found within a day and a quarter of an hour.
func TestHandler_scheduleFindsChanges(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		change func(*stage)
		want   registry.Status
	}{
		"loosened": {func(s *stage) { s.roles[good] = loose() }, registry.Delivered},
		"gone":     {func(s *stage) { delete(s.roles, good) }, registry.Disconnected},
	} {
		s := newScheduled(t)
		s.send("Create", stackA, nil)
		row.change(s)
		if n := s.tick(20 * time.Hour); n != 0 || s.status() != registry.Verified {
			t.Errorf("%s: looked at %d deliveries too early; %s", name, n, s.status())
		}
		s.tick(4 * time.Hour)
		s.tick(5 * time.Minute)
		s.tick(6 * time.Minute)
		if d := s.delivery(); d.Status != row.want || d.Reason == "" {
			t.Errorf("%s: %s (%q), not %s", name, d.Status, d.Reason, row.want)
		}
		s.roles[good] = passed(good)
		s.tick(24 * time.Hour)
		if s.status() != registry.Verified {
			t.Errorf("%s, and right again: %s", name, s.status())
		}
	}
}

// No message puts off that a role is proven again: its customer could keep a role open that way for ever.
func TestHandler_scheduleIsNotPutOff(t *testing.T) {
	t.Parallel()
	s := newScheduled(t)
	s.send("Create", stackA, nil)
	due := s.delivery().DueAt
	s.roles[good] = loose()
	s.clock = s.clock.Add(12 * time.Hour)
	s.send("Create", stackB, request{"properties": request{"RoleArn": "arn:aws:iam::" + strangerID + ":role/x"}})
	s.send("Create", stackB, request{"properties": request{"RoleArn": good + "2"}})
	s.send("Delete", stackB, nil)
	if d := s.delivery(); d.DueAt.After(due) || d.DueAt.IsZero() {
		t.Errorf("due %s, and it was %s", d.DueAt, due)
	}
	if n := s.tick(12 * time.Hour); n != 1 || s.status() != registry.Delivered {
		t.Errorf("looked at %d deliveries; %s", n, s.status())
	}
}

// Another stack that waits takes over when the role in use is gone, and not before.
func TestHandler_scheduleTakesOver(t *testing.T) {
	t.Parallel()
	const other = "arn:aws:iam::" + customerID + ":role/Other"
	s := newScheduled(t)
	s.send("Create", stackA, nil)
	s.roles[other] = passed(other)
	s.send("Create", stackB, request{"properties": request{"RoleArn": other}})
	s.tick(24 * time.Hour)
	if d := s.delivery(); d.RoleARN != good || d.Status != registry.Verified {
		t.Fatalf("taken over from a role that stands: %+v", d)
	}
	delete(s.roles, good)
	s.tick(24 * time.Hour)
	s.tick(5 * time.Minute)
	s.tick(6 * time.Minute)
	if d := s.delivery(); d.RoleARN != other || d.StackID != stackB || d.Status != registry.Verified {
		t.Errorf("not taken over from a role that is gone: %+v", d)
	}
}

// So does one that comes when the role in use is gone already, as soon as it can be proven.
func TestHandler_scheduleTakesOverLater(t *testing.T) {
	t.Parallel()
	const other = "arn:aws:iam::" + customerID + ":role/Other"
	s := newScheduled(t)
	s.send("Create", stackA, nil)
	s.send("Delete", stackA, nil)
	delete(s.roles, good)
	for range 4 {
		s.tick(5 * time.Minute)
	}
	s.wants("create", s.send("Create", stackB, request{"properties": request{"RoleArn": other}}), "SUCCESS", registry.Disconnected)
	s.roles[other] = passed(other)
	s.tick(6 * time.Minute)
	if d := s.delivery(); d.RoleARN != other || d.Status != registry.Verified {
		t.Errorf("not taken over: %+v", d)
	}
}

// What answers no offer any more is left as it is, and not looked at again.
func TestHandler_scheduleAfterDestroy(t *testing.T) {
	t.Parallel()
	s := newScheduled(t)
	s.send("Create", stackA, nil)
	if err := s.registry.DeleteOffer(t.Context(), s.name, s.offer.Revision, s.offer.OfferID); err != nil {
		t.Fatal(err)
	}
	checks := s.checks
	if n := s.tick(24 * time.Hour); n != 1 || s.checks != checks {
		t.Errorf("looked at %d deliveries with %d checks", n, s.checks-checks)
	}
	rec, err := s.registry.Get(t.Context(), s.name)
	if err != nil || rec.Delivery == nil || rec.Delivery.RoleARN != good {
		t.Errorf("the delivery is %+v, %v", rec.Delivery, err)
	}
	if n := s.tick(24 * time.Hour); n != 0 {
		t.Errorf("looked at it again")
	}
}

// The Delete of a stack counts after its onboarding was destroyed too, or its account could never be taken off the list.
func TestHandler_scheduleSettlesLeftBehind(t *testing.T) {
	t.Parallel()
	for name, destroyFirst := range map[string]bool{"destroyed, then deleted": true, "deleted, then destroyed": false} {
		s := newScheduled(t)
		s.send("Create", stackA, nil)
		destroy := func() {
			if err := s.registry.DeleteOffer(t.Context(), s.name, s.offer.Revision, s.offer.OfferID); err != nil {
				t.Fatal(err)
			}
		}
		if destroyFirst {
			destroy()
		}
		s.send("Delete", stackB, nil)
		s.clock = s.clock.Add(time.Second)
		s.send("Delete", stackA, nil)
		if !destroyFirst {
			destroy()
		}
		s.tick(6 * time.Minute)
		s.tick(6 * time.Minute)
		rec, err := s.registry.Get(t.Context(), s.name)
		if err != nil || rec.Delivery == nil || rec.Delivery.Status != registry.Disconnected {
			t.Errorf("%s: %+v, %v", name, rec.Delivery, err)
		}
		if n := s.tick(24 * time.Hour); n != 0 {
			t.Errorf("%s: looked at again", name)
		}
	}
}

// One that cannot be looked at does not stand in the way of the others, and the alarm rings.
func TestHandler_scheduleGoesOn(t *testing.T) {
	t.Parallel()
	s := newScheduled(t)
	s.send("Create", stackA, nil)
	s.clock = s.clock.Add(24 * time.Hour)
	s.Checker = failing{s}
	if _, err := s.Handle(t.Context(), json.RawMessage(`{"schedule":{}}`)); err == nil {
		t.Error("no error, so no alarm")
	}
	if d := s.delivery(); !d.DueAt.Equal(s.clock.Add(registry.Soon)) || d.Status != registry.Verified {
		t.Errorf("due %s, %s", d.DueAt, d.Status)
	}
}

type failing struct{ receiver.Checker }

func (failing) Check(context.Context, time.Duration, string, ...string) (r trust.Result, err error) {
	return r, errors.New("throttled")
}
