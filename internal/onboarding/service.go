package onboarding

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/xrole/terraform-provider-xrole/internal/bucket"
	"github.com/xrole/terraform-provider-xrole/internal/launch"
	"github.com/xrole/terraform-provider-xrole/internal/registry"
	"github.com/xrole/terraform-provider-xrole/internal/trust"
)

// Service makes, reads, changes and retires the onboardings of one hub.
type Service struct {
	Registry  *registry.Store
	Templates *bucket.Objects
	// Reader is told of what is written.
	Reader *Reader
	// Now stamps superseded templates.
	Now func() time.Time
	// Owner is whose the writes are that nobody is remembered for.
	Owner Owner
}

// Onboarding is one onboarding as it stands.
type Onboarding struct {
	Identity

	Publication *Publication
	Ownership   Ownership
	Record      registry.Record
	// Adopted is true where the registry held the offer already, and nobody had asked to take it over.
	Adopted bool
}

// Create offers the role to a customer: External ID and offer in one conditional write, then the template. An offer
// that a killed run left behind is adopted when its inputs equal ours and nobody has answered it, or when Inputs.Adopt
// says so. Errors: *ExistsError, *ExternalIDError, *TemplateError, *StepError.
func (s *Service) Create(ctx context.Context, in Inputs) (*Onboarding, error) {
	s.Reader.Wrote(in.Name)
	externalID := in.GivenExternalID
	if externalID == "" {
		externalID = trust.NewExternalID()
	}
	on, offer, err := s.prepare(in, Identity{ExternalID: externalID, Rotation: in.Rotation}, Ownership{Owner: s.owner(), OfferID: rand.Text()})
	if err != nil {
		return nil, err
	}
	err = s.Registry.CreateOffer(ctx, *offer)
	switch {
	case errors.Is(err, registry.ErrOfferExists):
		return s.adopt(ctx, in, on.Ownership)
	case errors.Is(err, registry.ErrExternalIDTaken):
		return nil, takenError(err)
	case err != nil:
		return nil, &StepError{Step: "writing the offer to the registry", Err: err}
	}
	on.Ownership.Note(offer, on.Publication.Key)
	on.Record.Offer = offer
	if err := s.publish(ctx, on.Publication, in.TagsAll); err != nil {
		return nil, &StepError{Step: "publishing the template", Done: "the offer with its External ID is in the registry", Err: err}
	}
	return on, nil
}

// takenError says whose a given External ID is or was.
func takenError(err error) error {
	whose := "another onboarding"
	if taken, ok := errors.AsType[*registry.TakenError](err); ok {
		whose = fmt.Sprintf("onboarding %q", taken.By)
	}
	return &ExternalIDError{Reason: "the hub has given this External ID to " + whose + ", whose customer may know it, and an External ID never passes from one customer to another. " +
		"If that is the same customer under a former name, put that name back; else leave `external_id` out, so that a new one is made, and have the customer launch the template"}
}

func (s *Service) adopt(ctx context.Context, in Inputs, own Ownership) (*Onboarding, error) {
	rec, err := s.Registry.Get(ctx, in.Name)
	if err != nil {
		return nil, &StepError{Step: "reading the offer that is in the registry already", Err: err}
	}
	if rec.Offer == nil {
		return nil, &OwnerError{Name: in.Name}
	}
	digest, err := in.digest()
	if err != nil {
		return nil, err
	}
	delivered := rec.Current() != nil
	asked := in.Adopt != nil && *in.Adopt
	if !asked && (delivered || rec.Offer.InputsDigest != digest) {
		return nil, &ExistsError{Name: in.Name, Delivered: delivered}
	}
	if given := in.GivenExternalID; given != "" && given != rec.Offer.ExternalID {
		return nil, &ExternalIDError{Reason: "the registry holds another External ID for this onboarding; leave external_id out to keep that one"}
	}
	if err := checkAccount(in, rec); err != nil {
		return nil, err
	}
	next, err := s.next(in, identityOf(rec.Offer, in.Rotation), rec)
	if err != nil {
		return nil, err
	}
	on, err := s.rewrite(ctx, in, rec, next, own)
	if err != nil {
		return nil, err
	}
	on.Adopted = !asked
	return on, nil
}

// checkAccount keeps an External ID, and the role that was proven with it, from passing to another account. An offer
// that was open may be confirmed to the account that was verified.
func checkAccount(in Inputs, rec registry.Record) error {
	offered := rec.Offer.AccountID
	d := rec.Current()
	if offered == in.AccountID || offered == "" && d != nil && d.AccountID == in.AccountID {
		return nil
	}
	return &AccountError{Name: in.Name, Offered: offered}
}

// Update writes the offer and the template again after a change or a repair, with the External IDs that the state has, or
// with new ones where a rotation asks for them. A missing offer is made again. The key is that of the template in the
// state. Errors: *OwnerError, *RotationError, *TemplateError, *StepError.
func (s *Service) Update(ctx context.Context, in Inputs, was Identity, key string, own Ownership) (*Onboarding, error) {
	s.Reader.Wrote(in.Name)
	rec, err := s.Registry.Get(ctx, in.Name)
	if err != nil {
		return nil, &StepError{Step: "reading the registry", Err: err}
	}
	if rec.Offer == nil {
		return s.restore(ctx, in, rec, was, key, own)
	}
	if err := s.checkOwner(in, rec.Offer, own); err != nil {
		return nil, err
	}
	// A revision may come again with another generation.
	if same := rec.Offer.OfferID == own.OfferID; (!same || rec.Offer.Revision != own.Revision) && !was.sameIDs(rec.Offer) {
		if same || own.Anew(rec.Offer) {
			return nil, &OwnerError{Name: in.Name} // rotated or made anew meanwhile: the next refresh takes that in
		}
		return nil, &ExternalIDError{Reason: "another state has made this onboarding anew with an External ID that a customer may have; remove it from this state and import it"}
	}
	if err := checkAccount(in, rec); err != nil {
		return nil, err
	}
	rec.Offer.ExternalID, rec.Offer.PreviousExternalID = was.ExternalID, was.PreviousExternalID
	next, err := s.next(in, was, rec)
	if err != nil {
		return nil, err
	}
	return s.rewrite(ctx, in, rec, next, own)
}

func (s *Service) checkOwner(in Inputs, offer *registry.Offer, own Ownership) error {
	switch {
	case offer.Revision == own.Revision, in.Adopt != nil && *in.Adopt:
		return nil
	default:
		return &OwnerError{Name: in.Name, Foreign: own.Foreign(offer)}
	}
}

// restore makes an offer again that was deleted behind our back, as the same generation: a role that was proven for it
// stays known, and one of a former onboarding of that name stays forgotten.
func (s *Service) restore(ctx context.Context, in Inputs, rec registry.Record, was Identity, key string, own Ownership) (*Onboarding, error) {
	own.Owner, own.OfferID = cmp.Or(own.Owner, s.owner()), cmp.Or(own.OfferID, rand.Text())
	rec.Offer = &registry.Offer{Name: in.Name, OfferID: own.OfferID, ExternalID: was.ExternalID, PreviousExternalID: was.PreviousExternalID}
	next, err := s.next(in, was, rec)
	if err != nil {
		return nil, err
	}
	on, offer, err := s.prepare(in, next, own)
	if err != nil {
		return nil, err
	}
	key = cmp.Or(key, on.Publication.Key) // a crash may have taken the state's
	if own.Others == nil {
		if own.Others, err = s.besides(ctx, key); err != nil {
			return nil, err
		}
	}
	for _, old := range append([]string{key}, own.Others...) {
		if old != on.Publication.Key {
			offer.Superseded = append(offer.Superseded, registry.Superseded{Key: old, At: s.Now().UTC()})
		}
	}
	offer.Remember(own.Versions...)
	if err := s.Registry.CreateOffer(ctx, *offer); err != nil {
		return nil, &StepError{Step: "writing the lost offer to the registry again", Err: err}
	}
	on.Ownership.Note(offer, on.Publication.Key)
	rec.Offer = offer
	on.Record = rec
	if err := s.publish(ctx, on.Publication, in.TagsAll); err != nil {
		return nil, &StepError{Step: "publishing the template", Done: "the offer is in the registry again", Err: err}
	}
	return on, nil
}

func (s *Service) rewrite(ctx context.Context, in Inputs, rec registry.Record, next Identity, own Ownership) (*Onboarding, error) {
	seen := *rec.Offer
	own.Owner, own.Revision, own.OfferID = cmp.Or(own.Owner, s.owner()), seen.Revision, seen.OfferID
	on, offer, err := s.prepare(in, next, own)
	if err != nil {
		return nil, err
	}
	offer.Superseded = s.superseded(seen, on.Publication.Key)
	offer.Remember(slices.Concat(own.Versions, seen.Versions())...)
	expired := s.expire(offer, in.TemplateRetentionDays)
	// Before the offer forgets their keys, so that a run killed here leaves no object that nothing names.
	if err := s.Templates.Delete(ctx, expired...); err != nil {
		return nil, &StepError{Step: "deleting templates whose retention is over", Err: err}
	}
	// Before the offer says that it has these tags, for the same reason.
	if err := s.retag(ctx, in, seen, on.Publication.Key); err != nil {
		return nil, &StepError{Step: "tagging the template", Err: err}
	}
	if err := s.Registry.UpdateOffer(ctx, *offer, seen.Revision); err != nil {
		if errors.Is(err, registry.ErrRevision) {
			return nil, &OwnerError{Name: in.Name}
		}
		return nil, &StepError{Step: "writing the offer to the registry", Err: err}
	}
	on.Ownership.Note(offer, on.Publication.Key)
	rec.Offer = offer
	on.Record = rec
	if err := s.publish(ctx, on.Publication, in.TagsAll); err != nil {
		return nil, &StepError{Step: "publishing the template", Done: "the changed offer is in the registry", Err: err}
	}
	return on, nil
}

// prepare renders the publication and makes the offer around it, with the next revision.
func (s *Service) prepare(in Inputs, identity Identity, own Ownership) (*Onboarding, *registry.Offer, error) {
	pub, findings, err := Render(in.Offered, identity.IDs())
	if err != nil {
		return nil, nil, err
	}
	if pub == nil {
		return nil, nil, &TemplateError{Findings: findings}
	}
	raw, err := in.marshal()
	if err != nil {
		return nil, nil, err
	}
	digest, err := in.digest()
	if err != nil {
		return nil, nil, err
	}
	own = Ownership{Owner: own.Owner, Revision: nextRevision(own), Digest: digest, OfferID: own.OfferID}
	offer := &registry.Offer{
		Name: in.Name, OfferID: own.OfferID, Revision: own.Revision, AccountID: in.AccountID, Region: in.Region,
		ExternalID: identity.ExternalID, PreviousExternalID: identity.PreviousExternalID,
		ExistingRoleARN: in.ExistingRoleARN, TopicARN: in.Hub.TopicARN(in.Region), StackName: in.StackName,
		TemplateKey: pub.Key, TemplateSHA256: pub.SHA256, TemplateETag: bucket.ETag(pub.Body), TemplateVersion: pub.TemplateVersion,
		Inputs: raw, TemplateBody: in.TemplateBody, InputsDigest: digest,
	}
	return &Onboarding{Identity: identity, Publication: pub, Ownership: own}, offer, nil
}

// publish writes the template once; bytes that somebody put in its place are replaced.
func (s *Service) publish(ctx context.Context, pub *Publication, tags map[string]string) error {
	templates := s.Templates.Tagged(tags)
	err := templates.Put(ctx, pub.Key, pub.Body)
	if !errors.Is(err, bucket.ErrTampered) {
		return err
	}
	object, err := templates.Head(ctx, pub.Key)
	if err != nil {
		return err
	}
	return templates.Replace(ctx, pub.Key, pub.Body, object.ETag)
}

// retag gives the new tags to a template that is not written again, since only its tags changed.
func (s *Service) retag(ctx context.Context, in Inputs, seen registry.Offer, key string) error {
	before, err := UnmarshalInputs(seen.Inputs, "")
	if err != nil || seen.TemplateKey != key || maps.Equal(before.TagsAll, in.TagsAll) {
		return err
	}
	return s.Templates.Tagged(in.TagsAll).Retag(ctx, key)
}

func launchURL(o Offered, templateURL string) (string, error) {
	link := launch.Link{Region: o.Region, StackName: o.StackName, TemplateURL: templateURL, Parameters: o.Parameters}
	url, err := link.URL()
	if errors.Is(err, launch.ErrNoConsole) {
		return "", nil
	}
	return url, err
}
