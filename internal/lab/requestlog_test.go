package lab_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/xrole/terraform-provider-xrole/internal/lab"
)

// nothing is a server that knows nothing.
func nothing(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	w.WriteHeader(http.StatusNotFound)
}

// last makes one request and returns its entry in the log.
func last(t *testing.T, l *lab.Lab, call func(context.Context, aws.Config)) lab.Request {
	t.Helper()
	call(t.Context(), once(l.WithKey(keyOf2s)))
	log := l.Requests(lab.Filter{})
	if len(log) == 0 {
		t.Fatal("nothing in the log")
	}
	return log[len(log)-1]
}

func TestRequests_fields(t *testing.T) {
	t.Parallel()
	l := lab.NewOver(t, http.HandlerFunc(nothing))
	for _, tt := range []struct {
		call func(context.Context, aws.Config)
		want lab.Request
	}{
		{
			func(ctx context.Context, cfg aws.Config) {
				_, _ = s3.NewFromConfig(cfg).PutObject(ctx, &s3.PutObjectInput{Bucket: aws.String("acme"), Key: aws.String("a b/c"), Body: strings.NewReader("x")})
			},
			lab.Request{Service: "s3", Operation: "PutObject", Region: "eu-west-1", Host: "acme.s3.eu-west-1.amazonaws.com", Method: "PUT", Path: "/a%20b/c"},
		},
		{
			func(ctx context.Context, cfg aws.Config) {
				_, _ = sts.NewFromConfig(cfg).AssumeRole(ctx, &sts.AssumeRoleInput{RoleArn: aws.String("arn:aws:iam::111111111111:role/x"), RoleSessionName: aws.String("x")})
			},
			lab.Request{Service: "sts", Operation: "AssumeRole", Region: "eu-west-1", Host: "sts.eu-west-1.amazonaws.com", Method: "POST", Path: "/"},
		},
		{
			func(ctx context.Context, cfg aws.Config) {
				_, _ = dynamodb.NewFromConfig(cfg).Scan(ctx, &dynamodb.ScanInput{TableName: aws.String("acme")})
			},
			lab.Request{Service: "dynamodb", Operation: "Scan", Region: "eu-west-1", Host: "dynamodb.eu-west-1.amazonaws.com", Method: "POST", Path: "/"},
		},
		{
			func(ctx context.Context, cfg aws.Config) {
				_, _ = sns.NewFromConfig(cfg).Publish(ctx, &sns.PublishInput{TopicArn: aws.String("arn"), Message: aws.String("x")})
			},
			lab.Request{Service: "sns", Operation: "Publish", Region: "eu-west-1", Host: "sns.eu-west-1.amazonaws.com", Method: "POST", Path: "/"},
		},
		{
			func(ctx context.Context, cfg aws.Config) {
				_, _ = lambda.NewFromConfig(cfg).Invoke(ctx, &lambda.InvokeInput{FunctionName: aws.String("arn:aws:lambda:eu-west-1:111111111111:function:f")})
			},
			lab.Request{
				Service: "lambda", Operation: "Invoke", Region: "eu-west-1", Host: "lambda.eu-west-1.amazonaws.com", Method: "POST",
				Path: "/2015-03-31/functions/arn%3Aaws%3Alambda%3Aeu-west-1%3A111111111111%3Afunction%3Af/invocations",
			},
		},
		{
			func(ctx context.Context, cfg aws.Config) {
				_, _ = cloudformation.NewFromConfig(cfg).CreateStack(ctx, &cloudformation.CreateStackInput{StackName: aws.String("x"), TemplateBody: aws.String(strings.Repeat("&=%", 17000))})
			},
			lab.Request{Service: "cloudformation", Operation: "CreateStack", Region: "eu-west-1", Host: "cloudformation.eu-west-1.amazonaws.com", Method: "POST", Path: "/"},
		},
		{
			func(ctx context.Context, cfg aws.Config) {
				_, _ = iam.NewFromConfig(cfg).GetRole(ctx, &iam.GetRoleInput{RoleName: aws.String("x")})
			},
			lab.Request{Service: "iam", Operation: "GetRole", Region: "us-east-1", Host: "iam.amazonaws.com", Method: "POST", Path: "/"},
		},
		{
			func(ctx context.Context, cfg aws.Config) {
				_, _ = cloudwatch.NewFromConfig(cfg).DescribeAlarms(ctx, &cloudwatch.DescribeAlarmsInput{})
			},
			lab.Request{
				Service: "monitoring", Operation: "DescribeAlarms", Region: "eu-west-1", Host: "monitoring.eu-west-1.amazonaws.com", Method: "POST",
				Path: "/service/GraniteServiceVersion20100801/operation/DescribeAlarms",
			},
		},
	} {
		tt.want.AccountID, tt.want.Status = "222222222222", http.StatusNotFound
		got := last(t, l, tt.call)
		if diff := cmp.Diff(tt.want, got, cmpopts.IgnoreFields(lab.Request{}, "Time")); diff != "" {
			t.Error(diff)
		}
	}
}

// ask makes a call whose answer nobody wants.
func ask[I, O, P any](ctx context.Context, call func(context.Context, *I, ...func(*P)) (*O, error), in *I) func() {
	return func() { _, _ = call(ctx, in) }
}

// s3Calls are S3's operations, which no request names.
func s3Calls(ctx context.Context, c *s3.Client) map[string]func() {
	bucket, key := aws.String("acme"), aws.String("k")
	return map[string]func(){
		"GetObject":                  ask(ctx, c.GetObject, &s3.GetObjectInput{Bucket: bucket, Key: key}),
		"HeadObject":                 ask(ctx, c.HeadObject, &s3.HeadObjectInput{Bucket: bucket, Key: key}),
		"DeleteObject":               ask(ctx, c.DeleteObject, &s3.DeleteObjectInput{Bucket: bucket, Key: key}),
		"CopyObject":                 ask(ctx, c.CopyObject, &s3.CopyObjectInput{Bucket: bucket, Key: key, CopySource: aws.String("a/b")}),
		"GetObjectAttributes":        ask(ctx, c.GetObjectAttributes, &s3.GetObjectAttributesInput{Bucket: bucket, Key: key, ObjectAttributes: []types.ObjectAttributes{"ETag"}}),
		"GetObjectTagging":           ask(ctx, c.GetObjectTagging, &s3.GetObjectTaggingInput{Bucket: bucket, Key: key}),
		"CreateMultipartUpload":      ask(ctx, c.CreateMultipartUpload, &s3.CreateMultipartUploadInput{Bucket: bucket, Key: key}),
		"UploadPart":                 ask(ctx, c.UploadPart, &s3.UploadPartInput{Bucket: bucket, Key: key, UploadId: key, PartNumber: aws.Int32(1)}),
		"ListBuckets":                ask(ctx, c.ListBuckets, &s3.ListBucketsInput{}),
		"CreateBucket":               ask(ctx, c.CreateBucket, &s3.CreateBucketInput{Bucket: bucket}),
		"HeadBucket":                 ask(ctx, c.HeadBucket, &s3.HeadBucketInput{Bucket: bucket}),
		"DeleteBucket":               ask(ctx, c.DeleteBucket, &s3.DeleteBucketInput{Bucket: bucket}),
		"ListObjectsV2":              ask(ctx, c.ListObjectsV2, &s3.ListObjectsV2Input{Bucket: bucket}),
		"ListObjectVersions":         ask(ctx, c.ListObjectVersions, &s3.ListObjectVersionsInput{Bucket: bucket}),
		"DeleteObjects":              ask(ctx, c.DeleteObjects, &s3.DeleteObjectsInput{Bucket: bucket, Delete: &types.Delete{Objects: []types.ObjectIdentifier{{Key: key}}}}),
		"GetBucketPolicy":            ask(ctx, c.GetBucketPolicy, &s3.GetBucketPolicyInput{Bucket: bucket}),
		"PutBucketPolicy":            ask(ctx, c.PutBucketPolicy, &s3.PutBucketPolicyInput{Bucket: bucket, Policy: key}),
		"DeleteBucketPolicy":         ask(ctx, c.DeleteBucketPolicy, &s3.DeleteBucketPolicyInput{Bucket: bucket}),
		"GetPublicAccessBlock":       ask(ctx, c.GetPublicAccessBlock, &s3.GetPublicAccessBlockInput{Bucket: bucket}),
		"GetBucketOwnershipControls": ask(ctx, c.GetBucketOwnershipControls, &s3.GetBucketOwnershipControlsInput{Bucket: bucket}),
		"DeleteBucketLifecycle":      ask(ctx, c.DeleteBucketLifecycle, &s3.DeleteBucketLifecycleInput{Bucket: bucket}),
	}
}

func TestRequests_s3Operations(t *testing.T) {
	t.Parallel()
	l := lab.NewOver(t, http.HandlerFunc(nothing))
	for _, style := range []func(*s3.Options){func(*s3.Options) {}, func(o *s3.Options) { o.UsePathStyle = true }} {
		c := s3.NewFromConfig(once(l.WithKey(keyOf2s)), style)
		for want, call := range s3Calls(t.Context(), c) {
			call()
			log := l.Requests(lab.Filter{})
			if got := log[len(log)-1]; got.Operation != want || got.Service != "s3" {
				t.Errorf("%s: in the log as %s: %+v", want, got.Operation, got)
			}
		}
	}
}

func TestRequests_presignedAndUnsigned(t *testing.T) {
	t.Parallel()
	l := lab.NewOver(t, http.HandlerFunc(nothing))
	signed, err := s3.NewPresignClient(s3.NewFromConfig(l.WithKey(keyOf2s).Config("eu-west-1"))).PresignPutObject(t.Context(),
		&s3.PutObjectInput{Bucket: aws.String("acme"), Key: aws.String("k")})
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct{ url, account, region string }{
		"presigned": {signed.URL, "222222222222", "eu-west-1"},
		"unsigned":  {"https://acme.s3.eu-west-3.amazonaws.com/k", "", "eu-west-3"},
	} {
		if _, _, err := get(t, l, http.MethodPut, tt.url, "x"); err != nil {
			t.Fatal(err)
		}
		log := l.Requests(lab.Filter{})
		got := log[len(log)-1]
		if got.AccountID != tt.account || got.Region != tt.region || got.Service != "s3" || got.Operation != "PutObject" || got.Path != "/k" {
			t.Errorf("%s: in the log: %+v", name, got)
		}
	}
}

func TestRequests_accountOfKey(t *testing.T) {
	t.Parallel()
	l := lab.NewOver(t, http.HandlerFunc(nothing))
	for name, tt := range map[string]struct{ key, want string }{
		"leading zeros":          {"ASIAQAAAAAAD5BABGJC4", "000000000007"},
		"largest":                {"AKIA6RVFFB772IESW5SF", "999999999999"},
		"odd":                    {"AROARTXV5AHDZYOWNAAO", "111111111111"},
		"from before the scheme": {"AKIAIOSFODNN7EXAMPLE", ""},
		"no base32":              {"AKIA0189018901890189", ""},
		"short":                  {"LABOPERATOR", ""},
	} {
		_ = operations()["sts"](t.Context(), once(l.WithKey(tt.key)))
		log := l.Requests(lab.Filter{})
		if got := log[len(log)-1].AccountID; got != tt.want {
			t.Errorf("%s: %s is of account %q, want %q", name, tt.key, got, tt.want)
		}
	}
}

func TestRequests_filter(t *testing.T) {
	t.Parallel()
	l := lab.NewOver(t, http.HandlerFunc(nothing))
	for _, key := range []string{keyOf2s, keyOf3s, "AKIA0000000000000000"} {
		_ = operations()["sts"](t.Context(), once(l.WithKey(key)))
		_ = operations()["sns"](t.Context(), once(l.WithKey(key)))
	}
	for name, tt := range map[string]struct {
		filter lab.Filter
		want   int
	}{
		"all":              {lab.Filter{}, 6},
		"account":          {lab.Filter{AccountID: "222222222222"}, 2},
		"service":          {lab.Filter{Service: "sts"}, 3},
		"operation":        {lab.Filter{AccountID: "333333333333", Operation: "ListTopics"}, 1},
		"since":            {lab.Filter{Since: time.Now()}, 0},
		"nobody's account": {lab.Filter{AccountID: "444444444444"}, 0},
	} {
		if got := l.Requests(tt.filter); len(got) != tt.want {
			t.Errorf("%s: %d requests, want %d: %+v", name, len(got), tt.want, got)
		}
	}
}
