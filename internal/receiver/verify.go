package receiver

import (
	"context"
	"errors"
	"fmt"
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
		for _, c := range h.candidates(rec) {
			if c.RoleARN != d.RoleARN && d.RoleARN != "" && d.Status != registry.Disconnected {
				break // somebody who waits has no say while the one in use may stand
			}
			if err := h.verifyOne(ctx, rec, &d, c); err != nil {
				return nil, err
			}
			if d.Status == registry.Verified {
				break // the others are older
			}
		}
		d.DueAt = time.Time{} // this was it
		err = h.put(ctx, rec.Status(), &d)
		if errors.Is(err, registry.ErrRevision) {
			continue
		}
		h.Log.InfoContext(ctx, "verify", "event", "verify", "onboarding", name, "status", string(d.Status))
		return &Verified{Name: name, Status: string(d.Status), Reason: d.Reason}, err
	}
	return nil, fmt.Errorf("verifying %q: others were recorded in between each of %d times", name, writes)
}

// candidates are the roles that may be the onboarding's, the most likely first.
func (h *Handler) candidates(rec registry.Record) []registry.Claim {
	d := rec.Draft()
	claims := d.Waiting()
	if d.RoleARN != "" {
		return append([]registry.Claim{d.Owner()}, claims...)
	}
	role, err := partition.ParseRoleARN(rec.Offer.ExistingRoleARN)
	if err == nil && (rec.Offer.AccountID == "" || role.AccountID == rec.Offer.AccountID) {
		claims = append(claims, registry.Claim{RoleARN: rec.Offer.ExistingRoleARN, AccountID: role.AccountID, At: h.Now()})
	}
	return claims
}

func (h *Handler) verifyOne(ctx context.Context, rec registry.Record, d *registry.Delivery, c registry.Claim) error {
	check, cancel := context.WithTimeout(ctx, standing+trust.CheckTime)
	defer cancel()
	result, err := h.Checker.Check(check, standing, c.RoleARN, externalIDs(rec.Offer)...)
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
	}
	return nil
}

// settled is false while a stack's Delete may still be under way: a role that stands then proves nothing.
func (h *Handler) settled(d *registry.Delivery) bool {
	return d.Status != registry.Leaving || h.Now().Sub(d.LeavingAt) >= registry.SettleTime
}
