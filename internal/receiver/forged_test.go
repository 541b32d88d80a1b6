package receiver_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/xrole/terraform-provider-xrole/internal/lab"
	"github.com/xrole/terraform-provider-xrole/internal/registry"
)

// forge publishes what CloudFormation would, by hand, and waits until the function has logged what it made of it.
func (s *shipped) forge(as *lab.Account, changes request) {
	s.Helper()
	fields := request{
		"RequestType": "Create", "RequestId": rand.Text(), "LogicalResourceId": "Callback", "ResourceType": "Custom::XroleCallback",
		"StackId":            "arn:aws:cloudformation:us-east-1:" + s.customer.ID + ":stack/forged/11111111-2222",
		"ResourceProperties": map[string]any{"OnboardingName": "globex", "RoleArn": "arn:aws:iam::" + s.customer.ID + ":role/forged", "TemplateVersion": "v1"},
	}
	maps.Copy(fields, changes)
	if fields["RequestType"] != "Create" {
		fields["PhysicalResourceId"] = "forged"
	}
	want := fmt.Sprint(fields["RequestId"])
	if _, given := fields["ResponseURL"]; given {
		want = "bad_response_url"
	} else {
		fields["ResponseURL"] = "https://cloudformation-custom-resource-response-useast1.s3.amazonaws.com/" +
			url.PathEscape(fmt.Sprintf("%s|%s|%s", fields["StackId"], fields["LogicalResourceId"], fields["RequestId"])) + "?X-Amz-Signature=very-secret"
	}
	message, err := json.Marshal(fields)
	if err != nil {
		s.Fatal(err)
	}
	_, err = sns.NewFromConfig(as.Config("us-east-1")).Publish(s.Context(), &sns.PublishInput{
		TopicArn: aws.String(s.hub.TopicARNs["us-east-1"]), Message: aws.String(string(message)), Subject: aws.String("AWS CloudFormation custom resource request"),
	})
	if err != nil {
		s.Fatal(err)
	}
	s.logged(want)
}

// A listed customer writes its own messages to the topic: whatever it says of another's stack and role, the record of a
// verified onboarding stays, and no role is tried that is certainly the wrong one.
func TestReceiver_forged(t *testing.T) {
	t.Parallel()
	attacker := lab.Shared(t).NewAccount(t)
	s := newShipped(t, 0, attacker)
	if stack := s.launch(s.customer, s.template(s.offer.ExternalID, flow(honest))); stack.StackStatus != types.StackStatusCreateComplete {
		t.Fatalf("the stack ended as %s", stack.StackStatus)
	}
	before := *s.record("globex").Current()
	if before.Status != registry.Verified {
		t.Fatalf("the onboarding is %s", before.Status)
	}
	attackers := "arn:aws:cloudformation:us-east-1:" + attacker.ID + ":stack/x/11111111-2222"
	role := func(account string) map[string]any {
		return map[string]any{"OnboardingName": "globex", "RoleArn": "arn:aws:iam::" + account + ":role/x", "TemplateVersion": "v1"}
	}
	theirs := map[string]any{"OnboardingName": "globex", "RoleArn": before.RoleARN, "TemplateVersion": "v1"}
	elsewhere := "https://attacker.example/?X-Amz-Signature=very-secret"
	since := time.Now()
	for _, row := range []struct {
		name    string
		changes request
	}{
		{"own stack, own role", request{"StackId": attackers, "ResourceProperties": role(attacker.ID)}},
		{"own stack, the victim's role", request{"StackId": attackers, "ResourceProperties": theirs}},
		{"the victim's stack, own role", request{"StackId": before.StackID, "ResourceProperties": role(attacker.ID)}},
		{"the victim's stack, the partner's role", request{"StackId": before.StackID, "ResourceProperties": role(s.partner.ID)}},
		{"the partner's stack and role", request{"StackId": strings.Replace(attackers, attacker.ID, s.partner.ID, 1), "ResourceProperties": role(s.partner.ID)}},
		{"update to own role", request{"RequestType": "Update", "StackId": before.StackID, "ResourceProperties": role(attacker.ID)}},
		{"delete of another resource", request{"RequestType": "Delete", "StackId": before.StackID, "LogicalResourceId": "Other", "ResourceProperties": theirs}},
		{"delete of another stack", request{"RequestType": "Delete", "ResourceProperties": theirs}},
		{"answer elsewhere", request{"ResponseURL": elsewhere}},
	} {
		s.forge(attacker, row.changes)
		after := *s.record("globex").Current()
		after.Answers, after.Revision = before.Answers, before.Revision
		if fmt.Sprint(after) != fmt.Sprint(before) {
			t.Errorf("%s: the record was\n%+v and is\n%+v", row.name, before, after)
		}
	}
	if tried := s.lab.Requests(lab.Filter{AccountID: s.partner.ID, Operation: "AssumeRole", Since: since}); len(tried) != 0 {
		t.Errorf("%d roles were tried", len(tried))
	}
	for _, r := range s.lab.Requests(lab.Filter{Since: since}) {
		if strings.Contains(r.Host, "attacker") {
			t.Errorf("a request went to %s", r.Host)
		}
	}
	// The worst that whoever knows the stack's id can do: the role that is known stays known, and a probe will tell.
	s.forge(attacker, request{"RequestType": "Delete", "StackId": before.StackID, "ResourceProperties": theirs})
	if d := s.record("globex").Current(); d.Status != registry.Leaving || d.RoleARN != before.RoleARN || d.StackID != before.StackID {
		t.Errorf("after a Delete in the owner's name: %+v", d)
	}
}

// What CloudFormation sends can be told from what a listed customer writes in its name, even while neither is proven.
func TestReceiver_forgedClaim(t *testing.T) {
	t.Parallel()
	attacker := lab.Shared(t).NewAccount(t)
	s := newShipped(t, 12, attacker)
	stack := s.launch(s.customer, s.template("somebody-elses", flow(honest)))
	s.forge(attacker, nil)
	var claims []registry.Claim
	s.eventually("both are claims", func(ctx context.Context) bool { // on a busy machine the first try may have run out of time
		rec, err := s.registry.Get(ctx, "globex")
		if err != nil {
			s.Fatal(err)
		}
		claims = rec.Current().Waiting()
		return len(claims) > 1
	})
	if len(claims) != 2 || !claims[0].Answered || claims[0].StackID != *stack.StackId || claims[1].Answered {
		t.Errorf("claims: %+v", claims)
	}
}

// The same message twice, as SNS may bring it: one record, and roles are tried once.
func TestReceiver_replayed(t *testing.T) {
	t.Parallel()
	s := newShipped(t, 0)
	s.launch(s.customer, s.template(s.offer.ExternalID, flow(honest)))
	role := s.record("globex").Current().RoleARN
	properties := map[string]any{"OnboardingName": "globex", "RoleArn": role, "TemplateVersion": "v2"}
	again := request{"RequestType": "Update", "RequestId": rand.Text(), "StackId": s.record("globex").Current().StackID, "ResourceProperties": properties}
	s.forge(s.customer, again)
	first, since := s.record("globex").Current(), time.Now()
	if first.TemplateVersion != "v2" {
		t.Fatalf("the update was not recorded: %+v", first)
	}
	s.forge(s.customer, again)
	s.logged(`"note":"duplicate"`)
	if d := s.record("globex").Current(); d.Revision != first.Revision {
		t.Errorf("a duplicate wrote revision %d", d.Revision)
	}
	if tried := s.lab.Requests(lab.Filter{AccountID: s.partner.ID, Operation: "AssumeRole", Since: since}); len(tried) != 0 {
		t.Errorf("a duplicate tried %d roles", len(tried))
	}
}
