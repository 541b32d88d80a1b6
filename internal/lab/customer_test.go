package lab_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"github.com/xrole/terraform-provider-xrole/internal/lab"
	"github.com/xrole/terraform-provider-xrole/internal/launch"
)

const roleTemplate = `AWSTemplateFormatVersion: "2010-09-09"
Parameters:
  Session: {Type: Number, Default: 3600}
  Note: {Type: String, Default: none}
  Hidden: {Type: String, Default: nothing, NoEcho: true}
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: AcmeAccess
      MaxSessionDuration: !Ref Session
      Description: !Sub "${Note} ${Hidden}"
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement: [{Effect: Allow, Principal: {AWS: !Ref AWS::AccountId}, Action: "sts:AssumeRole"}]
Outputs:
  Arn: {Value: !GetAtt Role.Arn}
`

// publish puts templates where one account may read them, and returns their URLs.
func publish(t *testing.T, partner, reader *lab.Account, templates ...string) []string {
	t.Helper()
	c := s3.NewFromConfig(partner.Config("eu-west-1"))
	bucket := "acme-" + partner.ID
	if _, err := c.CreateBucket(t.Context(), &s3.CreateBucketInput{
		Bucket:                    &bucket,
		CreateBucketConfiguration: &types.CreateBucketConfiguration{LocationConstraint: "eu-west-1"},
	}); err != nil {
		t.Fatal(err)
	}
	policy := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"` + reader.ID + `"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::` + bucket + `/*"}]}`
	if _, err := c.PutBucketPolicy(t.Context(), &s3.PutBucketPolicyInput{Bucket: &bucket, Policy: &policy}); err != nil {
		t.Fatal(err)
	}
	var urls []string
	for i, body := range templates {
		key := string(rune('a' + i))
		if _, err := c.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: strings.NewReader(body)}); err != nil {
			t.Fatal(err)
		}
		url, err := launch.TemplateURL(bucket, "eu-west-1", key)
		if err != nil {
			t.Fatal(err)
		}
		urls = append(urls, url)
	}
	return urls
}

func description(t *testing.T, a *lab.Account) string {
	t.Helper()
	out, err := iam.NewFromConfig(a.Config("us-east-1")).GetRole(t.Context(), &iam.GetRoleInput{RoleName: aws.String("AcmeAccess")})
	if err != nil {
		t.Fatal(err)
	}
	return aws.ToString(out.Role.Description)
}

func wait(t *testing.T, s *lab.Stack, want string) {
	t.Helper()
	if err := s.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s.Status != want {
		t.Fatalf("stack is %s (%s), want %s: %+v", s.Status, s.Reason, want, s.Events)
	}
}

func TestLaunch_lifeOfAStack(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	partner, customer := l.NewAccount(t), l.NewAccount(t)
	urls := publish(t, partner, customer, roleTemplate, strings.Replace(roleTemplate, "${Note}", "second ${Note}", 1))
	link, err := launch.Link{
		Region: "us-west-2", StackName: "Acme-Access", TemplateURL: urls[0],
		Parameters: map[string]string{"Session": "7200", "Note": "a&b=c %", "Hidden": "dropped", "Unknown": "dropped"},
	}.URL()
	if err != nil {
		t.Fatal(err)
	}
	s, err := customer.Launch(t.Context(), link)
	if err != nil {
		t.Fatal(err)
	}
	var told []lab.Event
	if err := s.Follow(t.Context(), func(e lab.Event) { told = append(told, e) }); err != nil {
		t.Fatal(err)
	}
	wait(t, s, "CREATE_COMPLETE")
	if diff := cmp.Diff(s.Events, told); diff != "" {
		t.Errorf("who follows the stack is told (-events +told): %s", diff)
	}
	if !strings.HasPrefix(s.ID, "arn:aws:cloudformation:us-west-2:"+customer.ID+":stack/Acme-Access/") {
		t.Errorf("the stack is %s", s.ID)
	}
	if diff := cmp.Diff(map[string]string{"Arn": "arn:aws:iam::" + customer.ID + ":role/AcmeAccess"}, s.Outputs); diff != "" {
		t.Errorf("outputs: %s", diff)
	}
	if got := description(t, customer); got != "a&b=c % nothing" {
		t.Errorf("the role's description is %q", got)
	}
	if first, last := s.Events[0], s.Events[len(s.Events)-1]; first.Status != "CREATE_IN_PROGRESS" || last.Status != "CREATE_COMPLETE" || last.LogicalResourceID != "Acme-Access" {
		t.Errorf("events: %+v", s.Events)
	}
	if err := s.Update(t.Context(), urls[1], func(f *lab.Form) { f.Parameters["Hidden"] = "typed" }); err != nil {
		t.Fatal(err)
	}
	wait(t, s, "UPDATE_COMPLETE")
	if got := description(t, customer); got != "second a&b=c % typed" {
		t.Errorf("after the update the role's description is %q", got)
	}
	if err := s.Delete(t.Context()); err != nil {
		t.Fatal(err)
	}
	wait(t, s, "DELETE_COMPLETE")
	if left := customer.Leftovers(t); len(left) != 0 {
		t.Errorf("left in the account: %v", left)
	}
}

func TestLaunch_customerChangesTheForm(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	customer := l.NewAccount(t)
	link := "https://us-east-1.console.aws.amazon.com/cloudformation/home?region=us-east-1#/stacks/create/review?templateURL=https%3A%2F%2Fnone.s3.amazonaws.com%2Fx&stackName=one"
	s, err := customer.Launch(t.Context(), link, func(f *lab.Form) {
		f.Region, f.StackName, f.TemplateBody = "ap-south-1", "two", roleTemplate
		f.Parameters["Hidden"] = "typed"
	})
	if err != nil {
		t.Fatal(err)
	}
	wait(t, s, "CREATE_COMPLETE")
	if !strings.HasPrefix(s.ID, "arn:aws:cloudformation:ap-south-1:"+customer.ID+":stack/two/") || description(t, customer) != "none typed" {
		t.Errorf("the stack is %s, the role's description %q", s.ID, description(t, customer))
	}
}

func TestLaunch_refused(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	partner, customer, other := l.NewAccount(t), l.NewAccount(t), l.NewAccount(t)
	url := publish(t, partner, customer, roleTemplate)[0]
	link, err := launch.Link{Region: "eu-west-1", StackName: "x", TemplateURL: url}.URL()
	if err != nil {
		t.Fatal(err)
	}
	var api smithy.APIError
	if s, err := other.Launch(t.Context(), link); !errors.As(err, &api) {
		t.Errorf("an account that may not read the template got %+v, %v", s, err)
	}
	if s, err := customer.Launch(t.Context(), "https://example.com/"); err == nil {
		t.Errorf("no launch link made %+v", s)
	}
	if left := other.Leftovers(t); len(left) != 0 {
		t.Errorf("left in the account: %v", left)
	}
}
