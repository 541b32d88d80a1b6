package hub

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"golang.org/x/sync/errgroup"

	"github.com/xrole/terraform-provider-xrole/internal/awsapi"
	"github.com/xrole/terraform-provider-xrole/internal/awsclients"
	"github.com/xrole/terraform-provider-xrole/internal/bucket"
)

// Inspect reads what stands of the hub that spec describes, and changes nothing. The sentences say, one each and in a
// fixed order, where AWS differs from spec. Without Code in spec, which code runs is not looked at, only that it is
// there. Stacks of a newer receiver than spec's are not compared with our templates. Inspect returns ErrNotFound if
// nothing of the hub is there.
func Inspect(ctx context.Context, c *awsclients.Clients, spec Spec) (*Hub, []string, error) {
	if err := spec.check(); err != nil {
		return nil, nil, err
	}
	j := newJob(c, func(string) {})
	account, err := j.accountID(ctx, spec.Region)
	if err != nil {
		return nil, nil, err
	}
	in := &inspection{job: j, spec: spec, hub: newHub(spec, account)}
	if err := in.read(ctx); err != nil {
		return nil, nil, err
	}
	if in.storage == nil && in.receiver == nil && !slices.ContainsFunc(in.topics, func(s *types.Stack) bool { return s != nil }) {
		left, err := j.remains(ctx, in.hub)
		if err != nil {
			return nil, nil, err
		}
		if left.nothing() {
			return nil, nil, ErrNotFound
		}
	}
	drift, err := in.compare(ctx)
	return in.hub, drift, err
}

// inspection is one Inspect.
type inspection struct {
	job
	spec              Spec
	hub               *Hub
	storage, receiver *types.Stack
	topics            []*types.Stack // as hub.Regions
}

func (in *inspection) read(ctx context.Context) error {
	h := in.hub
	in.topics = make([]*types.Stack, len(h.Regions))
	all, ctx := errgroup.WithContext(ctx)
	find := func(kind, region string, into **types.Stack) {
		all.Go(func() (err error) {
			*into, err = in.stacksOf(region).find(ctx, h.stackOf(kind, region))
			return err
		})
	}
	find(storageKind, h.Region, &in.storage)
	find(receiverKind, h.Region, &in.receiver)
	for i, region := range h.Regions {
		find(topicKind, region, &in.topics[i])
	}
	if err := all.Wait(); err != nil {
		return err
	}
	if in.receiver != nil {
		h.ReceiverVersion = parametersOf(in.receiver)["ReceiverVersion"]
		h.takeReceiver(outputs(in.receiver))
	}
	for i, live := range in.topics {
		if live != nil {
			h.takeTopic(h.Regions[i], outputs(live))
		}
	}
	return nil
}

// compare asks for all that is needed at once, and returns the sentences in the order in which Apply would act.
func (in *inspection) compare(ctx context.Context) ([]string, error) {
	h := in.hub
	storage := in.spec.storage()
	in.keepOwner(&storage)
	receiver := in.spec.receiver(h)
	if len(in.spec.Code) == 0 {
		delete(receiver.parameters, "CodeKey")
	}
	if in.spec.version() == "" {
		delete(receiver.parameters, "ReceiverVersion")
	}
	parts := []func(context.Context) ([]string, error){
		func(ctx context.Context) ([]string, error) { return in.compareStack(ctx, storage, in.storage) },
		in.compareBucket,
		func(ctx context.Context) ([]string, error) { return in.compareStack(ctx, receiver, in.receiver) },
		in.compareCode,
		in.compareCallbacks,
	}
	for i, region := range h.Regions {
		parts = append(parts,
			func(ctx context.Context) ([]string, error) {
				return in.compareStack(ctx, in.spec.topic(h, region), in.topics[i])
			},
			func(ctx context.Context) ([]string, error) { return in.compareTopic(ctx, region) },
			func(ctx context.Context) ([]string, error) { return in.compareSubscription(ctx, region) },
		)
	}
	found := make([][]string, len(parts))
	all, ctx := errgroup.WithContext(ctx)
	for i, part := range parts {
		all.Go(func() (err error) {
			found[i], err = part(ctx)
			return err
		})
	}
	err := all.Wait()
	return slices.Concat(found...), err
}

// keepOwner takes the owner that stands for the wanted one where there is no wish, and where a hub was imported.
func (in *inspection) keepOwner(storage *stack) {
	if in.storage == nil {
		return
	}
	owner, ok := tagsOf(in.storage)[ownerTag]
	switch {
	case in.spec.Owner == "" && ok, in.spec.FormerOwner != nil && ok && *in.spec.FormerOwner == owner:
		storage.tags[ownerTag] = owner
	case in.spec.FormerOwner != nil && !ok && *in.spec.FormerOwner == "":
		delete(storage.tags, ownerTag)
	}
}

func (in *inspection) compareStack(ctx context.Context, want stack, live *types.Stack) ([]string, error) {
	if live == nil {
		return []string{fmt.Sprintf("Stack %q in %s is not there.", want.name, want.region)}, nil
	}
	if deedFor(live) != deedUpdate {
		return []string{fmt.Sprintf("Stack %q in %s is %s.", want.name, want.region, live.StackStatus)}, nil
	}
	o := in.stacksOf(want.region)
	template, err := o.templateOf(ctx, want, live)
	if err != nil {
		return nil, err
	}
	if in.spec.version() != "" && CompareVersions(in.hub.ReceiverVersion, in.spec.version()) > 0 {
		want = want.keepingNewer(live, template)
	}
	return want.differences(live, template), nil
}

func (in *inspection) compareBucket(ctx context.Context) ([]string, error) {
	if in.storage == nil {
		return nil, nil
	}
	h := in.hub
	want, err := BucketPolicy(h.Partition, h.Bucket, in.spec.Access)
	if err != nil {
		return nil, err
	}
	have, err := in.bucketPolicy(ctx, h)
	switch {
	case awsapi.IsNotFound(err):
		return []string{fmt.Sprintf("Bucket %q is not there.", h.Bucket)}, nil
	case err != nil:
		return nil, fmt.Errorf("reading the policy of bucket %q: %w", h.Bucket, err)
	case !SamePolicy(have, string(want)):
		return []string{fmt.Sprintf("The policy of bucket %q is not the hub's.", h.Bucket)}, nil
	}
	return nil, nil
}

func (in *inspection) compareTopic(ctx context.Context, region string) ([]string, error) {
	arn := in.hub.TopicARNs[region]
	if arn == "" {
		return nil, nil
	}
	want, err := TopicPolicy(arn, in.spec.Access)
	if err != nil {
		return nil, err
	}
	have, err := in.topicPolicy(ctx, region, arn)
	switch {
	case awsapi.IsNotFound(err):
		return []string{fmt.Sprintf("Topic %q is not there.", arn)}, nil
	case err != nil:
		return nil, fmt.Errorf("reading the policy of topic %q: %w", arn, err)
	case !SamePolicy(have, string(want)):
		return []string{fmt.Sprintf("The policy of topic %q is not the hub's.", arn)}, nil
	}
	return nil, nil
}

func (in *inspection) compareSubscription(ctx context.Context, region string) ([]string, error) {
	arn, function := in.hub.TopicARNs[region], in.hub.ReceiverFunctionARN
	if arn == "" || function == "" {
		return nil, nil
	}
	there, err := in.subscribed(ctx, region, arn, function)
	if awsapi.IsNotFound(err) { // compareTopic says so
		return nil, nil
	}
	if err != nil || there {
		return nil, err
	}
	return []string{fmt.Sprintf("Topic %q does not hand its messages to the receiver.", arn)}, nil
}

// compareCode looks for the code that the receiver's stack names: Lambda has a copy, but an update needs it.
func (in *inspection) compareCode(ctx context.Context) ([]string, error) {
	if in.receiver == nil || in.storage == nil {
		return nil, nil
	}
	h, key := in.hub, parametersOf(in.receiver)["CodeKey"]
	there, err := bucket.NewObjects(in.clients.S3(h.Region), h.Bucket, h.AccountID).Head(ctx, key)
	switch {
	case awsapi.IsNotFound(err):
		return []string{fmt.Sprintf("The receiver's code, object %q in bucket %q, is not there.", key, h.Bucket)}, nil
	case err != nil:
		return nil, fmt.Errorf("looking for the receiver's code: %w", err)
	case codeKey(there.SHA256) != key:
		return []string{fmt.Sprintf("The receiver's code, object %q in bucket %q, was changed.", key, h.Bucket)}, nil
	}
	return nil, nil
}
