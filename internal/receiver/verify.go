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
	for range writes {
		rec, err := h.Store.Get(ctx, name)
		if err != nil {
			return nil, err
		}
		if rec.Offer == nil {
			return nil, fmt.Errorf("the registry holds no onboarding %q", name)
		}
		d := rec.Draft()
		unsettled := h.tryAll(ctx, rec, &d)
		d.DueAt = time.Time{} // this was it
		if unsettled != nil {
			d.DueAt = h.Now().Add(registry.Soon) // behind the others
		}
		err = h.put(ctx, rec.Status(), &d)
		if errors.Is(err, registry.ErrRevision) {
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

// tryAll proves what may be the onboarding's role, until one is proven. All of them together may take as long as one: whoever
// has others claim roles that take their time must not keep the receiver from everybody else. The error is that something
// could not be settled.
func (h *Handler) tryAll(ctx context.Context, rec registry.Record, d *registry.Delivery) error {
	look, cancel := h.reserving(ctx, putTime)
	defer cancel()
	look, cancelLook := context.WithTimeout(look, standing+trust.CheckTime)
	defer cancelLook()
	var unsettled error
	for _, c := range h.candidates(rec) {
		if c.RoleARN != d.RoleARN && d.RoleARN != "" && d.Status != registry.Disconnected && !d.OwnedBy(c.StackID, c.LogicalResourceID) {
			break // somebody who waits has no say while the one in use may stand
		}
		err := h.verifyOne(look, rec, d, c)
		if d.Status == registry.Verified && d.RoleARN == c.RoleARN {
			return err // of the one in use: the others are older, and what could not be settled of them matters no more
		}
		unsettled = errors.Join(unsettled, err) // one that STS does not understand does not stand before the others
	}
	return unsettled
}

// candidates are the roles that may be the onboarding's, the most likely first: what the owner's stack has reported since it
// was proven, what it was proven with, and what others claim.
func (h *Handler) candidates(rec registry.Record) []registry.Claim {
	d := rec.Draft()
	claims := d.Waiting()
	if d.RoleARN != "" {
		own, others := []registry.Claim{}, []registry.Claim{}
		for _, c := range claims {
			if d.OwnedBy(c.StackID, c.LogicalResourceID) {
				own = append(own, c)
			} else {
				others = append(others, c)
			}
		}
		if !slices.ContainsFunc(own, func(c registry.Claim) bool { return c.RoleARN == d.RoleARN }) {
			own = append(own, d.Owner())
		}
		return append(own, others...)
	}
	role, err := partition.ParseRoleARN(rec.Offer.ExistingRoleARN)
	if err == nil && (rec.Offer.AccountID == "" || role.AccountID == rec.Offer.AccountID) {
		claims = append(claims, registry.Claim{RoleARN: rec.Offer.ExistingRoleARN, AccountID: role.AccountID, At: h.Now()})
	}
	return claims
}

func (h *Handler) verifyOne(ctx context.Context, rec registry.Record, d *registry.Delivery, c registry.Claim) error {
	result, err := h.Checker.Check(ctx, standing, c.RoleARN, externalIDs(rec.Offer)...)
	if errors.Is(err, trust.ErrOwnAccount) || errors.Is(err, trust.ErrPartition) {
		return nil // never to be proven
	}
	if err != nil {
		return err
	}
	note := strings.Join(result.Findings, "; ")
	owner := d.RoleARN == c.RoleARN
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
		}
	case !owner && !result.Passed():
		d.Reason = note
		if result.LetsOthersIn() && !c.Answered {
			d.Claims = slices.DeleteFunc(slices.Clone(d.Claims), func(old registry.Claim) bool { return old == c }) // it had its turn
		}
	}
	return nil
}

// settled is false while a stack's Delete may still be under way: a role that stands then proves nothing.
func (h *Handler) settled(d *registry.Delivery) bool {
	return d.Status != registry.Leaving || h.Now().Sub(d.LeavingAt) >= registry.SettleTime
}
