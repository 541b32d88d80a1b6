package hub_test

import (
	"context"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/google/go-cmp/cmp"

	"github.com/xrole/terraform-provider-xrole/internal/lab"
)

const receiverName = "xrole-acme-receiver"

func (s *stage) deleteFunction(ctx context.Context) error {
	_, err := clientsOf(s.partner).Lambda(home).DeleteFunction(ctx, &lambda.DeleteFunctionInput{FunctionName: aws.String(receiverName)})
	return err
}

func (s *stage) otherCode(ctx context.Context) error {
	_, err := clientsOf(s.partner).Lambda(home).UpdateFunctionCode(ctx, &lambda.UpdateFunctionCodeInput{
		FunctionName: aws.String(receiverName), ZipFile: another(s.T, s.spec.Code),
	})
	return err
}

// forbid takes the topics' permissions away.
func (s *stage) forbid(ctx context.Context) error {
	client := clientsOf(s.partner).Lambda(home)
	policy, err := client.GetPolicy(ctx, &lambda.GetPolicyInput{FunctionName: aws.String(receiverName)})
	if err != nil {
		return err
	}
	for _, part := range strings.Split(aws.ToString(policy.Policy), `"Sid"`)[1:] {
		sid := strings.Split(part, `"`)[1]
		if !strings.Contains(part, ":sns:") {
			continue
		}
		if _, err := client.RemovePermission(ctx, &lambda.RemovePermissionInput{FunctionName: aws.String(receiverName), StatementId: &sid}); err != nil {
			return err
		}
	}
	return nil
}

func (s *stage) unsubscribe(ctx context.Context) error {
	topics := clientsOf(s.partner).SNS(home)
	found, err := topics.ListSubscriptionsByTopic(ctx, &sns.ListSubscriptionsByTopicInput{
		TopicArn: aws.String("arn:aws:sns:us-east-1:" + s.partner.ID + ":xrole-acme"),
	})
	if err != nil {
		return err
	}
	for _, one := range found.Subscriptions {
		if _, err := topics.Unsubscribe(ctx, &sns.UnsubscribeInput{SubscriptionArn: one.SubscriptionArn}); err != nil {
			return err
		}
	}
	return nil
}

// Each row breaks the way of a callback by hand, which no stack shows. The sentences say it, the next Apply repairs it,
// with the resources that stood before.
func TestApply_callbacks(t *testing.T) {
	t.Parallel()
	const function = `Function "xrole-acme-receiver" in us-east-1 `
	unpermitted := []string{
		function + "may not be invoked by the topic in eu-west-1.", function + "may not be invoked by the topic in us-east-1.",
	}
	for name, row := range map[string]struct {
		change func(*stage, context.Context) error
		want   []string
	}{
		"function deleted":     {(*stage).deleteFunction, []string{function + "is not there."}},
		"other code":           {(*stage).otherCode, []string{function + "runs other code than its stack says."}},
		"permissions deleted":  {(*stage).forbid, unpermitted},
		"subscription deleted": {(*stage).unsubscribe, []string{`Topic "arn:aws:sns:us-east-1:<account>:xrole-acme" does not hand its messages to the receiver.`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, lab.Shared(t).NewAccount(t))
			s.spec.Regions = []string{home, other}
			h := apply(t, s.partner, s.spec)
			whole := s.shape()
			code := s.running()
			if err := row.change(s, t.Context()); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(row.want, s.drift(s.spec)); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(h, apply(t, s.partner, s.spec)); diff != "" {
				t.Error(diff)
			}
			s.whole(s.spec)
			if diff := cmp.Diff(whole, s.shape()); diff != "" || s.running() != code {
				t.Errorf("the account does not hold the same: %s", diff)
			}
			before := asked(s.lab, s.partner)
			apply(t, s.partner, s.spec)
			if diff := cmp.Diff(map[string]int{}, changes(s.lab, s.partner, before)); diff != "" {
				t.Errorf("the same again changed something: %s", diff)
			}
		})
	}
}

// One answer that something is not there is not believed: what was made a moment ago may not be seen everywhere yet.
func TestApply_notFoundOnce(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	for name, f := range map[string]lab.Fault{
		"bucket":       {Operation: "GetBucketPolicy", Kind: lab.Status{Code: 404, ErrorCode: "NoSuchBucket"}},
		"topic":        {Operation: "GetTopicAttributes", Kind: lab.Status{Code: 404, ErrorCode: "NotFound"}},
		"table":        {Operation: "GetItem", Kind: lab.Status{Code: 400, ErrorCode: "ResourceNotFoundException"}},
		"function":     {Operation: "GetFunction", Kind: lab.Status{Code: 404, ErrorCode: "ResourceNotFoundException"}},
		"subscription": {Operation: "ListSubscriptionsByTopic", Kind: lab.Status{Code: 404, ErrorCode: "NotFound"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			h := apply(t, s.partner, s.spec)
			f.AccountID, f.Times = s.partner.ID, 2
			defer l.Inject(f)()
			before := asked(l, s.partner)
			if diff := cmp.Diff(h, apply(t, s.partner, s.spec)); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(map[string]int{}, changes(l, s.partner, before)); diff != "" {
				t.Errorf("what is there was changed: %s", diff)
			}
			if n := len(l.Requests(lab.Filter{AccountID: s.partner.ID, Operation: f.Operation})); n < 3 {
				t.Errorf("%d requests %s", n, f.Operation)
			}
		})
	}
}
