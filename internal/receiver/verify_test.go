package receiver_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/xrole/terraform-provider-xrole/internal/receiver"
	"github.com/xrole/terraform-provider-xrole/internal/registry"
)

// verify asks for the onboarding to be proven again, as the provider does.
func (s *stage) verify() registry.Status {
	s.Helper()
	raw, err := json.Marshal(map[string]any{"verify": map[string]string{"name": s.name}})
	if err != nil {
		s.Fatal(err)
	}
	out, err := s.Handle(s.Context(), raw)
	if err != nil {
		s.Fatal(err)
	}
	v, ok := out.(*receiver.Verified)
	if !ok || v.Name != s.name || v.Status != string(s.status()) {
		s.Fatalf("answered with %+v, while the onboarding is %s", out, s.status())
	}
	return s.status()
}

func TestHandler_verifyOnDemand(t *testing.T) {
	t.Parallel()
	s := newStage(t, customerID)
	if got := s.verify(); got != registry.Pending {
		t.Errorf("with nothing delivered: %s", got)
	}
	delete(s.roles, good)
	s.send("Create", stackA, nil)
	if got := s.verify(); got != registry.Delivered {
		t.Errorf("while the role cannot be assumed: %s", got)
	}
	s.roles[good] = passed(good)
	if got := s.verify(); got != registry.Verified || s.delivery().StackID != stackA {
		t.Errorf("when it can: %s, %+v", got, s.delivery())
	}
	s.roles[good] = loose()
	if got := s.verify(); got != registry.Delivered || s.delivery().Reason == "" {
		t.Errorf("when it lets others in: %s", got)
	}
	s.roles[good] = passed(good)
	if got := s.verify(); got != registry.Verified {
		t.Errorf("when it no longer does: %s", got)
	}
	if _, err := s.Handle(t.Context(), json.RawMessage(`{"verify":{"name":"nobody"}}`)); err == nil {
		t.Error("an unknown name was verified")
	}
}

// A role that cannot be assumed is gone only after ten minutes, and one whose stack reported Delete may be kept only
// after as many.
func TestHandler_verifyTakesItsTime(t *testing.T) {
	t.Parallel()
	s := newStage(t, customerID)
	s.send("Create", stackA, nil)
	delete(s.roles, good)
	for _, step := range []struct {
		after time.Duration
		want  registry.Status
	}{{time.Minute, registry.Verified}, {5 * time.Minute, registry.Verified}, {6 * time.Minute, registry.Disconnected}} {
		s.clock = s.clock.Add(step.after)
		if got := s.verify(); got != step.want {
			t.Errorf("%s later: %s, not %s", step.after, got, step.want)
		}
	}
	s = newStage(t, customerID)
	s.send("Create", stackA, nil)
	s.send("Delete", stackA, nil)
	s.clock = s.clock.Add(5 * time.Minute)
	if got := s.verify(); got != registry.Leaving {
		t.Errorf("five minutes after a Delete: %s", got)
	}
	s.clock = s.clock.Add(6 * time.Minute)
	if got := s.verify(); got != registry.Verified {
		t.Errorf("a forged Delete, or a role that was kept: %s", got)
	}
}
