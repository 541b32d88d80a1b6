package cfn

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

var (
	policyElements    = []string{"Version", "Id", "Statement"}
	statementElements = []string{"Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"}

	sidPattern      = regexp.MustCompile(`^[A-Za-z0-9]*$`)
	actionPattern   = regexp.MustCompile(`^(\*|[A-Za-z0-9-]+:[A-Za-z0-9*?]+)$`)
	operatorPattern = regexp.MustCompile(`^(ForAllValues:|ForAnyValue:)?(String(Not)?(Equals|EqualsIgnoreCase|Like)|(Numeric|Date)(Not)?(Equals|LessThan|LessThanEquals|GreaterThan|GreaterThanEquals)|Bool|BinaryEquals|(Not)?IpAddress|Arn(Not)?(Equals|Like)|Null)(IfExists)?$`)
)

// readPolicy reads an identity policy and says what IAM would refuse of it; the message is a sentence
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html).
func readPolicy(text string) (document *yaml.Node, message string) {
	doc, err := parseJSON(text)
	if err == nil {
		err = checkTree(doc.Content[0], 1)
	}
	if err != nil {
		return nil, "This is not JSON: " + err.Error() + "."
	}
	document = doc.Content[0]
	if evaluated := evaluatedIn(document); evaluated != "" {
		return nil, fmt.Sprintf("CloudFormation would replace %s with something of the customer's account before IAM sees it. Write out what is meant.", evaluated)
	}
	if document.Kind != yaml.MappingNode {
		return nil, "A policy is a JSON object with Version and Statement."
	}
	for key := range pairs(document) {
		if !slices.Contains(policyElements, key.Value) {
			return nil, fmt.Sprintf("A policy has no element %q; it has Version, Id and Statement, in this case.", key.Value)
		}
	}
	if version := textField(document, "Version"); version != "2012-10-17" && version != "2008-10-17" {
		return nil, `Version must be "2012-10-17"; without it IAM reads policy variables as plain text.`
	}
	statements := listOf(field(document, "Statement"))
	if len(statements) == 0 {
		return nil, "The policy has no Statement."
	}
	for i, s := range statements {
		if fault := statementFault(s); fault != "" {
			return nil, fmt.Sprintf("Statement %d %s.", i+1, fault)
		}
	}
	return document, ""
}

// evaluatedIn returns what CloudFormation would not take for text; "" if nothing. A policy's own words are never functions.
func evaluatedIn(document *yaml.Node) string {
	found := ""
	walk(document, "", func(n *yaml.Node, _ string) bool {
		for key := range pairs(n) {
			if isFunctionKey(key.Value) || dynamic(key.Value) {
				found = key.Value
			}
		}
		if n.Kind == yaml.ScalarNode && dynamic(n.Value) {
			found = n.Value
		}
		return true
	})
	return found
}

// dynamic reports whether a text holds a dynamic reference
// (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html).
func dynamic(text string) bool { return strings.Contains(text, "{{resolve:") }

// statementFault says what is wrong with a statement, as the end of a sentence; "" if nothing.
func statementFault(s *yaml.Node) string {
	if s.Kind != yaml.MappingNode {
		return "must be an object"
	}
	for key, value := range pairs(s) {
		switch {
		case key.Value == "Principal" || key.Value == "NotPrincipal":
			return "has a " + key.Value + ", which only the trust policy may have"
		case !slices.Contains(statementElements, key.Value):
			return fmt.Sprintf("has an element %q, which IAM does not know; the names are case-sensitive", key.Value)
		case key.Value == "Condition":
			if fault := conditionFault(value); fault != "" {
				return fault
			}
		case !isTextOrList(value):
			return "must have a text or a list of texts as " + key.Value
		}
	}
	if effect := textField(s, "Effect"); effect != "Allow" && effect != "Deny" {
		return `must have the Effect "Allow" or "Deny"`
	}
	if sid := textField(s, "Sid"); !sidPattern.MatchString(sid) {
		return "has a Sid with other characters than letters and digits"
	}
	if fault := oneOf(s, "Action", "NotAction"); fault != "" {
		return fault
	}
	for _, name := range []string{"Action", "NotAction"} {
		for _, action := range listOf(field(s, name)) {
			if !actionPattern.MatchString(action.Value) {
				return fmt.Sprintf("names the action %q, which is not of the form service:Action", action.Value)
			}
		}
	}
	return oneOf(s, "Resource", "NotResource")
}

func oneOf(s *yaml.Node, a, b string) string {
	n := len(listOf(field(s, a))) + len(listOf(field(s, b)))
	if n == 0 || field(s, a) != nil && field(s, b) != nil {
		return fmt.Sprintf("must have either %s or %s, and not an empty list", a, b)
	}
	return ""
}

func isTextOrList(n *yaml.Node) bool {
	return !slices.ContainsFunc(listOf(n), func(item *yaml.Node) bool {
		return item.Kind != yaml.ScalarNode || item.ShortTag() != "!!str"
	})
}

func conditionFault(n *yaml.Node) string {
	if n.Kind != yaml.MappingNode {
		return "must have an object as Condition"
	}
	for operator, keys := range pairs(n) {
		if !operatorPattern.MatchString(operator.Value) {
			return fmt.Sprintf("has the condition operator %q, which IAM does not know", operator.Value)
		}
		if keys.Kind != yaml.MappingNode {
			return "must have an object of keys and values under " + operator.Value
		}
		for key, values := range pairs(keys) {
			for _, v := range listOf(values) {
				if v.Kind != yaml.ScalarNode || isNull(v) {
					return fmt.Sprintf("must have a value or a list of values for the condition key %q", key.Value)
				}
			}
		}
	}
	return ""
}
