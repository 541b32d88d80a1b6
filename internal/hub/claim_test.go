package hub_test

import (
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/xrole/terraform-provider-xrole/internal/hub"
	"github.com/xrole/terraform-provider-xrole/internal/lab"
)

// imported is a hub in use, and what two Terraform states want that both imported it.
func imported(t *testing.T) (s *stage, h *hub.Hub, one, two hub.Spec) {
	t.Helper()
	s = newStage(t)
	s.spec.Owner = "lost"
	h = apply(t, s.partner, s.spec)
	s.offer(h, "globex", home)
	one, two = s.spec, s.spec
	one.Owner, two.Owner = "state-1", "state-2"
	one.FormerOwner, two.FormerOwner = aws.String("lost"), aws.String("lost")
	return s, h, one, two
}

// Of two states that imported one hub the first that writes owns it.
func TestApply_importedTwice(t *testing.T) {
	t.Parallel()
	s, h, one, two := imported(t)
	for _, spec := range []hub.Spec{s.spec, one, two} {
		if found := s.drift(spec); len(found) > 0 {
			t.Errorf("%s sees drift before anybody wrote: %q", spec.Owner, found)
		}
	}
	apply(t, s.partner, one)
	for _, spec := range []hub.Spec{s.spec, two} {
		if got := refused[*hub.OwnerError](s, spec); got.Owner != "state-1" {
			t.Errorf("%+v", *got)
		}
		if len(s.drift(spec)) == 0 {
			t.Errorf("%s does not see that the hub has another owner", spec.Owner)
		}
	}
	loser := *h
	loser.Owner, loser.FormerOwner = "state-2", aws.String("lost")
	if err := hub.Destroy(t.Context(), clientsOf(s.partner), loser, true, func(string) {}); !isA[*hub.OwnerError](err) {
		t.Errorf("the other one's destroy: %v", err)
	}
	one.FormerOwner = nil
	apply(t, s.partner, one)
	s.whole(one)
}

func isA[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

// Two that write at the same time: the second changes nothing, and the first is whole.
func TestApply_importedTwiceAtOnce(t *testing.T) {
	t.Parallel()
	s, _, one, two := imported(t)
	remove := s.lab.Inject(lab.Fault{AccountID: s.partner.ID, Operation: "PutItem", Times: 1, Hook: func() { apply(t, s.partner, one) }})
	defer remove()
	at := asked(s.lab, s.partner)
	_, err := hub.Apply(t.Context(), clientsOf(s.partner), two, func(string) {})
	if revision, ok := errors.AsType[*hub.RevisionError](err); !ok || revision.Owner != "state-1" {
		t.Fatalf("error %v", err)
	}
	if n := changes(s.lab, s.partner, at)["UpdateStack in "+home]; n != 1 {
		t.Errorf("%d updates of stacks", n)
	}
	one.FormerOwner = nil
	s.whole(one)
	if got := refused[*hub.OwnerError](s, two); got.Owner != "state-1" {
		t.Errorf("%+v", *got)
	}
}

// A run that ends after its claim is taken up by the next of the same state, and nobody else's destroy takes the hub away.
func TestApply_importedAndStopped(t *testing.T) {
	t.Parallel()
	s, h, one, two := imported(t)
	remove := s.lab.Inject(lab.Fault{AccountID: s.partner.ID, Operation: "UpdateStack", Kind: lab.Status{Code: 403, ErrorCode: "AccessDenied"}})
	if _, err := hub.Apply(t.Context(), clientsOf(s.partner), one, func(string) {}); err == nil {
		t.Fatal("it did not stop")
	}
	remove()
	if got := refused[*hub.OwnerError](s, two); got.Owner != "state-1" {
		t.Errorf("%+v", *got)
	}
	loser := *h
	loser.Owner, loser.FormerOwner = "state-2", aws.String("lost")
	if err := hub.Destroy(t.Context(), clientsOf(s.partner), loser, true, func(string) {}); !isA[*hub.OwnerError](err) {
		t.Errorf("the other one's destroy: %v", err)
	}
	apply(t, s.partner, one)
	one.FormerOwner = nil
	s.whole(one)
}

// A lost answer to the write of the settings is no second owner.
func TestApply_settingsAnswerLost(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	apply(t, s.partner, s.spec)
	defer s.lab.Inject(lab.Fault{AccountID: s.partner.ID, Operation: "PutItem", Times: 1, Kind: lab.ResetAfter})()
	s.spec.LogRetentionDays = 30
	apply(t, s.partner, s.spec)
	s.whole(s.spec)
}
