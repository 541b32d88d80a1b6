package plural

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// private is what the state keeps beside the attributes.
type private struct {
	// Customers are the singular resource's private states.
	Customers map[string]json.RawMessage `json:"customers,omitempty"`
	// Hubs are of customers that could not be moved to the resource's hub yet, as Terraform encodes them.
	Hubs map[string][]byte `json:"hubs,omitempty"`
}

func decodePrivate(raw []byte) (private, error) {
	var p private
	if len(raw) > 0 {
		packed, err := gzip.NewReader(bytes.NewReader(raw))
		if err == nil {
			err = json.NewDecoder(packed).Decode(&p)
		}
		if err != nil {
			return p, fmt.Errorf("the private state of %s was damaged; remove it from the state and import it again: %w", Many, err)
		}
	}
	if p.Customers == nil {
		p.Customers = map[string]json.RawMessage{}
	}
	if p.Hubs == nil {
		p.Hubs = map[string][]byte{}
	}
	return p, nil
}

// remember keeps the hub of a customer that is still in another one than the fleet.
func (p private) remember(s *shape, f *fleet, name string, one tftypes.Value) error {
	all, err := fields(one)
	if err != nil || all[hubName].Equal(f.hub) {
		return err
	}
	d, err := tfprotov6.NewDynamicValue(s.one.AttributeTypes[hubName], all[hubName])
	p.Hubs[name] = d.MsgPack
	return err
}

// recall gives a fleet the hubs that were remembered.
func (p private) recall(s *shape, f *fleet) error {
	f.hubs = values{}
	for name, raw := range p.Hubs {
		hub, err := (tfprotov6.DynamicValue{MsgPack: raw}).Unmarshal(s.one.AttributeTypes[hubName])
		if err != nil {
			return err
		}
		f.hubs[name] = hub
	}
	return nil
}

// encode packs it: that is a fifth of a state file of thousands.
func (p private) encode() ([]byte, error) {
	var raw bytes.Buffer
	packed := gzip.NewWriter(&raw)
	err := errors.Join(json.NewEncoder(packed).Encode(p), packed.Close())
	return raw.Bytes(), err
}
