package onboarding

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/xrole/terraform-provider-xrole/internal/registry"
)

// Live reports whether a customer's role may stand behind an onboarding of that status, so that its end would cut
// somebody off.
func Live(s registry.Status) bool {
	return s == registry.Delivered || s == registry.Verified || s == registry.Leaving
}

// Delete retires an onboarding: its templates first, then the offer that names them, so that a run killed between the
// two can be repeated. The External ID stays reserved for ever. A live onboarding is refused with *LiveError unless
// force is set; one that another state has written since is refused with *OwnerError whatever force says.
func (s *Service) Delete(ctx context.Context, name, key string, force bool, own Ownership) error {
	s.Reader.Wrote(name)
	rec, err := s.Registry.Get(ctx, name)
	if err != nil {
		return &StepError{Step: "reading the registry", Err: err}
	}
	d := rec.Current()
	if rec.Offer == nil && rec.Delivery != nil && rec.Delivery.OfferID == own.OfferID {
		d = rec.Delivery // the offer was lost, the customer's role was not
	}
	if d != nil && Live(d.Status) && !force {
		return &LiveError{Name: name, Status: d.Status}
	}
	keys := []string{key}
	if rec.Offer != nil {
		if rec.Offer.Revision != own.Revision {
			return &OwnerError{Name: name, Foreign: ownerOf(rec.Offer.Revision) != own.Owner}
		}
		keys = append(keys, rec.Offer.TemplateKey)
		for _, old := range rec.Offer.Superseded {
			keys = append(keys, old.Key)
		}
	}
	slices.Sort(keys)
	if err := s.Templates.Delete(ctx, slices.Compact(keys)...); err != nil {
		return &StepError{Step: "deleting the templates", Err: err}
	}
	if rec.Offer == nil {
		return nil
	}
	err = s.Registry.DeleteOffer(ctx, name, rec.Offer.Revision)
	switch {
	case errors.Is(err, registry.ErrRevision):
		return &OwnerError{Name: name}
	case err != nil:
		return &StepError{Step: "deleting the offer from the registry", Done: "the templates are deleted", Err: err}
	}
	return nil
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
