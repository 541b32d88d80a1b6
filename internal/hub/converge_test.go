package hub_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/google/go-cmp/cmp"

	"github.com/xrole/terraform-provider-xrole/internal/hub"
	"github.com/xrole/terraform-provider-xrole/internal/lab"
)

// stage is a partner and the hub that is wanted, in one region.
type stage struct {
	*testing.T
	lab     *lab.Lab
	partner *lab.Account
	spec    hub.Spec
}

func newStage(t *testing.T, customers ...*lab.Account) *stage {
	t.Helper()
	l := lab.Shared(t)
	s := &stage{T: t, lab: l, partner: l.NewAccount(t), spec: specOf(t, l, customers...)}
	s.spec.Regions = []string{home}
	return s
}

func (s *stage) stacks() *cloudformation.Client { return clientsOf(s.partner).CloudFormation(home) }

// status returns "" for a stack that is not there.
func (s *stage) status(name string) string {
	s.Helper()
	out, err := s.stacks().DescribeStacks(s.Context(), &cloudformation.DescribeStacksInput{StackName: &name})
	if err != nil {
		return ""
	}
	return string(out.Stacks[0].StackStatus)
}

// weak returns a principal of the partner's that may do all but some actions.
func (s *stage) weak(denied ...string) *lab.Account {
	return s.partner.Principal(s.T, "role/deployer", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},`+
		`{"Effect":"Deny","Action":["`+strings.Join(denied, `","`)+`"],"Resource":"*"}]}`)
}

// fails applies as somebody who may not do all that it takes.
func (s *stage) fails(as *lab.Account, spec hub.Spec) {
	s.Helper()
	_, err := hub.Apply(s.Context(), clientsOf(as), spec, func(string) {})
	if _, ok := errors.AsType[*hub.StackError](err); !ok {
		s.Fatalf("not a stack's failure: %v", err)
	}
}

// make creates a stack of the hub's in the way of the one that is wanted.
func (s *stage) make(name, template string, onFailure types.OnFailure) {
	s.Helper()
	_, err := s.stacks().CreateStack(s.Context(), &cloudformation.CreateStackInput{
		StackName: &name, TemplateBody: &template, OnFailure: onFailure, Tags: []types.Tag{{Key: aws.String("xrole:hub"), Value: aws.String("acme")}},
	})
	if err != nil {
		s.Fatal(err)
	}
	for strings.HasSuffix(s.status(name), "IN_PROGRESS") && onFailure != "" {
		if s.Context().Err() != nil {
			s.Fatal("the stack does not settle")
		}
	}
}

// whole wants the hub to stand as described, all of it and nothing else.
func (s *stage) whole(spec hub.Spec) {
	s.Helper()
	h, drift, err := hub.Inspect(s.Context(), clientsOf(s.partner), spec)
	if err != nil || len(drift) > 0 {
		s.Fatalf("it is not whole: %v %q", err, drift)
	}
	found, _, err := hub.Lookup(s.Context(), clientsOf(s.partner), home, spec.Name)
	if err != nil {
		s.Fatal(err)
	}
	if diff := cmp.Diff(h, found); diff != "" {
		s.Errorf("what is written down is not what stands: %s", diff)
	}
}

const (
	storageStack  = "xrole-acme-storage"
	receiverStack = "xrole-acme-receiver"
	topicStack    = "xrole-acme-topic"

	broken = `{"Resources":{"Q":{"Type":"AWS::SQS::Queue"},"R":{"Type":"AWS::SQS::Queue","DependsOn":"Q","Properties":{"QueueName":"no such name!"}}}}`
)

// Each row leaves the account in a state in which a stack is as said; the next Apply makes the hub whole.
func TestApply_fromEachState(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		stack, status string
		leave         func(*stage)
	}{
		"rollback complete": {receiverStack, "ROLLBACK_COMPLETE", func(s *stage) {
			s.fails(s.weak("lambda:CreateFunction"), s.spec)
		}},
		"rollback failed": {receiverStack, "ROLLBACK_FAILED", func(s *stage) {
			s.fails(s.weak("lambda:CreateFunction", "iam:DeleteRole"), s.spec)
		}},
		"rollback of the storage failed": {storageStack, "ROLLBACK_FAILED", func(s *stage) {
			s.fails(s.weak("dynamodb:UpdateContinuousBackups", "s3:DeleteBucket"), s.spec)
		}},
		"create failed": {topicStack, "CREATE_FAILED", func(s *stage) { s.make(topicStack, broken, types.OnFailureDoNothing) }},
		"delete failed": {receiverStack, "DELETE_FAILED", func(s *stage) {
			h := apply(s.T, s.partner, s.spec)
			if err := hub.Destroy(s.Context(), clientsOf(s.weak("iam:DeleteRole")), *h, true, func(string) {}); err == nil {
				s.Fatal("it was deleted")
			}
		}},
		"review in progress": {storageStack, "REVIEW_IN_PROGRESS", func(s *stage) {
			_, err := s.stacks().CreateChangeSet(s.Context(), &cloudformation.CreateChangeSetInput{
				StackName: aws.String(storageStack), ChangeSetName: aws.String("x"), ChangeSetType: types.ChangeSetTypeCreate,
				TemplateBody: aws.String(`{"Resources":{"Q":{"Type":"AWS::SQS::Queue"}}}`),
			})
			if err != nil {
				s.Fatal(err)
			}
		}},
		"update rollback complete": {receiverStack, "UPDATE_ROLLBACK_COMPLETE", func(s *stage) {
			apply(s.T, s.partner, s.spec)
			elsewhere := s.spec
			elsewhere.Path = "/elsewhere/" // a role with a name cannot be replaced
			s.fails(s.partner, elsewhere)
			s.spec.RecheckHours = 48
		}},
		"update rollback failed": {receiverStack, "UPDATE_ROLLBACK_FAILED", func(s *stage) {
			apply(s.T, s.partner, s.spec)
			s.spec.TimeoutSeconds = 100
			s.fails(s.weak("lambda:UpdateFunctionConfiguration"), s.spec)
		}},
		"half of the stacks": {topicStack, "", func(s *stage) { s.fails(s.weak("sns:CreateTopic"), s.spec); s.remove(topicStack) }},
		"a stack deleted by hand": {receiverStack, "", func(s *stage) {
			apply(s.T, s.partner, s.spec)
			s.remove(receiverStack)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			row.leave(s)
			if got := s.status(row.stack); got != row.status {
				t.Fatalf("%s is %q, wanted %q", row.stack, got, row.status)
			}
			apply(t, s.partner, s.spec)
			s.whole(s.spec)
		})
	}
}

// A run that is cut off while CloudFormation works leaves a stack in progress, which the next run waits for.
func TestApply_cutOff(t *testing.T) {
	t.Parallel()
	for i, stack := range []string{storageStack, receiverStack, topicStack} {
		t.Run(stack, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			ctx, cancel := context.WithCancel(t.Context())
			atNextLook := func() {
				t.Cleanup(s.lab.Inject(lab.Fault{AccountID: s.partner.ID, Operation: "DescribeStacks", Times: 1, Hook: cancel}))
			}
			t.Cleanup(s.lab.Inject(lab.Fault{AccountID: s.partner.ID, Operation: "CreateStack", After: i, Times: 1, Hook: atNextLook}))
			_, err := hub.Apply(ctx, clientsOf(s.partner), s.spec, func(string) {})
			if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), stack) {
				t.Fatalf("not cut off: %v", err)
			}
			apply(t, s.partner, s.spec)
			s.whole(s.spec)
		})
	}
}

func TestDeedFor(t *testing.T) {
	t.Parallel()
	got := map[types.StackStatus]string{}
	for _, status := range types.StackStatus("").Values() {
		got[status] = hub.DeedFor(status)
	}
	want := map[types.StackStatus]string{
		"CREATE_COMPLETE": "update", "UPDATE_COMPLETE": "update", "UPDATE_ROLLBACK_COMPLETE": "update", "UPDATE_FAILED": "update",
		"IMPORT_COMPLETE": "update", "DELETE_COMPLETE": "update",
		"REVIEW_IN_PROGRESS": "delete", "CREATE_FAILED": "delete", "ROLLBACK_COMPLETE": "delete", "ROLLBACK_FAILED": "delete",
		"DELETE_FAILED": "delete", "IMPORT_ROLLBACK_COMPLETE": "delete", "IMPORT_ROLLBACK_FAILED": "delete",
		"UPDATE_ROLLBACK_FAILED": "continue",
		"CREATE_IN_PROGRESS":     "wait", "ROLLBACK_IN_PROGRESS": "wait", "DELETE_IN_PROGRESS": "wait", "UPDATE_IN_PROGRESS": "wait",
		"UPDATE_COMPLETE_CLEANUP_IN_PROGRESS": "wait", "UPDATE_ROLLBACK_IN_PROGRESS": "wait",
		"UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS": "wait", "IMPORT_IN_PROGRESS": "wait", "IMPORT_ROLLBACK_IN_PROGRESS": "wait",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// remove deletes a stack by hand.
func (s *stage) remove(name string) {
	s.Helper()
	if _, err := s.stacks().DeleteStack(s.Context(), &cloudformation.DeleteStackInput{StackName: &name}); err != nil {
		s.Fatal(err)
	}
	waiter := cloudformation.NewStackDeleteCompleteWaiter(s.stacks(), func(w *cloudformation.StackDeleteCompleteWaiterOptions) {
		w.MinDelay, w.MaxDelay = pollEvery, pollEvery
	})
	if err := waiter.Wait(s.Context(), &cloudformation.DescribeStacksInput{StackName: &name}, patience); err != nil {
		s.Fatal(err)
	}
}

// Bucket and table outlive their stack; the next one takes them in as they are.
func TestApply_takesInWhatWasLeft(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		bucket, table bool
		by            func(*stage, *hub.Hub)
	}{
		"bucket and table": {true, true, func(s *stage, _ *hub.Hub) { s.remove(storageStack) }},
		"the table alone": {false, true, func(s *stage, h *hub.Hub) {
			s.remove(storageStack)
			s.emptyBucket(h)
		}},
		"the bucket gone by hand": {false, true, func(s *stage, h *hub.Hub) { s.emptyBucket(h) }},
		"the bucket alone": {true, false, func(s *stage, h *hub.Hub) {
			s.remove(storageStack)
			s.deleteTable(h)
		}},
		"the table gone by hand": {true, false, func(s *stage, h *hub.Hub) { s.deleteTable(h) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			s.spec.Owner = "one"
			h := apply(t, s.partner, s.spec)
			putObject(t, s.partner, h, "templates/any/globex/1.yaml")
			s.offer(h, "globex", home)
			row.by(s, h)
			apply(t, s.partner, s.spec)
			s.whole(s.spec)
			if err := read("templates/any/globex/1.yaml")(t.Context(), clientsOf(s.partner), h); (err == nil) != row.bucket {
				t.Errorf("the template: %v", err)
			}
			if record, err := s.store(h).Get(t.Context(), "globex"); err != nil || (record.Offer != nil) != row.table {
				t.Errorf("the offer: %v %v", record.Offer, err)
			}
		})
	}
}

// A table of that name which is not the hub's stays what it is, and is not deleted with the hub.
func TestApply_strangersTable(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.makeTable("xrole-acme")
	s.fails(s.partner, s.spec)
	h := hub.Hub{Name: "acme", AccountID: s.partner.ID, Region: home, Regions: []string{home}}
	if err := hub.Destroy(t.Context(), clientsOf(s.partner), h, true, func(string) {}); err != nil {
		t.Fatal(err)
	}
	want := map[string][]string{"tables": {"arn:aws:dynamodb:us-east-1:" + s.partner.ID + ":table/xrole-acme"}}
	if diff := cmp.Diff(want, s.partner.Leftovers(t)); diff != "" {
		t.Error(diff)
	}
}

func TestApply_topicGone(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	h := apply(t, s.partner, s.spec)
	if _, err := clientsOf(s.partner).SNS(home).DeleteTopic(t.Context(), &sns.DeleteTopicInput{TopicArn: aws.String(h.TopicARNs[home])}); err != nil {
		t.Fatal(err)
	}
	apply(t, s.partner, s.spec)
	s.whole(s.spec)
}

// Whoever waits is told for which stack and which resource.
func TestApply_progress(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	var lines []string
	if _, err := hub.Apply(t.Context(), clientsOf(s.partner), s.spec, func(line string) { lines = append(lines, line) }); err != nil {
		t.Fatal(err)
	}
	polls := len(s.lab.Requests(lab.Filter{AccountID: s.partner.ID, Operation: "DescribeStacks"}))
	events := len(s.lab.Requests(lab.Filter{AccountID: s.partner.ID, Operation: "DescribeStackEvents"}))
	if events > polls {
		t.Errorf("events were read %d times in %d polls", events, polls)
	}
	wanted := []string{"us-east-1: creating stack xrole-acme-storage"}
	if events > 0 { // a stack that stands at the first poll is not waited for
		wanted = append(wanted, "us-east-1: waiting for stack xrole-acme-")
	}
	for _, want := range wanted {
		if !slices.ContainsFunc(lines, func(line string) bool {
			return strings.Contains(line, want) || strings.Contains(line, strings.Replace(want, "us-east-1", "eu-west-1", 1))
		}) {
			t.Errorf("no line %q in %q", want, lines)
		}
	}
}

func TestBusiest(t *testing.T) {
	t.Parallel()
	const id = "arn:aws:cloudformation:us-east-1:111111111111:stack/s/x"
	event := func(logical, physical, status string) types.StackEvent {
		return types.StackEvent{
			LogicalResourceId: &logical, PhysicalResourceId: &physical, ResourceType: aws.String("AWS::T"), ResourceStatus: types.ResourceStatus(status),
		}
	}
	for name, row := range map[string]struct {
		newestFirst []types.StackEvent
		want        string
	}{
		"nothing yet": {[]types.StackEvent{event("s", id, "CREATE_IN_PROGRESS")}, "CREATE_IN_PROGRESS"},
		"one":         {[]types.StackEvent{event("A", "", "CREATE_IN_PROGRESS"), event("s", id, "CREATE_IN_PROGRESS")}, "A (AWS::T) CREATE_IN_PROGRESS"},
		"one done, one not": {[]types.StackEvent{
			event("B", "", "CREATE_COMPLETE"), event("A", "", "CREATE_IN_PROGRESS"), event("B", "", "CREATE_IN_PROGRESS"), event("s", id, "CREATE_IN_PROGRESS"),
		}, "A (AWS::T) CREATE_IN_PROGRESS"},
		"of an operation before": {[]types.StackEvent{
			event("s", id, "UPDATE_IN_PROGRESS"), event("A", "", "CREATE_IN_PROGRESS"),
		}, "CREATE_IN_PROGRESS"},
	} {
		if got := hub.Busiest(id, row.newestFirst, types.StackStatusCreateInProgress); got != row.want {
			t.Errorf("%s: %q, want %q", name, got, row.want)
		}
	}
}

// emptyBucket deletes the bucket by hand, with all that is in it.
func (s *stage) emptyBucket(h *hub.Hub) {
	s.Helper()
	client := clientsOf(s.partner).S3(home)
	err := func(ctx context.Context) error {
		all, err := client.ListObjectVersions(ctx, &s3.ListObjectVersionsInput{Bucket: &h.Bucket})
		if err != nil {
			return err
		}
		for _, v := range all.Versions {
			if _, err := client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &h.Bucket, Key: v.Key, VersionId: v.VersionId}); err != nil {
				return err
			}
		}
		_, err = client.DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: &h.Bucket})
		return err
	}(s.Context())
	if err != nil {
		s.Fatal(err)
	}
}
