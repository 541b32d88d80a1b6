package cfn

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// policyDocument returns a resolved policy as a mapping. CloudFormation takes a policy as JSON in a string too.
func policyDocument(n *yaml.Node) (*yaml.Node, bool) {
	if n == nil || isUnknown(n) {
		return nil, false
	}
	if n.Kind == yaml.ScalarNode {
		doc, err := parseJSON(n.Value)
		if err != nil || checkTree(doc.Content[0], 1) != nil {
			return nil, false
		}
		n = placed(doc.Content[0], n)
	}
	return n, n.Kind == yaml.MappingNode
}

func placed(n, at *yaml.Node) *yaml.Node {
	moveTo(n, at)
	return n
}

// documentSize is a lower bound of what IAM counts: characters without white space, and nothing for what only the
// running stack knows.
func documentSize(n *yaml.Node) int {
	known := cloneNode(n)
	walk(known, "", func(n *yaml.Node, _ string) bool {
		if isUnknown(n) {
			n.Value = ""
		}
		return true
	})
	compact, err := appendJSON(nil, known)
	if err != nil {
		return 0
	}
	return utf8.RuneCount(compact)
}

// covers reports whether an action pattern of IAM takes in an action. Case makes no difference
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html).
func covers(pattern, action string) bool {
	quoted := regexp.QuoteMeta(pattern)
	quoted = strings.NewReplacer(`\*`, `.*`, `\?`, `.`).Replace(quoted)
	re, err := regexp.Compile(`(?is)\A` + quoted + `\z`)
	return err == nil && re.MatchString(action)
}

// adminPolicies are AWS's managed policies that give away more than their users expect, by the end of their ARN.
var adminPolicies = map[string]string{
	"AdministratorAccess": "allows everything",
	"PowerUserAccess":     "allows everything but IAM, which is enough to run code under other roles",
	"IAMFullAccess":       "allows to give oneself every permission",
	"ReadOnlyAccess":      "reads data, not only metadata; ViewOnlyAccess or SecurityAudit do not",
}

// managedPolicyWarning says why a managed policy is worth a second look; "" if it is not.
func managedPolicyWarning(arn string) string {
	_, name, ok := strings.Cut(arn, ":iam::aws:policy/")
	if why := adminPolicies[name]; ok && why != "" {
		return "The policy " + name + " " + why + ". Prefer policies that name what you need."
	}
	return ""
}

// inlinePolicyWarnings say which statements of a policy are as good as an administrator's.
func inlinePolicyWarnings(document *yaml.Node) []string {
	var warnings []string
	for _, s := range listOf(field(document, "Statement")) {
		if textField(s, "Effect") != "Allow" || !anyOf(field(s, "Resource"), func(r string) bool { return strings.Trim(r, "*") == "" }) {
			continue
		}
		if field(s, "NotAction") != nil {
			warnings = append(warnings, "A statement with NotAction allows all other actions on every resource. Name the actions that you need.")
		}
		for _, broad := range []string{"*", "iam:*", "sts:*"} {
			if anyOf(field(s, "Action"), func(a string) bool { return strings.EqualFold(a, broad) || broad == "*" && a == "*:*" }) {
				warnings = append(warnings, "A statement allows "+broad+" on every resource, which is as good as administrator's rights. Name the actions that you need.")
			}
		}
	}
	return warnings
}

func anyOf(n *yaml.Node, good func(string) bool) bool {
	for _, item := range listOf(n) {
		if item.Kind == yaml.ScalarNode && !isUnknown(item) && good(item.Value) {
			return true
		}
	}
	return false
}
