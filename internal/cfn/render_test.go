package cfn_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/xrole/terraform-provider-xrole/internal/cfn"
)

func TestRender_golden(t *testing.T) {
	t.Parallel()
	short, err := os.ReadFile("testdata/partner/short.yaml")
	if err != nil {
		t.Fatal(err)
	}
	long, err := os.ReadFile("testdata/partner/long.json")
	if err != nil {
		t.Fatal(err)
	}
	open := values()
	open.AccountID, open.Region = "", ""
	for name, row := range map[string]struct {
		source string
		values cfn.Values
	}{
		"builtin":          {builtin(t, cfn.Role{}, topic), values()},
		"builtin-open":     {builtin(t, cfn.Role{}, topic), open},
		"builtin-full":     {builtin(t, fullRole(), topic), values()},
		"builtin-rotating": {builtin(t, cfn.Role{Name: "AcmeAccess"}, topic), rotating()},
		"short":            {string(short), values()},
		"short-rotating":   {string(short), rotating()},
		"long":             {string(long), values()},
		"long-rotating":    {string(long), rotating()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, mode := range []cfn.Mode{cfn.Pinned, cfn.Parameters} {
				r := render(t, row.source, row.values, mode)
				golden(t, name+"."+string(mode)+".yaml", r.Body)
				again := render(t, row.source, row.values, mode)
				if string(again.Body) != string(r.Body) {
					t.Error("the second rendering has other bytes")
				}
				if sum := sha256.Sum256(r.Body); hex.EncodeToString(sum[:]) != r.SHA256 {
					t.Errorf("SHA256 is %s", r.SHA256)
				}
				if strings.ContainsRune(string(r.Body), '\r') || !strings.Contains(string(r.Body), r.Version) || len(r.Version) != 16 {
					t.Errorf("version %q, or a line end that is not LF", r.Version)
				}
			}
		})
	}
}

func TestRender_keepsJSON(t *testing.T) {
	t.Parallel()
	long, err := os.ReadFile("testdata/partner/long.json")
	if err != nil {
		t.Fatal(err)
	}
	body := string(render(t, string(long), values(), cfn.Pinned).Body)
	if !json.Valid([]byte(body)) {
		t.Errorf("not JSON: %s", body)
	}
	for _, want := range []string{`"Description": "Acme <reads> ü & 😀"`, `"Default": 12.50`, `"Truth": true`} {
		if !strings.Contains(body, want) {
			t.Errorf("%s is missing in %s", want, body)
		}
	}
	if strings.Index(body, `"Rules"`) > strings.Index(body, `"Resources"`) || strings.Index(body, `"Outputs"`) < strings.Index(body, `"Resources"`) {
		t.Error("the order of the sections has changed")
	}
}

func TestRender_keepsComments(t *testing.T) {
	t.Parallel()
	short, err := os.ReadFile("testdata/partner/short.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, mode := range []cfn.Mode{cfn.Pinned, cfn.Parameters} {
		body := string(render(t, string(short), values(), mode).Body)
		for _, comment := range []string{
			"# Acme's role for its customers.\n# Questions: security@acme.example\n\nAWSTemplateFormatVersion", "costs # shown in the console\n",
			"\n  # Yours to choose: where the reports are\n  CostBucket:", `""]] # only then the second policy`,
			"          # The one way in\n          - Effect", "# Acme's collectors\n", "\n\n  # Only with a bucket\n  BucketPolicy:",
			"  # For humans\n  RoleArn:", "# The end\n",
		} {
			if !strings.Contains(body, comment) {
				t.Errorf("%s: %q is missing in\n%s", mode, comment, body)
			}
		}
	}
	source := builtin(t, fullRole(), topic)
	body := string(render(t, source, values(), cfn.Pinned).Body)
	for line := range strings.Lines(source) {
		if comment := strings.TrimSpace(line); strings.HasPrefix(comment, "#") && !strings.Contains(body, comment) {
			t.Errorf("%q is missing in\n%s", comment, body)
		}
	}
}

func TestRender_version(t *testing.T) {
	t.Parallel()
	first := render(t, base, values(), cfn.Pinned)
	changed := values()
	changed.TrustedPrincipalARNs = changed.TrustedPrincipalARNs[1:]
	second := render(t, base, changed, cfn.Pinned)
	if first.Version == second.Version || first.SHA256 == second.SHA256 {
		t.Error("another template has the same version")
	}
	if first.CallbackLogicalID != "Callback" {
		t.Errorf("the callback is %q", first.CallbackLogicalID)
	}
}

func TestRender_parameters(t *testing.T) {
	t.Parallel()
	pinned := asked(t, render(t, base, values(), cfn.Pinned))
	if len(pinned) != 1 || pinned[0].Name != "Bucket" || pinned[0].Default != "logs" || pinned[0].Required {
		t.Errorf("pinned: %+v", pinned)
	}
	kept := asked(t, render(t, base, values(), cfn.Parameters))
	if len(kept) != 4 || !strings.HasPrefix(kept[0].Name, "ExternalId") || kept[0].Default != current {
		t.Errorf("parameters: %+v", kept)
	}
	other := values()
	other.ExternalIDs = []string{previous}
	again := asked(t, render(t, base, other, cfn.Parameters))
	if again[0].Name == kept[0].Name {
		t.Error("a new External ID has the parameter name of the old one, so a console update would keep the old value")
	}
	if again[1].Name != kept[1].Name {
		t.Error("an unchanged value has got another parameter name")
	}
}

// asked are the parameters that a template which was made still declares.
func asked(t *testing.T, made *cfn.Rendered) []cfn.OutlinedParameter {
	t.Helper()
	parsed, err := cfn.Parse(string(made.Body))
	if err != nil {
		t.Fatal(err)
	}
	return parsed.Outline().Parameters
}

func TestBuiltin_unknownVersion(t *testing.T) {
	t.Parallel()
	for _, version := range []int{-1, 0, cfn.LatestBuiltin + 1} {
		if _, err := cfn.Builtin(version, cfn.Role{}, topic); err == nil {
			t.Errorf("version %d exists", version)
		}
	}
	if _, err := cfn.Builtin(1, cfn.Role{InlinePolicies: map[string]string{"x": "{"}}, topic); err == nil {
		t.Error("a policy that is not JSON was taken")
	}
	if a, b := builtin(t, cfn.Role{}, topic), builtin(t, cfn.Role{}, topic+"x"); a == b {
		t.Error("another topic has the same logical id, and a stack can never change its topic")
	}
}

func TestRender_tooLongWithValues(t *testing.T) {
	t.Parallel()
	v := values()
	v.ExternalIDs = []string{strings.Repeat("x", 1224)}
	source := edit(t, outputLine, outputLine+"  X: {Value: !Join [\"\", ["+strings.Repeat("!Ref ExternalId, ", 900)+"]]}\n")
	_, found := cfn.Render(source, v, cfn.Pinned, nil)
	expect(t, found, "CloudFormation takes at most 1048576")
}

func TestRender_longJSON(t *testing.T) {
	t.Parallel()
	long, err := os.ReadFile("testdata/partner/long.json")
	if err != nil {
		t.Fatal(err)
	}
	source := strings.Replace(string(long), `"Truth": true`, `"Truth": [1`+strings.Repeat(`,{"Fn::Sub":"x"}`, 30000)+`]`, 1)
	if body := render(t, source, values(), cfn.Pinned).Body; strings.Count(string(body), "\n") != 1 {
		t.Errorf("%d bytes in %d lines", len(body), strings.Count(string(body), "\n"))
	}
}

func TestRender_keepsCommentsBelow(t *testing.T) {
	t.Parallel()
	source := edit(t, "  PartnerAccountId:", "  # below the first\n\n  PartnerAccountId:", bucketLine, "  # below the version\n\n"+bucketLine)
	for _, source := range []string{source, strings.Replace(strings.Replace(source, bucketLine, "", 1), `!Not [!Equals [!Ref Bucket, ""]]`, `!Equals [a, b]`, 1)} {
		body := string(render(t, source, values(), cfn.Parameters).Body)
		if !strings.Contains(body, "# below the first\n") || !strings.Contains(body, "# below the version\n") {
			t.Error(body)
		}
	}
	if body := string(render(t, source, values(), cfn.Pinned).Body); !strings.Contains(body, "\n  # below the version\n  Bucket:") {
		t.Error(body)
	}
}

func TestRender_keepsEveryComment(t *testing.T) {
	t.Parallel()
	short, err := os.ReadFile("testdata/partner/short.yaml")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(short), "\n")
	for i, line := range lines {
		indent := line[:len(line)-len(strings.TrimLeft(line, " "))]
		source := strings.Join(lines[:i], "") + indent + "# here\n" + strings.Join(lines[i:], "")
		body, err := cfn.Rewrite(source)
		if err != nil || !strings.Contains(string(body), "# here\n") && !strings.Contains(line, "second line") {
			t.Errorf("a comment above line %d, %q, is lost: %v", i+1, line, err)
		}
	}
}
