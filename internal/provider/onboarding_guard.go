package provider

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/xrole/terraform-provider-xrole/internal/onboarding"
	"github.com/xrole/terraform-provider-xrole/internal/registry"
)

func live(state *onboardingModel) bool {
	return onboarding.Live(registry.Status(state.Status.ValueString())) || (state.Status.IsNull() && !state.RoleARN.IsNull())
}

const forceDestroyHint = "If the customer is to be cut off, set `force_destroy = true`, apply, and then make this change again. The customer's own stack and role stay until the customer deletes them."

const leavingHint = "Wait some ten minutes until it is `disconnected`, and make this change again then. "

// cutOffHint says how the change is made after all: who leaves is gone soon.
func cutOffHint(status string) string {
	if registry.Status(status) == registry.Leaving {
		return leavingHint + forceDestroyHint
	}
	return forceDestroyHint
}

func guardReplacement(changes []change, state *onboardingModel, diags *diag.Diagnostics) {
	if len(changes) == 0 || !live(state) || state.ForceDestroy.ValueBool() {
		return
	}
	which := make([]string, 0, len(changes))
	for _, c := range changes {
		which = append(which, c.String())
	}
	diags.AddAttributeError(changes[0].at, "Refusing to replace a live onboarding",
		fmt.Sprintf("Onboarding %q is %s. Changing %s would make a new External ID, and the role that stands would be cut off. %s",
			state.Name.ValueString(), shownStatus(state), strings.Join(which, ", "), cutOffHint(state.Status.ValueString())))
}

// guardRename refuses what would destroy an onboarding and then not make it again: what was reserved for one name is never
// another's.
func guardRename(plan, state *onboardingModel, given types.String, diags *diag.Diagnostics) {
	if plan.Name.IsUnknown() || plan.Name.Equal(state.Name) || given.IsNull() || !given.Equal(state.ExternalID) && !given.Equal(state.PreviousExternalID) {
		return
	}
	diags.AddAttributeError(path.Root("name"), "Renamed with its External ID",
		fmt.Sprintf("The External ID of onboarding %q belongs to that name for good, so %q cannot be made with it. Keep the name; it is shown to nobody but you and the customer. "+
			"Or leave `external_id` out, so that a new one is made, and have the customer update its role.", state.Name.ValueString(), plan.Name.ValueString()))
}

func (r *onboardingResource) planDestroy(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	state, diags := priorState(ctx, req)
	resp.Diagnostics.Append(diags...)
	mem := remembered(ctx, req.Private.GetKey, &resp.Diagnostics)
	if state == nil || resp.Diagnostics.HasError() {
		return
	}
	if !mem.Foreign && (!live(state) || state.ForceDestroy.ValueBool()) {
		return
	}
	if mem.Foreign || r.takenOver(ctx, state, mem) {
		warnOfLeft(state.Name.ValueString(), &resp.Diagnostics)
		return
	}
	refuseDestroy(state, &resp.Diagnostics)
}

func refuseDestroy(state *onboardingModel, diags *diag.Diagnostics) {
	diags.AddError("Refusing to destroy a live onboarding",
		fmt.Sprintf("Onboarding %q is %s: a role may still stand in the customer's account. %s",
			state.Name.ValueString(), shownStatus(state), cutOffHint(state.Status.ValueString())))
}

// takenOver reports whether another resource has taken an onboarding over since the state was read, as the one does that is
// made before this one is destroyed.
func (r *onboardingResource) takenOver(ctx context.Context, state *onboardingModel, mem memory) bool {
	hub, more := hubOf(state.Hub)
	if more.HasError() || r.data == nil || len(r.data.unknown) > 0 {
		return false
	}
	rec, err := r.reader(hub).Record(ctx, state.Name.ValueString())
	return err == nil && mem.Ownership.Foreign(rec.Offer)
}

// warnOfLeft says that an onboarding is not destroyed here.
func warnOfLeft(name string, diags *diag.Diagnostics) {
	diags.AddWarning("Onboarding left to another state",
		fmt.Sprintf("Another resource or Terraform state has taken onboarding %q over, with `adopt = true`. This one only forgets it: its offer, its template and its link stay.", name))
}

// noteGuarded takes down whether an onboarding that stands may be destroyed. Terraform does not say in a plan that it will
// replace what it was told to with -replace, or what is tainted: it only plans it once more, as if there were none.
func (r *onboardingResource) noteGuarded(state *onboardingModel) {
	if r.data == nil || !live(state) || state.ForceDestroy.ValueBool() {
		return
	}
	if hub, more := hubOf(state.Hub); !more.HasError() {
		r.data.guarded.Store(onboardingKey(hub, state.Name.ValueString()), shownStatus(state))
	}
}

// guardAnew refuses to plan an onboarding of which this process has seen that it is live: the destroy before it would be
// refused by the apply, when half of everything else is done. One that adopts may be made before it is destroyed, or go on with
// what another resource has, and a plan does not say which.
func (r *onboardingResource) guardAnew(ctx context.Context, plan *onboardingModel, diags *diag.Diagnostics) {
	if r.data == nil || !known(ctx, plan.Hub, plan.Name) || plan.Adopt.ValueBool() {
		return
	}
	hub, more := hubOf(plan.Hub)
	if more.HasError() {
		return
	}
	status, ok := r.data.guarded.Load(onboardingKey(hub, plan.Name.ValueString()))
	if !ok {
		return
	}
	diags.AddAttributeError(path.Root("name"), "Refusing to make a live onboarding anew",
		fmt.Sprintf("Onboarding %q is %s, and this plan would make it anew, with a new External ID: by -replace or `replace_triggered_by`, since it is tainted (`terraform untaint` takes that back), or since two resources have its name. "+
			"The role that stands would be cut off. A resource that is to go on with what another one has says `adopt = true`. %s",
			plan.Name.ValueString(), status, cutOffHint(fmt.Sprint(status))))
}

// onboardingKey tells an onboarding from all others that a run can have to do with.
func onboardingKey(hub onboarding.Hub, name string) string { return hub.TableARN() + "/" + name }

// warnOfRemadeHub says what becomes of a live onboarding whose hub is destroyed and made again.
func (r *onboardingResource) warnOfRemadeHub(state *onboardingModel, diags *diag.Diagnostics) {
	if r.data == nil || state == nil || !live(state) {
		return
	}
	hub, more := hubOf(state.Hub)
	if more.HasError() {
		return
	}
	if _, remade := r.data.remade.Load(hubPlace(hub.Region, hub.Table)); !remade {
		return
	}
	diags.AddAttributeWarning(path.Root("hub"), "Hub of a live onboarding will be made again",
		fmt.Sprintf("Onboarding %q is %s, and its hub is destroyed and made again, since `force_destroy = true` was applied to it: what came back from the customer is lost, and with it what guards the onboarding. "+
			"It is put into the new hub with the same External ID; the customer has to update its stack before it is known again.", state.Name.ValueString(), shownStatus(state)))
}

// warnOfForeign says why a plan shows an onboarding of which nothing was changed here.
func warnOfForeign(plan, state *onboardingModel, mem memory, diags *diag.Diagnostics) {
	if state == nil || !mem.Foreign || plan.Adopt.ValueBool() {
		return
	}
	diags.AddWarning("Onboarding is held by another", foreignDetail(state.Name.ValueString()))
}

func foreignDetail(name string) string {
	return fmt.Sprintf("Another resource or Terraform state has written onboarding %q since this one did, and nothing of it is changed from here. Is the name given twice? "+
		"Decide which one owns it: take it out here, where it is only forgotten then, or set `adopt = true` here to take it back.", name)
}
