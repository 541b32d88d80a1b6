package receiver

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/xrole/terraform-provider-xrole/internal/partition"
	"github.com/xrole/terraform-provider-xrole/internal/registry"
	"github.com/xrole/terraform-provider-xrole/internal/trust"
)

// Verified is the answer to a request to prove one onboarding again.
type Verified struct {
	Name   string `json:"name"`
	Status string `json:"status"`
	Reason string `json:"reason,omitempty"`
}

// standing is how long a role that is asked for by name is waited for: IAM has spread it long ago.
const standing = 10 * time.Second

// putTime is left for writing down what was found.
const putTime = 10 * time.Second

// verify proves one onboarding's role again: the owner's; if there is none, or it is gone, those that stacks claim or the
// one to take over.
func (h *Handler) verify(ctx context.Context, name string) (*Verified, error) {
	rec, err := h.Store.Get(ctx, name)
	if err != nil {
		return nil, err
	}
	return h.verifyRead(ctx, name, rec)
}

// verifyRead is verify for whoever has read the onboarding. When somebody else has written in between, what was found is
// applied to what stands then, and is looked at again soon.
func (h *Handler) verifyRead(ctx context.Context, name string, rec registry.Record) (*Verified, error) {
	var l look
	for range writes {
		if rec.Offer == nil {
			return nil, fmt.Errorf("the registry holds no onboarding %q", name)
		}
		l.begin(rec.Offer)
		d := rec.Draft()
		d.DueAt = time.Time{} // this is it
		unsettled := h.tryAll(ctx, rec, &d, &l)
		if unsettled != nil {
			d.Unsettled(h.Now(), h.Recheck)
		}
		if l.over {
			d.Hasten(h.Now())
		}
		err := h.put(ctx, rec, &d)
		if errors.Is(err, registry.ErrRevision) {
			l.over = true
			if rec, err = h.Store.Get(ctx, name); err != nil {
				return nil, err
			}
			continue
		}
		if unsettled != nil {
			return nil, errors.Join(unsettled, err)
		}
		h.Log.InfoContext(ctx, "verify", "event", "verify", "onboarding", name, "status", string(d.Status))
		return &Verified{Name: name, Status: string(d.Status), Reason: d.Reason}, err
	}
	return nil, fmt.Errorf("verifying %q: others were recorded in between each of %d times", name, writes)
}

// look is what was found of the roles of one onboarding, each of which is probed once: a customer who writes while its role is
// probed could otherwise have it probed anew until there is no time left, and what it has become never written.
type look struct {
	offerID, revision string
	found             map[string]finding
	// over is when nothing is probed any more.
	over bool
}

type finding struct {
	result trust.Result
	err    error
}

// begin forgets what was found for an offer that is no more.
func (l *look) begin(offer *registry.Offer) {
	if l.found == nil || l.offerID != offer.OfferID || l.revision != offer.Revision {
		*l = look{offerID: offer.OfferID, revision: offer.Revision, found: map[string]finding{}}
	}
}

// tryAll proves the role in use, then what its own stack has reported since, which takes its place if it is proven; and where
// no role stands, what others claim, until one is proven. All of them together may take as long as one, the one in use first:
// whoever has roles claimed that take their time must keep the receiver neither from everybody else, nor from seeing what has
// become of the one in use. The error is that something could not be settled.
func (h *Handler) tryAll(ctx context.Context, rec registry.Record, d *registry.Delivery, l *look) error {
	ctx, cancel := h.reserving(ctx, putTime)
	defer cancel()
	ctx, cancelLook := context.WithTimeout(ctx, standing+trust.CheckTime)
	defer cancelLook()
	var unsettled error
	if d.RoleARN != "" {
		inUse, since := reported(d)
		unsettled = h.verifyOne(ctx, rec, d, inUse, l)
		for _, c := range since {
			if err := h.verifyOne(ctx, rec, d, c, l); err == nil && d.RoleARN == c.RoleARN {
				return nil
			}
		}
		if d.Status != registry.Disconnected {
			return unsettled // somebody who waits has no say while the one in use may stand
		}
	}
	for _, c := range h.others(rec, d) {
		if err := h.verifyOne(ctx, rec, d, c, l); err != nil {
			unsettled = errors.Join(unsettled, err) // one that STS does not understand does not stand before the others
		}
		if d.Status == registry.Verified {
			return nil // the rest is older
		}
	}
	return unsettled
}

// reported are the role in use, with the last that its own stack said of it, and the other roles which that stack has reported
// since, the latest first.
func reported(d *registry.Delivery) (inUse registry.Claim, since []registry.Claim) {
	inUse = d.Owner()
	var last time.Time
	for _, c := range slices.Backward(d.Claims) {
		switch {
		case !d.Follows(c):
		case c.RoleARN != d.RoleARN:
			since = append(since, c)
		case c.At.After(last):
			inUse, last = c, c.At
		}
	}
	return inUse, since
}

// others are the roles that any stack claims, and the one to take over, the most likely first.
func (h *Handler) others(rec registry.Record, d *registry.Delivery) []registry.Claim {
	claims := d.Waiting()
	role, err := partition.ParseRoleARN(rec.Offer.ExistingRoleARN)
	if d.RoleARN == "" && err == nil && (rec.Offer.AccountID == "" || role.AccountID == rec.Offer.AccountID) {
		claims = append(claims, registry.Claim{RoleARN: rec.Offer.ExistingRoleARN, AccountID: role.AccountID, At: h.Now()})
	}
	return claims
}

// find probes a role once in a look, and none once that is over.
func (h *Handler) find(ctx context.Context, offer *registry.Offer, role string, l *look) (result trust.Result, known bool, err error) {
	f, known := l.found[role]
	if !known && !l.over {
		f.result, f.err = h.Checker.Check(ctx, standing, role, externalIDs(offer)...)
		l.found[role], known = f, true
	}
	return f.result, known, f.err
}

func (h *Handler) verifyOne(ctx context.Context, rec registry.Record, d *registry.Delivery, c registry.Claim, l *look) error {
	result, known, err := h.find(ctx, rec.Offer, c.RoleARN, l)
	if !known || errors.Is(err, trust.ErrOwnAccount) || errors.Is(err, trust.ErrPartition) {
		return nil // not now, or never to be proven
	}
	if trust.OfRole(err) { // nobody's alarm: it is looked at like any that cannot be proven
		if d.Status != registry.Verified {
			d.Reason = trust.Why(err)
		}
		return nil
	}
	if err != nil {
		return err
	}
	note := strings.Join(result.Findings, "; ")
	owner, own := d.RoleARN == c.RoleARN, d.StackID != "" && d.StackID == c.StackID
	switch {
	case result.Passed() && result.AccountID == c.AccountID && h.settled(d) && d.Yields(c, false):
		d.Prove(c, result.ExternalID, h.Now())
	case owner && result.LetsOthersIn():
		d.Loosen(note)
	case owner && !result.Assumable:
		d.Fail(note, h.Now())
	case owner:
		d.FailingSince = time.Time{} // it stands, and more is not certain
		if !result.Passed() {
			d.Reason = note
			d.Unsettled(h.Now(), h.Recheck)
		}
	case !owner && !result.Passed():
		if !own {
			d.Reason = note
		}
		if !c.Answered && (own || result.LetsOthersIn()) {
			d.Claims = slices.DeleteFunc(slices.Clone(d.Claims), func(old registry.Claim) bool { return old == c }) // it had its turn
		}
	}
	return nil
}

// settled is false while a stack's Delete may still be under way: a role that stands then proves nothing.
func (h *Handler) settled(d *registry.Delivery) bool {
	return d.Status != registry.Leaving || h.Now().Sub(d.LeavingAt) >= registry.SettleTime
}
