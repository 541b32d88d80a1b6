package hub

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// withoutResources returns one of our templates without some resources, and without every resource and output that needs
// one of them.
func withoutResources(source string, ids []string) (string, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(source), &doc); err != nil {
		return "", fmt.Errorf("reading the template: %w", err)
	}
	gone := slices.Clone(ids)
	for before := 0; before != len(gone); {
		before = len(gone)
		for _, section := range []string{"Resources", "Outputs"} {
			gone = append(gone, removeNeeding(valueOf(doc.Content[0], section), gone)...)
		}
	}
	out, err := yaml.Marshal(&doc)
	if err != nil {
		return "", fmt.Errorf("writing the template: %w", err)
	}
	return string(out), nil
}

// removeNeeding removes what is gone, and what needs it, and returns the names of the latter.
func removeNeeding(section *yaml.Node, gone []string) []string {
	var more, unwanted []string
	for i := 0; section != nil && i+1 < len(section.Content); i += 2 {
		name := section.Content[i].Value
		switch {
		case slices.Contains(gone, name):
			unwanted = append(unwanted, name)
		case needs(section.Content[i+1], gone):
			more, unwanted = append(more, name), append(unwanted, name)
		}
	}
	if section != nil {
		removeKeys(section, func(key string) bool { return slices.Contains(unwanted, key) })
	}
	return more
}

func valueOf(mapping *yaml.Node, key string) *yaml.Node {
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == key {
			return mapping.Content[i+1]
		}
	}
	return nil
}

// needs reports whether a resource or an output refers to one of those, in the short forms that our templates use.
func needs(n *yaml.Node, ids []string) bool {
	if on := valueOf(n, "DependsOn"); n.Kind == yaml.MappingNode && on != nil {
		all := append([]*yaml.Node{on}, on.Content...)
		if slices.ContainsFunc(all, func(d *yaml.Node) bool { return slices.Contains(ids, d.Value) }) {
			return true
		}
	}
	refers := slices.ContainsFunc(ids, func(id string) bool {
		switch n.Tag {
		case "!Ref":
			return n.Value == id
		case "!GetAtt":
			return strings.HasPrefix(n.Value, id+".")
		case "!Sub":
			return strings.Contains(n.Value, "${"+id+"}") || strings.Contains(n.Value, "${"+id+".")
		}
		return false
	})
	return refers || slices.ContainsFunc(n.Content, func(c *yaml.Node) bool { return needs(c, ids) })
}

// importTemplate returns the template with just the resources named, and without outputs, which CloudFormation does
// not take in an import.
func importTemplate(source string, resources []string) (string, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(source), &doc); err != nil {
		return "", fmt.Errorf("reading the template for an import: %w", err)
	}
	root := doc.Content[0]
	removeKeys(root, func(key string) bool { return key == "Outputs" })
	removeKeys(valueOf(root, "Resources"), func(key string) bool { return !slices.Contains(resources, key) })
	out, err := yaml.Marshal(&doc)
	if err != nil {
		return "", fmt.Errorf("writing the template for an import: %w", err)
	}
	return string(out), nil
}

func removeKeys(mapping *yaml.Node, unwanted func(string) bool) {
	var kept []*yaml.Node
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if !unwanted(mapping.Content[i].Value) {
			kept = append(kept, mapping.Content[i], mapping.Content[i+1])
		}
	}
	mapping.Content = kept
}
