package hub_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	cfntypes "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/google/go-cmp/cmp"

	"github.com/xrole/terraform-provider-xrole/internal/hub"
	"github.com/xrole/terraform-provider-xrole/internal/lab"
)

func TestApply(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	partner, customer, second := l.NewAccount(t), l.NewAccount(t), l.NewAccount(t)
	spec := specOf(t, l, customer)
	spec.TrustedPrincipalARNs = []string{"arn:aws:iam::" + partner.ID + ":role/collector"}

	first := apply(t, partner, spec)
	arn := func(service, region, rest string) string {
		return "arn:aws:" + service + ":" + region + ":" + partner.ID + ":" + rest
	}
	queue := func(region, name string) string {
		return "https://sqs." + region + ".amazonaws.com/" + partner.ID + "/" + name
	}
	want := &hub.Hub{
		Name: "acme", AccountID: partner.ID, Partition: "aws", Region: home, Regions: []string{other, home},
		Bucket: "xrole-acme-" + partner.ID + "-us-east-1-an", Table: "xrole-acme", TableARN: arn("dynamodb", home, "table/xrole-acme"),
		TopicName:            "xrole-acme",
		TopicARNs:            map[string]string{home: arn("sns", home, "xrole-acme"), other: arn("sns", other, "xrole-acme")},
		TrustedPrincipalARNs: spec.TrustedPrincipalARNs,
		ReceiverRoleARN:      arn("iam", "", "role/xrole-acme-receiver"),
		ReceiverFunctionARN:  arn("lambda", home, "function:xrole-acme-receiver"),
		ReceiverVersion:      versionOf(0, spec.Code),
		DeadLetterQueueURLs: map[string]string{
			home: queue(home, "xrole-acme-topic-dead-letters"), other: queue(other, "xrole-acme-topic-dead-letters"),
		},
		ReceiverDeadLetterQueueURL: queue(home, "xrole-acme-receiver-dead-letters"),
	}
	if diff := cmp.Diff(want, first); diff != "" {
		t.Fatal(diff)
	}

	before := asked(l, partner)
	if diff := cmp.Diff(first, apply(t, partner, spec)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]int{}, changes(l, partner, before)); diff != "" {
		t.Errorf("the same again changed something: %s", diff)
	}

	before = asked(l, partner)
	spec.Access.AccountIDs = append(spec.Access.AccountIDs, second.ID)
	apply(t, partner, spec)
	if diff := cmp.Diff(map[string]int{
		"PutBucketPolicy in " + home: 1, "SetTopicAttributes in " + home: 1, "SetTopicAttributes in " + other: 1,
		"PutItem in " + home: 1,
	}, changes(l, partner, before)); diff != "" {
		t.Errorf("one more customer: %s", diff)
	}

	before = asked(l, partner)
	spec.Regions = append(spec.Regions, "ap-southeast-2")
	apply(t, partner, spec)
	if diff := cmp.Diff(map[string]int{
		"UpdateStack in " + home: 1, "CreateStack in ap-southeast-2": 1, "SetTopicAttributes in ap-southeast-2": 1,
		"PutItem in " + home: 1,
	}, changes(l, partner, before)); diff != "" {
		t.Errorf("one more region: %s", diff)
	}
}

func TestApply_refusedBeforeAnyRequest(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	partner := l.NewAccount(t)
	for name, change := range map[string]func(*hub.Spec){
		"name":           func(s *hub.Spec) { s.Name = "Acme" },
		"long name":      func(s *hub.Spec) { s.Name = strings.Repeat("a", 25) },
		"double hyphen":  func(s *hub.Spec) { s.Name = "a--b" },
		"hyphen at last": func(s *hub.Spec) { s.Name = "a-" },
		"no regions":     func(s *hub.Spec) { s.Regions = nil },
		"account id":     func(s *hub.Spec) { s.Access.AccountIDs = []string{"1"} },
		"all too many":   func(s *hub.Spec) { s.Access.AccountIDs = accounts(5000) },
		"no code":        func(s *hub.Spec) { s.Code = nil },
		"architecture":   func(s *hub.Spec) { s.Architecture = "amd64" },
		"timeout":        func(s *hub.Spec) { s.TimeoutSeconds = 300 },
	} {
		spec := hub.Spec{Name: "acme", Region: home, Regions: []string{home}, Code: []byte("zip"), Architecture: "arm64"}
		if err := spec.Validate(); err != nil {
			t.Fatal(err)
		}
		change(&spec)
		if _, err := hub.Apply(t.Context(), clientsOf(partner), spec, func(string) {}); err == nil {
			t.Errorf("%s: not refused", name)
		}
	}
	if n := asked(l, partner); n != 0 {
		t.Errorf("%d requests were made", n)
	}
}

func TestApply_firstFailure(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	partner := l.NewAccount(t)
	s := &stage{T: t, lab: l, partner: partner, spec: specOf(t, l)}
	s.makeTable("xrole-acme")
	_, err := hub.Apply(t.Context(), clientsOf(partner), s.spec, func(string) {})
	failure, ok := errors.AsType[*hub.StackError](err)
	if !ok {
		t.Fatalf("not a stack's failure: %v", err)
	}
	if failure.Stack != "xrole-acme-storage" || failure.LogicalID != "Table" || failure.Type != "AWS::DynamoDB::Table" ||
		!strings.Contains(failure.Reason, "exist") {
		t.Errorf("%+v", *failure)
	}
	if _, err := clientsOf(partner).DynamoDB(home).DeleteTable(t.Context(), &dynamodb.DeleteTableInput{TableName: aws.String("xrole-acme")}); err != nil {
		t.Fatal(err)
	}
	apply(t, partner, s.spec)
}

func TestFirstFailure(t *testing.T) {
	t.Parallel()
	const id = "arn:aws:cloudformation:us-east-1:111111111111:stack/xrole-acme-receiver/x"
	event := func(logical, physical, status, reason string) cfntypes.StackEvent {
		return cfntypes.StackEvent{
			LogicalResourceId: &logical, PhysicalResourceId: &physical, ResourceType: aws.String("T"),
			ResourceStatus: cfntypes.ResourceStatus(status), ResourceStatusReason: &reason,
		}
	}
	stack := func(status string) cfntypes.StackEvent { return event("xrole-acme-receiver", id, status, "") }
	got := hub.FirstFailure(id, []cfntypes.StackEvent{
		stack("UPDATE_ROLLBACK_COMPLETE"),
		stack("UPDATE_ROLLBACK_IN_PROGRESS"),
		event("Function", "", "UPDATE_FAILED", "Resource update cancelled"),
		event("Role", "", "UPDATE_FAILED", "Invalid principal"),
		event("Role", "", "UPDATE_IN_PROGRESS", ""),
		stack("UPDATE_IN_PROGRESS"),
		stack("UPDATE_ROLLBACK_COMPLETE"),
		event("LogGroup", "", "UPDATE_FAILED", "of an operation before"),
	})
	want := hub.StackError{Status: "UPDATE_ROLLBACK_COMPLETE", LogicalID: "Role", Type: "T", Reason: "Invalid principal"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestApply_strangersStack(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	partner := l.NewAccount(t)
	stacks := clientsOf(partner).CloudFormation(home)
	_, err := stacks.CreateStack(t.Context(), &cloudformation.CreateStackInput{
		StackName:    aws.String("xrole-acme-storage"),
		TemplateBody: aws.String(`{"Resources":{"Q":{"Type":"AWS::SQS::Queue"}}}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = hub.Apply(t.Context(), clientsOf(partner), specOf(t, l), func(string) {})
	if err == nil || !strings.Contains(err.Error(), `no tag xrole:hub = "acme"`) {
		t.Errorf("error %v", err)
	}
	out, err := stacks.GetTemplate(t.Context(), &cloudformation.GetTemplateInput{StackName: aws.String("xrole-acme-storage")})
	if err != nil || !strings.Contains(aws.ToString(out.TemplateBody), "AWS::SQS::Queue") {
		t.Errorf("the stranger's stack was changed: %v", err)
	}
}

// A receiver that answers proves function, code, permission, subscription and role at once.
func TestApply_receiverAnswers(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	partner, customer := l.NewAccount(t), l.NewAccount(t)
	h := apply(t, partner, specOf(t, l, customer))
	for _, region := range h.Regions {
		template, err := json.Marshal(map[string]any{"Resources": map[string]any{"CallBack": map[string]any{
			"Type": "Custom::XRole",
			"Properties": map[string]any{
				"ServiceToken": h.TopicARNs[region], "ServiceTimeout": 30, "OnboardingName": "nobody-knows-me",
				"RoleArn": "arn:aws:iam::" + customer.ID + ":role/x",
			},
		}}})
		if err != nil {
			t.Fatal(err)
		}
		reason := failedReason(t, customer, region, string(template))
		if reason == "" || strings.Contains(reason, partner.ID) || strings.Contains(reason, "did not receive") {
			t.Errorf("%s: the stack was told %q", region, reason)
		}
		t.Logf("%s: %s", region, reason)
	}
}

// failedReason launches a stack that must fail and returns why the custom resource did.
func failedReason(t *testing.T, customer *lab.Account, region, template string) string {
	t.Helper()
	stacks := clientsOf(customer).CloudFormation(region)
	made, err := stacks.CreateStack(t.Context(), &cloudformation.CreateStackInput{StackName: aws.String("globex"), TemplateBody: &template})
	if err != nil {
		t.Fatal(err)
	}
	waiter := cloudformation.NewStackCreateCompleteWaiter(stacks, func(w *cloudformation.StackCreateCompleteWaiterOptions) {
		w.MinDelay, w.MaxDelay = pollEvery, pollEvery
	})
	if err := waiter.Wait(t.Context(), &cloudformation.DescribeStacksInput{StackName: made.StackId}, patience); err == nil {
		t.Fatal("the stack did not fail")
	}
	events, err := stacks.DescribeStackEvents(t.Context(), &cloudformation.DescribeStackEventsInput{StackName: made.StackId})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events.StackEvents {
		if aws.ToString(e.LogicalResourceId) == "CallBack" && e.ResourceStatus == "CREATE_FAILED" {
			return aws.ToString(e.ResourceStatusReason)
		}
	}
	return ""
}
