package cfn

import (
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// shortFunctions are CloudFormation's functions by their short tags. Those that need a transform (Fn::ForEach,
// Fn::Length, Fn::ToJsonString) or are one (Fn::Transform) are known only to be refused with a reason.
var shortFunctions = map[string]string{
	"!Ref": "Ref", "!Condition": "Condition",
	"!And": "Fn::And", "!Base64": "Fn::Base64", "!Cidr": "Fn::Cidr", "!Contains": "Fn::Contains",
	"!EachMemberEquals": "Fn::EachMemberEquals", "!EachMemberIn": "Fn::EachMemberIn", "!Equals": "Fn::Equals",
	"!FindInMap": "Fn::FindInMap", "!GetAtt": "Fn::GetAtt", "!GetAZs": "Fn::GetAZs", "!If": "Fn::If",
	"!ImportValue": "Fn::ImportValue", "!Join": "Fn::Join", "!Length": "Fn::Length", "!Not": "Fn::Not", "!Or": "Fn::Or",
	"!RefAll": "Fn::RefAll", "!Select": "Fn::Select", "!Split": "Fn::Split", "!Sub": "Fn::Sub",
	"!ToJsonString": "Fn::ToJsonString", "!Transform": "Fn::Transform", "!ValueOf": "Fn::ValueOf", "!ValueOfAll": "Fn::ValueOfAll",
}

func isFunctionTag(tag string) bool { return shortFunctions[tag] != "" }

// call is an intrinsic function in either form: {"Fn::Sub": x} or !Sub x.
type call struct {
	// name is the long form, such as "Ref" or "Fn::Sub".
	name string
	// arg is what stands behind it. For a short tag it is a copy of the node without the tag that shares its children.
	arg *yaml.Node
}

func callOf(n *yaml.Node) (call, bool) {
	if n == nil {
		return call{}, false
	}
	if name := shortFunctions[n.Tag]; name != "" {
		arg := *n
		arg.Tag = map[yaml.Kind]string{yaml.ScalarNode: "!!str", yaml.SequenceNode: "!!seq", yaml.MappingNode: "!!map"}[n.Kind]
		arg.Style &^= yaml.TaggedStyle
		return call{name, &arg}, true
	}
	if n.Kind == yaml.MappingNode && len(n.Content) == 2 && isFunctionKey(n.Content[0].Value) {
		return call{n.Content[0].Value, n.Content[1]}, true
	}
	return call{}, false
}

// isFunctionKey does not take "Condition", which is a function only inside conditions: see conditionName.
func isFunctionKey(key string) bool { return key == "Ref" || strings.HasPrefix(key, "Fn::") }

// conditionName returns the name in !Condition x or {"Condition": x}.
func conditionName(n *yaml.Node) (string, bool) {
	if c, ok := callOf(n); ok {
		return c.arg.Value, c.name == "Condition" && c.arg.Kind == yaml.ScalarNode
	}
	if n.Kind == yaml.MappingNode && len(n.Content) == 2 && n.Content[0].Value == "Condition" && isScalar(n.Content[1]) {
		return n.Content[1].Value, true
	}
	return "", false
}

// setArgument changes the scalar argument of a function in the form that it has.
func setArgument(n *yaml.Node, value string) {
	if isFunctionTag(n.Tag) {
		n.Value = value
		return
	}
	n.Content[1].Value = value
}

// reference makes {"Ref": name} in the form that the template uses.
func reference(name string, long bool) *yaml.Node {
	if long {
		return mapping(plain("Ref"), quoted(name))
	}
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!Ref", Value: name, Style: yaml.TaggedStyle}
}

// attribute returns the resource and the attribute of a Fn::GetAtt argument.
func attribute(arg *yaml.Node) (resource, name string, ok bool) {
	switch {
	case isScalar(arg):
		return strings.Cut(arg.Value, ".")
	case arg.Kind == yaml.SequenceNode && len(arg.Content) == 2 && isScalar(arg.Content[0]):
		if !isScalar(arg.Content[1]) {
			return arg.Content[0].Value, "", true
		}
		return arg.Content[0].Value, arg.Content[1].Value, true
	}
	return "", "", false
}

// shown writes a function as a person would, for messages.
func shown(n *yaml.Node) string {
	c, ok := callOf(n)
	switch {
	case !ok:
		return strconv.Quote(n.Value)
	case c.arg.Kind == yaml.ScalarNode:
		return "!" + strings.TrimPrefix(c.name, "Fn::") + " " + c.arg.Value
	}
	return "!" + strings.TrimPrefix(c.name, "Fn::")
}

// join adds a key to a path.
func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// at adds an index to a path.
func at(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }

// walk visits a tree, parents first, with paths; a false answer leaves out the children.
func walk(n *yaml.Node, path string, visit func(n *yaml.Node, path string) bool) {
	if n == nil || !visit(n, path) {
		return
	}
	if n.Kind == yaml.MappingNode {
		for key, value := range pairs(n) {
			walk(value, join(path, key.Value), visit)
		}
		return
	}
	for i, child := range n.Content {
		walk(child, at(path, i), visit)
	}
}
