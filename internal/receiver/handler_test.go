package receiver_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/xrole/terraform-provider-xrole/internal/callback"
	"github.com/xrole/terraform-provider-xrole/internal/registry"
	"github.com/xrole/terraform-provider-xrole/internal/trust"
)

func TestHandler_verified(t *testing.T) {
	t.Parallel()
	s := newStage(t, customerID)
	s.wants("create", s.send("Create", stackA, nil), callback.Success, registry.Verified)
	d := s.delivery()
	if d.RoleARN != good || d.StackID != stackA || d.AccountID != customerID || d.TemplateVersion != "v1" || !d.VerifiedAt.Equal(s.clock) {
		t.Errorf("recorded as %+v", d)
	}
	s.clock = s.clock.Add(time.Hour)
	s.wants("update", s.send("Update", stackA, request{"properties": request{"TemplateVersion": "v2"}}), callback.Success, registry.Verified)
	if v := s.delivery().TemplateVersion; v != "v2" {
		t.Errorf("the stack runs %s", v)
	}
}

func TestHandler_notProvableYet(t *testing.T) {
	t.Parallel()
	s := newStage(t, customerID)
	delete(s.roles, good)
	s.wants("create", s.send("Create", stackA, nil), callback.Success, registry.Delivered)
	s.roles[good] = passed(good)
	s.wants("update", s.send("Update", stackA, nil), callback.Success, registry.Verified)
}

// What is certainly wrong is FAILED, and nobody is probed for it. On a verified onboarding it changes nothing.
func TestHandler_mismatch(t *testing.T) {
	t.Parallel()
	strangers := strings.Replace(stackA, customerID, strangerID, 1)
	for name, row := range map[string]struct {
		stack   string
		changes request
		say     string
	}{
		"unknown onboarding":        {stackA, request{"properties": request{"OnboardingName": "nobody"}}, "not known"},
		"stack elsewhere":           {strangers, request{"properties": request{"RoleArn": "arn:aws:iam::" + strangerID + ":role/Acme"}}, "another AWS account"},
		"stack elsewhere, our role": {strangers, nil, "another AWS account"},
		"role of another customer":  {stackA, request{"properties": request{"RoleArn": "arn:aws:iam::" + strangerID + ":role/Acme"}}, "not one of this stack's own account"},
		"role of the partner":       {stackA, request{"properties": request{"RoleArn": "arn:aws:iam::" + partnerID + ":role/admin"}}, "not one of this stack's own account"},
		"malformed properties":      {stackA, request{"properties": request{"RoleArn": 7}}, "could not be read"},
		"no properties":             {stackA, request{"ResourceProperties": nil}, "could not be read"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, live := range []bool{false, true} {
				s := newStage(t, customerID)
				want := registry.Pending
				if live {
					s.send("Create", stackB, nil)
					want = registry.Verified
				} else if strings.Contains(name, "stack") || strings.Contains(name, "role") {
					want = registry.Rejected
				}
				checks, before := s.checks, s.delivery()
				told := s.send("Create", row.stack, row.changes)
				s.wants(name, told, callback.Failed, want)
				if !strings.Contains(told.Reason, row.say) {
					t.Errorf("the customer is told %q", told.Reason)
				}
				if s.checks != checks {
					t.Error("a role was probed")
				}
				if after := s.delivery(); live && (after.RoleARN != before.RoleARN || after.StackID != before.StackID || after.AccountID != before.AccountID) {
					t.Errorf("a verified onboarding became %+v", after)
				}
				s.wants(name+", delete", s.send("Delete", row.stack, row.changes), callback.Success, want)
				s.wants(name+", update", s.send("Update", row.stack, row.changes), s.updateOf(name), want)
			}
		})
	}
}

// updateOf is FAILED only where the onboarding is known and this stack was never told SUCCESS about that template.
func (s *stage) updateOf(name string) callback.Status {
	if strings.HasPrefix(name, "unknown") || strings.HasPrefix(name, "malformed") || strings.HasPrefix(name, "no ") {
		return callback.Success
	}
	return callback.Failed
}

// The session's own word counts more than the ARN in the message.
func TestHandler_sessionElsewhere(t *testing.T) {
	t.Parallel()
	s := newStage(t, customerID)
	r := passed(good)
	r.AccountID = strangerID
	s.roles[good] = r
	s.wants("create", s.send("Create", stackA, nil), callback.Failed, registry.Rejected)
	r.AccountID = "" // no answer is not the right one
	s.roles[good] = r
	s.wants("nowhere", s.send("Create", stackA, nil), callback.Failed, registry.Rejected)
}

func TestHandler_duplicates(t *testing.T) {
	t.Parallel()
	s := newStage(t, customerID)
	event := s.event("Create", stackA, nil)
	s.wants("first", s.handle(event), callback.Success, registry.Verified)
	delete(s.roles, good)
	revision := s.delivery().Revision
	s.wants("again", s.handle(event), callback.Success, registry.Verified)
	if s.checks != 1 || s.delivery().Revision != revision {
		t.Errorf("a duplicate made %d checks and wrote revision %d", s.checks, s.delivery().Revision)
	}
	s = newStage(t, customerID)
	s.roles[good] = loose()
	event = s.event("Create", stackA, nil)
	first := s.handle(event)
	s.roles[good] = passed(good)
	if again := s.handle(event); again != first || first.Status != callback.Failed {
		t.Errorf("told %+v, and then %+v", first, again)
	}
}

// An older request that SNS delivers late changes nothing.
func TestHandler_reordered(t *testing.T) {
	t.Parallel()
	s := newStage(t, customerID)
	start := s.clock
	s.send("Create", stackA, nil)
	s.clock = start.Add(2 * time.Hour)
	s.send("Update", stackA, request{"properties": request{"TemplateVersion": "v3"}})
	s.wants("late update", s.send("Update", stackA, request{"properties": request{"TemplateVersion": "v2"}, "sent": start.Add(time.Hour)}), callback.Success, registry.Verified)
	if v := s.delivery().TemplateVersion; v != "v3" {
		t.Errorf("the stack is thought to run %s", v)
	}
	s.send("Delete", stackA, nil)
	s.wants("late create", s.send("Create", stackA, request{"sent": start.Add(time.Minute)}), callback.Success, registry.Leaving)
}

// A Delete counts only from the owning stack and resource. The one after our FAILED Create removes nothing.
func TestHandler_delete(t *testing.T) {
	t.Parallel()
	s := newStage(t, customerID)
	s.send("Create", stackA, nil)
	for name, changes := range map[string]request{
		"another resource": {"LogicalResourceId": "Other"},
		"another name":     {"properties": request{"OnboardingName": "nobody"}},
	} {
		s.wants(name, s.send("Delete", stackA, changes), callback.Success, registry.Verified)
	}
	s.wants("another stack", s.send("Delete", stackB, nil), callback.Success, registry.Verified)
	unproven := request{"properties": request{"RoleArn": "arn:aws:iam::" + customerID + ":role/none"}}
	s.wants("a claim", s.send("Create", stackB, unproven), callback.Success, registry.Verified)
	s.wants("a stack that only claims", s.send("Delete", stackB, unproven), callback.Success, registry.Verified)
	s.roles["arn:aws:iam::"+customerID+":role/Loose"] = loose()
	second := request{"properties": request{"RoleArn": "arn:aws:iam::" + customerID + ":role/Loose"}}
	s.wants("second stack", s.send("Create", stackB, second), callback.Failed, registry.Verified)
	s.wants("its rollback", s.send("Delete", stackB, second), callback.Success, registry.Verified)
	s.wants("the owner", s.send("Delete", stackA, nil), callback.Success, registry.Leaving)
	if d := s.delivery(); d.RoleARN != good {
		t.Errorf("the ARN was lost: %+v", d)
	}
}

// Another stack takes over only when its own role passes and the recorded one is gone, or the role is the same.
func TestHandler_takeover(t *testing.T) {
	t.Parallel()
	other := "arn:aws:iam::" + customerID + ":role/Other"
	second := request{"properties": request{"RoleArn": other}}
	s := newStage(t, customerID)
	s.roles[other] = passed(other)
	s.send("Create", stackA, nil)
	s.wants("while the first stands", s.send("Create", stackB, second), callback.Failed, registry.Verified)
	if s.delivery().RoleARN != good {
		t.Error("the role was taken over while the first still stood")
	}
	delete(s.roles, good)
	s.wants("when the first is gone", s.send("Create", stackB, second), callback.Success, registry.Verified)
	if d := s.delivery(); d.RoleARN != other || d.StackID != stackB {
		t.Errorf("not taken over: %+v", d)
	}
	s = newStage(t, customerID)
	s.send("Create", stackA, nil)
	// Whoever was given a template may name the role that is in use: that alone must not make a stack its owner.
	s.wants("the same role, forged", s.send("Create", stackB, request{"properties": request{"TemplateVersion": "v2"}}), callback.Failed, registry.Verified)
	if d := s.delivery(); d.StackID != stackA || d.TemplateVersion != "v1" {
		t.Errorf("a message that named the role took it over: %+v", d)
	}
	s.wants("the owner goes", s.send("Delete", stackA, nil), callback.Success, registry.Leaving)
	s.wants("the same role, launched again", s.send("Create", stackB, nil), callback.Success, registry.Verified)
	if s.delivery().StackID != stackB {
		t.Error("a stack that was launched again did not take over")
	}
}

// An update that replaces the custom resource creates the new one while the old one stands, and deletes that afterwards: the
// stack is the same, and its role stays in use.
func TestHandler_resourceReplaced(t *testing.T) {
	t.Parallel()
	s := newStage(t, customerID)
	s.wants("create", s.send("Create", stackA, nil), callback.Success, registry.Verified)
	s.clock = s.clock.Add(time.Hour)
	told := s.send("Create", stackA, request{"LogicalResourceId": "Callback2", "properties": request{"TemplateVersion": "v2"}})
	s.wants("the new resource", told, callback.Success, registry.Verified)
	s.clock = s.clock.Add(time.Second)
	s.wants("the old one is cleaned up", s.send("Delete", stackA, nil), callback.Success, registry.Verified)
	if d := s.delivery(); !d.OwnedBy(stackA, "Callback2") || d.TemplateVersion != "v2" {
		t.Errorf("recorded as %+v", d)
	}
	s.wants("the stack goes", s.send("Delete", stackA, request{"LogicalResourceId": "Callback2"}), callback.Success, registry.Leaving)
}

// What an update that replaced the custom resource reported, and could not be proven at once, is what the stack runs; after a
// rollback it is the former one again, whose Delete counts then. None of that asks for a look more than once things are settled.
func TestHandler_resourceReplacedLater(t *testing.T) {
	t.Parallel()
	const other = "arn:aws:iam::" + customerID + ":role/Other"
	second := func(role string) request {
		return request{"LogicalResourceId": "Callback2", "properties": request{"TemplateVersion": "v2", "RoleArn": role}}
	}
	for name, row := range map[string]struct {
		act                     func(*stage)
		resource, version, role string
	}{
		"not proven at once": {func(s *stage) {
			s.unreached(func() { s.send("Create", stackA, second(good)) })
			s.send("Delete", stackA, nil)
		}, "Callback2", "v2", good},
		"not proven at once, its clean-up later": {func(s *stage) {
			s.unreached(func() { s.send("Create", stackA, second(good)) })
			s.tick(registry.Soon)
			s.send("Delete", stackA, nil)
		}, "Callback2", "v2", good},
		"not proven at once, and rolled back": {func(s *stage) {
			s.unreached(func() { s.send("Create", stackA, second(good)) })
			s.clock = s.clock.Add(time.Second)
			s.send("Delete", stackA, second(good))
		}, "Callback", "v1", good},
		"with its role, not proven at once": {func(s *stage) {
			s.send("Create", stackA, second(other))
			s.roles[other] = passed(other)
			s.clock = s.clock.Add(time.Second)
			s.send("Delete", stackA, nil)
			delete(s.roles, good)
		}, "Callback2", "v2", other},
		"rolled back": {func(s *stage) {
			s.send("Create", stackA, second(good))
			s.clock = s.clock.Add(time.Second)
			s.send("Delete", stackA, second(good))
		}, "Callback", "v1", good},
		"with its role, rolled back": {func(s *stage) {
			s.roles[other] = passed(other)
			s.send("Create", stackA, second(other))
			s.clock = s.clock.Add(time.Second)
			s.send("Delete", stackA, second(other))
			delete(s.roles, other)
		}, "Callback", "v1", good},
		"with its role, the former one still stands": {func(s *stage) {
			s.roles[other] = passed(other)
			s.send("Create", stackA, second(other))
		}, "Callback2", "v2", other},
		"its Create comes last": {func(s *stage) {
			create := s.event("Create", stackA, second(good))
			s.clock = s.clock.Add(time.Second)
			s.send("Delete", stackA, nil)
			s.handle(create)
		}, "Callback2", "v2", good},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScheduled(t)
			s.wants("create", s.send("Create", stackA, nil), callback.Success, registry.Verified)
			s.clock = s.clock.Add(time.Hour)
			row.act(s)
			for range 8 {
				s.tick(registry.Soon)
			}
			if d := s.delivery(); d.Status != registry.Verified || !d.OwnedBy(stackA, row.resource) || d.TemplateVersion != row.version || d.RoleARN != row.role || d.Reason != "" {
				t.Errorf("recorded as %+v", d)
			}
			if n := s.tick(time.Hour); n != 0 {
				t.Errorf("it is looked at again and again: %+v", s.delivery())
			}
			s.wants("the stack goes", s.send("Delete", stackA, request{"LogicalResourceId": row.resource, "properties": request{"TemplateVersion": row.version}}), callback.Success, registry.Leaving)
			s.roles = nil
			for range 4 {
				s.tick(registry.Soon)
			}
			if s.status() != registry.Disconnected {
				t.Errorf("a stack that has gone is %s", s.status())
			}
		})
	}
}

// unreached has something happen while STS cannot be asked.
func (s *stage) unreached(act func()) {
	checker := s.Checker
	s.Checker = unreachable{s}
	act()
	s.Checker = checker
	s.clock = s.clock.Add(time.Second)
}

// Unproven stacks are a short list, and never touch a verified onboarding.
func TestHandler_claims(t *testing.T) {
	t.Parallel()
	s := newStage(t, customerID)
	s.send("Create", stackA, nil)
	for i := range 12 {
		stack := strings.Replace(stackB, "bbbbbbbb", fmt.Sprintf("b%d", i), 1)
		s.wants("claim", s.send("Create", stack, request{"properties": request{"RoleArn": "arn:aws:iam::" + customerID + ":role/none"}}), callback.Success, registry.Verified)
	}
	if d := s.delivery(); len(d.Claims) > registry.MaxClaims || d.RoleARN != good || d.StackID != stackA {
		t.Errorf("%d claims, owner %s", len(d.Claims), d.StackID)
	}
}

// Whoever may publish can write in the name of any stack, but only CloudFormation's own request takes an answer: a stack
// that did is never pushed out by those that did not, and is tried before them.
func TestHandler_claimsForged(t *testing.T) {
	t.Parallel()
	s := newScheduled(t)
	delete(s.roles, good)
	forge := func(n int) {
		s.failing = &callback.RefusedError{Code: 403}
		for i := range n {
			stack := strings.Replace(stackB, "bbbbbbbb", fmt.Sprintf("b%d", i), 1)
			s.wants("forged", s.send("Create", stack, request{"properties": request{"RoleArn": "arn:aws:iam::" + customerID + ":role/none"}}), callback.Success, registry.Delivered)
		}
		s.failing = nil
	}
	forge(registry.MaxClaims)
	s.wants("create", s.send("Create", stackA, nil), callback.Success, registry.Delivered)
	s.failing = &callback.RefusedError{Code: 403}
	s.wants("forged in the stack's own name", s.send("Update", stackA, request{"properties": request{"RoleArn": "arn:aws:iam::" + customerID + ":role/none"}}), callback.Success, registry.Delivered)
	forge(2 * registry.MaxClaims)
	first := s.delivery().Waiting()[0]
	if len(s.delivery().Claims) != registry.MaxClaims || !first.Answered || first.StackID != stackA || first.RoleARN != good {
		t.Fatalf("the stack that took its answer is not the first of %+v", s.delivery().Claims)
	}
	s.roles[good], s.checks = passed(good), 0
	if s.tick(registry.Soon); s.status() != registry.Verified || s.delivery().StackID != stackA || s.checks != 1 {
		t.Errorf("settled as %s with %s after %d checks", s.status(), s.delivery().StackID, s.checks)
	}
}

// A claim whose stack was deleted before the claim could be marked does not come back.
func TestHandler_claimWithdrawnBeforeItsMark(t *testing.T) {
	t.Parallel()
	s := newScheduled(t)
	delete(s.roles, good)
	create := s.event("Create", stackA, nil)
	s.betweenAnswerAndMark = func() {
		s.clock = s.clock.Add(time.Second)
		s.wants("rolled back", s.send("Delete", stackA, nil), callback.Success, registry.Pending)
	}
	s.handleLast(create)
	if d := s.delivery(); d.Status != registry.Pending || len(d.Claims) > 0 {
		t.Errorf("after its Delete: %s, claims %+v", d.Status, d.Claims)
	}
}

// A Create that comes after its stack's Delete, which CloudFormation sends when it has waited for too long, leaves nothing
// behind; the stack may be made again.
func TestHandler_createAfterItsDelete(t *testing.T) {
	t.Parallel()
	for name, before := range map[string]func(*stage){
		"the first":      func(*stage) {},
		"beside another": func(s *stage) { s.send("Create", stackB, request{"properties": request{"RoleArn": good + "2"}}) },
		"where the name was used before, by another stack": func(s *stage) {
			s.send("Create", stackB, nil)
			s.again()
		},
		"where the name was used before, by that stack": func(s *stage) {
			s.send("Create", stackA, nil)
			s.again()
		},
	} {
		s := newScheduled(t)
		s.anyID = true
		before(s)
		delete(s.roles, good)
		was := s.status()
		create := s.event("Create", stackA, nil)
		s.clock = s.clock.Add(15 * time.Minute)
		s.wants(name+", its Delete", s.send("Delete", stackA, nil), callback.Success, was)
		s.clock = s.clock.Add(time.Minute)
		checks := s.checks
		s.wants(name+", its Create", s.handle(create), callback.Success, was)
		if d := s.delivery(); d.Claimed(stackA, "Callback") || s.checks != checks {
			t.Errorf("%s: it waits after %d checks: %+v", name, s.checks-checks, d.Claims)
		}
		s.roles[good] = passed(good)
		s.wants(name+", made again", s.send("Create", stackA, nil), callback.Success, registry.Verified)
	}
}

// again destroys the onboarding by force and makes it anew under its name.
func (s *stage) again() {
	s.Helper()
	if err := s.registry.DeleteOffer(s.Context(), s.name, s.offer.Revision, s.offer.OfferID); err != nil {
		s.Fatal(err)
	}
	s.offer.OfferID, s.offer.ExternalID = "again", trust.NewExternalID()
	if err := s.registry.CreateOffer(s.Context(), s.offer); err != nil {
		s.Fatal(err)
	}
}

// A claim is marked beside what others write, and not once its stack was proven.
func TestHandler_claimsMarkedInBetween(t *testing.T) {
	t.Parallel()
	s := newStage(t, customerID)
	delete(s.roles, good)
	s.betweenAnswerAndMark = func() {
		s.wants("another", s.send("Create", stackB, request{"properties": request{"RoleArn": "arn:aws:iam::" + customerID + ":role/none"}}), callback.Success, registry.Delivered)
	}
	s.handleLast(s.event("Create", stackA, nil))
	if d := s.delivery(); len(d.Claims) != 2 || !d.Claims[0].Answered || !d.Claims[1].Answered {
		t.Errorf("claims: %+v", d.Claims)
	}
	s.betweenAnswerAndMark = func() {
		s.roles[good] = passed(good)
		s.wants("proven", s.send("Update", stackA, nil), callback.Success, registry.Verified)
	}
	s.handleLast(s.event("Update", stackA, nil))
	if d := s.delivery(); d.Claimed(stackA, "Callback") || d.Status != registry.Verified {
		t.Errorf("a stack that was proven waits again: %+v", d)
	}
}

// A role that lets others in is refused and never recorded as verified; a rollback to what was accepted is not.
func TestHandler_loose(t *testing.T) {
	t.Parallel()
	s := newStage(t, customerID)
	s.roles[good] = loose()
	s.wants("create", s.send("Create", stackA, nil), callback.Failed, registry.Rejected)
	s = newStage(t, customerID)
	s.send("Create", stackA, nil)
	s.roles[good] = loose()
	s.wants("update", s.send("Update", stackA, request{"properties": request{"TemplateVersion": "v2"}}), callback.Failed, registry.Delivered)
	s.wants("its rollback, while IAM still spreads", s.send("Update", stackA, nil), callback.Success, registry.Delivered)
	s.roles[good] = passed(good)
	s.wants("afterwards", s.send("Update", stackA, nil), callback.Success, registry.Verified)
}

// Open to anyone: the first account that is verified is the one.
func TestHandler_anyone(t *testing.T) {
	t.Parallel()
	s := newStage(t, "")
	s.wants("first", s.send("Create", stackA, nil), callback.Success, registry.Verified)
	other := "arn:aws:iam::" + strangerID + ":role/Acme"
	s.roles[other] = passed(other)
	told := s.send("Create", strings.Replace(stackB, customerID, strangerID, 1), request{"properties": request{"RoleArn": other}})
	s.wants("second", told, callback.Failed, registry.Verified)
	if s.delivery().AccountID != customerID || !strings.Contains(told.Reason, "another AWS account") || s.checks != 1 {
		t.Errorf("the second account: %+v, told %q after %d checks", s.delivery(), told.Reason, s.checks)
	}
}

// Nobody is ever probed in the partner's own account, whoever says that it is the customer's.
func TestHandler_ownAccount(t *testing.T) {
	t.Parallel()
	s := newStage(t, "")
	own := "arn:aws:iam::" + partnerID + ":role/admin"
	s.roles[own] = passed(own)
	told := s.send("Create", strings.Replace(stackA, customerID, partnerID, 1), request{"properties": request{"RoleArn": own}})
	s.wants("create", told, callback.Failed, registry.Rejected)
	if s.checks != 0 {
		t.Error("a role of the partner's was probed")
	}
}

// Two deliveries at once: the registry's conditions decide, and both are answered.
func TestHandler_atOnce(t *testing.T) {
	t.Parallel()
	s := newStage(t, customerID)
	var all sync.WaitGroup
	for i := range 6 {
		event := s.event("Create", strings.Replace(stackB, "bbbbbbbb", fmt.Sprintf("c%d", i), 1), nil)
		all.Go(func() {
			if _, err := s.Handle(t.Context(), event); err != nil && !strings.Contains(err.Error(), "in between") {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if s.status() != registry.Verified || len(s.answers) != 6 {
		t.Errorf("%s, %d answers", s.status(), len(s.answers))
	}
}

type brokenStore struct {
	receiver func() (registry.Record, error)
}

func (b brokenStore) Get(context.Context, string) (registry.Record, error) { return b.receiver() }
func (b brokenStore) PutDelivery(context.Context, registry.Delivery) error { return errors.New("gone") }

func (b brokenStore) Due(context.Context, time.Time) ([]string, error) {
	return nil, errors.New("gone")
}

// A fault of ours is never the customer's: the stack goes on, and Lambda keeps the event.
func TestHandler_ourFault(t *testing.T) {
	t.Parallel()
	for name, get := range map[string]func(*stage) func() (registry.Record, error){
		"panic": func(*stage) func() (registry.Record, error) {
			return func() (registry.Record, error) { panic("a bug") }
		},
		"read fails": func(*stage) func() (registry.Record, error) {
			return func() (registry.Record, error) { return registry.Record{}, errors.New("table gone") }
		},
		"write fails": func(s *stage) func() (registry.Record, error) {
			return func() (registry.Record, error) { return registry.Record{Offer: &s.offer}, nil }
		},
	} {
		for _, kind := range []string{"Create", "Update", "Delete"} {
			s := newStage(t, customerID)
			s.Store = brokenStore{get(s)}
			_, err := s.Handle(t.Context(), s.event(kind, stackA, nil))
			if name == "write fails" && kind == "Delete" {
				err = errors.New("nothing to write") // nothing was delivered, so nothing is lost
			}
			if err == nil || len(s.answers) != 1 || s.answers[0].Status != callback.Success {
				t.Errorf("%s, %s: %v, %+v", name, kind, err, s.answers)
			}
		}
	}
}

// A date ahead would outdate all that is to come.
func TestHandler_datedAhead(t *testing.T) {
	t.Parallel()
	s := newStage(t, customerID)
	s.wants("create", s.send("Create", stackA, request{"sent": s.clock.AddDate(70, 0, 0)}), callback.Success, registry.Verified)
	s.clock = s.clock.Add(time.Minute)
	s.wants("delete", s.send("Delete", stackA, nil), callback.Success, registry.Leaving)
}

func TestHandler_answerFails(t *testing.T) {
	t.Parallel()
	s := newStage(t, customerID)
	s.failing = errors.New("no route")
	if _, err := s.Handle(t.Context(), s.event("Create", stackA, nil)); err == nil {
		t.Error("an answer that was not sent must make Lambda try again")
	}
	s.failing = &callback.RefusedError{Code: 403}
	if _, err := s.Handle(t.Context(), s.event("Update", stackA, nil)); err != nil {
		t.Errorf("a stack that no longer waits: %v", err)
	}
}

// What cannot be answered safely is not answered, and is no reason to try again.
func TestHandler_unanswerable(t *testing.T) {
	t.Parallel()
	s := newStage(t, customerID)
	foreign := json.RawMessage(strings.ReplaceAll(string(s.event("Create", stackA, nil)), partnerID+":"+topicName, strangerID+":"+topicName))
	for name, row := range map[string]struct {
		event json.RawMessage
		log   string
	}{
		"response elsewhere": {s.event("Create", stackA, request{"ResponseURL": "https://attacker.example/?X-Amz-Signature=very-secret"}), "bad_response_url"},
		"no request":         {s.event("Create", stackA, request{"RequestType": "Read"}), "bad_message"},
		"foreign topic":      {foreign, "foreign_topic"},
	} {
		if _, err := s.Handle(t.Context(), row.event); err != nil || len(s.answers) != 0 {
			t.Errorf("%s: %v, %d answers", name, err, len(s.answers))
		}
		if !strings.Contains(s.log.String(), `"event":"`+row.log+`"`) {
			t.Errorf("%s is not in the log: %s", name, s.log.String())
		}
	}
	for _, event := range []string{"", "[]", "{}", `{"Records":[]}`, `{"Records":[{},{}]}`, `{"source":"aws.events"}`} {
		if _, err := s.Handle(t.Context(), json.RawMessage(event)); err == nil {
			t.Errorf("%q was handled", event)
		}
	}
}

// One line for each delivery, without anything that opens something.
func TestHandler_log(t *testing.T) {
	t.Parallel()
	s := newStage(t, customerID)
	s.send("Create", stackA, nil)
	s.send("Delete", stackA, nil)
	text := s.log.String()
	if n := strings.Count(strings.TrimSpace(text), "\n") + 1; n != 2 {
		t.Errorf("%d lines for 2 deliveries", n)
	}
	for _, secret := range []string{"very-secret", "X-Amz", s.offer.ExternalID, "ResponseURL"} {
		if strings.Contains(text, secret) {
			t.Errorf("the log holds %q: %s", secret, text)
		}
	}
	if !strings.Contains(text, s.name) || !strings.Contains(text, `"status":"leaving"`) {
		t.Errorf("the log does not tell the story: %s", text)
	}
}
