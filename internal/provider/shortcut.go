package provider

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/defaults"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/xrole/terraform-provider-xrole/internal/onboarding"
	"github.com/xrole/terraform-provider-xrole/internal/plural"
)

// shortcut answers for an xrole_onboarding of which nothing changes, which is nearly all that a plan of thousands asks.
// It runs the resource's own code on the resource's own model; what it leaves out is the framework's handling of values,
// which costs many times as much. Whatever it is not sure of it hands on.
type shortcut struct {
	plural.Server
	provider *xroleProvider
	kind     *onboardingKind
}

func newShortcut(inner plural.Server, p *xroleProvider) shortcut {
	kind, err := newOnboardingKind(context.Background()) //nolint:forbidigo // a schema is made without a request
	if err != nil {
		panic(err) // the schema or the model was changed without the other
	}
	return shortcut{Server: inner, provider: p, kind: kind}
}

// UpgradeResourceState does what the framework does with a state of today's schema: attributes that it does not have are
// left out.
func (s shortcut) UpgradeResourceState(ctx context.Context, req *tfprotov6.UpgradeResourceStateRequest) (*tfprotov6.UpgradeResourceStateResponse, error) {
	if req.TypeName != plural.One || req.Version != s.kind.version || req.RawState == nil {
		return s.Server.UpgradeResourceState(ctx, req)
	}
	v, err := req.RawState.UnmarshalWithOpts(s.kind.object, tfprotov6.UnmarshalOpts{ValueFromJSONOpts: tftypes.ValueFromJSONOpts{IgnoreUndefinedAttributes: true}})
	if err != nil {
		return s.Server.UpgradeResourceState(ctx, req) // which says what is wrong
	}
	state, err := tfprotov6.NewDynamicValue(s.kind.object, v)
	return &tfprotov6.UpgradeResourceStateResponse{UpgradedState: &state}, err
}

// ReadResource answers with the state it got, if that is what a read would make of it.
func (s shortcut) ReadResource(ctx context.Context, req *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	if req.TypeName == plural.One {
		if identity, ok := s.asRead(ctx, req); ok {
			return &tfprotov6.ReadResourceResponse{NewState: req.CurrentState, Private: req.Private, NewIdentity: identity}, nil
		}
	}
	return s.Server.ReadResource(ctx, req)
}

func (s shortcut) asRead(ctx context.Context, req *tfprotov6.ReadResourceRequest) (*tfprotov6.ResourceIdentityData, bool) {
	v, err := s.kind.decode(req.CurrentState)
	if err != nil {
		return nil, false
	}
	identity, ok := s.stillRead(ctx, v, req.Private)
	had := req.CurrentIdentity
	return identity, ok && (had == nil || had.IdentityData == nil || bytes.Equal(had.IdentityData.MsgPack, identity.IdentityData.MsgPack))
}

// stillRead reports whether a read would give back the very state that it gets, and with which identity.
func (s shortcut) stillRead(ctx context.Context, v tftypes.Value, private []byte) (*tfprotov6.ResourceIdentityData, bool) {
	var diags diag.Diagnostics
	r, state, mem := s.open(ctx, v, private, &diags)
	if state == nil || !r.ready(&diags) {
		return nil, false
	}
	hub, more := hubOf(state.Hub)
	if diags.Append(more...); len(diags) > 0 {
		return nil, false
	}
	found, ok := r.reader(hub).Glance(ctx, state.Name.ValueString(), templateKey(state.TemplateURL.ValueString()))
	if !ok {
		return nil, false
	}
	now, remembered := *state, mem
	now.refresh(found, &remembered, ownerIn(ctx), &diags)
	r.noteGuarded(hub, &now)
	identity, err := state.resourceIdentity().encode()
	return identity, err == nil && len(diags) == 0 && now.equal(state) && bytes.Equal(remembered.encode(), mem.encode())
}

// PlanResourceChange answers with the state it got, if that is what a plan would make of it without a word.
func (s shortcut) PlanResourceChange(ctx context.Context, req *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	if req.TypeName == plural.One && s.asPlanned(ctx, req) {
		return &tfprotov6.PlanResourceChangeResponse{PlannedState: req.PriorState, PlannedPrivate: req.PriorPrivate, PlannedIdentity: req.PriorIdentity}, nil
	}
	return s.Server.PlanResourceChange(ctx, req)
}

func (s shortcut) asPlanned(ctx context.Context, req *tfprotov6.PlanResourceChangeRequest) bool {
	if req.PriorState == nil || req.ProposedNewState == nil || len(req.PriorState.MsgPack) == 0 || !bytes.Equal(req.PriorState.MsgPack, req.ProposedNewState.MsgPack) {
		return false
	}
	prior, err := s.kind.decode(req.PriorState)
	config, more := s.kind.decode(req.Config)
	return err == nil && more == nil && s.stillPlanned(ctx, prior, config, req.PriorPrivate)
}

// stillPlanned reports whether a plan would give back the very state that stands, which is what is proposed too, without a
// word.
func (s shortcut) stillPlanned(ctx context.Context, prior, wanted tftypes.Value, private []byte) bool {
	var diags diag.Diagnostics
	r, state, mem := s.open(ctx, prior, private, &diags)
	config, err := s.kind.model(ctx, wanted)
	if err != nil || state == nil || config == nil || len(diags) > 0 || !s.kind.preset(config, state) {
		return false
	}
	plan := *state
	if offered(state, mem) { // only the inputs can tell of a change
		diags.Append(r.planInputs(ctx, &plan, state)...)
		r.checkGuest(ctx, &plan, state, &diags)
		rotation := planRotation(&plan, state, mem, config.ExternalID, &diags)
		rotation.warn(&plan, state, &diags)
	} else {
		r.plan(ctx, &plan, state, mem, config.ExternalID, &diags)
	}
	return len(diags) == 0 && plan.equal(state)
}

// offered reports whether what a state has been found to offer is what would come out of its inputs again.
func offered(state *onboardingModel, mem memory) bool {
	sha256 := state.TemplateSHA256.ValueString()
	return mem.Rendering == onboarding.Rendering && !state.Status.IsNull() && sha256 != "" && strings.Contains(state.TemplateURL.ValueString(), sha256)
}

// open decodes a state and what is kept beside it; the state is nil where there is none, or it cannot be read.
func (s shortcut) open(ctx context.Context, value tftypes.Value, private []byte, diags *diag.Diagnostics) (*onboardingResource, *onboardingModel, memory) {
	r := &onboardingResource{base{s.provider.data}}
	state, err := s.kind.model(ctx, value)
	var kept map[string][]byte
	if err == nil {
		err = json.Unmarshal(private, &kept)
	}
	if s.provider.data == nil || err != nil {
		return r, nil, memory{}
	}
	get := func(_ context.Context, key string) ([]byte, diag.Diagnostics) { return kept[key], nil }
	return r, state, remembered(ctx, get, diags)
}

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
