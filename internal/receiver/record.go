package receiver

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/xrole/terraform-provider-xrole/internal/callback"
	"github.com/xrole/terraform-provider-xrole/internal/registry"
)

// writes is how often a delivery is decided again when another one was recorded in between.
const writes = 5

// errOffer makes Lambda bring the delivery again: what was found holds for an offer that is no more.
var errOffer = errors.New("the offer has changed while the delivery was decided")

// record applies what was found to the delivery and writes it, before anybody is told. When somebody else has written
// in between, it is applied to what stands then.
func (h *Handler) record(ctx context.Context, rec registry.Record, req *callback.Request, apply func(*registry.Delivery) outcome) (outcome, error) {
	seen := *rec.Offer
	for range writes {
		d := rec.Draft()
		if told, again := answered(rec, req); again {
			return duplicate(d, req, told), nil
		}
		if d.OwnedBy(req.StackID, req.LogicalResourceID) && req.SentAt.Before(d.RequestedAt) {
			return outcome{response: succeed(req), status: d.Status, note: "older than what is recorded"}, nil
		}
		out := apply(&d)
		out.status = d.Status
		if rec.Offer.AccountID == "" || rec.Offer.AccountID == req.Stack.AccountID {
			d.Remember(toRemember(req, out.response))
		}
		err := h.put(ctx, rec, &d)
		if !errors.Is(err, registry.ErrRevision) {
			return out.with(d), err
		}
		if rec, err = h.Store.Get(ctx, req.Properties.OnboardingName); err != nil {
			return out, err
		}
		if rec.Offer == nil {
			return refuse(req, nil, sayUnknown, "the onboarding has just been destroyed"), nil
		}
		if rec.Offer.OfferID != seen.OfferID || rec.Offer.Revision != seen.Revision {
			return outcome{}, errOffer
		}
	}
	return outcome{}, fmt.Errorf("recording the delivery: others were recorded in between each of %d times", writes)
}

// toRemember is what an answer to a request leaves. That to a Delete says when which resource went, and accepts no template.
func toRemember(req *callback.Request, told callback.Response) registry.Answer {
	a := registry.Answer{StackID: req.StackID, RequestID: req.RequestID, Status: string(told.Status), Reason: told.Reason, PhysicalResourceID: told.PhysicalResourceID}
	if req.Type == callback.Delete {
		a.LogicalResourceID, a.LeftAt = req.LogicalResourceID, req.SentAt
	} else {
		a.TemplateVersion = req.Properties.TemplateVersion
	}
	return a
}

// duplicate answers a request again. If nobody knows yet that CloudFormation took the first answer, this one may tell.
func duplicate(d registry.Delivery, req *callback.Request, told callback.Response) outcome {
	out := outcome{response: told, status: d.Status, note: "duplicate"}
	for _, c := range d.Claims {
		if c.StackID == req.StackID && c.LogicalResourceID == req.LogicalResourceID && c.At.Equal(req.SentAt) && !c.Answered {
			out.claimed = &claimed{claim: c, delivery: d}
		}
	}
	return out
}

// claimed is a claim and the delivery that it was written with.
type claimed struct {
	claim    registry.Claim
	delivery registry.Delivery
}

// with notes the delivery that a claim was written with.
func (o outcome) with(d registry.Delivery) outcome {
	if o.claimed != nil {
		o.claimed.delivery = d
	}
	return o
}

// answeredFor records that CloudFormation took the answer to a claim, which tells a stack of that account from a message
// that somebody wrote in its name. Should that fail, the claim stays as one that anybody might have made; if its stack has
// withdrawn it meanwhile, it does not come back.
func (h *Handler) answeredFor(ctx context.Context, c claimed) {
	c.claim.Answered = true
	for range writes {
		c.delivery.Claim(c.claim)
		err := h.Store.PutDelivery(ctx, c.delivery)
		if errors.Is(err, registry.ErrRevision) {
			var rec registry.Record
			if rec, err = h.Store.Get(ctx, c.delivery.Name); err == nil && rec.Current() != nil && rec.Current().OfferID == c.delivery.OfferID {
				c.delivery = rec.Draft()
				proven := c.delivery.OwnedBy(c.claim.StackID, c.claim.LogicalResourceID) && !c.delivery.RequestedAt.Before(c.claim.At)
				if !proven && !c.delivery.LeftSince(c.claim.StackID, c.claim.LogicalResourceID, c.claim.At) {
					continue
				}
			}
		}
		if err != nil {
			h.Log.WarnContext(ctx, "a stack took its answer, which could not be recorded", "event", "unmarked", "onboarding", c.delivery.Name, "error", err.Error())
		}
		return
	}
}

// ownTopic reports whether a topic is one of the hub's. Lambda's resource policy lets no other one in; this is the
// second lock.
func (h *Handler) ownTopic(topicARN string) bool {
	part := strings.Split(topicARN, ":")
	return len(part) == 6 && part[2] == "sns" && part[4] == h.AccountID && part[5] == h.TopicName
}
