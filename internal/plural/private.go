package plural

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// private is what the state keeps beside the attributes.
type private struct {
	// Customers are the singular resource's private states.
	Customers map[string]json.RawMessage `json:"customers,omitempty"`
	// Stands are the singular resource's states of those customers of whom it does not follow from the attributes: of those
	// that are not done, and of those whose policies were written in another way. Each has its own type.
	Stands map[string][]byte `json:"stands,omitempty"`
	// Undone are the customers that came to something else than was planned. Their status is null in onboardings, so that a
	// plan shows them until they are done.
	Undone map[string]bool `json:"undone,omitempty"`
}

func decodePrivate(raw []byte) (private, error) {
	p := private{Customers: map[string]json.RawMessage{}, Stands: map[string][]byte{}, Undone: map[string]bool{}}
	if len(raw) == 0 {
		return p, nil
	}
	packed, err := gzip.NewReader(bytes.NewReader(raw))
	if err == nil {
		var text []byte
		if text, err = io.ReadAll(packed); err == nil { // to its end, where the checksum is
			err = json.Unmarshal(text, &p)
		}
	}
	if err == nil && (p.Customers == nil || p.Stands == nil || p.Undone == nil) {
		err = errors.New("a part of it is null")
	}
	if err != nil {
		return p, fmt.Errorf("the private state of %s was damaged; remove it from the state and import it again: %w", Many, err)
	}
	return p, nil
}

// stood is what stands of a customer as far as the state knows; null if nothing does.
func (p private) stood(s *shape, f *fleet, name string) (Kept, error) {
	is := Kept{Private: p.Customers[name]}
	raw, kept := p.Stands[name]
	if !kept {
		var err error
		is.State, err = s.state(f, name)
		return is, err
	}
	v, err := (tfprotov6.DynamicValue{MsgPack: raw}).Unmarshal(tftypes.DynamicPseudoType)
	if err == nil {
		is.State, _ = settle(v, s.one) // without what another version of the provider wrote and this one does not know
	}
	return is, err
}

// keep takes down what stands of a customer whose result is in the fleet, which is null if nothing does. A customer that is
// not done loses its status there.
func (p private) keep(s *shape, f *fleet, name string, is Kept, done bool) error {
	p.forget(name)
	if is.State.IsNull() {
		return nil
	}
	if len(is.Private) > 0 {
		p.Customers[name] = is.Private
	}
	follows, err := s.state(f, name)
	if err == nil && done {
		follows, err = regionsOf(follows, is.State)
	}
	if err != nil || done && follows.Equal(is.State) {
		return err
	}
	d, err := tfprotov6.NewDynamicValue(tftypes.DynamicPseudoType, is.State)
	if err != nil {
		return err
	}
	p.Stands[name] = d.MsgPack
	if done {
		return nil
	}
	p.Undone[name] = true
	out, err := s.madeOf(f, name)
	if err == nil {
		out, err = withoutStatus(out)
	}
	if err != nil {
		return err
	}
	return f.setOut(name, out)
}

func (p private) forget(name string) {
	delete(p.Customers, name)
	delete(p.Stands, name)
	delete(p.Undone, name)
}

func withoutStatus(out tftypes.Value) (tftypes.Value, error) {
	all, err := fields(out)
	all[statusName] = null(tftypes.String)
	return tftypes.NewValue(out.Type(), all), err
}

// regionsOf gives a state the launch regions of another's hub, which change nothing of an onboarding that keeps its own.
func regionsOf(to, from tftypes.Value) (tftypes.Value, error) {
	all, err := fields(to)
	if err != nil || len(all) == 0 {
		return to, err
	}
	was, err := fields(from)
	if err != nil {
		return to, err
	}
	hub, err := fields(all[hubName])
	if err != nil {
		return to, err
	}
	had, err := fields(was[hubName])
	if err != nil || len(hub) == 0 || len(had) == 0 {
		return to, err
	}
	hub[regionsName] = had[regionsName]
	all[hubName] = tftypes.NewValue(all[hubName].Type(), hub)
	return tftypes.NewValue(to.Type(), all), nil
}

// encode packs it: that is a fifth of a state file of thousands.
func (p private) encode() ([]byte, error) {
	var raw bytes.Buffer
	packed := gzip.NewWriter(&raw)
	err := errors.Join(json.NewEncoder(packed).Encode(p), packed.Close())
	return raw.Bytes(), err
}
