package hub

import (
	"context"
	"fmt"
	"maps"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	ddbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/xrole/terraform-provider-xrole/internal/awsapi"
)

// remains are what a hub has outside its stacks' lives: a storage stack that is deleted leaves both.
type remains struct {
	bucket, table bool
	owner         string
}

func (r remains) nothing() bool { return !r.bucket && !r.table }

// remains looks for the bucket and the table that bear the hub's tag. Those without it are somebody else's, whatever
// their names: they make the stack's creation fail, which names them, and are never deleted.
func (j job) remains(ctx context.Context, h *Hub) (remains, error) {
	bucket, err := j.bucketTags(ctx, h)
	if err != nil {
		return remains{}, err
	}
	table, err := j.tableTags(ctx, h)
	if err != nil {
		return remains{}, err
	}
	r := remains{bucket: bucket[hubTag] == h.Name, table: table[hubTag] == h.Name}
	switch {
	case r.table:
		r.owner = table[ownerTag]
	case r.bucket:
		r.owner = bucket[ownerTag]
	}
	return r, nil
}

func (r remains) toImport(h *Hub) []types.ResourceToImport {
	var out []types.ResourceToImport
	if r.bucket {
		out = append(out, types.ResourceToImport{
			LogicalResourceId: aws.String("Bucket"), ResourceType: aws.String("AWS::S3::Bucket"),
			ResourceIdentifier: map[string]string{"BucketName": h.Bucket},
		})
	}
	if r.table {
		out = append(out, types.ResourceToImport{
			LogicalResourceId: aws.String("Table"), ResourceType: aws.String("AWS::DynamoDB::Table"),
			ResourceIdentifier: map[string]string{"TableName": h.Table},
		})
	}
	return out
}

// bucketTags returns nil for a bucket that is not there.
func (j job) bucketTags(ctx context.Context, h *Hub) (map[string]string, error) {
	out, err := j.clients.S3(h.Region).GetBucketTagging(ctx, &s3.GetBucketTaggingInput{Bucket: &h.Bucket, ExpectedBucketOwner: &h.AccountID})
	if awsapi.IsNotFound(err) || awsapi.Code(err) == "NoSuchTagSet" {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("looking for bucket %q: %w", h.Bucket, err)
	}
	tags := map[string]string{}
	for _, t := range out.TagSet {
		tags[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	return tags, nil
}

// tableTags returns nil for a table that is not there.
func (j job) tableTags(ctx context.Context, h *Hub) (map[string]string, error) {
	tags := map[string]string{}
	ask := &dynamodb.ListTagsOfResourceInput{ResourceArn: &h.TableARN}
	for {
		out, err := j.clients.DynamoDB(h.Region).ListTagsOfResource(ctx, ask)
		if awsapi.IsNotFound(err) {
			return nil, nil
		}
		if err != nil {
			return nil, fmt.Errorf("looking for table %q: %w", h.Table, err)
		}
		for _, t := range out.Tags {
			tags[aws.ToString(t.Key)] = aws.ToString(t.Value)
		}
		if out.NextToken == nil {
			return tags, nil
		}
		ask.NextToken = out.NextToken
	}
}

// tagRemains puts the tags back on what a stack that goes is about to leave: without them nobody would know it to be the
// hub's.
func (j job) tagRemains(ctx context.Context, spec Spec, h *Hub) error {
	wanted := spec.storage().tags
	tags, err := j.bucketTags(ctx, h)
	if err != nil {
		return err
	}
	if tags[hubTag] != h.Name {
		var all []s3types.Tag
		for key, value := range mergedTags(tags, wanted) {
			all = append(all, s3types.Tag{Key: &key, Value: &value})
		}
		_, err := j.clients.S3(h.Region).PutBucketTagging(ctx, &s3.PutBucketTaggingInput{
			Bucket: &h.Bucket, ExpectedBucketOwner: &h.AccountID, Tagging: &s3types.Tagging{TagSet: all},
		})
		if err != nil && !awsapi.IsNotFound(err) {
			return fmt.Errorf("tagging bucket %q: %w", h.Bucket, err)
		}
	}
	if tags, err = j.tableTags(ctx, h); err != nil || tags[hubTag] == h.Name {
		return err
	}
	var all []ddbtypes.Tag
	for key, value := range wanted {
		all = append(all, ddbtypes.Tag{Key: &key, Value: &value})
	}
	_, err = j.clients.DynamoDB(h.Region).TagResource(ctx, &dynamodb.TagResourceInput{ResourceArn: &h.TableARN, Tags: all})
	if err != nil && !awsapi.IsNotFound(err) {
		return fmt.Errorf("tagging table %q: %w", h.Table, err)
	}
	return nil
}

func mergedTags(have, more map[string]string) map[string]string {
	out := maps.Clone(more)
	for key, value := range have {
		if _, ok := more[key]; !ok && !strings.HasPrefix(key, "aws:") {
			out[key] = value
		}
	}
	return out
}

// adopt makes a stack of what a deleted one left behind, with an import change set, and reports whether there was
// anything. The stack is not complete then: an import can neither add a resource nor outputs, an update does.
func (j job) adopt(ctx context.Context, s stack, h *Hub) (bool, error) {
	left, err := j.remains(ctx, h)
	if err != nil || left.nothing() {
		return false, err
	}
	o := j.stacksOf(s.region)
	o.say(fmt.Sprintf("%s: taking what is left of stack %s into a new one", s.region, s.name))
	var names []string
	resources := left.toImport(h)
	for _, r := range resources {
		names = append(names, *r.LogicalResourceId)
	}
	template, err := importTemplate(s.template, names)
	if err != nil {
		return false, err
	}
	made, err := o.client.CreateChangeSet(ctx, &cloudformation.CreateChangeSetInput{
		StackName: &s.name, ChangeSetName: aws.String("xrole-import"), ChangeSetType: types.ChangeSetTypeImport,
		TemplateBody: &template, Parameters: s.inputs(), Tags: s.stackTags(), ResourcesToImport: resources,
	})
	if err != nil {
		return false, fmt.Errorf("planning the import into %s: %w", s, err)
	}
	ready := cloudformation.NewChangeSetCreateCompleteWaiter(o.client, func(w *cloudformation.ChangeSetCreateCompleteWaiterOptions) {
		w.MinDelay, w.MaxDelay = pollAtFirst, pollAtMost
	})
	if err := ready.Wait(ctx, &cloudformation.DescribeChangeSetInput{ChangeSetName: made.Id}, patience); err != nil {
		return false, fmt.Errorf("planning the import into %s: %w", s, err)
	}
	if _, err := o.client.ExecuteChangeSet(ctx, &cloudformation.ExecuteChangeSetInput{ChangeSetName: made.Id}); err != nil {
		return false, fmt.Errorf("importing into %s: %w", s, err)
	}
	_, err = o.finish(ctx, s, *made.StackId, types.StackStatusImportComplete)
	return true, err
}
