package cfn_test

import (
	"strings"
	"testing"

	"github.com/xrole/terraform-provider-xrole/internal/cfn"
)

func TestRender_link(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		parameter, value, want string
	}{
		"text":                    {"{Type: String}", "any: text, with & all", ""},
		"empty":                   {"{Type: String}", "", ""},
		"allowed value":           {"{Type: String, AllowedValues: [a, b]}", "b", ""},
		"other value":             {"{Type: String, AllowedValues: [a, b]}", "c", "not among the AllowedValues"},
		"pattern":                 {"{Type: String, AllowedPattern: \"[a-z]+\"}", "abc", ""},
		"pattern in part":         {"{Type: String, AllowedPattern: \"[a-z]+\"}", "abc1", "does not match"},
		"alternatives in pattern": {"{Type: String, AllowedPattern: \"a|b\"}", "ax", "does not match"},
		"pattern of java":         {"{Type: String, AllowedPattern: \"(?!x).*\"}", "x", "warning parameters.Own: The AllowedPattern"},
		"shortest":                {"{Type: String, MinLength: 3}", "äöü", ""},
		"too short":               {"{Type: String, MinLength: \"3\"}", "ab", "shorter than MinLength"},
		"longest":                 {"{Type: String, MaxLength: 3}", "äöü", ""},
		"too long":                {"{Type: String, MaxLength: 3}", "abcd", "longer than MaxLength"},
		"number":                  {"{Type: Number, MinValue: 1, MaxValue: 2.5}", "2.5", ""},
		"no number":               {"{Type: Number}", "two", "is not a number"},
		"too little":              {"{Type: Number, MinValue: 1}", "0", "less than MinValue"},
		"too much":                {"{Type: Number, MaxValue: 1}", "1.5", "more than MaxValue"},
		"numbers":                 {"{Type: List<Number>, MaxValue: 3}", "1, 2,3", ""},
		"numbers with a text":     {"{Type: List<Number>}", "1,b", `"b" is not a number`},
		"list":                    {"{Type: CommaDelimitedList, AllowedPattern: \"[a-z]\"}", "a, b,c", ""},
		"list with a wrong item":  {"{Type: CommaDelimitedList, AllowedPattern: \"[a-z]\"}", "a,BB", `"BB" does not match`},
		"longest value":           {"{Type: String}", strings.Repeat("x", 4096), ""},
		"too many bytes":          {"{Type: String}", strings.Repeat("é", 2049), "4096"},
		"not shown":               {"{Type: String, NoEcho: true}", "x", "is NoEcho"},
		"not shown, as text":      {"{Type: String, NoEcho: \"True\"}", "x", "is NoEcho"},
		"not shown, by an on":     {"{Type: String, NoEcho: On}", "x", "is NoEcho"},
		"shown":                   {"{Type: String, NoEcho: \"false\"}", "x", ""},
		"ssm":                     {"{Type: \"AWS::SSM::Parameter::Value<String>\"}", "/a/b", ""},
		"vpc":                     {"{Type: \"AWS::EC2::VPC::Id\"}", "vpc-1", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			source := edit(t, bucketLine, bucketLine+"  Own: "+row.parameter+"\n")
			for _, mode := range []cfn.Mode{cfn.Pinned, cfn.Parameters} {
				r, found := cfn.Render(source, values(), mode, map[string]string{"Own": row.value})
				if row.want == "" {
					expect(t, found)
				} else {
					expect(t, found, row.want)
				}
				if warning := strings.HasPrefix(row.want, "warning"); (r != nil) != (row.want == "" || warning) {
					t.Errorf("made %v", r != nil)
				}
			}
		})
	}
}

func TestRender_linkNames(t *testing.T) {
	t.Parallel()
	_, found := cfn.Render(base, values(), cfn.Pinned, map[string]string{"bucket": "x", "Other": "x", "ExternalId": "x", "TemplateVersion": "x"})
	expect(t, found, `parameters.ExternalId: xrole gives "ExternalId" its value itself`, `no parameter "Other", so the console would ignore this value. It declares Bucket.`,
		"parameters.TemplateVersion: xrole gives", `It declares "Bucket"; the case matters.`)
	kept := asked(t, render(t, base, values(), cfn.Parameters))[0].Name
	_, found = cfn.Render(base, values(), cfn.Parameters, map[string]string{kept: "x"})
	expect(t, found, "parameters."+kept+": xrole gives")
	_, found = cfn.Render(builtin(t, cfn.Role{}, topic), values(), cfn.Pinned, map[string]string{"Bucket": "x"})
	expect(t, found, "It declares none that a link could set.")
}

// What the link gives a parameter is sent to the partner where the callback carries the parameter.
func TestRender_linkCarriesNoSecret(t *testing.T) {
	t.Parallel()
	carries := edit(t, roleARNLine, roleARNLine+"      Note: !Sub \"note: ${Bucket}\"\n")
	for _, value := range []string{"{{resolve:secretsmanager:prod/db}}", "{{res"} {
		_, found := cfn.Render(carries, values(), cfn.Pinned, map[string]string{"Bucket": value})
		expect(t, found, "sent to the partner")
	}
	named := edit(t, roleARNLine, roleARNLine+"      Topic: !Ref Topic\n", readLine, "  Topic: {Type: AWS::SNS::Topic, Properties: {TopicName: !Ref Bucket}}\n"+readLine)
	_, found := cfn.Render(named, values(), cfn.Pinned, map[string]string{"Bucket": "{{resolve:secretsmanager:prod/db}}"})
	expect(t, found, "sent to the partner")
	if r, found := cfn.Render(carries, values(), cfn.Pinned, map[string]string{"Bucket": "logs"}); r == nil {
		t.Errorf("refused: %v", found)
	}
	if r, found := cfn.Render(base, values(), cfn.Pinned, map[string]string{"Bucket": "{x}"}); r == nil {
		t.Errorf("refused: %v", found)
	}
}

func TestRender_declarations(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct{ parameter, want string }{
		"no type":          {"{Default: x}", "is no type"},
		"unknown type":     {"{Type: Text}", `"Text" is no type`},
		"default is list":  {"{Type: CommaDelimitedList, Default: [a]}", "written out; a list is written with commas"},
		"default too long": {"{Type: String, Default: " + strings.Repeat("x", 4097) + "}", "4096"},
		"default refused":  {"{Type: String, Default: x, AllowedValues: [y]}", "not among the AllowedValues"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			refused(t, edit(t, bucketLine, bucketLine+"  Own: "+row.parameter+"\n"), values(), row.want)
		})
	}
}

func TestRender_ownParameters(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		want       string
		pinnedToo  bool
		old, fresh string
	}{
		"account as a number":  {"its Type must be String", true, "PartnerAccountId: {Type: String}", "PartnerAccountId: {Type: Number}"},
		"principals as a text": {"its Type must be CommaDelimitedList", true, "Arns: {Type: CommaDelimitedList}", "Arns: {Type: String}"},
		"not shown":            {"remove NoEcho", false, "  ExternalId: {Type: String}", "  ExternalId: {Type: String, NoEcho: true}"},
		"wrong pattern":        {`"111122223333" does not match`, false, "PartnerAccountId: {Type: String}", "PartnerAccountId: {Type: String, AllowedPattern: \"[a-z]+\"}"},
		"name taken":           {"xrole has to name this parameter ExternalIdD6EC68", false, bucketLine, bucketLine + "  ExternalIdD6EC68: {Type: String}\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			source := edit(t, row.old, row.fresh)
			_, found := cfn.Render(source, values(), cfn.Parameters, nil)
			if !strings.Contains(list(found), row.want) {
				t.Errorf("want %q, found\n%s", row.want, list(found))
			}
			if r, found := cfn.Render(source, values(), cfn.Pinned, nil); (r == nil) != row.pinnedToo {
				t.Errorf("pinned: made %v, found\n%s", r != nil, list(found))
			}
		})
	}
}

func TestRender_commaInPrincipal(t *testing.T) {
	t.Parallel()
	v := values()
	v.TrustedPrincipalARNs = append(v.TrustedPrincipalARNs, "arn:aws:iam::111122223333:role/a,b")
	if r, found := cfn.Render(base, v, cfn.Pinned, nil); r == nil {
		t.Error(list(found))
	}
	_, found := cfn.Render(base, v, cfn.Parameters, nil)
	if !strings.Contains(list(found), "has a comma in its name") {
		t.Error(list(found))
	}
}

func TestRender_badValues(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		want   string
		change func(*cfn.Values)
	}{
		"no external id":       {"one External ID, or two", func(v *cfn.Values) { v.ExternalIDs = nil }},
		"three external ids":   {"one External ID, or two", func(v *cfn.Values) { v.ExternalIDs = []string{"aa", "bb", "cc"} }},
		"the same twice":       {"must differ", func(v *cfn.Values) { v.ExternalIDs = []string{"aa", "aa"} }},
		"short external id":    {"2 to 1,224", func(v *cfn.Values) { v.ExternalIDs = []string{"a"} }},
		"long external id":     {"2 to 1,224", func(v *cfn.Values) { v.ExternalIDs = []string{strings.Repeat("a", 1225)} }},
		"external id in sub":   {"2 to 1,224", func(v *cfn.Values) { v.ExternalIDs = []string{"${AWS::AccountId}"} }},
		"partner":              {"partner's account id", func(v *cfn.Values) { v.PartnerAccountID = "1111-2222-3333" }},
		"customer":             {"customer's account id", func(v *cfn.Values) { v.AccountID = "x" }},
		"no principal":         {"At least one principal", func(v *cfn.Values) { v.TrustedPrincipalARNs = nil }},
		"any principal":        {"not the ARN", func(v *cfn.Values) { v.TrustedPrincipalARNs = []string{"*"} }},
		"quote in a principal": {"not the ARN", func(v *cfn.Values) { v.TrustedPrincipalARNs = []string{`arn:aws:iam::111122223333:role/"`} }},
		"no topic":             {"cannot be written", func(v *cfn.Values) { v.TopicARN = "" }},
		"quote in a name":      {"cannot be written", func(v *cfn.Values) { v.OnboardingName = `a"b` }},
		"region":               {"not a region", func(v *cfn.Values) { v.Region = "moon" }},
		"timeout":              {"The service timeout must be", func(v *cfn.Values) { v.ServiceTimeoutSeconds = 299 }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := values()
			row.change(&v)
			refused(t, base, v, row.want)
		})
	}
	if r, found := cfn.Render(base, values(), "other", nil); r != nil || !strings.Contains(list(found), "template mode must be") {
		t.Error(list(found))
	}
}
