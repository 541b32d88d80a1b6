package hub

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/xrole/terraform-provider-xrole/internal/awsapi"
)

// former is what there was of a hub before it is changed.
type former struct {
	// owner is the value of the owner's tag, or who has claimed the hub since; settings is the item in the registry.
	owner    string
	settings written
	// version is of the receiver that stands; newer says that it is newer than ours and stays.
	version string
	newer   bool
	// removed are the regions that shall go.
	removed []string
	// tableGone says that the storage stack stands without its table.
	tableGone bool
}

// survey looks at what there is, and refuses what must not be done to it.
func (j job) survey(ctx context.Context, spec Spec, h *Hub) (*former, error) {
	f, home := &former{}, j.stacksOf(h.Region)
	storage, err := home.find(ctx, h.stackOf(storageKind, h.Region))
	if err != nil {
		return nil, err
	}
	table := storage != nil
	if storage == nil || storage.StackStatus == types.StackStatusReviewInProgress {
		left, err := j.remains(ctx, h)
		if err != nil {
			return nil, err
		}
		f.owner, table = left.owner, left.table
	} else {
		f.owner = tagsOf(storage)[ownerTag]
	}
	if table {
		if err := j.readFormer(ctx, h, f, storage); err != nil {
			return nil, err
		}
		if err := j.checkOwner(ctx, spec, h, f.owner); err != nil {
			return nil, err
		}
	}
	receiver, err := home.find(ctx, h.stackOf(receiverKind, h.Region))
	if err != nil {
		return nil, err
	}
	if receiver != nil {
		f.version = parametersOf(receiver)["ReceiverVersion"]
	}
	if CompareVersions(f.version, spec.version()) > 0 {
		// A stack that must be made anew has no receiver to keep.
		f.newer = deedFor(receiver) != deedDelete
	}
	regions, err := j.formerRegions(ctx, h, receiver, f.settings.stored)
	if err != nil {
		return nil, err
	}
	f.removed = slices.DeleteFunc(regions, func(r string) bool { return slices.Contains(h.Regions, r) })
	return f, j.checkRemoved(ctx, spec, h, f.removed)
}

// readFormer reads the settings. Who claimed the hub there is its owner, even if the run ended before it came to the tag.
func (j job) readFormer(ctx context.Context, h *Hub, f *former, storage *types.Stack) error {
	stands := deedFor(storage) == deedUpdate
	err := untilFound(ctx, func() (_ bool, err error) {
		f.settings, err = readSettings(ctx, j.clients, h.Region, h.TableARN)
		return !stands || err == nil, err
	})
	if err != nil && !awsapi.IsNotFound(err) {
		return fmt.Errorf("reading the settings of hub %q: %w", h.Name, err)
	}
	f.tableGone = err != nil && stands
	f.owner = cmp.Or(f.settings.Spec.Owner, f.owner)
	return nil
}

// formerRegions returns, sorted, where topics are, or may be: the receiver's template has had every region before a
// topic was made there. The settings stand in for a receiver's stack that somebody deleted.
func (j job) formerRegions(ctx context.Context, h *Hub, receiver *types.Stack, found stored) ([]string, error) {
	regions := slices.Clone(found.Spec.Regions)
	if receiver != nil && receiver.StackStatus != types.StackStatusReviewInProgress {
		template, err := j.stacksOf(h.Region).templateOf(ctx, h.stackOf(receiverKind, h.Region), receiver)
		if err != nil {
			return nil, err
		}
		regions = append(regions, permittedRegions(template)...)
	}
	return slices.Compact(slices.Sorted(slices.Values(regions))), nil
}

func (j job) checkRemoved(ctx context.Context, spec Spec, h *Hub, removed []string) error {
	if len(removed) == 0 || spec.Force {
		return nil
	}
	u, err := j.usage(ctx, h)
	if err != nil {
		return err
	}
	for _, region := range removed {
		if err := u.of(region).inUse(h, region); err != nil {
			return err
		}
	}
	return nil
}
