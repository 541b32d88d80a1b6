package plural

import (
	"bytes"
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/vmihailenco/msgpack/v5"
	"github.com/vmihailenco/msgpack/v5/msgpcode"
)

// What onboardings has of thousands of customers would be most of a process's memory if it were decoded together. So each
// stays the MessagePack that it came in, and goes out as, and is decoded where somebody asks for it.

// unpack decodes a value of the plural resource, all but the elements of onboardings; it returns no attributes if the value
// is null.
func (s *shape) unpack(d *tfprotov6.DynamicValue) (all values, outs map[string][]byte, err error) {
	raw, outs := d.MsgPack, map[string][]byte{}
	if !isMap(raw) { // it is null, or the protocol's other form
		v, err := d.Unmarshal(s.many)
		if err != nil || v.IsNull() {
			return nil, outs, err
		}
		again, err := tfprotov6.NewDynamicValue(s.many, v)
		if err != nil {
			return nil, nil, err
		}
		raw = again.MsgPack
	}
	packed, err := parts(raw)
	if err != nil {
		return nil, nil, err
	}
	all = values{}
	for name, t := range s.many.AttributeTypes {
		if name == onboardingsName && isMap(packed[name]) {
			if outs, err = parts(packed[name]); err != nil {
				return nil, nil, err
			}
			continue
		}
		if all[name], err = decode(t, packed[name]); err != nil {
			return nil, nil, fmt.Errorf("attribute %s: %w", name, err)
		}
	}
	return all, outs, nil
}

// pack is the opposite of unpack. An onboardings among the attributes stands for the elements.
func (s *shape) pack(all values, outs map[string][]byte) ([]byte, error) {
	packed := make(map[string][]byte, len(s.many.AttributeTypes))
	for name, t := range s.many.AttributeTypes {
		v, given := all[name]
		switch {
		case given:
			d, err := tfprotov6.NewDynamicValue(t, v)
			if err != nil {
				return nil, err
			}
			packed[name] = d.MsgPack
		case name == onboardingsName:
			var err error
			if packed[name], err = joined(outs); err != nil {
				return nil, err
			}
		}
	}
	return joined(packed)
}

// setOut says what onboardings has of a customer.
func (f *fleet) setOut(name string, out tftypes.Value) error {
	d, err := tfprotov6.NewDynamicValue(out.Type(), out)
	f.outs[name] = d.MsgPack
	return err
}

// madeOf is what onboardings has of a customer; null if that is nothing.
func (s *shape) madeOf(f *fleet, name string) (tftypes.Value, error) {
	raw, ok := f.outs[name]
	if !ok {
		return null(s.out), nil
	}
	return decode(s.out, raw)
}

func decode(t tftypes.Type, raw []byte) (tftypes.Value, error) {
	return tfprotov6.DynamicValue{MsgPack: raw}.Unmarshal(t)
}

// isMap reports whether a value is a map or an object, and neither null nor unknown.
func isMap(raw []byte) bool {
	return len(raw) > 0 && (msgpcode.IsFixedMap(raw[0]) || raw[0] == msgpcode.Map16 || raw[0] == msgpcode.Map32)
}

// parts are the elements of a map or an object as they came.
func parts(raw []byte) (map[string][]byte, error) {
	r := bytes.NewReader(raw)
	d := msgpack.NewDecoder(r)
	n, err := d.DecodeMapLen()
	if err != nil {
		return nil, err
	}
	out := make(map[string][]byte, n)
	for range n {
		name, err := d.DecodeString()
		if err != nil {
			return nil, err
		}
		from := len(raw) - r.Len()
		if err := d.Skip(); err != nil {
			return nil, err
		}
		out[name] = raw[from : len(raw)-r.Len()]
	}
	return out, nil
}

// joined is the opposite of parts.
func joined(all map[string][]byte) ([]byte, error) {
	var b bytes.Buffer
	e := msgpack.NewEncoder(&b)
	err := e.EncodeMapLen(len(all))
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if err == nil {
			err = e.EncodeString(name)
		}
		b.Write(all[name])
	}
	return b.Bytes(), err
}
