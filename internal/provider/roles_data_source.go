package provider

import (
	"context"
	"fmt"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/xrole/terraform-provider-xrole/internal/fwtypes"
	"github.com/xrole/terraform-provider-xrole/internal/onboarding"
	"github.com/xrole/terraform-provider-xrole/internal/registry"
)

var (
	_ datasource.DataSource              = (*rolesDataSource)(nil)
	_ datasource.DataSourceWithConfigure = (*rolesDataSource)(nil)
)

type rolesDataSource struct{ base }

type rolesModel struct {
	Hub      types.Object `tfsdk:"hub"`
	Statuses types.Set    `tfsdk:"statuses"`
	Roles    types.Map    `tfsdk:"roles"`
}

func newRolesDataSource() datasource.DataSource { return &rolesDataSource{} }

func (d *rolesDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_roles"
}

func (d *rolesDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "All roles of a hub, read in pages: a handful of requests for thousands of customers.",
		Attributes: map[string]schema.Attribute{
			"hub": hubDataSourceAttribute(),
			"statuses": schema.SetAttribute{
				Optional: true, ElementType: types.StringType,
				MarkdownDescription: "Only onboardings with one of these statuses. Default: all.",
				Validators:          []validator.Set{setvalidator.SizeAtLeast(1), setvalidator.ValueStringsAre(fwtypes.OneOf(statusNames()...))},
			},
			"roles": schema.MapNestedAttribute{
				Computed:            true,
				MarkdownDescription: "Onboarding name to what came back.",
				NestedObject:        schema.NestedAttributeObject{Attributes: roleOutputs()},
			},
		},
	}
}

func statusNames() []string {
	var names []string
	for _, s := range registry.Statuses() {
		names = append(names, string(s))
	}
	return names
}

func (d *rolesDataSource) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	d.configure(req.ProviderData, &resp.Diagnostics)
}

func (d *rolesDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var config rolesModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() || !d.ready(&resp.Diagnostics) {
		return
	}
	hub, diags := hubOf(config.Hub)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	records, err := d.reader(hub).Records(ctx)
	if err != nil {
		resp.Diagnostics.AddError("Unable to list the registry", fmt.Sprintf("Registry %q in %q.%s\n\nError: %s", hub.Table, hub.Region, hint(err), err.Error()))
		return
	}
	config.Roles, diags = rolesOf(hub, records, setOf(config.Statuses))
	resp.Diagnostics.Append(diags...)
	if !resp.Diagnostics.HasError() {
		resp.Diagnostics.Append(resp.State.Set(ctx, &config)...)
	}
}

func rolesOf(hub onboarding.Hub, records map[string]registry.Record, statuses []string) (types.Map, diag.Diagnostics) {
	kind := types.ObjectType{AttrTypes: roleAttributeTypes()}
	elements := map[string]attr.Value{}
	for name, rec := range records {
		if rec.Offer == nil || (len(statuses) > 0 && !slices.Contains(statuses, string(rec.Status()))) {
			continue
		}
		values, err := newRoleValues(hub, rec)
		if err != nil {
			var diags diag.Diagnostics
			addError(&diags, "Unable to show one of the roles", name, err)
			return types.MapNull(kind), diags
		}
		object, diags := types.ObjectValue(kind.AttrTypes, values)
		if diags.HasError() {
			return types.MapNull(kind), diags
		}
		elements[name] = object
	}
	return types.MapValue(kind, elements)
}
