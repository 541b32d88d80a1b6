package provider

import (
	"context"
	"slices"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/xrole/terraform-provider-xrole/internal/awsapi"
)

// known reports whether a value is known through and through.
func known(ctx context.Context, values ...attr.Value) bool {
	for _, v := range values {
		tf, err := v.ToTerraformValue(ctx)
		if err != nil || !tf.IsFullyKnown() {
			return false
		}
	}
	return true
}

// attribute is one attribute of an object, null if the object has none of that name and type.
func attribute[T attr.Value](object map[string]attr.Value, name string) T {
	v, ok := object[name].(T)
	if !ok {
		var none T
		return none
	}
	return v
}

// orNull is null for the empty string: what the registry leaves out is null in Terraform.
func orNull(s string) types.String {
	if s == "" {
		return types.StringNull()
	}
	return types.StringValue(s)
}

func timeOrNull(t time.Time) types.String {
	if t.IsZero() {
		return types.StringNull()
	}
	return types.StringValue(t.UTC().Format(time.RFC3339))
}

// stringMap keeps null apart from empty, so that what was imported equals what was written.
func stringMap(m map[string]string) types.Map {
	if m == nil {
		return types.MapNull(types.StringType)
	}
	elements := make(map[string]attr.Value, len(m))
	for k, v := range m {
		elements[k] = types.StringValue(v)
	}
	return types.MapValueMust(types.StringType, elements)
}

func stringSet(s []string) types.Set {
	if s == nil {
		return types.SetNull(types.StringType)
	}
	elements := make([]attr.Value, 0, len(s))
	for _, v := range s {
		elements = append(elements, types.StringValue(v))
	}
	return types.SetValueMust(types.StringType, elements)
}

func mapOf(m types.Map) map[string]string {
	if m.IsNull() || m.IsUnknown() {
		return nil
	}
	out := make(map[string]string, len(m.Elements()))
	for k, v := range m.Elements() {
		if s, ok := v.(basetypes.StringValue); ok {
			out[k] = s.ValueString()
		}
	}
	return out
}

// setOf returns a set's elements, sorted; nil for a set that is null or unknown.
func setOf(s types.Set) []string {
	if s.IsNull() || s.IsUnknown() {
		return nil
	}
	out := make([]string, 0, len(s.Elements()))
	for _, v := range s.Elements() {
		if e, ok := v.(basetypes.StringValue); ok {
			out = append(out, e.ValueString())
		}
	}
	slices.Sort(out)
	return out
}

// knownStrings is setOf without the elements that are not known.
func knownStrings(s types.Set) []string {
	return slices.DeleteFunc(setOf(s), func(v string) bool { return v == "" })
}

func assumeRole(ctx context.Context, object types.Object, options *awsapi.Options) diag.Diagnostics {
	if object.IsNull() {
		return nil
	}
	var m assumeRoleModel
	diags := object.As(ctx, &m, basetypes.ObjectAsOptions{})
	if diags.HasError() {
		return diags
	}
	options.AssumeRole = &awsapi.AssumeRole{
		RoleARN:     m.RoleARN.ValueString(),
		ExternalID:  m.ExternalID.ValueString(),
		SessionName: m.SessionName.ValueString(),
	}
	if m.Duration.IsNull() {
		return diags
	}
	duration, err := time.ParseDuration(m.Duration.ValueString())
	if err != nil {
		diags.AddAttributeError(path.Root("assume_role").AtName("duration"), "Invalid session duration", "Write it like `15m` or `1h`.")
		return diags
	}
	options.AssumeRole.Duration = duration
	return diags
}
