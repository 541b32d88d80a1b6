package fwtypes_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/xrole/terraform-provider-xrole/internal/fwtypes"
)

// refusedTags returns where each error points, in the order in which they are told.
func refusedTags(t *testing.T, rule validator.Map, tags map[string]string) []string {
	t.Helper()
	elements := map[string]attr.Value{}
	for key, value := range tags {
		elements[key] = types.StringValue(value)
	}
	var resp validator.MapResponse
	rule.ValidateMap(t.Context(), validator.MapRequest{Path: path.Root("tags"), ConfigValue: types.MapValueMust(types.StringType, elements)}, &resp)
	var at []string
	for _, d := range resp.Diagnostics {
		if on, ok := d.(diag.DiagnosticWithPath); ok {
			at = append(at, on.Path().String())
		}
	}
	return at
}

// AWS counts characters, not bytes.
func TestTags_length(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		key, value string
		ok         bool
	}{
		"the longest":          {strings.Repeat("ü", 128), strings.Repeat("ü", 256), true},
		"a key that is longer": {strings.Repeat("ü", 129), "", false},
		"a longer value":       {"k", strings.Repeat("u", 257), false},
		"no key":               {"", "v", false},
	} {
		for _, rule := range []validator.Map{fwtypes.Tags(), fwtypes.SessionTags()} {
			if refused := refusedTags(t, rule, map[string]string{row.key: row.value}); (refused == nil) != row.ok {
				t.Errorf("%s: %v", name, refused)
			}
		}
	}
}

// The same configuration is told the same each time.
func TestTags_order(t *testing.T) {
	t.Parallel()
	tags := map[string]string{}
	for i := range 11 {
		tags[fmt.Sprintf("k%02d", i)] = "?"
	}
	for _, rule := range []validator.Map{fwtypes.Tags(), fwtypes.SessionTags()} {
		if refused := refusedTags(t, rule, tags); len(refused) < 11 || !slices.IsSorted(refused) {
			t.Errorf("refused in the order %v", refused)
		}
	}
}

func TestTags_case(t *testing.T) {
	t.Parallel()
	tags := map[string]string{"Team": "a", "team": "b"}
	if refused := refusedTags(t, fwtypes.Tags(), tags); refused != nil {
		t.Errorf("S3 tells case apart: %v", refused)
	}
	if refused := refusedTags(t, fwtypes.SessionTags(), tags); !slices.Equal(refused, []string{`tags["team"]`}) {
		t.Errorf("STS does not tell case apart: %v", refused)
	}
}

func TestTags_number(t *testing.T) {
	t.Parallel()
	tags := map[string]string{}
	for i := range 51 {
		tags[fmt.Sprint(i)] = ""
	}
	for _, rule := range []validator.Map{fwtypes.Tags(), fwtypes.SessionTags()} {
		if refused := refusedTags(t, rule, tags); !slices.Equal(refused, []string{"tags"}) {
			t.Errorf("51 tags: %v", refused)
		}
	}
}
