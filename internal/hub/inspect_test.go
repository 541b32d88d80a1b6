package hub_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/google/go-cmp/cmp"

	"github.com/xrole/terraform-provider-xrole/internal/hub"
)

func TestInspect_nothing(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	if _, _, err := hub.Inspect(t.Context(), clientsOf(s.partner), s.spec); !errors.Is(err, hub.ErrNotFound) {
		t.Errorf("error %v", err)
	}
	s.makeTable("xrole-acme")
	if _, _, err := hub.Inspect(t.Context(), clientsOf(s.partner), s.spec); !errors.Is(err, hub.ErrNotFound) {
		t.Errorf("a stranger's table: %v", err)
	}
}

// drift inspects, and wants nothing to be changed by that.
func (s *stage) drift(spec hub.Spec) []string {
	s.Helper()
	before := asked(s.lab, s.partner)
	_, found, err := hub.Inspect(s.Context(), clientsOf(s.partner), spec)
	if err != nil {
		s.Fatal(err)
	}
	if diff := cmp.Diff(map[string]int{}, changes(s.lab, s.partner, before)); diff != "" {
		s.Errorf("looking changed something: %s", diff)
	}
	for i, sentence := range found {
		if !strings.HasSuffix(sentence, ".") {
			s.Errorf("not a sentence: %s", sentence)
		}
		found[i] = strings.ReplaceAll(sentence, s.partner.ID, "<account>")
	}
	return found
}

// Each row is a change by hand; the sentences say it, and the next Apply repairs it.
func TestInspect_drift(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		change func(*stage, *hub.Hub) error
		want   []string
	}{
		"stack deleted": {func(s *stage, _ *hub.Hub) error {
			s.remove(topicStack)
			return nil
		}, []string{`Stack "xrole-acme-topic" in us-east-1 is not there.`}},
		"all but bucket and table deleted": {func(s *stage, _ *hub.Hub) error {
			s.remove(topicStack)
			s.remove(receiverStack)
			s.remove(storageStack)
			return nil
		}, []string{
			`Stack "xrole-acme-storage" in us-east-1 is not there.`, `Stack "xrole-acme-receiver" in us-east-1 is not there.`,
			`Stack "xrole-acme-topic" in us-east-1 is not there.`,
		}},
		"stack changed": {func(s *stage, _ *hub.Hub) error {
			return s.change(topicStack, hub.TopicTemplate+"  More:\n    Value: x\n", map[string]string{"AlarmTopicArn": "arn:aws:sns:us-east-1:111122223333:x"},
				map[string]string{"xrole:hub": "acme", "team": "security"})
		}, []string{
			`Stack "xrole-acme-topic" in us-east-1 is of another template.`,
			`Parameter AlarmTopicArn of stack "xrole-acme-topic" in us-east-1 is "arn:aws:sns:us-east-1:111122223333:x", not "".`,
			`Tag "stage" of stack "xrole-acme-topic" in us-east-1 is missing.`,
			`Tag "team" of stack "xrole-acme-topic" in us-east-1 is "security", not "platform".`,
		}},
		"bucket opened": {func(s *stage, h *hub.Hub) error {
			_, err := clientsOf(s.partner).S3(home).DeleteBucketPolicy(s.Context(), &s3.DeleteBucketPolicyInput{Bucket: &h.Bucket})
			return err
		}, []string{`The policy of bucket "xrole-acme-<account>-us-east-1-an" is not the hub's.`}},
		"topic opened": {func(s *stage, h *hub.Hub) error {
			return openTopic(s.Context(), clientsOf(s.partner), h)
		}, []string{`The policy of topic "arn:aws:sns:us-east-1:<account>:xrole-acme" is not the hub's.`}},
		"topic deleted": {func(s *stage, h *hub.Hub) error {
			_, err := clientsOf(s.partner).SNS(home).DeleteTopic(s.Context(), &sns.DeleteTopicInput{TopicArn: aws.String(h.TopicARNs[home])})
			return err
		}, []string{`Topic "arn:aws:sns:us-east-1:<account>:xrole-acme" is not there.`}},
		"bucket deleted": {func(s *stage, h *hub.Hub) error {
			s.emptyBucket(h)
			return nil
		}, []string{`Bucket "xrole-acme-<account>-us-east-1-an" is not there.`, `The receiver's code, object "<code>" in bucket "xrole-acme-<account>-us-east-1-an", is not there.`}},
		"code deleted": {func(s *stage, h *hub.Hub) error {
			_, err := clientsOf(s.partner).S3(home).DeleteObject(s.Context(), &s3.DeleteObjectInput{Bucket: &h.Bucket, Key: aws.String(hub.CodeKey(s.spec))})
			return err
		}, []string{`The receiver's code, object "<code>" in bucket "xrole-acme-<account>-us-east-1-an", is not there.`}},
		"code changed": {func(s *stage, h *hub.Hub) error {
			return write(hub.CodeKey(s.spec))(s.Context(), clientsOf(s.partner), h)
		}, []string{`The receiver's code, object "<code>" in bucket "xrole-acme-<account>-us-east-1-an", was changed.`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			s.spec.Tags = map[string]string{"team": "platform", "stage": "test"}
			h := apply(t, s.partner, s.spec)
			if found := s.drift(s.spec); len(found) > 0 {
				t.Fatalf("nobody changed anything, and yet: %q", found)
			}
			if err := row.change(s, h); err != nil {
				t.Fatal(err)
			}
			var found []string
			for _, sentence := range s.drift(s.spec) {
				found = append(found, strings.ReplaceAll(sentence, hub.CodeKey(s.spec), "<code>"))
			}
			if diff := cmp.Diff(row.want, found); diff != "" {
				t.Error(diff)
			}
			apply(t, s.partner, s.spec)
			s.whole(s.spec)
		})
	}
}

// Settings that differ from those asked for are drift too: this is what the plan shows.
func TestInspect_anotherSpec(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.spec.Owner = "state-1"
	apply(t, s.partner, s.spec)
	other := s.spec
	other.LogRetentionDays, other.Owner = 30, "state-2"
	other.Tags = map[string]string{"team": "platform"}
	if diff := cmp.Diff([]string{
		`Tag "team" of stack "xrole-acme-storage" in us-east-1 is missing.`,
		`Tag "xrole:owner" of stack "xrole-acme-storage" in us-east-1 is "state-1", not "state-2".`,
		`Parameter LogRetentionDays of stack "xrole-acme-receiver" in us-east-1 is "365", not "30".`,
		`Tag "team" of stack "xrole-acme-receiver" in us-east-1 is missing.`,
		`Tag "team" of stack "xrole-acme-topic" in us-east-1 is missing.`,
	}, s.drift(other)); diff != "" {
		t.Error(diff)
	}
	s.spec.Owner = ""
	if found := s.drift(s.spec); len(found) > 0 {
		t.Errorf("whoever does not care for the owner: %q", found)
	}
}

func TestInspect_failedStack(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.fails(s.weak("lambda:CreateFunction"), s.spec)
	h, found, err := hub.Inspect(t.Context(), clientsOf(s.partner), s.spec)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{
		`Stack "xrole-acme-receiver" in us-east-1 is ROLLBACK_COMPLETE.`, `Stack "xrole-acme-topic" in us-east-1 is not there.`,
	}, found); diff != "" || h.ReceiverFunctionARN != "" {
		t.Error(diff, h)
	}
}

// change updates a stack by hand: parameters that are not named stay.
func (s *stage) change(name, template string, parameters, tags map[string]string) error {
	in := &cloudformation.UpdateStackInput{StackName: &name, TemplateBody: &template}
	live, err := s.stacks().DescribeStacks(s.Context(), &cloudformation.DescribeStacksInput{StackName: &name})
	if err != nil {
		return err
	}
	for _, p := range live.Stacks[0].Parameters {
		if value, ok := parameters[*p.ParameterKey]; ok {
			p.ParameterValue = &value
		}
		in.Parameters = append(in.Parameters, p)
	}
	for key, value := range tags {
		in.Tags = append(in.Tags, types.Tag{Key: &key, Value: &value})
	}
	if _, err := s.stacks().UpdateStack(s.Context(), in); err != nil {
		return err
	}
	waiter := cloudformation.NewStackUpdateCompleteWaiter(s.stacks(), func(w *cloudformation.StackUpdateCompleteWaiterOptions) {
		w.MinDelay, w.MaxDelay = pollEvery, pollEvery
	})
	return waiter.Wait(s.Context(), &cloudformation.DescribeStacksInput{StackName: &name}, patience)
}
