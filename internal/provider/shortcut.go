package provider

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
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
	r.noteGuarded(&now)
	identity, err := state.resourceIdentity().encode()
	return identity, err == nil && len(diags) == 0 && now.equal(state) && bytes.Equal(encode(remembered), encode(mem))
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
	r.noteGuarded(state)
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
