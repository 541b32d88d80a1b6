package registry

import (
	"fmt"
	"hash/fnv"
	"slices"
	"time"
)

const (
	// Soon is after how long the receiver looks again at what is about to change.
	Soon = 5 * time.Minute
	// settling is for how long a role that cannot be proven is looked at Soon; after that as often as one that is.
	settling = 24 * time.Hour
	// MaxUnannounced is how many changes of status a delivery remembers for a bus that cannot be reached: as
	// many as one request of EventBridge takes, see https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html.
	MaxUnannounced = 10
)

// Change is a change of an onboarding's status.
type Change struct {
	// ID is the same each time that the change is told.
	ID     string    `dynamodbav:"id"`
	From   Status    `dynamodbav:"from"`
	To     Status    `dynamodbav:"to"`
	At     time.Time `dynamodbav:"at"`
	Reason string    `dynamodbav:"reason,omitempty"`
}

// Announce notes that the status was another one before, so that it is told of until that has succeeded.
func (d *Delivery) Announce(from Status, at time.Time) {
	if from == d.Status {
		return
	}
	d.Unannounced = bounded(d.Unannounced, Change{
		ID: fmt.Sprintf("%s-%d", d.OfferID, d.Revision+1), From: from, To: d.Status, At: at, Reason: d.Reason,
	}, MaxUnannounced)
}

// Reschedule says when the receiver must look at the delivery again. What a stack's Delete, its Update or an unproven role
// left open is settled Soon, for as long as settling; a proven role is proven again after recheck, each at a time of its own, so that
// those which came together do not come together for ever. What nothing can change but a new delivery is not looked at. It puts
// nothing off: only a caller that has looked clears DueAt before, or anybody's messages could keep a role from being
// proven again.
func (d *Delivery) Reschedule(now time.Time, recheck time.Duration) {
	var due time.Time
	waiting := len(d.Claims) > 0 && now.Sub(d.Claims[len(d.Claims)-1].At) < settling
	failing := now.Sub(d.FailingSince) < settling
	switch {
	case d.Status == Leaving && (failing || now.Sub(d.LeavingAt) < settling), d.Status == Verified && (failing || d.reports(now)),
		d.Status == Delivered && now.Sub(d.lastSeen()) < settling, d.Status == Disconnected && waiting:
		due = now.Add(min(Soon, recheck))
	case d.Status == Verified, d.Status == Disconnected, d.Status == Delivered, d.Status == Leaving:
		due = now.Add(recheck - spread(d.Name, recheck/10))
	}
	if due.IsZero() || d.DueAt.IsZero() || due.Before(d.DueAt) {
		d.DueAt = due
	}
}

// Unsettled has a delivery of which a look could find nothing out looked at again Soon, but not without end: when it should have been
// proven again for as long as settling, Reschedule alone decides.
func (d *Delivery) Unsettled(now time.Time, recheck time.Duration) {
	if seen := d.lastSeen(); seen.IsZero() || now.Sub(seen) < recheck+settling {
		d.DueAt = now.Add(min(Soon, recheck))
	}
}

// Spreads reports whether a stack that runs the template offered now was proven with the former External ID only: its Update
// comes seconds after the trust policy changed, which IAM is still spreading then.
func (o *Offer) Spreads(d Delivery, now time.Time) bool {
	return o.PreviousExternalID != "" && d.Status == Verified && d.StackID != "" && d.TemplateVersion == o.TemplateVersion &&
		d.ProvenExternalIDSHA256 != hexSHA256(o.ExternalID) && now.Sub(d.RequestedAt) < settling
}

// Hasten has the delivery looked at Soon, for what was not told of yet, or is about to change.
func (d *Delivery) Hasten(now time.Time) {
	if again := now.Add(Soon); d.DueAt.IsZero() || d.DueAt.After(again) {
		d.DueAt = again
	}
}

// reports is whether the owner's own stack has lately reported what is not proven yet.
func (d *Delivery) reports(now time.Time) bool {
	return slices.ContainsFunc(d.Claims, func(c Claim) bool { return d.Follows(c) && now.Sub(c.At) < settling })
}

func (d *Delivery) lastSeen() time.Time {
	if d.VerifiedAt.After(d.DeliveredAt) {
		return d.VerifiedAt
	}
	return d.DeliveredAt
}

// spread is a part of a whole that is always the same for a name.
func spread(name string, whole time.Duration) time.Duration {
	h := fnv.New32a()
	_, _ = h.Write([]byte(name)) // a hash takes anything
	return whole * time.Duration(h.Sum32()%1000) / 1000
}
