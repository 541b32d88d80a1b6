package plural

import (
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// customer reads the arguments that one customer sets, of which what cannot be is left out; nil if they are not known.
func (s *shape) customer(written tftypes.Value) (values, *mistake) {
	if !written.IsKnown() {
		return nil, nil
	}
	all, ok := elements(written)
	switch {
	case written.IsNull():
		return values{}, noCustomer()
	case !ok:
		return values{}, wrongKind(written, "an object")
	}
	own, wrong := settleAttributes(all, s.arguments)
	maps.DeleteFunc(own, func(_ string, v tftypes.Value) bool { return v.IsNull() })
	return own, wrong
}

// inputsOf are the arguments that hold for one customer: its own, and where it has none those for all.
func (s *shape) inputsOf(f *fleet, name string) values {
	own := f.customers[name]
	set := func(input string) bool { _, ok := own[input]; return ok }
	in := make(values, len(s.inputs))
	for _, input := range s.inputs {
		in[input] = null(s.one.AttributeTypes[input])
		_, isShared := f.shared[input]
		switch {
		case set(input):
			in[input] = own[input]
		case !isShared, set("role") && (input == "template_body" || input == "parameters"), set("template_body") && (input == "role" || input == "builtin_template_version"):
			// none
		default:
			in[input] = f.shared[input]
		}
	}
	return in
}

// config is the singular resource's configuration for a customer.
func (s *shape) config(f *fleet, name string) tftypes.Value {
	one := make(values, len(s.one.AttributeTypes))
	for attribute, t := range s.one.AttributeTypes {
		one[attribute] = null(t)
	}
	maps.Copy(one, s.inputsOf(f, name))
	one[keyName], one[hubName] = str(name), f.hub
	return tftypes.NewValue(s.one, one)
}

// state is the singular resource's state for a customer; null if nothing was made for it.
func (s *shape) state(f *fleet, name string) (tftypes.Value, error) {
	made, err := s.madeOf(f, name)
	if err != nil || made.IsNull() {
		return null(s.one), err
	}
	one, err := fields(s.config(f, name))
	if err != nil {
		return tftypes.Value{}, err
	}
	out, err := fields(made)
	if err != nil {
		return tftypes.Value{}, err
	}
	maps.Copy(one, out)
	for attribute, v := range s.fixed {
		if one[attribute].IsNull() {
			one[attribute] = v
		}
	}
	one["role"], err = withDefaults(one["role"])
	return tftypes.NewValue(s.one, one), err
}

// withDefaults fills in what of a role has a fixed default: all its booleans, which are false.
func withDefaults(role tftypes.Value) (tftypes.Value, error) {
	in, err := fields(role)
	if err != nil || len(in) == 0 {
		return role, err
	}
	for attribute, v := range in {
		if v.Type().Is(tftypes.Bool) && v.IsNull() {
			in[attribute] = boolean(false)
		}
	}
	return tftypes.NewValue(role.Type(), in), nil
}

// proposed is what Terraform would propose for the singular resource: the configuration, and of what it leaves to the
// provider what the state has.
func (s *shape) proposed(config, state tftypes.Value) (tftypes.Value, error) {
	if state.IsNull() || config.IsNull() {
		return config, nil
	}
	wanted, err := fields(config)
	if err != nil {
		return config, err
	}
	had, err := fields(state)
	if err != nil {
		return config, err
	}
	for _, attribute := range slices.Concat(s.computed, slices.Collect(maps.Keys(s.fixed))) {
		if wanted[attribute].IsNull() {
			wanted[attribute] = had[attribute]
		}
	}
	wanted["role"], err = proposedRole(wanted["role"], had["role"])
	return tftypes.NewValue(s.one, wanted), err
}

// proposedRole is the same for the role, of which Terraform leaves the booleans to the provider.
func proposedRole(wanted, had tftypes.Value) (tftypes.Value, error) {
	in, err := fields(wanted)
	if err != nil || len(in) == 0 {
		return wanted, err
	}
	was, err := fields(had)
	if err != nil || len(was) == 0 {
		return wanted, err
	}
	for attribute, v := range in {
		if v.Type().Is(tftypes.Bool) && v.IsNull() {
			in[attribute] = was[attribute]
		}
	}
	return tftypes.NewValue(wanted.Type(), in), nil
}

// outOf is what of a singular resource's value goes to onboardings.
func (s *shape) outOf(one tftypes.Value) (tftypes.Value, error) {
	all, err := fields(one)
	if err != nil {
		return tftypes.Value{}, err
	}
	out := make(values, len(s.computed))
	for _, attribute := range s.computed {
		out[attribute] = all[attribute]
	}
	return tftypes.NewValue(s.out, out), nil
}

// take puts a singular resource's state into a fleet in which it stood as was. Inputs that became others are the customer's
// own then, so that a plan shows them. It returns whether there were such.
func (s *shape) take(f *fleet, name string, was, is tftypes.Value) (moved bool, err error) {
	out, err := s.outOf(is)
	if err == nil {
		err = f.setOut(name, out)
	}
	if err != nil {
		return false, err
	}
	before, err := fields(was)
	if err != nil {
		return false, err
	}
	now, err := fields(is)
	if err != nil {
		return false, err
	}
	written, there := f.customers[name]
	own := maps.Clone(written)
	for _, input := range s.inputs {
		_, sets := own[input]
		chosen := slices.Contains(s.computed, input) && !sets // by the provider, and in onboardings
		if chosen || !there || before[input].Equal(now[input]) {
			continue
		}
		moved, own[input] = true, now[input]
		switch kind, isMap := now[input].Type().(tftypes.Map); {
		case isMap && now[input].IsNull():
			own[input] = tftypes.NewValue(kind, map[string]tftypes.Value{}) // nothing would mean the one for all
		case now[input].IsNull():
			delete(own, input)
		}
	}
	if moved {
		f.set(name, own)
	}
	return moved, nil
}

// gather makes what all customers have in common the arguments for all, and leaves out what is a default.
func (s *shape) gather(f *fleet) error {
	for name, own := range f.customers {
		own = maps.Clone(own)
		for attribute, v := range s.fixed {
			if own[attribute].Equal(v) {
				delete(own, attribute)
			}
		}
		if role, ok := own["role"]; ok {
			var err error
			if own["role"], err = withoutDefaults(role); err != nil {
				return err
			}
		}
		f.set(name, own)
	}
	for _, input := range s.shared {
		v, ok := common(f.customers, input)
		if !ok {
			continue
		}
		f.shared[input] = v
		for _, own := range f.customers {
			delete(own, input)
		}
	}
	return nil
}

// common is the value of an argument that all customers have.
func common(all map[string]values, input string) (v tftypes.Value, ok bool) {
	for _, own := range all {
		is, sets := own[input]
		if !sets || (ok && !is.Equal(v)) {
			return v, false
		}
		v, ok = is, true
	}
	return v, ok
}

func withoutDefaults(role tftypes.Value) (tftypes.Value, error) {
	in, err := fields(role)
	if err != nil || len(in) == 0 {
		return role, err
	}
	for attribute, v := range in {
		if v.Equal(boolean(false)) {
			in[attribute] = null(tftypes.Bool)
		}
	}
	return tftypes.NewValue(role.Type(), in), nil
}
