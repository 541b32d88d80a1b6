package plural

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Names of the two resources and of the attributes that the plural one adds.
const (
	One  = "xrole_onboarding"
	Many = "xrole_onboardings"

	customersName   = "customers"
	onboardingsName = "onboardings"
	ownerName       = "owner"
	keyName         = "name"
	accountName     = "account_id"
	hubName         = "hub"
	regionName      = "region"
	regionsName     = "regions"
	tableName       = "table"
	statusName      = "status"
)

// ownOnly are the inputs that make no sense for several customers at once.
var ownOnly = []string{accountName, "external_id", "existing_role_arn"}

// values are the attributes of an object.
type values = map[string]tftypes.Value

// shape is how the two resources' schemas hang together.
type shape struct {
	schema *tfprotov6.Schema
	// one and many are the types of the resources, out that of one element of onboardings.
	one, many, out tftypes.Object
	outs           tftypes.Map
	// inputs and shared are what may be set for a customer and for all; computed is what the singular resource may fill in,
	// without what follows from fixed.
	inputs, shared, computed []string
	// arguments are the types of inputs.
	arguments map[string]tftypes.Type
	// fixed are the defaults that never depend on anything. The state does not have them: to change one is to change what
	// stands of every customer that does not set it, which no plan would show.
	fixed values
}

// newShape makes the plural resource's schema of the singular one's.
func newShape(one *tfprotov6.Schema, description string) (*shape, error) {
	object, ok := one.ValueType().(tftypes.Object)
	if !ok {
		return nil, fmt.Errorf("the schema of %s is no object", One)
	}
	s := &shape{one: object, arguments: map[string]tftypes.Type{}, fixed: values{
		"template_mode": str("pinned"), "template_retention_days": number(30), "service_timeout_seconds": number(600), "force_destroy": boolean(false),
	}}
	var outer, out []*tfprotov6.SchemaAttribute
	for _, a := range one.Block.Attributes {
		_, fixed := s.fixed[a.Name]
		switch {
		case a.Name == keyName:
			continue
		case a.Name == hubName:
			outer = append(outer, a)
			continue
		case a.Optional || a.Required:
			s.inputs = append(s.inputs, a.Name)
			s.arguments[a.Name] = object.AttributeTypes[a.Name]
			if !slices.Contains(ownOnly, a.Name) {
				s.shared = append(s.shared, a.Name)
				outer = append(outer, shared(a))
			}
		}
		if a.Computed && !fixed {
			s.computed = append(s.computed, a.Name)
			out = append(out, found(a))
		}
	}
	slices.Sort(s.inputs)
	outer = append(outer, &tfprotov6.SchemaAttribute{
		Name: customersName, Required: true, Type: tftypes.DynamicPseudoType, DescriptionKind: tfprotov6.StringKindMarkdown,
		Description: fmt.Sprintf(customersDescription, strings.Join(s.inputs, "`, `")),
	}, &tfprotov6.SchemaAttribute{
		Name: ownerName, Computed: true, Type: tftypes.String, DescriptionKind: tfprotov6.StringKindMarkdown,
		Description: "By which id this resource tells its own writes in the registry from another Terraform state's: what another one has taken over since is left to it.",
	}, &tfprotov6.SchemaAttribute{
		Name: onboardingsName, Computed: true, DescriptionKind: tfprotov6.StringKindMarkdown,
		Description: "What was made for each customer, and what came back, by name. A customer that is missing here was not made yet, and one whose `status` is null is not as it should be; the next apply does that.",
		NestedType:  &tfprotov6.SchemaObject{Nesting: tfprotov6.SchemaObjectNestingModeMap, Attributes: out},
	})
	s.schema = &tfprotov6.Schema{Block: &tfprotov6.SchemaBlock{Attributes: outer, Description: description, DescriptionKind: tfprotov6.StringKindMarkdown}}
	return s, s.types()
}

func (s *shape) types() error {
	var ok [3]bool
	s.many, ok[0] = s.schema.ValueType().(tftypes.Object)
	s.outs, ok[1] = s.many.AttributeTypes[onboardingsName].(tftypes.Map)
	s.out, ok[2] = s.outs.ElementType.(tftypes.Object)
	if slices.Contains(ok[:], false) {
		return fmt.Errorf("the schema of %s has not the types it should have", Many)
	}
	return nil
}

// customersDescription is of a value without a type: Terraform would drop an argument whose name is misspelt, keep a null
// for each of those that are not set, and compare the types of all customers with each other.
const customersDescription = "A map of the customers by name: 1 to 64 letters, digits, dots, hyphens or underscores, unique in the hub. Each is an object with arguments of `xrole_onboarding`: `%s`. " +
	"Any other is refused. What a customer does not set is taken from the arguments of the same name beside `customers`. " +
	"`role` and `template_body` exclude each other: who sets the one does not get the other from there. A customer that goes from the map is destroyed, with the guards of `xrole_onboarding`."

// settable is an input as a user of the plural resource sets it: all defaults are the singular resource's.
func settable(a *tfprotov6.SchemaAttribute) *tfprotov6.SchemaAttribute {
	c := *a
	c.Optional, c.Required, c.Computed = true, false, false
	if a.NestedType != nil {
		nested := *a.NestedType
		nested.Attributes = make([]*tfprotov6.SchemaAttribute, 0, len(a.NestedType.Attributes))
		for _, n := range a.NestedType.Attributes {
			nested.Attributes = append(nested.Attributes, settable(n))
		}
		c.NestedType = &nested
	}
	return &c
}

func shared(a *tfprotov6.SchemaAttribute) *tfprotov6.SchemaAttribute {
	c := settable(a)
	c.Description = "For all customers that do not set it themselves. " + c.Description
	return c
}

func found(a *tfprotov6.SchemaAttribute) *tfprotov6.SchemaAttribute {
	c := *a
	c.Optional, c.Required, c.Computed = false, false, true
	if a.Optional {
		c.Description = "In use: " + strings.ToLower(c.Description[:1]) + c.Description[1:]
	}
	return &c
}

func str(s string) tftypes.Value        { return tftypes.NewValue(tftypes.String, s) }
func number(n int64) tftypes.Value      { return tftypes.NewValue(tftypes.Number, n) }
func boolean(b bool) tftypes.Value      { return tftypes.NewValue(tftypes.Bool, b) }
func null(t tftypes.Type) tftypes.Value { return tftypes.NewValue(t, nil) }

// fields returns the attributes of an object; none of one that is null or unknown.
func fields(v tftypes.Value) (values, error) {
	out := values{}
	if v.IsNull() || !v.IsKnown() {
		return out, nil
	}
	if err := v.As(&out); err != nil {
		return nil, err
	}
	return maps.Clone(out), nil // As hands out the value's own
}
