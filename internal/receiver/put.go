package receiver

import (
	"context"
	"time"

	"github.com/xrole/terraform-provider-xrole/internal/registry"
)

// tellIn limits what telling the bus may take from a stack that waits for its answer.
const tellIn = 5 * time.Second

// put writes a delivery in the place of what was read, says when to look at it again, and tells the bus of the
// change. What could not be told stays noted in the delivery, and is told when it is looked at again.
func (h *Handler) put(ctx context.Context, rec registry.Record, d *registry.Delivery) error {
	if h.Bus == nil {
		d.Unannounced = nil
	} else {
		d.Announce(rec.Status(), h.Now())
	}
	d.Reschedule(h.Now(), h.Recheck)
	if rec.Offer.Spreads(*d, h.Now()) {
		d.Hasten(h.Now())
	}
	due := d.DueAt
	if len(d.Unannounced) > 0 {
		d.Hasten(h.Now())
	}
	if err := h.Store.PutDelivery(ctx, *d); err != nil {
		return err
	}
	d.Revision++
	if len(d.Unannounced) > 0 {
		h.tell(ctx, d, due)
	}
	return nil
}

// tell tells the bus of what is noted in a delivery. An error is only logged: the delivery is written. due is when to look
// again once all is told.
func (h *Handler) tell(ctx context.Context, d *registry.Delivery, due time.Time) {
	ctx, cancel := context.WithTimeout(ctx, tellIn)
	defer cancel()
	err := h.Bus.Tell(ctx, *d)
	if err == nil {
		d.Unannounced, d.DueAt = nil, due
		err = h.Store.PutDelivery(ctx, *d)
	}
	if err != nil {
		h.Log.WarnContext(ctx, "a change of status will be told of again", "event", "untold", "onboarding", d.Name, "error", err.Error())
		return
	}
	d.Revision++
}
