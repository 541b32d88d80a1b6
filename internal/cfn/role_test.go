package cfn_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/xrole/terraform-provider-xrole/internal/cfn"
)

func shownRole(found []cfn.RoleFinding) []string {
	var lines []string
	for _, f := range found {
		level := "error"
		if f.Warning {
			level = "warning"
		}
		lines = append(lines, fmt.Sprintf("%s %s[%s]: %s", level, f.Attribute, f.Key, f.Message))
	}
	return lines
}

func numbered(n int, form string) []string {
	var list []string
	for i := range n {
		list = append(list, fmt.Sprintf(form, i))
	}
	return list
}

func tagsOf(keys []string) map[string]string {
	tags := map[string]string{}
	for _, k := range keys {
		tags[k] = "x"
	}
	return tags
}

func TestCheckRole(t *testing.T) {
	t.Parallel()
	audit := "arn:aws:iam::aws:policy/SecurityAudit"
	for name, row := range map[string]struct {
		role cfn.Role
		want []string
	}{
		"empty":             {cfn.Role{}, nil},
		"full":              {fullRole(), nil},
		"longest name":      {cfn.Role{Name: strings.Repeat("x", 64)}, nil},
		"long name":         {cfn.Role{Name: strings.Repeat("x", 65)}, []string{"error name[]: A role's name has 1 to 64 letters, digits or any of _+=,.@-; this one has 65 characters."}},
		"name with space":   {cfn.Role{Name: "Acme Access! !"}, []string{`error name[]: A role's name has 1 to 64 letters, digits or any of _+=,.@-; this one holds " ", "!".`}},
		"long and wrong":    {cfn.Role{Name: strings.Repeat("é", 65)}, []string{`this one has 65 characters and holds "é".`}},
		"name with line":    {cfn.Role{Name: "ab\n"}, []string{`this one holds "\n".`}},
		"path":              {cfn.Role{Path: "/a/b-c/"}, nil},
		"longest path":      {cfn.Role{Path: "/" + strings.Repeat("x", 510) + "/"}, nil},
		"long path":         {cfn.Role{Path: "/" + strings.Repeat("x", 511) + "/"}, []string{"error path[]: A role's path begins"}},
		"path without end":  {cfn.Role{Path: "/a"}, []string{"error path[]"}},
		"path with space":   {cfn.Role{Path: "/a b/"}, []string{"error path[]"}},
		"switch role":       {cfn.Role{Name: strings.Repeat("x", 54), Path: "/partners/"}, nil},
		"no switch role":    {cfn.Role{Name: strings.Repeat("x", 55), Path: "/partners/"}, []string{"warning name[]: Path and name have 65"}},
		"description":       {cfn.Role{Description: strings.Repeat("é", 1000)}, nil},
		"long description":  {cfn.Role{Description: strings.Repeat("é", 1001)}, []string{"error description[]"}},
		"typography":        {cfn.Role{Description: "a – b"}, []string{"error description[]"}},
		"one hour":          {cfn.Role{MaxSessionDuration: 3600}, nil},
		"twelve hours":      {cfn.Role{MaxSessionDuration: 43200}, nil},
		"less than an hour": {cfn.Role{MaxSessionDuration: 3599}, []string{"error max_session_duration[]"}},
		"more than twelve":  {cfn.Role{MaxSessionDuration: 43201}, []string{"error max_session_duration[]"}},
		"boundary":          {cfn.Role{PermissionsBoundaryARN: "arn:aws-us-gov:iam::aws:policy/PowerUserAccess"}, nil},
		"own boundary":      {cfn.Role{PermissionsBoundaryARN: "arn:aws:iam::012345678901:policy/a/b"}, []string{"warning permissions_boundary_arn[]: This policy is not one of AWS's"}},
		"their boundary":    {cfn.Role{PermissionsBoundaryARN: "arn:aws:iam::333333333333:policy/b"}, []string{`error permissions_boundary_arn[]: "arn:aws:iam::333333333333:policy/b" is a policy of the account "333333333333", and the role will be in "012345678901"`}},
		"role as boundary":  {cfn.Role{PermissionsBoundaryARN: "arn:aws:iam::012345678901:role/b"}, []string{"error permissions_boundary_arn[]"}},
		"managed": {
			cfn.Role{ManagedPolicyARNs: []string{audit, "arn:aws:iam::aws:policy/job-function/ViewOnlyAccess", "arn:aws:iam::aws:policy/service-role/AWSConfigRole"}},
			nil,
		},
		"managed twice":      {cfn.Role{ManagedPolicyARNs: []string{audit, audit}}, []string{"error managed_policy_arns[" + audit + "]: This policy is listed twice"}},
		"managed by name":    {cfn.Role{ManagedPolicyARNs: []string{"SecurityAudit"}}, []string{"error managed_policy_arns[SecurityAudit]: \"SecurityAudit\" is not the ARN"}},
		"long arn":           {cfn.Role{ManagedPolicyARNs: []string{audit + strings.Repeat("x", 2048)}}, []string{"is not the ARN"}},
		"customer's policy":  {cfn.Role{ManagedPolicyARNs: []string{"arn:aws:iam::012345678901:policy/x"}}, []string{"must exist in the customer's account"}},
		"another's policy":   {cfn.Role{ManagedPolicyARNs: []string{"arn:aws:iam::333333333333:policy/x"}}, []string{"error managed_policy_arns[arn:aws:iam::333333333333:policy/x]: "}},
		"two partitions":     {cfn.Role{ManagedPolicyARNs: []string{audit, "arn:aws-cn:iam::aws:policy/SecurityAudit"}}, []string{"error managed_policy_arns[]: The policies are of several partitions: aws, aws-cn"}},
		"boundary elsewhere": {cfn.Role{PermissionsBoundaryARN: "arn:aws-cn:iam::aws:policy/x", ManagedPolicyARNs: []string{audit}}, []string{"several partitions"}},
		"ten managed":        {cfn.Role{ManagedPolicyARNs: numbered(10, "arn:aws:iam::aws:policy/P%d")}, nil},
		"eleven managed":     {cfn.Role{ManagedPolicyARNs: numbered(11, "arn:aws:iam::aws:policy/P%d")}, []string{"warning managed_policy_arns[]: The role has 11"}},
		"too many managed":   {cfn.Role{ManagedPolicyARNs: numbered(21, "arn:aws:iam::aws:policy/P%d")}, []string{"error managed_policy_arns[]: The role has 21"}},
		"admin":              {cfn.Role{ManagedPolicyARNs: []string{"arn:aws:iam::aws:policy/AdministratorAccess"}}, []string{"warning managed_policy_arns[arn:aws:iam::aws:policy/AdministratorAccess]: The policy AdministratorAccess allows everything"}},
		"iam full":           {cfn.Role{ManagedPolicyARNs: []string{"arn:aws-cn:iam::aws:policy/IAMFullAccess"}}, []string{"IAMFullAccess allows"}},
		"power user":         {cfn.Role{ManagedPolicyARNs: []string{"arn:aws:iam::aws:policy/PowerUserAccess"}}, []string{"PowerUserAccess allows"}},
		"read only":          {cfn.Role{ManagedPolicyARNs: []string{"arn:aws:iam::aws:policy/ReadOnlyAccess"}}, []string{"reads data, not only metadata; ViewOnlyAccess or SecurityAudit do not"}},
		"dynamic text":       {cfn.Role{Description: "x {{resolve:ssm:/x}}"}, []string{"error description[]: CloudFormation would replace"}},
		"dynamic path":       {cfn.Role{Path: "/{{resolve:ssm:x}}/"}, []string{"error path[]: CloudFormation would replace"}},
		"dynamic arn":        {cfn.Role{ManagedPolicyARNs: []string{"arn:aws:iam::aws:policy/{{resolve:ssm:x}}/x"}}, []string{"is not the ARN of a managed policy"}},
		"fifty tags":         {cfn.Role{Tags: tagsOf(numbered(50, "k%d"))}, nil},
		"too many tags":      {cfn.Role{Tags: tagsOf(numbered(51, "k%d"))}, []string{"error tags[]: The role has 51 tags"}},
		"tag":                {cfn.Role{Tags: map[string]string{"ä b_.:/=+-@": strings.Repeat("é", 256), strings.Repeat("é", 128): ""}}, nil},
		"long key":           {cfn.Role{Tags: map[string]string{strings.Repeat("é", 129): ""}}, []string{"error tags["}},
		"long value":         {cfn.Role{Tags: map[string]string{"a": strings.Repeat("é", 257)}}, []string{"error tags[a]"}},
		"empty key":          {cfn.Role{Tags: map[string]string{"": "x"}}, []string{"error tags[]"}},
		"aws key":            {cfn.Role{Tags: map[string]string{"AWS:x": "x"}}, []string{"reserved for AWS"}},
		"bad character":      {cfn.Role{Tags: map[string]string{"a": "x;y"}}, []string{"error tags[a]: A tag holds"}},
		"same key":           {cfn.Role{Tags: map[string]string{"Team": "x", "team": "y"}}, []string{`error tags[team]: IAM takes this key and "Team" for the same`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			matches(t, shownRole(cfn.CheckRole(row.role, "012345678901")), row.want)
		})
	}
}

func matches(t *testing.T, got, want []string) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("got %q, want %q", got, want)
	}
	for i := range got {
		if !strings.Contains(got[i], want[i]) {
			t.Errorf("got %q, want %q", got[i], want[i])
		}
	}
}

const policyHead = `{"Version": "2012-10-17", "Statement": [`

func TestCheckRole_inlinePolicies(t *testing.T) {
	t.Parallel()
	statement := func(elements string) string { return policyHead + "{" + elements + "}]}" }
	for name, row := range map[string]struct{ policy, want string }{
		"good":                     {statement(`"Sid": "A1", "Effect": "Allow", "Action": ["s3:Get*", "*"], "Resource": "arn:aws:s3:::x"`), ""},
		"one statement":            {`{"Version": "2008-10-17", "Id": "x", "Statement": {"Effect": "Deny", "NotAction": "s3:*", "NotResource": ["*"]}}`, ""},
		"conditions":               {statement(`"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": {"ForAnyValue:StringLikeIfExists": {"a:b": ["x"]}, "Bool": {"aws:x": true}, "NumericLessThanEquals": {"a": 1}, "NotIpAddress": {"a": "1.2.3.4"}, "ArnNotLike": {"a": "b"}, "Null": {"a": "true"}, "DateGreaterThan": {"a": "b"}}`), ""},
		"no json":                  {`{`, "This is not JSON: line 1"},
		"repeated key":             {`{"Version": "2012-10-17", "Version": "2012-10-17"}`, "already on line 1"},
		"list":                     {`[]`, "is a JSON object"},
		"no version":               {`{"Statement": []}`, "Version must be"},
		"wrong version":            {`{"Version": "2012-10-18", "Statement": []}`, "Version must be"},
		"lower case":               {`{"version": "2012-10-17", "Statement": []}`, `no element "version"`},
		"no statement":             {policyHead + `]}`, "no Statement"},
		"statement as text":        {policyHead + `"x"]}`, "Statement 1 must be an object"},
		"no effect":                {statement(`"Action": "s3:*", "Resource": "*"`), "must have the Effect"},
		"effect in lower case":     {statement(`"Effect": "allow", "Action": "s3:*", "Resource": "*"`), "must have the Effect"},
		"no action":                {statement(`"Effect": "Allow", "Resource": "*"`), "either Action or NotAction"},
		"two actions":              {statement(`"Effect": "Allow", "Action": "a:b", "NotAction": "a:b", "Resource": "*"`), "either Action or NotAction"},
		"empty actions":            {statement(`"Effect": "Allow", "Action": [], "Resource": "*"`), "either Action or NotAction"},
		"no resource":              {statement(`"Effect": "Allow", "Action": "s3:*"`), "either Resource or NotResource"},
		"action without service":   {statement(`"Effect": "Allow", "Action": "GetObject", "Resource": "*"`), `the action "GetObject"`},
		"action as object":         {statement(`"Effect": "Allow", "Action": {"a": 1}, "Resource": "*"`), "as Action"},
		"resource as number":       {statement(`"Effect": "Allow", "Action": "s3:*", "Resource": 1`), "as Resource"},
		"resource as function":     {statement(`"Effect": "Allow", "Action": "s3:*", "Resource": {"Ref": "ExternalId"}`), "CloudFormation would replace Ref"},
		"principal":                {statement(`"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"`), "only the trust policy"},
		"unknown element":          {statement(`"Effect": "Allow", "Actions": "s3:*", "Resource": "*"`), `element "Actions"`},
		"sid":                      {statement(`"Sid": "a b", "Effect": "Allow", "Action": "s3:*", "Resource": "*"`), "Sid"},
		"condition as text":        {statement(`"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": "x"`), "an object as Condition"},
		"unknown operator":         {statement(`"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": {"Equals": {"a": "b"}}`), `operator "Equals"`},
		"operator without keys":    {statement(`"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": {"Bool": "x"}`), "under Bool"},
		"condition of an object":   {statement(`"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": {"Bool": {"a": {"b": "c"}}}`), `condition key "a"`},
		"everything":               {statement(`"Effect": "Allow", "Action": "*", "Resource": "*"`), "warning inline_policies[p]: A statement allows * on every resource"},
		"everything of sts":        {statement(`"Effect": "Allow", "Action": ["sts:*"], "Resource": ["**"]`), "allows sts:* on every resource"},
		"everything but a bucket":  {statement(`"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::x"`), "allows * on every resource"},
		"everything by arn":        {statement(`"Effect": "Allow", "Action": "*", "Resource": "arn:*"`), "allows * on every resource"},
		"everything of iam":        {statement(`"Effect": "Allow", "Action": "iam:*", "Resource": "arn:aws:iam::*:*"`), "warning inline_policies[p]: A statement allows iam:* on every resource"},
		"escalation":               {statement(`"Effect": "Allow", "Action": ["iam:Create*", "iam:Put*"], "Resource": "*"`), "allows iam:Create*, iam:Put* on every resource"},
		"dynamic reference":        {statement(`"Effect": "Allow", "Action": "s3:GetObject", "Resource": "{{resolve:ssm:/x}}"`), "CloudFormation would replace {{resolve:ssm:/x}}"},
		"dynamic key":              {statement(`"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", "Condition": {"Bool": {"{{resolve:ssm:/x}}": "true"}}`), "CloudFormation would replace {{resolve"},
		"reference as a key":       {statement(`"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", "Condition": {"StringEquals": {"Ref": "AWS::AccountId"}}`), "CloudFormation would replace Ref"},
		"function as a key":        {statement(`"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", "Condition": {"StringEquals": {"Fn::Sub": "x"}}`), "CloudFormation would replace Fn::Sub"},
		"trust policies":           {statement(`"Effect": "Allow", "Action": "iam:UpdateAssumeRolePolicy", "Resource": "*"`), "error inline_policies[p]: A statement allows iam:UpdateAssumeRolePolicy on"},
		"its own trust policy":     {statement(`"Effect": "Allow", "Action": "iam:*", "Resource": "arn:aws:iam::012345678901:role/p/Own"`), "error inline_policies[p]: A statement allows iam:* on"},
		"by a variable":            {statement(`"Effect": "Allow", "Action": "iam:UpdateAssumeRolePolicy", "Resource": "arn:aws:iam::012345678901:role/${aws:PrincipalTag/x, 'Own'}"`), "error inline_policies[p]: A statement allows iam:UpdateAssumeRolePolicy on"},
		"made anew":                {statement(`"Effect": "Allow", "Action": ["iam:DeleteRole", "iam:CreateRole"], "Resource": "arn:aws:iam::012345678901:role/Own"`), "error inline_policies[p]: A statement allows iam:CreateRole on"},
		"made anew by a variable":  {statement(`"Effect": "Allow", "Action": "iam:CreateRole", "Resource": "arn:aws:iam::012345678901:role/${aws:PrincipalTag/x, 'Own'}"`), "warning inline_policies[p]: A statement allows iam:CreateRole on what may be"},
		"other roles made":         {statement(`"Effect": "Allow", "Action": "iam:CreateRole", "Resource": "arn:aws:iam::012345678901:role/app-*"`), ""},
		"other trust policies":     {statement(`"Effect": "Allow", "Action": "iam:UpdateAssumeRolePolicy", "Resource": "arn:aws:iam::012345678901:role/app-*"`), ""},
		"another trust policy":     {statement(`"Effect": "Allow", "Action": "iam:UpdateAssumeRolePolicy", "Resource": "arn:aws:iam::012345678901:role/Other"`), ""},
		"everything denied":        {statement(`"Effect": "Deny", "Action": "*", "Resource": "*"`), ""},
		"everything on one bucket": {statement(`"Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::x"`), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var want []string
			if row.want != "" {
				want = []string{row.want}
			}
			matches(t, shownRole(cfn.CheckRole(cfn.Role{Name: "Own", InlinePolicies: map[string]string{"p": row.policy}}, "")), want)
		})
	}
}

// Where anyone may launch, nobody knows yet whose policies they are.
func TestCheckRole_anyAccount(t *testing.T) {
	t.Parallel()
	role := cfn.Role{PermissionsBoundaryARN: "arn:aws:iam::333333333333:policy/b"}
	matches(t, shownRole(cfn.CheckRole(role, "")), []string{"warning permissions_boundary_arn[]: This policy is not one of AWS's"})
}

func TestCheckRole_inlineSizes(t *testing.T) {
	t.Parallel()
	policies := map[string]string{"a": document(5000), "b": strings.ReplaceAll(document(5240), ":[", " : [\n\t")}
	matches(t, shownRole(cfn.CheckRole(cfn.Role{InlinePolicies: policies}, "")), nil)
	over := maps.Clone(policies)
	over["a"] = document(5001)
	matches(t, shownRole(cfn.CheckRole(cfn.Role{InlinePolicies: over}, "")), []string{"error inline_policies[]: The inline policies have 10241 characters"})
	long := strings.Repeat("n", 128)
	matches(t, shownRole(cfn.CheckRole(cfn.Role{InlinePolicies: map[string]string{long: document(200)}}, "")), nil)
	matches(t, shownRole(cfn.CheckRole(cfn.Role{InlinePolicies: map[string]string{long + "n": document(200), "a b": document(200)}}, "")),
		[]string{`error inline_policies[a b]: A policy's name has 1 to 128 letters, digits or any of _+=,.@-; this one holds " ".`, "error inline_policies[nnn"})
}

func TestSamePolicy(t *testing.T) {
	t.Parallel()
	const policy = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:GetObject","s3:List*"],"Resource":"*",` +
		`"Condition":{"StringEquals":{"aws:PrincipalTag/Team":["a","b"]},"Bool":{"aws:SecureTransport":"true"}}},{"Effect":"Deny","Action":"iam:*","Resource":"*"}]}`
	for name, other := range map[string]string{
		"itself":           policy,
		"spaces":           strings.ReplaceAll(policy, ":", " :\n"),
		"keys":             strings.Replace(strings.Replace(policy, `"Version":"2012-10-17",`, "", 1), `"}]}`, `"}],"Version":"2012-10-17"}`, 1),
		"values":           strings.Replace(policy, `["s3:GetObject","s3:List*"]`, `["s3:List*","s3:GetObject","s3:List*"]`, 1),
		"case of actions":  strings.Replace(policy, "s3:GetObject", "S3:getobject", 1),
		"case of keys":     strings.Replace(policy, "aws:PrincipalTag/Team", "AWS:principaltag/team", 1),
		"list of one":      strings.Replace(policy, `"Resource":"*"`, `"Resource":["*"]`, 1),
		"boolean":          strings.Replace(policy, `"true"`, `true`, 1),
		"order of clauses": `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"iam:*","Resource":"*"},` + policy[strings.Index(policy, `{"Effect":"Allow"`):strings.Index(policy, `,{"Effect":"Deny"`)] + "]}",
	} {
		if other = strings.ReplaceAll(other, "iam :\n", "iam:"); name == "spaces" {
			other = strings.NewReplacer("s3 :\n", "s3:", "aws :\n", "aws:").Replace(other)
		}
		if !cfn.SamePolicy(policy, other) || !cfn.SamePolicy(other, policy) {
			t.Errorf("%s: not the same: %s", name, other)
		}
	}
	for name, other := range map[string]string{
		"version":          strings.Replace(policy, "2012", "2008", 1),
		"effect":           strings.Replace(policy, "Allow", "Deny", 1),
		"case of effect":   strings.Replace(policy, "Allow", "allow", 1),
		"action":           strings.Replace(policy, "s3:List*", "s3:List", 1),
		"not action":       strings.Replace(policy, `"Action":"iam:*"`, `"NotAction":"iam:*"`, 1),
		"case of resource": strings.Replace(policy, `"Resource":"*"`, `"Resource":"arn:aws:s3:::A"`, 1),
		"case of values":   strings.Replace(policy, `["a","b"]`, `["A","b"]`, 1),
		"operator":         strings.Replace(policy, "StringEquals", "StringLike", 1),
		"no condition":     strings.Replace(policy, `,"Bool":{"aws:SecureTransport":"true"}`, "", 1),
		"one more":         strings.Replace(policy, `["a","b"]`, `["a","b","c"]`, 1),
		"repeated key":     strings.Replace(policy, `{"Version"`, `{"Version":"x","Version"`, 1),
		"no json":          "x",
		"empty":            "",
	} {
		if cfn.SamePolicy(policy, other) || cfn.SamePolicy(other, policy) {
			t.Errorf("%s: the same", name)
		}
	}
	if !cfn.SamePolicy("x", "x") || cfn.SamePolicy("x", "y") {
		t.Error("texts that are not JSON are compared as texts")
	}
}
