package plural

import (
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// fleet is a value of the plural resource, taken apart.
type fleet struct {
	// given is false for a resource that is not there.
	given bool
	hub   tftypes.Value
	// shared are the arguments for all customers.
	shared values
	// open is set when it is not known yet which customers there are.
	open      bool
	customers values
	outs      values
	// hubs are the hubs of those customers that could not be moved to the one above.
	hubs values
}

func (f *fleet) hubOf(customer string) tftypes.Value {
	if hub, ok := f.hubs[customer]; ok {
		return hub
	}
	return f.hub
}

func (s *shape) takeApart(v tftypes.Value) (*fleet, error) {
	f := &fleet{given: !v.IsNull(), hub: null(s.one.AttributeTypes[hubName]), shared: values{}, customers: values{}, outs: values{}}
	all, err := fields(v)
	if err != nil || !f.given {
		return f, err
	}
	f.hub = all[hubName]
	for _, name := range s.shared {
		f.shared[name] = all[name]
	}
	f.open = !all[customersName].IsKnown()
	if f.customers, err = fields(all[customersName]); err != nil {
		return f, err
	}
	f.outs, err = fields(all[onboardingsName])
	return f, err
}

// putTogether is the opposite of takeApart.
func (s *shape) putTogether(f *fleet) tftypes.Value {
	all := values{hubName: f.hub}
	for _, name := range s.shared {
		all[name] = f.shared[name]
		if all[name].Type() == nil {
			all[name] = null(s.many.AttributeTypes[name])
		}
	}
	all[customersName] = tftypes.NewValue(s.customers, f.customers)
	all[onboardingsName] = tftypes.NewValue(s.outs, f.outs)
	if f.open {
		all[customersName] = tftypes.NewValue(s.customers, tftypes.UnknownValue)
		all[onboardingsName] = tftypes.NewValue(s.outs, tftypes.UnknownValue)
	}
	return tftypes.NewValue(s.many, all)
}

// inputsOf are the arguments that hold for one customer: its own, and where it has none those for all.
func (s *shape) inputsOf(f *fleet, name string) (values, error) {
	own, err := fields(f.customers[name])
	if err != nil {
		return nil, err
	}
	set := func(input string) bool { v, ok := own[input]; return ok && !v.IsNull() }
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
	return in, nil
}

// config is the singular resource's configuration for a customer.
func (s *shape) config(f *fleet, name string) (tftypes.Value, error) {
	in, err := s.inputsOf(f, name)
	if err != nil {
		return tftypes.Value{}, err
	}
	one := make(values, len(s.one.AttributeTypes))
	for attribute, t := range s.one.AttributeTypes {
		one[attribute] = null(t)
	}
	maps.Copy(one, in)
	one[keyName], one[hubName] = str(name), f.hubOf(name)
	return tftypes.NewValue(s.one, one), nil
}

// state is the singular resource's state for a customer; null if nothing was made for it.
func (s *shape) state(f *fleet, name string) (tftypes.Value, error) {
	made, ok := f.outs[name]
	if !ok || made.IsNull() {
		return null(s.one), nil
	}
	config, err := s.config(f, name)
	if err != nil {
		return tftypes.Value{}, err
	}
	one, err := fields(config)
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

// keep puts a singular resource's state into a fleet. Inputs that are other ones than the fleet's become the customer's
// own.
func (s *shape) keep(f *fleet, name string, one tftypes.Value) error {
	out, err := s.outOf(one)
	if err != nil {
		return err
	}
	if _, ok := f.customers[name]; !ok {
		f.customers[name] = null(s.customer)
	}
	f.outs[name] = out
	stands, err := s.state(f, name)
	if err != nil {
		return err
	}
	was, err := fields(stands)
	if err != nil {
		return err
	}
	is, err := fields(one)
	if err != nil {
		return err
	}
	own, err := s.own(f.customers[name])
	if err != nil {
		return err
	}
	changed := false
	for _, input := range s.inputs {
		chosen := slices.Contains(s.computed, input) && own[input].IsNull() // by the provider, and in onboardings
		if chosen || was[input].Equal(is[input]) {
			continue
		}
		changed, own[input] = true, is[input]
		if kind, isMap := is[input].Type().(tftypes.Map); isMap && is[input].IsNull() {
			own[input] = tftypes.NewValue(kind, map[string]tftypes.Value{}) // null would mean the one for all
		}
	}
	if changed {
		f.customers[name] = tftypes.NewValue(s.customer, own)
	}
	return nil
}

// own are all arguments of a customer, null where it sets none.
func (s *shape) own(customer tftypes.Value) (values, error) {
	own, err := fields(customer)
	for attribute, t := range s.customer.AttributeTypes {
		if _, ok := own[attribute]; !ok {
			own[attribute] = null(t)
		}
	}
	return own, err
}

// gather makes what all customers have in common the arguments for all, and leaves out what is a default.
func (s *shape) gather(f *fleet) error {
	all := map[string]values{}
	for name, customer := range f.customers {
		own, err := s.own(customer)
		if err != nil {
			return err
		}
		for attribute, v := range s.fixed {
			if own[attribute].Equal(v) {
				own[attribute] = null(v.Type())
			}
		}
		if own["role"], err = withoutDefaults(own["role"]); err != nil {
			return err
		}
		all[name] = own
	}
	for _, input := range s.shared {
		v, ok := common(all, input)
		if !ok {
			continue
		}
		f.shared[input] = v
		for _, own := range all {
			own[input] = null(v.Type())
		}
	}
	for name, own := range all {
		f.customers[name] = tftypes.NewValue(s.customer, own)
	}
	return nil
}

// common is the value of an argument that all customers have.
func common(all map[string]values, input string) (v tftypes.Value, ok bool) {
	for _, own := range all {
		switch {
		case own[input].IsNull(), ok && !own[input].Equal(v):
			return v, false
		default:
			v, ok = own[input], true
		}
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
