package launch_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/xrole/terraform-provider-xrole/internal/launch"
)

var formats = []launch.Format{launch.Markdown, launch.HTML}

func wantTexts(t *testing.T, inv launch.Invitation, want, unwanted []string) {
	t.Helper()
	for _, f := range formats {
		text := plain(write(t, inv, f), f)
		for _, w := range want {
			if !strings.Contains(text, w) {
				t.Errorf("%s: %q is missing", f, w)
			}
		}
		for _, u := range unwanted {
			if strings.Contains(text, u) {
				t.Errorf("%s: %q is there", f, u)
			}
		}
	}
}

// What the receiver says on a stack's page, and what the template's own rules say, must be explained on the page.
func TestInstructions_everyRefusalIsExplained(t *testing.T) {
	t.Parallel()
	sentence := regexp.MustCompile(`(?m)^\s*say[A-Z]\w* += "([^"]+?\.) `)
	assertion := regexp.MustCompile(`"(This template [^"%]*) %s([^"%.]*)`)
	inv := invitation()
	var want []string
	for file, pattern := range map[string]*regexp.Regexp{"../receiver/decide.go": sentence, "../cfn/rules.go": assertion} {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range pattern.FindAllStringSubmatch(string(source), -1) {
			w := strings.Join(m[1:], " ...")
			want = append(want, strings.TrimSuffix(strings.Split(w, ", since")[0], "."))
		}
	}
	if len(want) != 8 {
		t.Errorf("found %d sentences: %q", len(want), want)
	}
	wantTexts(t, inv, want, nil)
}

func TestInstructions_policies(t *testing.T) {
	t.Parallel()
	inv := invitation()
	inv.RoleDescription = "Reads costs."
	inv.ManagedPolicyARNs = []string{"arn:aws:iam::aws:policy/job-function/ViewOnlyAccess", "arn:aws:iam::222222222222:policy/Own", "arn:aws-cn:iam::aws:policy/SecurityAudit", "javascript:alert(1)", "arn:aws:iam::aws:policy/../x?y"}
	inv.InlinePolicies = map[string]string{
		"a": `{"Version":"2012-10-17","Statement":{"Sid":"One","Effect":"Allow","Action":"ce:Get*","Resource":"*"}}`,
		"b": `{"Statement":[{"Effect":"Deny","NotAction":["s3:GetObject","s3:ListBucket"],"NotResource":"arn:aws:s3:::x/*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}`,
		"c": `{"Statement":[{"Effect":"Allow","Action":"c:Unknown","Resource":"*","Surprise":"x"}]}`,
		"d": `{"Statement":[{"Effect":"allow","Action":"d:Wrong","Resource":"*"}]}`,
	}
	wantTexts(t, inv, []string{
		"Reads costs.", "Allows ce:Get* on all resources (statement One)",
		"Denies every action but s3:GetObject, s3:ListBucket on all resources but arn:aws:s3:::x/*, under the conditions in the full text",
		`"Surprise": "x"`, `"Action": "d:Wrong"`,
	}, []string{"Allows c:Unknown", "Allows d:Wrong"})
	link := regexp.MustCompile(`https://docs\.aws\.amazon\.com/[^")]*`)
	for _, f := range formats {
		got := link.FindAllString(write(t, inv, f), -1)
		if !slices.Equal(got, []string{"https://docs.aws.amazon.com/aws-managed-policy/latest/reference/ViewOnlyAccess.html"}) {
			t.Errorf("%s: links to %q", f, got)
		}
	}
}

func TestInstructions_ownTemplate(t *testing.T) {
	t.Parallel()
	inv := invitation()
	inv.Resources = []launch.Resource{{LogicalID: "Role", Type: "AWS::IAM::Role"}, {LogicalID: "Logs", Type: "AWS::S3::Bucket", Kept: true, Conditional: true}, {LogicalID: "Loop"}}
	inv.Parameters = []launch.Parameter{
		{Name: "Owner", Description: "Who pays.", Default: "x", Required: true}, {Name: "Team", Required: true, Description: "Your team."}, {Name: "Days", Default: "30"},
	}
	wantTexts(t, inv, []string{
		"Logs: AWS::S3::Bucket (only under a condition of the template) (stays when the stack is deleted)", "Other resources in this list may cost money.",
		"Owner is a b: Who pays.", "Team (needed): Your team.", "Days (optional; otherwise 30)", "filled in but for what you choose", "The command fails until you have added",
		"These stay in your account", "For the other resources in the list you need the rights",
	}, []string{"AWS charges nothing for the stack, the role and the report", "Change nothing on the page"})
}

func TestInstructions_timesAndPrincipals(t *testing.T) {
	t.Parallel()
	for seconds, want := range map[int]string{0: "an hour", 30: "a minute", 61: "2 minutes", 600: "10 minutes", 3600: "an hour"} {
		inv := invitation()
		inv.TimeoutSeconds = seconds
		wantTexts(t, inv, []string{"did not answer in " + want + "."}, nil)
	}
	inv := invitation()
	inv.TrustedPrincipalARNs = []string{"arn:aws:iam::111111111111:role/b", "arn:aws:iam::111111111111:role/a"}
	wantTexts(t, inv, []string{"there only the principals listed below", "arn:aws:iam::111111111111:role/a", "the vendor's service that checks the role"}, nil)
	for _, f := range formats {
		page := write(t, inv, f)
		if strings.Index(page, ":role/a") > strings.Index(page, ":role/b") {
			t.Errorf("%s: the principals are not in order", f)
		}
	}
}

func TestInstructions_updateAndRotation(t *testing.T) {
	t.Parallel()
	inv := invitation()
	wantTexts(t, inv, []string{
		"aws cloudformation update-stack", "wait stack-update-complete", "--change-set-type CREATE", "aws cloudformation describe-change-set", "aws cloudformation execute-change-set",
		"cloudformation:ExecuteChangeSet", "REVIEW_IN_PROGRESS", "For a while the role takes both", "It keeps no key or password of yours",
	}, []string{"One is under way"})
	inv.PreviousExternalID = "FORMER"
	wantTexts(t, inv, []string{"One is under way"}, []string{"For a while the role takes both"})
}
