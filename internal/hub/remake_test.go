package hub_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/google/go-cmp/cmp"

	"github.com/xrole/terraform-provider-xrole/internal/hub"
)

// SQS keeps the name of a deleted queue for a minute: a hub that is made again at once waits for it.
func TestApply_queueDeletedRecently(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.spec.Tags = map[string]string{"lab:deleted-recently": "1"}
	var said []string
	h, err := hub.Apply(t.Context(), clientsOf(s.partner), s.spec, func(what string) {
		if strings.Contains(what, "less than a minute ago") {
			said = append(said, what)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{
		"us-east-1: a queue of stack xrole-acme-receiver was deleted less than a minute ago, trying again in 5s",
		"us-east-1: a queue of stack xrole-acme-topic was deleted less than a minute ago, trying again in 5s",
	}, said); diff != "" {
		t.Error(diff)
	}
	s.whole(s.spec)
	if h.ReceiverDeadLetterQueueURL == "" {
		t.Errorf("%+v", *h)
	}
}

// A storage stack that must be made anew takes in what it leaves, also where somebody has cleaned the tags up.
func TestApply_untaggedRemains(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	h := apply(t, s.partner, s.spec)
	s.offer(h, "globex", home)
	_, err := clientsOf(s.partner).DynamoDB(home).UntagResource(t.Context(), &dynamodb.UntagResourceInput{ResourceArn: &h.TableARN, TagKeys: []string{"xrole:hub"}})
	if err != nil {
		t.Fatal(err)
	}
	s.emptyBucket(h)
	apply(t, s.partner, s.spec)
	s.whole(s.spec)
	if rec, err := s.store(h).Get(t.Context(), "globex"); err != nil || rec.Offer == nil {
		t.Errorf("the registry was lost: %v %v", rec, err)
	}
}
