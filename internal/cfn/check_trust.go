package cfn

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

const (
	keyExternalID   = "sts:ExternalId"
	keyPrincipalARN = "aws:PrincipalArn"
	actionAssume    = "sts:AssumeRole"
)

// trust checks who may assume the roles of a template. The receiver's probes prove only that the receiver needs the
// External ID; this covers everyone else.
type trust struct {
	v Values
	f *findings
}

// check goes through every role and returns the ids of those that let in the partner, all trusted principals of it, by
// the External ID and not otherwise, however the template's conditions fall.
func (c trust) check(t *Template, r resolver) []string {
	var good []string
	for _, res := range resources(t) {
		if res.kind() == "AWS::IAM::Role" && c.role(res, r) {
			good = append(good, res.id)
		}
	}
	if len(good) == 0 {
		c.f.errorf(t.key("Resources"), "Resources", "No role of this template asks for the External ID of this onboarding. "+
			"The trust policy of the role needs a statement with Principal AWS: !Sub arn:${AWS::Partition}:iam::${%s}:root, Action: sts:AssumeRole, "+
			"Condition StringEquals %s: !Ref %s and ArnLike %s: !Ref %s, and the template has to declare these three parameters.",
			paramPartner, keyExternalID, paramExternalID, keyPrincipalARN, paramTrusted)
	}
	return good
}

func (c trust) role(res resource, r resolver) bool {
	path := res.path() + ".Properties.AssumeRolePolicyDocument"
	raw := field(field(res.body, "Properties"), "AssumeRolePolicyDocument")
	if raw == nil {
		c.f.errorf(res.key, path, "A role needs a trust policy.")
		return false
	}
	ways, ok := r.ways(raw)
	if !ok {
		c.f.errorf(raw, path, "More than %d conditions in one trust policy cannot be checked; use fewer.", maxConditions)
		return false
	}
	good := true
	for _, way := range ways {
		if !c.document(way.resolve(raw), raw, path) {
			good = false
		}
	}
	return good
}

// document returns whether the partner is let in as it should be.
func (c trust) document(resolved, raw *yaml.Node, path string) bool {
	document, ok := policyDocument(resolved)
	if !ok {
		c.f.errorf(raw, path, "This trust policy cannot be read: what it will be is known only when the stack runs, or it is no policy. Write it out as a mapping.")
		return false
	}
	for key := range pairs(document) {
		if !slices.Contains([]string{"Version", "Id", "Statement"}, key.Value) {
			c.f.errorf(key, join(path, key.Value), "A policy has no element %q; the names are case-sensitive.", key.Value)
		}
	}
	good, partner := false, false
	statements := field(document, "Statement")
	if statements == nil {
		c.f.errorf(raw, path, "The trust policy has no Statement.")
	}
	for i, s := range listOf(statements) {
		where := path + ".Statement"
		if statements.Kind == yaml.SequenceNode {
			where = at(where, i)
		}
		some, all := c.statement(s, where)
		partner, good = partner || some, good || all
	}
	if partner {
		for i, s := range listOf(statements) {
			c.companionsOnly(s, at(path+".Statement", i))
		}
	}
	return good
}

var trustElements = []string{"Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Condition"}

// statement reports whether this statement lets in trusted principals of the partner, and whether all of them; it finds
// fault with one that lets in anyone otherwise.
func (c trust) statement(s *yaml.Node, path string) (some, all bool) {
	if s.Kind != yaml.MappingNode {
		c.f.errorf(s, path, "This statement cannot be checked: what %s will be is known only when the stack runs. Write it out as a mapping.", s.Value)
		return false, false
	}
	for key := range pairs(s) {
		if !slices.Contains(trustElements, key.Value) {
			c.f.errorf(key, join(path, key.Value), "A statement of a trust policy has no element %q; the names are case-sensitive.", key.Value)
			return false, false
		}
	}
	switch effect := field(s, "Effect"); {
	case effect == nil || isUnknown(effect) || effect.Value != "Allow" && effect.Value != "Deny":
		c.f.errorf(s, join(path, "Effect"), "Effect must be Allow or Deny, written out.")
		return false, false
	case effect.Value == "Deny":
		return false, false
	}
	if servicesOnly(field(s, "Principal")) {
		c.services(field(s, "Principal").Content[1], path)
		return false, false
	}
	if !c.assumes(s, path) {
		return false, false
	}
	principal := c.principal(s, path)
	condition, ok := c.conditions(s, path)
	if !ok {
		return false, false
	}
	externalID := c.externalID(s, condition, path)
	whole, narrowed := c.principalARN(s, condition, path)
	some = principal && externalID && narrowed
	return some, some && whole
}

// servicesOnly is true for principals that are AWS services: the customer's own Lambda functions and the like.
func servicesOnly(principal *yaml.Node) bool {
	return principal != nil && principal.Kind == yaml.MappingNode && len(principal.Content) == 2 && principal.Content[0].Value == "Service"
}

// outsiders are the services, up to their first dots, that hand a role's credentials to whoever holds a certificate which
// the customer, or the author of the template, has registered
// (https://docs.aws.amazon.com/rolesanywhere/latest/userguide/trust-model.html,
// https://docs.aws.amazon.com/iot/latest/developerguide/authorizing-direct-aws.html).
var outsiders = []string{"rolesanywhere.", "credentials.iot."}

// services refuses what is, or may become, a pattern in the place of a service, and the services that let in others.
func (c trust) services(names *yaml.Node, path string) {
	path = join(path, "Principal")
	for _, name := range listOf(names) {
		switch {
		case isUnknown(name):
			c.f.errorf(name, path, "What the service %s will be is known only when the stack runs, so it cannot be checked. Write it out, such as lambda.amazonaws.com.", name.Value)
		case name.Kind != yaml.ScalarNode || strings.ContainsAny(name.Value, "*?"):
			c.f.errorf(name, path, "A service is named in full, such as lambda.amazonaws.com.")
		case slices.ContainsFunc(outsiders, func(prefix string) bool { return strings.HasPrefix(strings.ToLower(name.Value), prefix) }):
			c.f.errorf(name, path, "%s gives this role's credentials to machines outside AWS, to whoever holds a certificate and without the External ID. Leave this statement out.", name.Value)
		}
	}
}

// companionsOnly refuses every other way into a role that lets the partner in: a service asks for no External ID, and
// acts for whoever may use it.
func (c trust) companionsOnly(s *yaml.Node, path string) {
	effect := field(s, "Effect")
	if effect == nil || effect.Value != "Allow" {
		return
	}
	if p := field(s, "Principal"); servicesOnly(p) {
		c.f.errorf(p, join(path, "Principal"), "This lets a service into the partner's role without the External ID. Give the service a role of its own.")
		return
	}
	for _, action := range listOf(field(s, "Action")) {
		if action.Kind != yaml.ScalarNode || isUnknown(action) || covers(action.Value, actionAssume) || federates(action.Value) ||
			strings.EqualFold(action.Value, "sts:TagSession") || strings.EqualFold(action.Value, "sts:SetSourceIdentity") {
			continue
		}
		c.f.errorf(action, join(path, "Action"), "%s lets others into this role without the External ID. Give them a role of their own.", action.Value)
	}
}

// federates reports whether an action lets in the users of an identity provider. Some providers take in everybody, and
// IAM asks for a condition with some of those only (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc_secure-by-default.html).
func federates(action string) bool {
	return covers(action, "sts:AssumeRoleWithWebIdentity") || covers(action, "sts:AssumeRoleWithSAML")
}

// assumes reports whether a statement allows sts:AssumeRole, and finds fault with other ways in and with other
// actions beside it.
func (c trust) assumes(s *yaml.Node, path string) bool {
	if not := field(s, "NotAction"); not != nil {
		c.f.errorf(not, join(path, "NotAction"), "NotAction allows every other action, sts:AssumeRole among them. Write Action: sts:AssumeRole.")
		return false
	}
	assumes, others := false, ""
	for _, action := range listOf(field(s, "Action")) {
		if action.Kind != yaml.ScalarNode || isUnknown(action) {
			c.f.errorf(action, join(path, "Action"), "What the action %s will be is known only when the stack runs, so it cannot be checked. Write it out.", action.Value)
			return false
		}
		switch {
		case covers(action.Value, actionAssume):
			assumes = true
		case federates(action.Value):
			c.f.errorf(action, join(path, "Action"), "%s lets in whoever an identity provider vouches for, which may be everybody with an account there, and asks for no External ID. "+
				"The partner's work needs no such role: leave the statement out.", action.Value)
		}
		for _, other := range []string{"sts:TagSession", "sts:SetSourceIdentity"} {
			if covers(action.Value, other) {
				others = other
			}
		}
	}
	if assumes && others != "" {
		c.f.errorf(field(s, "Action"), join(path, "Action"), "sts:AssumeRole shares this statement with %s, which does not know the External ID. "+
			"Give each action a statement of its own, without wildcards; leave out what is not used.", others)
		return false
	}
	return assumes
}

func (c trust) principal(s *yaml.Node, path string) bool {
	path = join(path, "Principal")
	if field(s, "NotPrincipal") != nil {
		c.f.errorf(field(s, "NotPrincipal"), path, "NotPrincipal with Allow lets in everyone else in the world. Write Principal: the root of the partner's account.")
		return false
	}
	p := field(s, "Principal")
	if p == nil {
		c.f.errorf(s, path, "The statement names no Principal. Write the root of the partner's account.")
		return false
	}
	root := "arn:" + c.v.Partition + ":iam::" + c.v.PartnerAccountID + ":root"
	aws := listOf(field(p, "AWS"))
	switch {
	case p.Kind == yaml.ScalarNode && p.Value == "*", len(aws) == 1 && aws[0].Value == "*":
		c.f.errorf(p, path, "Principal * lets in every AWS account. Write AWS: !Sub arn:${AWS::Partition}:iam::${%s}:root.", paramPartner)
	case p.Kind != yaml.MappingNode || len(p.Content) != 2 || len(aws) != 1:
		c.f.errorf(p, path, "A statement that allows sts:AssumeRole must have the root of the partner's account as its only principal; give others a statement of their own.")
	case aws[0].Value == root || aws[0].Value == c.v.PartnerAccountID && !isUnknown(aws[0]):
		return true
	case isUnknown(aws[0]):
		c.f.errorf(p, path, "What the principal %s will be is known only when the stack runs, so it cannot be checked. Write AWS: !Sub arn:${AWS::Partition}:iam::${%s}:root.", aws[0].Value, paramPartner)
	case strings.Contains(aws[0].Value, ":role/"), strings.Contains(aws[0].Value, ":user/"), strings.Contains(aws[0].Value, ":assumed-role/"):
		c.f.errorf(p, path, "IAM keeps a role or user named as principal by its internal id (AROA…), so the trust dies without notice when the partner makes it anew. "+
			"Trust the account's root, and narrow it with ArnLike %s: !Ref %s.", keyPrincipalARN, paramTrusted)
	default:
		c.f.errorf(p, path, "The principal is not the root of the partner's account %s. Write AWS: !Sub arn:${AWS::Partition}:iam::${%s}:root.", c.v.PartnerAccountID, paramPartner)
	}
	return false
}
