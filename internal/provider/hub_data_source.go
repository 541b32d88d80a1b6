package provider

import (
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/xrole/terraform-provider-xrole/internal/hub"
)

var (
	_ datasource.DataSource              = (*hubDataSource)(nil)
	_ datasource.DataSourceWithConfigure = (*hubDataSource)(nil)
)

type hubDataSource struct{ base }

type hubDataSourceModel struct {
	Name                 types.String `tfsdk:"name"`
	Regions              types.Set    `tfsdk:"regions"`
	TrustedPrincipalARNs types.Set    `tfsdk:"trusted_principal_arns"`
	hubOutputsModel
}

func newHubDataSource() datasource.DataSource { return &hubDataSource{} }

func (d *hubDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_hub"
}

func (d *hubDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	attributes := map[string]schema.Attribute{
		"name": schema.StringAttribute{
			Required: true, MarkdownDescription: "The hub's name. It is looked for in the provider's region.",
		},
		"regions":                schema.SetAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: regionsDescription},
		"trusted_principal_arns": schema.SetAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: principalsDescription},
	}
	for _, o := range hubOutputTexts() {
		if o.byRegion {
			attributes[o.name] = schema.MapAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: o.text}
			continue
		}
		attributes[o.name] = schema.StringAttribute{Computed: true, MarkdownDescription: o.text}
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "A hub that another configuration made, for configurations that use its roles: `hub = data.xrole_hub.main`. One request, to the hub's registry.",
		Attributes:          attributes,
	}
}

func (d *hubDataSource) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	d.configure(req.ProviderData, &resp.Diagnostics)
}

func (d *hubDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var config hubDataSourceModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() || !d.ready(&resp.Diagnostics) {
		return
	}
	name := config.Name.ValueString()
	h, settings, err := hub.Lookup(ctx, d.data.clients, d.data.region, name)
	if errors.Is(err, hub.ErrNotFound) {
		resp.Diagnostics.AddAttributeError(path.Root("name"), "Hub not found",
			fmt.Sprintf("There is no hub %q in %q, the provider's region, in %s. A hub stands in one region and one account: check both.%s", name, d.data.region, d.accountText(ctx), goneHint))
		return
	}
	if err != nil {
		if !addSpecError(&resp.Diagnostics, err) {
			addHubError(&resp.Diagnostics, "Unable to look up the hub", name, err)
		}
		return
	}
	d.data.guests.note(h.AccountID, h.Region, h.Table, settings.Access, false)
	config.Regions, config.TrustedPrincipalARNs = stringSet(h.Regions), stringSet(h.TrustedPrincipalARNs)
	config.setHub(h)
	resp.Diagnostics.Append(resp.State.Set(ctx, &config)...)
}
