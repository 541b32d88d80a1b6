package receiver

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/xrole/terraform-provider-xrole/internal/registry"
	"github.com/xrole/terraform-provider-xrole/internal/trust"
)

// atATime is how many of the deliveries that are due one run of the schedule looks at together.
const atATime = 8

// Settled is the answer to a run of the schedule.
type Settled struct {
	Due    int `json:"due"`
	Looked int `json:"looked"`
	Failed int `json:"failed"`
}

// settle looks at all deliveries that are due, for as long as the function's time allows.
func (h *Handler) settle(ctx context.Context) (*Settled, error) {
	names, err := h.Store.Due(ctx, h.Now())
	if err != nil {
		return nil, err
	}
	begin, cancel := h.reserving(ctx, standing+trust.CheckTime) // what has begun may end
	defer cancel()
	var looked, failed atomic.Int64
	var all errgroup.Group
	all.SetLimit(atATime)
	for _, name := range names {
		if begin.Err() != nil {
			break
		}
		all.Go(func() error {
			looked.Add(1)
			if err := h.lookAgain(ctx, name); err != nil {
				failed.Add(1)
				h.Log.ErrorContext(ctx, "an onboarding could not be looked at again", "event", "recheck_failed", "onboarding", name, "error", err.Error())
			}
			return nil
		})
	}
	_ = all.Wait() // each has logged its own
	out := &Settled{Due: len(names), Looked: int(looked.Load()), Failed: int(failed.Load())}
	h.Log.InfoContext(ctx, "schedule", "event", "schedule", "due", out.Due, "looked", out.Looked, "failed", out.Failed)
	if out.Failed > 0 {
		return out, fmt.Errorf("%d of %d onboardings could not be looked at again", out.Failed, out.Looked)
	}
	return out, nil
}

// lookAgain settles one delivery. One that cannot be looked at now goes behind the others.
func (h *Handler) lookAgain(ctx context.Context, name string) error {
	rec, err := h.Store.Get(ctx, name)
	if err != nil {
		return err
	}
	if rec.Current() == nil {
		return h.forget(ctx, rec.Delivery)
	}
	_, err = h.verifyRead(ctx, name, rec)
	return err
}

// forget settles a delivery that answers no offer any more. Without the offer's External ID its role cannot be tried: the
// Delete of its stack is all that can be known, and after that it is not looked at again.
func (h *Handler) forget(ctx context.Context, former *registry.Delivery) error {
	if former == nil {
		return nil
	}
	d := *former
	d.DueAt, d.Unannounced = time.Time{}, nil
	if d.Status == registry.Leaving {
		if end := d.LeavingAt.Add(registry.SettleTime); h.Now().Before(end) {
			d.DueAt = end
		} else {
			d.Status = d.Status.After(registry.Gone)
		}
	}
	return h.Store.PutDelivery(ctx, d)
}
