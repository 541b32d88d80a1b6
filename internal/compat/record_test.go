package compat_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/xrole/terraform-provider-xrole/internal/lab"
)

var signature = regexp.MustCompile(`\?[^"|\\]*X-Amz-[^"\\]*`)

// TestRecord runs the journey of two customers on the lab and writes down what it leaves: one whose role is proven under
// a rotated External ID, one who has launched nothing yet.
func TestRecord(t *testing.T) {
	t.Parallel()
	if *record == "" {
		t.Skip("makes another recording: go test ./internal/compat -run TestRecord -record v2")
	}
	w := newWorld(t, *record)
	queue := w.listen(t)
	tf := lab.Shared(t).Terraform(t, w.partner, map[string]string{"main.tf": strings.Replace(w.config(""), `"second"`, `"first"`, 1)})
	tf.Init()
	tf.Apply()
	stack, err := w.globex.Launch(t.Context(), link(t, tf, "globex"))
	if err != nil {
		t.Fatal(err)
	}
	settle(t, stack, "CREATE_COMPLETE")
	tf.Write(map[string]string{"main.tf": w.config("")})
	tf.Apply()
	f := fixture{dir: filepath.Join("testdata", *record), Links: map[string]string{"globex": link(t, tf, "globex"), "umbrella": link(t, tf, "umbrella")}}
	if err := stack.Update(t.Context(), templateURL(t, f.Links["globex"])); err != nil {
		t.Fatal(err)
	}
	settle(t, stack, "UPDATE_COMPLETE")
	tf.Apply()
	f.Items, f.Templates = w.items(t), w.published(t)
	if err := os.MkdirAll(f.dir, 0o750); err != nil {
		t.Fatal(err)
	}
	state, err := os.ReadFile(filepath.Join(tf.Dir, "terraform.tfstate"))
	if err != nil {
		t.Fatal(err)
	}
	if err := stack.Delete(t.Context()); err != nil {
		t.Fatal(err)
	}
	settle(t, stack, "DELETE_COMPLETE")
	f.Messages = w.heard(t, queue)
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(f); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{"recorded.json": out.Bytes(), "state.json": state, "main.tf": []byte(w.config(""))} {
		if err := os.WriteFile(filepath.Join(f.dir, name), content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// listen has a copy of each message sent to a queue.
func (w world) listen(t *testing.T) *string {
	t.Helper()
	queues := sqs.NewFromConfig(w.partner.Config(region))
	queue, err := queues.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("recorder")})
	if err != nil {
		t.Fatal(err)
	}
	arn := "arn:aws:sqs:" + region + ":" + w.partner.ID + ":recorder"
	policy := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"sns.amazonaws.com"},"Action":"sqs:SendMessage","Resource":"` + arn + `"}]}`
	if _, err := queues.SetQueueAttributes(t.Context(), &sqs.SetQueueAttributesInput{QueueUrl: queue.QueueUrl, Attributes: map[string]string{"Policy": policy}}); err != nil {
		t.Fatal(err)
	}
	_, err = sns.NewFromConfig(w.partner.Config(region)).Subscribe(t.Context(), &sns.SubscribeInput{
		TopicArn: aws.String(w.hub.TopicARNs[region]), Protocol: aws.String("sqs"), Endpoint: &arn,
	})
	if err != nil {
		t.Fatal(err)
	}
	return queue.QueueUrl
}

// heard are the messages by request type, without the signature that would open the answer's address.
func (w world) heard(t *testing.T, queue *string) map[string]message {
	t.Helper()
	queues := sqs.NewFromConfig(w.partner.Config(region))
	found := map[string]message{}
	for len(found) < 3 {
		out, err := queues.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: queue, MaxNumberOfMessages: 10, WaitTimeSeconds: 5})
		if err != nil || len(out.Messages) == 0 {
			t.Fatalf("%d messages came, %v", len(found), err)
		}
		for _, m := range out.Messages {
			sent, request := read(t, m)
			found[request] = sent
		}
	}
	return found
}

func read(t *testing.T, m types.Message) (message, string) {
	t.Helper()
	var sent struct{ TopicArn, Message string }
	var request struct{ RequestType string }
	if err := json.Unmarshal([]byte(*m.Body), &sent); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(sent.Message), &request); err != nil {
		t.Fatal(err)
	}
	return message{TopicARN: sent.TopicArn, Message: signature.ReplaceAllString(sent.Message, "?X-Amz-Signature=removed")}, request.RequestType
}

// published are all templates by key.
func (w world) published(t *testing.T) map[string]string {
	t.Helper()
	client := s3.NewFromConfig(w.partner.Config(region))
	list, err := client.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: &w.hub.Bucket, Prefix: aws.String("templates/")})
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, o := range list.Contents {
		out, err := client.GetObject(t.Context(), &s3.GetObjectInput{Bucket: &w.hub.Bucket, Key: o.Key})
		if err != nil {
			t.Fatal(err)
		}
		var body bytes.Buffer
		if _, err := body.ReadFrom(out.Body); err != nil {
			t.Fatal(err)
		}
		_ = out.Body.Close() // reading is over
		all[*o.Key] = body.String()
	}
	return all
}
