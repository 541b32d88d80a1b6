package hub

import (
	"context"
	"fmt"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/xrole/terraform-provider-xrole/internal/awsapi"
	"github.com/xrole/terraform-provider-xrole/internal/awsclients"
	"github.com/xrole/terraform-provider-xrole/internal/bucket"
)

// job is one Apply, Inspect or Destroy.
type job struct {
	clients *awsclients.Clients
	say     func(string)
}

func newJob(c *awsclients.Clients, progress func(string)) job {
	var mu sync.Mutex
	return job{clients: c, say: func(what string) {
		mu.Lock()
		defer mu.Unlock()
		progress(what)
	}}
}

func (j job) stacksOf(region string) operator {
	return operator{client: j.clients.CloudFormation(region), say: j.say}
}

func (j job) accountID(ctx context.Context, region string) (string, error) {
	who, err := j.clients.Caller(ctx, region)
	return who.AccountID, err
}

// Apply makes the hub that spec describes, or changes the one that is there, in whatever state, until it is as
// described; what is as described already is only read. It returns when everything stands. It calls progress, never
// twice at once, with one line for each step that takes time, and while it waits for a stack with the resource it waits
// for. Apply may be called again after any failure.
//
// Before anything is changed it returns Validate's errors, *OwnerError or *ExistsError for a hub that is somebody
// else's, *RevisionError for an imported one that somebody else claimed at the same time, and *InUseError for a region that shall
// go while customers depend on it. An account that does not exist gives an *AccountError before any policy is changed, a
// stack that fails a *StackError.
func Apply(ctx context.Context, c *awsclients.Clients, spec Spec, progress func(string)) (*Hub, error) {
	if err := spec.Validate(); err != nil {
		return nil, err
	}
	j := newJob(c, progress)
	account, err := j.accountID(ctx, spec.Region)
	if err != nil {
		return nil, err
	}
	if err := spec.checkPrincipals(account); err != nil {
		return nil, err
	}
	h := newHub(spec, account)
	former, err := j.survey(ctx, spec, h)
	if err != nil {
		return nil, err
	}
	if spec.Owner == "" {
		spec.Owner = former.owner
	}
	if former.settings.Hub != nil && former.owner != spec.Owner && spec.FormerOwner == nil {
		h.Found = former.owner
	}
	if err := j.claim(ctx, spec, h, former); err != nil {
		return nil, err
	}
	if err := j.storage(ctx, spec, h, former); err != nil {
		return nil, err
	}
	// The receiver's template is where the regions are remembered: a topic goes before the receiver forgets it, and
	// comes after.
	if err := j.removeTopics(ctx, h, former.removed); err != nil {
		return nil, err
	}
	if err := j.receiver(ctx, spec, h, former); err != nil {
		return nil, err
	}
	if err := j.topics(ctx, spec, h, former); err != nil {
		return nil, err
	}
	return h, j.writeSettings(ctx, spec, h, former.settings)
}

func (j job) storage(ctx context.Context, spec Spec, h *Hub, former *former) error {
	want := spec.storage()
	stand := func() error {
		_, err := j.ensure(ctx, want, former, func(ctx context.Context) (bool, error) { return j.adopt(ctx, want, h) })
		return err
	}
	err := j.setUp(ctx, spec, h, former.tableGone, stand)
	if !awsapi.IsNotFound(err) {
		return err
	}
	return j.setUp(ctx, spec, h, true, stand)
}

// setUp makes the storage stack and sets the bucket's policy. A stack whose bucket or table somebody deleted cannot
// make it again: anew, it takes in what is left and makes what is not.
func (j job) setUp(ctx context.Context, spec Spec, h *Hub, anew bool, stand func() error) error {
	if anew {
		if err := j.tagRemains(ctx, spec, h); err != nil {
			return err
		}
		if err := j.stacksOf(h.Region).remove(ctx, spec.storage()); err != nil {
			return err
		}
	}
	if err := stand(); err != nil {
		return err
	}
	return whileMissing(ctx, func() error { return j.setBucketPolicy(ctx, spec, h) })
}

func (j job) ensure(ctx context.Context, s stack, former *former, missing func(context.Context) (bool, error)) (map[string]string, error) {
	o := j.stacksOf(s.region)
	if former.newer {
		live, err := o.find(ctx, s)
		if err != nil {
			return nil, err
		}
		if live != nil && deedFor(live) != deedDelete {
			template, err := o.templateOf(ctx, s, live)
			if err != nil {
				return nil, err
			}
			s = s.keepingNewer(live, template)
		}
	}
	return o.ensure(ctx, s, missing)
}

func (j job) receiver(ctx context.Context, spec Spec, h *Hub, former *former) error {
	h.ReceiverVersion = spec.version()
	if former.newer {
		h.ReceiverVersion = former.version
	} else if err := j.upload(ctx, spec, h); err != nil {
		return fmt.Errorf("uploading the receiver: %w", err)
	}
	want := spec.receiver(h)
	out, err := j.ensure(ctx, want, former, nil)
	if err != nil {
		return err
	}
	h.takeReceiver(out)
	return j.mendReceiver(ctx, h, want)
}

func (h *Hub) takeReceiver(out map[string]string) {
	h.ReceiverFunctionARN, h.ReceiverRoleARN = out["FunctionArn"], out["RoleArn"]
	h.ReceiverDeadLetterQueueURL = out["DeadLetterQueueUrl"]
}

// upload puts the receiver's code under its hash, once. It asks first, since the code is large.
func (j job) upload(ctx context.Context, spec Spec, h *Hub) error {
	sum := spec.codeSum()
	store := bucket.NewObjects(j.clients.S3(h.Region), h.Bucket, h.AccountID)
	there, err := store.Head(ctx, codeKey(sum))
	if err != nil && !awsapi.IsNotFound(err) {
		return err
	}
	if there.Intact(sum) {
		return nil
	}
	j.say(h.Region + ": uploading the receiver")
	if err == nil {
		return store.Replace(ctx, codeKey(sum), spec.Code, there.ETag) // somebody changed it
	}
	return store.Put(ctx, codeKey(sum), spec.Code)
}

func (j job) topics(ctx context.Context, spec Spec, h *Hub, former *former) error {
	var mu sync.Mutex
	all, ctx := errgroup.WithContext(ctx)
	for _, region := range h.Regions {
		all.Go(func() error {
			out, err := j.topic(ctx, spec, h, region, former)
			if err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			h.takeTopic(region, out)
			return nil
		})
	}
	return all.Wait()
}

func (h *Hub) takeTopic(region string, out map[string]string) {
	h.TopicARNs[region], h.DeadLetterQueueURLs[region] = out["TopicArn"], out["DeadLetterQueueUrl"]
}

func (j job) topic(ctx context.Context, spec Spec, h *Hub, region string, former *former) (map[string]string, error) {
	want := spec.topic(h, region)
	out, err := j.ensure(ctx, want, former, nil)
	if err != nil {
		return nil, err
	}
	policy := func() error { return j.setTopicPolicy(ctx, spec, region, out["TopicArn"]) }
	if err = whileMissing(ctx, policy); err == nil {
		return out, j.mendTopic(ctx, h, want, out["TopicArn"])
	}
	if !awsapi.IsNotFound(err) {
		return nil, err
	}
	// Somebody deleted the topic. The stack does not know and cannot make it again, but another one can: the topic's ARN
	// is the same, so customers' stacks find it.
	if err := j.stacksOf(region).remove(ctx, want); err != nil {
		return nil, err
	}
	if out, err = j.ensure(ctx, want, former, nil); err != nil {
		return nil, err
	}
	return out, whileMissing(ctx, policy)
}

func (j job) removeTopics(ctx context.Context, h *Hub, regions []string) error {
	all, ctx := errgroup.WithContext(ctx)
	for _, region := range regions {
		all.Go(func() error { return j.stacksOf(region).remove(ctx, h.stackOf(topicKind, region)) })
	}
	return all.Wait()
}
