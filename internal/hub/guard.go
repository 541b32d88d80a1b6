package hub

import (
	"context"
	"fmt"
	"slices"

	"github.com/xrole/terraform-provider-xrole/internal/awsapi"
	"github.com/xrole/terraform-provider-xrole/internal/awsclients"
	"github.com/xrole/terraform-provider-xrole/internal/registry"
)

// usage is who depends on a hub.
type usage struct {
	// offers are the regions of the offers, "" for one that names none.
	offers []string
	// stacks are customers' stacks that stand, or may.
	stacks []registry.Claim
}

// usage reads the registry; a hub without a table is used by nobody.
func (j job) usage(ctx context.Context, h *Hub) (usage, error) {
	var u usage
	records, err := registry.NewStore(j.clients.DynamoDB(h.Region), h.TableARN).List(ctx)
	if awsapi.IsNotFound(err) {
		return u, nil
	}
	if err != nil {
		return u, fmt.Errorf("finding out who uses hub %q: %w", h.Name, err)
	}
	for _, r := range records {
		if r.Offer != nil {
			u.offers = append(u.offers, r.Offer.Region)
		}
		if r.Delivery != nil {
			u.stacks = append(u.stacks, standing(*r.Delivery)...)
		}
	}
	return u, nil
}

// standing returns the stacks of a delivery that have not gone, so far as one can know: the owner until its role could
// not be assumed for a while, and whoever delivered and did not withdraw. A former onboarding's count as well: they
// call the same topic.
func standing(d registry.Delivery) []registry.Claim {
	all := slices.Clone(d.Claims)
	if d.StackID != "" && d.Status != registry.Disconnected && d.Status != registry.Rejected {
		all = append(all, d.Owner())
	}
	return all
}

// of returns who depends on one region.
func (u usage) of(region string) usage {
	var out usage
	for _, r := range u.offers {
		if r == region {
			out.offers = append(out.offers, r)
		}
	}
	for _, c := range u.stacks {
		if c.Region == region {
			out.stacks = append(out.stacks, c)
		}
	}
	return out
}

// inUse is nil where nobody depends on the hub, or on one region of it.
func (u usage) inUse(h *Hub, region string) *InUseError {
	if len(u.offers)+len(u.stacks) == 0 {
		return nil
	}
	return &InUseError{Hub: h.Name, Region: region, Onboardings: len(u.offers), Stacks: len(u.stacks)}
}

// Use tells who depends on a hub: nil if nobody does.
func Use(ctx context.Context, c *awsclients.Clients, h Hub) (*InUseError, error) {
	h.fillNames()
	u, err := newJob(c, func(string) {}).usage(ctx, &h)
	if err != nil {
		return nil, err
	}
	return u.inUse(&h, ""), nil
}

// Departing returns those of the removed accounts that still have a stack which calls back to this hub: taken out of
// the topic policies, they could no longer delete it.
func Departing(ctx context.Context, c *awsclients.Clients, h Hub, removed []string) ([]string, error) {
	h.fillNames()
	u, err := newJob(c, func(string) {}).usage(ctx, &h)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, account := range slices.Compact(slices.Sorted(slices.Values(removed))) {
		if slices.ContainsFunc(u.stacks, func(c registry.Claim) bool { return c.AccountID == account }) {
			out = append(out, account)
		}
	}
	return out, nil
}

// checkOwner refuses a hub that somebody else keeps and uses. One without onboardings and customers' stacks may be taken over: it is what a
// run leaves that ended before it could write down what it had made.
func (j job) checkOwner(ctx context.Context, spec Spec, h *Hub, have string) error {
	if spec.Owner == "" || spec.Owner == have || spec.FormerOwner != nil && *spec.FormerOwner == have {
		return nil
	}
	u, err := j.usage(ctx, h)
	switch {
	case err != nil:
		return err
	case len(u.offers)+len(u.stacks) == 0:
		return nil
	case have == "":
		return &ExistsError{Hub: h.Name}
	default:
		return &OwnerError{Hub: h.Name, Owner: have, Want: spec.Owner}
	}
}
