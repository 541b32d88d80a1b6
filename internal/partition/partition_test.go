package partition_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/xrole/terraform-provider-xrole/internal/partition"
)

func TestForRegion(t *testing.T) {
	t.Parallel()
	for region, want := range map[string][3]string{
		"us-east-1":      {"aws", "amazonaws.com", "us-east-1.console.aws.amazon.com"},
		"ap-southeast-7": {"aws", "amazonaws.com", "ap-southeast-7.console.aws.amazon.com"},
		"us-gov-west-1":  {"aws-us-gov", "amazonaws.com", "us-gov-west-1.console.amazonaws-us-gov.com"},
		"cn-north-1":     {"aws-cn", "amazonaws.com.cn", "cn-north-1.console.amazonaws.cn"},
		"eusc-de-east-1": {"aws-eusc", "amazonaws.eu", "eusc-de-east-1.console.amazonaws-eusc.eu"},
		"us-iso-east-1":  {"aws-iso", "c2s.ic.gov", ""},
		"us-isob-east-1": {"aws-iso-b", "sc2s.sgov.gov", ""},
		"eu-isoe-west-1": {"aws-iso-e", "cloud.adc-e.uk", ""},
		"us-isof-east-1": {"aws-iso-f", "csp.hci.ic.gov", ""},
	} {
		p := partition.ForRegion(region)
		got := [3]string{p.ID, p.DNSSuffix, p.ConsoleHost(region)}
		if got != want {
			t.Errorf("%s: got %v, want %v", region, got, want)
		}
		if again, ok := partition.ForID(p.ID); !ok || again.DNSSuffix != p.DNSSuffix {
			t.Errorf("ForID(%q) = %v, %v", p.ID, again, ok)
		}
	}
	if _, ok := partition.ForID("aws-mars"); ok {
		t.Error("an unknown partition was found")
	}
}

func TestParseRoleARN(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]partition.RoleARN{
		"arn:aws:iam::012345678901:role/Acme":                  {Partition: "aws", AccountID: "012345678901", Path: "/", Name: "Acme"},
		"arn:aws-us-gov:iam::222222222222:role/a/b/Ac+me=,.@-": {Partition: "aws-us-gov", AccountID: "222222222222", Path: "/a/b/", Name: "Ac+me=,.@-"},
		"arn:aws:iam::222222222222:role/a//b/x":                {Partition: "aws", AccountID: "222222222222", Path: "/a//b/", Name: "x"},
		"arn:aws-eusc:iam::222222222222:role/x":                {Partition: "aws-eusc", AccountID: "222222222222", Path: "/", Name: "x"},
	} {
		got, err := partition.ParseRoleARN(in)
		if err != nil {
			t.Errorf("%s: %v", in, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", in, diff)
		}
		if got.String() != in {
			t.Errorf("%s: joined again to %s", in, got)
		}
	}
	for name, in := range map[string]string{
		"empty":             "",
		"user":              "arn:aws:iam::222222222222:user/x",
		"assumed role":      "arn:aws:sts::222222222222:assumed-role/x/y",
		"short account":     "arn:aws:iam::22222222222:role/x",
		"dashed account":    "arn:aws:iam::2222-2222-2222:role/x",
		"with region":       "arn:aws:iam:us-east-1:222222222222:role/x",
		"no name":           "arn:aws:iam::222222222222:role/",
		"empty path part":   "arn:aws:iam::222222222222:role//x",
		"control character": "arn:aws:iam::222222222222:role/a\nb/x",
		"wildcard":          "arn:aws:iam::222222222222:role/*",
		"unicode digits":    "arn:aws:iam::٢٢٢٢٢٢٢٢٢٢٢٢:role/x",
		"line end":          "arn:aws:iam::222222222222:role/x\n",
		"bad partition":     "arn:gcp:iam::222222222222:role/x",
		"long name":         "arn:aws:iam::222222222222:role/" + strings.Repeat("x", 65),
		"long path":         "arn:aws:iam::222222222222:role/" + strings.Repeat("x", 512) + "/x",
		"endless":           "arn:aws:iam::222222222222:role/" + strings.Repeat("x/", 5000) + "x",
	} {
		if got, err := partition.ParseRoleARN(in); err == nil {
			t.Errorf("%s: accepted as %+v", name, got)
		}
	}
}

func TestParseStackID(t *testing.T) {
	t.Parallel()
	in := "arn:aws:cloudformation:eu-west-1:222222222222:stack/Acme-1/51af3dc0-da77-11e4-872e-1234567db123"
	want := partition.StackID{Partition: "aws", Region: "eu-west-1", AccountID: "222222222222", Name: "Acme-1", GUID: "51af3dc0-da77-11e4-872e-1234567db123"}
	got, err := partition.ParseStackID(in)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for name, in := range map[string]string{
		"no guid":         "arn:aws:cloudformation:eu-west-1:222222222222:stack/Acme",
		"change set":      "arn:aws:cloudformation:eu-west-1:222222222222:changeSet/Acme/1",
		"no region":       "arn:aws:cloudformation::222222222222:stack/Acme/1",
		"other service":   "arn:aws:s3:eu-west-1:222222222222:stack/Acme/1",
		"mixed partition": "arn:aws:cloudformation:us-gov-west-1:222222222222:stack/Acme/1",
		"extra part":      "arn:aws:cloudformation:eu-west-1:222222222222:stack/Acme/1/2",
		"separator":       "arn:aws:cloudformation:eu-west-1:222222222222:stack/Acme/1|2",
	} {
		if got, err := partition.ParseStackID(in); err == nil {
			t.Errorf("%s: accepted as %+v", name, got)
		}
	}
}

// The SDK that is linked knows the regions of its day: with a newer one this test names what the list lacks.
func TestKnownRegion(t *testing.T) {
	t.Parallel()
	dir, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "github.com/aws/aws-sdk-go-v2").Output()
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), "internal", "endpoints", "awsrulesfn", "partitions.go"))
	if err != nil {
		t.Fatal(err)
	}
	all := regexp.MustCompile(`"([a-z0-9-]+-[0-9])": \{`).FindAllStringSubmatch(string(source), -1)
	if len(all) < 40 {
		t.Errorf("only %d regions were found in the SDK: this test no longer looks at the right place", len(all))
	}
	for _, m := range all {
		if !partition.KnownRegion(m[1]) {
			t.Errorf("%s is not known", m[1])
		}
	}
	for _, region := range []string{"eu-wst-1", "eu-west-9", "Frankfurt", ""} {
		if partition.KnownRegion(region) {
			t.Errorf("%q is known", region)
		}
	}
}
