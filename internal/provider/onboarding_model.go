package provider

import (
	"cmp"
	"context"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/xrole/terraform-provider-xrole/internal/cfn"
	"github.com/xrole/terraform-provider-xrole/internal/onboarding"
	"github.com/xrole/terraform-provider-xrole/internal/registry"
)

type onboardingModel struct {
	Name                   types.String `tfsdk:"name"`
	Hub                    types.Object `tfsdk:"hub"`
	AccountID              types.String `tfsdk:"account_id"`
	Region                 types.String `tfsdk:"region"`
	Role                   types.Object `tfsdk:"role"`
	TemplateBody           types.String `tfsdk:"template_body"`
	TemplateMode           types.String `tfsdk:"template_mode"`
	BuiltinTemplateVersion types.Int64  `tfsdk:"builtin_template_version"`
	Parameters             types.Map    `tfsdk:"parameters"`
	StackName              types.String `tfsdk:"stack_name"`
	ExternalID             types.String `tfsdk:"external_id"`
	ExistingRoleARN        types.String `tfsdk:"existing_role_arn"`
	Rotation               types.String `tfsdk:"rotation"`
	RotationFinish         types.Bool   `tfsdk:"rotation_finish"`
	Adopt                  types.Bool   `tfsdk:"adopt"`
	TemplateRetentionDays  types.Int64  `tfsdk:"template_retention_days"`
	ServiceTimeoutSeconds  types.Int64  `tfsdk:"service_timeout_seconds"`
	ForceDestroy           types.Bool   `tfsdk:"force_destroy"`
	Tags                   types.Map    `tfsdk:"tags"`

	TagsAll            types.Map    `tfsdk:"tags_all"`
	PreviousExternalID types.String `tfsdk:"previous_external_id"`
	TemplateURL        types.String `tfsdk:"template_url"`
	TemplateSHA256     types.String `tfsdk:"template_sha256"`
	LaunchURL          types.String `tfsdk:"launch_url"`
	Status             types.String `tfsdk:"status"`
	RoleARN            types.String `tfsdk:"role_arn"`
	StackID            types.String `tfsdk:"stack_id"`
	VerifiedAt         types.String `tfsdk:"verified_at"`
	Outdated           types.Bool   `tfsdk:"outdated"`
	Reason             types.String `tfsdk:"reason"`
}

type roleModel struct {
	Name                   types.String `tfsdk:"name"`
	Path                   types.String `tfsdk:"path"`
	Description            types.String `tfsdk:"description"`
	MaxSessionDuration     types.Int64  `tfsdk:"max_session_duration"`
	PermissionsBoundaryARN types.String `tfsdk:"permissions_boundary_arn"`
	ManagedPolicyARNs      types.Set    `tfsdk:"managed_policy_arns"`
	InlinePolicies         types.Map    `tfsdk:"inline_policies"`
	Tags                   types.Map    `tfsdk:"tags"`
	AllowSessionTags       types.Bool   `tfsdk:"allow_session_tags"`
	AllowSourceIdentity    types.Bool   `tfsdk:"allow_source_identity"`
}

// offeredKnown reports whether all is known that shapes the template and the link.
func (m *onboardingModel) offeredKnown(ctx context.Context) bool {
	return known(ctx, m.Name, m.Hub, m.AccountID, m.Region, m.Role, m.TemplateBody, m.TemplateMode, m.BuiltinTemplateVersion, m.Parameters, m.StackName, m.ServiceTimeoutSeconds)
}

// toInputs needs a model that is known, save for the outputs.
func (m *onboardingModel) toInputs() (onboarding.Inputs, diag.Diagnostics) {
	hub, diags := hubOf(m.Hub)
	in := onboarding.Inputs{
		Offered: onboarding.Offered{
			Name:                  m.Name.ValueString(),
			Hub:                   hub,
			AccountID:             m.AccountID.ValueString(),
			Region:                m.Region.ValueString(),
			TemplateBody:          m.TemplateBody.ValueString(),
			TemplateMode:          cfn.Mode(m.TemplateMode.ValueString()),
			BuiltinVersion:        int(m.BuiltinTemplateVersion.ValueInt64()),
			Parameters:            mapOf(m.Parameters),
			StackName:             m.StackName.ValueString(),
			ServiceTimeoutSeconds: int(m.ServiceTimeoutSeconds.ValueInt64()),
		},
		ExistingRoleARN:       m.ExistingRoleARN.ValueString(),
		Rotation:              m.Rotation.ValueString(),
		RotationFinish:        m.RotationFinish.ValueBoolPointer(),
		TemplateRetentionDays: int(m.TemplateRetentionDays.ValueInt64()),
		ForceDestroy:          m.ForceDestroy.ValueBoolPointer(),
		Adopt:                 m.Adopt.ValueBoolPointer(),
		Tags:                  mapOf(m.Tags),
		TagsAll:               mapOf(m.TagsAll),
	}
	if m.Role.IsNull() {
		return in, diags
	}
	in.Role = roleModelOf(m.Role).toRole()
	return in, diags
}

// roleModelOf takes a role object apart; all is null of one that is null or unknown.
func roleModelOf(object types.Object) roleModel {
	in := object.Attributes()
	return roleModel{
		Name:                   attribute[types.String](in, "name"),
		Path:                   attribute[types.String](in, "path"),
		Description:            attribute[types.String](in, "description"),
		MaxSessionDuration:     attribute[types.Int64](in, "max_session_duration"),
		PermissionsBoundaryARN: attribute[types.String](in, "permissions_boundary_arn"),
		ManagedPolicyARNs:      attribute[types.Set](in, "managed_policy_arns"),
		InlinePolicies:         attribute[types.Map](in, "inline_policies"),
		Tags:                   attribute[types.Map](in, "tags"),
		AllowSessionTags:       attribute[types.Bool](in, "allow_session_tags"),
		AllowSourceIdentity:    attribute[types.Bool](in, "allow_source_identity"),
	}
}

func (m roleModel) toRole() *cfn.Role {
	return &cfn.Role{
		Name:                   m.Name.ValueString(),
		Path:                   m.Path.ValueString(),
		Description:            m.Description.ValueString(),
		MaxSessionDuration:     int(m.MaxSessionDuration.ValueInt64()),
		PermissionsBoundaryARN: m.PermissionsBoundaryARN.ValueString(),
		ManagedPolicyARNs:      setOf(m.ManagedPolicyARNs),
		InlinePolicies:         mapOf(m.InlinePolicies),
		Tags:                   mapOf(m.Tags),
		AllowSessionTags:       m.AllowSessionTags.ValueBool(),
		AllowSourceIdentity:    m.AllowSourceIdentity.ValueBool(),
	}
}

func newRoleModel(r *cfn.Role) roleModel {
	m := roleModel{
		Name:                   orNull(r.Name),
		Path:                   orNull(r.Path),
		Description:            orNull(r.Description),
		PermissionsBoundaryARN: orNull(r.PermissionsBoundaryARN),
		ManagedPolicyARNs:      stringSet(r.ManagedPolicyARNs),
		InlinePolicies:         stringMap(r.InlinePolicies),
		Tags:                   stringMap(r.Tags),
		AllowSessionTags:       types.BoolValue(r.AllowSessionTags),
		AllowSourceIdentity:    types.BoolValue(r.AllowSourceIdentity),
	}
	if r.MaxSessionDuration != 0 {
		m.MaxSessionDuration = types.Int64Value(int64(r.MaxSessionDuration))
	}
	return m
}

// newOnboardingModel fills a model from what the registry keeps, for import.
func newOnboardingModel(ctx context.Context, in onboarding.Inputs, kinds modelTypes) (*onboardingModel, diag.Diagnostics) {
	hub, diags := types.ObjectValueFrom(ctx, kinds.hub, newHubModel(in.Hub))
	m := &onboardingModel{
		Name:                  types.StringValue(in.Name),
		Hub:                   hub,
		AccountID:             orNull(in.AccountID),
		Region:                types.StringValue(in.Region),
		Role:                  types.ObjectNull(kinds.role),
		TemplateBody:          orNull(in.TemplateBody),
		TemplateMode:          types.StringValue(string(in.TemplateMode)),
		Parameters:            stringMap(in.Parameters),
		StackName:             types.StringValue(in.StackName),
		ExistingRoleARN:       orNull(in.ExistingRoleARN),
		Rotation:              orNull(in.Rotation),
		RotationFinish:        types.BoolPointerValue(in.RotationFinish),
		Adopt:                 types.BoolPointerValue(in.Adopt),
		TemplateRetentionDays: types.Int64Value(int64(in.TemplateRetentionDays)),
		ServiceTimeoutSeconds: types.Int64Value(int64(in.ServiceTimeoutSeconds)),
		ForceDestroy:          types.BoolPointerValue(in.ForceDestroy),
		Tags:                  stringMap(in.Tags),
		TagsAll:               stringMap(in.TagsAll),
	}
	m.BuiltinTemplateVersion = builtinVersion(in.BuiltinVersion)
	if in.Role != nil {
		role, more := types.ObjectValueFrom(ctx, kinds.role, newRoleModel(in.Role))
		diags.Append(more...)
		m.Role = role
	}
	return m, diags
}

// modelTypes are the nested attributes' types, which only the schema knows.
type modelTypes struct{ hub, role map[string]attr.Type }

func builtinVersion(v int) types.Int64 {
	if v == 0 {
		return types.Int64Null()
	}
	return types.Int64Value(int64(v))
}

// setPublication fills in what follows from the inputs.
func (m *onboardingModel) setPublication(pub *onboarding.Publication) {
	m.TemplateURL = types.StringValue(pub.TemplateURL)
	m.TemplateSHA256 = types.StringValue(pub.SHA256)
	m.LaunchURL = orNull(pub.LaunchURL)
}

// setRecord fills in what came back.
func (m *onboardingModel) setRecord(rec registry.Record) {
	delivery := cmp.Or(rec.Current(), &registry.Delivery{Status: registry.Pending})
	m.Status = types.StringValue(string(delivery.Status))
	m.RoleARN = orNull(delivery.RoleARN)
	m.StackID = orNull(delivery.StackID)
	m.VerifiedAt = timeOrNull(delivery.VerifiedAt)
	m.Outdated = types.BoolValue(rec.Outdated())
	m.Reason = orNull(delivery.Reason)
}

// keepRecord keeps what came back before: a change of the inputs does not touch it.
func (m *onboardingModel) keepRecord(state *onboardingModel) {
	m.Status, m.RoleARN, m.StackID = state.Status, state.RoleARN, state.StackID
	m.VerifiedAt, m.Outdated, m.Reason = state.VerifiedAt, state.Outdated, state.Reason
}

// forgetOutputs marks all outputs as known only after the apply.
func (m *onboardingModel) forgetOutputs() {
	m.forgetPublication()
	m.forgetRecord()
}

func (m *onboardingModel) forgetPublication() {
	m.TemplateURL, m.TemplateSHA256, m.LaunchURL = types.StringUnknown(), types.StringUnknown(), types.StringUnknown()
}

// forgetRecord marks what came back as known only after the apply.
func (m *onboardingModel) forgetRecord() {
	m.Status, m.RoleARN, m.StackID = types.StringUnknown(), types.StringUnknown(), types.StringUnknown()
	m.VerifiedAt, m.Outdated, m.Reason = types.StringUnknown(), types.BoolUnknown(), types.StringUnknown()
}
