package cfn

import (
	"encoding/json"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// SamePolicy reports whether two policies mean the same to IAM: white space, the order of keys, values and statements,
// one value or a list of one, and the case of actions and condition keys make no difference. Texts that are not JSON
// are the same only if they are equal.
func SamePolicy(a, b string) bool {
	if a == b {
		return true
	}
	first, errA := parseJSON(a)
	second, errB := parseJSON(b)
	if errA != nil || errB != nil || checkTree(first.Content[0], 1) != nil || checkTree(second.Content[0], 1) != nil {
		return false
	}
	return meaning(first.Content[0], "") == meaning(second.Content[0], "")
}

// meaning returns a text in which policies of one meaning are equal; element is the key that a node stands under.
func meaning(n *yaml.Node, element string) string {
	switch n.Kind {
	case yaml.MappingNode:
		var fields []string
		for key, value := range pairs(n) {
			name, below := key.Value, key.Value
			switch element {
			case "Condition":
				below = "operator"
			case "operator":
				name, below = strings.ToLower(name), "values"
			}
			fields = append(fields, quote(name)+":"+meaning(value, below))
		}
		slices.Sort(fields)
		return "{" + strings.Join(fields, ",") + "}"
	case yaml.SequenceNode:
		var items []string
		for _, item := range n.Content {
			items = append(items, meaning(item, element))
		}
		slices.Sort(items)
		items = slices.Compact(items)
		if len(items) == 1 {
			return items[0]
		}
		return "[" + strings.Join(items, ",") + "]"
	default:
		if element == "Action" || element == "NotAction" {
			return quote(strings.ToLower(n.Value))
		}
		return quote(n.Value)
	}
}

func quote(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		return s
	}
	return string(b)
}
