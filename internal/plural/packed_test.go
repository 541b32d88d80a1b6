package plural

import (
	"bytes"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

func packedValue(t *testing.T, v tftypes.Value) []byte {
	t.Helper()
	d, err := tfprotov6.NewDynamicValue(v.Type(), v)
	if err != nil {
		t.Fatal(err)
	}
	return d.MsgPack
}

func TestParts(t *testing.T) {
	t.Parallel()
	unknown := tftypes.NewValue(tftypes.String, tftypes.UnknownValue)
	raw := packedValue(t, object(values{
		"a": str("text"), "b": null(tftypes.String), "c": unknown, "d": number(300), "e": object(values{"of": boolean(true)}), "f": str(string(bytes.Repeat([]byte("x"), 70_000))),
	}))
	all, err := parts(raw)
	if err != nil {
		t.Fatal(err)
	}
	if v, err := decode(tftypes.String, all["c"]); len(all) != 6 || err != nil || !v.Equal(unknown) {
		t.Errorf("parts of %d elements, c is %v, %v", len(all), v, err)
	}
	again, err := joined(all)
	if err != nil || !bytes.Equal(again, raw) {
		t.Errorf("joined again they are other bytes (%v)", err)
	}
	for n := range 60 {
		if _, err := parts(raw[:n]); err == nil {
			t.Errorf("the first %d of %d bytes were taken for a whole object", n, len(raw))
		}
	}
}

func TestIsMap(t *testing.T) {
	t.Parallel()
	kind := tftypes.Map{ElementType: tftypes.String}
	large := values{}
	for c := range 20 {
		large[string(rune('a'+c))] = str("")
	}
	for name, test := range map[string]struct {
		raw  []byte
		want bool
	}{
		"no bytes":        {nil, false},
		"null":            {packedValue(t, null(kind)), false},
		"unknown":         {packedValue(t, tftypes.NewValue(kind, tftypes.UnknownValue)), false},
		"refined unknown": {[]byte{0xc7, 0x03, 0x0c, 0x81, 0x01, 0xc2}, false}, // of which it is known that it is not null
		"empty":           {packedValue(t, tftypes.NewValue(kind, values{})), true},
		"large":           {packedValue(t, tftypes.NewValue(kind, large)), true},
	} {
		if got := isMap(test.raw); got != test.want {
			t.Errorf("%s: %v, not %v", name, got, test.want)
		}
	}
}
