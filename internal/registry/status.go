package registry

// Status says how far a role is on its way, and is what users see.
type Status string

// The statuses. An onboarding without a delivery is Pending.
const (
	// Pending means that nothing came back yet.
	Pending Status = "pending"
	// Delivered means that an ARN came and its trust is not proven, or no longer holds.
	Delivered Status = "delivered"
	// Verified means that all three probes were right.
	Verified Status = "verified"
	// Leaving means that the role's stack reported Delete; the role may still stand.
	Leaving Status = "leaving"
	// Disconnected means that a role that was verified could not be assumed for SettleTime.
	Disconnected Status = "disconnected"
	// Rejected means that a delivery was refused before any was verified.
	Rejected Status = "rejected"
)

// Statuses are all of them, in the order of a role's life.
func Statuses() []Status {
	return []Status{Pending, Delivered, Verified, Leaving, Disconnected, Rejected}
}

// Event is what happens to an onboarding.
type Event string

// The events. Methods of Delivery raise them; Gone raises who settles a delivery without an offer, too.
const (
	// Claimed: a stack delivered an ARN that cannot be proven yet.
	Claimed Event = "claimed"
	// Withdrawn: the last unproven stack reported Delete.
	Withdrawn Event = "withdrawn"
	// Refused: what the only claiming stack delivered is definitely wrong.
	Refused Event = "refused"
	// Proved: the trust check passed.
	Proved Event = "proved"
	// Loosened: the role lets others in: a negative probe passed for good.
	Loosened Event = "loosened"
	// Left: the owning stack reported Delete.
	Left Event = "left"
	// Gone: for SettleTime the role could not be assumed with the right External ID.
	Gone Event = "gone"
)

// After returns the status that follows s when e happens. An event that means nothing in a status, because it came
// late, twice or from somebody who has no say, changes nothing.
//
// The rules behind the table: only proof makes Verified, and what is not proof never ends it, except a role that was
// seen to let others in, which falls back to Delivered until it is proven again. Rejected comes only before the first
// proof. A Delete alone proves nothing: it makes Leaving, and probes decide.
func (s Status) After(e Event) Status {
	if next, ok := transitions()[s][e]; ok {
		return next
	}
	return s
}

// transitions lists the changes; all other pairs keep the status.
func transitions() map[Status]map[Event]Status {
	return map[Status]map[Event]Status{
		Pending:      {Claimed: Delivered, Refused: Rejected, Proved: Verified},
		Delivered:    {Withdrawn: Pending, Refused: Rejected, Proved: Verified, Left: Leaving, Gone: Disconnected},
		Verified:     {Loosened: Delivered, Left: Leaving, Gone: Disconnected},
		Leaving:      {Proved: Verified, Gone: Disconnected},
		Disconnected: {Proved: Verified},
		Rejected:     {Claimed: Delivered, Proved: Verified},
	}
}
