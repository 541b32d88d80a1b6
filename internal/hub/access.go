package hub

import (
	"bytes"
	"context"
	"encoding/xml"
	"fmt"
	"io"
	"regexp"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/xrole/terraform-provider-xrole/internal/awsapi"
)

var rootPattern = regexp.MustCompile(`:iam::(\d{12}):root`)

// setBucketPolicy says who may read templates, if that is not what the policy says already.
func (j job) setBucketPolicy(ctx context.Context, spec Spec, h *Hub) error {
	want, err := BucketPolicy(h.Partition, h.Bucket, spec.Access)
	if err != nil {
		return err
	}
	have, err := j.bucketPolicy(ctx, h)
	if err != nil {
		return fmt.Errorf("reading the policy of bucket %q: %w", h.Bucket, err)
	}
	if SamePolicy(have, string(want)) {
		return nil
	}
	j.say(h.Region + ": setting who may read templates")
	var detail string
	_, err = j.clients.S3(h.Region).PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{
		Bucket: &h.Bucket, ExpectedBucketOwner: &h.AccountID, Policy: aws.String(string(want)),
	}, keepDetail(&detail))
	if named := rootPattern.FindStringSubmatch(detail); named != nil && awsapi.Code(err) == "MalformedPolicy" {
		return &AccountError{AccountID: named[1]}
	}
	if err != nil {
		return fmt.Errorf("setting the policy of bucket %q: %w", h.Bucket, err)
	}
	return nil
}

// bucketPolicy returns "" for a bucket without one.
func (j job) bucketPolicy(ctx context.Context, h *Hub) (string, error) {
	out, err := j.clients.S3(h.Region).GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: &h.Bucket, ExpectedBucketOwner: &h.AccountID})
	if awsapi.Code(err) == "NoSuchBucketPolicy" {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return aws.ToString(out.Policy), nil
}

// keepDetail keeps the Detail of S3's error, which names the principal that does not exist: the SDK's error has only
// code and message.
func keepDetail(detail *string) func(*s3.Options) {
	read := func(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (
		middleware.DeserializeOutput, middleware.Metadata, error,
	) {
		out, metadata, err := next.HandleDeserialize(ctx, in)
		resp, ok := out.RawResponse.(*smithyhttp.Response)
		if !ok || resp.StatusCode < 400 || resp.Body == nil {
			return out, metadata, err
		}
		body, readErr := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
		_ = resp.Body.Close() // what was read is all that counts
		resp.Body = io.NopCloser(bytes.NewReader(body))
		var answer struct{ Detail string }
		if readErr == nil && xml.Unmarshal(body, &answer) == nil {
			*detail = answer.Detail
		}
		return out, metadata, err
	}
	return func(o *s3.Options) {
		o.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error {
			return stack.Deserialize.Add(middleware.DeserializeMiddlewareFunc("KeepErrorDetail", read), middleware.After)
		})
	}
}

// setTopicPolicy says who may publish, if that is not what the policy says already.
func (j job) setTopicPolicy(ctx context.Context, spec Spec, region, arn string) error {
	want, err := TopicPolicy(arn, spec.Access)
	if err != nil {
		return err
	}
	have, err := j.topicPolicy(ctx, region, arn)
	if err != nil {
		return fmt.Errorf("reading the policy of topic %q: %w", arn, err)
	}
	if SamePolicy(have, string(want)) {
		return nil
	}
	j.say(region + ": setting who may publish")
	_, err = j.clients.SNS(region).SetTopicAttributes(ctx, &sns.SetTopicAttributesInput{
		TopicArn: &arn, AttributeName: aws.String("Policy"), AttributeValue: aws.String(string(want)),
	})
	if err != nil {
		return fmt.Errorf("setting the policy of topic %q: %w", arn, err)
	}
	return nil
}

func (j job) topicPolicy(ctx context.Context, region, arn string) (string, error) {
	out, err := j.clients.SNS(region).GetTopicAttributes(ctx, &sns.GetTopicAttributesInput{TopicArn: &arn})
	if err != nil {
		return "", err
	}
	return out.Attributes["Policy"], nil
}
