package hub_test

import (
	"archive/zip"
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"github.com/xrole/terraform-provider-xrole/internal/hub"
	"github.com/xrole/terraform-provider-xrole/internal/lab"
	"github.com/xrole/terraform-provider-xrole/internal/registry"
)

// another returns the receiver in a zip file with other bytes.
func another(t *testing.T, code []byte) []byte {
	t.Helper()
	in, err := zip.NewReader(bytes.NewReader(code), int64(len(code)))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, f := range in.File {
		if err := w.Copy(f); err != nil {
			t.Fatal(err)
		}
	}
	note, err := w.Create("note.txt")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(note, rand.Text()); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func (s *stage) running() string {
	s.Helper()
	out, err := clientsOf(s.partner).Lambda(home).GetFunction(s.Context(), &lambda.GetFunctionInput{FunctionName: aws.String("xrole-acme-receiver")})
	if err != nil {
		s.Fatal(err)
	}
	return aws.ToString(out.Configuration.CodeSha256)
}

func TestApply_versions(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	older := s.spec
	older.ReceiverVersion = versionOf(1, older.Code)
	newer := s.spec
	newer.Code = another(t, s.spec.Code)
	newer.ReceiverVersion = versionOf(2, newer.Code)

	apply(t, s.partner, older)
	first := s.running()
	if diff := cmp.Diff([]string{
		fmt.Sprintf("Parameter CodeKey of stack %q in us-east-1 is %q, not %q.", receiverStack, hub.CodeKey(older), hub.CodeKey(newer)),
		fmt.Sprintf("Parameter ReceiverVersion of stack %q in us-east-1 is %q, not %q.", receiverStack, older.ReceiverVersion, newer.ReceiverVersion),
	}, s.drift(newer)); diff != "" {
		t.Error(diff)
	}
	if h := apply(t, s.partner, newer); h.ReceiverVersion != newer.ReceiverVersion {
		t.Errorf("version %s", h.ReceiverVersion)
	}
	second := s.running()
	if second == first {
		t.Fatal("the newer receiver does not run")
	}

	s.keepsNewer(older, newer, second)
}

// keepsNewer has a future version's receiver stand, in a stack with a template that we do not know.
func (s *stage) keepsNewer(older, newer hub.Spec, code string) {
	s.Helper()
	live, err := s.stacks().GetTemplate(s.Context(), &cloudformation.GetTemplateInput{StackName: aws.String(receiverStack)})
	if err != nil {
		s.Fatal(err)
	}
	future := strings.Replace(aws.ToString(live.TemplateBody), "Parameters:\n", "Parameters:\n  Future:\n    Type: String\n    Default: x\n", 1)
	future = strings.Replace(future, "Outputs:\n", "Outputs:\n  Future:\n    Value: !Ref Future\n", 1)
	if err := s.changeNamed(receiverStack, future, types.Parameter{ParameterKey: aws.String("Future"), ParameterValue: aws.String("y")}); err != nil {
		s.Fatal(err)
	}
	older.Regions, older.LogRetentionDays = []string{home, other}, 30
	h := apply(s.T, s.partner, older)
	if h.ReceiverVersion != newer.ReceiverVersion || len(h.TopicARNs) != 2 || s.running() != code {
		s.Errorf("%+v", *h)
	}
	if found := s.drift(older); len(found) > 0 {
		s.Errorf("kept, and yet there is drift: %q", found)
	}
	stack, err := s.stacks().DescribeStacks(s.Context(), &cloudformation.DescribeStacksInput{StackName: aws.String(receiverStack)})
	if err != nil {
		s.Fatal(err)
	}
	kept := map[string]string{}
	for _, p := range stack.Stacks[0].Parameters {
		kept[*p.ParameterKey] = aws.ToString(p.ParameterValue)
	}
	if kept["Future"] != "y" || kept["LogRetentionDays"] != "30" {
		s.Errorf("%v", kept)
	}
	s.remove(receiverStack) // then there is nothing to keep
	if h := apply(s.T, s.partner, older); h.ReceiverVersion != older.ReceiverVersion {
		s.Errorf("version %s", h.ReceiverVersion)
	}
}

// changeNamed is change with capabilities, for a stack that makes a role with a name.
func (s *stage) changeNamed(name, template string, more ...types.Parameter) error {
	live, err := s.stacks().DescribeStacks(s.Context(), &cloudformation.DescribeStacksInput{StackName: &name})
	if err != nil {
		return err
	}
	_, err = s.stacks().UpdateStack(s.Context(), &cloudformation.UpdateStackInput{
		StackName: &name, TemplateBody: &template, Capabilities: []types.Capability{types.CapabilityCapabilityNamedIam},
		Parameters: append(live.Stacks[0].Parameters, more...),
	})
	if err != nil {
		return err
	}
	waiter := cloudformation.NewStackUpdateCompleteWaiter(s.stacks(), func(w *cloudformation.StackUpdateCompleteWaiterOptions) {
		w.MinDelay, w.MaxDelay = pollEvery, pollEvery
	})
	return waiter.Wait(s.Context(), &cloudformation.DescribeStacksInput{StackName: &name}, patience)
}

const delivered = `
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal: {AWS: "arn:aws:iam::%s:root"}
            Action: sts:AssumeRole
            Condition: {StringEquals: {"sts:ExternalId": "%s"}}
  Callback:
    Type: Custom::XroleCallback
    Properties:
      ServiceToken: %s
      OnboardingName: %s
      RoleArn: !GetAtt Role.Arn
      TemplateVersion: v1
`

// While 200 customers' stacks wait for their answers the receiver is replaced: every one of them is answered and proven.
func TestApply_upgradeLosesNoDelivery(t *testing.T) {
	t.Parallel()
	const deliveries = 200
	l := lab.Shared(t)
	customer := l.NewAccount(t)
	s := newStage(t, customer)
	s.spec.ReceiverVersion = versionOf(1, s.spec.Code)
	h := apply(t, s.partner, s.spec)
	before := s.running()

	stacks := clientsOf(customer).CloudFormation(home)
	for i := range deliveries {
		o := registry.Offer{
			Name: fmt.Sprintf("customer-%d", i), OfferID: rand.Text(), Revision: "o:1", AccountID: customer.ID, Region: home, ExternalID: rand.Text(),
			TemplateVersion: "v1", Inputs: json.RawMessage("{}"),
		}
		if err := s.store(h).CreateOffer(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		body := fmt.Sprintf(delivered, s.partner.ID, o.ExternalID, h.TopicARNs[home], o.Name)
		_, err := stacks.CreateStack(t.Context(), &cloudformation.CreateStackInput{
			StackName: &o.Name, TemplateBody: &body, Capabilities: []types.Capability{types.CapabilityCapabilityIam},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	s.spec.Code = another(t, s.spec.Code)
	s.spec.ReceiverVersion = versionOf(2, s.spec.Code)
	apply(t, s.partner, s.spec)
	if s.running() == before {
		t.Fatal("the receiver was not replaced")
	}
	t.Logf("%d of %d stacks wait when the new receiver stands", s.waiting(stacks, deliveries), deliveries)

	all, ctx := errgroup.WithContext(t.Context())
	all.SetLimit(8)
	for i := range deliveries {
		all.Go(func() error {
			waiter := cloudformation.NewStackCreateCompleteWaiter(stacks, func(w *cloudformation.StackCreateCompleteWaiterOptions) {
				w.MinDelay, w.MaxDelay = pollEvery, time.Second
			})
			return waiter.Wait(ctx, &cloudformation.DescribeStacksInput{StackName: aws.String(fmt.Sprintf("customer-%d", i))}, 10*patience)
		})
	}
	if err := all.Wait(); err != nil {
		t.Fatal(err)
	}
	records, err := s.store(h).List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for name, r := range records {
		if r.Status() != registry.Verified {
			t.Errorf("%s is %s", name, r.Status())
		}
	}
	if len(records) != deliveries {
		t.Errorf("%d records", len(records))
	}
}

func (s *stage) waiting(client *cloudformation.Client, deliveries int) int {
	n := 0
	for i := range deliveries {
		out, err := client.DescribeStacks(s.Context(), &cloudformation.DescribeStacksInput{StackName: aws.String(fmt.Sprintf("customer-%d", i))})
		if err == nil && out.Stacks[0].StackStatus == types.StackStatusCreateInProgress {
			n++
		}
	}
	return n
}
