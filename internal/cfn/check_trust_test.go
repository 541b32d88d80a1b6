package cfn_test

import (
	"strings"
	"testing"

	"github.com/xrole/terraform-provider-xrole/internal/cfn"
)

const (
	principalLine = `Principal: {AWS: !Sub "arn:${AWS::Partition}:iam::${PartnerAccountId}:root"}`
	actionLine    = `Action: sts:AssumeRole`
	equalsLine    = `StringEquals: {sts:ExternalId: !Ref ExternalId}`
	likeLine      = `ArnLike: {aws:PrincipalArn: !Ref TrustedPrincipalArns}`
	readLine      = "  Read:\n"
)

// secondRole is put before Read: a role beside a good one.
func secondRole(statements ...string) string {
	text := "  Second:\n    Type: AWS::IAM::Role\n    Properties:\n      AssumeRolePolicyDocument:\n        Version: \"2012-10-17\"\n        Statement:\n"
	for _, s := range statements {
		text += "          - " + strings.ReplaceAll(s, "\n", "\n            ") + "\n"
	}
	return text + readLine
}

// somePartner lets in fewer of the partner than the callback's role must.
const somePartner = "Effect: Allow\nPrincipal: {AWS: !Ref PartnerAccountId}\nAction: sts:AssumeRole\nCondition:\n  " + equalsLine +
	"\n  ArnLike: {aws:PrincipalArn: \"" + receiver + "\"}"

func TestRender_trustAccepted(t *testing.T) {
	t.Parallel()
	for name, pairs := range map[string][]string{
		"as it is":                 {},
		"root written out":         {principalLine, `Principal: {AWS: "arn:aws:iam::111122223333:root"}`},
		"account id alone":         {principalLine, `Principal: {AWS: !Ref PartnerAccountId}`},
		"principal in a list":      {principalLine, `Principal: {AWS: [!Ref PartnerAccountId]}`},
		"joined root":              {principalLine, `Principal: {AWS: !Join [":", [arn, !Ref AWS::Partition, iam, "", !Ref PartnerAccountId, root]]}`},
		"action in a list":         {actionLine, `Action: [sts:AssumeRole]`},
		"action in capitals":       {actionLine, `Action: STS:ASSUMEROLE`},
		"action with a wildcard":   {actionLine, `Action: sts:AssumeRole*`},
		"key in capitals":          {equalsLine, `StringEquals: {STS:EXTERNALID: !Ref ExternalId}`},
		"values in lists":          {equalsLine, `StringEquals: {sts:ExternalId: [!Ref ExternalId]}`},
		"written out":              {equalsLine, `StringEquals: {sts:ExternalId: ` + current + `}`},
		"arn equals":               {likeLine, `ArnEquals: {aws:PrincipalArn: !Ref TrustedPrincipalArns}`},
		"string like":              {likeLine, `StringLike: {AWS:principalarn: !Ref TrustedPrincipalArns}`},
		"principals written out":   {likeLine, `ArnLike: {aws:PrincipalArn: ["` + receiver + `", !Sub "` + strings.Replace(collector, "aws", "${AWS::Partition}", 1) + `"]}`},
		"one more condition":       {likeLine, likeLine + "\n              IpAddress: {aws:SourceIp: !Ref Bucket}"},
		"one more deny":            {actionLine, actionLine + "\n            Sid: In", readLine, secondRole("Effect: Deny\nPrincipal: \"*\"\nAction: \"*\"")},
		"lambda's role":            {readLine, secondRole("Effect: Allow\nPrincipal: {Service: !Sub \"lambda.${AWS::URLSuffix}\"}\nAction: sts:AssumeRole")},
		"a service and all of sts": {readLine, secondRole("Effect: Allow\nPrincipal: {Service: [ec2.amazonaws.com]}\nAction: sts:*")},
		"a service of the region":  {readLine, secondRole("Effect: Allow\nPrincipal: {Service: !Sub \"states.${AWS::Region}.amazonaws.com\"}\nAction: sts:AssumeRole")},
		"tags on their own":        {readLine, secondRole("Effect: Allow\nPrincipal: {AWS: !Ref PartnerAccountId}\nAction: [sts:TagSession, sts:SetSourceIdentity]")},
		"fewer principals beside":  {readLine, secondRole(somePartner)},
		"both branches good":       {equalsLine, `StringEquals: !If [HasBucket, {sts:ExternalId: !Ref ExternalId}, {sts:ExternalId: [!Ref ExternalId]}]`},
		"no value beside":          {likeLine, likeLine + "\n              Bool: !If [HasBucket, {aws:SecureTransport: \"true\"}, !Ref AWS::NoValue]"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			accepted(t, edit(t, pairs...), values())
		})
	}
}

func TestRender_trustRefused(t *testing.T) {
	t.Parallel()
	const unknown = "known only when the stack runs"
	for name, row := range map[string]struct {
		want  string
		pairs []string
	}{
		"no external id":            {"without the External ID", []string{equalsLine, ""}},
		"no condition":              {"without the External ID", []string{"            Condition:\n              " + equalsLine + "\n              " + likeLine + "\n", ""}},
		"another external id":       {"not the one of this onboarding", []string{equalsLine, `StringEquals: {sts:ExternalId: ` + previous + `}`}},
		"one more external id":      {"not the one of this onboarding", []string{equalsLine, `StringEquals: {sts:ExternalId: [!Ref ExternalId, other]}`}},
		"customer's own parameter":  {unknown, []string{equalsLine, `StringEquals: {sts:ExternalId: !Ref Bucket}`}},
		"dynamic reference":         {unknown, []string{equalsLine, `StringEquals: {sts:ExternalId: "{{resolve:ssm:/id}}"}`}},
		"string like":               {"StringEquals, once", []string{equalsLine, `StringLike: {sts:ExternalId: !Ref ExternalId}`}},
		"star":                      {"StringEquals, once", []string{equalsLine, `StringLike: {sts:ExternalId: "*"}`}},
		"if exists":                 {"StringEquals, once", []string{equalsLine, `StringEqualsIfExists: {sts:ExternalId: !Ref ExternalId}`}},
		"for all values":            {"StringEquals, once", []string{equalsLine, `"ForAllValues:StringEquals": {sts:ExternalId: !Ref ExternalId}`}},
		"for any value":             {"StringEquals, once", []string{equalsLine, `"ForAnyValue:StringEquals": {sts:ExternalId: !Ref ExternalId}`}},
		"ignore case":               {"StringEquals, once", []string{equalsLine, `StringEqualsIgnoreCase: {sts:ExternalId: !Ref ExternalId}`}},
		"null":                      {"StringEquals, once", []string{equalsLine, `"Null": {sts:ExternalId: "true"}`}},
		"null beside":               {"StringEquals, once", []string{equalsLine, equalsLine + "\n              \"Null\": {sts:ExternalId: \"true\"}"}},
		"key twice":                 {"StringEquals, once", []string{equalsLine, `StringEquals: {sts:ExternalId: !Ref ExternalId, STS:externalid: other}`}},
		"operator in lower case":    {"no condition operator", []string{equalsLine, `stringequals: {sts:ExternalId: !Ref ExternalId}`}},
		"one branch without":        {"without the External ID", []string{equalsLine, `StringEquals: !If [HasBucket, {sts:ExternalId: !Ref ExternalId}, !Ref AWS::NoValue]`}},
		"one branch with another":   {"not the one of this onboarding", []string{equalsLine, `StringEquals: {sts:ExternalId: !If [HasBucket, other, !Ref ExternalId]}`}},
		"no principal condition":    {"every principal of the partner's account", []string{likeLine, ""}},
		"no principals at all":      {"lets in nobody", []string{likeLine, `ArnLike: {aws:PrincipalArn: []}`}},
		"second role for nobody":    {"lets in nobody", []string{readLine, secondRole(strings.Replace(somePartner, `"`+receiver+`"`, "[]", 1))}},
		"key with a dotted I":       {"no condition key", []string{equalsLine, `StringEquals: {"sts:Externalİd": !Ref ExternalId}`}},
		"key with a sign":           {"no condition key", []string{likeLine, likeLine + "\n              Bool: {\"aws:to\u212aen\": \"true\"}"}},
		"operator that is none":     {`no condition operator "Foo"`, []string{likeLine, likeLine + "\n              Foo: {aws:x: y}"}},
		"operator twice":            {`no condition operator "stringequals"`, []string{likeLine, likeLine + "\n              stringequals: {aws:x: y}"}},
		"operator by reference":     {"no condition operator", []string{likeLine, likeLine + "\n              \"{{resolve:ssm:x}}\": {aws:x: y}"}},
		"external id as a number":   {"Put it in quotes", []string{equalsLine, `StringEquals: {sts:ExternalId: !!int ` + current + `}`}},
		"principal as a number":     {"Put it in quotes", []string{likeLine, `ArnLike: {aws:PrincipalArn: [!!float "` + receiver + `", "` + collector + `"]}`}},
		"wide principal pattern":    {"not among the hub's trusted principals", []string{likeLine, `ArnLike: {aws:PrincipalArn: "*"}`}},
		"one more principal":        {"not among the hub's trusted principals", []string{likeLine, `ArnLike: {aws:PrincipalArn: ["` + receiver + `", "arn:aws:iam::999999999999:root"]}`}},
		"principal if exists":       {"by ArnLike", []string{likeLine, `ArnLikeIfExists: {aws:PrincipalArn: !Ref TrustedPrincipalArns}`}},
		"principal not like":        {"by ArnLike", []string{likeLine, `ArnNotLike: {aws:PrincipalArn: !Ref TrustedPrincipalArns}`}},
		"principal twice":           {"by ArnLike", []string{likeLine, likeLine + "\n              ArnEquals: {aws:PrincipalArn: !Ref TrustedPrincipalArns}"}},
		"pattern taken as it is":    {"would let in nobody", []string{likeLine, `StringEquals: {aws:PrincipalArn: !Ref TrustedPrincipalArns}`, equalsLine, ""}},
		"principal by parameter":    {unknown, []string{likeLine, `ArnLike: {aws:PrincipalArn: !Ref Bucket}`}},
		"receiver left out":         {"No role of this template", []string{likeLine, `ArnLike: {aws:PrincipalArn: "` + collector + `"}`}},
		"everyone":                  {"lets in every AWS account", []string{principalLine, `Principal: "*"`}},
		"every account":             {"lets in every AWS account", []string{principalLine, `Principal: {AWS: "*"}`}},
		"another account":           {"not the root of the partner's account", []string{principalLine, `Principal: {AWS: "999999999999"}`}},
		"the customer's own root":   {"not the root of the partner's account", []string{principalLine, `Principal: {AWS: !Sub "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}`}},
		"a role":                    {"AROA", []string{principalLine, `Principal: {AWS: "` + receiver + `"}`}},
		"a user":                    {"AROA", []string{principalLine, `Principal: {AWS: "arn:aws:iam::111122223333:user/x"}`}},
		"root and a role":           {"only principal", []string{principalLine, `Principal: {AWS: [!Ref PartnerAccountId, "` + receiver + `"]}`}},
		"root and a service":        {"only principal", []string{principalLine, `Principal: {AWS: !Ref PartnerAccountId, Service: ec2.amazonaws.com}`}},
		"a service and root":        {"only principal", []string{principalLine, `Principal: {Service: ec2.amazonaws.com, AWS: !Ref PartnerAccountId}`}},
		"federated with all of sts": {"only principal", []string{principalLine, `Principal: {Federated: cognito-identity.amazonaws.com}`}},
		"not principal":             {"NotPrincipal", []string{principalLine, `NotPrincipal: {AWS: "999999999999"}`}},
		"no principal":              {"names no Principal", []string{principalLine, ""}},
		"principal by parameter ":   {unknown, []string{principalLine, `Principal: {AWS: !Ref Bucket}`}},
		"principal by another role": {unknown, []string{principalLine, `Principal: {AWS: !GetAtt Other.Arn}`, readLine, "  Other: {Type: AWS::S3::Bucket}\n" + readLine}},
		"all of sts":                {"shares this statement with", []string{actionLine, `Action: sts:*`}},
		"everything":                {"shares this statement with", []string{actionLine, `Action: "*"`}},
		"tag session beside":        {"sts:TagSession", []string{actionLine, `Action: [sts:AssumeRole, sts:TagSession]`}},
		"source identity beside":    {"sts:SetSourceIdentity", []string{actionLine, `Action: [sts:SetSource*, sts:assumerole]`}},
		"not action":                {"NotAction allows every other", []string{actionLine, `NotAction: s3:*`}},
		"action by parameter":       {unknown, []string{actionLine, `Action: !Ref Bucket`}},
		"action by reference":       {unknown, []string{actionLine, `Action: "{{resolve:ssm:/action}}"`}},
		"action joined reference":   {unknown, []string{actionLine, `Action: !Join ["", ["{{reso", "lve:ssm:/action}}"]]`}},
		"effect by parameter":       {"Effect must be", []string{"- Effect: Allow", "- Effect: !Ref Bucket"}},
		"effect in lower case":      {"Effect must be", []string{"- Effect: Allow", "- Effect: allow"}},
		"resource":                  {`no element "Resource"`, []string{actionLine, actionLine + "\n            Resource: \"*\""}},
		"action in lower case":      {`no element "action"`, []string{actionLine, `action: sts:AssumeRole`}},
		"statement in lower case":   {`no element "statement"`, []string{"Statement:\n          - Effect", "statement:\n          - Effect"}},
		"statement by parameter":    {unknown, []string{"- Effect: Allow\n            " + principalLine, "- !Ref Bucket\n          - Effect: Allow\n            " + principalLine}},
		"condition by parameter":    {unknown, []string{likeLine, likeLine + "\n              Bool: !Ref Bucket"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			refused(t, edit(t, row.pairs...), values(), row.want)
		})
	}
}

func TestRender_everyRole(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct{ want, statement string }{
		"second role without external id": {
			"Resources.Second.Properties.AssumeRolePolicyDocument.Statement[0].Condition: This statement allows sts:AssumeRole without",
			"Effect: Allow\nPrincipal: {AWS: !Ref PartnerAccountId}\nAction: sts:AssumeRole",
		},
		"second role open under a condition": {
			"lets in every AWS account",
			"!If\n- HasBucket\n- {Effect: Deny, Principal: \"*\", Action: sts:AssumeRole}\n- {Effect: Allow, Principal: \"*\", Action: sts:AssumeRole}",
		},
		"second role for certificates": {
			"outside AWS",
			"Effect: Allow\nPrincipal: {Service: [ec2.amazonaws.com, RolesAnywhere.amazonaws.com]}\nAction: [sts:AssumeRole, sts:TagSession, sts:SetSourceIdentity]",
		},
		"second role for things": {
			"outside AWS",
			"Effect: Allow\nPrincipal: {Service: !Sub \"credentials.iot.${AWS::URLSuffix}\"}\nAction: sts:AssumeRole",
		},
		"service by parameter": {
			"What the service !Ref Bucket will be",
			"Effect: Allow\nPrincipal: {Service: !Ref Bucket}\nAction: sts:AssumeRole",
		},
		"service by mapping": {
			"A service is named in full",
			"Effect: Allow\nPrincipal: {Service: {AWS: \"*\"}}\nAction: sts:AssumeRole",
		},
		"second role for an identity provider": {
			"identity provider",
			"Effect: Allow\nPrincipal: {Federated: !Ref Bucket}\nAction: sts:AssumeRoleWithWebIdentity\nCondition: {StringEquals: {\"x:aud\": y}}",
		},
		"second role for everybody at an identity provider": {
			"identity provider",
			"Effect: Allow\nPrincipal: {Federated: cognito-identity.amazonaws.com}\nAction: [sts:tagsession, STS:AssumeRoleWith*]",
		},
		"second role for assertions": {
			"identity provider",
			"Effect: Allow\nPrincipal: \"*\"\nAction: sts:AssumeRoleWithSAM?",
		},
		"second role for the customer": {
			"not the root of the partner's account",
			"Effect: Allow\nPrincipal: {AWS: \"" + customer + "\"}\nAction: sts:AssumeRole",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			refused(t, edit(t, readLine, secondRole(row.statement)), values(), row.want)
		})
	}
}

func TestRender_trustAsText(t *testing.T) {
	t.Parallel()
	const good = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"${PartnerAccountId}"},"Action":"sts:AssumeRole",` +
		`"Condition":{"StringEquals":{"sts:ExternalId":"${ExternalId}"},"ArnLike":{"aws:PrincipalArn":["` + collector + `","` + receiver + `"]}}}]}`
	from := base[strings.Index(base, "      AssumeRolePolicyDocument:"):strings.Index(base, readLine)]
	text := func(document string) string {
		return edit(t, from, "      AssumeRolePolicyDocument: !Sub '"+document+"'\n")
	}
	accepted(t, text(good), values())
	refused(t, text(strings.Replace(good, "StringEquals", "StringLike", 1)), values(), "StringEquals, once")
	refused(t, text(strings.Replace(good, `"Action"`, `"Condition":{},"Action"`, 1)), values(), "cannot be read")
	refused(t, text(strings.Replace(good, "${ExternalId}", "${Bucket}", 1)), values(), "cannot be read")
	refused(t, text(strings.Replace(good, "}]}", "}]", 1)), values(), "cannot be read")
	refused(t, edit(t, from, "      AssumeRolePolicyDocument: !Ref AWS::NoValue\n"), values(), "cannot be read")
	refused(t, edit(t, from, "      Path: /x/\n"), values(), "A role needs a trust policy")
	refused(t, edit(t, from, "      AssumeRolePolicyDocument: {Version: \"2012-10-17\"}\n"), values(), "has no Statement")
}

// An External ID that was taken over may look like a number, which readers of YAML write in another way.
func TestRender_trustNumbers(t *testing.T) {
	t.Parallel()
	const unquoted = "StringEquals:\n                sts:ExternalId: "
	for _, id := range []string{
		"0123456789012345", "0123", "123456", "0x1F", "1_000", "1e5", "2012-10-17", "2012-10-17T10:20:30", "12:30:45", "1:30.5", "null", "true",
		"yes", "Yes", "no", "NO", "on", "off", // truth values in YAML 1.1 only, which CloudFormation reads
	} {
		v := values()
		v.ExternalIDs = []string{id}
		refused(t, edit(t, equalsLine, unquoted+id), v, "Put it in quotes")
		accepted(t, edit(t, equalsLine, unquoted+"\""+id+"\""), v)
		accepted(t, edit(t, equalsLine, unquoted+"!!str "+id), v)
		for _, reference := range []string{"!Ref ExternalId", "!Sub ${ExternalId}", "!Sub '${ExternalId}'", "!Join ['', [!Ref ExternalId]]"} {
			source := edit(t, equalsLine, unquoted+reference)
			accepted(t, source, v)
			for mode, lines := range map[cfn.Mode]int{cfn.Pinned: 1, cfn.Parameters: 2} { // Default and AllowedValues
				body := string(render(t, source, v, mode).Body)
				if n := strings.Count(body, `"`+id+`"`) + strings.Count(body, "'"+id+"'"); n < lines {
					t.Errorf("%s with %s, %s: written in quotes %d times of %d:\n%s", id, reference, mode, n, lines, body)
				}
			}
		}
	}
}

// A function takes such a value as the reader gives it, too.
func TestRender_trustNumbersInText(t *testing.T) {
	t.Parallel()
	const unquoted = "StringEquals:\n                sts:ExternalId: "
	for id, fault := range map[string]string{"0x1F": "cannot be checked", "0123": "cannot be checked", "on": "cannot be checked", "12": ""} {
		v := values()
		v.ExternalIDs = []string{id}
		for _, text := range []string{"!Join ['', [%]]", "!Join [%, ['', '']]", "!Sub ['${X}', {X: %}]"} {
			if source := edit(t, equalsLine, unquoted+strings.ReplaceAll(text, "%", id)); fault != "" {
				refused(t, source, v, fault)
			} else {
				accepted(t, source, v)
			}
			accepted(t, edit(t, equalsLine, unquoted+strings.ReplaceAll(text, "%", "'"+id+"'")), v)
		}
	}
}

// Neither is the name of an onboarding that looks like a number, or a truth value, what the callback would report.
func TestRender_callbackNumbers(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"0123", "on"} {
		v := values()
		v.OnboardingName = name
		refused(t, edit(t, "OnboardingName: !Ref OnboardingName", "OnboardingName: "+name), v, "must report the value that xrole gives")
		accepted(t, edit(t, "OnboardingName: !Ref OnboardingName", "OnboardingName: '"+name+"'"), v)
		accepted(t, base, v)
	}
}

// A tag's key may be in any alphabet.
func TestRender_trustTags(t *testing.T) {
	t.Parallel()
	accepted(t, edit(t, equalsLine, equalsLine+"\n              StringLike: {\"aws:PrincipalTag/größe\": \"x\"}"), values())
}

func TestRender_manyConditions(t *testing.T) {
	t.Parallel()
	conditions, tests := "", ""
	for _, c := range "ABCDEFG" {
		conditions += "  " + string(c) + ": !Equals [!Ref Bucket, x]\n"
		tests += "\n              " + string(c) + ": !If [" + string(c) + ", {a: b}, {c: d}]"
	}
	refused(t, edit(t, "Conditions:\n", "Conditions:\n"+conditions, likeLine, likeLine+tests), values(), "More than 6 conditions")
}

func TestRender_rotation(t *testing.T) {
	t.Parallel()
	accepted(t, base, rotating())
	accepted(t, edit(t, equalsLine, `StringEquals: {sts:ExternalId: [!Ref ExternalId]}`), rotating())
	accepted(t, edit(t, equalsLine, `StringEquals: {sts:ExternalId: [`+previous+`, `+current+`]}`), rotating())
	refused(t, edit(t, equalsLine, `StringEquals: {sts:ExternalId: `+current+`}`), rotating(), "not the one of this onboarding")
	refused(t, edit(t, equalsLine, `StringEquals: {sts:ExternalId: !Sub "${ExternalId}"}`), rotating(), "there are two of them")
	refused(t, edit(t, "Description: Acme", "Description: Acme\nMetadata: {Id: !Ref ExternalId}"), rotating(), "there are two of them")
	refused(t, edit(t, "{Value: !GetAtt Role.Arn}", "{Value: !Ref ExternalId}"), rotating(), "there are two of them")
	refused(t, edit(t, equalsLine, `StringEquals: {sts:ExternalId: !If [HasBucket, !Ref ExternalId, x]}`), rotating(), "there are two of them")
}

// A role that lets the partner in has no other door.
func TestRender_otherDoors(t *testing.T) {
	t.Parallel()
	for name, statement := range map[string]string{
		"context":      `{Effect: Allow, Principal: {AWS: "*"}, Action: sts:SetContext}`,
		"web identity": `{Effect: Allow, Principal: {Federated: accounts.google.com}, Action: sts:AssumeRoleWithWebIdentity}`,
		"saml":         `{Effect: Allow, Principal: {AWS: "*"}, Action: sts:AssumeRoleWithSAML}`,
		"any service":  `{Effect: Allow, Principal: {Service: "*"}, Action: sts:AssumeRole}`,
		"a service":    `{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: sts:AssumeRole}`,
		"certificates": `{Effect: Allow, Principal: {Service: rolesanywhere.amazonaws.com}, Action: [sts:AssumeRole, sts:TagSession, sts:SetSourceIdentity]}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := edit(t, "          - Effect: Allow\n", "          - "+statement+"\n          - Effect: Allow\n")
			want := "lets others into this role"
			switch name {
			case "web identity", "saml":
				want = "identity provider"
			case "any service":
				want = "named in full"
			case "a service", "certificates":
				want = "lets a service into the partner's role"
			}
			refused(t, body, values(), want)
			refused(t, edit(t, readLine, secondRole(somePartner, statement)), values(), want)
		})
	}
}
