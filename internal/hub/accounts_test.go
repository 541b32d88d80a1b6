package hub_test

import (
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/google/go-cmp/cmp"

	"github.com/xrole/terraform-provider-xrole/internal/hub"
	"github.com/xrole/terraform-provider-xrole/internal/lab"
)

// policies are all of a hub's, as AWS shows them.
func (s *stage) policies(h *hub.Hub) map[string]string {
	s.Helper()
	bucket, err := clientsOf(s.partner).S3(home).GetBucketPolicy(s.Context(), &s3.GetBucketPolicyInput{Bucket: &h.Bucket})
	if err != nil {
		s.Fatal(err)
	}
	out := map[string]string{"bucket": aws.ToString(bucket.Policy)}
	for region, arn := range h.TopicARNs {
		topic, err := clientsOf(s.partner).SNS(region).GetTopicAttributes(s.Context(), &sns.GetTopicAttributesInput{TopicArn: &arn})
		if err != nil {
			s.Fatal(err)
		}
		out[region] = topic.Attributes["Policy"]
	}
	return out
}

// S3 refuses the whole policy for one account that does not exist.
func TestApply_mistypedAccount(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	customer, next := l.NewAccount(t), l.NewAccount(t)
	s := newStage(t, customer)
	s.spec.Regions = []string{home, other}
	h := apply(t, s.partner, s.spec)
	before := s.policies(h)

	const mistyped = "000000000007"
	s.spec.Access.AccountIDs = []string{next.ID, mistyped, customer.ID}
	at := asked(l, s.partner)
	_, err := hub.Apply(t.Context(), clientsOf(s.partner), s.spec, func(string) {})
	if diff := cmp.Diff(&hub.AccountError{AccountID: mistyped}, err); diff != "" {
		t.Fatalf("%v %s", err, diff)
	}
	if diff := cmp.Diff(map[string]int{"PutBucketPolicy in " + home: 1}, changes(l, s.partner, at)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(before, s.policies(h)); diff != "" {
		t.Errorf("the former policies are not in force: %s", diff)
	}

	s.spec.Access.AccountIDs = []string{next.ID, customer.ID}
	apply(t, s.partner, s.spec)
	s.whole(s.spec)
}

// The first policy of a hub is refused in the same way, and the hub is made once the account is right.
func TestApply_mistypedFirstAccount(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.spec.Access.AccountIDs = []string{"000000000007"}
	_, err := hub.Apply(t.Context(), clientsOf(s.partner), s.spec, func(string) {})
	if diff := cmp.Diff(&hub.AccountError{AccountID: "000000000007"}, err); diff != "" {
		t.Fatalf("%v %s", err, diff)
	}
	s.spec.Access.AccountIDs = nil
	apply(t, s.partner, s.spec)
	s.whole(s.spec)
}

// Other refusals of the same request are not taken for an account.
func TestApply_policyRefused(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	s := newStage(t, l.NewAccount(t))
	_, err := hub.Apply(t.Context(), clientsOf(s.weak("s3:PutBucketPolicy")), s.spec, func(string) {})
	if _, mistaken := errors.AsType[*hub.AccountError](err); err == nil || mistaken {
		t.Fatalf("error %v", err)
	}
	if code := codeOf(err); code != "AccessDenied" {
		t.Errorf("%s: %v", code, err)
	}
}
