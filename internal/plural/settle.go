package plural

import (
	"cmp"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// mistake is what somebody wrote that an argument cannot be, and the way to it from the customer.
type mistake struct {
	*tfprotov6.Diagnostic

	at []tftypes.AttributePathStep
}

func mistaken(summary, detail string) *mistake {
	return &mistake{Diagnostic: &tfprotov6.Diagnostic{Severity: tfprotov6.DiagnosticSeverityError, Summary: summary, Detail: detail}}
}

// under puts a step before the way to a mistake, if there is one.
func (m *mistake) under(step tftypes.AttributePathStep) *mistake {
	if m != nil {
		m.at = slices.Insert(m.at, 0, step)
	}
	return m
}

// settle makes a value as it was written one of the type that is wanted, as Terraform does where a schema has that type: a
// list may stand for a set, an object for a map, "900" for 900. Unlike Terraform, it tells of an attribute that there is
// not, which is a slip of the pen in a configuration. What cannot be is left out, and the first of that is told; in a state
// it is what another version of the provider wrote.
func settle(v tftypes.Value, want tftypes.Type) (tftypes.Value, *mistake) {
	switch {
	case !v.IsKnown():
		return tftypes.NewValue(want, tftypes.UnknownValue), nil
	case v.IsNull():
		return null(want), nil
	}
	switch want := want.(type) {
	case tftypes.Object:
		return settleObject(v, want)
	case tftypes.Map:
		return settleMap(v, want)
	case tftypes.Set:
		return settleSet(v, want)
	default:
		return settleScalar(v, want)
	}
}

func settleObject(v tftypes.Value, want tftypes.Object) (tftypes.Value, *mistake) {
	all, ok := elements(v)
	if !ok {
		return null(want), wrongKind(v, "an object")
	}
	out, first := settleAttributes(all, want.AttributeTypes)
	for name, t := range want.AttributeTypes {
		if _, ok := out[name]; !ok {
			out[name] = null(t)
		}
	}
	return tftypes.NewValue(want, out), first
}

// settleAttributes settles those attributes that there are.
func settleAttributes(all values, want map[string]tftypes.Type) (out values, first *mistake) {
	out = make(values, len(all))
	for _, name := range slices.Sorted(maps.Keys(all)) {
		var wrong *mistake
		if t, ok := want[name]; ok {
			out[name], wrong = settle(all[name], t)
		} else {
			wrong = unsupported(slices.Sorted(maps.Keys(want)), name)
		}
		first = cmp.Or(first, wrong.under(tftypes.AttributeName(name)))
	}
	return out, first
}

func settleMap(v tftypes.Value, want tftypes.Map) (tftypes.Value, *mistake) {
	all, ok := elements(v)
	if !ok {
		return null(want), wrongKind(v, "a map")
	}
	out, first := make(values, len(all)), (*mistake)(nil)
	for _, key := range slices.Sorted(maps.Keys(all)) {
		var wrong *mistake
		out[key], wrong = settle(all[key], want.ElementType)
		first = cmp.Or(first, wrong.under(tftypes.ElementKeyString(key)))
	}
	return tftypes.NewValue(want, out), first
}

func settleSet(v tftypes.Value, want tftypes.Set) (tftypes.Value, *mistake) {
	var all []tftypes.Value
	if v.Type().Is(tftypes.Object{}) || v.Type().Is(tftypes.Map{}) || v.As(&all) != nil {
		return null(want), wrongKind(v, "a list")
	}
	out, first := make([]tftypes.Value, 0, len(all)), (*mistake)(nil)
	for i, w := range all {
		settled, wrong := settle(w, want.ElementType)
		first = cmp.Or(first, wrong.under(tftypes.ElementKeyInt(i)))
		if !slices.ContainsFunc(out, settled.Equal) {
			out = append(out, settled)
		}
	}
	return tftypes.NewValue(want, out), first
}

func settleScalar(v tftypes.Value, want tftypes.Type) (tftypes.Value, *mistake) {
	if v.Type().Is(want) {
		return v, nil
	}
	text, ok := asText(v)
	switch {
	case !ok:
	case want.Is(tftypes.String):
		return str(text), nil
	case want.Is(tftypes.Bool) && (text == "true" || text == "false"):
		return boolean(text == "true"), nil
	case want.Is(tftypes.Number):
		if n, _, err := big.ParseFloat(text, 10, 512, big.ToNearestEven); err == nil && !n.IsInf() {
			return tftypes.NewValue(want, n), nil
		}
	}
	return null(want), wrongKind(v, scalars[want.String()])
}

// scalars are the kinds of scalars in words.
var scalars = map[string]string{tftypes.String.String(): "a text", tftypes.Number.String(): "a number", tftypes.Bool.String(): "true or false"}

// asText is a scalar as text.
func asText(v tftypes.Value) (string, bool) {
	var s string
	var b bool
	var n big.Float
	switch {
	case v.As(&s) == nil:
		return s, true
	case v.As(&b) == nil:
		return fmt.Sprint(b), true
	case v.As(&n) == nil:
		return n.Text('f', -1), true
	default:
		return "", false
	}
}

// elements are the attributes of an object, or the elements of a map.
func elements(v tftypes.Value) (values, bool) {
	var out values
	if v.As(&out) != nil {
		return nil, false
	}
	return out, true
}

func wrongKind(v tftypes.Value, want string) *mistake {
	var is string
	switch v.Type().(type) {
	case tftypes.Object, tftypes.Map:
		is = "an object"
	case tftypes.Tuple, tftypes.List, tftypes.Set:
		is = "a list"
	default: // what it says may be a secret
		is = scalars[v.Type().String()]
	}
	return mistaken("Unsuitable argument of a customer",
		fmt.Sprintf("Write %s here; this is %s.", want, is))
}

// noCustomer is of a null, which somebody may mean as no customer at all, and somebody else as one with nothing of its own.
func noCustomer() *mistake {
	return mistaken("Null for a customer",
		"Write `{}` for a customer that sets nothing of its own. Who is no customer is left out of `customers`, as `{ for name, c in var.customers : name => c if c.enabled }` does.")
}

// noCustomers is of a null for all of them, such as a variable without a value, which would destroy them all.
func noCustomers() *mistake {
	return mistaken("Null for all customers",
		"`customers` must not be null. Write `{}` to have none: those that there are would be destroyed.")
}

func unsupported(all []string, name string) *mistake {
	return mistaken("Unknown argument of a customer",
		fmt.Sprintf("There is no argument %q here. There are: %s.", name, strings.Join(all, ", ")))
}
