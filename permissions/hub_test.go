package permissions_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/xrole/terraform-provider-xrole/internal/awsclients"
	"github.com/xrole/terraform-provider-xrole/internal/hub"
	"github.com/xrole/terraform-provider-xrole/internal/lab"
)

const home = "us-east-1"

func clientsOf(a *lab.Account) *awsclients.Clients { return awsclients.New(a.Config(home), nil) }

// builder makes a hub with the rights of one principal and has it live through all that a hub lives through.
type builder struct {
	admin *lab.Account
	who   *awsclients.Clients
	// lame may not configure the receiver: an update by it fails, and its rollback too.
	lame *awsclients.Clients
	spec hub.Spec
	hub  *hub.Hub
}

func newBuilder(t *testing.T, with func(values map[string]string) []policy, less ...string) *builder {
	t.Helper()
	l := lab.Shared(t)
	admin := l.NewAccount(t)
	spec, err := l.HubSpec(t.Context(), lab.HubOptions{Regions: []string{home}, AccountIDs: []string{admin.ID}})
	if err != nil {
		t.Fatal(err)
	}
	spec.Tags = map[string]string{"team": "platform"}
	var exact, lame []string
	for _, p := range with(hubValues(admin.ID)) {
		exact = append(exact, p.without(less...))
		lame = append(lame, p.without("lambda:UpdateFunctionConfiguration"))
	}
	return &builder{
		admin: admin, spec: spec,
		who:  clientsOf(admin.Principal(t, "platform/ci", exact...)),
		lame: clientsOf(admin.Principal(t, "platform/lame", lame...)),
	}
}

func hubValues(account string) map[string]string {
	return map[string]string{
		"partition": "aws", "account_id": account, "hub": "acme", "region": home, "path": "/",
		"permissions_boundary_arn": "arn:aws:iam::" + account + ":policy/boundary",
	}
}

func hubPolicies(t *testing.T) func(map[string]string) []policy {
	t.Helper()
	return func(values map[string]string) []policy {
		return []policy{load(t, "hub.json", values), load(t, "hub-role-unbounded.json", values)}
	}
}

func (b *builder) apply(ctx context.Context, with *awsclients.Clients) error {
	h, err := hub.Apply(ctx, with, b.spec, func(string) {})
	if err == nil {
		b.hub = h
	}
	return err
}

// live is the life of a hub, up to the first thing that fails.
func (b *builder) live(t *testing.T) error {
	t.Helper()
	ctx := t.Context()
	for what, do := range []func() error{
		func() error { return b.apply(ctx, b.who) },
		func() error { return b.refresh(ctx) },
		func() error { return b.change(ctx, t) },
		func() error { return b.fail(ctx) },
		func() error { return b.changeBack(ctx) },
		func() error { return b.loseStorageStack(ctx) },
		func() error { return b.recover(ctx) },
		func() error { return b.destroy(ctx) },
	} {
		if err := do(); err != nil {
			return fmt.Errorf("step %d: %w", what, err)
		}
	}
	return nil
}

// end destroys a hub that somebody else has made.
func (b *builder) end(ctx context.Context) error {
	if err := b.apply(ctx, clientsOf(b.admin)); err != nil {
		return err
	}
	return b.destroy(ctx)
}

func (b *builder) destroy(ctx context.Context) error {
	return hub.Destroy(ctx, b.who, *b.hub, false, func(string) {})
}

// fail asks for what the policy does not allow, a boundary, and wants to be told which resource failed.
func (b *builder) fail(ctx context.Context) error {
	b.spec.PermissionsBoundaryARN = "arn:aws:iam::" + b.admin.ID + ":policy/boundary"
	err := b.apply(ctx, b.who)
	b.spec.PermissionsBoundaryARN = ""
	if failed, ok := errors.AsType[*hub.StackError](err); ok && failed.LogicalID == "Role" && names(failed.Reason, "iam:PutRolePermissionsBoundary") {
		return nil
	}
	return fmt.Errorf("a boundary without the right to set one: %w", err)
}

func (b *builder) refresh(ctx context.Context) error {
	if _, drift, err := hub.Inspect(ctx, b.who, b.spec); err != nil || len(drift) > 0 {
		return errors.Join(err, errors.New(strings.Join(drift, "; ")))
	}
	if _, _, err := hub.Lookup(ctx, b.who, home, "acme"); err != nil {
		return err
	}
	_, err := hub.Departing(ctx, b.who, *b.hub, []string{b.admin.ID})
	return err
}

// change is a new receiver, one more region, other settings, tags and customers.
func (b *builder) change(ctx context.Context, t *testing.T) error {
	t.Helper()
	b.spec.Regions = []string{home, "eu-west-1"}
	b.spec.Code = otherZip(t, b.spec.Code)
	b.spec.Access = hub.Access{Anyone: true}
	b.spec.LogRetentionDays, b.spec.ReservedConcurrency, b.spec.TimeoutSeconds = 30, aws.Int(5), 200
	b.spec.Tags = map[string]string{"team": "security", "stage": "live"}
	b.spec.EventBusARN = "arn:aws:events:us-east-1:" + b.admin.ID + ":event-bus/default"
	return b.apply(ctx, b.who)
}

func (b *builder) changeBack(ctx context.Context) error {
	b.spec.Regions, b.spec.Access = []string{home}, hub.Access{AccountIDs: []string{b.admin.ID}}
	b.spec.ReservedConcurrency, b.spec.Tags, b.spec.EventBusARN = nil, nil, ""
	return b.apply(ctx, b.who)
}

// loseStorageStack has somebody delete the storage stack, which leaves bucket and table.
func (b *builder) loseStorageStack(ctx context.Context) error {
	client := cloudformation.NewFromConfig(b.admin.Config(home))
	name := aws.String("xrole-acme-storage")
	if _, err := client.DeleteStack(ctx, &cloudformation.DeleteStackInput{StackName: name}); err != nil {
		return err
	}
	gone := cloudformation.NewStackDeleteCompleteWaiter(client, func(w *cloudformation.StackDeleteCompleteWaiterOptions) { w.MinDelay = 1e7 })
	if err := gone.Wait(ctx, &cloudformation.DescribeStacksInput{StackName: name}, 1e11); err != nil {
		return err
	}
	return b.apply(ctx, b.who)
}

// recover goes on after an update that failed and whose rollback failed as well.
func (b *builder) recover(ctx context.Context) error {
	b.spec.TimeoutSeconds = 180
	if err := b.apply(ctx, b.lame); err == nil {
		return errors.New("an update without the right to configure the receiver passed")
	}
	return b.apply(ctx, b.who)
}

// otherZip is the same receiver in other bytes.
func otherZip(t *testing.T, code []byte) []byte {
	t.Helper()
	in, err := zip.NewReader(bytes.NewReader(code), int64(len(code)))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, f := range in.File {
		if err := w.Copy(f); err != nil {
			t.Fatal(err)
		}
	}
	note, err := w.Create("note")
	if err == nil {
		_, err = io.WriteString(note, "another version")
	}
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// onAWS are actions that AWS asks for and the lab does not. CloudFormation's own list is what it says of each type:
// "aws cloudformation describe-type --type RESOURCE --type-name AWS::SQS::Queue" shows it under handlers, which
// https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-schema.html explains.
func onAWS() map[string]string {
	const (
		readsBack = "CloudFormation reads back what it made"
		tags      = "CloudFormation puts the stack's tags on what it makes, and takes them off; the lab does so for fewer types"
		updates   = "CloudFormation changes in place what the lab puts again"
		stackTags = "needed where tags are given: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscloudformation.html"
	)
	out := map[string]string{
		"cloudformation:TagResource": stackTags, "cloudformation:UntagResource": stackTags,
		"lambda:UpdateFunctionEventInvokeConfig": updates, "sns:SetSubscriptionAttributes": updates,
	}
	for _, action := range []string{
		"cloudwatch:TagResource", "cloudwatch:UntagResource", "dynamodb:UntagResource", "events:TagResource", "events:UntagResource", "iam:UntagRole",
		"lambda:UntagResource", "logs:UntagResource", "sns:UntagResource", "sqs:UntagQueue",
	} {
		out[action] = tags
	}
	for _, action := range []string{
		"cloudwatch:DescribeAlarms", "cloudwatch:ListTagsForResource", "dynamodb:DescribeContinuousBackups", "dynamodb:DescribeContributorInsights",
		"dynamodb:DescribeKinesisStreamingDestination", "dynamodb:DescribeTimeToLive", "dynamodb:GetResourcePolicy", "events:DescribeRule",
		"iam:GetRolePolicy", "iam:ListAttachedRolePolicies", "iam:ListRolePolicies", "lambda:GetFunctionCodeSigningConfig",
		"lambda:GetFunctionEventInvokeConfig", "lambda:GetRuntimeManagementConfig", "lambda:ListTags", "logs:DescribeLogGroups",
		"logs:DescribeMetricFilters", "logs:ListTagsForResource", "s3:GetBucketOwnershipControls", "s3:GetBucketPublicAccessBlock",
		"s3:GetBucketVersioning", "s3:GetEncryptionConfiguration", "s3:GetLifecycleConfiguration", "sns:GetDataProtectionPolicy",
		"sns:GetSubscriptionAttributes", "sns:ListTagsForResource", "sqs:GetQueueAttributes", "sqs:GetQueueUrl",
		"sqs:ListQueueTags",
	} {
		out[action] = readsBack
	}
	return out
}

// Without what only AWS asks for: whatever is left, the lab asks for, as TestHub_oneLess shows.
func TestHub_exact(t *testing.T) {
	t.Parallel()
	b := newBuilder(t, hubPolicies(t), slices.Collect(maps.Keys(onAWS()))...)
	if err := b.live(t); err != nil {
		t.Error(err)
	}
}

// atTheEnd are actions that only a hub's end needs, most of them: tried first on that alone, which is quick.
var atTheEnd = regexp.MustCompile(`:(Delete[A-Z]|Remove|ListBucketVersions|UpdateTable)`)

func TestHub_oneLess(t *testing.T) {
	t.Parallel()
	lab.Shared(t)
	all := hubPolicies(t)(hubValues("111122223333"))
	actions := slices.Concat(all[0].actions(), all[1].actions())
	for action := range onAWS() {
		if !slices.Contains(actions, action) {
			t.Errorf("%s is in no policy", action)
		}
	}
	for _, action := range actions {
		if onAWS()[action] != "" {
			continue
		}
		t.Run(action, func(t *testing.T) {
			t.Parallel()
			var err error
			if atTheEnd.MatchString(action) {
				err = newBuilder(t, hubPolicies(t), action).end(t.Context())
			}
			if err == nil {
				err = newBuilder(t, hubPolicies(t), action).live(t)
			}
			if err == nil || !names(err.Error(), action) {
				t.Errorf("without %s: %v", action, err)
			}
		})
	}
}

// Where every role must have a boundary, the receiver's role is made with it or not at all.
func TestHub_boundary(t *testing.T) {
	t.Parallel()
	with := func(values map[string]string) []policy {
		return []policy{load(t, "hub.json", values), load(t, "hub-role.json", values)}
	}
	bounded := func(less ...string) *builder {
		b := newBuilder(t, with, less...)
		_, err := iam.NewFromConfig(b.admin.Config(home)).CreatePolicy(t.Context(), &iam.CreatePolicyInput{
			PolicyName:     aws.String("boundary"),
			PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`),
		})
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	live := func(b *builder) error {
		b.spec.PermissionsBoundaryARN = "arn:aws:iam::" + b.admin.ID + ":policy/boundary"
		if err := b.apply(t.Context(), b.who); err != nil {
			return err
		}
		b.spec.Tags = map[string]string{"team": "security"}
		if err := b.apply(t.Context(), b.who); err != nil {
			return err
		}
		return b.destroy(t.Context())
	}
	if err := live(bounded()); err != nil {
		t.Error(err)
	}
	for _, action := range []string{"iam:CreateRole", "iam:PutRolePolicy", "iam:PutRolePermissionsBoundary", "iam:DeleteRolePolicy"} {
		if err := live(bounded(action)); err == nil || !names(err.Error(), action) {
			t.Errorf("without %s: %v", action, err)
		}
	}
	free := bounded()
	if err := free.apply(t.Context(), free.who); err == nil || !names(err.Error(), "iam:CreateRole") {
		t.Errorf("a role without the boundary: %v", err)
	}
}
