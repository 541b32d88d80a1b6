package cfn

import (
	"iter"
	"regexp"
	"slices"

	"go.yaml.in/yaml/v3"
)

// pairs goes through the keys and values of a mapping; through nothing for any other node.
func pairs(n *yaml.Node) iter.Seq2[*yaml.Node, *yaml.Node] {
	return func(yield func(*yaml.Node, *yaml.Node) bool) {
		if n == nil || n.Kind != yaml.MappingNode {
			return
		}
		for i := 0; i+1 < len(n.Content); i += 2 {
			if !yield(n.Content[i], n.Content[i+1]) {
				return
			}
		}
	}
}

// field returns the value of a key, or nil.
func field(n *yaml.Node, key string) *yaml.Node {
	_, value := entry(n, key)
	return value
}

// entry returns the key's own node and its value, or nils.
func entry(n *yaml.Node, key string) (k, v *yaml.Node) {
	for k, v := range pairs(n) {
		if k.Value == key {
			return k, v
		}
	}
	return nil, nil
}

// textField returns a key's scalar value, or "".
func textField(n *yaml.Node, key string) string {
	v := field(n, key)
	if !isScalar(v) {
		return ""
	}
	return v.Value
}

// setField gives a key a value, in its place or at the end.
func setField(n *yaml.Node, key string, value *yaml.Node) {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			value.LineComment = n.Content[i+1].LineComment
			n.Content[i+1] = value
			return
		}
	}
	n.Content = append(n.Content, plain(key), value)
}

// removeField removes a key. A comment that stands below its value belongs to what follows and stays.
func removeField(n *yaml.Node, key string) {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value != key {
			continue
		}
		foot := n.Content[i].FootComment
		n.Content = slices.Delete(n.Content, i, i+2)
		if foot == "" {
			return
		}
		if i < len(n.Content) {
			next := n.Content[i]
			next.HeadComment = joinComments(foot, next.HeadComment)
		} else if i > 0 {
			last := n.Content[i-2]
			last.FootComment = joinComments(last.FootComment, foot)
		}
		return
	}
}

func joinComments(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "\n\n" + b
}

// insertBefore puts a key before another, or at the end where that is absent.
func insertBefore(n *yaml.Node, before string, key, value *yaml.Node) {
	at := len(n.Content)
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == before {
			at = i
			break
		}
	}
	n.Content = slices.Insert(n.Content, at, key, value)
}

// isScalar reports whether a node is a scalar that is no function.
func isScalar(n *yaml.Node) bool {
	return n != nil && n.Kind == yaml.ScalarNode && !isFunctionTag(n.Tag)
}

// isMapping reports whether a node is a mapping that is no function.
func isMapping(n *yaml.Node) bool {
	if n == nil || n.Kind != yaml.MappingNode {
		return false
	}
	_, ok := callOf(n)
	return !ok
}

func isNull(n *yaml.Node) bool {
	return n != nil && n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null"
}

// loosePattern are truth values, numbers to the base of 60 and times without a zone in YAML 1.1, which CloudFormation reads, and
// texts to our reader.
var loosePattern = regexp.MustCompile(`^((?i:y|yes|n|no|on|off)|[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?|[0-9]{4}-[0-9]+-[0-9]+[Tt][0-9:.Zz+-]+)$`)

// isLoose reports whether readers of YAML may take a value for no text, or for another: 0x1F is 31, 1_000 is 1000 to some.
func isLoose(n *yaml.Node) bool {
	return n.ShortTag() != "!!str" || n.Style == 0 && loosePattern.MatchString(n.Value)
}

// plain makes a string that may be written without quotes; for keys and words of our own.
func plain(s string) *yaml.Node { return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: s} }

// quoted makes a string that is always written in quotes: no reader of YAML then takes an account id for an octal
// number, or a version for a float.
func quoted(s string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: s, Style: yaml.DoubleQuotedStyle}
}

func sequence(items ...*yaml.Node) *yaml.Node {
	return &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Content: items}
}

func mapping(keysAndValues ...*yaml.Node) *yaml.Node {
	return &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Content: keysAndValues}
}

func quotedList(values []string) *yaml.Node {
	list := sequence()
	for _, v := range values {
		list.Content = append(list.Content, quoted(v))
	}
	return list
}

// replace puts another value in a node's place, with the comments and the position of the old one.
func replace(n, with *yaml.Node) {
	fresh := *cloneNode(with)
	fresh.Line, fresh.Column = n.Line, n.Column
	fresh.HeadComment, fresh.LineComment, fresh.FootComment = n.HeadComment, n.LineComment, n.FootComment
	for _, child := range fresh.Content {
		moveTo(child, n)
	}
	if fresh.Kind == yaml.SequenceNode && len(fresh.Content) > 0 {
		// Behind a list this comment would move on to the list's successor.
		fresh.Content[0].LineComment, fresh.LineComment = fresh.LineComment, ""
	}
	*n = fresh
}

// moveTo gives a whole tree another node's position.
func moveTo(n, at *yaml.Node) {
	n.Line, n.Column = at.Line, at.Column
	for _, child := range n.Content {
		moveTo(child, at)
	}
}

func cloneNode(n *yaml.Node) *yaml.Node {
	fresh := *n
	fresh.Content = make([]*yaml.Node, len(n.Content))
	for i, child := range n.Content {
		fresh.Content[i] = cloneNode(child)
	}
	return &fresh
}

// sameTree reports whether two trees mean the same, whatever their comments and styles, and where they first differ.
func sameTree(a, b *yaml.Node, path string) (string, bool) {
	if a.Kind != b.Kind || a.ShortTag() != b.ShortTag() || len(a.Content) != len(b.Content) {
		return path, false
	}
	if a.Kind == yaml.ScalarNode && a.Value != b.Value {
		return path, false
	}
	for i := range a.Content {
		at := path
		if a.Kind == yaml.MappingNode {
			at = join(path, a.Content[i&^1].Value)
		}
		if where, same := sameTree(a.Content[i], b.Content[i], at); !same {
			return where, false
		}
	}
	return "", true
}
