package provider

import (
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/xrole/terraform-provider-xrole/internal/fwtypes"
	"github.com/xrole/terraform-provider-xrole/internal/onboarding"
	"github.com/xrole/terraform-provider-xrole/internal/trust"
)

var (
	_ datasource.DataSource                   = (*trustCheckDataSource)(nil)
	_ datasource.DataSourceWithConfigure      = (*trustCheckDataSource)(nil)
	_ datasource.DataSourceWithValidateConfig = (*trustCheckDataSource)(nil)
)

type trustCheckDataSource struct{ base }

func newTrustCheckDataSource() datasource.DataSource { return &trustCheckDataSource{} }

// trustPatience is for how long a role that refuses the right External ID is tried again: IAM takes a moment to spread
// a role that was made in the same run.
const trustPatience = 10 * time.Second

type trustCheckModel struct {
	targetModel
	Passed         types.Bool   `tfsdk:"passed"`
	Assumable      types.Bool   `tfsdk:"assumable"`
	RefusesMissing types.Bool   `tfsdk:"refuses_missing_external_id"`
	RefusesWrong   types.Bool   `tfsdk:"refuses_wrong_external_id"`
	AccountID      types.String `tfsdk:"account_id"`
	Findings       []string     `tfsdk:"findings"`
}

func (d *trustCheckDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_trust_check"
}

func (d *trustCheckDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	hub := hubDataSourceAttribute()
	hub.Required, hub.Optional = false, true
	resp.Schema = schema.Schema{
		MarkdownDescription: "Proves a customer's role as the receiver does: it can be assumed with the External ID, and neither without one nor with another. " +
			"It is for roles that were made without xrole, and for `check` blocks that watch a role in use.\n\n" +
			"The provider's own credentials are used, so they must be among the principals that the role trusts. Sessions last 15 minutes and may do nothing. " +
			"Each plan makes the check. It takes some two seconds for a role that is right, ten for one that cannot be assumed, and more than a minute for one that lets others in: only then is that certain. " +
			"A role that does not pass is no error; only that STS could not be asked is one.",
		Attributes: map[string]schema.Attribute{
			"hub":         hub,
			"name":        schema.StringAttribute{Optional: true, MarkdownDescription: targetNameText + " The role and the External ID in use are those of the registry.", Validators: []validator.String{fwtypes.OnboardingName()}},
			"role_arn":    schema.StringAttribute{Optional: true, Computed: true, MarkdownDescription: targetARNText, Validators: []validator.String{fwtypes.RoleARN()}},
			"external_id": schema.StringAttribute{Optional: true, MarkdownDescription: targetIDText, Validators: []validator.String{fwtypes.ExternalID()}},
			"passed": schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether the role is proven: assumable by us, by nobody without the right External ID, and in the account that it should be in. " +
				"The caller must be allowed `sts:AssumeRole` without a condition on `sts:ExternalId`: a policy on its side that denies the probes hides what the role would do. That is told where AWS says that such a policy denied, which it does not always."},
			"assumable": schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether the role can be assumed with the External ID."},
			"refuses_missing_external_id": schema.BoolAttribute{
				Computed: true, MarkdownDescription: "Whether the role refuses to be assumed without an External ID; null if that was not settled.",
			},
			"refuses_wrong_external_id": schema.BoolAttribute{
				Computed: true, MarkdownDescription: "Whether the role refuses wrong External IDs; null if that was not settled, or if the role needs none at all.",
			},
			"account_id": schema.StringAttribute{Computed: true, MarkdownDescription: "The account that a session of the role is in, as STS says; null if the role could not be assumed."},
			"findings":   schema.ListAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: "What is wrong, in words, the gravest first; empty if the role passed."},
		},
	}
}

func (d *trustCheckDataSource) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	d.configure(req.ProviderData, &resp.Diagnostics)
}

func (d *trustCheckDataSource) ValidateConfig(ctx context.Context, req datasource.ValidateConfigRequest, resp *datasource.ValidateConfigResponse) {
	resp.Diagnostics.Append(checkTarget(ctx, req.Config)...)
}

func (d *trustCheckDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var m trustCheckModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() || !d.ready(&resp.Diagnostics) {
		return
	}
	target, diags := d.target(ctx, m.targetModel)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	result, diags := d.check(ctx, target)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	m.RoleARN = orNull(target.roleARN)
	m.Passed = types.BoolValue(result.Passed() && len(result.Findings) == 0)
	m.Assumable = types.BoolValue(result.Assumable)
	m.RefusesMissing, m.RefusesWrong = verdict(result.RefusesMissing), verdict(result.RefusesWrong)
	m.AccountID = orNull(result.AccountID)
	m.Findings = append([]string{}, result.Findings...)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}

func verdict(v trust.Verdict) types.Bool {
	if v == trust.Unknown {
		return types.BoolNull()
	}
	return types.BoolValue(v == trust.Yes)
}

// check proves the role, and adds what only the provider knows: who asks, and what the registry says.
func (d *trustCheckDataSource) check(ctx context.Context, t roleTarget) (trust.Result, diag.Diagnostics) {
	var diags diag.Diagnostics
	if t.roleARN == "" {
		return trust.Result{Findings: []string{fmt.Sprintf("there is no role yet to check: the onboarding is %q", t.record.Status())}}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, trustPatience+trust.CheckTime)
	defer cancel()
	who, err := d.caller(ctx, t.region)
	if err != nil {
		diags.AddError("Unable to check the role's trust", stsDetail(t, err))
		return trust.Result{}, diags
	}
	if err := t.foreign(who); err != nil {
		if t.hub != nil {
			return trust.Result{Findings: []string{err.Error()}}, nil
		}
		diags.AddAttributeError(path.Root("role_arn"), "Role cannot be checked", sentenceOf(err))
		return trust.Result{}, diags
	}
	result, err := trust.NewClientChecker(d.data.clients.STS(t.region), who.Partition, who.AccountID).Check(ctx, trustPatience, t.roleARN, t.externalIDs...)
	if err != nil {
		diags.AddError("Unable to check the role's trust in full", stsDetail(t, err))
		return result, diags
	}
	if !result.Assumable {
		result.Findings = append(result.Findings, t.deniedNote(who))
	} else if !onboarding.SameAccount(t.roleARN, result.AccountID) {
		result.Findings = append(result.Findings, fmt.Sprintf("a session of the role is in account %q, which is not the role's", result.AccountID))
	}
	return result, diags
}
