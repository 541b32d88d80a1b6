package hub_test

import (
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/google/go-cmp/cmp"

	"github.com/xrole/terraform-provider-xrole/internal/hub"
	"github.com/xrole/terraform-provider-xrole/internal/lab"
)

func TestLookup(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	s := newStage(t, l.NewAccount(t))
	if _, _, err := hub.Lookup(t.Context(), clientsOf(s.partner), home, "acme"); !errors.Is(err, hub.ErrNotFound) {
		t.Errorf("before there was any: %v", err)
	}
	full := fullSpec(s.partner.ID)
	full.Access, full.Code, full.Architecture, full.ReceiverVersion = s.spec.Access, s.spec.Code, s.spec.Architecture, versionOf(3, s.spec.Code)
	made := apply(t, s.partner, full)

	before := asked(l, s.partner)
	found, settings, err := hub.Lookup(t.Context(), clientsOf(s.partner), home, "acme")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(made, found); diff != "" {
		t.Error(diff)
	}
	want := hub.Settings(full)
	want.Code = nil
	if diff := cmp.Diff(want, settings); diff != "" {
		t.Error(diff)
	}
	if n := asked(l, s.partner) - before; n != 1 {
		t.Errorf("%d requests", n)
	}
	if _, _, err := hub.Lookup(t.Context(), clientsOf(s.partner), other, "acme"); !errors.Is(err, hub.ErrNotFound) {
		t.Errorf("in another region: %v", err)
	}
	full.Code = nil // what import knows is enough to see that nothing differs
	s.whole(full)
	s.everythingAskedFor()
}

// everythingAskedFor looks at the resources themselves.
func (s *stage) everythingAskedFor() {
	s.Helper()
	c := clientsOf(s.partner)
	role, err := iam.NewFromConfig(s.partner.Config(home)).GetRole(s.Context(), &iam.GetRoleInput{RoleName: aws.String("xrole-acme-receiver")})
	if err != nil {
		s.Fatal(err)
	}
	if aws.ToString(role.Role.Path) != "/acme/" || aws.ToString(role.Role.PermissionsBoundary.PermissionsBoundaryArn) != "arn:aws:iam::aws:policy/ReadOnlyAccess" {
		s.Errorf("%+v", *role.Role)
	}
	function, err := c.Lambda(home).GetFunction(s.Context(), &lambda.GetFunctionInput{FunctionName: aws.String("xrole-acme-receiver")})
	if err != nil {
		s.Fatal(err)
	}
	if function.Tags["Team"] != "platform" || function.Tags["xrole:hub"] != "acme" || aws.ToInt32(function.Configuration.Timeout) != 100 ||
		function.Concurrency == nil || aws.ToInt32(function.Concurrency.ReservedConcurrentExecutions) != 3 {
		s.Errorf("%v %+v", function.Tags, *function.Configuration)
	}
	for _, region := range []string{home, other} {
		resources, err := c.CloudFormation(region).DescribeStacks(s.Context(), &cloudformation.DescribeStacksInput{StackName: aws.String(topicStack)})
		if err != nil {
			s.Fatal(err)
		}
		for _, p := range resources.Stacks[0].Parameters {
			if aws.ToString(p.ParameterKey) == "AlarmTopicArn" && aws.ToString(p.ParameterValue) != "arn:aws:sns:"+region+":"+s.partner.ID+":alarms" {
				s.Errorf("%s: alarms go to %s", region, aws.ToString(p.ParameterValue))
			}
		}
	}
}

// The item is read by other versions of the provider: its names must not change.
func TestSettings_format(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	h := apply(t, s.partner, s.spec)
	const text = `{"Hub":{"Name":"acme","AccountID":"111122223333","Partition":"aws","Region":"us-east-1","Regions":["us-east-1"],"Bucket":"b","Table":"t",` +
		`"TableARN":"ta","TopicName":"tn","TopicARNs":{"us-east-1":"topic"},"TrustedPrincipalARNs":["p"],"ReceiverRoleARN":"r","ReceiverFunctionARN":"f",` +
		`"ReceiverVersion":"1-abcdefabcdef","DeadLetterQueueURLs":{"us-east-1":"q"},"ReceiverDeadLetterQueueURL":"rq"},` +
		`"Spec":{"Name":"acme","Region":"us-east-1","Regions":["us-east-1"],"Access":{"AccountIDs":["444455556666"],"Anyone":false},"TrustedPrincipalARNs":["p"],` +
		`"Architecture":"arm64","ReceiverVersion":"1-abcdefabcdef","TimeoutSeconds":100,"Path":"/a/","PermissionsBoundaryARN":"pb","KMSKeyARN":"k",` +
		`"LogRetentionDays":30,"ReservedConcurrency":3,"AlarmTopicARN":"at","AlarmTopicARNs":{"eu-west-1":"ats"},"EventBusARN":"eb","RecheckHours":48,` +
		`"Tags":{"a":"b"},"Owner":"o"}}`
	_, err := clientsOf(s.partner).DynamoDB(home).PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &h.Table, Item: map[string]types.AttributeValue{
		"pk": &types.AttributeValueMemberS{Value: "hub#settings"}, "settings": &types.AttributeValueMemberS{Value: text},
	}})
	if err != nil {
		t.Fatal(err)
	}
	found, settings, err := hub.Lookup(t.Context(), clientsOf(s.partner), home, "acme")
	if err != nil {
		t.Fatal(err)
	}
	three := 3
	regional := func(value string) map[string]string { return map[string]string{home: value} }
	if diff := cmp.Diff(&hub.Hub{
		Name: "acme", AccountID: "111122223333", Partition: "aws", Region: home, Regions: []string{home}, Bucket: "b", Table: "t", TableARN: "ta",
		TopicName: "tn", TopicARNs: regional("topic"), TrustedPrincipalARNs: []string{"p"}, ReceiverRoleARN: "r", ReceiverFunctionARN: "f",
		ReceiverVersion: "1-abcdefabcdef", DeadLetterQueueURLs: regional("q"), ReceiverDeadLetterQueueURL: "rq",
	}, found); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(hub.Settings{
		Name: "acme", Region: home, Regions: []string{home}, Access: hub.Access{AccountIDs: []string{"444455556666"}}, TrustedPrincipalARNs: []string{"p"},
		Architecture: "arm64", ReceiverVersion: "1-abcdefabcdef", TimeoutSeconds: 100, Path: "/a/", PermissionsBoundaryARN: "pb", KMSKeyARN: "k",
		LogRetentionDays: 30, ReservedConcurrency: &three, AlarmTopicARN: "at", AlarmTopicARNs: map[string]string{other: "ats"}, EventBusARN: "eb",
		RecheckHours: 48, Tags: map[string]string{"a": "b"}, Owner: "o",
	}, settings); diff != "" {
		t.Error(diff)
	}
}
