package cfn_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"github.com/xrole/terraform-provider-xrole/internal/cfn"
)

const (
	keptID      = "ExternalIdD6EC68"
	keptPartner = "PartnerAccountIdAEB221"
	keptTrusted = "TrustedPrincipalArnsD8E468"
)

func TestRender_substitutes(t *testing.T) {
	t.Parallel()
	const both = `["` + collector + `", "` + receiver + `"]`
	for name, row := range map[string]struct{ value, pinned, parameters string }{
		"ref":                 {`!Ref ExternalId`, `"` + current + `"`, `!Ref ` + keptID},
		"long ref":            {`{"Ref": "ExternalId"}`, `"` + current + `"`, `!Ref ` + keptID},
		"account stays text":  {`!Ref PartnerAccountId`, `"111122223333"`, `!Ref ` + keptPartner},
		"written in":          {`!Ref OnboardingName`, `"globex"`, `"globex"`},
		"list":                {`!Join [" ", !Ref TrustedPrincipalArns]`, `!Join [" ", ` + both + `]`, `!Join [" ", !Ref ` + keptTrusted + `]`},
		"other ref":           {`!Ref Bucket`, `!Ref Bucket`, `!Ref Bucket`},
		"attribute":           {`!GetAtt ExternalId.Arn`, "", ""},
		"sub":                 {`!Sub "a ${ExternalId} ${Bucket}"`, `!Sub "a ` + current + ` ${Bucket}"`, `!Sub "a ${` + keptID + `} ${Bucket}"`},
		"long sub":            {`{"Fn::Sub": "a ${ExternalId} ${Bucket}"}`, `{"Fn::Sub": "a ` + current + ` ${Bucket}"}`, `{"Fn::Sub": "a ${` + keptID + `} ${Bucket}"}`},
		"sub to text":         {`!Sub a ${OnboardingName}`, `"a globex"`, `"a globex"`},
		"long sub to text":    {`{"Fn::Sub": "a ${OnboardingName}"}`, `"a globex"`, `"a globex"`},
		"sub to number":       {`!Sub ${PartnerAccountId}`, `"111122223333"`, `!Sub ${` + keptPartner + `}`},
		"literal":             {`!Sub "${!ExternalId} ${OnboardingName}"`, `"${ExternalId} globex"`, `"${ExternalId} globex"`},
		"literal in sub":      {`!Sub "${!ExternalId} ${OnboardingName} ${Bucket}"`, `!Sub "${!ExternalId} globex ${Bucket}"`, `!Sub "${!ExternalId} globex ${Bucket}"`},
		"untouched sub":       {`!Sub "plain ${!x}"`, `!Sub "plain ${!x}"`, `!Sub "plain ${!x}"`},
		"own variable":        {`!Sub ["${ExternalId} ${OnboardingName}", {ExternalId: !Ref PartnerAccountId}]`, `!Sub ["${ExternalId} globex", {ExternalId: "111122223333"}]`, `!Sub ["${ExternalId} globex", {ExternalId: !Ref ` + keptPartner + `}]`},
		"unused variable":     {`!Sub ["a ${OnboardingName}", {A: !Ref Bucket}]`, `"a globex"`, `"a globex"`},
		"list in sub":         {`!Sub "${TrustedPrincipalArns}"`, "", ""},
		"nested":              {`!If [HasBucket, [!Ref OnboardingName], {a: !Ref OnboardingName}]`, `!If [HasBucket, ["globex"], {a: "globex"}]`, `!If [HasBucket, ["globex"], {a: "globex"}]`},
		"text of a parameter": {`ExternalId ${ExternalId}`, `ExternalId ${ExternalId}`, `ExternalId ${ExternalId}`},
		"base64":              {`{"Fn::Base64": !Sub "${OnboardingName}"}`, `{"Fn::Base64": "globex"}`, `{"Fn::Base64": "globex"}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			source := edit(t, outputLine, outputLine+"  X:\n    Value: "+row.value+"\n")
			for mode, want := range map[cfn.Mode]string{cfn.Pinned: row.pinned, cfn.Parameters: row.parameters} {
				r, found := cfn.Render(source, values(), mode, nil)
				if (r != nil) != (want != "") {
					t.Fatalf("%s: made %v: %s", mode, r != nil, list(found))
				}
				if want == "" {
					continue
				}
				if diff := cmp.Diff(outputX(t, []byte("Outputs:\n  X:\n    Value: "+want+"\n")), outputX(t, r.Body)); diff != "" {
					t.Errorf("%s: %s", mode, diff)
				}
			}
		})
	}
}

func outputX(t *testing.T, body []byte) any {
	t.Helper()
	var doc yaml.Node
	if err := yaml.Unmarshal(body, &doc); err != nil {
		t.Fatal(err)
	}
	n := doc.Content[0]
	for _, key := range []string{"Outputs", "X", "Value"} {
		i := slices.IndexFunc(n.Content, func(c *yaml.Node) bool { return c.Value == key })
		n = n.Content[i+1]
	}
	return tree(n)
}

func TestRender_everySection(t *testing.T) {
	t.Parallel()
	source := edit(t,
		parameters, "Metadata: {Owner: [!Ref OnboardingName]}\n"+parameters,
		conditions, conditions+"  IsGlobex: !Equals [!Ref OnboardingName, globex]\n",
		resourceLine, "Rules: {R: {Assertions: [{Assert: !Equals [!Ref OnboardingName, globex]}]}}\n"+resourceLine,
		callbackLine, callbackLine+"    Metadata: {Owner: !Ref OnboardingName}\n",
		outputLine, outputLine+"  X: {Value: x, Export: {Name: !Ref OnboardingName}}\n")
	for _, mode := range []cfn.Mode{cfn.Pinned, cfn.Parameters} {
		body := string(render(t, source, values(), mode).Body)
		if strings.Contains(body, "!Ref OnboardingName") || strings.Count(body, `"globex"`) != 6 {
			t.Errorf("%s:\n%s", mode, body)
		}
	}
}

func TestRender_removesInterface(t *testing.T) {
	t.Parallel()
	const form = "Metadata:\n  AWS::CloudFormation::Interface:\n    ParameterGroups: [{Label: {default: x}, Parameters: [ExternalId, OnboardingName]}]\n    ParameterLabels: {OnboardingName: {default: x}}\n"
	source := edit(t, parameters, form+parameters)
	if body := string(render(t, source, values(), cfn.Pinned).Body); strings.Contains(body, "Metadata") {
		t.Errorf("an empty form is left:\n%s", body)
	}
	body := string(render(t, source, values(), cfn.Parameters).Body)
	if !strings.Contains(body, "Parameters: ["+keptID+"]") || strings.Contains(body, "OnboardingName:\n") || strings.Contains(body, "ParameterLabels") {
		t.Error(body)
	}
}

func TestRender_rules(t *testing.T) {
	t.Parallel()
	body := string(render(t, base, values(), cfn.Pinned).Body)
	for _, want := range []string{
		`!Equals [!Ref 'AWS::AccountId', "` + customer + `"]`, "Sign in to account " + customer + " and open the link again",
		`!Equals [!Ref 'AWS::Region', "eu-west-1"]`, "Choose eu-west-1 at the top of the console",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("%q is missing in\n%s", want, body)
		}
	}
	open := values()
	open.AccountID = ""
	if body := string(render(t, base, open, cfn.Pinned).Body); strings.Contains(body, "XroleAccount") || !strings.Contains(body, "XroleRegion") {
		t.Errorf("the rules of an open template:\n%s", body)
	}
	open.Region = ""
	if body := string(render(t, base, open, cfn.Pinned).Body); strings.Contains(body, "Rules") {
		t.Errorf("rules without values:\n%s", body)
	}
}

func TestRender_keepsStyle(t *testing.T) {
	t.Parallel()
	source := edit(t, outputLine, outputLine+"  X:\n    Value: !Sub | # why\n      # ${OnboardingName}\n      two\n  Y: {Value: !Sub '${OnboardingName}: it''s'}\n  Z:\n    Value: >-\n      folded\n      text\n\n      and more\n")
	body := string(render(t, source, values(), cfn.Pinned).Body)
	for _, want := range []string{"    Value: | # why\n      # globex\n      two\n", "{Value: 'globex: it''s'}"} {
		if !strings.Contains(body, want) {
			t.Errorf("%q is missing in\n%s", want, body)
		}
	}
}
