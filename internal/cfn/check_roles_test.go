package cfn_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/xrole/terraform-provider-xrole/internal/cfn"
)

const (
	assumeLine = "      AssumeRole"
	// readPolicy is what the base template's role has.
	readPolicy = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"ce:Get*","Resource":"*"}}`
)

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
	for name, row := range map[string]struct {
		want  string
		pairs []string
	}{
		"inline":              {"", []string{assumeLine, inline(5000, 5240-len(readPolicy))}},
		"inline over":         {"have 10241 characters", []string{assumeLine, inline(5000, 5241-len(readPolicy))}},
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

// withTrust returns values that make the base template's trust policy so many characters long.
func withTrust(characters int, partition string) cfn.Values {
	v := values()
	v.Partition, v.TrustedPrincipalARNs = partition, nil
	rest := characters - len(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:`+partition+`:iam::111122223333:root"},`+
		`"Action":"sts:AssumeRole","Condition":{"StringEquals":{"sts:ExternalId":"`+current+`"},"ArnLike":{"aws:PrincipalArn":[]}}}]}`)
	for i := 0; rest > 0; i++ {
		size := 100
		if rest < 200 {
			size = rest + 1
		}
		head := fmt.Sprintf("arn:%s:iam::%s:role/%02d", partition, partner, i)
		v.TrustedPrincipalARNs = append(v.TrustedPrincipalARNs, head+strings.Repeat("x", size-len(`"",`)-len(head)))
		rest -= size
	}
	return v
}

func TestRender_trustSize(t *testing.T) {
	t.Parallel()
	for _, partition := range []string{"aws", "aws-us-gov"} {
		for _, mode := range []cfn.Mode{cfn.Pinned, cfn.Parameters} {
			if r, found := cfn.Render(base, withTrust(2048, partition), mode, nil); r == nil {
				t.Errorf("%s: %s", mode, list(found))
			}
			_, found := cfn.Render(base, withTrust(2049, partition), mode, nil)
			expect(t, found, "AssumeRolePolicyDocument: This policy has 2049 characters without white space; IAM takes at most 2048")
		}
	}
}

// Every policy may belong to every role, and each under six conditions.
func TestRender_manyRoles(t *testing.T) {
	t.Parallel()
	_, found := cfn.Render(manyRoles(t, 5), values(), cfn.Pinned, nil)
	if !strings.Contains(list(found), "must wait for P4") {
		t.Error(list(found))
	}
}

// One more role costs the same, however many policies are beside it.
func BenchmarkRender_manyRoles(b *testing.B) {
	for _, roles := range []int{10, 20, 40} {
		b.Run(strconv.Itoa(roles), func(b *testing.B) {
			source := manyRoles(b, roles)
			for b.Loop() {
				cfn.Render(source, values(), cfn.Pinned, nil)
			}
		})
	}
}

func manyRoles(tb testing.TB, roles int) string {
	tb.Helper()
	document := base[strings.Index(base, "      AssumeRolePolicyDocument:"):strings.Index(base, readLine)]
	ways, each := "", ""
	for _, c := range "ABCDEF" {
		ways += "  " + string(c) + ": !Equals [!Ref Bucket, x]\n"
		each += "!If [" + string(c) + ", \"arn:aws:s3:::a\", \"arn:aws:s3:::b\"], "
	}
	var b strings.Builder
	for i := range roles {
		fmt.Fprintf(&b, "  R%d:\n    Type: AWS::IAM::Role\n    Properties:\n%s", i, document)
		fmt.Fprintf(&b, "  P%d: {Type: AWS::IAM::Policy, Properties: {Roles: [!Ref Bucket], PolicyName: p, PolicyDocument: {Version: \"2012-10-17\", Statement: {Effect: Allow, Action: [%sx:y], Resource: [%s\"x\"]}}}}\n",
			i, strings.Repeat("s3:GetObject, ", 100), each)
	}
	return edit(tb, conditions, conditions+ways, readLine, b.String()+readLine)
}
