package hub

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"golang.org/x/sync/errgroup"

	"github.com/xrole/terraform-provider-xrole/internal/awsapi"
	"github.com/xrole/terraform-provider-xrole/internal/partition"
)

// job is one Apply or Destroy.
type job struct {
	clients *awsapi.Clients
	say     func(string)
}

func newJob(c *awsapi.Clients, progress func(string)) job {
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

// Apply makes the hub that spec describes, or changes the one that is there until it is as described; what is as
// described already is only read. It returns when everything stands. It calls progress, never twice at once, with one
// line for each step that takes time. A stack that fails gives a *StackError, too many accounts a *PolicyTooLargeError
// before anything is made. Apply may be called again after any failure.
func Apply(ctx context.Context, c *awsapi.Clients, spec Spec, progress func(string)) (*Hub, error) {
	if err := spec.Validate(); err != nil {
		return nil, err
	}
	j := newJob(c, progress)
	who, err := c.STS(spec.Region).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return nil, fmt.Errorf("finding out the account: %w", err)
	}
	h := &Hub{
		Name: spec.Name, AccountID: aws.ToString(who.Account), Region: spec.Region,
		Partition: partition.ForRegion(spec.Region).ID, Regions: slices.Sorted(slices.Values(spec.Regions)),
		TopicName: resourceName(spec.Name), TrustedPrincipalARNs: spec.TrustedPrincipalARNs,
		TopicARNs: map[string]string{}, DeadLetterQueueURLs: map[string]string{},
	}
	if err := j.storage(ctx, spec, h); err != nil {
		return nil, err
	}
	if err := j.receiver(ctx, spec, h); err != nil {
		return nil, err
	}
	if err := j.topics(ctx, spec, h); err != nil {
		return nil, err
	}
	return h, nil
}

func (j job) storage(ctx context.Context, spec Spec, h *Hub) error {
	out, err := j.stacksOf(h.Region).ensure(ctx, spec.storage())
	if err != nil {
		return err
	}
	h.Bucket, h.Table, h.TableARN = out["BucketName"], out["TableName"], out["TableArn"]
	policy, err := BucketPolicy(h.Partition, h.Bucket, spec.Access)
	if err != nil {
		return err
	}
	return j.setBucketPolicy(ctx, h, string(policy))
}

func (j job) setBucketPolicy(ctx context.Context, h *Hub, want string) error {
	client := j.clients.S3(h.Region)
	have, err := client.GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: &h.Bucket, ExpectedBucketOwner: &h.AccountID})
	switch {
	case awsapi.Code(err) == "NoSuchBucketPolicy":
	case err != nil:
		return fmt.Errorf("reading the policy of bucket %q: %w", h.Bucket, err)
	default:
		if same, err := SamePolicy(aws.ToString(have.Policy), want); err == nil && same {
			return nil
		}
	}
	j.say(h.Region + ": setting who may read templates")
	_, err = client.PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{Bucket: &h.Bucket, ExpectedBucketOwner: &h.AccountID, Policy: &want})
	if err != nil {
		return fmt.Errorf("setting the policy of bucket %q: %w", h.Bucket, err)
	}
	return nil
}

func (j job) receiver(ctx context.Context, spec Spec, h *Hub) error {
	key, err := j.upload(ctx, spec, h)
	if err != nil {
		return fmt.Errorf("uploading the receiver: %w", err)
	}
	out, err := j.stacksOf(h.Region).ensure(ctx, spec.receiver(h, key))
	if err != nil {
		return err
	}
	h.ReceiverFunctionARN, h.ReceiverRoleARN = out["FunctionArn"], out["RoleArn"]
	h.ReceiverDeadLetterQueueURL = out["DeadLetterQueueUrl"]
	return nil
}

// upload puts the receiver's code under its hash, once, and returns the key. It asks first, since the code is large.
func (j job) upload(ctx context.Context, spec Spec, h *Hub) (string, error) {
	digest := sha256.Sum256(spec.Code)
	sum := hex.EncodeToString(digest[:])
	key := "receiver/" + sum + ".zip"
	store := awsapi.NewTemplates(j.clients.S3(h.Region), h.Bucket, h.AccountID)
	stored, err := store.Head(ctx, key)
	if err != nil && !awsapi.IsNotFound(err) {
		return "", err
	}
	if stored.Intact(sum) {
		return key, nil
	}
	j.say(h.Region + ": uploading the receiver")
	return key, store.Put(ctx, key, spec.Code)
}

func (j job) topics(ctx context.Context, spec Spec, h *Hub) error {
	var mu sync.Mutex
	all, ctx := errgroup.WithContext(ctx)
	for _, region := range h.Regions {
		all.Go(func() error {
			out, err := j.stacksOf(region).ensure(ctx, spec.topic(h, region))
			if err != nil {
				return err
			}
			mu.Lock()
			h.TopicARNs[region], h.DeadLetterQueueURLs[region] = out["TopicArn"], out["DeadLetterQueueUrl"]
			mu.Unlock()
			policy, err := TopicPolicy(out["TopicArn"], spec.Access)
			if err != nil {
				return err
			}
			return j.setTopicPolicy(ctx, region, out["TopicArn"], string(policy))
		})
	}
	return all.Wait()
}

func (j job) setTopicPolicy(ctx context.Context, region, arn, want string) error {
	client := j.clients.SNS(region)
	have, err := client.GetTopicAttributes(ctx, &sns.GetTopicAttributesInput{TopicArn: &arn})
	if err != nil {
		return fmt.Errorf("reading the policy of topic %q: %w", arn, err)
	}
	if same, err := SamePolicy(have.Attributes["Policy"], want); err == nil && same {
		return nil
	}
	j.say(region + ": setting who may publish")
	_, err = client.SetTopicAttributes(ctx, &sns.SetTopicAttributesInput{TopicArn: &arn, AttributeName: aws.String("Policy"), AttributeValue: &want})
	if err != nil {
		return fmt.Errorf("setting the policy of topic %q: %w", arn, err)
	}
	return nil
}
