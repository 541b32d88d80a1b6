package cfn

import (
	"cmp"
	"maps"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/xrole/terraform-provider-xrole/internal/partition"
)

// Limits of IAM, in characters without white space (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html).
const (
	maxTrustPolicy      = 2048
	maxInlinePolicies   = 10240 // of one role, in sum
	maxManagedPolicy    = 6144
	maxManagedPolicies  = 10 // of one role
	mostManagedPolicies = 20 // of one role, with a raised quota
)

// checkResult checks the customised template: what IAM would refuse, who gets in, and that it calls back.
func checkResult(t *Template, r resolver, v Values, link map[string]string, out *Rendered, f *findings) {
	trusted := trust{v, f}.check(t, r)
	report := reporting{t, r, v, out.Version, link, map[string]bool{}, f}
	out.CallbackLogicalID = report.check(trusted)
	sizes := inlineSizes(t, r)
	for _, res := range resources(t) {
		switch res.kind() {
		case "AWS::IAM::Role":
			checkRoleResource(report, res, sizes, f)
		case "AWS::IAM::ManagedPolicy":
			checkManagedPolicy(res, r, f)
		}
	}
	checkPolicies(t, r, v, f)
	checkCycles(t, f)
}

// inlineSizes are the sizes of the inline policies that are resources of their own and in every stack.
func inlineSizes(t *Template, r resolver) map[string]int {
	sizes := map[string]int{}
	for _, res := range resources(t) {
		if kind := res.kind(); (kind == "AWS::IAM::Policy" || kind == "AWS::IAM::RolePolicy") && field(res.body, "Condition") == nil {
			sizes[res.id] = leastSize(r, res.property("PolicyDocument"))
		}
	}
	return sizes
}

func checkRoleResource(report reporting, role resource, sizes map[string]int, f *findings) {
	r, path := report.r, role.path()+".Properties"
	for name, fault := range map[string]func(string) string{"RoleName": roleNameFault, "Path": rolePathFault, "Description": descriptionFault} {
		n := role.property(name)
		if n == nil {
			continue
		}
		if known := r.resolve(n); known != nil && known.Kind == yaml.ScalarNode && !isUnknown(known) {
			if message := fault(known.Value); message != "" {
				f.errorf(n, join(path, name), "%s", message)
			}
		}
	}
	if n := role.property("AssumeRolePolicyDocument"); n != nil {
		tooLong(r, n, join(path, "AssumeRolePolicyDocument"), maxTrustPolicy, f)
	}
	checkManagedARNs(r, role, f)
	inline := 0
	for _, p := range listOf(role.property("Policies")) {
		inline += leastSize(r, field(p, "PolicyDocument"))
	}
	for _, other := range resources(report.t) {
		if size := sizes[other.id]; size > 0 && report.attaches(other, role) {
			inline += size
		}
	}
	if inline > maxInlinePolicies {
		f.errorf(role.key, role.path(), "The inline policies of this role have %d characters in sum; IAM takes at most %d. Move some to managed policies.", inline, maxInlinePolicies)
	}
}

func checkManagedARNs(r resolver, role resource, f *findings) {
	n := role.property("ManagedPolicyArns")
	path := role.path() + ".Properties.ManagedPolicyArns"
	if n == nil {
		return
	}
	r.each(n, func(list *yaml.Node) {
		if list.Kind != yaml.SequenceNode {
			return
		}
		switch count := len(list.Content); {
		case count > mostManagedPolicies:
			f.errorf(n, path, "The role has %d managed policies; IAM takes at most %d, and %d without a raised quota.", count, mostManagedPolicies, maxManagedPolicies)
		case count > maxManagedPolicies:
			f.warnf(n, path, "The role has %d managed policies; IAM takes %d unless the customer has had that quota raised.", count, maxManagedPolicies)
		}
		for i, arn := range list.Content {
			if warning := managedPolicyWarning(arn.Value); warning != "" && !isUnknown(arn) {
				f.warnf(arn, at(path, i), "%s", warning)
			}
		}
	})
}

func checkManagedPolicy(res resource, r resolver, f *findings) {
	n, path := res.property("PolicyDocument"), res.path()+".Properties.PolicyDocument"
	if n == nil {
		return
	}
	tooLong(r, n, path, maxManagedPolicy, f)
}

func tooLong(r resolver, n *yaml.Node, path string, most int, f *findings) {
	if size := leastSize(r, n); size > most {
		f.errorf(n, path, "This policy has %d characters without white space; IAM takes at most %d.", size, most)
	}
}

// leastSize is the size of a policy if its conditions fall so that it is shortest.
func leastSize(r resolver, n *yaml.Node) int {
	least := -1
	r.each(n, func(resolved *yaml.Node) {
		if document, ok := policyDocument(resolved); ok {
			if size := documentSize(document); least < 0 || size < least {
				least = size
			}
		}
	})
	return max(least, 0)
}

// checkPolicies looks at all identity policies of a template, to whomever they belong: what they allow may open a role.
func checkPolicies(t *Template, r resolver, v Values, f *findings) {
	r, names := r.withRoles(t, v)
	for _, res := range resources(t) {
		path := res.path() + ".Properties"
		switch res.kind() {
		case "AWS::IAM::Role", "AWS::IAM::User", "AWS::IAM::Group":
			checkInline(r, res.property("Policies"), path+".Policies", names, f)
		case "AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::IAM::RolePolicy", "AWS::IAM::UserPolicy", "AWS::IAM::GroupPolicy":
			checkPolicy(r, res.property("PolicyDocument"), path+".PolicyDocument", names, f)
		}
	}
}

// checkInline checks inline policies, whichever of them its conditions leave.
func checkInline(r resolver, n *yaml.Node, path string, roles []ownRole, f *findings) {
	c, isCall := callOf(n)
	switch {
	case n == nil, isCall && c.name == "Ref" && c.arg.Value == "AWS::NoValue":
	case branches(n) != nil:
		for _, branch := range branches(n) {
			checkInline(r, branch, path, roles, f)
		}
	case isCall:
		f.warnf(n, path, "%s", unknownPolicy("the policy", unknown(n)).message)
	case n.Kind == yaml.SequenceNode:
		for i, p := range n.Content {
			checkInline(r, p, at(path, i), roles, f)
		}
	default:
		checkPolicy(r, field(n, "PolicyDocument"), path+".PolicyDocument", roles, f)
	}
}

func checkPolicy(r resolver, n *yaml.Node, path string, roles []ownRole, f *findings) {
	if n == nil {
		return
	}
	for _, part := range policyParts(r, n) {
		if _, ok := r.ways(part); !ok {
			f.errorf(n, path, "More than %d conditions in one statement cannot be checked; use fewer, or several statements.", maxConditions)
			continue
		}
		r.each(part, func(resolved *yaml.Node) {
			for _, fault := range documentFaults(resolved, roles) {
				f.add(n, Finding{Path: path, Message: fault.message, Warning: fault.warning})
			}
		})
	}
}

// policyParts takes a policy with too many conditions apart, down to its statements: each allows the same without the others.
func policyParts(r resolver, n *yaml.Node) []*yaml.Node {
	if _, ok := r.ways(n); ok {
		return []*yaml.Node{n}
	}
	var parts []*yaml.Node
	for _, branch := range branches(n) {
		parts = append(parts, policyParts(r, branch)...)
	}
	statement := field(n, "Statement")
	list := branches(statement)
	if list == nil && statement != nil && statement.Kind == yaml.SequenceNode {
		list = statement.Content
	}
	for _, s := range list {
		parts = append(parts, policyParts(r, mapping(plain("Statement"), s))...)
	}
	if parts == nil {
		return []*yaml.Node{n}
	}
	return parts
}

// branches are what a Fn::If chooses from.
func branches(n *yaml.Node) []*yaml.Node {
	if c, ok := callOf(n); ok && c.name == "Fn::If" && len(c.arg.Content) == 3 {
		return c.arg.Content[1:]
	}
	return nil
}

func documentFaults(resolved *yaml.Node, roles []ownRole) []policyFault {
	switch document, ok := policyDocument(resolved); {
	case ok:
		return policyFaults(document, roles)
	case isUnknown(resolved):
		return []policyFault{unknownPolicy("the document", resolved)}
	}
	return []policyFault{{message: "This policy cannot be read, so that nobody can tell what it allows. Write it as a mapping, or as JSON in which no key stands twice."}}
}

// withRoles returns a resolver that knows the names and ARNs of the template's roles, or stand-ins for them, and the names.
func (r resolver) withRoles(t *Template, v Values) (known resolver, names []ownRole) {
	given := r
	r.texts = maps.Clone(r.texts)
	account := cmp.Or(v.AccountID, standInAccount)
	r.texts["AWS::AccountId"] = account
	for _, res := range resources(t) {
		if res.kind() != "AWS::IAM::Role" {
			continue
		}
		own := given.maybe(res.property("RoleName"), generatedName(res.id))
		paths := given.maybe(res.property("Path"), "/")
		name := "(" + res.id + ")"
		if len(own) == 1 && !strings.Contains(own[0], unknownText) {
			name = own[0]
		}
		for _, n := range append(own, name) {
			for _, path := range paths {
				names = append(names, ownRole{path, n})
			}
		}
		r.texts[res.id] = name
		r.texts[res.id+".Arn"] = partition.ARN(v.Partition, "iam", "", account, "role/"+name)
	}
	return r, names
}

// maybe is what a text may be, however the template's conditions fall; absent is what it is where there is none.
func (r resolver) maybe(n *yaml.Node, absent string) []string {
	if n == nil {
		return []string{absent}
	}
	ways, ok := r.ways(n)
	if !ok {
		return []string{unknownText}
	}
	var list []string
	for _, way := range ways {
		text := absent
		if resolved := way.resolve(n); resolved != nil {
			text = known(resolved)
		}
		list = append(list, text)
	}
	return list
}

// each calls back with what a tree becomes in each way that its conditions may fall, or once with unknown branches if
// there are too many.
func (r resolver) each(n *yaml.Node, visit func(*yaml.Node)) {
	if n == nil {
		return
	}
	ways, ok := r.ways(n)
	if !ok {
		ways = []resolver{r}
	}
	for _, way := range ways {
		if resolved := way.resolve(n); resolved != nil {
			visit(resolved)
		}
	}
}
