package trust_test

import (
	"strings"
	"testing"

	"github.com/xrole/terraform-provider-xrole/internal/trust"
)

func TestWeakness(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ id, want string }{
		"short":                     {"x7f3a", "only 5 letters"},
		"short but for punctuation": {"a1-b2-c3-d4-e5-f6", "only 12 letters"},
		"account id":                {"222222222222", "account id"},
		"account id, spaced":        {"2222-2222-2222", "account id"},
		"customer's name":           {"GloBex_Corporation", "a name"},
		"name and account id":       {"globex-corporation-222222222222", "only 0 letters"},
		"name and year":             {"globex-external-id-2019", "are left"},
		"part of the name":          {"corporation-prod-access-8871", "are left"},
		"common words":              {"my-secret-external-id-for-production", "are left"},
		"one character":             {"aaaaaaaaaaaaaaaaaaaaaaaa", "different characters"},
		"two characters":            {"ababababababababababababab", "different characters"},
		"sequence":                  {"abcdefghijklmnopqrstuvwxyz", "follow from"},
		"countdown":                 {"zyxwvutsrqponmlkjihgfedcba", "follow from"},
		"number":                    {"83650194728365910472", "20 digits"},
		"time-based uuid":           {"f47ac10b-58cc-11ef-8d2b-0242ac120002", "UUID of version 1"},
		"time-based uuid, plain":    {"F47AC10B58CC11EF8D2B0242AC120002", "UUID of version 1"},
		"random uuid":               {"9b2d7c1e-6a54-4f38-8e0b-51c7d3a96f42", ""},
		"sixteen hex digits":        {"7f3a91c0d85e426b", ""},
		"name and random part":      {"globex-7f3a91c0d85e426b", ""},
		"long number":               {"836501947283659104725183", ""},
		"ours":                      {"K4ZJXQ7N2PLTR5MVBWY3CH6DSF", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := trust.Weakness(tt.id, "Globex Corporation", "222222222222", "")
			if tt.want == "" && got != "" || !strings.Contains(got, tt.want) {
				t.Errorf("%q: %q, not %q", tt.id, got, tt.want)
			}
		})
	}
}

// What xrole makes is never warned of, or nobody would believe the warning.
func TestWeakness_neverOfOurOwn(t *testing.T) {
	t.Parallel()
	for range 20_000 {
		if id := trust.NewExternalID(); trust.Weakness(id, "globex", "222222222222") != "" {
			t.Fatalf("%s: %s", id, trust.Weakness(id, "globex", "222222222222"))
		}
	}
}
