package receiver_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/xrole/terraform-provider-xrole/internal/registry"
	"github.com/xrole/terraform-provider-xrole/internal/trust"
)

// erring is a checker for which STS does not understand some roles' ARNs.
type erring struct{ *stage }

func (s erring) Check(ctx context.Context, patience time.Duration, role string, ids ...string) (trust.Result, error) {
	if strings.HasSuffix(role, "/erring") {
		return trust.Result{}, errors.New("ValidationError: Request ARN is invalid")
	}
	return s.stage.Check(ctx, patience, role, ids...)
}

// A claim that STS answers with an error keeps nobody behind it from being tried.
func TestHandler_claimErrs(t *testing.T) {
	t.Parallel()
	s := newStage(t, customerID)
	offer := s.offer
	offer.ExistingRoleARN, offer.Revision = good, "o:2"
	if err := s.registry.UpdateOffer(t.Context(), offer, "o:1"); err != nil {
		t.Fatal(err)
	}
	s.Checker = erring{s}
	s.send("Create", stackA, request{"properties": request{"RoleArn": "arn:aws:iam::" + customerID + ":role/x/erring"}})
	if _, err := s.Handle(t.Context(), json.RawMessage(`{"verify":{"name":"`+s.name+`"}}`)); err != nil {
		t.Errorf("the look failed: %v", err)
	}
	if d := s.delivery(); d.Status != registry.Verified || d.RoleARN != good {
		t.Errorf("the role to take over is recorded as %s %q", d.Status, d.RoleARN)
	}
}

// endless is a checker for which each role takes until the look ends.
type endless struct{ *stage }

func (s endless) Check(ctx context.Context, _ time.Duration, _ string, _ ...string) (trust.Result, error) {
	if _, ok := ctx.Deadline(); !ok {
		return trust.Result{}, errors.New("a check without an end")
	}
	<-ctx.Done()
	return trust.Result{}, ctx.Err()
}

// Roles that take their time take no more than one of them may, and their onboarding goes behind the others.
func TestHandler_claimsTakeTheirTime(t *testing.T) {
	t.Parallel()
	s := newStage(t, customerID)
	for _, n := range []string{"a", "b", "c", "d", "e"} {
		s.send("Create", strings.Replace(stackA, "stack/A", "stack/"+n, 1), request{"properties": request{"RoleArn": "arn:aws:iam::" + customerID + ":role/" + n}})
	}
	before := s.delivery()
	if len(before.Claims) != 5 {
		t.Fatalf("%d claims", len(before.Claims))
	}
	s.Checker = endless{s}
	s.clock = time.Now().Add(10 * time.Minute)
	ctx, cancel := context.WithDeadline(t.Context(), s.clock.Add(400*time.Millisecond))
	defer cancel()
	if _, err := s.Handle(ctx, json.RawMessage(`{"verify":{"name":"`+s.name+`"}}`)); err == nil {
		t.Error("what could not be settled is no error")
	}
	if after := s.delivery(); !after.DueAt.After(s.clock) {
		t.Errorf("it was due at %s and is at %s: still before the others", before.DueAt, after.DueAt)
	}
}

// A role that lets others in has its turn, and no second one before those that wait behind it.
func TestHandler_claimLooseGoes(t *testing.T) {
	t.Parallel()
	s := newStage(t, customerID)
	bad := "arn:aws:iam::" + customerID + ":role/bad"
	s.send("Create", stackA, request{"properties": request{"RoleArn": bad}})
	if !s.delivery().Claimed(stackA, "Callback") {
		t.Fatal("no claim is waiting")
	}
	claim := s.delivery()
	claim.Claims[0].Answered = false // as one whose answer CloudFormation never took
	if err := s.registry.PutDelivery(t.Context(), *claim); err != nil {
		t.Fatal(err)
	}
	s.roles[bad] = loose()
	s.verify()
	if d := s.delivery(); d.Claimed(stackA, "Callback") {
		t.Errorf("a loose role waits for ever: %+v", d.Claims)
	}
}
