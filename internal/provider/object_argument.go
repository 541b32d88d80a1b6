package provider

import (
	"context"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"
)

// objectArgument reads an object attribute by attribute, and keeps the first fault and whether something that
// was asked for is not known yet.
type objectArgument struct {
	attributes map[string]attr.Value
	unknown    bool
	fault      string
}

// newObjectArgument reads a plain object whose attributes are all known by name, so that a misspelt one is told instead
// of ignored. It is read like an onboarding.
func newObjectArgument(value types.Dynamic, required []string, optional ...string) *objectArgument {
	if value.IsUnknown() || value.IsUnderlyingValueUnknown() {
		return &objectArgument{unknown: true}
	}
	attributes, ok := attributesOf(value.UnderlyingValue())
	if !ok {
		return &objectArgument{fault: fmt.Sprintf("must be an object with `%s`, not %s", strings.Join(required, "`, `"), kindOf(value))}
	}
	names := append(slices.Clone(required), optional...)
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		if !slices.Contains(names, name) {
			return &objectArgument{fault: fmt.Sprintf("has no use for the attribute `%s`; it may have `%s`", name, strings.Join(names, "`, `"))}
		}
	}
	for _, name := range required {
		if v := underlying(attributes[name]); v == nil || v.IsNull() {
			return &objectArgument{fault: fmt.Sprintf("must have the attribute `%s`, which is missing or null", name)}
		}
	}
	return &objectArgument{attributes: attributes}
}

// flag is false for what is missing, null or unknown.
func (a *objectArgument) flag(name string) bool {
	v := a.value(name)
	if v == nil {
		return false
	}
	b, ok := v.(basetypes.BoolValue)
	if !ok {
		a.fail(fmt.Sprintf("`%s` must be a bool, not %s", name, kindOf(v)))
	}
	return b.ValueBool()
}

// finish answers the call when the argument does not allow a result: with its fault, or with an unknown value.
func (a *objectArgument) finish(ctx context.Context, resp *function.RunResponse) bool {
	switch {
	case a.fault != "":
		resp.Error = function.NewArgumentFuncError(onboardingIndex, a.fault)
	case a.unknown:
		resp.Error = resp.Result.Set(ctx, types.StringUnknown())
	default:
		return false
	}
	return true
}

// fail keeps the first fault; while something is unknown, what follows from it is none.
func (a *objectArgument) fail(fault string) {
	if a.fault == "" && !a.unknown {
		a.fault = fault
	}
}

func (a *objectArgument) take(name string, nested *objectArgument) {
	a.unknown = a.unknown || nested.unknown
	if a.fault == "" && nested.fault != "" {
		a.fault = fmt.Sprintf("in `%s`: %s", name, nested.fault)
	}
}

// value is nil for what is missing, null or unknown.
func (a *objectArgument) value(name string) attr.Value {
	v := underlying(a.attributes[name])
	if v == nil || v.IsNull() {
		return nil
	}
	if v.IsUnknown() {
		a.unknown = true
		return nil
	}
	return v
}

func (a *objectArgument) text(name string) string {
	v := a.value(name)
	if v == nil {
		return ""
	}
	s, ok := v.(basetypes.StringValue)
	if !ok {
		a.fail(fmt.Sprintf("`%s` must be a string, not %s", name, kindOf(v)))
	}
	return s.ValueString()
}

func (a *objectArgument) seconds(name string) int {
	var n *big.Float
	switch v := a.value(name).(type) {
	case nil:
		return 0
	case basetypes.NumberValue:
		n = v.ValueBigFloat()
	case basetypes.Int64Value:
		return int(v.ValueInt64())
	default:
		a.fail(fmt.Sprintf("`%s` must be a number, not %s", name, kindOf(v)))
		return 0
	}
	whole, _ := n.Int64()
	return int(whole)
}

func (a *objectArgument) object(name string) *objectArgument {
	v := a.value(name)
	if v == nil {
		return &objectArgument{}
	}
	attributes, ok := attributesOf(v)
	if !ok {
		a.fail(fmt.Sprintf("`%s` must be an object, not %s", name, kindOf(v)))
	}
	return &objectArgument{attributes: attributes}
}

// texts leaves out elements that are null.
func (a *objectArgument) texts(name string) map[string]string {
	nested := a.object(name)
	out := make(map[string]string, len(nested.attributes))
	for _, key := range slices.Sorted(maps.Keys(nested.attributes)) {
		if nested.value(key) != nil {
			out[key] = nested.text(key)
		}
	}
	a.take(name, nested)
	return out
}

// list reads a list, set or tuple of strings.
func (a *objectArgument) list(name string) []string {
	v := a.value(name)
	if v == nil {
		return nil
	}
	collection, ok := v.(interface{ Elements() []attr.Value })
	if !ok {
		a.fail(fmt.Sprintf("`%s` must be a list or set of strings, not %s", name, kindOf(v)))
		return nil
	}
	nested := &objectArgument{attributes: map[string]attr.Value{}}
	out := make([]string, 0, len(collection.Elements()))
	for i, element := range collection.Elements() {
		place := strconv.Itoa(i)
		nested.attributes[place] = element
		out = append(out, nested.text(place))
	}
	a.take(name, nested)
	return out
}

func attributesOf(v attr.Value) (map[string]attr.Value, bool) {
	if v == nil || v.IsNull() {
		return nil, false
	}
	switch v := v.(type) {
	case basetypes.ObjectValue:
		return v.Attributes(), true
	case basetypes.MapValue:
		return v.Elements(), true
	default:
		return nil, false
	}
}

func underlying(v attr.Value) attr.Value {
	if d, ok := v.(basetypes.DynamicValue); ok && !d.IsNull() && !d.IsUnknown() {
		return d.UnderlyingValue()
	}
	return v
}

// kindOf names a value's type as Terraform's language does.
func kindOf(v attr.Value) string {
	switch v := underlying(v).(type) {
	case nil:
		return "null"
	case basetypes.StringValue:
		return "a string"
	case basetypes.NumberValue, basetypes.Int64Value:
		return "a number"
	case basetypes.BoolValue:
		return "a bool"
	case basetypes.ListValue, basetypes.TupleValue:
		return "a list"
	case basetypes.SetValue:
		return "a set"
	default:
		if v.IsNull() {
			return "null"
		}
		return "an object"
	}
}
