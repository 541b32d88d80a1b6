package receiver_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/xrole/terraform-provider-xrole/internal/callback"
	"github.com/xrole/terraform-provider-xrole/internal/registry"
	"github.com/xrole/terraform-provider-xrole/internal/trust"
)

// An Update that could not be proven at once, for a reason of ours or because it has replaced the role, is settled soon: what
// the owner's stack runs, and which role is its own, is not lost. What somebody else may have written in the stack's name is
// looked at once.
func TestHandler_scheduleSettlesUpdate(t *testing.T) {
	t.Parallel()
	other := "arn:aws:iam::" + customerID + ":role/Other"
	for name, row := range map[string]struct {
		role    string
		between func(*stage)
		want    string
	}{
		"the same role":               {good, func(*stage) {}, "v2"},
		"another role":                {other, func(s *stage) { s.roles[other] = passed(other) }, "v2"},
		"another role, late":          {other, func(s *stage) { s.tick(registry.Soon); s.tick(registry.Soon); s.roles[other] = passed(other) }, "v2"},
		"another role, never":         {other, func(*stage) {}, "v1"},
		"another role, forged":        {other, func(s *stage) { s.forget(other) }, "v1"},
		"another role, rolled back":   {other, func(s *stage) { s.send("Update", stackA, nil) }, "v1"},
		"another role, the old gone":  {other, func(s *stage) { delete(s.roles, good); s.roles[other] = passed(other) }, "v2"},
		"another role, which is open": {other, func(s *stage) { s.roles[other] = loose() }, "v1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScheduled(t)
			s.send("Create", stackA, nil)
			s.clock = s.clock.Add(time.Hour)
			checker := s.Checker
			s.Checker = unreachable{s}
			s.wants("update", s.send("Update", stackA, request{"properties": request{"RoleArn": row.role, "TemplateVersion": "v2"}}), callback.Success, registry.Verified)
			s.Checker = checker
			s.clock = s.clock.Add(time.Minute)
			row.between(s)
			s.tick(registry.Soon)
			want := good
			if row.want == "v2" {
				want = row.role
			}
			if d := s.delivery(); d.Status != registry.Verified || d.TemplateVersion != row.want || d.RoleARN != want || d.StackID != stackA || d.Reason != "" {
				t.Errorf("it came to %+v", d)
			}
			s.tick(25 * time.Hour)
			if n := s.tick(time.Hour); n != 0 {
				t.Errorf("it is looked at again and again: %d, %+v", n, s.delivery())
			}
		})
	}
}

// CloudFormation took the answer to an Update, but that could not be noted at once: somebody else wrote in between, or the first
// answer did not get through. The role that replaced the one in use is found all the same, however late.
func TestHandler_scheduleFindsWhatWasNotNoted(t *testing.T) {
	t.Parallel()
	other := "arn:aws:iam::" + customerID + ":role/Other"
	for name, send := range map[string]func(s *stage, event json.RawMessage){
		"another in between": func(s *stage, event json.RawMessage) {
			s.betweenAnswerAndMark = func() {
				s.wants("another", s.send("Create", stackB, request{"properties": request{"RoleArn": "arn:aws:iam::" + customerID + ":role/none"}}), callback.Success, registry.Verified)
			}
			s.handleLast(event)
		},
		"the answer was lost": func(s *stage, event json.RawMessage) {
			s.failing = io.ErrUnexpectedEOF
			if _, err := s.Handle(s.Context(), event); err == nil {
				s.Error("Lambda is not told to bring it again")
			}
			s.failing = nil
			s.wants("again", s.handle(event), callback.Success, registry.Verified)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScheduled(t)
			s.send("Create", stackA, nil)
			s.clock = s.clock.Add(time.Hour)
			send(s, s.event("Update", stackA, request{"properties": request{"RoleArn": other, "TemplateVersion": "v2"}}))
			s.tick(registry.Soon) // the one in use still stands
			delete(s.roles, good)
			s.roles[other] = passed(other)
			s.tick(registry.Soon)
			if d := s.delivery(); d.Status != registry.Verified || d.RoleARN != other || d.TemplateVersion != "v2" {
				t.Errorf("it came to %+v", d)
			}
		})
	}
}

// unreachable is STS that cannot be asked.
type unreachable struct{ *stage }

func (unreachable) Check(context.Context, time.Duration, string, ...string) (trust.Result, error) {
	return trust.Result{}, errors.New("throttled")
}

// forget makes the owner's claim one of which CloudFormation took no answer.
func (s *stage) forget(role string) {
	s.Helper()
	d := *s.delivery()
	for i := range d.Claims {
		d.Claims[i].Answered = d.Claims[i].Answered && d.Claims[i].RoleARN != role
	}
	if err := s.registry.PutDelivery(s.Context(), d); err != nil {
		s.Fatal(err)
	}
}
