package onboarding

import (
	"bytes"
	"cmp"
	"crypto/rand"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/xrole/terraform-provider-xrole/internal/cfn"
	"github.com/xrole/terraform-provider-xrole/internal/registry"
)

// Owner is by which id a state knows its own writes.
type Owner struct {
	// ID is empty where there is none yet.
	ID string
	// Lasting is set where the id survives the loss of Ownership; an offer with another owner is then foreign.
	Lasting bool
}

func (s *Service) owner() string { return cmp.Or(s.Owner.ID, rand.Text()) }

// Ownership is what a state remembers of the offer it wrote, so that it notices a second owner.
type Ownership struct {
	Owner string `json:"owner"`
	// Former is the owner of an offer that was imported, or found again, until this state has written it.
	Former   string `json:"former,omitempty"`
	Revision string `json:"revision"`
	Digest   string `json:"digest"`
	// OfferID names the generation of the onboarding, so that an offer that was lost comes back as the same one.
	OfferID string `json:"offer_id"`
	// Others are the keys of the offer's templates besides the one whose URL the state has; nil where they are not
	// known.
	Others []string `json:"others"`
	// Versions are those of the offer's templates, its own last, which a customer may launch.
	Versions []registry.Version `json:"versions,omitempty"`
}

// Holds reports whether an offer is still the one that this state wrote last.
func (o *Ownership) Holds(offer *registry.Offer, identity Identity) bool {
	return offer != nil && offer.Revision == o.Revision && offer.InputsDigest == o.Digest && identity.sameIDs(offer)
}

// Foreign reports whether another state has written an offer since this one did, or took it in: also the one that it was
// taken over from.
func (o *Ownership) Foreign(offer *registry.Offer) bool {
	if offer == nil || o.Owner == "" || ownerOf(offer.Revision) == o.Owner {
		return false
	}
	return o.Former == "" || offer.Revision != o.Revision
}

// Anew reports whether an offer is this state's as Foreign has it, and of another generation than the one that it knows: as
// where a copy of the state has destroyed the onboarding and made it again under the same owner.
func (o *Ownership) Anew(offer *registry.Offer) bool {
	return offer != nil && o.Owner != "" && offer.OfferID != o.OfferID && !o.Foreign(offer)
}

// Own takes in a write of this state that it does not know of: that of a run which was killed before it could save its
// state.
func (o *Ownership) Own(offer *registry.Offer) {
	if offer != nil && o.Owner != "" && ownerOf(offer.Revision) == o.Owner {
		o.Revision, o.Former = offer.Revision, ""
	}
}

// Import makes the ownership of an offer that a state takes in as it is.
func Import(offer *registry.Offer, owner Owner) Ownership {
	own := Ownership{Owner: owner.ID, Former: ownerOf(offer.Revision), Revision: offer.Revision, Digest: offer.InputsDigest, OfferID: offer.OfferID}
	own.Note(offer, offer.TemplateKey)
	return own
}

// Recover makes the ownership of a state that has lost it, as Terraform loses it when the provider's process dies in an
// apply. The key is that of the template in the state. What is found of another owner, or has nothing to do with the state,
// is foreign.
func Recover(in Inputs, was Identity, key string, offer *registry.Offer, owner Owner) (Ownership, error) {
	own := Ownership{Owner: owner.ID}
	if was.shares(offer, in, key) {
		own.OfferID = offer.OfferID
		if !owner.Lasting {
			own.Former, own.Revision = ownerOf(offer.Revision), offer.Revision // whoever that is
		}
	}
	if own.Foreign(offer) {
		return own, nil
	}
	own.Revision, own.OfferID = offer.Revision, offer.OfferID
	return own, own.Compare(in, offer)
}

// Compare takes down whether an offer was written with the inputs that the state has: else what was written shows as drift.
func (o *Ownership) Compare(in Inputs, offer *registry.Offer) error {
	o.Digest = ""
	same, err := in.sameAs(offer)
	if err == nil && same {
		o.Digest, err = in.digest()
	}
	return err
}

// RecoverLost is Recover where the offer is lost, too: a role that the state knows tells what it was for.
func RecoverLost(rec registry.Record, roleARN string, owner Owner) Ownership {
	own := Ownership{Owner: owner.ID}
	if d := rec.Delivery; d != nil && roleARN != "" && d.RoleARN == roleARN {
		own.OfferID = d.OfferID
	}
	return own
}

// shares reports whether an offer has come from the one that a state knows: by an External ID, or by a template that
// nobody else can have made, since it holds one.
func (i Identity) shares(offer *registry.Offer, in Inputs, key string) bool {
	if i.ExternalID == "" || i.ExternalID == offer.ExternalID || i.ExternalID == offer.PreviousExternalID {
		return i.ExternalID != ""
	}
	return in.TemplateMode == cfn.Pinned && (key == offer.TemplateKey || slices.ContainsFunc(offer.Superseded, func(s registry.Superseded) bool { return s.Key == key }))
}

// sameAs reports whether an offer was written with these inputs; the rotation is that of its External IDs.
func (in Inputs) sameAs(offer *registry.Offer) (bool, error) {
	wrote, err := UnmarshalInputs(offer.Inputs, offer.TemplateBody)
	if err != nil {
		return false, err
	}
	wrote.Rotation, in.Rotation = "", ""
	wrote.Hub.Regions, in.Hub.Regions = nil, nil
	before, err := wrote.marshal()
	if err != nil {
		return false, err
	}
	now, err := in.marshal()
	if err != nil || !bytes.Equal(before, now) {
		return false, err
	}
	digest, err := in.digest() // pages leave out the template itself
	return digest == offer.InputsDigest, err
}

// Note remembers which templates the offer has, if it is the one that the state holds: their versions, and their keys besides
// the one at key. Where another state has written it since, the keys are not known any more.
func (o *Ownership) Note(offer *registry.Offer, key string) {
	if offer == nil {
		return
	}
	if offer.Revision != o.Revision {
		o.Others = nil
		return
	}
	o.Others, o.Versions = []string{}, offer.Versions()
	if offer.TemplateKey != "" && offer.TemplateKey != key {
		o.Others = append(o.Others, offer.TemplateKey)
	}
	for _, old := range offer.Superseded {
		if old.Key != key {
			o.Others = append(o.Others, old.Key)
		}
	}
}

// Revisions are "<owner>:<n>": the owner tells two states apart, the number two writes of one state.
func nextRevision(own Ownership) string {
	_, n, _ := strings.Cut(own.Revision, ":")
	count, err := strconv.Atoi(n)
	if err != nil {
		count = 0
	}
	return fmt.Sprintf("%s:%d", own.Owner, count+1)
}

func ownerOf(revision string) string {
	owner, _, _ := strings.Cut(revision, ":")
	return owner
}
