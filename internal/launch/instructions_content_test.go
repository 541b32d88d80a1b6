package launch_test

import (
	"html"
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

func TestInstructions_partner(t *testing.T) {
	t.Parallel()
	inv := invitation()
	inv.Partner = "Acme & Co."
	wantTexts(t, inv, []string{"Acme & Co.", ", who sent you this page, is called"}, []string{"The company that sent you this page"})
	wantTexts(t, invitation(), []string{"The company that sent you this page"}, []string{"who sent you"})
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

const standing = "arn:aws:cloudformation:eu-west-1:222222222222:stack/Renamed/0a1b2c3d-0000"

// A customer whose stack stands is led to its update: a launch would end in "already exists".
func TestInstructions_standingStack(t *testing.T) {
	t.Parallel()
	inv := invitation()
	inv.StackID = standing
	link, err := launch.UpdateURL(standing, templateURL)
	if err != nil {
		t.Fatal(err)
	}
	wantTexts(t, inv, []string{
		"The stack Renamed stands.", "Update Stack", "--stack-name Renamed", "--change-set-type UPDATE", "wait stack-update-complete", "UPDATE_COMPLETE, and you are done", "What a rotation is",
		"it must show account 2222-2222-2222 and region eu-west-1", plain(launch.CLICommand(inv.Link), launch.Markdown),
	}, []string{"Launch Stack", "How to update", "delete the empty stack", "--change-set-type CREATE", "gives the role a new External ID beside"})
	launchURL, err := inv.Link.URL()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range formats {
		page := html.UnescapeString(write(t, inv, f))
		if !strings.Contains(page, link) || strings.Contains(page, launchURL) {
			t.Errorf("%s: it does not lead to %s, or leads to a launch", f, link)
		}
	}
	inv.PreviousExternalID = "FORMER"
	inv.Parameters = []launch.Parameter{{Name: "Team", Required: true}}
	wantTexts(t, inv, []string{"gives the role a new External ID beside the former one.", "Keep what you chose before.", "Add the values that you chose"}, nil)
	inv.StackID, inv.Link.Region = "arn:aws-iso:cloudformation:us-iso-east-1:222222222222:stack/Acme/0a1b2c3d-0000", "us-iso-east-1"
	wantTexts(t, inv, []string{"The stack Acme stands.", "aws cloudformation update-stack"}, []string{"Update Stack", "The console asks"})
	inv = invitation()
	inv.StackID, inv.Link.Region = standing, "us-west-2"
	wantTexts(t, inv, []string{"stands in region eu-west-1, and a stack cannot move", "Launch Stack"}, []string{"Update Stack"})
	inv.StackID = "Acme"
	if _, err := launch.Instructions(inv, launch.HTML); err == nil {
		t.Error("a stack id that is none was accepted")
	}
}

// What is long is wrapped, on a screen of any width: nothing on the page shows that a cut line goes on.
func TestInstructions_wrapped(t *testing.T) {
	t.Parallel()
	page := write(t, invitation(), launch.HTML)
	if !strings.Contains(page, "pre code { padding: 0; background: none; white-space: pre-wrap; overflow-wrap: anywhere; }") || strings.Contains(page, "overflow-x") {
		t.Error("a long line of a command is cut off")
	}
	wantTexts(t, invitation(), []string{"What the role may do"}, []string{"What the role may do, and why"})
}
