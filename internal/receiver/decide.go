package receiver

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/xrole/terraform-provider-xrole/internal/callback"
	"github.com/xrole/terraform-provider-xrole/internal/registry"
	"github.com/xrole/terraform-provider-xrole/internal/trust"
)

// What a customer reads on the stack's page. Nothing of the partner's is in it: no account, ARN, table or stack.
const (
	sayUnknown   = "This invitation is not known. Ask your partner for a new launch link, and launch it without changing its parameters."
	sayAccount   = "This invitation is for another AWS account. Sign in to the account that your partner named, and launch the link there."
	sayRole      = "The role that was reported is not one of this stack's own account. Launch the template as your partner sent it."
	sayMalformed = "The stack's report could not be read. Launch the template as your partner sent it, without changes."
	sayOpen      = "The role can be assumed without the External ID of this invitation, which would let others in. Launch the template as your partner sent it, without changes to the trust policy."
	sayTaken     = "Another stack's role is in use for this invitation already. Delete that stack first, or keep it and delete this one."
)

// spreads is how long a new role is waited for while IAM spreads it; it was seen to take up to half a minute. Longer
// would let one customer hold the function for all.
const spreads = 90 * time.Second

func succeed(req *callback.Request) callback.Response {
	return callback.Response{Status: callback.Success, PhysicalResourceID: req.PhysicalID()}
}

// decide says what a request comes to, and records it before it returns.
func (h *Handler) decide(ctx context.Context, req *callback.Request, parseErr error) (outcome, error) {
	if req.Type == callback.Delete {
		return h.left(ctx, req, parseErr)
	}
	if parseErr != nil {
		return refuse(req, nil, sayMalformed, parseErr.Error()), nil
	}
	rec, err := h.Store.Get(ctx, req.Properties.OnboardingName)
	if err != nil {
		return outcome{}, err
	}
	if rec.Offer == nil {
		return refuse(req, nil, sayUnknown, "no such onboarding"), nil
	}
	if told, again := answered(rec, req); again {
		return duplicate(rec.Draft(), req, told), nil
	}
	if !invited(rec, req) {
		return refuse(req, nil, sayUnknown, "not of a template that was offered"), nil
	}
	if say, note := h.mismatch(rec, req); say != "" {
		return h.refused(ctx, rec, req, say, note)
	}
	result, err := h.check(ctx, rec.Offer, req)
	if errors.Is(err, trust.ErrPartition) {
		return h.refused(ctx, rec, req, sayRole, err.Error())
	}
	note := ""
	if err != nil {
		note = trust.Why(err) // not provable now, which is nobody's fault
	}
	return h.checked(ctx, rec, req, result, note)
}

// invited reports whether a request comes from who was given a template: it names one's version, or a stack that did so
// before. The topic takes messages from every listed account, and SNS does not say from which; what others write is
// answered as if there were no such onboarding, and neither recorded nor tried, so that they learn nothing of it, its
// External ID least of all.
func invited(rec registry.Record, req *callback.Request) bool {
	if rec.Offer.Knows(req.Properties.TemplateVersion) {
		return true
	}
	d := rec.Current()
	return d != nil && (d.OwnedBy(req.StackID, req.LogicalResourceID) || d.Claimed(req.StackID, req.LogicalResourceID))
}

// check ends in time for what it found to be recorded.
func (h *Handler) check(ctx context.Context, offer *registry.Offer, req *callback.Request) (trust.Result, error) {
	ctx, cancel := h.reserving(ctx, recordIn)
	defer cancel()
	return h.Checker.Check(ctx, spreads, req.Properties.RoleARN, externalIDs(offer)...)
}

func answered(rec registry.Record, req *callback.Request) (callback.Response, bool) {
	d := rec.Current()
	if d == nil {
		return callback.Response{}, false
	}
	told, ok := d.Answered(req.StackID, req.RequestID)
	late := d.LeftSince(req.StackID, req.LogicalResourceID, req.SentAt)
	if req.Type == callback.Delete || !ok && late {
		return succeed(req), ok || late // a Delete: whoever gave it the id of a request that failed
	}
	return callback.Response{Status: callback.Status(told.Status), Reason: told.Reason, PhysicalResourceID: told.PhysicalResourceID}, ok
}

func externalIDs(offer *registry.Offer) []string {
	if offer.PreviousExternalID == "" {
		return []string{offer.ExternalID}
	}
	return []string{offer.ExternalID, offer.PreviousExternalID}
}

// mismatch finds what is certainly wrong without asking anybody: the stack, the role and the invitation must be of one
// account, and that must not be the partner's own.
func (h *Handler) mismatch(rec registry.Record, req *callback.Request) (say, note string) {
	declared := rec.Offer.AccountID
	if d := rec.Current(); declared == "" && d != nil {
		declared = d.AccountID // open to anyone: the first account that was verified is the one
	}
	role := req.Properties.Role
	switch {
	case declared != "" && req.Stack.AccountID != declared:
		return sayAccount, "the stack is of another account"
	case role.AccountID != req.Stack.AccountID:
		return sayRole, "the role is of another account than the stack"
	case role.AccountID == h.AccountID:
		return sayRole, "the role is of the partner's own account"
	default:
		return "", ""
	}
}

// refuse answers FAILED where that is allowed: on Create, and on an Update to a template that this stack was not told
// SUCCESS about before. Any other Update may be a rollback, and must never fail.
func refuse(req *callback.Request, d *registry.Delivery, say, note string) outcome {
	out := outcome{response: succeed(req), note: note}
	accepted := d == nil || d.Accepted(req.StackID, req.Properties.TemplateVersion)
	if req.Type == callback.Create || req.Type == callback.Update && !accepted {
		out.response.Status, out.response.Reason = callback.Failed, say
	}
	return out
}

// refused answers a definite mismatch. It shows as Rejected as long as nothing better came; a stack that waits to be
// proven keeps its claim, since anybody may send a second message in its name.
func (h *Handler) refused(ctx context.Context, rec registry.Record, req *callback.Request, say, note string) (outcome, error) {
	return h.record(ctx, rec, req, func(d *registry.Delivery) outcome {
		if !d.Claimed(req.StackID, req.LogicalResourceID) {
			d.Refuse(req.StackID, req.LogicalResourceID, note)
		}
		return refuse(req, d, say, note)
	})
}

// checked records what the trust check found.
func (h *Handler) checked(ctx context.Context, rec registry.Record, req *callback.Request, result trust.Result, note string) (outcome, error) {
	if note == "" {
		note = strings.Join(result.Findings, "; ")
	}
	if (result.Passed() || result.AccountID != "") && result.AccountID != req.Stack.AccountID {
		return h.refused(ctx, rec, req, sayRole, "the role's session is in another account")
	}
	if result.LetsOthersIn() {
		return h.loosened(ctx, rec, req, note)
	}
	gone := "" // the role that was in use, if it is gone
	if d := rec.Current(); result.Passed() && d != nil && !d.Yields(h.claim(req, note), false) {
		ok, err := h.Checker.Gone(ctx, d.RoleARN, externalIDs(rec.Offer)...)
		if err != nil {
			return outcome{}, fmt.Errorf("probing the role that is in use: %w", err)
		}
		if ok {
			gone = d.RoleARN
		}
	}
	return h.record(ctx, rec, req, func(d *registry.Delivery) outcome {
		claim := h.claim(req, note)
		out := outcome{response: succeed(req), note: note}
		switch {
		case !result.Passed():
			d.Claim(claim)
			out.claimed = &claimed{claim: claim}
		case d.Yields(claim, gone != "" && gone == d.RoleARN):
			d.Prove(claim, result.ExternalID, h.Now())
		default:
			out = refuse(req, d, sayTaken, "another stack's role is in use")
			claim.Reason = out.note
			d.Claim(claim)
			out.claimed = &claimed{claim: claim}
		}
		return out
	})
}

// loosened refuses a role that lets others in. If it is the one in use, it no longer counts as verified.
func (h *Handler) loosened(ctx context.Context, rec registry.Record, req *callback.Request, note string) (outcome, error) {
	return h.record(ctx, rec, req, func(d *registry.Delivery) outcome {
		out := refuse(req, d, sayOpen, note)
		if d.RoleARN == req.Properties.RoleARN {
			d.Loosen(note)
			return out
		}
		d.Refuse(req.StackID, req.LogicalResourceID, note)
		return out
	})
}

// left records a Delete, which is always answered SUCCESS. CloudFormation sends it while the role still stands, and
// anybody may forge one: it counts only from the owner, and proves nothing then either.
func (h *Handler) left(ctx context.Context, req *callback.Request, parseErr error) (outcome, error) {
	out := outcome{response: succeed(req)}
	if parseErr != nil {
		out.note = parseErr.Error()
		return out, nil //nolint:nilerr // a malformed Delete is answered and forgotten
	}
	rec, err := h.Store.Get(ctx, req.Properties.OnboardingName)
	if err != nil {
		return out, err
	}
	d := rec.Current()
	if d == nil && (rec.Offer == nil || !invited(rec, req)) {
		out.note = "no such delivery"
		return out, h.leftBehind(ctx, rec.Delivery, req)
	}
	if told, again := answered(rec, req); again {
		return duplicate(*d, req, told), nil
	}
	if !invited(rec, req) {
		out.status, out.note = d.Status, "a stack that never had this onboarding"
		return out, nil
	}
	return h.record(ctx, rec, req, func(d *registry.Delivery) outcome {
		if d.OwnedBy(req.StackID, req.LogicalResourceID) {
			d.Leave(req.SentAt)
			d.Hasten(h.Now()) // however late it comes
		} else {
			d.Withdraw(req.StackID, req.LogicalResourceID) // or it was not heard of yet: its Create waits, and counts no more
		}
		return out
	})
}

// leftBehind records the Delete of a stack whose onboarding was destroyed before it: until then its account must go on
// publishing, or the stack could not be deleted.
func (h *Handler) leftBehind(ctx context.Context, former *registry.Delivery, req *callback.Request) error {
	if former == nil {
		return nil
	}
	d := *former
	switch {
	case d.OwnedBy(req.StackID, req.LogicalResourceID):
		d.Leave(req.SentAt)
		d.DueAt = d.LeavingAt.Add(registry.SettleTime)
	case d.Claimed(req.StackID, req.LogicalResourceID):
		d.Withdraw(req.StackID, req.LogicalResourceID)
	default:
		return nil
	}
	return h.Store.PutDelivery(ctx, d)
}

func (h *Handler) claim(req *callback.Request, reason string) registry.Claim {
	return registry.Claim{
		StackID: req.StackID, LogicalResourceID: req.LogicalResourceID, RoleARN: req.Properties.RoleARN,
		AccountID: req.Stack.AccountID, Region: req.Region, TemplateVersion: req.Properties.TemplateVersion,
		Reason: reason, At: req.SentAt,
	}
}
