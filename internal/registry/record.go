package registry

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
)

// Record is what the registry holds of one onboarding; what is not there is nil.
type Record struct {
	Offer    *Offer
	Delivery *Delivery
}

// Current returns the delivery if it answers the offer that stands, else nil: one of a former onboarding of that name
// is never shown.
func (r Record) Current() *Delivery {
	if r.Offer == nil || r.Delivery == nil || r.Delivery.OfferID != r.Offer.OfferID {
		return nil
	}
	return r.Delivery
}

// Status returns the current delivery's status, Pending if there is none.
func (r Record) Status() Status {
	if d := r.Current(); d != nil {
		return d.Status
	}
	return Pending
}

// Draft returns a delivery to change and to put: a copy of the current one, or a new one in the place of what a former
// onboarding left. It must not be called without an offer.
func (r Record) Draft() Delivery {
	if d := r.Current(); d != nil {
		draft := *d
		draft.Claims, draft.Answers, draft.Unannounced = slices.Clone(d.Claims), slices.Clone(d.Answers), slices.Clone(d.Unannounced)
		return draft
	}
	draft := Delivery{Name: r.Offer.Name, OfferID: r.Offer.OfferID, Status: Pending}
	if r.Delivery != nil {
		draft.Revision = r.Delivery.Revision
	}
	return draft
}

// ExternalIDInUse returns the External ID that the live role accepts: the one it was proven with, if the offer still
// has it; else, while a rotation is not proven, the previous one; else the current one. It is empty without an offer.
func (r Record) ExternalIDInUse() string {
	if r.Offer == nil {
		return ""
	}
	current, previous := r.Offer.ExternalID, r.Offer.PreviousExternalID
	proven := ""
	if d := r.Current(); d != nil {
		proven = d.ProvenExternalIDSHA256
	}
	if previous == "" || proven == hexSHA256(current) {
		return current
	}
	return previous
}

// ExternalIDs are those that the template offered now trusts, the one in use first. While a rotation is under way a role
// may go back to the other one without a word: its stack is rolled back, or IAM has not spread the change yet.
func (r Record) ExternalIDs() []string {
	inUse := r.ExternalIDInUse()
	switch {
	case inUse == "":
		return nil
	case r.Offer.PreviousExternalID == "":
		return []string{inUse}
	case inUse == r.Offer.ExternalID:
		return []string{inUse, r.Offer.PreviousExternalID}
	default:
		return []string{inUse, r.Offer.ExternalID}
	}
}

// Outdated reports whether a verified role's stack runs another template than the one offered now.
func (r Record) Outdated() bool {
	d := r.Current()
	if d == nil || d.StackID == "" || d.Status != Verified && d.Status != Leaving {
		return false
	}
	return d.TemplateVersion != r.Offer.TemplateVersion
}

func hexSHA256(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}
