package provider

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/defaults"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// onboardingKind is how Terraform's protocol carries an onboarding.
type onboardingKind struct {
	version    int64
	object     tftypes.Object
	attributes map[string]attr.Type
	// fields are the model's, by attribute.
	fields map[string]int
	// presets are what the framework fills in where the configuration has null, rolePresets those in `role`.
	presets, rolePresets map[string]attr.Value
	// validators are those of attributes that are texts.
	validators map[string][]validator.String
}

func newOnboardingKind(ctx context.Context) (*onboardingKind, error) {
	var resp resource.SchemaResponse
	(&onboardingResource{}).Schema(ctx, resource.SchemaRequest{}, &resp)
	object, ok := resp.Schema.Type().TerraformType(ctx).(tftypes.Object)
	role, isNested := resp.Schema.Attributes["role"].(schema.SingleNestedAttribute)
	if _, hubToo := resp.Schema.Attributes["hub"].(schema.SingleNestedAttribute); !ok || !isNested || !hubToo {
		return nil, errors.New("the schema of xrole_onboarding has not the shape it should have")
	}
	k := &onboardingKind{
		version: resp.Schema.Version, object: object, attributes: map[string]attr.Type{}, fields: map[string]int{},
		presets: presetsOf(ctx, resp.Schema.Attributes), rolePresets: presetsOf(ctx, role.Attributes), validators: map[string][]validator.String{},
	}
	for name, a := range resp.Schema.Attributes {
		if text, ok := a.(schema.StringAttribute); ok {
			k.validators[name] = text.Validators
		}
		k.attributes[name] = a.GetType()
	}
	model := reflect.TypeFor[onboardingModel]()
	for i := range model.NumField() {
		k.fields[model.Field(i).Tag.Get("tfsdk")] = i
	}
	return k, nil
}

func presetsOf(ctx context.Context, attributes map[string]schema.Attribute) map[string]attr.Value {
	out := map[string]attr.Value{}
	for name, a := range attributes {
		switch a := a.(type) {
		case schema.StringAttribute:
			if a.Default != nil {
				var resp defaults.StringResponse
				a.Default.DefaultString(ctx, defaults.StringRequest{}, &resp)
				out[name] = resp.PlanValue
			}
		case schema.Int64Attribute:
			if a.Default != nil {
				var resp defaults.Int64Response
				a.Default.DefaultInt64(ctx, defaults.Int64Request{}, &resp)
				out[name] = resp.PlanValue
			}
		case schema.BoolAttribute:
			if a.Default != nil {
				var resp defaults.BoolResponse
				a.Default.DefaultBool(ctx, defaults.BoolRequest{}, &resp)
				out[name] = resp.PlanValue
			}
		}
	}
	return out
}

// preset reports whether a state has the preset of all that the configuration leaves out: of an argument that was taken
// out, Terraform proposes the former value, which the framework then replaces.
func (k *onboardingKind) preset(config, state *onboardingModel) bool {
	given, is := config.attributes(), state.attributes()
	for name, want := range k.presets {
		if i := k.fields[name]; given[i].IsNull() && !want.Equal(is[i]) {
			return false
		}
	}
	role, had := config.Role.Attributes(), state.Role.Attributes()
	for name, want := range k.rolePresets {
		if v, ok := role[name]; ok && v.IsNull() && !want.Equal(had[name]) {
			return false
		}
	}
	return true
}

// sound reports whether each text is what the attribute of that name may be, whatever the others are.
func (k *onboardingKind) sound(ctx context.Context, texts map[string]tftypes.Value) bool {
	for name, v := range texts {
		decoded, err := k.attributes[name].ValueFromTerraform(ctx, v)
		text, ok := decoded.(types.String)
		if err != nil || !ok {
			return false
		}
		for _, rule := range k.validators[name] {
			var resp validator.StringResponse
			rule.ValidateString(ctx, validator.StringRequest{Path: path.Root(name), PathExpression: path.MatchRoot(name), ConfigValue: text}, &resp)
			if len(resp.Diagnostics) > 0 {
				return false
			}
		}
	}
	return true
}

// decode takes a value off the protocol; null if there is none.
func (k *onboardingKind) decode(d *tfprotov6.DynamicValue) (tftypes.Value, error) {
	if d == nil || len(d.MsgPack) == 0 {
		return tftypes.NewValue(k.object, nil), nil
	}
	return d.Unmarshal(k.object)
}

// model decodes a value without the framework's reflection; nil if it is null.
func (k *onboardingKind) model(ctx context.Context, v tftypes.Value) (*onboardingModel, error) {
	if v.IsNull() {
		return nil, nil
	}
	var in map[string]tftypes.Value
	if err := v.As(&in); err != nil {
		return nil, fmt.Errorf("decoding an onboarding: %w", err)
	}
	m := &onboardingModel{}
	to := reflect.ValueOf(m).Elem()
	for name, i := range k.fields {
		decoded, err := k.attributes[name].ValueFromTerraform(ctx, in[name])
		if err != nil {
			return nil, fmt.Errorf("decoding %s of an onboarding: %w", name, err)
		}
		to.Field(i).Set(reflect.ValueOf(decoded))
	}
	return m, nil
}

// encode is the opposite of model.
func (k *onboardingKind) encode(ctx context.Context, m *onboardingModel) (tftypes.Value, error) {
	all, out := m.attributes(), make(map[string]tftypes.Value, len(k.fields))
	for name, i := range k.fields {
		v, err := all[i].ToTerraformValue(ctx)
		if err != nil {
			return v, fmt.Errorf("encoding %s of an onboarding: %w", name, err)
		}
		out[name] = v
	}
	return tftypes.NewValue(k.object, out), nil
}

// nested are the types of the attributes that are objects.
func (k *onboardingKind) nested() modelTypes {
	of := func(name string) map[string]attr.Type {
		object, _ := k.attributes[name].(types.ObjectType)
		return object.AttrTypes
	}
	return modelTypes{hub: of("hub"), role: of("role")}
}

// attributes are a model's values, in the order of its fields.
func (m *onboardingModel) attributes() []attr.Value {
	fields := reflect.ValueOf(m).Elem()
	all := make([]attr.Value, fields.NumField())
	for i := range all {
		all[i], _ = reflect.TypeAssert[attr.Value](fields.Field(i)) // they all are
	}
	return all
}

func (m *onboardingModel) equal(other *onboardingModel) bool {
	return slices.EqualFunc(m.attributes(), other.attributes(), attr.Value.Equal)
}
