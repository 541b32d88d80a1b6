package hub

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	ddbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/xrole/terraform-provider-xrole/internal/awsapi"
)

// deleteRemains deletes what the stacks leave. A stack that is being made when its deletion is asked for may take bucket
// and table with it, so that they are looked for only now.
func (j job) deleteRemains(ctx context.Context, h *Hub) error {
	left, err := j.remains(ctx, h)
	if err != nil {
		return err
	}
	if left.bucket {
		if err := j.deleteBucket(ctx, h); err != nil {
			return fmt.Errorf("deleting bucket %q: %w", h.Bucket, err)
		}
	}
	if left.table {
		if err := j.deleteTable(ctx, h); err != nil {
			return fmt.Errorf("deleting table %q: %w", h.Table, err)
		}
	}
	return nil
}

func (j job) deleteBucket(ctx context.Context, h *Hub) error {
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
func deleteVersions(ctx context.Context, client *s3.Client, h *Hub, old []types.ObjectIdentifier) error {
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

func (j job) deleteTable(ctx context.Context, h *Hub) error {
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
	if live.Table.TableStatus != ddbtypes.TableStatusDeleting {
		if err := deleteActive(ctx, client, h, live.Table); awsapi.IsNotFound(err) {
			return nil
		} else if err != nil {
			return err
		}
	}
	gone := dynamodb.NewTableNotExistsWaiter(client, func(w *dynamodb.TableNotExistsWaiterOptions) {
		w.MinDelay, w.MaxDelay = pollAtFirst, pollAtMost
	})
	return gone.Wait(ctx, describe, patience)
}

// deleteActive deletes a table when whatever is being done to it is over.
func deleteActive(ctx context.Context, client *dynamodb.Client, h *Hub, table *ddbtypes.TableDescription) error {
	settle := func() error {
		active := dynamodb.NewTableExistsWaiter(client, func(w *dynamodb.TableExistsWaiterOptions) {
			w.MinDelay, w.MaxDelay = pollAtFirst, pollAtMost
		})
		return active.Wait(ctx, &dynamodb.DescribeTableInput{TableName: &h.TableARN}, patience)
	}
	if table.TableStatus != ddbtypes.TableStatusActive {
		if err := settle(); err != nil {
			return err
		}
	}
	if aws.ToBool(table.DeletionProtectionEnabled) {
		off := &dynamodb.UpdateTableInput{TableName: &h.TableARN, DeletionProtectionEnabled: aws.Bool(false)}
		if _, err := client.UpdateTable(ctx, off); err != nil {
			return err
		}
		if err := settle(); err != nil {
			return err
		}
	}
	_, err := client.DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: &h.TableARN})
	return err
}
