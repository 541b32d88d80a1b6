package receiver_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/xrole/terraform-provider-xrole/internal/hub"
	"github.com/xrole/terraform-provider-xrole/internal/lab"
	"github.com/xrole/terraform-provider-xrole/internal/registry"
	"github.com/xrole/terraform-provider-xrole/internal/trust"
)

// shipped is a hub with the receiver as it is shipped, and a customer whose stacks call it.
type shipped struct {
	*testing.T
	lab      *lab.Lab
	partner  *lab.Account
	customer *lab.Account
	hub      *hub.Hub
	registry *registry.Store
	offer    registry.Offer
}

func newShipped(t *testing.T, timeoutSeconds int, listed ...*lab.Account) *shipped {
	t.Helper()
	l := lab.Shared(t)
	s := &shipped{T: t, lab: l, partner: l.NewAccount(t), customer: l.NewAccount(t)}
	o := lab.HubOptions{AccountIDs: []string{s.customer.ID}, TimeoutSeconds: timeoutSeconds}
	for _, a := range listed {
		o.AccountIDs = append(o.AccountIDs, a.ID)
	}
	return s.with(o)
}

// with gives the partner a hub and an offer in it.
func (s *shipped) with(o lab.HubOptions) *shipped {
	s.Helper()
	o.TrustedPrincipalARNs = []string{s.partner.ARN}
	s.hub = s.lab.DeployHub(s.T, s.partner, o)
	s.registry = registry.NewStore(dynamodb.NewFromConfig(s.partner.Config("us-east-1")), s.hub.TableARN)
	s.offer = s.offered("globex", s.customer.ID)
	return s
}

func (s *shipped) offered(name, accountID string) registry.Offer {
	s.Helper()
	o := registry.Offer{Name: name, OfferID: rand.Text(), Revision: "o:1", AccountID: accountID, ExternalID: trust.NewExternalID(), TemplateVersion: "v1", Inputs: json.RawMessage("{}")}
	if err := s.registry.CreateOffer(s.Context(), o); err != nil {
		s.Fatal(err)
	}
	return o
}

// template is what a customer may make of ours: the External ID, and what is reported, are its choice.
func (s *shipped) template(externalID, properties string) string {
	return fmt.Sprintf(`
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal: {AWS: "arn:aws:iam::%s:root"}
            Action: sts:AssumeRole
            Condition: {StringEquals: {"sts:ExternalId": "%s"}}
  Callback:
    Type: Custom::XroleCallback
    Properties:
      ServiceToken: %s
      ServiceTimeout: 60
      %s
Outputs:
  RoleArn: {Value: !GetAtt Role.Arn}
`, s.partner.ID, externalID, s.hub.TopicARNs["us-east-1"], properties)
}

const honest = `{OnboardingName: globex, RoleArn: !GetAtt Role.Arn, TemplateVersion: v1}`

func flow(properties string) string {
	return strings.NewReplacer("{", "", "}", "", ", ", "\n      ").Replace(properties)
}

// launch makes a stack and waits until it has settled: that it does is what every row shows first.
func (s *shipped) launch(as *lab.Account, body string) types.Stack {
	s.Helper()
	client := cloudformation.NewFromConfig(as.Config("us-east-1"))
	out, err := client.CreateStack(s.Context(), &cloudformation.CreateStackInput{
		StackName: aws.String("stack-" + strings.ToLower(rand.Text()[:8])), TemplateBody: &body, Capabilities: []types.Capability{types.CapabilityCapabilityNamedIam},
	})
	if err != nil {
		s.Fatal(err)
	}
	return s.settled(client, out.StackId)
}

// settled waits for a stack.
func (s *shipped) settled(client *cloudformation.Client, id *string) types.Stack {
	s.Helper()
	var stack types.Stack
	s.eventually("the stack settles", func(ctx context.Context) bool {
		found, err := client.DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: id})
		if err != nil {
			s.Fatal(err)
		}
		stack = found.Stacks[0]
		return !strings.HasSuffix(string(stack.StackStatus), "IN_PROGRESS")
	})
	s.readable(client, id)
	return stack
}

// readable wants what the customer reads on the stack's page to hold nothing of the partner's.
func (s *shipped) readable(client *cloudformation.Client, id *string) {
	s.Helper()
	events, err := client.DescribeStackEvents(s.Context(), &cloudformation.DescribeStackEventsInput{StackName: id})
	if err != nil {
		s.Fatal(err)
	}
	for _, e := range events.StackEvents {
		reason := aws.ToString(e.ResourceStatusReason)
		for _, secret := range []string{s.partner.ID, s.hub.Table, s.offer.ExternalID, "did not receive a response"} {
			if strings.Contains(reason, secret) && !strings.Contains(reason, "SNS:Publish") {
				s.Errorf("the customer reads %q: %s", secret, reason)
			}
		}
	}
}

// eventually polls, for as long as a stack may wait for its answer.
func (s *shipped) eventually(what string, done func(ctx context.Context) bool) {
	s.Helper()
	ctx, cancel := context.WithTimeout(s.Context(), 2*time.Minute)
	defer cancel()
	for !done(ctx) {
		select {
		case <-ctx.Done():
			s.Fatalf("%s: not in time", what)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func (s *shipped) record(name string) registry.Record {
	s.Helper()
	rec, err := s.registry.Get(s.Context(), name)
	if err != nil {
		s.Fatal(err)
	}
	return rec
}

// An answer reaches the stack whatever happens, and never FAILED for what is not the customer's fault.
func TestReceiver_answers(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		properties, externalID string
		timeout                int
		stack                  types.StackStatus
		status                 registry.Status
	}{
		"good":                         {honest, "", 0, types.StackStatusCreateComplete, registry.Verified},
		"unknown onboarding":           {strings.Replace(honest, "globex", "nobody", 1), "", 0, types.StackStatusRollbackComplete, registry.Pending},
		"malformed properties":         {strings.Replace(honest, "RoleArn: !GetAtt Role.Arn", "RoleArn: x", 1), "", 0, types.StackStatusRollbackComplete, registry.Pending},
		"no properties":                {"{Nothing: else}", "", 0, types.StackStatusRollbackComplete, registry.Pending},
		"not assumable, deadline near": {honest, "somebody-elses", 6, types.StackStatusCreateComplete, registry.Delivered},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShipped(t, row.timeout)
			id := row.externalID
			if id == "" {
				id = s.offer.ExternalID
			}
			if stack := s.launch(s.customer, s.template(id, flow(row.properties))); stack.StackStatus != row.stack {
				t.Errorf("the stack ended as %s: %s", stack.StackStatus, aws.ToString(stack.StackStatusReason))
			}
			if got := s.record("globex").Status(); got != row.status {
				t.Errorf("the onboarding is %s, not %s", got, row.status)
			}
			s.noSecretsInLog()
		})
	}
}

// A listed customer launches another customer's template without its rules.
func TestReceiver_wrongAccount(t *testing.T) {
	t.Parallel()
	s := newShipped(t, 0)
	victim := s.offered("victim", "999999999999")
	body := s.template(victim.ExternalID, flow(strings.Replace(honest, "globex", "victim", 1)))
	if stack := s.launch(s.customer, body); stack.StackStatus != types.StackStatusRollbackComplete {
		t.Errorf("the stack ended as %s", stack.StackStatus)
	}
	if rec := s.record("victim"); rec.Status() == registry.Verified || rec.Status() == registry.Delivered {
		t.Errorf("the victim's onboarding is %s", rec.Status())
	}
	if probed := s.lab.Requests(lab.Filter{AccountID: s.partner.ID, Operation: "AssumeRole"}); len(probed) != 0 {
		t.Errorf("%d roles were probed", len(probed))
	}
	stranger := s.lab.NewAccount(t)
	if stack := s.launch(stranger, s.template(s.offer.ExternalID, flow(honest))); stack.StackStatus != types.StackStatusRollbackComplete {
		t.Errorf("the stack of an account that is not listed ended as %s", stack.StackStatus)
	}
}

// Throttled for a moment, the table costs the customer nothing.
func TestReceiver_tableThrottled(t *testing.T) {
	t.Parallel()
	s := newShipped(t, 0)
	s.lab.Inject(lab.Fault{AccountID: s.partner.ID, Operation: "BatchGetItem", Times: 2, Kind: lab.Throttle})
	s.lab.Inject(lab.Fault{AccountID: s.partner.ID, Operation: "PutItem", Times: 2, Kind: lab.Throttle})
	if stack := s.launch(s.customer, s.template(s.offer.ExternalID, flow(honest))); stack.StackStatus != types.StackStatusCreateComplete {
		t.Errorf("the stack ended as %s", stack.StackStatus)
	}
	if got := s.record("globex").Status(); got != registry.Verified {
		t.Errorf("the onboarding is %s", got)
	}
}

// With the table refused for good the stack goes on, and Lambda keeps the event: it ends in the queue, or is recorded
// as soon as the table is back.
func TestReceiver_tableGone(t *testing.T) {
	t.Parallel()
	s := newShipped(t, 0)
	back := s.lab.Inject(lab.Fault{AccountID: s.partner.ID, Operation: "PutItem", Kind: lab.Status{Code: 400, ErrorCode: "ResourceNotFoundException"}})
	if stack := s.launch(s.customer, s.template(s.offer.ExternalID, flow(honest))); stack.StackStatus != types.StackStatusCreateComplete {
		t.Errorf("the stack ended as %s", stack.StackStatus)
	}
	queue := sqs.NewFromConfig(s.partner.Config("us-east-1"))
	s.eventually("the event is set aside", func(ctx context.Context) bool {
		out, err := queue.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: &s.hub.ReceiverDeadLetterQueueURL})
		if err != nil {
			t.Fatal(err)
		}
		return len(out.Messages) == 1 && strings.Contains(*out.Messages[0].Body, "globex")
	})
	back()
	s = newShipped(t, 0)
	s.lab.Inject(lab.Fault{AccountID: s.partner.ID, Operation: "PutItem", Times: 1, Kind: lab.Status{Code: 400, ErrorCode: "ResourceNotFoundException"}})
	s.launch(s.customer, s.template(s.offer.ExternalID, flow(honest)))
	s.eventually("a later try records it", func(ctx context.Context) bool {
		rec, err := s.registry.Get(ctx, "globex")
		return err == nil && rec.Status() == registry.Verified
	})
}

// noSecretsInLog reads what the function wrote, once it is there.
func (s *shipped) noSecretsInLog() {
	s.Helper()
	s.logged(`"event":"delivery"`)
}

// logged waits until a line of the function's log holds a text, and wants none to hold what opens something.
func (s *shipped) logged(want string) {
	s.Helper()
	logs := cloudwatchlogs.NewFromConfig(s.partner.Config("us-east-1"))
	s.eventually(want+" is in the log", func(ctx context.Context) bool {
		out, err := logs.FilterLogEvents(ctx, &cloudwatchlogs.FilterLogEventsInput{LogGroupName: aws.String("/aws/lambda/xrole-acme-receiver")})
		if err != nil {
			s.Fatal(err)
		}
		found := false
		for _, e := range out.Events {
			text := aws.ToString(e.Message)
			found = found || strings.Contains(text, want)
			for _, secret := range []string{s.offer.ExternalID, "X-Amz-Signature", "Signature="} {
				if strings.Contains(text, secret) {
					s.Errorf("the log holds %q: %s", secret, text)
				}
			}
		}
		return found
	})
}
