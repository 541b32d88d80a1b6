package provider

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/xrole/terraform-provider-xrole/internal/onboarding"
	"github.com/xrole/terraform-provider-xrole/internal/registry"
)

var (
	_ resource.Resource                   = (*onboardingResource)(nil)
	_ resource.ResourceWithConfigure      = (*onboardingResource)(nil)
	_ resource.ResourceWithValidateConfig = (*onboardingResource)(nil)
	_ resource.ResourceWithModifyPlan     = (*onboardingResource)(nil)
	_ resource.ResourceWithImportState    = (*onboardingResource)(nil)
)

type onboardingResource struct{ base }

func newOnboardingResource() resource.Resource { return &onboardingResource{} }

func (r *onboardingResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_onboarding"
}

// ValidateConfig wants exactly one source of the template. (The validator for that walks the whole configuration, which is a
// third of what validating an onboarding costs.)
func (r *onboardingResource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	var role types.Object
	var body types.String
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("role"), &role)...)
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("template_body"), &body)...)
	switch {
	case resp.Diagnostics.HasError(), role.IsUnknown(), body.IsUnknown():
	case role.IsNull() && body.IsNull():
		resp.Diagnostics.AddAttributeError(path.Root("role"), "Onboarding without a template", "Set `role` for the built-in template, or `template_body` for one of your own.")
	case !role.IsNull() && !body.IsNull():
		resp.Diagnostics.AddAttributeError(path.Root("role"), "Onboarding with two templates", "`role` is for the built-in template, `template_body` for one of your own: remove one of them.")
	}
}

func (r *onboardingResource) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	r.configure(req.ProviderData, &resp.Diagnostics)
}

func (r *onboardingResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan onboardingModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() || !r.ready(&resp.Diagnostics) {
		return
	}
	in, diags := plan.toInputs()
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	if r.checkGuest(ctx, &plan, nil, &resp.Diagnostics); resp.Diagnostics.HasError() {
		return // the hub was not known at plan
	}
	in.GivenExternalID = plan.ExternalID.ValueString()
	on, err := r.create(ctx, in)
	if err != nil {
		addCreateError(ctx, &resp.Diagnostics, in, err)
		return
	}
	if on.Adopted {
		warnOfAdopted(in, &resp.Diagnostics)
	}
	r.proveExisting(ctx, in, plan.Status, on, &resp.Diagnostics)
	r.save(ctx, &plan, on, saver{resp.State.Set, resp.Private.SetKey}, &resp.Diagnostics)
	plan.identify(ctx, resp.Identity, &resp.Diagnostics)
}

// create makes an onboarding, unless this very run has made one of that name: the second would take the first for one that
// a run which broke off has left behind, and take it over.
func (r *onboardingResource) create(ctx context.Context, in onboarding.Inputs) (*onboarding.Onboarding, error) {
	key := onboardingKey(in.Hub, in.Name)
	if _, made := r.data.made.LoadOrStore(key, true); made && (in.Adopt == nil || !*in.Adopt) {
		return nil, &twiceError{in.Name}
	}
	on, err := r.service(ctx, in.Hub).Create(ctx, in)
	if err != nil {
		r.data.made.Delete(key)
	}
	return on, err
}

// twiceError says that two resources of one configuration have the same name.
type twiceError struct{ name string }

func (e *twiceError) Error() string { return fmt.Sprintf("onboarding %q is made twice", e.name) }

func warnOfAdopted(in onboarding.Inputs, diags *diag.Diagnostics) {
	diags.AddAttributeWarning(path.Root("name"), "Onboarding found in the registry",
		fmt.Sprintf("The registry %q held onboarding %q already, made with the same inputs and answered by nobody, as an apply that broke off leaves it. This resource goes on with it, with the same External ID. "+
			"If another Terraform state has it, choose another name here: only one of the two can change it.", in.Hub.Table, in.Name))
}

func (r *onboardingResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state onboardingModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() || !r.ready(&resp.Diagnostics) {
		return
	}
	hub, diags := hubOf(state.Hub)
	resp.Diagnostics.Append(diags...)
	mem := remembered(ctx, req.Private.GetKey, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	found, err := r.reader(hub).Read(ctx, state.Name.ValueString(), templateKey(state.TemplateURL.ValueString()))
	if err != nil {
		addError(&resp.Diagnostics, "Unable to read the onboarding", state.Name.ValueString(), err)
		return
	}
	state.refresh(found, &mem, ownerIn(ctx), &resp.Diagnostics)
	r.noteGuarded(&state)
	resp.Diagnostics.Append(resp.Private.SetKey(ctx, memoryKey, encode(mem))...)
	resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
	state.identify(ctx, resp.Identity, &resp.Diagnostics)
}

// refresh brings a state, and what is kept beside it, to what was found. The owner is for a state that remembers none.
func (m *onboardingModel) refresh(found *onboarding.Found, mem *memory, owner onboarding.Owner, diags *diag.Diagnostics) {
	offer := found.Record.Offer
	if mem.OfferID == "" {
		owner.ID = cmp.Or(mem.Owner, owner.ID)
		m.recoverMemory(found.Record, mem, owner, diags)
	}
	mem.Foreign = mem.Ownership.Foreign(offer)
	if mem.Anew(offer) || offer != nil && offer.OfferID == mem.OfferID && offer.Revision != mem.Revision {
		mem.OfferID = offer.OfferID
		m.takeIn(offer, diags)
		mem.Rendering = 0 // template and link are still of the External IDs before
		if !mem.Foreign {
			m.compare(offer, mem, diags)
		}
	}
	mem.Own(offer)
	mem.Note(offer, templateKey(m.TemplateURL.ValueString()))
	switch {
	case offer != nil:
		m.setRecord(found.Record)
	case !onboarding.Guarded(found.Record, mem.OfferID):
		m.RoleARN = types.StringNull() // else what came back before still stands, and still guards the onboarding
	}
	m.TemplateSHA256 = orNull(found.TemplateSHA256)
	if !mem.Holds(offer, m.identity()) {
		m.Status = types.StringNull() // drift: the plan shows it and the next apply writes the offer again
	}
	if offer != nil {
		mem.note(found.Record)
	} else {
		mem.Former = "" // nobody holds it any more
	}
}

// compare finds out what was written with other inputs than the state has, also those that no digest tells of.
func (m *onboardingModel) compare(offer *registry.Offer, mem *memory, diags *diag.Diagnostics) {
	in, more := m.toInputs()
	if diags.Append(more...); more.HasError() {
		return
	}
	if err := mem.Compare(in, offer); err != nil {
		addError(diags, "Unable to compare the offer with the state", m.Name.ValueString(), err)
	}
}

// recoverMemory makes what was kept beside the state again, where it was lost.
func (m *onboardingModel) recoverMemory(rec registry.Record, mem *memory, owner onboarding.Owner, diags *diag.Diagnostics) {
	if rec.Offer == nil {
		if account, ok := onboarding.AccountOf(templateKey(m.TemplateURL.ValueString())); ok {
			m.AccountID = orNull(account) // the External ID's; what the state says may be what was only planned
		}
		mem.Ownership = onboarding.RecoverLost(rec, m.RoleARN.ValueString(), owner)
		return
	}
	in, more := m.toInputs()
	if diags.Append(more...); more.HasError() {
		return
	}
	own, err := onboarding.Recover(in, m.identity(), templateKey(m.TemplateURL.ValueString()), rec.Offer, owner)
	if err != nil {
		addError(diags, "Unable to compare the onboarding with its offer", m.Name.ValueString(), err)
		return
	}
	if mem.Ownership = own; own.Revision != "" {
		m.takeIn(rec.Offer, diags)
	}
}

func (r *onboardingResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, state onboardingModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	mem := remembered(ctx, req.Private.GetKey, &resp.Diagnostics)
	if resp.Diagnostics.HasError() || !r.ready(&resp.Diagnostics) {
		return
	}
	in, diags := plan.toInputs()
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	in.GivenExternalID = configuredExternalID(ctx, req.Config.GetAttribute, &resp.Diagnostics).ValueString()
	on, err := r.service(ctx, in.Hub).Update(ctx, in, state.identity(), templateKey(state.TemplateURL.ValueString()), mem.Ownership)
	if err != nil {
		addUpdateError(&resp.Diagnostics, in, err)
		return
	}
	r.proveExisting(ctx, in, plan.Status, on, &resp.Diagnostics)
	r.save(ctx, &plan, on, saver{resp.State.Set, resp.Private.SetKey}, &resp.Diagnostics)
	plan.identify(ctx, resp.Identity, &resp.Diagnostics)
}

func (r *onboardingResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state onboardingModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	mem := remembered(ctx, req.Private.GetKey, &resp.Diagnostics)
	if resp.Diagnostics.HasError() || !r.ready(&resp.Diagnostics) {
		return
	}
	hub, diags := hubOf(state.Hub)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	name := state.Name.ValueString()
	r.data.made.Delete(onboardingKey(hub, name))
	if mem.Foreign {
		return // the plan has told that it is only forgotten
	}
	err := r.service(ctx, hub).Delete(ctx, name, templateKey(state.TemplateURL.ValueString()), state.ForceDestroy.ValueBool(), mem.Ownership)
	if owner, ok := errors.AsType[*onboarding.OwnerError](err); ok && owner.Foreign {
		warnOfLeft(name, &resp.Diagnostics)
		return
	}
	if err != nil {
		addDeleteError(&resp.Diagnostics, &state, err)
		return
	}
	r.data.guarded.Delete(onboardingKey(hub, name))
}

// saver is where a result goes; create and update have types of their own for the same thing.
type saver struct {
	state   func(context.Context, any) diag.Diagnostics
	private func(context.Context, string, []byte) diag.Diagnostics
}

func (r *onboardingResource) save(ctx context.Context, plan *onboardingModel, on *onboarding.Onboarding, to saver, diags *diag.Diagnostics) {
	mem := memory{Ownership: on.Ownership, Rendering: onboarding.Rendering}
	mem.note(on.Record)
	diags.Append(to.private(ctx, memoryKey, encode(mem))...)
	plan.setIdentity(on.Identity)
	plan.setPublication(on.Publication)
	if plan.Status.IsUnknown() {
		plan.setRecord(on.Record)
	} // else what was planned stays: what came back since shows at the next refresh
	if plan.Outdated.IsUnknown() {
		plan.Outdated = types.BoolValue(on.Record.Outdated())
	}
	diags.Append(to.state(ctx, plan)...)
}

// proveExisting has the receiver prove a role that is taken over. That it cannot be proven now is no error: the onboarding
// stands, and the customer may launch its template as well.
func (r *onboardingResource) proveExisting(ctx context.Context, in onboarding.Inputs, planned types.String, on *onboarding.Onboarding, diags *diag.Diagnostics) {
	if in.ExistingRoleARN == "" || !planned.IsUnknown() {
		return
	}
	err := r.verify(ctx, in.Hub, in.Name)
	if err == nil {
		on.Record, err = r.registry(in.Hub).Get(ctx, in.Name)
	}
	if err != nil {
		diags.AddAttributeWarning(path.Root("existing_role_arn"), "Existing role not proven yet",
			fmt.Sprintf("Onboarding %q is made, but its role could not be proven. `data.xrole_role` with `wait` tries again.%s\n\nError: %s", in.Name, hint(err), err.Error()))
		return
	}
	if status := on.Record.Status(); status != registry.Verified {
		reason := ""
		if d := on.Record.Current(); d != nil {
			reason = d.Reason
		}
		diags.AddAttributeWarning(path.Root("existing_role_arn"), "Existing role failed the trust check",
			fmt.Sprintf("Onboarding %q is made and stays %q: %s. Compare `existing_role_arn` and `external_id` with what the customer's role has; correct them, or the role's trust policy, or have the customer launch the template.", in.Name, status, reason))
	}
}

// templateKey is the object key in a template's URL.
func templateKey(templateURL string) string {
	u, err := url.Parse(templateURL)
	if err != nil {
		return ""
	}
	return strings.TrimPrefix(u.Path, "/")
}
