package hub_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xrole/terraform-provider-xrole/internal/hub"
)

// Regions of every partition; those of "aws" that no account has to enable first.
var homes = []string{
	"us-east-1", "us-east-2", "us-west-1", "us-west-2", "ca-central-1", "sa-east-1",
	"eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3",
	"ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1", "ap-southeast-2",
	"us-gov-east-1", "us-gov-west-1", "cn-north-1", "cn-northwest-1", "eusc-de-east-1",
	"us-iso-east-1", "us-iso-west-1", "us-isob-east-1", "us-isob-west-1", "us-isof-east-1", "us-isof-south-1", "eu-isoe-west-1",
}

func cfnLint(t *testing.T, templates map[string]string, regions ...string) string {
	t.Helper()
	const install = "install it with: python3 -m pip install cfn-lint==1.51.0"
	if version, err := exec.CommandContext(t.Context(), "cfn-lint", "--version").Output(); err != nil {
		t.Fatalf("cfn-lint does not run (%v); %s", err, install)
	} else if !strings.HasPrefix(string(version), "cfn-lint 1.51.") {
		t.Fatalf("this is %s; %s", strings.TrimSpace(string(version)), install)
	}
	args := append([]string{"--regions"}, regions...)
	args = append(args, "--")
	dir := t.TempDir()
	for name, body := range templates {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, name)
	}
	cmd := exec.CommandContext(t.Context(), "cfn-lint", args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil && len(out) == 0 {
		t.Fatal(err)
	}
	return string(out)
}

func TestStacks_lint(t *testing.T) {
	t.Parallel()
	if out := cfnLint(t, map[string]string{"storage.yaml": hub.StorageTemplate}, homes...); out != "" {
		t.Error(out)
	}
	everywhere := map[string]string{
		"topic.yaml":    hub.TopicTemplate,
		"receiver.yaml": hub.ReceiverTemplate("us-east-1", append([]string{"af-south-1", "ap-southeast-7"}, homes...)),
	}
	if out := cfnLint(t, everywhere, "ALL_REGIONS"); out != "" {
		t.Error(out)
	}
}

// A lint that passes everything would pass ours too.
func TestStacks_lintFindsFaults(t *testing.T) {
	t.Parallel()
	broken := strings.Replace(hub.StorageTemplate, "BucketNamespace: account-regional", "BucketNamespace: nobody's", 1)
	unused := strings.Replace(hub.TopicTemplate, "Conditions:", "Conditions:\n  Unused: !Equals [!Ref HubName, x]", 1)
	for name, template := range map[string]string{"E3030": broken, "W8001": unused} {
		if out := cfnLint(t, map[string]string{"stack.yaml": template}, "eu-west-1"); !strings.Contains(out, name) {
			t.Errorf("no %s in %q", name, out)
		}
	}
}

func TestReceiverTemplate(t *testing.T) {
	t.Parallel()
	one := hub.ReceiverTemplate("us-east-1", []string{"us-east-1", "af-south-1"})
	if one != hub.ReceiverTemplate("us-east-1", []string{"af-south-1", "us-east-1"}) {
		t.Error("the order of regions changes the template")
	}
	for _, want := range []string{
		"\n  TopicPermissionAfsouth1:\n",
		"Principal: sns.af-south-1.amazonaws.com\n      SourceArn: !Sub \"arn:${AWS::Partition}:sns:af-south-1:${AWS::AccountId}:xrole-${HubName}\"\n",
		"Principal: sns.amazonaws.com\n      SourceArn: !Sub \"arn:${AWS::Partition}:sns:us-east-1:${AWS::AccountId}:xrole-${HubName}\"\n",
	} {
		if !strings.Contains(one, want) {
			t.Errorf("missing: %s", want)
		}
	}
	all := hub.ReceiverTemplate("us-east-1", homes)
	if len(all) > 51200 {
		t.Errorf("%d bytes: CloudFormation takes 51,200 in a request", len(all))
	}
}

func TestCheckRegions(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		home    string
		regions []string
		wrong   string
	}{
		"home alone":                {"us-east-1", []string{"us-east-1"}, ""},
		"home is not a launch one":  {"us-east-1", []string{"eu-west-1"}, ""},
		"opt-in to default":         {"us-east-1", []string{"us-east-1", "af-south-1"}, ""},
		"opt-in alone":              {"af-south-1", []string{"af-south-1"}, ""},
		"a region of tomorrow":      {"us-east-1", []string{"sa-west-1"}, ""},
		"govcloud":                  {"us-gov-west-1", []string{"us-gov-west-1", "us-gov-east-1"}, ""},
		"china":                     {"cn-north-1", []string{"cn-north-1", "cn-northwest-1"}, ""},
		"sovereign cloud":           {"eusc-de-east-1", []string{"eusc-de-east-1"}, ""},
		"none":                      {"us-east-1", nil, "at least one region"},
		"twice":                     {"us-east-1", []string{"eu-west-1", "us-east-1", "eu-west-1"}, `"eu-west-1": is named twice`},
		"not a region":              {"us-east-1", []string{"us-east-1a"}, "not the name of a region"},
		"home is not a region":      {"", []string{"us-east-1"}, "not the name of a region"},
		"default to opt-in":         {"af-south-1", []string{"us-east-1"}, "another home region"},
		"opt-in to opt-in":          {"af-south-1", []string{"af-south-1", "eu-south-1"}, "another home region"},
		"mixed partitions":          {"us-east-1", []string{"us-east-1", "us-gov-west-1"}, "one partition"},
		"no namespace for a bucket": {"me-central-1", []string{"me-central-1"}, "namespace"},
	} {
		err := hub.CheckRegions(row.home, row.regions)
		if row.wrong == "" && err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if row.wrong != "" && (err == nil || !strings.Contains(err.Error(), row.wrong)) {
			t.Errorf("%s: error %v, want %q", name, err, row.wrong)
		}
	}
}

func TestTopicPrincipal(t *testing.T) {
	t.Parallel()
	for name, row := range map[string][3]string{
		"home":                    {"us-east-1", "us-east-1", "sns.amazonaws.com"},
		"default to default":      {"us-east-1", "eu-west-1", "sns.amazonaws.com"},
		"opt-in to default":       {"us-east-1", "ap-east-1", "sns.ap-east-1.amazonaws.com"},
		"opt-in to itself":        {"ap-east-1", "ap-east-1", "sns.amazonaws.com"},
		"govcloud to govcloud":    {"us-gov-west-1", "us-gov-east-1", "sns.amazonaws.com"},
		"china to china":          {"cn-north-1", "cn-northwest-1", "sns.amazonaws.com"},
		"a region opened in 2030": {"us-east-1", "sa-west-1", "sns.sa-west-1.amazonaws.com"},
	} {
		if got := hub.TopicPrincipal(row[0], row[1]); got != row[2] {
			t.Errorf("%s: %s, want %s", name, got, row[2])
		}
	}
}
