package receiver_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xrole/terraform-provider-xrole/internal/callback"
	"github.com/xrole/terraform-provider-xrole/internal/registry"
	"github.com/xrole/terraform-provider-xrole/internal/trust"
)

// meanwhile is the real registry with somebody else, who acts before the first write.
type meanwhile struct {
	*registry.Store
	act func()
}

func (m *meanwhile) PutDelivery(ctx context.Context, d registry.Delivery) error {
	if act := m.act; act != nil {
		m.act = nil
		act()
	}
	return m.Store.PutDelivery(ctx, d)
}

// between has something happen between the decision about the next delivery and its record.
func (s *stage) between(act func()) {
	other := *s.Handler
	s.Store = &meanwhile{Store: s.registry, act: func() {
		mine := s.Handler
		s.Handler = &other
		act()
		s.Handler = mine
	}}
}

// What was decided on a record that has changed since is decided again on what stands.
func TestHandler_recordedInBetween(t *testing.T) {
	t.Parallel()
	s := newStage(t, customerID)
	s.between(func() { s.wants("the other", s.send("Create", stackA, nil), callback.Success, registry.Verified) })
	told := s.handleLast(s.event("Create", stackB, nil))
	s.wants("the later", told, callback.Failed, registry.Verified)
	if d := s.delivery(); d.StackID != stackA || len(d.Answers) != 2 {
		t.Errorf("recorded as %+v", d)
	}
	s = newStage(t, customerID)
	event := s.event("Create", stackA, nil)
	s.between(func() { s.handle(event) })
	s.wants("the same request twice at once", s.handleLast(event), callback.Success, registry.Verified)
	if d := s.delivery(); len(d.Answers) != 1 || d.Revision != 1 {
		t.Errorf("a duplicate wrote: %+v", d)
	}
}

// That a role is gone counts for that role only, not for one that was proven after it was probed.
func TestHandler_takeoverInBetween(t *testing.T) {
	t.Parallel()
	role := func(name string) string { return "arn:aws:iam::" + customerID + ":role/" + name }
	named := func(name string) request { return request{"properties": request{"RoleArn": role(name)}} }
	s := newStage(t, customerID)
	s.send("Create", stackA, nil)
	delete(s.roles, good)
	s.roles[role("Second")], s.roles[role("Third")] = passed(role("Second")), passed(role("Third"))
	s.between(func() { s.send("Create", stackB, named("Second")) })
	third := strings.Replace(stackB, "bbbbbbbb", "cccccccc", 1)
	s.wants("the third", s.handleLast(s.event("Create", third, named("Third"))), callback.Failed, registry.Verified)
	if d := s.delivery(); d.RoleARN != role("Second") || d.StackID != stackB {
		t.Errorf("a role that stands was taken over: %+v", d)
	}
}

// A proof holds for the offer that it was made for. When that changes meanwhile, nothing is recorded, the stack is not
// blamed, and Lambda brings the delivery again.
func TestHandler_offerInBetween(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		// wrote is how often the delivery is written in between: a claim, and that its answer was taken.
		wrote  int64
		change func(*registry.Offer)
	}{
		"rotated": {2, func(o *registry.Offer) { o.ExternalID = trust.NewExternalID() }},
		"made again for another account": {1, func(o *registry.Offer) {
			o.OfferID, o.AccountID, o.ExternalID = "another", strangerID, trust.NewExternalID()
		}},
	} {
		s := newStage(t, customerID)
		s.send("Create", stackB, request{"properties": request{"RoleArn": "arn:aws:iam::" + customerID + ":role/none"}})
		before := s.delivery().Revision
		s.between(func() {
			changed := s.offer
			changed.Revision = "o:2"
			row.change(&changed)
			if err := s.registry.UpdateOffer(t.Context(), changed, s.offer.Revision); err != nil {
				t.Fatal(err)
			}
			s.send("Create", stackB, request{"properties": request{"RoleArn": "arn:aws:iam::" + customerID + ":role/none"}})
			s.answers = nil
		})
		// The claim that was recorded meanwhile checks with the new External ID, which is not what this test is about.
		s.anyID = true
		_, err := s.Handle(t.Context(), s.event("Create", stackA, nil))
		if err == nil || len(s.answers) != 1 || s.answers[0].Status != callback.Success {
			t.Errorf("%s: %v, told %+v", name, err, s.answers)
		}
		rec, err := s.registry.Get(t.Context(), s.name)
		if err != nil || rec.Delivery.Revision != before+row.wrote || rec.Delivery.OwnedBy(stackA, "Callback") || rec.Delivery.Claimed(stackA, "Callback") || rec.Status() == registry.Verified {
			t.Errorf("%s: recorded as %+v, %v", name, rec.Delivery, err)
		}
	}
}

// handleLast handles an event during which others are answered too, and returns its own answer.
func (s *stage) handleLast(event []byte) callback.Response {
	s.Helper()
	if _, err := s.Handle(s.Context(), event); err != nil {
		s.Fatal(err)
	}
	return s.answers[len(s.answers)-1]
}

// slow stands for dependencies that never answer. Each call waits for its context and says when that ended.
type slow struct {
	began                  time.Time
	checkEnded, writeEnded time.Duration
	offer                  registry.Offer
}

func (w *slow) wait(ctx context.Context) (time.Duration, error) {
	<-ctx.Done()
	return time.Since(w.began), ctx.Err()
}

func (w *slow) Get(context.Context, string) (registry.Record, error) {
	return registry.Record{Offer: &w.offer}, nil
}

func (w *slow) PutDelivery(ctx context.Context, _ registry.Delivery) (err error) {
	w.writeEnded, err = w.wait(ctx)
	return err
}

func (w *slow) Check(ctx context.Context, _ time.Duration, _ string, _ ...string) (_ trust.Result, err error) {
	w.checkEnded, err = w.wait(ctx)
	return trust.Result{}, err
}

func (w *slow) Due(context.Context, time.Time) ([]string, error) { return nil, nil }

func (w *slow) Gone(context.Context, string, ...string) (bool, error) { return false, nil }

// However little time the function has, the check leaves some for the record, and the record some for the answer.
func TestHandler_deadline(t *testing.T) {
	t.Parallel()
	s := newStage(t, customerID)
	event := s.event("Create", stackA, nil)
	for _, limit := range []time.Duration{3 * time.Second, 30 * time.Second, 4 * time.Minute} { //nolint:paralleltest // the stage's answers are shared
		t.Run(fmt.Sprint(limit), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := &slow{began: time.Now(), offer: s.offer}
				h := *s.Handler
				h.Store, h.Checker, h.Now = w, w, time.Now
				ctx, cancel := context.WithTimeout(t.Context(), limit)
				defer cancel()
				before := len(s.answers)
				if _, err := h.Handle(ctx, event); err == nil {
					t.Error("nothing was recorded, and Lambda does not know")
				}
				if ctx.Err() != nil || len(s.answers) != before+1 || s.answers[before].Status != callback.Success {
					t.Errorf("%d answers", len(s.answers)-before)
				}
				if w.checkEnded >= w.writeEnded || w.writeEnded >= limit || limit-w.writeEnded < min(limit/4, 12*time.Second) {
					t.Errorf("the check ended after %s, the record after %s of %s", w.checkEnded, w.writeEnded, limit)
				}
			})
		})
	}
}
