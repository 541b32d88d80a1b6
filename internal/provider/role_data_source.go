package provider

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/xrole/terraform-provider-xrole/internal/fwtypes"
	"github.com/xrole/terraform-provider-xrole/internal/onboarding"
	"github.com/xrole/terraform-provider-xrole/internal/registry"
)

var (
	_ datasource.DataSource              = (*roleDataSource)(nil)
	_ datasource.DataSourceWithConfigure = (*roleDataSource)(nil)
)

type roleDataSource struct{ base }

func newRoleDataSource() datasource.DataSource { return &roleDataSource{} }

const pollInterval = 5 * time.Second

func (d *roleDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_role"
}

func (d *roleDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	attributes := roleOutputs()
	attributes["hub"] = hubDataSourceAttribute()
	attributes["name"] = schema.StringAttribute{
		Required: true, MarkdownDescription: "The onboarding's name. A name that is not in the registry is an error.",
		Validators: []validator.String{fwtypes.OnboardingName()},
	}
	attributes["wait"] = schema.SingleNestedAttribute{
		Optional:            true,
		MarkdownDescription: "Waits until the onboarding has a status. It blocks `plan` too. Without it the data source shows what there is.",
		Attributes: map[string]schema.Attribute{
			"status": schema.StringAttribute{
				Required: true, MarkdownDescription: "The status to wait for: `delivered`, `verified`, `leaving` or `disconnected`.",
				Validators: []validator.String{fwtypes.OneOf(string(registry.Delivered), string(registry.Verified), string(registry.Leaving), string(registry.Disconnected))},
			},
			"timeout": schema.StringAttribute{
				Required: true, MarkdownDescription: "How long to wait at most, such as `10m`, up to 24 hours. Reaching it is an error.",
				Validators: []validator.String{fwtypes.WaitDuration()},
			},
		},
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "The role that came back from one customer, for configurations other than the one that holds the onboarding. " +
			"In that one read the attributes of `xrole_onboarding` itself: a data source beside it would be deferred whenever anything on the hub changes.",
		Attributes: attributes,
	}
}

func (d *roleDataSource) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	d.configure(req.ProviderData, &resp.Diagnostics)
}

func (d *roleDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var hubObject types.Object
	var name, status, timeout types.String
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("hub"), &hubObject)...)
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("name"), &name)...)
	var wait types.Object
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("wait"), &wait)...)
	if !wait.IsNull() {
		resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("wait").AtName("status"), &status)...)
		resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("wait").AtName("timeout"), &timeout)...)
	}
	if resp.Diagnostics.HasError() || !d.ready(&resp.Diagnostics) {
		return
	}
	hub, diags := hubOf(hubObject)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	rec, err := d.find(ctx, hub, name.ValueString(), status.ValueString(), timeout.ValueString())
	if err != nil {
		addRoleError(&resp.Diagnostics, hub, name.ValueString(), timeout.ValueString(), err)
		return
	}
	values, err := newRoleValues(hub, rec)
	if err != nil {
		addError(&resp.Diagnostics, "Unable to show the role", name.ValueString(), err)
		return
	}
	maps.Copy(values, map[string]attr.Value{"hub": hubObject, "name": name, "wait": wait})
	for attribute, value := range values {
		resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root(attribute), value)...)
	}
}

func (d *roleDataSource) find(ctx context.Context, hub onboarding.Hub, name, status, timeout string) (registry.Record, error) {
	if status == "" {
		rec, err := d.reader(hub).Record(ctx, name)
		if err == nil && rec.Offer == nil {
			err = &onboarding.NotFoundError{Name: name}
		}
		return rec, err
	}
	limit, err := time.ParseDuration(timeout)
	if err != nil {
		return registry.Record{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	waiter := onboarding.Waiter{Registry: d.registry(hub), Interval: pollInterval, Verify: func(ctx context.Context, name string) error { return d.verify(ctx, hub, name) }}
	return waiter.Wait(ctx, name, registry.Status(status))
}

func addRoleError(diags *diag.Diagnostics, hub onboarding.Hub, name, timeout string, err error) {
	if _, ok := errors.AsType[*onboarding.NotFoundError](err); ok {
		diags.AddAttributeError(path.Root("name"), "No such onboarding",
			notInRegistry(hub, name))
	} else if late, ok := errors.AsType[*onboarding.WaitError](err); ok && late.Interrupted {
		diags.AddAttributeError(path.Root("wait"), "Waiting interrupted",
			fmt.Sprintf("The run was interrupted while onboarding %q was %q, not %q yet. Run it again to go on waiting.", name, late.Last, late.Wanted))
	} else if ok {
		reason := ""
		if late.Reason != "" {
			reason = " Its reason: " + late.Reason
		}
		diags.AddAttributeError(path.Root("wait"), "Status not reached in time",
			fmt.Sprintf("Onboarding %q was still %q after %s, not %q.%s The customer may not have launched the stack yet; raise `timeout`, or leave `wait` out.",
				name, late.Last, timeout, late.Wanted, reason))
	} else {
		addError(diags, "Unable to read the role", name, err)
	}
}
