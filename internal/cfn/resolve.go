package cfn

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/xrole/terraform-provider-xrole/internal/partition"
)

// unknownTag marks what only the running stack knows; the value is how to call it in a message.
const unknownTag = "!unknown"

// unknownText stands for such a part of a text.
const unknownText = "*"

// resolver works out what CloudFormation will make of a tree, as far as that is fixed by the template.
type resolver struct {
	// texts are what is known of pseudo parameters and, as "Role.Arn", of attributes, refs the parameters that xrole gives.
	texts map[string]string
	refs  map[string][]string
	// conditions say how the template's conditions fall; what stands under any other is unknown.
	conditions map[string]bool
}

func newResolver(v Values, refs map[string][]string) resolver {
	texts := map[string]string{"AWS::Partition": v.Partition}
	if p, ok := partition.ForID(v.Partition); ok {
		texts["AWS::URLSuffix"] = p.DNSSuffix
	}
	if v.AccountID != "" {
		texts["AWS::AccountId"] = v.AccountID
	}
	if v.Region != "" {
		texts["AWS::Region"] = v.Region
	}
	return resolver{texts: texts, refs: refs}
}

func unknown(n *yaml.Node) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: unknownTag, Value: shown(n), Line: n.Line, Column: n.Column}
}

func isUnknown(n *yaml.Node) bool { return n != nil && n.Tag == unknownTag }

// literal returns a text, whatever it looks like, at another node's position. A dynamic reference is replaced with a value of the customer's
// account when the stack runs, so it may become anything.
func literal(s string, at *yaml.Node) *yaml.Node {
	n := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Style: yaml.DoubleQuotedStyle, Value: s, Line: at.Line, Column: at.Column}
	if dynamic(s) {
		n.Tag = unknownTag
	}
	return n
}

// resolve returns the tree with functions replaced by what they give; nil for AWS::NoValue.
func (r resolver) resolve(n *yaml.Node) *yaml.Node {
	if c, ok := callOf(n); ok {
		return r.call(n, c)
	}
	out := &yaml.Node{Kind: n.Kind, Tag: n.Tag, Style: n.Style, Value: n.Value, Line: n.Line, Column: n.Column}
	switch n.Kind {
	case yaml.MappingNode:
		for key, value := range pairs(n) {
			if v := r.resolve(value); v != nil {
				out.Content = append(out.Content, key, v)
			}
		}
	case yaml.SequenceNode:
		for _, child := range n.Content {
			if v := r.resolve(child); v != nil {
				out.Content = append(out.Content, v)
			}
		}
	default:
		if text := literal(n.Value, n); isUnknown(text) {
			return text
		}
	}
	return out
}

func (r resolver) call(n *yaml.Node, c call) *yaml.Node {
	switch {
	case c.name == "Ref" && c.arg.Value == "AWS::NoValue":
		return nil
	case c.name == "Ref":
		return r.ref(n, c.arg.Value)
	case c.name == "Fn::GetAtt":
		id, name, _ := attribute(c.arg)
		return r.ref(n, id+"."+name)
	case c.name == "Fn::Sub":
		return r.sub(n, c.arg)
	case c.name == "Fn::Join" && len(c.arg.Content) == 2:
		return r.join(n, c.arg)
	}
	if branch := r.chosen(n); branch != n {
		return r.resolve(branch)
	}
	return unknown(n)
}

func (r resolver) ref(n *yaml.Node, name string) *yaml.Node {
	if text, ok := r.texts[name]; ok {
		return literal(text, n)
	}
	values, ok := r.refs[name]
	switch {
	case !ok:
		return unknown(n)
	case !strings.HasPrefix(name, paramTrusted):
		return literal(values[0], n)
	}
	list := sequence()
	for _, v := range values {
		list.Content = append(list.Content, literal(v, n))
	}
	moveTo(list, n)
	return list
}

func (r resolver) sub(n, arg *yaml.Node) *yaml.Node {
	text, variables, ok := subArgs(arg)
	if !ok {
		return unknown(n)
	}
	var b strings.Builder
	for _, p := range parseSub(text.Value) {
		value := quoted(unescapeSub(p.text))
		if own := field(variables, p.variable); own != nil {
			value = r.resolve(own)
		} else if p.variable != "" {
			value = r.ref(n, p.variable)
		}
		if !isPart(value) {
			return unknown(n)
		}
		b.WriteString(value.Value)
	}
	return literal(b.String(), n)
}

func (r resolver) join(n, arg *yaml.Node) *yaml.Node {
	separator, list := r.resolve(arg.Content[0]), r.resolve(arg.Content[1])
	if !isPart(separator) || list == nil || list.Kind != yaml.SequenceNode {
		return unknown(n)
	}
	var parts []string
	for _, item := range list.Content {
		if !isPart(item) {
			return unknown(n)
		}
		parts = append(parts, item.Value)
	}
	return literal(strings.Join(parts, separator.Value), n)
}

var decimalPattern = regexp.MustCompile(`^[1-9][0-9]*$`)

// isPart reports whether it is known how a value is written where it becomes part of a text.
func isPart(n *yaml.Node) bool {
	return n != nil && n.Kind == yaml.ScalarNode && !isUnknown(n) && (!isLoose(n) || decimalPattern.MatchString(n.Value))
}

// chosen is what a Fn::If gives, as far as the conditions are known.
func (r resolver) chosen(n *yaml.Node) *yaml.Node {
	c, ok := callOf(n)
	if !ok || c.name != "Fn::If" || len(c.arg.Content) != 3 {
		return n
	}
	switch holds, known := r.conditions[c.arg.Content[0].Value]; {
	case !known:
		return n
	case holds:
		return r.chosen(c.arg.Content[1])
	}
	return r.chosen(c.arg.Content[2])
}

// pattern is a text of which each part that is not known is a *.
func (r resolver) pattern(n *yaml.Node) string {
	n = r.chosen(n)
	c, _ := callOf(n)
	switch c.name {
	case "Fn::Join":
		if len(c.arg.Content) == 2 {
			return r.joinPattern(c.arg.Content[0], r.chosen(c.arg.Content[1]))
		}
	case "Fn::Sub":
		if text, variables, ok := subArgs(c.arg); ok {
			return r.subPattern(n, text, variables)
		}
	}
	return known(r.resolve(n))
}

func (r resolver) joinPattern(separator, list *yaml.Node) string {
	if _, isCall := callOf(list); isCall {
		return unknownText
	}
	var parts []string
	for _, item := range listOf(list) {
		parts = append(parts, r.pattern(item))
	}
	return strings.Join(parts, r.pattern(separator))
}

func (r resolver) subPattern(n, text, variables *yaml.Node) string {
	var b strings.Builder
	for _, p := range parseSub(text.Value) {
		switch own := field(variables, p.variable); {
		case own != nil:
			b.WriteString(r.pattern(own))
		case p.variable != "":
			b.WriteString(known(r.ref(n, p.variable)))
		default:
			b.WriteString(unescapeSub(p.text))
		}
	}
	return b.String()
}

// known is a text, or unknownText for anything else.
func known(n *yaml.Node) string {
	if n == nil || n.Kind != yaml.ScalarNode || isUnknown(n) {
		return unknownText
	}
	return n.Value
}

// maxConditions bounds the ways in which the conditions of one document may fall: each doubles them.
const maxConditions = 6

// ways returns a resolver for each way in which the conditions used in a tree may fall; more than maxConditions is
// false. Conditions are taken as independent: that may look at ways that never happen, and misses none.
func (r resolver) ways(n *yaml.Node) ([]resolver, bool) {
	used := map[string]bool{}
	walk(n, "", func(n *yaml.Node, _ string) bool {
		if c, ok := callOf(n); ok && c.name == "Fn::If" && len(c.arg.Content) == 3 {
			used[c.arg.Content[0].Value] = true
		}
		return true
	})
	names := slices.Sorted(maps.Keys(used))
	if len(names) > maxConditions {
		return nil, false
	}
	var all []resolver
	for bits := range 1 << len(names) {
		way := resolver{texts: r.texts, refs: r.refs, conditions: map[string]bool{}}
		for i, name := range names {
			way.conditions[name] = bits&(1<<i) == 0
		}
		all = append(all, way)
	}
	return all, true
}
