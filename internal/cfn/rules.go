package cfn

import (
	"fmt"

	"go.yaml.in/yaml/v3"
)

const (
	ruleAccount = "XroleAccount"
	ruleRegion  = "XroleRegion"
)

// addRules adds the rules that stop a launch in a wrong account or region before anything is made. Rules can use
// neither conditions nor Fn::If (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/rules-section-structure.html).
// They help the honest customer; who edits the template is stopped by the receiver.
func addRules(t *Template, v Values) {
	rules := t.section("Rules")
	if rules == nil {
		rules = mapping()
		key := plain("Rules")
		key.HeadComment = "# These stop a launch in a wrong account or region before anything is made."
		insertBefore(t.root(), "Resources", key, rules)
	}
	if v.AccountID != "" {
		rules.Content = append(rules.Content, plain(ruleAccount), rule(t, "AWS::AccountId", v.AccountID, fmt.Sprintf(
			"This template was made for the AWS account %s, and you are signed in to another one. Nothing was created. "+
				"Sign in to account %s and open the link again, or ask the partner for a link for this account.", v.AccountID, v.AccountID)))
	}
	if v.Region != "" {
		rules.Content = append(rules.Content, plain(ruleRegion), rule(t, "AWS::Region", v.Region, fmt.Sprintf(
			"This template works in the region %s only, since it reports to a topic there. Nothing was created. "+
				"Choose %s at the top of the console and launch it again; the role is valid in all regions.", v.Region, v.Region)))
	}
	if len(rules.Content) == 0 {
		removeField(t.root(), "Rules")
	}
}

func rule(t *Template, pseudo, value, description string) *yaml.Node {
	test := sequence(reference(pseudo, t.json), quoted(value))
	equals := mapping(plain("Fn::Equals"), test)
	if !t.json {
		equals = test
		equals.Tag = "!Equals"
		equals.Style = yaml.TaggedStyle | yaml.FlowStyle
	}
	return mapping(plain("Assertions"), sequence(mapping(
		plain("Assert"), equals,
		plain("AssertDescription"), quoted(description),
	)))
}

// checkRules keeps the names of xrole's own rules free.
func checkRules(t *Template, f *findings) {
	for key := range pairs(t.section("Rules")) {
		if key.Value == ruleAccount || key.Value == ruleRegion {
			f.errorf(key, "Rules."+key.Value, "xrole adds a rule of this name itself; rename or remove yours.")
		}
	}
}
