package fwtypes_test

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/xrole/terraform-provider-xrole/internal/fwtypes"
)

// A long value is shown in part, and no character of it in part.
func TestStringRule_longValue(t *testing.T) {
	t.Parallel()
	for _, value := range []string{strings.Repeat("ü", 200), "u" + strings.Repeat("ü", 200)} {
		var resp validator.StringResponse
		fwtypes.Region().ValidateString(t.Context(), validator.StringRequest{Path: path.Root("region"), ConfigValue: types.StringValue(value)}, &resp)
		if len(resp.Diagnostics) != 1 {
			t.Fatal(resp.Diagnostics)
		}
		detail := resp.Diagnostics[0].Detail()
		if _, shown, _ := strings.Cut(detail, "Got: "); !strings.HasSuffix(shown, `ü…"`) || strings.Contains(shown, `\x`) || len(shown) > 130 {
			t.Errorf("shown as %s", shown)
		}
	}
}
