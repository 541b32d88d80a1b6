package hub

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/xrole/terraform-provider-xrole/internal/awsapi"
	"github.com/xrole/terraform-provider-xrole/internal/awsclients"
)

// Destroy deletes all that a hub is made of, the bucket with every version of every object and the table included: of
// h it needs only Name, AccountID, Region and Regions. What is not tagged as the hub's is left alone. A hub whose owner is another than h.Owner is
// an *OwnerError, whatever force says. Unless force is true, it returns an *InUseError, and deletes
// nothing, while there are onboardings, or customers' stacks that call back. What is gone already is no error, so that
// it can be called again after any failure. It calls progress as Apply does.
func Destroy(ctx context.Context, c *awsclients.Clients, h Hub, force bool, progress func(string)) error {
	j := newJob(c, progress)
	h.fillNames()
	left, err := j.remains(ctx, &h)
	if err != nil {
		return err
	}
	var found written
	if left.table {
		if found, err = readSettings(ctx, j.clients, h.Region, h.TableARN); err != nil && !awsapi.IsNotFound(err) {
			return fmt.Errorf("reading the settings of hub %q: %w", h.Name, err)
		}
	}
	owner := cmp.Or(found.Spec.Owner, left.owner) // as survey has it
	if h.Owner != "" && owner != "" && owner != h.Owner && (h.FormerOwner == nil || owner != *h.FormerOwner) {
		return &OwnerError{Hub: h.Name, Owner: owner, Want: h.Owner}
	}
	if !force { // whatever the table's tags say: somebody may have cleaned them up
		u, err := j.usage(ctx, &h)
		if err != nil {
			return err
		}
		if err := u.inUse(&h, ""); err != nil {
			return err
		}
	}
	regions, err := j.allRegions(ctx, &h, found.stored)
	if err != nil {
		return err
	}
	if err := j.removeTopics(ctx, &h, regions); err != nil {
		return err
	}
	for _, kind := range []string{receiverKind, storageKind} {
		if err := j.stacksOf(h.Region).remove(ctx, h.stackOf(kind, h.Region)); err != nil {
			return err
		}
	}
	return j.deleteRemains(ctx, &h)
}

// allRegions returns the hub's regions with those that an Apply which did not end may have added.
func (j job) allRegions(ctx context.Context, h *Hub, found stored) ([]string, error) {
	receiver, err := j.stacksOf(h.Region).find(ctx, h.stackOf(receiverKind, h.Region))
	if err != nil {
		return nil, err
	}
	regions, err := j.formerRegions(ctx, h, receiver, found)
	if err != nil {
		return nil, err
	}
	return slices.Compact(slices.Sorted(slices.Values(append(regions, h.Regions...)))), nil
}
