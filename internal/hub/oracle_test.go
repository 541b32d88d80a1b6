package hub_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os/exec"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/xrole/terraform-provider-xrole/internal/hub"
	"github.com/xrole/terraform-provider-xrole/internal/lab"
)

// question is put to the lab's policy evaluator directly, where the lab itself cannot ask it: plain http never gets
// through the lab's proxy, the lab lets nobody publish unsigned whatever the policy says, and which topic calls is not
// for a test to choose.
type question struct {
	// principal is an ARN or a service; empty for a request without a signature.
	principal, action, resource, owner string
	policy                             string
	context                            map[string]string
}

// evaluator starts the lab's policy evaluator, which Shared has installed.
func evaluator(t *testing.T) func(question) bool {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "node", "server.mjs")
	cmd.Dir = "../lab/oracle"
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close() //nolint:errcheck // the evaluator ends with it
		cmd.Wait() //nolint:errcheck // the test's context may have ended it
	})
	var said struct{ Port int }
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || json.Unmarshal([]byte(line), &said) != nil {
		t.Fatalf("the evaluator said %q: %v", line, err)
	}
	return func(q question) bool {
		t.Helper()
		identity := []any{map[string]any{"name": "all", "policy": json.RawMessage(
			`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`)}}
		var principal any = q.principal
		if q.principal == "" {
			principal, identity = map[string]string{"type": "Anonymous"}, []any{}
		}
		body, err := json.Marshal(map[string]any{
			"request": map[string]any{
				"principal": principal, "action": q.action, "contextVariables": q.context,
				"resource": map[string]string{"resource": q.resource, "accountId": q.owner},
			},
			"identityPolicies": identity,
			"resourcePolicy":   json.RawMessage(q.policy),
		})
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.Post(fmt.Sprintf("http://127.0.0.1:%d", said.Port), "application/json", bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close() //nolint:errcheck // reading is over
		var answer struct {
			Result string
			Detail any
		}
		if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || answer.Result == "Error" {
			t.Fatalf("the evaluator answered %+v, %v", answer, err)
		}
		return answer.Result == "Allowed"
	}
}

func TestAccess_plainHTTP(t *testing.T) {
	t.Parallel()
	lab.Shared(t)
	allowed := evaluator(t)
	const partner, customer = "111111111111", "222222222222"
	for kind, access := range map[string]hub.Access{"accounts": {AccountIDs: []string{customer}}, "anyone": {Anyone: true}} {
		ofBucket, err := hub.BucketPolicy("aws", bucket, access)
		if err != nil {
			t.Fatal(err)
		}
		ofTopic, err := hub.TopicPolicy(topic, access)
		if err != nil {
			t.Fatal(err)
		}
		for _, account := range []string{partner, customer} {
			for tls, want := range map[string]bool{"true": true, "false": false} {
				q := question{
					principal: "arn:aws:iam::" + account + ":role/admin", owner: partner,
					context: map[string]string{"aws:SecureTransport": tls, "aws:PrincipalAccount": account},
				}
				q.action, q.resource, q.policy = "s3:GetObject", "arn:aws:s3:::"+bucket+"/templates/"+customer+"/globex/1.yaml", string(ofBucket)
				if allowed(q) != want {
					t.Errorf("%s: %s reads with TLS %s: %v", kind, account, tls, !want)
				}
				q.action, q.resource, q.policy = "sns:Publish", topic, string(ofTopic)
				if allowed(q) != want {
					t.Errorf("%s: %s publishes with TLS %s: %v", kind, account, tls, !want)
				}
			}
		}
	}
}

// An open topic is open to every account, but not to the whole network: SNS takes unsigned requests if a policy lets it.
func TestAccess_unsigned(t *testing.T) {
	t.Parallel()
	lab.Shared(t)
	allowed := evaluator(t)
	policy, err := hub.TopicPolicy(topic, hub.Access{Anyone: true})
	if err != nil {
		t.Fatal(err)
	}
	q := question{action: "sns:Publish", resource: topic, owner: "111111111111", policy: string(policy)}
	q.context = map[string]string{"aws:SecureTransport": "true"}
	if allowed(q) {
		t.Error("anybody may publish without a signature")
	}
	q.principal = "arn:aws:iam::222222222222:role/admin"
	q.context["aws:PrincipalAccount"] = "222222222222"
	if !allowed(q) {
		t.Error("an account may not publish to an open topic")
	}
}

// Only the hub's own topics reach the receiver and fill its queues.
func TestAccess_topicsOnly(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	partner, stranger := l.NewAccount(t), l.NewAccount(t)
	h := apply(t, partner, specOf(t, l))
	allowed := evaluator(t)
	function, err := clientsOf(partner).Lambda(home).GetPolicy(t.Context(), &lambda.GetPolicyInput{FunctionName: &h.ReceiverFunctionARN})
	if err != nil {
		t.Fatal(err)
	}
	queue, err := sqs.NewFromConfig(partner.Config(other)).GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{
		QueueUrl: aws.String(h.DeadLetterQueueURLs[other]), AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameAll},
	})
	if err != nil {
		t.Fatal(err)
	}
	ofStranger := strings.Replace(h.TopicARNs[other], partner.ID, stranger.ID, 1)
	ownOther := h.TopicARNs[other] + "-else"
	for _, row := range []struct {
		source        string
		invokes, sets bool
	}{
		{h.TopicARNs[home], true, false},
		{h.TopicARNs[other], true, true},
		{strings.Replace(h.TopicARNs[other], other, "eu-west-2", 1), false, false},
		{ownOther, false, false},
		{ofStranger, false, false},
	} {
		q := question{principal: "sns.amazonaws.com", owner: partner.ID, context: map[string]string{"aws:SourceArn": row.source}}
		q.action, q.resource, q.policy = "lambda:InvokeFunction", h.ReceiverFunctionARN, aws.ToString(function.Policy)
		if allowed(q) != row.invokes {
			t.Errorf("%s invokes the receiver: %v", row.source, !row.invokes)
		}
		q.action, q.resource, q.policy = "sqs:SendMessage", queue.Attributes["QueueArn"], queue.Attributes["Policy"]
		if allowed(q) != row.sets {
			t.Errorf("%s sends to the dead letters of %s: %v", row.source, other, !row.sets)
		}
	}
}
