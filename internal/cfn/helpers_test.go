package cfn_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"github.com/xrole/terraform-provider-xrole/internal/cfn"
)

var update = flag.Bool("update", false, "write the golden files anew")

const (
	partner   = "111122223333"
	customer  = "012345678901"
	current   = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	previous  = "ZYXWVUTSRQPONMLKJIHGFEDCBA"
	collector = "arn:aws:iam::111122223333:role/acme/collector-*"
	receiver  = "arn:aws:iam::111122223333:role/xrole-acme-receiver"
	topic     = "arn:aws:sns:eu-west-1:111122223333:xrole-acme"
)

func values() cfn.Values {
	return cfn.Values{
		ExternalIDs:           []string{current},
		PartnerAccountID:      partner,
		Partition:             "aws",
		TrustedPrincipalARNs:  []string{collector, receiver},
		TopicARN:              topic,
		OnboardingName:        "globex",
		AccountID:             customer,
		Region:                "eu-west-1",
		ServiceTimeoutSeconds: 600,
	}
}

func rotating() cfn.Values {
	v := values()
	v.ExternalIDs = []string{current, previous}
	return v
}

func fullRole() cfn.Role {
	return cfn.Role{
		Name:                   "AcmeAccess",
		Path:                   "/partners/acme/",
		Description:            `Read costs: 50% "off", {{not}} a #comment`,
		PermissionsBoundaryARN: "arn:aws:iam::aws:policy/job-function/ViewOnlyAccess",
		MaxSessionDuration:     7200,
		ManagedPolicyARNs:      []string{"arn:aws:iam::aws:policy/SecurityAudit", "arn:aws:iam::aws:policy/job-function/Billing"},
		InlinePolicies: map[string]string{
			"read-costs": `{"Statement":[{"Resource":"*","Action":["ce:Get*","cur:*"],"Effect":"Allow","Sid":"Costs"}],"Version":"2012-10-17"}`,
			"buckets": `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::${aws:PrincipalTag/team}/*",
				"Condition":{"Bool":{"aws:SecureTransport":true},"StringLike":{"s3:prefix":["yes","a: b",""]},"NumericLessThan":{"s3:max-keys":10}}}}`,
		},
		Tags:                map[string]string{"team": "on", "cost center": "0123", "empty": ""},
		AllowSessionTags:    true,
		AllowSourceIdentity: true,
	}
}

func builtin(t *testing.T, role cfn.Role, topicARN string) string {
	t.Helper()
	source, err := cfn.Builtin(cfn.LatestBuiltin, role, topicARN)
	if err != nil {
		t.Fatal(err)
	}
	return source
}

// base is a good template of a partner's own; tests change a line of it.
const base = `AWSTemplateFormatVersion: "2010-09-09"
Description: Acme
Parameters:
  ExternalId: {Type: String}
  PartnerAccountId: {Type: String}
  TrustedPrincipalArns: {Type: CommaDelimitedList}
  CallbackTopicArn: {Type: String}
  OnboardingName: {Type: String}
  TemplateVersion: {Type: String}
  Bucket: {Type: String, Default: logs}
Conditions:
  HasBucket: !Not [!Equals [!Ref Bucket, ""]]
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal: {AWS: !Sub "arn:${AWS::Partition}:iam::${PartnerAccountId}:root"}
            Action: sts:AssumeRole
            Condition:
              StringEquals: {sts:ExternalId: !Ref ExternalId}
              ArnLike: {aws:PrincipalArn: !Ref TrustedPrincipalArns}
  Read:
    Type: AWS::IAM::RolePolicy
    Properties:
      RoleName: !Ref Role
      PolicyName: read
      PolicyDocument: {Version: "2012-10-17", Statement: {Effect: Allow, Action: ce:Get*, Resource: "*"}}
  Callback:
    Type: Custom::AcmeCallback
    DependsOn: Read
    Properties:
      ServiceToken: !Ref CallbackTopicArn
      OnboardingName: !Ref OnboardingName
      RoleArn: !GetAtt Role.Arn
      TemplateVersion: !Ref TemplateVersion
Outputs:
  RoleArn: {Value: !GetAtt Role.Arn}
`

// edit replaces parts of the base template; each pair is an old text, which must be there once, and a new one.
func edit(tb testing.TB, pairs ...string) string {
	tb.Helper()
	text := base
	for i := 0; i+1 < len(pairs); i += 2 {
		if strings.Count(text, pairs[i]) != 1 {
			tb.Fatalf("%q is %d times in the template", pairs[i], strings.Count(text, pairs[i]))
		}
		text = strings.Replace(text, pairs[i], pairs[i+1], 1)
	}
	return text
}

func render(t *testing.T, source string, v cfn.Values, mode cfn.Mode) *cfn.Rendered {
	t.Helper()
	r, found := cfn.Render(source, v, mode, nil)
	if r == nil {
		t.Fatalf("refused:\n%s\n%s", list(found), source)
	}
	return r
}

func list(found []cfn.Finding) string {
	var b strings.Builder
	for _, f := range found {
		level := "error"
		if f.Warning {
			level = "warning"
		}
		fmt.Fprintf(&b, "%d:%d %s %s: %s\n", f.Line, f.Column, level, f.Path, f.Message)
	}
	return b.String()
}

// expect wants exactly the given findings, each by a part of how list shows it; none if want is empty.
func expect(t *testing.T, found []cfn.Finding, want ...string) {
	t.Helper()
	lines := strings.Split(strings.TrimSuffix(list(found), "\n"), "\n")
	if len(found) != len(want) {
		t.Errorf("got %d findings, want %d:\n%s", len(found), len(want), list(found))
		return
	}
	for i, part := range want {
		if !strings.Contains(lines[i], part) {
			t.Errorf("finding %d is %q, want %q", i, lines[i], part)
		}
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", "golden", name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(parsed(t, want), parsed(t, got)); diff != "" {
		t.Errorf("%s means something else (refresh with -update):\n%s", name, diff)
	} else if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s has other bytes (refresh with -update):\n%s", name, diff)
	}
}

// parsed reads a template without any code of the package.
func parsed(t *testing.T, body []byte) any {
	t.Helper()
	var doc yaml.Node
	if err := yaml.Unmarshal(body, &doc); err != nil {
		t.Fatalf("%v\n%s", err, body)
	}
	return tree(&doc)
}

func tree(n *yaml.Node) any {
	switch n.Kind {
	case yaml.MappingNode:
		m := map[string]any{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			m[n.Content[i].Value] = tree(n.Content[i+1])
		}
		return []any{n.ShortTag(), m}
	case yaml.DocumentNode, yaml.SequenceNode:
		list := []any{n.ShortTag()}
		for _, c := range n.Content {
			list = append(list, tree(c))
		}
		return list
	default:
		return [2]string{n.ShortTag(), n.Value}
	}
}

// accepted wants a rendering in both modes without any finding.
func accepted(t *testing.T, source string, v cfn.Values) {
	t.Helper()
	for _, mode := range []cfn.Mode{cfn.Pinned, cfn.Parameters} {
		if r, found := cfn.Render(source, v, mode, nil); r == nil || len(found) > 0 {
			t.Errorf("%s: made %v, found\n%s%s", mode, r != nil, list(found), source)
		}
	}
	if found := cfn.Check(source, v); len(found) > 0 {
		t.Errorf("whichever the hub, found\n%s%s", list(found), source)
	}
}

// refused wants no rendering in either mode, and an error with that text.
func refused(t *testing.T, source string, v cfn.Values, want string) {
	t.Helper()
	for _, mode := range []cfn.Mode{cfn.Pinned, cfn.Parameters} {
		r, found := cfn.Render(source, v, mode, nil)
		if text := list(found); r != nil || want == "" || !strings.Contains(text, want) {
			t.Errorf("%s: made %v, found\n%swant %q in\n%s", mode, r != nil, text, want, source)
		}
	}
	_, found := cfn.Render(source, v, cfn.Pinned, nil)
	for _, early := range cfn.Check(source, v) {
		if !early.Warning && !slices.ContainsFunc(found, func(f cfn.Finding) bool { return !f.Warning && f.Line == early.Line && f.Path == early.Path }) {
			t.Errorf("refused whichever the hub, and not with this one:\n%s\n%s", list([]cfn.Finding{early}), list(found))
		}
	}
}
