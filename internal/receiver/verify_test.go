package receiver_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/xrole/terraform-provider-xrole/internal/callback"
	"github.com/xrole/terraform-provider-xrole/internal/receiver"
	"github.com/xrole/terraform-provider-xrole/internal/registry"
	"github.com/xrole/terraform-provider-xrole/internal/trust"
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

// A probe that passes ends a row of failures, also while the onboarding is leaving.
func TestHandler_verifyCountsInARow(t *testing.T) {
	t.Parallel()
	s := newStage(t, customerID)
	s.send("Create", stackA, nil)
	s.send("Delete", stackA, nil)
	for _, step := range []struct {
		after  time.Duration
		stands bool
		want   registry.Status
	}{
		{time.Minute, false, registry.Leaving},
		{4 * time.Minute, true, registry.Leaving},
		{7 * time.Minute, false, registry.Leaving},
		{9 * time.Minute, false, registry.Leaving},
		{2 * time.Minute, false, registry.Disconnected},
	} {
		s.clock = s.clock.Add(step.after)
		delete(s.roles, good)
		if step.stands {
			s.roles[good] = passed(good)
		}
		if got := s.verify(); got != step.want {
			t.Errorf("%s later: %s, not %s", step.after, got, step.want)
		}
	}
}

// A role that was made without xrole is proven by name alone, and only in the declared account.
func TestHandler_verifyExistingRole(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		role string
		want registry.Status
	}{
		"of the customer": {good, registry.Verified},
		"of another":      {"arn:aws:iam::" + strangerID + ":role/Acme", registry.Pending},
		"of the partner":  {"arn:aws:iam::" + partnerID + ":role/Acme", registry.Pending},
		"no role":         {"arn:aws:iam::" + customerID + ":user/Acme", registry.Pending},
	} {
		s := newStage(t, customerID)
		s.roles = map[string]trust.Result{row.role: passed(row.role)}
		offer := s.offer
		offer.Revision, offer.ExistingRoleARN = "o:2", row.role
		if err := s.registry.UpdateOffer(t.Context(), offer, s.offer.Revision); err != nil {
			t.Fatal(err)
		}
		if got := s.verify(); got != row.want {
			t.Errorf("%s: %s, not %s", name, got, row.want)
		}
		if row.want != registry.Verified {
			if s.checks != 0 {
				t.Errorf("%s: the role was probed", name)
			}
			continue
		}
		if d := s.delivery(); d.RoleARN != good || d.StackID != "" || d.AccountID != customerID {
			t.Errorf("%s: recorded as %+v", name, d)
		}
		s.wants("a stack that has the role", s.send("Create", stackA, nil), callback.Success, registry.Verified)
		if d := s.delivery(); d.StackID != stackA {
			t.Errorf("%s: the stack did not take over: %+v", name, d)
		}
	}
}
