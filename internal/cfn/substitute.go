package cfn

import (
	"strings"

	"go.yaml.in/yaml/v3"
)

// stand is what stands in a template for a parameter that xrole gives a value to.
type stand struct {
	// nodes are for Ref: one, or two External IDs while rotating.
	nodes []*yaml.Node
	// text is for ${Name} in Fn::Sub, which takes no list.
	text string
	list bool
}

// substituter puts stands in the place of references, in the tree itself.
type substituter struct {
	stands map[string]stand
	f      *findings
}

// spot is where a node stands.
type spot struct {
	path string
	// key is the mapping key of the node, or of the list that it is in.
	key string
	// spread is true for the External ID's own condition, the one place that takes two values.
	spread bool
}

func (s *substituter) node(n *yaml.Node, here spot) {
	c, isCall := callOf(n)
	if isCall {
		switch c.name {
		case "Ref":
			s.ref(n, c, here)
			return
		case "Fn::Sub":
			s.sub(n, c, here)
		}
		here.spread = false
	}
	for key, value := range pairs(n) {
		s.node(value, spot{
			path:   join(here.path, key.Value),
			key:    key.Value,
			spread: here.key == "StringEquals" && strings.EqualFold(key.Value, keyExternalID),
		})
	}
	if n.Kind != yaml.SequenceNode {
		return
	}
	for i, child := range n.Content {
		s.node(child, spot{at(here.path, i), here.key, here.spread})
	}
	if here.spread {
		flatten(n)
	}
}

// flatten takes the two External IDs of a rotation out of a list of their own.
func flatten(n *yaml.Node) {
	var flat []*yaml.Node
	for _, child := range n.Content {
		if _, isCall := callOf(child); child.Kind == yaml.SequenceNode && !isCall {
			flat = append(flat, child.Content...)
			continue
		}
		flat = append(flat, child)
	}
	n.Content = flat
}

func (s *substituter) ref(n *yaml.Node, c call, here spot) {
	with, ok := s.stands[c.arg.Value]
	switch {
	case !ok || c.arg.Kind != yaml.ScalarNode:
	case len(with.nodes) == 1:
		replace(n, with.nodes[0])
	case here.spread:
		replace(n, sequence(with.nodes...))
	default:
		s.refuseRotation(n, here.path)
	}
}

func (s *substituter) sub(n *yaml.Node, c call, here spot) {
	text, variables, ok := subArgs(c.arg)
	if !ok {
		return
	}
	parts := parseSub(text.Value)
	changed, left := false, false
	for i, p := range parts {
		with, ok := s.stands[p.variable]
		switch {
		case !ok || field(variables, p.variable) != nil:
			left = left || p.variable != ""
		case len(with.nodes) > 1:
			s.refuseRotation(n, here.path)
			return
		case with.list:
			s.f.errorf(n, here.path, "%s is a list and cannot stand in Fn::Sub; use !Ref, or Fn::Join to make one string of it.", p.variable)
			return
		default:
			parts[i] = subPart{text: with.text}
			changed = true
			left = left || strings.HasPrefix(with.text, "${")
		}
	}
	switch {
	case !changed:
	case left:
		setSubText(n, c, joinSub(parts))
	default:
		literal := quoted(unescapeSub(joinSub(parts)))
		if style := text.Style &^ (yaml.TaggedStyle | yaml.FlowStyle); style != 0 {
			literal.Style = style
		}
		replace(n, literal)
	}
}

func setSubText(n *yaml.Node, c call, text string) {
	if c.arg.Kind == yaml.SequenceNode {
		c.arg.Content[0].Value = text
		return
	}
	setArgument(n, text)
}

func (s *substituter) refuseRotation(n *yaml.Node, path string) {
	s.f.errorf(n, path, "While the External ID is rotated there are two of them, and only Condition.StringEquals of a trust policy takes both: "+
		"use %s there, with !Ref, and nowhere else.", paramExternalID)
}
