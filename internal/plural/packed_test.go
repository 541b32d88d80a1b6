package plural_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/xrole/terraform-provider-xrole/internal/plural"
)

func packed(t *testing.T, of tftypes.Type, v any) []byte {
	t.Helper()
	d, err := tfprotov6.NewDynamicValue(of, tftypes.NewValue(of, v))
	if err != nil {
		t.Fatal(err)
	}
	return d.MsgPack
}

func texts(all ...string) map[string]tftypes.Value {
	out := map[string]tftypes.Value{}
	for _, text := range all {
		out[text] = tftypes.NewValue(tftypes.String, text)
	}
	return out
}

func TestParts(t *testing.T) {
	t.Parallel()
	kind := tftypes.Object{AttributeTypes: map[string]tftypes.Type{"a": tftypes.String, "b": tftypes.String, "c": tftypes.String, "d": tftypes.Number, "e": tftypes.Map{ElementType: tftypes.String}}}
	unknown := packed(t, tftypes.String, tftypes.UnknownValue)
	raw := packed(t, kind, map[string]tftypes.Value{
		"a": tftypes.NewValue(tftypes.String, strings.Repeat("long", 20_000)), "b": tftypes.NewValue(tftypes.String, nil),
		"c": tftypes.NewValue(tftypes.String, tftypes.UnknownValue), "d": tftypes.NewValue(tftypes.Number, 300),
		"e": tftypes.NewValue(tftypes.Map{ElementType: tftypes.String}, texts("x", "y")),
	})
	all, err := plural.Parts(raw)
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 5 || !bytes.Equal(all["c"], unknown) {
		t.Errorf("%d parts, and c is %x, not %x", len(all), all["c"], unknown)
	}
	if again, err := plural.Joined(all); err != nil || !bytes.Equal(again, raw) {
		t.Errorf("put together again they are other bytes (%v)", err)
	}
	for n := range len(raw) {
		if n%1009 == 0 || n > len(raw)-40 {
			if _, err := plural.Parts(raw[:n]); err == nil {
				t.Errorf("the first %d of %d bytes were taken for the whole", n, len(raw))
			}
		}
	}
}

func TestIsMap(t *testing.T) {
	t.Parallel()
	kind := tftypes.Map{ElementType: tftypes.String}
	for name, test := range map[string]struct {
		raw  []byte
		want bool
	}{
		"no bytes":              {nil, false},
		"null":                  {packed(t, kind, nil), false},
		"unknown":               {packed(t, kind, tftypes.UnknownValue), false},
		"unknown, and not null": {[]byte{0xc7, 0x03, 0x0c, 0x81, 0x01, 0xc2}, false},
		"empty":                 {packed(t, kind, texts()), true},
		"of 20":                 {packed(t, kind, texts(strings.Split("abcdefghijklmnopqrst", "")...)), true},
	} {
		if got := plural.IsMap(test.raw); got != test.want {
			t.Errorf("%s: %v, not %v", name, got, test.want)
		}
	}
}
