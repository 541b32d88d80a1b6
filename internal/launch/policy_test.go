package launch_test

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/xrole/terraform-provider-xrole/internal/launch"
)

type deployerStatement struct {
	Sid       string
	Effect    string
	Action    actions
	Resource  string
	Condition map[string]map[string]actions
}

type actions []string

func (a *actions) UnmarshalJSON(raw []byte) error {
	if raw[0] == '"' {
		*a = make(actions, 1)
		return json.Unmarshal(raw, &(*a)[0])
	}
	return json.Unmarshal(raw, (*[]string)(a))
}

func statementsIn(t *testing.T, document string) map[string]deployerStatement {
	t.Helper()
	var policy struct {
		Version   string
		Statement []deployerStatement
	}
	if err := json.Unmarshal([]byte(document), &policy); err != nil {
		t.Fatal(err)
	}
	bySid := map[string]deployerStatement{}
	for _, s := range policy.Statement {
		bySid[s.Sid] = s
	}
	if len(bySid) != len(policy.Statement) || policy.Version != "2012-10-17" {
		t.Fatalf("a Sid is there twice, or the version is %q", policy.Version)
	}
	return bySid
}

// rightsPart is the page's part on the deployer's rights.
func rightsPart(t *testing.T, inv launch.Invitation) string {
	t.Helper()
	_, rest, _ := strings.Cut(write(t, inv, launch.Markdown), "\n## Rights that you need\n")
	part, _, _ := strings.Cut(rest, "\n## ")
	return part
}

func deployerStatements(t *testing.T, inv launch.Invitation) map[string]deployerStatement {
	t.Helper()
	_, rest, _ := strings.Cut(rightsPart(t, inv), "```json\n")
	document, _, _ := strings.Cut(rest, "\n```")
	return statementsIn(t, document)
}

// permissions/customer-deployer.json is proven on the lab action by action. The page's policy must be the same, narrowed
// to the invitation, and beside it only what the console's tabs show.
func TestInstructions_deployerPolicyIsTheProvenOne(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../../permissions/customer-deployer.json")
	if err != nil {
		t.Fatal(err)
	}
	inv := invitation()
	inv.RolePath, inv.ManagedPolicyARNs = "", []string{"arn:aws:iam::aws:policy/SecurityAudit"}
	inv.Link.TemplateURL = "https://xrole-acme-111111111111-us-east-1-an.s3.us-east-1.amazonaws.com/templates/222222222222/globex/0a1b.yaml"
	proven := statementsIn(t, strings.NewReplacer(
		"${partition}", "aws", "${launch_region}", "eu-west-1", "${customer_account_id}", "222222222222", "${stack_name}", "Acme", "${hub}", "acme",
		"${account_id}", "111111111111", "${region}", "us-east-1", "${dns_suffix}", "amazonaws.com", "${role_name}", "AcmeAccess",
		"${managed_policy_arn}", "arn:aws:iam::aws:policy/SecurityAudit", "templates/${customer_account_id}/*", "templates/222222222222/globex/*",
		"LaunchThePartners", "LaunchTheVendors", "ReportToThePartner", "ReportToTheVendor", "AttachTheInvitationsPolicyOnly", "AttachTheInvitationsPoliciesOnly",
	).Replace(string(raw)))
	got := deployerStatements(t, inv)
	watch := got["WatchAndDeleteTheStack"]
	watch.Action = slices.DeleteFunc(watch.Action, func(a string) bool {
		return a == "cloudformation:DescribeStackResources" || a == "cloudformation:GetTemplate"
	})
	got["WatchAndDeleteTheStack"] = watch
	delete(got, "ShowTheListOfStacks")
	if diff := cmp.Diff(proven, got); diff != "" {
		t.Error(diff)
	}
}

func TestInstructions_deployerPolicyResources(t *testing.T) {
	t.Parallel()
	resource := func(inv launch.Invitation, sid string) string { return deployerStatements(t, inv)[sid].Resource }
	inv := invitation()
	if got, want := resource(inv, "MakeChangeAndDeleteTheRole"), "arn:aws:iam::222222222222:role/acme/AcmeAccess"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	inv.PermissionsBoundaryARN = "arn:aws:iam::222222222222:policy/Boundary"
	if resource(inv, "SetTheRolesBoundary") == "" {
		t.Error("no right to set the boundary")
	}
	var err error
	if inv.Link.TemplateURL, err = launch.TemplateURL("a.b", "us-gov-west-1", "x*/y?$/z"); err != nil {
		t.Fatal(err)
	}
	inv.Link.Region = "us-gov-west-1"
	if got := resource(inv, "ReadTheTemplate"); got != "arn:aws-us-gov:s3:::a.b/x${*}/y${?}${$}/*" {
		t.Errorf("a key with IAM's wildcards became %s", got)
	}
	bare := launch.Invitation{Link: launch.Link{Region: "us-east-1", StackName: "Acme", TemplateURL: "https://example.com/x"}}
	for sid, want := range map[string]string{
		"LaunchTheVendorsTemplateOnly": "arn:aws:cloudformation:us-east-1:*:stack/Acme/*", "ReadTheTemplate": "", "ReportToTheVendor": "arn:aws:sns:us-east-1:*:*",
		"MakeChangeAndDeleteTheRole": "arn:aws:iam::*:role/Acme-*", "AttachPolicies": "arn:aws:iam::*:role/Acme-*",
	} {
		if got := resource(bare, sid); got != want {
			t.Errorf("bare: %s: got %s, want %s", sid, got, want)
		}
	}
}

// Each right of the policy is for a task, and each task's rights are in the policy.
func TestInstructions_rightsByTask(t *testing.T) {
	t.Parallel()
	bounded := invitation()
	bounded.PermissionsBoundaryARN = "arn:aws:iam::222222222222:policy/Boundary"
	plainRole := invitation()
	plainRole.ManagedPolicyARNs = nil
	for name, inv := range map[string]launch.Invitation{"ordinary": invitation(), "bounded": bounded, "no managed policies": plainRole} {
		var policy, tasks []string
		for _, s := range deployerStatements(t, inv) {
			policy = append(policy, s.Action...)
		}
		for line := range strings.Lines(rightsPart(t, inv)) {
			if _, list, ok := strings.Cut(line, ":** "); ok {
				tasks = append(tasks, strings.Split(strings.ReplaceAll(strings.TrimSpace(list), "`", ""), ", ")...)
			}
		}
		slices.Sort(policy)
		slices.Sort(tasks)
		if diff := cmp.Diff(policy, slices.Compact(tasks)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
