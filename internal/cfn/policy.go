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

func allowFaults(s *yaml.Node, roles []ownRole) []policyFault {
	resources := listOf(field(s, "Resource"))
	all := field(s, "NotResource") != nil || anyOf(field(s, "Resource"), everyResource)
	rewritable := all || slices.ContainsFunc(resources, mayBeRole)
	own := anyOf(field(s, "Resource"), func(arn string) bool { return isRole(arn, roles) })

	var faults []policyFault
	var broad []string
	refuse := func(what string) {
		faults = append(faults, policyFault{message: "A statement allows " + what + " on a role of this stack or on what may be one. With it the trust policy can be written anew after " +
			"xrole has checked it, so that the role is open to others. Leave the action out, or name other roles by their full ARNs."})
	}
	if not := field(s, "NotAction"); not != nil {
		switch rewrites := !anyOf(not, func(a string) bool { return covers(a, actionRewrite) }); {
		case own && rewrites:
			refuse(actionRewrite + " by NotAction")
		case all:
			faults = append(faults, policyFault{"A statement with NotAction allows all other actions on every resource. Name the actions that you need.", true})
		case rewritable && rewrites:
			broad = append(broad, "all actions but a few")
		}
	}
	for _, action := range listOf(field(s, "Action")) {
		a := action.Value
		// Whoever may do all of IAM is an administrator, which is for the partner to ask and for the customer to see.
		switch administrator := covers(a, "iam:*"); {
		case isUnknown(action):
			faults = append(faults, unknownPolicy("the action", action))
		case covers(a, actionRewrite) && (own || rewritable && !administrator), covers(a, actionRemake) && own:
			refuse(a)
		case all && (covers(a, "sts:*") || slices.ContainsFunc(escalations, func(e string) bool { return covers(a, e) })), administrator && rewritable:
			broad = append(broad, a)
		}
	}
	if len(broad) > 0 {
		where := "every resource"
		if !all {
			where = "what may be any role"
		}
		faults = append(faults, policyFault{"A statement allows " + strings.Join(broad, ", ") + " on " + where + ", which is as good as administrator's rights. Name the actions that you need.", true})
	}
	return faults
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

// mayBeRole reports whether a resource is not known, or is a pattern that takes in roles.
func mayBeRole(resource *yaml.Node) bool {
	if isUnknown(resource) {
		return true
	}
	// A variable is what IAM puts in, or its default
	// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html).
	wildcard := firstOf(resource.Value, "*", "?", "${")
	if wildcard < 0 {
		return false
	}
	parts := strings.SplitN(resource.Value[:wildcard], ":", 6)
	if len(parts) > 3 && parts[2] != "iam" {
		return false
	}
	const kind = "role/"
	rest := parts[len(parts)-1]
	known := min(len(rest), len(kind))
	return len(parts) < 6 || rest[:known] == kind[:known]
}

// firstOf is where the first of some texts begins in s; below zero if none is there.
func firstOf(s string, texts ...string) int {
	first := -1
	for _, text := range texts {
		if i := strings.Index(s, text); i >= 0 && (first < 0 || i < first) {
			first = i
		}
	}
	return first
}

// ownRole is a role that stands beside a policy: by its name, by a part of the name that CloudFormation will give it, or by
// anything where the name is known only when the stack runs.
type ownRole struct {
	name, part string
	anything   bool
}

// generatedPart is in the name of a role that has none of its own: that of the stack stands before it, and a random part
// behind it (https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-name.html). A long logical
// id is cut.
func generatedPart(id string) string {
	const kept = 24
	if len(id) > kept {
		return "-" + id[:kept]
	}
	return "-" + id + "-"
}

// isRole reports whether an ARN is that of one of the roles, or a pattern that names one in part.
func isRole(arn string, roles []ownRole) bool {
	_, role, ok := strings.Cut(arn, ":role/")
	if !ok {
		return false
	}
	name := role[strings.LastIndexByte(role, '/')+1:]
	if onlyWildcards.MatchString(name) {
		return false // every role: that is an administrator's
	}
	return slices.ContainsFunc(roles, func(own ownRole) bool {
		return own.anything || own.name != "" && covers(name, own.name) || own.part != "" && strings.Contains(strings.ToLower(name), strings.ToLower(own.part))
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
