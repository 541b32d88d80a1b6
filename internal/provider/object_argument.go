package provider

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"
)

// newObjectArgument reads a plain object whose attributes are all known by name, so that a misspelt one is told instead
// of ignored. It is read like an onboarding.
func newObjectArgument(value types.Dynamic, required []string, optional ...string) *onboardingArgument {
	if value.IsUnknown() || value.IsUnderlyingValueUnknown() {
		return &onboardingArgument{unknown: true}
	}
	attributes, ok := attributesOf(value.UnderlyingValue())
	if !ok {
		return &onboardingArgument{fault: fmt.Sprintf("must be an object with `%s`, not %s", strings.Join(required, "`, `"), kindOf(value))}
	}
	names := append(slices.Clone(required), optional...)
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		if !slices.Contains(names, name) {
			return &onboardingArgument{fault: fmt.Sprintf("has no use for the attribute `%s`; it may have `%s`", name, strings.Join(names, "`, `"))}
		}
	}
	for _, name := range required {
		if v := underlying(attributes[name]); v == nil || v.IsNull() {
			return &onboardingArgument{fault: fmt.Sprintf("must have the attribute `%s`, which is missing or null", name)}
		}
	}
	return &onboardingArgument{attributes: attributes}
}

// flag is false for what is missing, null or unknown.
func (a *onboardingArgument) flag(name string) bool {
	v := a.value(name)
	if v == nil {
		return false
	}
	b, ok := v.(basetypes.BoolValue)
	if !ok {
		a.fail(fmt.Sprintf("`%s` must be a bool, not %s", name, kindOf(v)))
	}
	return b.ValueBool()
}
