package provider

import (
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/action"
	"github.com/hashicorp/terraform-plugin-framework/action/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/xrole/terraform-provider-xrole/internal/fwtypes"
	"github.com/xrole/terraform-provider-xrole/internal/onboarding"
	"github.com/xrole/terraform-provider-xrole/internal/registry"
)

var _ action.ActionWithConfigure = (*verifyAction)(nil)

type verifyAction struct{ base }

type verifyModel struct {
	Hub struct {
		registryHubModel
		ReceiverFunctionARN types.String `tfsdk:"receiver_function_arn"`
	} `tfsdk:"hub"`
	Name types.String `tfsdk:"name"`
}

func newVerifyAction() action.Action { return &verifyAction{} }

func (a *verifyAction) Metadata(_ context.Context, req action.MetadataRequest, resp *action.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_verify"
}

func (a *verifyAction) Schema(_ context.Context, _ action.SchemaRequest, resp *action.SchemaResponse) {
	hub := map[string]schema.Attribute{}
	for _, h := range registryHubTexts("receiver_function_arn") {
		hub[h.name] = schema.StringAttribute{Required: true, MarkdownDescription: h.text, Validators: h.validators}
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "Has the receiver prove a customer's role again and record what it finds, as a delivery would: for after a customer has mended its role, or before a release. " +
			"It fails when the role is not verified then. For Terraform 1.14 and newer: `terraform apply -invoke=action.xrole_verify.NAME`, or `action_trigger` of a resource.",
		Attributes: map[string]schema.Attribute{
			"hub": schema.SingleNestedAttribute{Required: true, MarkdownDescription: registryHubDescription, Attributes: hub},
			"name": schema.StringAttribute{
				Required: true, MarkdownDescription: "The onboarding's name. A name that is not in the registry is an error.",
				Validators: []validator.String{fwtypes.OnboardingName()},
			},
		},
	}
}

func (a *verifyAction) Configure(_ context.Context, req action.ConfigureRequest, resp *action.ConfigureResponse) {
	a.configure(req.ProviderData, &resp.Diagnostics)
}

func (a *verifyAction) Invoke(ctx context.Context, req action.InvokeRequest, resp *action.InvokeResponse) {
	var config verifyModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() || !a.ready(&resp.Diagnostics) {
		return
	}
	hub, name := config.Hub.toHub(), config.Name.ValueString()
	hub.ReceiverFunctionARN = config.Hub.ReceiverFunctionARN.ValueString()
	say := func(format string, args ...any) {
		resp.SendProgress(action.InvokeProgressEvent{Message: fmt.Sprintf(format, args...)})
	}
	before, err := a.registry(hub).Get(ctx, name)
	if err != nil {
		addError(&resp.Diagnostics, "Unable to read the onboarding to verify", name, err)
		return
	}
	if before.Offer == nil {
		resp.Diagnostics.AddAttributeError(path.Root("name"), "Onboarding to verify not found",
			notInRegistry(hub, name))
		return
	}
	say("Onboarding %q is %q. The receiver proves its role again; one that fails is tried for a minute or more before that is certain.", name, before.Status())
	if err := a.verify(ctx, hub, name); err != nil {
		addError(&resp.Diagnostics, "Unable to have the role proven", name, err)
		return
	}
	after, err := a.registry(hub).Get(ctx, name)
	if err != nil {
		addError(&resp.Diagnostics, "Unable to read what was proven", name, err)
		return
	}
	if after.Offer == nil {
		resp.Diagnostics.AddError("Onboarding gone meanwhile", fmt.Sprintf("Onboarding %q was destroyed while its role was being proven, so nothing is recorded. If that was not meant, apply the configuration that declares it; the customer's stack, if it stands, belongs to the onboarding that is gone.", name))
		return
	}
	say("Onboarding %q is %q.", name, after.Status())
	addOutcome(&resp.Diagnostics, hub, name, after)
}

// addOutcome reports a role that was not proven.
func addOutcome(diags *diag.Diagnostics, hub onboarding.Hub, name string, rec registry.Record) {
	d := rec.Draft()
	switch {
	case d.Status == registry.Verified && !d.FailingSince.IsZero():
		diags.AddError("Role cannot be assumed any more",
			fmt.Sprintf("Onboarding %q was verified before, and its role %q has refused the right External ID since %s. It counts as disconnected when that goes on for ten minutes: ask the customer whether the role is gone or its trust policy was changed.",
				name, d.RoleARN, d.FailingSince.UTC().Format(time.RFC3339)))
	case d.Status == registry.Verified && d.Reason != "":
		diags.AddWarning("Role not proven in full",
			fmt.Sprintf("Onboarding %q stays verified from before, and this time not all could be settled: %s. The receiver tries again by itself.", name, d.Reason))
	case d.Status == registry.Verified:
	case d.Status == registry.Pending:
		diags.AddError("No role to verify", fmt.Sprintf("Onboarding %q is pending: no stack has reported a role yet. Send the customer its launch link.", name))
	default:
		reason := d.Reason
		if reason == "" {
			reason = "no reason was recorded; the log of " + hub.ReceiverFunctionARN + " says more"
		}
		diags.AddError("Role failed to be verified again", fmt.Sprintf("The trust check was made and recorded. Onboarding %q is %s: %s.", name, d.Status, reason))
	}
}
