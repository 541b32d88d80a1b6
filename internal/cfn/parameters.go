package cfn

import (
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// giver gives the declared parameters of xrole their values.
type giver struct {
	t       *Template
	v       Values
	mode    Mode
	version string
	f       *findings
	stands  map[string]stand
	// renamed are the parameters that stand for an old one; none if it is gone.
	renamed map[string][]string
	// refs are the values of the parameters that stay, for the checks.
	refs map[string][]string
}

// giveValues writes the values in, in every section, and removes or renames the parameters. It returns what the
// parameters that stay stand for.
func giveValues(t *Template, v Values, mode Mode, version string, f *findings) map[string][]string {
	g := &giver{t, v, mode, version, f, map[string]stand{}, map[string][]string{}, map[string][]string{}}
	for _, name := range ownParameters() {
		key, declared := entry(t.section("Parameters"), name)
		if declared == nil || !g.rightType(key, declared) {
			continue
		}
		if mode == Parameters && isIdentity(name) {
			g.keep(key, declared)
			continue
		}
		g.write(name)
	}
	s := substituter{g.stands, f}
	for key, section := range pairs(t.root()) {
		if key.Value != "Parameters" {
			s.node(section, spot{path: key.Value, key: key.Value})
		}
	}
	g.editInterface()
	for name, now := range g.renamed {
		if len(now) == 0 {
			removeField(t.section("Parameters"), name)
		}
	}
	if section := t.section("Parameters"); section != nil && len(section.Content) == 0 {
		removeField(t.root(), "Parameters")
	}
	return g.refs
}

func isIdentity(name string) bool {
	return name == paramExternalID || name == paramPartner || name == paramTrusted
}

func (g *giver) values(name string) []string {
	switch name {
	case paramExternalID:
		return g.v.ExternalIDs
	case paramPartner:
		return []string{g.v.PartnerAccountID}
	case paramTrusted:
		return g.v.TrustedPrincipalARNs
	case paramTopic:
		return []string{g.v.TopicARN}
	case paramName:
		return []string{g.v.OnboardingName}
	}
	return []string{g.version}
}

// rightType asks for the one type that keeps a value as it is: a Number would lose the zeros that an account id begins with.
func (g *giver) rightType(key, declared *yaml.Node) bool {
	got, want := textField(declared, "Type"), "String"
	if key.Value == paramTrusted {
		want = "CommaDelimitedList"
	}
	if got != want {
		g.f.errorf(key, "Parameters."+key.Value, "xrole gives this parameter its value, so its Type must be %s.", want)
	}
	return got == want
}

// write puts the value itself in the place of the parameter.
func (g *giver) write(name string) {
	values := quotedList(g.values(name))
	with := stand{nodes: values.Content, text: values.Content[0].Value}
	if name == paramTrusted {
		with = stand{nodes: []*yaml.Node{values}, list: true}
	}
	g.stands[name] = with
	g.renamed[name] = nil
}

// keep leaves the parameter in, with the value as its default and a short hash of the value in its name.
func (g *giver) keep(key, declared *yaml.Node) {
	name, path := key.Value, "Parameters."+key.Value
	if isTrue(field(declared, "NoEcho")) {
		g.f.errorf(key, path, "The value of this parameter is no secret, and the customer has to see it: remove NoEcho, or use the template mode %q.", Pinned)
		return
	}
	defaults := g.values(name)
	if name == paramTrusted {
		if slices.ContainsFunc(defaults, func(s string) bool { return strings.Contains(s, ",") }) {
			g.f.errorf(key, path, "A trusted principal has a comma in its name, which ends a value in a CommaDelimitedList: use the template mode %q.", Pinned)
			return
		}
		defaults = []string{strings.Join(defaults, ",")}
	}
	with := stand{list: name == paramTrusted}
	section := g.t.section("Parameters")
	for _, value := range defaults {
		fresh := name + strings.ToUpper(shortHash(value, 6))
		if field(section, fresh) != nil || field(g.t.section("Resources"), fresh) != nil {
			g.f.errorf(key, path, "xrole has to name this parameter %s, which the template uses already; rename that.", fresh)
			return
		}
		parameter := cloneNode(declared)
		setField(parameter, "Default", quoted(value))
		setField(parameter, "AllowedValues", allowed(value))
		checkParameterValue(g.f, "Parameters."+fresh, declared, parameter, value)
		freshKey := *key
		freshKey.Value, freshKey.FootComment = fresh, ""
		insertBefore(section, name, &freshKey, parameter)
		with.nodes = append(with.nodes, reference(fresh, g.t.json))
		with.text = "${" + fresh + "}"
		g.renamed[name] = append(g.renamed[name], fresh)
		g.refs[fresh] = []string{value}
	}
	if name == paramTrusted {
		g.refs[g.renamed[name][0]] = g.v.TrustedPrincipalARNs
	}
	removeField(section, name)
	g.stands[name] = with
}

// editInterface keeps the groups and labels of the console's form in step with the parameters.
func (g *giver) editInterface() {
	metadata := g.t.section("Metadata")
	form := field(metadata, interfaceKey)
	labels := field(form, "ParameterLabels")
	groups := field(form, "ParameterGroups")
	for _, name := range ownParameters() {
		now, changed := g.renamed[name]
		if !changed {
			continue
		}
		if key, label := entry(labels, name); key != nil {
			for _, fresh := range now {
				freshKey := *key
				freshKey.Value = fresh
				insertBefore(labels, name, &freshKey, cloneNode(label))
			}
			removeField(labels, name)
		}
		if groups != nil {
			for _, group := range groups.Content {
				renameIn(field(group, "Parameters"), name, now)
			}
		}
	}
	removeIfEmpty(form, "ParameterLabels")
	if groups != nil {
		groups.Content = slices.DeleteFunc(groups.Content, func(group *yaml.Node) bool {
			list := field(group, "Parameters")
			return list != nil && len(list.Content) == 0
		})
	}
	removeIfEmpty(form, "ParameterGroups")
	removeIfEmpty(metadata, interfaceKey)
	removeIfEmpty(g.t.root(), "Metadata")
}

const interfaceKey = "AWS::CloudFormation::Interface"

func renameIn(list *yaml.Node, name string, now []string) {
	if list == nil {
		return
	}
	var out []*yaml.Node
	for _, item := range list.Content {
		if item.Value != name {
			out = append(out, item)
			continue
		}
		for _, fresh := range now {
			renamed := *item
			renamed.Value = fresh
			out = append(out, &renamed)
		}
	}
	list.Content = out
}

func removeIfEmpty(n *yaml.Node, key string) {
	if value := field(n, key); value != nil && value.Kind != yaml.ScalarNode && len(value.Content) == 0 {
		removeField(n, key)
	}
}

var truePattern = regexp.MustCompile(`^(?i:true|yes|on)$`)

// isTrue knows the words of YAML 1.1, too, which CloudFormation reads.
func isTrue(n *yaml.Node) bool { return isScalar(n) && truePattern.MatchString(n.Value) }

// allowed holds an identity value fast: a link can set any parameter, and one with another account in it would turn the
// partner's own template into somebody else's door. Of a list, each element is compared.
func allowed(value string) *yaml.Node {
	list := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Style: yaml.FlowStyle}
	for element := range strings.SplitSeq(value, ",") {
		list.Content = append(list.Content, quoted(element))
	}
	return list
}
