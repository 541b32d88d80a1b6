package cfn_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xrole/terraform-provider-xrole/internal/cfn"
)

// TestRender_lint gives every rendering to cfn-lint, warnings and remarks fatal: the built-in template in each mode and
// partition, and templates of a partner's own.
func TestRender_lint(t *testing.T) {
	t.Parallel()
	const install = "install it with: python3 -m pip install cfn-lint==1.51.0"
	if version, err := exec.CommandContext(t.Context(), "cfn-lint", "--version").Output(); err != nil {
		t.Fatalf("cfn-lint does not run (%v); %s", err, install)
	} else if !strings.HasPrefix(string(version), "cfn-lint 1.51.") {
		t.Fatalf("this is %s; %s", version, install)
	}
	dir := t.TempDir()
	args := []string{"--include-checks", "I", "--regions"}
	regions := map[string]string{
		"aws": "eu-west-1", "aws-us-gov": "us-gov-west-1", "aws-cn": "cn-north-1", "aws-eusc": "eusc-de-east-1",
		"aws-iso": "us-iso-east-1", "aws-iso-b": "us-isob-east-1", "aws-iso-e": "eu-isoe-west-1", "aws-iso-f": "us-isof-east-1",
	}
	for partition, region := range regions {
		args = append(args, region)
		move := strings.NewReplacer("arn:aws:", "arn:"+partition+":", "eu-west-1", region)
		v := rotating()
		v.Partition, v.Region = partition, region
		v.TopicARN = move.Replace(v.TopicARN)
		for i, arn := range v.TrustedPrincipalARNs {
			v.TrustedPrincipalARNs[i] = move.Replace(arn)
		}
		full := fullRole()
		full.PermissionsBoundaryARN = move.Replace(full.PermissionsBoundaryARN)
		for i, arn := range full.ManagedPolicyARNs {
			full.ManagedPolicyARNs[i] = move.Replace(arn)
		}
		writeBoth(t, dir, partition+"-full", builtin(t, full, v.TopicARN), v)
		v.ExternalIDs = v.ExternalIDs[:1]
		writeBoth(t, dir, partition+"-least", builtin(t, cfn.Role{}, v.TopicARN), v)
	}
	for _, name := range []string{"short.yaml", "long.json"} {
		source, err := os.ReadFile(filepath.Join("testdata", "partner", name))
		if err != nil {
			t.Fatal(err)
		}
		writeBoth(t, dir, name, string(source), values())
	}
	cmd := exec.CommandContext(t.Context(), "cfn-lint", append(args, "--", "*.yaml")...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil || len(out) > 0 {
		t.Errorf("%v\n%s", err, out)
	}
}

func writeBoth(t *testing.T, dir, name, source string, v cfn.Values) {
	t.Helper()
	for _, mode := range []cfn.Mode{cfn.Pinned, cfn.Parameters} {
		path := filepath.Join(dir, fmt.Sprintf("%s-%s.yaml", name, mode))
		if err := os.WriteFile(path, render(t, source, v, mode).Body, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
