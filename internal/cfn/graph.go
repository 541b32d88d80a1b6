package cfn

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// graph is in which order CloudFormation makes the resources.
type graph struct {
	after map[string][]edge
	// conditions are those that the resources themselves stand under.
	conditions map[string]string
}

// edge leads to a resource that must stand first. It is there only if the condition holds, unless that is empty.
type edge struct{ to, condition string }

func newGraph(t *Template) graph {
	g := graph{map[string][]edge{}, map[string]string{}}
	for _, res := range resources(t) {
		g.conditions[res.id] = textField(res.body, "Condition")
		for _, item := range listOf(field(res.body, "DependsOn")) {
			g.after[res.id] = append(g.after[res.id], edge{to: item.Value})
		}
		g.add(res.id, field(res.body, "Properties"), "")
	}
	return g
}

// add takes in what a tree names. What stands deeper under conditions than one may be absent for many reasons, and is
// left out.
func (g graph) add(id string, n *yaml.Node, condition string) {
	walk(n, "", func(n *yaml.Node, _ string) bool {
		c, ok := callOf(n)
		if !ok {
			return true
		}
		for _, name := range named(c) {
			g.after[id] = append(g.after[id], edge{name, condition})
		}
		if c.name != "Fn::If" {
			return true
		}
		if condition == "" && len(c.arg.Content) == 3 {
			g.add(id, c.arg.Content[1], c.arg.Content[0].Value)
		}
		return false
	})
}

// before are all resources that, in every stack that has them, stand before this one is made.
func (g graph) before(id string) map[string]bool {
	seen := map[string]bool{}
	queue := slices.Clone(g.after[id])
	for len(queue) > 0 {
		next := queue[0]
		queue = queue[1:]
		own := g.conditions[next.to]
		if seen[next.to] || next.condition != "" && next.condition != own {
			continue
		}
		seen[next.to] = true
		if own == "" {
			queue = append(queue, g.after[next.to]...)
		}
	}
	return seen
}

// checkCycles refuses resources that wait for themselves, save where only some stacks have the circle.
func checkCycles(t *Template, f *findings) {
	g := newGraph(t)
	for _, res := range resources(t) {
		if g.before(res.id)[res.id] {
			f.errorf(res.key, res.path(), "The resource waits for itself, by way of others: follow DependsOn, Ref and GetAtt around the circle and break it.")
		}
	}
}

// named are the resources and parameters that a function names.
func named(c call) []string {
	switch c.name {
	case "Ref":
		return []string{c.arg.Value}
	case "Fn::GetAtt":
		if id, _, ok := attribute(c.arg); ok {
			return []string{id}
		}
	case "Fn::Sub":
		text, variables, ok := subArgs(c.arg)
		if !ok {
			return nil
		}
		var list []string
		for _, p := range parseSub(text.Value) {
			if p.variable != "" && field(variables, p.variable) == nil {
				id, _, _ := strings.Cut(p.variable, ".")
				list = append(list, id)
			}
		}
		return list
	}
	return nil
}
