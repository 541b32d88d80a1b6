package cfn

import (
	"slices"

	"go.yaml.in/yaml/v3"
)

// Outline is what a person wants to know of a template before launching it.
type Outline struct {
	// Resources are in the template's order.
	Resources []OutlinedResource
	// Parameters are in the template's order, without those that xrole gives their values.
	Parameters []OutlinedParameter
}

// OutlinedResource is one that the template makes.
type OutlinedResource struct {
	// LogicalID is the template's name for it; Type is empty where a loop or a function makes it.
	LogicalID, Type string
	// Conditional is true if it may not be made.
	Conditional bool
	// Kept is true if it, or a snapshot of it, may stay when the stack is deleted.
	Kept bool
}

// OutlinedParameter is one that a person or the launch link fills in.
type OutlinedParameter struct {
	// Default is empty for a NoEcho parameter.
	Name, Description, Default string
	// Required is true if there is no default.
	Required bool
}

// Outline lists what the template makes and asks for.
func (t *Template) Outline() Outline {
	var o Outline
	for key, r := range pairs(t.section("Resources")) {
		policy := field(r, "DeletionPolicy")
		o.Resources = append(o.Resources, OutlinedResource{
			LogicalID:   key.Value,
			Type:        textField(r, "Type"),
			Conditional: field(r, "Condition") != nil || !isMapping(r),
			Kept:        policy != nil && (!isScalar(policy) || policy.Value != "Delete"),
		})
	}
	for key, p := range pairs(t.section("Parameters")) {
		if slices.Contains(ownParameters(), key.Value) {
			continue
		}
		o.Parameters = append(o.Parameters, outlineParameter(key.Value, p))
	}
	return o
}

func outlineParameter(name string, p *yaml.Node) OutlinedParameter {
	out := OutlinedParameter{Name: name, Description: textField(p, "Description"), Required: field(p, "Default") == nil}
	if !isTrue(field(p, "NoEcho")) {
		out.Default = textField(p, "Default")
	}
	return out
}
