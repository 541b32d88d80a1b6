package cfn

import (
	"slices"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v3"
)

// test is one line of a statement's Condition: operator, key, values.
type test struct {
	operator string
	node     *yaml.Node
	values   []*yaml.Node
}

// conditions returns the tests of a statement by their keys in lower case: IAM takes keys in any case
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html).
func (c trust) conditions(s *yaml.Node, path string) (map[string][]test, bool) {
	path = join(path, "Condition")
	condition := field(s, "Condition")
	tests := map[string][]test{}
	if condition == nil {
		return tests, true
	}
	const refusal = "What %s will be is known only when the stack runs, so this condition cannot be checked. Write it out."
	if condition.Kind != yaml.MappingNode {
		c.f.errorf(condition, path, refusal, condition.Value)
		return nil, false
	}
	for operator, keys := range pairs(condition) {
		if !operatorPattern.MatchString(operator.Value) {
			c.f.errorf(operator, path, "IAM knows no condition operator %q; mind the case.", operator.Value)
			return nil, false
		}
		if keys.Kind != yaml.MappingNode {
			c.f.errorf(keys, path, refusal, keys.Value)
			return nil, false
		}
		for key, values := range pairs(keys) {
			// ToLower makes an i of İ, and a k of the sign for kelvin.
			known, _, _ := strings.Cut(key.Value, "/") // behind a slash stands a tag's key
			if strings.ContainsFunc(known, func(r rune) bool { return r > unicode.MaxASCII }) {
				c.f.errorf(key, path, "IAM knows no condition key %q: a letter of it is not of the Latin alphabet.", key.Value)
				return nil, false
			}
			name := strings.ToLower(key.Value)
			tests[name] = append(tests[name], test{operator.Value, key, listOf(values)})
		}
	}
	return tests, true
}

// externalID wants StringEquals with exactly the External IDs of the onboarding, and no other test of the key:
// StringLike takes wildcards, …IfExists passes without one, ForAllValues passes an empty set, Null asks the contrary.
func (c trust) externalID(s *yaml.Node, condition map[string][]test, path string) bool {
	path = join(path, "Condition")
	tests := condition[strings.ToLower(keyExternalID)]
	if len(tests) == 0 {
		c.f.errorf(s, path, "This statement allows sts:AssumeRole without the External ID. Add StringEquals: {%s: !Ref %s}.", keyExternalID, paramExternalID)
		return false
	}
	for _, t := range tests {
		if t.operator != "StringEquals" || len(tests) > 1 {
			c.f.errorf(t.node, path, "%s must be tested by StringEquals, once and by nothing else; %s can let in a request without it or with another.", keyExternalID, t.operator)
			return false
		}
	}
	got, known := texts(tests[0].values)
	if !known {
		c.f.errorf(tests[0].node, path, "What the External ID will be is known only when the stack runs, so it cannot be checked. Write !Ref %s.", paramExternalID)
		return false
	}
	if c.numbers(tests[0], path) {
		return false
	}
	if want := slices.Sorted(slices.Values(c.v.ExternalIDs)); !slices.Equal(got, want) {
		c.f.errorf(tests[0].node, path, "The External ID here is not the one of this onboarding. Write !Ref %s, and nothing beside it.", paramExternalID)
		return false
	}
	return true
}

// principalARN wants aws:PrincipalArn narrowed to trusted principals; whole is true if all of them pass.
func (c trust) principalARN(s *yaml.Node, condition map[string][]test, path string) (whole, narrowed bool) {
	path = join(path, "Condition")
	tests := condition[strings.ToLower(keyPrincipalARN)]
	if len(tests) == 0 {
		c.f.errorf(s, path, "This statement lets in every principal of the partner's account. Add ArnLike: {%s: !Ref %s}.", keyPrincipalARN, paramTrusted)
		return false, false
	}
	t := tests[0]
	if len(tests) > 1 || !slices.Contains([]string{"ArnLike", "ArnEquals", "StringLike", "StringEquals"}, t.operator) {
		c.f.errorf(t.node, path, "%s must be tested once, by ArnLike; %s may let in others or nobody.", keyPrincipalARN, t.operator)
		return false, false
	}
	got, known := texts(t.values)
	if !known {
		c.f.errorf(t.node, path, "Which principals are let in is known only when the stack runs, so it cannot be checked. Write !Ref %s.", paramTrusted)
		return false, false
	}
	if len(got) == 0 {
		c.f.errorf(t.node, path, "This list is empty, so that the statement lets in nobody. Write !Ref %s.", paramTrusted)
	}
	if c.numbers(t, path) {
		return false, false
	}
	for _, arn := range got {
		switch {
		case !slices.Contains(c.v.TrustedPrincipalARNs, arn):
			c.f.errorf(t.node, path, "%q is not among the hub's trusted principals. Write !Ref %s, or add it to the hub's trusted_principal_arns.", arn, paramTrusted)
			return false, false
		case t.operator == "StringEquals" && strings.ContainsAny(arn, "*?"):
			c.f.errorf(t.node, path, "StringEquals takes the wildcards of %q as they are and would let in nobody; use ArnLike.", arn)
			return false, false
		}
	}
	return len(got) == len(slices.Compact(slices.Sorted(slices.Values(c.v.TrustedPrincipalARNs)))), len(got) > 0
}

// numbers finds fault with a value that may reach IAM as another.
func (c trust) numbers(t test, path string) bool {
	i := slices.IndexFunc(t.values, isLoose)
	if i >= 0 {
		c.f.errorf(t.values[i], path, "%s looks like a number, a date or a truth value here, and may be written in another way when it reaches IAM. Put it in quotes.", t.values[i].Value)
	}
	return i >= 0
}

// texts returns values sorted and without repetition, and whether all of them are known.
func texts(values []*yaml.Node) ([]string, bool) {
	var list []string
	for _, v := range values {
		if v.Kind != yaml.ScalarNode || isUnknown(v) {
			return nil, false
		}
		list = append(list, v.Value)
	}
	slices.Sort(list)
	return slices.Compact(list), true
}
