package provider_test

import (
	"math/big"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/xrole/terraform-provider-xrole/internal/launch"
)

// regexpOf finds words of a message that Terraform may have broken into lines.
func regexpOf(words string) *regexp.Regexp {
	return regexp.MustCompile(strings.ReplaceAll(regexp.QuoteMeta(words), " ", `[\s│]+`))
}

// changed is an object with changes; a nil removes.
func changed(t *testing.T, attributes, changes map[string]attr.Value) types.Object {
	t.Helper()
	for name, value := range changes {
		if attributes[name] = value; value == nil {
			delete(attributes, name)
		}
	}
	return object(t, attributes)
}

func launchArgument(t *testing.T, changes map[string]attr.Value) types.Object {
	t.Helper()
	text := types.StringValue
	return changed(t, map[string]attr.Value{
		"region": text("us-east-1"), "stack_name": text("Acme"), "template_url": text(functionTemplateURL),
		"parameters": types.MapValueMust(types.StringType, map[string]attr.Value{"Owner": text("a b")}),
	}, changes)
}

func TestLaunchURLFunction(t *testing.T) {
	t.Parallel()
	null := types.StringNull()
	plain := launch.Link{Region: "us-east-1", StackName: "Acme", TemplateURL: functionTemplateURL}
	bare, err := plain.URL()
	if err != nil {
		t.Fatal(err)
	}
	for name, row := range map[string]struct {
		value attr.Value
		want  string
	}{
		"with parameters":    {launchArgument(t, nil), functionLaunchURL},
		"without parameters": {launchArgument(t, map[string]attr.Value{"parameters": nil}), bare},
		"null parameters":    {launchArgument(t, map[string]attr.Value{"parameters": types.DynamicNull()}), bare},
		"null in parameters": {launchArgument(t, map[string]attr.Value{"parameters": object(t, map[string]attr.Value{"Owner": null})}), bare},
		"map": {types.MapValueMust(types.StringType, map[string]attr.Value{
			"region": types.StringValue("us-east-1"), "stack_name": types.StringValue("Acme"), "template_url": types.StringValue(functionTemplateURL),
		}), bare},
	} {
		got, err := call(t, "launch_url", row.value)
		if err != nil || got.ValueString() != row.want {
			t.Errorf("%s: got %v, %v, want %s", name, got, err, row.want)
		}
	}
}

func TestLaunchURLFunction_unknown(t *testing.T) {
	t.Parallel()
	for name, value := range map[string]attr.Value{
		"whole":      types.DynamicUnknown(),
		"object":     types.ObjectUnknown(map[string]attr.Type{}),
		"region":     launchArgument(t, map[string]attr.Value{"region": types.StringUnknown()}),
		"parameters": launchArgument(t, map[string]attr.Value{"parameters": types.MapUnknown(types.StringType)}),
		"a value":    launchArgument(t, map[string]attr.Value{"parameters": object(t, map[string]attr.Value{"Owner": types.StringUnknown()})}),
	} {
		if got, err := call(t, "launch_url", value); err != nil || !got.IsUnknown() {
			t.Errorf("%s: got %v, %v", name, got, err)
		}
	}
}

func TestLaunchURLFunction_refused(t *testing.T) {
	t.Parallel()
	text := types.StringValue
	for name, row := range map[string]struct {
		value attr.Value
		want  string
	}{
		"null":            {types.DynamicNull(), "must be an object with `region`, `stack_name`, `template_url`, not null"},
		"string":          {text("x"), "not a string"},
		"no region":       {launchArgument(t, map[string]attr.Value{"region": nil}), "must have the attribute `region`"},
		"null stack name": {launchArgument(t, map[string]attr.Value{"stack_name": types.StringNull()}), "must have the attribute `stack_name`"},
		"misspelt":        {launchArgument(t, map[string]attr.Value{"params": text("x")}), "has no use for the attribute `params`"},
		"number":          {launchArgument(t, map[string]attr.Value{"region": types.NumberValue(big.NewFloat(1))}), "`region` must be a string, not a number"},
		"text for map":    {launchArgument(t, map[string]attr.Value{"parameters": text("x")}), "`parameters` must be an object, not a string"},
		"bad region":      {launchArgument(t, map[string]attr.Value{"region": text("Ireland")}), "does not look like an AWS region"},
		"no console":      {launchArgument(t, map[string]attr.Value{"region": text("us-iso-east-1")}), "no public console, so that there is nothing to link to; cli_command"},
		"plain http":      {launchArgument(t, map[string]attr.Value{"template_url": text("http://x/y")}), "is not a plain https URL"},
		"long url":        {launchArgument(t, map[string]attr.Value{"template_url": text("https://x/" + strings.Repeat("y", 1024))}), "longer than 1,024"},
		"bad parameter":   {launchArgument(t, map[string]attr.Value{"parameters": object(t, map[string]attr.Value{"a_b": text("x")})}), `parameter name "a_b"`},
	} {
		_, err := call(t, "launch_url", row.value)
		if err == nil || err.FunctionArgument == nil || *err.FunctionArgument != 0 || !strings.Contains(err.Text, row.want) {
			t.Errorf("%s: got %v, want %q on argument 0", name, err, row.want)
		}
	}
}
