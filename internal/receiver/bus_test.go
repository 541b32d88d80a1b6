package receiver_test

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	ebtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/google/go-cmp/cmp"

	"github.com/xrole/terraform-provider-xrole/internal/lab"
	"github.com/xrole/terraform-provider-xrole/internal/receiver"
	"github.com/xrole/terraform-provider-xrole/internal/registry"
)

// told keeps what it is told, unless it fails.
type told struct {
	failing error
	changes []registry.Change
}

func (b *told) Tell(_ context.Context, d registry.Delivery) error {
	if b.failing == nil {
		b.changes = append(b.changes, d.Unannounced...)
	}
	return b.failing
}

func (b *told) steps() string {
	var steps []string
	for _, c := range b.changes {
		steps = append(steps, string(c.From)+" "+string(c.To))
	}
	return strings.Join(steps, ", ")
}

// Every change is told once if all goes well, and what is no change is not told.
func TestHandler_tells(t *testing.T) {
	t.Parallel()
	s, bus := newScheduled(t), &told{}
	s.Bus = bus
	event := s.event("Create", stackA, nil)
	s.handle(event)
	s.handle(event)
	s.send("Delete", stackA, nil)
	delete(s.roles, good)
	for range 4 {
		s.tick(5 * time.Minute)
	}
	if got := bus.steps(); got != "pending verified, verified leaving, leaving disconnected" {
		t.Errorf("told: %s", got)
	}
	if d := s.delivery(); len(d.Unannounced) != 0 {
		t.Errorf("still to be told: %+v", d.Unannounced)
	}
}

// A bus that fails delays neither record nor answer, and is told later, in order, under the same ids.
func TestHandler_tellsLater(t *testing.T) {
	t.Parallel()
	s, bus := newScheduled(t), &told{failing: errors.New("throttled")}
	s.Bus = bus
	s.wants("create", s.send("Create", stackA, nil), "SUCCESS", registry.Verified)
	s.send("Delete", stackA, nil)
	noted := s.delivery().Unannounced
	if len(noted) != 2 {
		t.Fatalf("to be told: %+v", noted)
	}
	bus.failing = nil
	s.tick(5 * time.Minute)
	if diff := cmp.Diff(noted, bus.changes); diff != "" {
		t.Error(diff)
	}
	if n := len(s.delivery().Unannounced); n != 0 {
		t.Errorf("%d changes are still to be told", n)
	}
	s.Bus = nil
	s.tick(5 * time.Minute)
}

// As shipped: an event reaches a rule on the partner's bus, and holds no External ID.
func TestReceiver_events(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	s := &shipped{T: t, lab: l, partner: l.NewAccount(t), customer: l.NewAccount(t)}
	bus, queue := s.makeBus()
	s.with(lab.HubOptions{AccountIDs: []string{s.customer.ID}, EventBusARN: bus})
	if stack := s.launch(s.customer, s.template(s.offer.ExternalID, flow(honest))); stack.StackStatus != types.StackStatusCreateComplete {
		t.Fatalf("the stack ended as %s", stack.StackStatus)
	}
	var event struct {
		Source string `json:"source"`
		Type   string `json:"detail-type"`
		Detail receiver.Detail
	}
	s.eventually("an event", func(ctx context.Context) bool {
		out, err := sqs.NewFromConfig(s.partner.Config("us-east-1")).ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: &queue})
		if err != nil {
			s.Fatal(err)
		}
		if len(out.Messages) == 0 {
			return false
		}
		body := aws.ToString(out.Messages[0].Body)
		if strings.Contains(body, s.offer.ExternalID) {
			t.Errorf("the event holds the External ID: %s", body)
		}
		if err := json.Unmarshal([]byte(body), &event); err != nil {
			t.Errorf("%s: %v", body, err)
		}
		return true
	})
	d := event.Detail
	if event.Source != "xrole" || event.Type != "xrole onboarding status change" || d.Version != "1" || d.Hub != "acme" || d.Onboarding != "globex" ||
		d.From != "pending" || d.To != "verified" || d.AccountID != s.customer.ID || d.RoleARN == "" || d.StackID == "" || d.ID == "" {
		t.Errorf("the event is %+v", event)
	}
}

// makeBus makes a bus, and a queue that has all its events.
func (s *shipped) makeBus() (busARN, queueURL string) {
	s.Helper()
	events, queues := eventbridge.NewFromConfig(s.partner.Config("us-east-1")), sqs.NewFromConfig(s.partner.Config("us-east-1"))
	bus, err := events.CreateEventBus(s.Context(), &eventbridge.CreateEventBusInput{Name: aws.String("partner")})
	if err != nil {
		s.Fatal(err)
	}
	queue, err := queues.CreateQueue(s.Context(), &sqs.CreateQueueInput{QueueName: aws.String("events")})
	if err != nil {
		s.Fatal(err)
	}
	_, err = events.PutRule(s.Context(), &eventbridge.PutRuleInput{Name: aws.String("all"), EventBusName: aws.String("partner"), EventPattern: aws.String(`{"source":["xrole"]}`)})
	if err != nil {
		s.Fatal(err)
	}
	_, err = events.PutTargets(s.Context(), &eventbridge.PutTargetsInput{
		Rule: aws.String("all"), EventBusName: aws.String("partner"),
		Targets: []ebtypes.Target{{Id: aws.String("queue"), Arn: aws.String("arn:aws:sqs:us-east-1:" + s.partner.ID + ":events")}},
	})
	if err != nil {
		s.Fatal(err)
	}
	return aws.ToString(bus.EventBusArn), aws.ToString(queue.QueueUrl)
}

// As shipped: the schedule's rule reaches the function, which proves a role that is due.
func TestReceiver_schedule(t *testing.T) {
	t.Parallel()
	s := newShipped(t, 0)
	if stack := s.launch(s.customer, s.template(s.offer.ExternalID, flow(honest))); stack.StackStatus != types.StackStatusCreateComplete {
		t.Fatalf("the stack ended as %s", stack.StackStatus)
	}
	rec, err := s.registry.Get(t.Context(), "globex")
	if err != nil || rec.Status() != registry.Verified {
		t.Fatalf("%s, %v", rec.Status(), err)
	}
	d := rec.Draft()
	d.Status, d.DueAt, d.VerifiedAt = registry.Delivered, d.VerifiedAt, time.Time{}
	if err := s.registry.PutDelivery(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	s.partner.FireRule(t, "us-east-1", "xrole-acme-receiver-schedule")
	s.eventually("the role is proven again", func(ctx context.Context) bool {
		rec, err := s.registry.Get(ctx, "globex")
		if err != nil {
			s.Fatal(err)
		}
		return rec.Status() == registry.Verified
	})
	s.logged(`"event":"schedule"`)
}

// The guide shows an event as it is: every field, and none that there is not.
func TestDetail_documented(t *testing.T) {
	t.Parallel()
	guide, err := os.ReadFile("../../templates/guides/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(guide), "```json\n")
	block, _, _ := strings.Cut(rest, "```")
	var event struct {
		Source string                     `json:"source"`
		Type   string                     `json:"detail-type"`
		Detail map[string]json.RawMessage `json:"detail"`
	}
	if err := json.Unmarshal([]byte(block), &event); err != nil {
		t.Fatal(err)
	}
	sent, err := json.Marshal(receiver.Detail{})
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(sent, &fields); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(fields)), slices.Sorted(maps.Keys(event.Detail))); diff != "" {
		t.Error(diff)
	}
	if event.Source != "xrole" || event.Type != "xrole onboarding status change" {
		t.Errorf("%s, %s", event.Source, event.Type)
	}
}

// Each alarm of the stacks, and each event of the log, has a row in the guide.
func TestOperations_documented(t *testing.T) {
	t.Parallel()
	read := func(pattern string) string {
		var all strings.Builder
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatal(pattern, err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			all.Write(text)
		}
		return all.String()
	}
	guide := read("../../templates/guides/operations.md")
	alarms := regexp.MustCompile(`AlarmName: !Sub "xrole-\$\{HubName\}-([a-z-]+)"`).FindAllStringSubmatch(read("../hub/stacks/*.yaml"), -1)
	events := regexp.MustCompile(`(?:"event", |event :?= )"([a-z_]+)"|level, event := slog.LevelInfo, "([a-z_]+)"`).FindAllStringSubmatch(read("*.go")+read("../../cmd/receiver/*.go"), -1)
	if len(alarms) < 5 || len(events) < 8 {
		t.Fatalf("%d alarms, %d events", len(alarms), len(events))
	}
	for _, a := range alarms {
		if !strings.Contains(guide, "`xrole-<hub>-"+a[1]+"`") {
			t.Errorf("alarm %s is not in the guide", a[1])
		}
	}
	for _, e := range events {
		if name := e[1] + e[2]; !strings.Contains(guide, "`"+name+"`") {
			t.Errorf("event %s is not in the guide", name)
		}
	}
}
