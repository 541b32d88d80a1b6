package onboarding

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"path"
	"slices"
	"time"

	"github.com/xrole/terraform-provider-xrole/internal/awsapi"
	"github.com/xrole/terraform-provider-xrole/internal/registry"
)

// live are the statuses of which a customer's role may stand behind an onboarding.
func live() []registry.Status {
	return []registry.Status{registry.Delivered, registry.Verified, registry.Leaving}
}

// Live reports whether a customer's role may stand behind an onboarding of that status, so that its end would cut
// somebody off.
func Live(s registry.Status) bool { return slices.Contains(live(), s) }

// Guarded reports whether a customer's role may stand behind the onboarding of that OfferID, whose offer was lost, if a
// role was known; offerID is empty where the state knows none. A delivery stays when its onboarding is destroyed: where
// it is missing too, the registry itself was lost, and tells nothing.
func Guarded(rec registry.Record, offerID string) bool {
	return rec.Delivery == nil || (offerID == "" || rec.Delivery.OfferID == offerID) && Live(rec.Delivery.Status)
}

// Delete retires an onboarding: the offer first, in one request with the guards, then its templates, which the state
// names, so that a run killed between the two can be repeated. The External ID stays reserved for ever. A live
// onboarding is refused with *LiveError unless force is set; one that another state has written since is refused with
// *OwnerError whatever force says. Nothing was deleted then. The key is that of the template in the state.
func (s *Service) Delete(ctx context.Context, name, key string, force bool, own Ownership) error {
	s.Reader.Wrote(name)
	if own.Others == nil || own.OfferID == "" {
		rec, err := s.Registry.Get(ctx, name)
		if err != nil {
			return &StepError{Step: "reading the registry", Err: err}
		}
		switch {
		case rec.Offer != nil:
			own.OfferID = rec.Offer.OfferID
		case own.OfferID == "" && rec.Delivery != nil:
			own.OfferID = rec.Delivery.OfferID // whichever it was for: a role may stand
		}
		own.Note(rec.Offer, key)
		if rec.Offer == nil && own.Others == nil {
			if own.Others, err = s.besides(ctx, key); err != nil {
				return err
			}
		}
	}
	if err := s.retire(ctx, name, force, own); err != nil {
		return err
	}
	keys := append([]string{key}, own.Others...)
	if err := s.Templates.Delete(ctx, keys...); err != nil {
		return &StepError{Step: "deleting the templates", Done: "the offer is deleted", Err: err}
	}
	return nil
}

// besides are the keys of an onboarding's templates besides the one at key, where neither the state nor an offer tells them. Who
// may not list has none.
func (s *Service) besides(ctx context.Context, key string) ([]string, error) {
	if _, ok := AccountOf(key); !ok {
		return nil, nil
	}
	found, err := s.Templates.ListBelow(ctx, path.Dir(key)+"/")
	if err != nil && !awsapi.IsAccessDenied(err) {
		return nil, &StepError{Step: "finding the templates", Err: err}
	}
	delete(found, key)
	return slices.Sorted(maps.Keys(found)), nil
}

func (s *Service) retire(ctx context.Context, name string, force bool, own Ownership) error {
	var err error
	if force {
		err = s.Registry.DeleteOffer(ctx, name, own.Revision, own.OfferID)
	} else {
		err = s.Registry.RetireOffer(ctx, name, own.Revision, own.OfferID, live()...)
	}
	if err == nil {
		return nil
	}
	refused := errors.Is(err, registry.ErrStatus) || errors.Is(err, registry.ErrRevision)
	if !refused {
		return &StepError{Step: "deleting the offer from the registry", Err: err}
	}
	rec, readErr := s.Registry.Get(ctx, name)
	switch {
	case readErr != nil:
		return &StepError{Step: "reading why the registry refused", Err: errors.Join(err, readErr)}
	case own.Foreign(rec.Offer):
		return &OwnerError{Name: name, Foreign: true}
	case errors.Is(err, registry.ErrStatus) && rec.Delivery != nil:
		return &LiveError{Name: name, Status: rec.Delivery.Status}
	default:
		return &OwnerError{Name: name}
	}
}

func (s *Service) superseded(seen registry.Offer, key string) []registry.Superseded {
	out := slices.DeleteFunc(slices.Clone(seen.Superseded), func(o registry.Superseded) bool { return o.Key == key })
	if seen.TemplateKey != "" && seen.TemplateKey != key {
		out = append(out, registry.Superseded{Key: seen.TemplateKey, At: s.Now().UTC()})
	}
	return out
}

// expire takes the templates out of the offer that were superseded longer ago than the retention, and returns their
// keys.
func (s *Service) expire(offer *registry.Offer, retentionDays int) []string {
	limit := s.Now().Add(-time.Duration(retentionDays) * 24 * time.Hour)
	var expired []string
	offer.Superseded = slices.DeleteFunc(offer.Superseded, func(o registry.Superseded) bool {
		if o.At.After(limit) {
			return false
		}
		expired = append(expired, o.Key)
		return true
	})
	return expired
}

// digest tells two invitations apart. The hub's list of regions is left out: that the partner opened one more region
// changes nothing for this customer.
func (in Inputs) digest() (string, error) {
	offered := in.Offered
	offered.Hub.Regions = nil
	raw, err := json.Marshal(offered)
	if err != nil {
		return "", err
	}
	return inputsDigest(raw, in.TemplateBody), nil
}
