package provider

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	ststypes "github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/xrole/terraform-provider-xrole/internal/awsapi"
	"github.com/xrole/terraform-provider-xrole/internal/onboarding"
	"github.com/xrole/terraform-provider-xrole/internal/registry"
)

var (
	_ ephemeral.EphemeralResource                   = (*credentialsResource)(nil)
	_ ephemeral.EphemeralResourceWithConfigure      = (*credentialsResource)(nil)
	_ ephemeral.EphemeralResourceWithValidateConfig = (*credentialsResource)(nil)
)

// credentialsResource is opened by each plan and apply. It has no Renew: that cannot give Terraform other credentials
// than those that were opened, and STS cannot make a session longer. It has no Close: a session cannot be ended.
type credentialsResource struct{ base }

func newCredentialsResource() ephemeral.EphemeralResource { return &credentialsResource{} }

type credentialsModel struct {
	targetModel
	DurationSeconds types.Int64  `tfsdk:"duration_seconds"`
	SessionName     types.String `tfsdk:"session_name"`
	SessionPolicy   types.String `tfsdk:"session_policy"`
	PolicyARNs      types.Set    `tfsdk:"policy_arns"`
	SessionTags     types.Map    `tfsdk:"session_tags"`
	SourceIdentity  types.String `tfsdk:"source_identity"`
	AllowUnverified types.Bool   `tfsdk:"allow_unverified"`
	AccessKeyID     types.String `tfsdk:"access_key_id"`
	SecretAccessKey types.String `tfsdk:"secret_access_key"`
	SessionToken    types.String `tfsdk:"session_token"`
	Expiration      types.String `tfsdk:"expiration"`
}

func (r *credentialsResource) Metadata(_ context.Context, req ephemeral.MetadataRequest, resp *ephemeral.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_credentials"
}

func (r *credentialsResource) Configure(_ context.Context, req ephemeral.ConfigureRequest, resp *ephemeral.ConfigureResponse) {
	r.configure(req.ProviderData, &resp.Diagnostics)
}

func (r *credentialsResource) ValidateConfig(ctx context.Context, req ephemeral.ValidateConfigRequest, resp *ephemeral.ValidateConfigResponse) {
	resp.Diagnostics.Append(checkTarget(ctx, req.Config)...)
}

func (r *credentialsResource) Open(ctx context.Context, req ephemeral.OpenRequest, resp *ephemeral.OpenResponse) {
	var m credentialsModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() || !r.ready(&resp.Diagnostics) {
		return
	}
	target, diags := r.target(ctx, m.targetModel)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() || !target.usable(m.AllowUnverified.ValueBool(), &resp.Diagnostics) {
		return
	}
	who, err := r.caller(ctx, target.region)
	if err != nil {
		resp.Diagnostics.AddError("Unable to find out who assumes the role", stsDetail(target, err))
		return
	}
	if err := target.foreign(who); err != nil {
		resp.Diagnostics.AddError("Refusing to assume this role", sentenceOf(err))
		return
	}
	out, err := r.assume(ctx, m, target)
	switch {
	case awsapi.IsAccessDenied(err):
		resp.Diagnostics.AddError("Role denies access", m.deniedDetail(target, who, err))
		return
	case err != nil:
		resp.Diagnostics.AddError("Unable to assume the role", stsDetail(target, err))
		return
	case out.Credentials == nil:
		resp.Diagnostics.AddError("No credentials in the answer", fmt.Sprintf("STS assumed the role %q and gave no credentials. Try again.", target.roleARN))
		return
	}
	c := out.Credentials
	m.RoleARN = types.StringValue(target.roleARN)
	m.AccessKeyID, m.SecretAccessKey = types.StringPointerValue(c.AccessKeyId), types.StringPointerValue(c.SecretAccessKey)
	m.SessionToken, m.Expiration = types.StringPointerValue(c.SessionToken), timeOrNull(aws.ToTime(c.Expiration))
	resp.Diagnostics.Append(resp.Result.Set(ctx, &m)...)
}

// assume tries the other External ID of a rotation where the one in use is denied.
func (r *credentialsResource) assume(ctx context.Context, m credentialsModel, t roleTarget) (*sts.AssumeRoleOutput, error) {
	var denied error
	for _, id := range t.externalIDs {
		out, err := r.data.clients.STS(t.region).AssumeRole(ctx, m.request(t, id))
		if !awsapi.IsAccessDenied(err) {
			return out, err
		}
		if denied == nil {
			denied = err
		}
	}
	return nil, denied
}

const defaultSessionName = "xrole"

func (m *credentialsModel) request(t roleTarget, externalID string) *sts.AssumeRoleInput {
	in := &sts.AssumeRoleInput{
		RoleArn: &t.roleARN, ExternalId: &externalID, RoleSessionName: aws.String(defaultSessionName),
		Policy: m.SessionPolicy.ValueStringPointer(), SourceIdentity: m.SourceIdentity.ValueStringPointer(),
	}
	if !m.SessionName.IsNull() {
		in.RoleSessionName = m.SessionName.ValueStringPointer()
	}
	if !m.DurationSeconds.IsNull() {
		in.DurationSeconds = aws.Int32(int32(m.DurationSeconds.ValueInt64())) //nolint:gosec // at most 43,200
	}
	for _, arn := range setOf(m.PolicyARNs) {
		in.PolicyArns = append(in.PolicyArns, ststypes.PolicyDescriptorType{Arn: &arn})
	}
	for key, value := range mapOf(m.SessionTags) {
		in.Tags = append(in.Tags, ststypes.Tag{Key: &key, Value: &value})
	}
	return in
}

// proven reports whether the role of an onboarding counts as proven. One whose stack is leaving stands until it is
// disconnected; a reason says that it was seen to let others in before, or to be gone since.
func proven(record registry.Record) bool {
	d := record.Current()
	return d != nil && (d.Status == registry.Verified || d.Status == registry.Leaving && d.Reason == "")
}

// usable refuses a role that nobody has proven, and says what to do. Without a declared account it was only ever proven
// that somebody made the role, not who.
func (t roleTarget) usable(allowUnverified bool, diags *diag.Diagnostics) bool {
	if t.hub == nil {
		return true
	}
	status := t.record.Status()
	about := fmt.Sprintf("Onboarding %q is %q.", t.name, status)
	if d := t.record.Current(); d != nil && d.Reason != "" {
		about += " Its reason: " + strings.TrimSuffix(d.Reason, ".") + "."
	}
	switch {
	case t.record.Offer.AccountID == "":
		account := ""
		if d := t.record.Current(); d != nil && d.AccountID != "" {
			account = fmt.Sprintf(" The account that was verified is %q.", d.AccountID)
		}
		diags.AddAttributeError(path.Root("name"), "Account not confirmed",
			about+" It was open to any account, so that whoever held the link may have launched it."+account+
				" Make sure that it is your customer's, then set `account_id` of the onboarding to it and apply.")
	case t.roleARN == "":
		diags.AddAttributeError(path.Root("name"), "No role yet", about+" No role has come back from the customer, so there is nothing to assume."+nextStep(status))
	case !proven(t.record) && !allowUnverified:
		diags.AddAttributeError(path.Root("name"), "Role not verified", about+" Its role is not proven, so no credentials are given for it."+nextStep(status)+
			" To use it all the same, set `allow_unverified = true`.")
	default:
		return true
	}
	return false
}

func nextStep(status registry.Status) string {
	switch status {
	case registry.Pending:
		return " The customer has not launched its stack: send it the onboarding's `launch_url`. Keep credentials in a configuration apart from the onboardings, so that one customer does not stop the others."
	case registry.Rejected:
		return " The customer has to put right what the reason says and launch again."
	case registry.Disconnected:
		return " The customer has deleted the role, or denies access to it: ask the customer, or have it launch again."
	default:
		return " `data.xrole_role` with `wait` has it proven again; `data.xrole_trust_check` says what is wrong with it."
	}
}

// deniedDetail names the candidates for a denial, the likeliest first. STS itself does not say which it is.
func (m *credentialsModel) deniedDetail(t roleTarget, who caller, err error) string {
	var b strings.Builder
	fmt.Fprintf(&b, "The role %q does not let Terraform in. %s.\n\nIt may be that:\n", t.roleARN, t.deniedNote(who))
	var role struct{ tags, identity bool }
	if t.hub != nil {
		if in, err := onboarding.UnmarshalInputs(t.record.Offer.Inputs, ""); err == nil && in.Role != nil {
			role.tags, role.identity = in.Role.AllowSessionTags, in.Role.AllowSourceIdentity
		}
	}
	if !m.SessionTags.IsNull() && len(m.SessionTags.Elements()) > 0 && !role.tags {
		b.WriteString("- the role's trust policy does not allow `sts:TagSession`: set `role.allow_session_tags = true` on the onboarding and have the customer update its stack, or leave `session_tags` out;\n")
	}
	if !m.SourceIdentity.IsNull() && !role.identity {
		b.WriteString("- the role's trust policy does not allow `sts:SetSourceIdentity`: set `role.allow_source_identity = true` on the onboarding and have the customer update its stack, or leave `source_identity` out;\n")
	}
	b.WriteString("- a policy of Terraform's own principal does not allow `sts:AssumeRole` on this role (nor `sts:TagSession` and `sts:SetSourceIdentity`, where tags or a source identity are given);\n")
	if t.hub == nil {
		b.WriteString("- `external_id` is not the one that the role asks for;\n")
	}
	b.WriteString("- the role is gone, or was changed, in the customer's account;\n" +
		"- a service or resource control policy of either organisation, or a permissions boundary, denies it.\n\nError: " + err.Error())
	return b.String()
}
