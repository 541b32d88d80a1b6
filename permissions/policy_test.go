// Package permissions_test proves the policies of this folder on the lab: with exactly one of them an apply passes,
// and with one action less it fails and names the action.
package permissions_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/xrole/terraform-provider-xrole/internal/lab"
)

func TestMain(m *testing.M) { os.Exit(lab.Run(m)) }

// policy is a document, read so far as these tests change it.
type policy struct {
	Version   string      `json:"Version"`
	Statement []statement `json:"Statement"`
}

type statement struct {
	Sid       string          `json:"Sid"`
	Effect    string          `json:"Effect"`
	Action    many            `json:"Action"`
	Resource  many            `json:"Resource"`
	Condition json.RawMessage `json:"Condition,omitempty"`
}

// many is a string or a list of strings.
type many []string

func (m *many) UnmarshalJSON(raw []byte) error {
	var one string
	if json.Unmarshal(raw, &one) == nil {
		*m = many{one}
		return nil
	}
	return json.Unmarshal(raw, (*[]string)(m))
}

// load reads a policy and fills in its placeholders as templatefile does.
func load(t *testing.T, file string, values map[string]string) policy {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text := string(raw)
	for name, value := range values {
		text = strings.ReplaceAll(text, "${"+name+"}", value)
	}
	if left := placeholder.FindString(text); left != "" {
		t.Fatalf("%s: the test gives no value for %s", file, left)
	}
	var p policy
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return p
}

var placeholder = regexp.MustCompile(`\$\{[a-z_]+\}`)

// actions are all actions, sorted.
func (p policy) actions() []string {
	var all []string
	for _, s := range p.Statement {
		all = append(all, s.Action...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// without is the policy without these actions, as JSON.
func (p policy) without(actions ...string) string {
	left := policy{Version: p.Version}
	for _, s := range p.Statement {
		s.Action = slices.DeleteFunc(slices.Clone(s.Action), func(a string) bool { return slices.Contains(actions, a) })
		if len(s.Action) > 0 {
			left.Statement = append(left.Statement, s)
		}
	}
	raw, err := json.Marshal(left)
	if err != nil {
		panic(err) // strings only
	}
	return string(raw)
}

// names reports whether a message names an action; SNS writes its own as "SNS:Publish".
func names(message, action string) bool {
	return strings.Contains(strings.ToLower(message), strings.ToLower(action))
}

func files(t *testing.T) []string {
	t.Helper()
	found, err := filepath.Glob("*.json")
	if err != nil || len(found) < 6 {
		t.Fatalf("%d policies: %v", len(found), err)
	}
	return found
}

// longest are values at their limits, for the size that a policy may come to.
var longest = map[string]string{
	"partition": "aws-us-gov", "account_id": "111122223333", "hub": strings.Repeat("h", 24), "region": "us-gov-west-1", "path": "/platform/",
	"launch_region": "us-gov-east-1", "customer_account_id": "222222222222", "stack_name": strings.Repeat("s", 64), "role_name": strings.Repeat("r", 64),
	"managed_policy_arn":       "arn:aws-us-gov:iam::aws:policy/SecurityAudit",
	"permissions_boundary_arn": "arn:aws-us-gov:iam::111122223333:policy/platform/boundary", "dns_suffix": "amazonaws.com",
	"kms_key_arn": "arn:aws-us-gov:kms:us-gov-west-1:111122223333:key/00000000-0000-0000-0000-000000000000",
}

// everywhere are the statements whose resource cannot be narrower, and why.
var everywhere = map[string]string{
	"FindItsLog":                 "logs:DescribeLogGroups has no resource type: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatchlogs.html",
	"ShowTheFormOnTheLaunchPage": "cloudformation:GetTemplateSummary of a template, not of a stack, has no resource; its URL is a condition",
}

func TestPolicies_form(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files(t) {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range placeholder.FindAllString(string(raw), -1) {
			if !strings.Contains(string(readme), "`"+name+"`") {
				t.Errorf("%s: README.md does not explain %s", file, name)
			}
		}
		if !strings.Contains(string(readme), "`"+file+"`") {
			t.Errorf("README.md does not say who needs %s", file)
		}
		p := load(t, file, longest)
		// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html: a managed policy, white space not counted.
		if size := len(p.without()); size > 6144 {
			t.Errorf("%s comes to %d characters, a managed policy holds 6144", file, size)
		}
		sids := map[string]bool{}
		for _, s := range p.Statement {
			if s.Sid == "" || sids[s.Sid] || s.Effect != "Allow" {
				t.Errorf("%s: statement %q: each needs a Sid of its own and allows", file, s.Sid)
			}
			sids[s.Sid] = true
			for _, action := range s.Action {
				if strings.ContainsAny(action, "*?") {
					t.Errorf("%s: %s: %s", file, s.Sid, action)
				}
			}
			if slices.Contains(s.Resource, "*") && everywhere[s.Sid] == "" {
				t.Errorf("%s: %s is for every resource, without a reason", file, s.Sid)
			}
		}
	}
}
