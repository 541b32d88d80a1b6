package plural

import (
	"context"
	"crypto/rand"
	"maps"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// fleet is a value of the plural resource, taken apart.
type fleet struct {
	// given is false for a resource that is not there.
	given bool
	hub   tftypes.Value
	// owner is by which id the fleet knows its own writes.
	owner tftypes.Value
	// shared are the arguments for all customers.
	shared values
	// open is set when it is not known yet which customers there are.
	open bool
	// customers are the arguments that each customer sets itself, as the singular resource wants them; nil where they are
	// not known yet.
	customers map[string]values
	// wrong is what cannot be of what is written of a customer, or under no name of all of them.
	wrong map[string]*mistake
	// written is the argument that customers were read from; changed is set once they are others.
	written tftypes.Value
	changed bool
	// outs are what onboardings has of each customer, as packed.
	outs map[string][]byte
}

func (f *fleet) copy() *fleet {
	c := *f
	c.shared, c.customers, c.wrong, c.outs = maps.Clone(f.shared), maps.Clone(f.customers), maps.Clone(f.wrong), maps.Clone(f.outs)
	return &c
}

// named gives a fleet that has none an owner's id.
func (f *fleet) named() {
	if f.owner.IsNull() || !f.owner.IsKnown() {
		f.owner = str(rand.Text())
	}
}

// ownedBy is a context in which the singular resource writes as a fleet.
func (s *server) ownedBy(ctx context.Context, f *fleet) context.Context {
	var owner string
	if err := f.owner.As(&owner); err != nil || owner == "" {
		return ctx
	}
	return s.provider.OwnedBy(ctx, owner)
}

// set gives a customer other arguments.
func (f *fleet) set(customer string, own values) { f.customers[customer], f.changed = own, true }

// sameCustomers reports whether all customers set the same, however it is written.
func (f *fleet) sameCustomers(other *fleet) bool {
	return maps.EqualFunc(f.customers, other.customers, func(a, b values) bool {
		return a != nil && b != nil && maps.EqualFunc(a, b, tftypes.Value.Equal)
	})
}

// hubPlace are the attributes of a hub that say where it keeps its onboardings: another place makes other onboardings.
func hubPlace() []string { return []string{accountName, regionName, tableName} }

// placeOf is where a hub keeps its onboardings.
func placeOf(hub tftypes.Value) (place [3]string, err error) {
	all, err := fields(hub)
	if err != nil {
		return place, err
	}
	for i, attribute := range hubPlace() {
		if v, ok := all[attribute]; ok && v.IsKnown() && !v.IsNull() {
			if err := v.As(&place[i]); err != nil {
				return place, err
			}
		}
	}
	return place, nil
}

// none is a resource that is not there.
func (s *shape) none() *fleet {
	return &fleet{
		hub: null(s.one.AttributeTypes[hubName]), owner: null(tftypes.String), shared: values{}, customers: map[string]values{}, wrong: map[string]*mistake{}, outs: map[string][]byte{},
	}
}

// read takes a value of the plural resource apart.
func (s *shape) read(d *tfprotov6.DynamicValue) (*fleet, error) {
	f := s.none()
	if d == nil {
		return f, nil
	}
	all, outs, err := s.unpack(d)
	if err != nil || all == nil {
		return f, err
	}
	f.given, f.outs, f.hub, f.owner = true, outs, all[hubName], all[ownerName]
	for _, name := range s.shared {
		f.shared[name] = all[name]
	}
	f.written = all[customersName]
	f.open = !f.written.IsKnown()
	written, ok := elements(f.written)
	switch {
	case f.written.IsNull():
		f.wrong[""] = noCustomers()
	case !f.open && !ok:
		f.wrong[""] = wrongKind(f.written, "a map of customers by name")
	}
	for name, w := range written {
		var wrong *mistake
		if f.customers[name], wrong = s.customer(w); wrong != nil {
			f.wrong[name] = wrong
		}
	}
	return f, nil
}

// write is the opposite of read.
func (s *shape) write(f *fleet) (*tfprotov6.DynamicValue, error) {
	if !f.given {
		d, err := tfprotov6.NewDynamicValue(s.many, null(s.many))
		return &d, err
	}
	all := values{hubName: f.hub, ownerName: f.owner, customersName: f.written}
	for _, name := range s.shared {
		all[name] = f.shared[name]
		if all[name].Type() == nil {
			all[name] = null(s.many.AttributeTypes[name])
		}
	}
	if f.changed {
		customers := make(values, len(f.customers))
		for name, own := range f.customers {
			customers[name] = bare(own)
		}
		all[customersName] = object(customers)
	}
	if f.open {
		all[onboardingsName] = tftypes.NewValue(s.outs, tftypes.UnknownValue)
	}
	raw, err := s.pack(all, f.outs)
	return &tfprotov6.DynamicValue{MsgPack: raw}, err
}

// object is an object with just these attributes.
func object(all values) tftypes.Value {
	t := make(map[string]tftypes.Type, len(all))
	for name, v := range all {
		t[name] = v.Type()
	}
	return tftypes.NewValue(tftypes.Object{AttributeTypes: t}, all)
}

// bare is an object of what is set, as somebody would write it.
func bare(all values) tftypes.Value {
	out := make(values, len(all))
	for name, v := range all {
		switch nested, ok := elements(v); {
		case v.IsNull():
		case ok && v.Type().Is(tftypes.Object{}):
			out[name] = bare(nested)
		default:
			out[name] = v
		}
	}
	return object(out)
}
