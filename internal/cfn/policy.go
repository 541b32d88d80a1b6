package cfn

import (
	"regexp"
	"slices"
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
	pattern, action = strings.ToLower(pattern), strings.ToLower(action)
	p, star, from := 0, -1, 0 // star is the last * so far, from where its text ends
	for a := 0; a < len(action); {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, from = p, a
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == action[a]):
			p++
			a++
		case star >= 0:
			from++
			p, a = star+1, from
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
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

// actionRewrite replaces a role's trust policy (https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAssumeRolePolicy.html),
// actionRemake makes one of the name of a role that was deleted.
const (
	actionRewrite = "iam:UpdateAssumeRolePolicy"
	actionRemake  = "iam:CreateRole"
)

// escalations are the actions of IAM by which one gives oneself every permission.
var escalations = []string{
	actionRewrite, "iam:AddUserToGroup", "iam:AttachGroupPolicy", "iam:AttachRolePolicy", "iam:AttachUserPolicy", "iam:CreateAccessKey", "iam:CreateLoginProfile",
	"iam:CreatePolicyVersion", "iam:PutGroupPolicy", "iam:PutRolePolicy", "iam:PutUserPolicy", "iam:SetDefaultPolicyVersion", "iam:UpdateLoginProfile",
}

// policyFault is what is wrong with a policy, or worth a second look.
type policyFault struct {
	message string
	warning bool
}

// policyFaults say which statements of an identity policy could open a role after its trust policy was checked, which is
// wrong, and which are as good as an administrator's. roles are those that stand beside the policy.
func policyFaults(document *yaml.Node, roles []ownRole) []policyFault {
	var faults []policyFault
	for _, s := range listOf(field(document, "Statement")) {
		switch {
		case isUnknown(s):
			faults = append(faults, unknownPolicy("the statement", s))
		case textField(s, "Effect") != "Deny":
			faults = append(faults, allowFaults(s, roles)...)
		}
	}
	return faults
}

func unknownPolicy(what string, n *yaml.Node) policyFault {
	return policyFault{"What " + what + " " + n.Value + " will be is known only when the stack runs, so xrole cannot tell what this policy allows.", true}
}

// reach says on which roles a statement allows what it allows.
type reach struct {
	resources []*yaml.Node
	roles     []ownRole
	// all is every resource, anyRole what may be any role, own one of the roles.
	all, anyRole, own bool
}

func reachOf(s *yaml.Node, roles []ownRole) reach {
	on := reach{resources: listOf(field(s, "Resource")), roles: roles}
	on.all = field(s, "NotResource") != nil || anyOf(field(s, "Resource"), everyResource)
	on.anyRole = on.all || slices.ContainsFunc(on.resources, mayBeRole)
	on.own = slices.ContainsFunc(on.resources, func(r *yaml.Node) bool { return isOwn(r, roles) })
	return on
}

// mayBeOwn costs more than the rest of a check, and is asked of few statements.
func (on reach) mayBeOwn() bool {
	return on.all || slices.ContainsFunc(on.resources, func(r *yaml.Node) bool { return mayBe(r, on.roles) })
}

func rewriting(what string) policyFault {
	return policyFault{message: "A statement allows " + what + " on a role of this stack or on what may be one. With it the trust policy can be written anew after " +
		"xrole has checked it, so that the role is open to others. Leave the action out, or name other roles by their full ARNs and those of this stack by names that are written out."}
}

func allowFaults(s *yaml.Node, roles []ownRole) []policyFault {
	on := reachOf(s, roles)
	var faults []policyFault
	var broad []string
	if not := field(s, "NotAction"); not != nil {
		spared := func(action string) bool { return anyOf(not, func(a string) bool { return covers(a, action) }) }
		switch rewrites := !spared(actionRewrite) || !spared(actionRemake); {
		case on.own && rewrites:
			faults = append(faults, rewriting("by NotAction what opens a role, or makes it anew,"))
		case on.all:
			faults = append(faults, policyFault{"A statement with NotAction allows all other actions on every resource. Name the actions that you need.", true})
		case on.anyRole && rewrites:
			broad = append(broad, "all actions but a few")
		}
	}
	for _, action := range listOf(field(s, "Action")) {
		a := action.Value
		// Whoever may do all of IAM is an administrator, which is for the partner to ask and for the customer to see.
		switch administrator := covers(a, "iam:*"); {
		case isUnknown(action):
			faults = append(faults, unknownPolicy("the action", action))
		case covers(a, actionRewrite) && (on.own || !administrator && on.mayBeOwn()), covers(a, actionRemake) && on.own:
			faults = append(faults, rewriting(a))
		case on.all && escalates(a), administrator && on.anyRole:
			broad = append(broad, a)
		case covers(a, actionRemake) && on.mayBeOwn():
			faults = append(faults, policyFault{"A statement allows " + a + " on what may be a role of this stack. Deleted and made anew under its name, that role could be open to others. " +
				"Name the roles that may be made, and those of this stack by names that are written out.", true})
		}
	}
	if len(broad) > 0 {
		where := "every resource"
		if !on.all {
			where = "what may be any role"
		}
		faults = append(faults, policyFault{"A statement allows " + strings.Join(broad, ", ") + " on " + where + ", which is as good as administrator's rights. Name the actions that you need.", true})
	}
	return faults
}

func escalates(action string) bool {
	return covers(action, "sts:*") || slices.ContainsFunc(escalations, func(e string) bool { return covers(action, e) })
}

var (
	onlyWildcards = regexp.MustCompile(`^[*?]+$`)
	everyOfAKind  = regexp.MustCompile(`^((role|user|group|policy)/)?[*?]+$`)
)

// everyResource reports whether a pattern takes in every resource, or every one of IAM's of a kind.
func everyResource(pattern string) bool {
	parts := strings.SplitN(pattern, ":", 6)
	last := parts[len(parts)-1]
	if len(parts) > 2 && !covers(parts[2], "iam") {
		return false
	}
	return len(parts) < 6 && onlyWildcards.MatchString(last) || everyOfAKind.MatchString(last)
}

// ownRole is a role that stands beside a policy, by path and name, as a pattern where only a part of them is known.
type ownRole struct{ path, name string }

// generatedName is that of a role that has none of its own: the stack's name stands before the logical id, and a random
// part behind it (https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-name.html). A long
// logical id is cut.
func generatedName(id string) string {
	const kept = 24
	if len(id) > kept {
		return "*-" + id[:kept] + "*"
	}
	return "*-" + id + "-*"
}

// mayBeRole reports whether a resource is not known, or is a pattern that takes in roles.
func mayBeRole(resource *yaml.Node) bool {
	return strings.ContainsAny(arnPattern(resource), "*?") && mayBe(resource, []ownRole{{unknownText, ""}})
}

// mayBe reports whether a resource is, for all that is known, one of these roles.
func mayBe(resource *yaml.Node, roles []ownRole) bool {
	pattern := arnPattern(resource)
	return slices.ContainsFunc(roles, func(own ownRole) bool { return meet(pattern, "arn:*:iam::*:role"+own.path+own.name) })
}

// variablePattern is a variable of IAM's, with the default that it may have
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html).
var variablePattern = regexp.MustCompile(`\$\{[^'}]*('[^']*'\s*)?\}`)

// arnPattern is a resource as a pattern, in which a variable may become anything.
func arnPattern(resource *yaml.Node) string {
	if isUnknown(resource) {
		return unknownText
	}
	known, _, unread := strings.Cut(variablePattern.ReplaceAllLiteralString(resource.Value, unknownText), "${")
	if unread {
		return known + unknownText
	}
	return known
}

// meet reports whether some ARN fits both a resource's pattern and another whose * is no colon: a part of an ARN. Case
// makes no difference: no two roles of an account differ in it only.
func meet(resource, other string) bool {
	a, b := strings.ToLower(resource), strings.ToLower(other)
	// after[j] is whether what is left of a meets b[j:].
	after := make([]bool, len(b)+1)
	for i := len(a); i >= 0; i-- {
		here := make([]bool, len(b)+1)
		for j := len(b); j >= 0; j-- {
			endA, endB := i == len(a), j == len(b)
			switch {
			case endA && endB:
				here[j] = true
			case !endA && a[i] == '*':
				here[j] = after[j] || !endB && here[j+1]
			case !endB && b[j] == '*':
				here[j] = here[j+1] || !endA && a[i] != ':' && after[j]
			case !endA && !endB:
				here[j] = after[j+1] && (a[i] == b[j] || a[i] == '?')
			}
		}
		after = here
	}
	return after[0]
}

// isOwn reports whether a resource is one of the roles, or a pattern that names one in part.
func isOwn(resource *yaml.Node, roles []ownRole) bool {
	_, role, ok := strings.Cut(strings.ToLower(arnPattern(resource)), ":role/")
	name := role[strings.LastIndexByte(role, '/')+1:]
	if !ok || onlyWildcards.MatchString(name) {
		return false // every role: that is an administrator's
	}
	return slices.ContainsFunc(roles, func(own ownRole) bool {
		return covers(own.name, name) || !strings.Contains(own.name, unknownText) && covers(name, own.name)
	})
}

func anyOf(n *yaml.Node, good func(string) bool) bool {
	for _, item := range listOf(n) {
		if item.Kind == yaml.ScalarNode && !isUnknown(item) && good(item.Value) {
			return true
		}
	}
	return false
}
