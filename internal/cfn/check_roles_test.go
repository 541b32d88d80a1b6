package cfn_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/xrole/terraform-provider-xrole/internal/cfn"
)

const assumeLine = "      AssumeRole"

// document is a policy of exactly that many characters without white space.
func document(characters int) string {
	const empty = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":""}]}`
	return strings.Replace(empty, `:""`, `:"`+strings.Repeat("é", characters-len(empty))+`"`, 1)
}

func TestRender_sizes(t *testing.T) {
	t.Parallel()
	inline := func(characters ...int) string {
		list := ""
		for i, n := range characters {
			list += fmt.Sprintf("        - {PolicyName: p%d, PolicyDocument: %s}\n", i, strings.Replace(document(n), `"Version":`, `"Version" :   `, 1))
		}
		return "      Policies:\n" + list + assumeLine
	}
	managed := func(characters int) []string {
		return []string{readLine, "  Managed: {Type: AWS::IAM::ManagedPolicy, Properties: {PolicyDocument: " + document(characters) + "}}\n" + readLine}
	}
	arns := func(n int) []string {
		list := make([]string, n)
		for i := range list {
			list[i] = fmt.Sprintf("!Sub \"arn:${AWS::Partition}:iam::aws:policy/P%d\"", i)
		}
		return []string{assumeLine, "      ManagedPolicyArns: [" + strings.Join(list, ", ") + "]\n" + assumeLine}
	}
	// Read has 86 characters.
	for name, row := range map[string]struct {
		want  string
		pairs []string
	}{
		"inline":              {"", []string{assumeLine, inline(5000, 5240-86)}},
		"inline over":         {"have 10241 characters", []string{assumeLine, inline(5000, 5241-86)}},
		"managed":             {"", managed(6144)},
		"managed over":        {"6145 characters", managed(6145)},
		"ten policies":        {"", arns(10)},
		"eleven policies":     {"warning Resources.Role.Properties.ManagedPolicyArns: The role has 11", arns(11)},
		"twenty policies":     {"warning Resources.Role.Properties.ManagedPolicyArns: The role has 20", arns(20)},
		"twenty-one policies": {"error Resources.Role.Properties.ManagedPolicyArns: The role has 21", arns(21)},
		"the shorter branch":  {"", []string{assumeLine, "      Policies: [{PolicyName: p, PolicyDocument: !If [HasBucket, " + document(20000) + ", " + document(200) + "]}]\n" + assumeLine}},
		"role name":           {"", []string{assumeLine, "      RoleName: " + strings.Repeat("x", 64) + "\n" + assumeLine}},
		"role name over":      {"64 letters", []string{assumeLine, "      RoleName: " + strings.Repeat("x", 65) + "\n" + assumeLine}},
		"unknown role name":   {"", []string{assumeLine, "      RoleName: !Sub \"" + strings.Repeat("x", 65) + "${Bucket}\"\n" + assumeLine}},
		"path":                {"begins and ends with a slash", []string{assumeLine, "      Path: x\n" + assumeLine}},
		"description":         {"Latin-1", []string{assumeLine, "      Description: \"a – b\"\n" + assumeLine}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, found := cfn.Render(edit(t, row.pairs...), values(), cfn.Pinned, nil)
			if row.want == "" {
				expect(t, found)
			} else {
				expect(t, found, row.want)
			}
			if ok := row.want == "" || strings.HasPrefix(row.want, "warning"); (r != nil) != ok {
				t.Errorf("made %v", r != nil)
			}
		})
	}
}

func TestRender_trustSize(t *testing.T) {
	t.Parallel()
	// The trust of the base template has 282 characters with a partition of three letters, and each principal two quotes and a comma.
	const fixed = 282
	principals := func(v cfn.Values, total int) cfn.Values {
		v.TrustedPrincipalARNs = nil
		prefix := "arn:" + v.Partition + ":iam::" + partner + ":role/"
		for left := total; left > 0; {
			n := min(left, 150)
			if left-n > 0 && left-n < 60 {
				n -= 60
			}
			v.TrustedPrincipalARNs = append(v.TrustedPrincipalARNs, prefix+strings.Repeat(string(rune('a'+len(v.TrustedPrincipalARNs))), n-3-len(prefix)))
			left -= n
		}
		return v
	}
	for _, mode := range []cfn.Mode{cfn.Pinned, cfn.Parameters} {
		if r, found := cfn.Render(base, principals(values(), 2048-fixed), mode, nil); r == nil {
			t.Errorf("%s: %s", mode, list(found))
		}
		if _, found := cfn.Render(base, principals(values(), 2049-fixed), mode, nil); !strings.Contains(list(found), "AssumeRolePolicyDocument: This policy has 2049 characters without white space; IAM takes at most 2048") {
			t.Errorf("%s: %s", mode, list(found))
		}
		gov := values()
		gov.Partition = "aws-us-gov"
		if _, found := cfn.Render(base, principals(gov, 2048-fixed), mode, nil); !strings.Contains(list(found), "has 2055 characters") {
			t.Errorf("%s: a longer partition makes no difference: %s", mode, list(found))
		}
	}
}
