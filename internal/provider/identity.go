package provider

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/xrole/terraform-provider-xrole/internal/onboarding"
	"github.com/xrole/terraform-provider-xrole/internal/partition"
)

var (
	_ resource.ResourceWithIdentity = (*onboardingResource)(nil)
	_ resource.ResourceWithIdentity = (*hubResource)(nil)
)

// onboardingIdentityModel tells one onboarding from all others. A plan that changes any of it is a replacement, so that
// it stays the same for as long as the onboarding does.
type onboardingIdentityModel struct {
	AccountID types.String `tfsdk:"account_id"`
	Region    types.String `tfsdk:"region"`
	Table     types.String `tfsdk:"table"`
	Name      types.String `tfsdk:"name"`
}

type hubIdentityModel struct {
	AccountID types.String `tfsdk:"account_id"`
	Region    types.String `tfsdk:"region"`
	Name      types.String `tfsdk:"name"`
}

func (r *onboardingResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identityschema.Schema{Attributes: map[string]identityschema.Attribute{
		"account_id": identityschema.StringAttribute{OptionalForImport: true, Description: "The hub's account. Default: the credentials' own; another one's registry is refused."},
		"region":     identityschema.StringAttribute{OptionalForImport: true, Description: "The hub's region. Default: the provider's."},
		"table":      identityschema.StringAttribute{RequiredForImport: true, Description: "The hub's registry: `xrole-` and the hub's name, unless it was made by hand."},
		"name":       identityschema.StringAttribute{RequiredForImport: true, Description: "The onboarding's name."},
	}}
}

func (r *hubResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identityschema.Schema{Attributes: map[string]identityschema.Attribute{
		"account_id": identityschema.StringAttribute{OptionalForImport: true, Description: "The hub's account. Default: the credentials' own; a hub of another one is refused."},
		"region":     identityschema.StringAttribute{OptionalForImport: true, Description: "The hub's region. Default: the provider's."},
		"name":       identityschema.StringAttribute{RequiredForImport: true, Description: "The hub's name."},
	}}
}

// importTarget is what an import names, by id or by identity.
func (r *onboardingResource) importTarget(ctx context.Context, req resource.ImportStateRequest, diags *diag.Diagnostics) importID {
	if req.ID != "" {
		id, err := parseImportID(req.ID, r.data.region)
		if err != nil {
			diags.AddError("Invalid import id", sentenceOf(err))
		}
		return id
	}
	var m onboardingIdentityModel
	diags.Append(req.Identity.Get(ctx, &m)...)
	id := importID{account: m.AccountID.ValueString(), region: m.Region.ValueString(), table: m.Table.ValueString(), name: m.Name.ValueString()}
	if id.region == "" {
		id.region = r.data.region
	}
	return id
}

// tableRef is the table's ARN where the account is known, so that credentials of another one are refused.
func (i importID) tableRef() string {
	if i.account == "" {
		return i.table
	}
	return onboarding.Hub{AccountID: i.account, Partition: partition.ForRegion(i.region).ID, Region: i.region, Table: i.table}.TableARN()
}

// checkFound wants the onboarding that was found to be the one that was named: a registry that was copied from another
// one holds offers which name the other.
func (i importID) checkFound(m *onboardingModel, diags *diag.Diagnostics) {
	found := m.resourceIdentity()
	account, region, table := found.AccountID.ValueString(), found.Region.ValueString(), found.Table.ValueString()
	if i.account != "" && account != i.account || region != i.region || table != i.table {
		diags.AddError("Onboarding of another registry",
			fmt.Sprintf("The registry %q in %q holds onboarding %q, but for the hub with the registry %q in %q, account %q. Import it from there.",
				i.table, i.region, i.name, table, region, account))
	}
}

// resourceIdentity is what identifies the onboarding of this model.
func (m *onboardingModel) resourceIdentity() onboardingIdentityModel {
	hub := hubModelOf(m.Hub)
	return onboardingIdentityModel{AccountID: hub.AccountID, Region: hub.Region, Table: hub.Table, Name: m.Name}
}

func (m *hubResourceModel) resourceIdentity() hubIdentityModel {
	return hubIdentityModel{AccountID: m.AccountID, Region: m.Region, Name: m.Name}
}

// encode is the identity as Terraform's protocol carries it.
func (m onboardingIdentityModel) encode() (*tfprotov6.ResourceIdentityData, error) {
	attributes := map[string]types.String{"account_id": m.AccountID, "region": m.Region, "table": m.Table, "name": m.Name}
	kinds, values := map[string]tftypes.Type{}, map[string]tftypes.Value{}
	for name, v := range attributes {
		kinds[name], values[name] = tftypes.String, tftypes.NewValue(tftypes.String, v.ValueStringPointer())
	}
	object := tftypes.Object{AttributeTypes: kinds}
	d, err := tfprotov6.NewDynamicValue(object, tftypes.NewValue(object, values))
	return &tfprotov6.ResourceIdentityData{IdentityData: &d}, err
}

// identify writes the identity of an onboarding beside its state.
func (m *onboardingModel) identify(ctx context.Context, to *tfsdk.ResourceIdentity, diags *diag.Diagnostics) {
	diags.Append(to.Set(ctx, m.resourceIdentity())...)
}
