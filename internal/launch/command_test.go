package launch_test

import (
	"encoding/json"
	"errors"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/xrole/terraform-provider-xrole/internal/launch"
)

const stackID = "arn:aws:cloudformation:eu-west-1:222222222222:stack/Acme/51af3dc0-da77-11e4-872e-1234567db123"

func TestCLICommand(t *testing.T) {
	t.Parallel()
	l := launch.Link{Region: "us-iso-east-1", StackName: "Acme", TemplateURL: templateURL, Parameters: map[string]string{"Owner": "a b", "Cost": "<1&2>"}}
	want := `aws cloudformation create-stack \
  --region us-iso-east-1 \
  --stack-name Acme \
  --template-url ` + templateURL + ` \
  --parameters '[{"ParameterKey":"Cost","ParameterValue":"<1&2>"},{"ParameterKey":"Owner","ParameterValue":"a b"}]' \
  --capabilities CAPABILITY_NAMED_IAM &&
aws cloudformation wait stack-create-complete \
  --region us-iso-east-1 \
  --stack-name Acme`
	if diff := cmp.Diff(want, launch.CLICommand(l)); diff != "" {
		t.Error(diff)
	}
}

// TestCLICommand_shell lets a real shell read the commands with "aws" replaced by a function that prints its words.
func TestCLICommand_shell(t *testing.T) {
	t.Parallel()
	for name, value := range map[string]string{
		"everything":    nasty,
		"quotes":        `'"'"'\'`,
		"end of quote":  "'; echo owned; '",
		"substitution":  "$(echo owned) `echo owned` ${HOME}",
		"line ends":     "a\nb\r\nc\\\n",
		"option":        "--no-sign-request",
		"shorthand":     "a,ParameterKey=B,ParameterValue=c,[d],{e}",
		"file":          "file:///etc/passwd",
		"empty":         "",
		"history":       "a!b!!",
		"percent codes": "%20%s%n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			parameters := map[string]string{"Owner": value, "Zone": value}
			l := launch.Link{Region: "us-east-1", StackName: "Acme", TemplateURL: templateURL + "?a='b'&c=$d", Parameters: parameters}
			calls := shell(t, launch.CLICommand(l))
			if len(calls) != 2 {
				t.Fatalf("got %d commands: %q", len(calls), calls)
			}
			want := []string{"cloudformation", "create-stack", "--region", "us-east-1", "--stack-name", "Acme", "--template-url", l.TemplateURL, "--parameters"}
			if diff := cmp.Diff(want, calls[0][:9]); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff([]string{"--capabilities", "CAPABILITY_NAMED_IAM"}, calls[0][10:]); diff != "" {
				t.Error(diff)
			}
			checkParameters(t, calls[0][9], parameters)
			if diff := cmp.Diff([]string{"cloudformation", "wait", "stack-create-complete", "--region", "us-east-1", "--stack-name", "Acme"}, calls[1]); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestCLICommand_anyText gives the shell what no valid link holds: the quoting must not rest on validation elsewhere.
func TestCLICommand_anyText(t *testing.T) {
	t.Parallel()
	l := launch.Link{Region: nasty, StackName: "'; id; '" + nasty, TemplateURL: "\n" + nasty}
	calls := shell(t, launch.CLICommand(l))
	want := []string{"cloudformation", "create-stack", "--region", l.Region, "--stack-name", l.StackName, "--template-url", l.TemplateURL, "--capabilities", "CAPABILITY_NAMED_IAM"}
	if diff := cmp.Diff(want, calls[0]); diff != "" {
		t.Error(diff)
	}
}

func shell(t *testing.T, commands string) [][]string {
	t.Helper()
	const aws = `aws() { for word in "$@"; do printf '%s\0' "$word"; done; printf '\0\0'; }` + "\n"
	out, err := exec.CommandContext(t.Context(), "sh", "-euc", aws+commands).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s\n%s", err, out, commands)
	}
	var calls [][]string
	for call := range strings.SplitSeq(strings.TrimSuffix(string(out), "\x00\x00\x00"), "\x00\x00\x00") {
		calls = append(calls, strings.Split(call, "\x00"))
	}
	return calls
}

func checkParameters(t *testing.T, argument string, want map[string]string) {
	t.Helper()
	var list []struct{ ParameterKey, ParameterValue string }
	if err := json.Unmarshal([]byte(argument), &list); err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, p := range list {
		got[p.ParameterKey] = p.ParameterValue
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestUpdateCommand(t *testing.T) {
	t.Parallel()
	got, err := launch.UpdateCommand(stackID, templateURL, map[string]string{"Owner": nasty})
	if err != nil {
		t.Fatal(err)
	}
	calls := shell(t, got)
	want := []string{"cloudformation", "update-stack", "--region", "eu-west-1", "--stack-name", stackID, "--template-url", templateURL, "--parameters"}
	if diff := cmp.Diff(want, calls[0][:9]); diff != "" {
		t.Error(diff)
	}
	checkParameters(t, calls[0][9], map[string]string{"Owner": nasty})
	if diff := cmp.Diff([]string{"cloudformation", "wait", "stack-update-complete", "--region", "eu-west-1", "--stack-name", stackID}, calls[1]); diff != "" {
		t.Error(diff)
	}
	if got, err = launch.UpdateCommand(stackID, templateURL, nil); err != nil || slices.Contains(shell(t, got)[0], "--parameters") {
		t.Errorf("without parameters: %s, %v", got, err)
	}
	if got, err = launch.UpdateCommand("Acme", templateURL, nil); err == nil {
		t.Errorf("a stack name for an id: accepted as %s", got)
	}
}

func TestUpdateURL(t *testing.T) {
	t.Parallel()
	got, err := launch.UpdateURL(stackID, templateURL+"?versionId=a b")
	if err != nil {
		t.Fatal(err)
	}
	want := "https://eu-west-1.console.aws.amazon.com/cloudformation/home?region=eu-west-1#/stacks/update/template" +
		"?stackId=arn%3Aaws%3Acloudformation%3Aeu-west-1%3A222222222222%3Astack%2FAcme%2F51af3dc0-da77-11e4-872e-1234567db123" +
		"&templateURL=https%3A%2F%2Facme.s3.us-east-1.amazonaws.com%2Ftemplates%2F222222222222%2Fglobex%2F0a1b.yaml%3FversionId%3Da%20b"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for name, row := range map[string][2]string{
		"stack name": {"Acme", templateURL}, "no template": {stackID, ""}, "script": {stackID, "javascript:alert(1)"},
	} {
		if got, err := launch.UpdateURL(row[0], row[1]); err == nil {
			t.Errorf("%s: accepted as %s", name, got)
		}
	}
	isolated := strings.NewReplacer(":aws:", ":aws-iso:", "eu-west-1", "us-iso-east-1").Replace(stackID)
	if _, err := launch.UpdateURL(isolated, templateURL); !errors.Is(err, launch.ErrNoConsole) {
		t.Errorf("isolated partition: got %v", err)
	}
}
