package onboarding

import (
	"github.com/xrole/terraform-provider-xrole/internal/registry"
	"github.com/xrole/terraform-provider-xrole/internal/trust"
)

// Identity is by which External IDs an onboarding's roles are known, and the value of `rotation` that it belongs to.
type Identity struct {
	// ExternalID is the current one, PreviousExternalID the one before it, as long as the template trusts both.
	ExternalID         string
	PreviousExternalID string
	Rotation           string
}

// IDs are the External IDs that the template trusts, the current one first.
func (i Identity) IDs() []string {
	if i.PreviousExternalID == "" {
		return []string{i.ExternalID}
	}
	return []string{i.ExternalID, i.PreviousExternalID}
}

func identityOf(o *registry.Offer, rotation string) Identity {
	return Identity{ExternalID: o.ExternalID, PreviousExternalID: o.PreviousExternalID, Rotation: rotation}
}

func (i Identity) sameIDs(o *registry.Offer) bool {
	return i.ExternalID == o.ExternalID && i.PreviousExternalID == o.PreviousExternalID
}

// Rotates reports whether a change of `rotation` makes a new External ID: only one between two values does.
func Rotates(from, to string) bool { return from != "" && to != "" && from != to }

// Unproven reports whether the live role is known to accept the previous External ID only.
func Unproven(rec registry.Record) bool {
	return rec.Offer != nil && rec.Offer.PreviousExternalID != "" && rec.ExternalIDInUse() == rec.Offer.PreviousExternalID
}

// Refusal is why a rotation, or its end, would cut off a live role. Empty means that it does not.
type Refusal string

// The refusals.
const (
	// RefusedAtOnce means that the new External ID alone would be trusted while a role is live.
	RefusedAtOnce Refusal = "at once"
	// RefusedSecond means that three External IDs would be needed: the live role has not been proven with the last new one.
	RefusedSecond Refusal = "second"
	// RefusedFinish means that the live role has only been proven with the External ID that would be dropped.
	RefusedFinish Refusal = "finish"
	// RefusedGiven means that the External ID is set by hand, so that no other can be made.
	RefusedGiven Refusal = "given"
)

// Turn is what one change does to the External IDs.
type Turn struct {
	// Rotate makes a new one, Finish ends the trust in all but the current one.
	Rotate, Finish bool
	// Live is whether a customer's role may stand, Unproven whether it is known to accept the previous one only.
	Live, Unproven bool
}

// Refused returns why the turn would cut off a live role. Plan and apply ask the same.
func (t Turn) Refused() Refusal {
	switch {
	case !t.Live:
		return ""
	case t.Rotate && t.Finish:
		return RefusedAtOnce
	case t.Rotate && t.Unproven:
		return RefusedSecond
	case t.Finish && t.Unproven:
		return RefusedFinish
	default:
		return ""
	}
}

// next returns the identity after a write. The former External ID stays trusted after a rotation, whether or not anything
// was delivered: a link that was sent before must work, and who launches it meanwhile must not be cut off.
func (s *Service) next(in Inputs, was Identity, rec registry.Record) (Identity, error) {
	turn := Turn{
		Rotate: Rotates(was.Rotation, in.Rotation), Finish: in.RotationFinish != nil && *in.RotationFinish,
		Live: Live(rec.Status()), Unproven: Unproven(rec),
	}
	refusal := turn.Refused()
	if turn.Rotate && in.GivenExternalID != "" {
		refusal = RefusedGiven
	}
	if refusal != "" {
		return Identity{}, &RotationError{Name: in.Name, Status: rec.Status(), Refusal: refusal}
	}
	now := was
	now.Rotation = in.Rotation
	if turn.Rotate {
		now.ExternalID, now.PreviousExternalID = trust.NewExternalID(), was.ExternalID
	}
	if turn.Finish {
		now.PreviousExternalID = ""
	}
	return now, nil
}
