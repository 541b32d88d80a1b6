package hub

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	ddbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"golang.org/x/sync/errgroup"

	"github.com/xrole/terraform-provider-xrole/internal/awsapi"
)

// InUseError says that a hub still has onboardings, so that its customers' stacks would lose the topic they call.
type InUseError struct {
	Hub string
	// Onboardings are how many offers its registry holds.
	Onboardings int
}

// Error names the hub and how many onboardings it has.
func (e *InUseError) Error() string {
	return fmt.Sprintf("hub %q has %d onboardings; without it their customers' stacks can neither be updated nor deleted", e.Hub, e.Onboardings)
}

// Destroy deletes all that a hub is made of, the bucket with every version of every object and the table included.
// Unless force is true, it returns an *InUseError, and deletes nothing, while there are onboardings. What is gone
// already is no error, so that it can be called again after any failure. It calls progress as Apply does.
func Destroy(ctx context.Context, c *awsapi.Clients, h Hub, force bool, progress func(string)) error {
	j := newJob(c, progress)
	if !force {
		n, err := j.countOffers(ctx, h)
		if err != nil {
			return err
		}
		if n > 0 {
			return &InUseError{Hub: h.Name, Onboardings: n}
		}
	}
	topics, receiver, storage := h.stacks()
	all, topicsCtx := errgroup.WithContext(ctx)
	for _, s := range topics {
		all.Go(func() error { return j.stacksOf(s.region).remove(topicsCtx, s) })
	}
	if err := all.Wait(); err != nil {
		return err
	}
	for _, s := range []stack{receiver, storage} {
		if err := j.stacksOf(s.region).remove(ctx, s); err != nil {
			return err
		}
	}
	if err := j.deleteBucket(ctx, h); err != nil {
		return fmt.Errorf("deleting bucket %q: %w", h.Bucket, err)
	}
	if err := j.deleteTable(ctx, h); err != nil {
		return fmt.Errorf("deleting table %q: %w", h.Table, err)
	}
	return nil
}

func (j job) countOffers(ctx context.Context, h Hub) (int, error) {
	n := 0
	pages := dynamodb.NewScanPaginator(j.clients.DynamoDB(h.Region), &dynamodb.ScanInput{
		TableName: &h.TableARN, Select: ddbtypes.SelectCount, ConsistentRead: aws.Bool(true),
		FilterExpression:          aws.String("begins_with(pk, :offer)"),
		ExpressionAttributeValues: map[string]ddbtypes.AttributeValue{":offer": &ddbtypes.AttributeValueMemberS{Value: "offer#"}},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if awsapi.IsNotFound(err) {
			return 0, nil
		}
		if err != nil {
			return 0, fmt.Errorf("counting the onboardings of hub %q: %w", h.Name, err)
		}
		n += int(page.Count)
	}
	return n, nil
}

func (j job) deleteBucket(ctx context.Context, h Hub) error {
	j.say(h.Region + ": deleting bucket " + h.Bucket)
	client := j.clients.S3(h.Region)
	pages := s3.NewListObjectVersionsPaginator(client, &s3.ListObjectVersionsInput{Bucket: &h.Bucket, ExpectedBucketOwner: &h.AccountID})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if awsapi.IsNotFound(err) {
			return nil
		}
		if err != nil {
			return err
		}
		var old []types.ObjectIdentifier
		for _, v := range page.Versions {
			old = append(old, types.ObjectIdentifier{Key: v.Key, VersionId: v.VersionId})
		}
		for _, m := range page.DeleteMarkers {
			old = append(old, types.ObjectIdentifier{Key: m.Key, VersionId: m.VersionId})
		}
		if err := deleteVersions(ctx, client, h, old); err != nil {
			return err
		}
	}
	_, err := client.DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: &h.Bucket, ExpectedBucketOwner: &h.AccountID})
	if awsapi.IsNotFound(err) {
		return nil
	}
	return err
}

// deleteVersions deletes one page of versions: at most a thousand, which is what one request may name.
func deleteVersions(ctx context.Context, client *s3.Client, h Hub, old []types.ObjectIdentifier) error {
	if len(old) == 0 {
		return nil
	}
	out, err := client.DeleteObjects(ctx, &s3.DeleteObjectsInput{
		Bucket: &h.Bucket, ExpectedBucketOwner: &h.AccountID, Delete: &types.Delete{Objects: old, Quiet: aws.Bool(true)},
	})
	if err != nil {
		return err
	}
	if len(out.Errors) > 0 {
		e := out.Errors[0]
		return fmt.Errorf("%d objects stay, the first is %q: %s: %s", len(out.Errors), aws.ToString(e.Key), aws.ToString(e.Code), aws.ToString(e.Message))
	}
	return nil
}

func (j job) deleteTable(ctx context.Context, h Hub) error {
	client := j.clients.DynamoDB(h.Region)
	describe := &dynamodb.DescribeTableInput{TableName: &h.TableARN}
	live, err := client.DescribeTable(ctx, describe)
	if awsapi.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	j.say(h.Region + ": deleting table " + h.Table)
	if aws.ToBool(live.Table.DeletionProtectionEnabled) {
		off := &dynamodb.UpdateTableInput{TableName: &h.TableARN, DeletionProtectionEnabled: aws.Bool(false)}
		if _, err := client.UpdateTable(ctx, off); err != nil {
			return err
		}
		active := dynamodb.NewTableExistsWaiter(client, func(w *dynamodb.TableExistsWaiterOptions) {
			w.MinDelay, w.MaxDelay = pollAtFirst, pollAtMost
		})
		if err := active.Wait(ctx, describe, patience); err != nil {
			return err
		}
	}
	if live.Table.TableStatus != ddbtypes.TableStatusDeleting {
		if _, err := client.DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: &h.TableARN}); err != nil {
			return err
		}
	}
	gone := dynamodb.NewTableNotExistsWaiter(client, func(w *dynamodb.TableNotExistsWaiterOptions) {
		w.MinDelay, w.MaxDelay = pollAtFirst, pollAtMost
	})
	return gone.Wait(ctx, describe, patience)
}
