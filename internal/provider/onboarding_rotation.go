package provider

import (
	"cmp"
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/xrole/terraform-provider-xrole/internal/onboarding"
	"github.com/xrole/terraform-provider-xrole/internal/registry"
)

// rotationPlan is what a plan does to the External IDs of an onboarding that exists.
type rotationPlan struct {
	onboarding.Turn
	// undecided means that `rotation` is not known yet, so that only the apply can tell whether it changes.
	undecided bool
	// drops means that the former External ID will no longer be trusted.
	drops bool
}

// planRotation plans the External IDs and refuses what would cut off a live role. given is external_id as configured.
func planRotation(plan, state *onboardingModel, mem memory, given types.String, diags *diag.Diagnostics) rotationPlan {
	if state == nil {
		plan.PreviousExternalID = types.StringUnknown() // adopting one that was rotated is possible
		return rotationPlan{}
	}
	p := rotationPlan{
		Turn: onboarding.Turn{
			Rotate: onboarding.Rotates(state.Rotation.ValueString(), plan.Rotation.ValueString()),
			Finish: plan.RotationFinish.ValueBool(),
			Live:   live(state), Unproven: mem.Unproven && !state.PreviousExternalID.IsNull(),
		},
		undecided: plan.Rotation.IsUnknown() && !state.Rotation.IsNull() && given.IsNull(),
	}
	if refusal := p.refused(given); refusal != "" {
		addRefusal(diags, state.Name.ValueString(), shownStatus(state), refusal)
		return p
	}
	plan.PreviousExternalID = state.PreviousExternalID
	if p.Rotate || p.undecided {
		plan.ExternalID, plan.PreviousExternalID = types.StringUnknown(), state.ExternalID
	}
	switch {
	case p.undecided, plan.RotationFinish.IsUnknown() && !plan.PreviousExternalID.IsNull():
		plan.PreviousExternalID = types.StringUnknown()
	case p.Finish:
		p.drops = !state.PreviousExternalID.IsNull()
		plan.PreviousExternalID = types.StringNull()
	}
	return p
}

func (p rotationPlan) refused(given types.String) onboarding.Refusal {
	if p.Rotate && !given.IsNull() {
		return onboarding.RefusedGiven
	}
	return p.Refused()
}

// externalIDs are those to render with, a placeholder for one that does not exist yet, and whether they are exact.
func (m *onboardingModel) externalIDs() (ids []string, exact bool) {
	exact = !m.ExternalID.IsUnknown() && !m.PreviousExternalID.IsUnknown()
	ids = []string{planPlaceholder}
	if current := m.ExternalID.ValueString(); current != "" {
		ids[0] = current
	}
	if previous := m.PreviousExternalID.ValueString(); previous != "" {
		ids = append(ids, previous)
	}
	return ids, exact
}

// identity is what the state knows of the External IDs.
func (m *onboardingModel) identity() onboarding.Identity {
	return onboarding.Identity{
		ExternalID: m.ExternalID.ValueString(), PreviousExternalID: m.PreviousExternalID.ValueString(), Rotation: m.Rotation.ValueString(),
	}
}

func (m *onboardingModel) setIdentity(i onboarding.Identity) {
	m.ExternalID, m.PreviousExternalID = types.StringValue(i.ExternalID), orNull(i.PreviousExternalID)
}

// takeIn takes in whom an offer is for and its External IDs, where it was written by a run which could not save its state:
// what the registry holds may be in a customer's hands.
func (m *onboardingModel) takeIn(offer *registry.Offer, diags *diag.Diagnostics) {
	in, err := onboarding.UnmarshalInputs(offer.Inputs, "")
	if err != nil {
		diags.AddError("Unreadable offer after a rotation", fmt.Sprintf("The registry's offer %q cannot be read by this version of the provider.\n\nError: %s", offer.Name, err.Error()))
		return
	}
	m.setIdentity(onboarding.Identity{ExternalID: offer.ExternalID, PreviousExternalID: offer.PreviousExternalID})
	m.Rotation, m.AccountID = orNull(in.Rotation), orNull(offer.AccountID)
}

const updateHint = "The page and the command for it are `update_url` and `update_command` of `data.xrole_role`."

// warn says what will happen, and who has to do something.
func (p rotationPlan) warn(plan, state *onboardingModel, diags *diag.Diagnostics) {
	if state == nil {
		return
	}
	p.warnOfNothing(plan, state, diags)
	name, status := state.Name.ValueString(), shownStatus(state)
	switch {
	case p.Rotate && p.Finish:
		diags.AddAttributeWarning(path.Root("rotation"), "External ID will be replaced",
			fmt.Sprintf("Onboarding %q is %s, so no role stands that could be cut off: it gets a new External ID, and the former one is no longer trusted. Links sent before lead to a role that cannot be verified; send the new one.%s", name, status, p.returning(state)))
	case p.Rotate && !p.Live:
		diags.AddAttributeWarning(path.Root("rotation"), "External ID will be rotated before the launch",
			fmt.Sprintf("Onboarding %q is %s and gets a new External ID. The former one stays trusted beside it, so that links sent before still work; `rotation_finish = true` ends that.%s%s", name, status, p.oldest(state), p.returning(state)))
	case p.Rotate:
		diags.AddAttributeWarning(path.Root("rotation"), "External ID will be rotated", fmt.Sprintf("Onboarding %q gets a new External ID, and a template that trusts both it and %q. The former one is used, and keeps working, until the customer has updated its stack and the role is proven with the new one. %s Then end the trust in the former one with `rotation_finish = true`.%s%s",
			name, state.ExternalID.ValueString(), updateHint, p.oldest(state), withoutStack(state, "changes the External ID in its trust policy by hand, and the daily check sees it")))
	case p.drops:
		diags.AddAttributeWarning(path.Root("rotation_finish"), "Former External ID will be dropped",
			fmt.Sprintf("The new template of onboarding %q trusts the current External ID alone; %q is dropped and cannot come back. A role that stands goes on accepting it until the customer has updated its stack once more. %s%s%s",
				name, state.PreviousExternalID.ValueString(), updateHint, withoutStack(state, "takes the former External ID out of its trust policy by hand, which no check sees: ask whether that is done"), p.returning(state)))
	}
}

// warnOfNothing says that a change does nothing by which somebody may think to have rotated, or to have ended a rotation. It
// names no onboarding, so that a fleet says it once for all its customers.
func (p rotationPlan) warnOfNothing(plan, state *onboardingModel, diags *diag.Diagnostics) {
	if state.Rotation.IsNull() && !plan.Rotation.IsNull() && !plan.Rotation.IsUnknown() {
		diags.AddAttributeWarning(path.Root("rotation"), "Rotation only recorded",
			fmt.Sprintf("`rotation` is set for the first time: %q is recorded, and the External ID stays. To rotate it, apply this, then change `rotation` once more.", plan.Rotation.ValueString()))
	}
	if !state.Rotation.IsNull() && plan.Rotation.IsNull() && !plan.PreviousExternalID.IsNull() {
		diags.AddAttributeWarning(path.Root("rotation"), "Rotation neither ended nor taken back",
			"`rotation` is removed while the former External ID is still trusted, and both stay. To end the trust in the former one, set `rotation_finish = true`. The next value of `rotation` will only be recorded: put the last one back to rotate by one change later.")
	}
	if plan.RotationFinish.ValueBool() && !state.RotationFinish.ValueBool() && !p.Rotate && !p.undecided && state.PreviousExternalID.IsNull() {
		diags.AddAttributeWarning(path.Root("rotation_finish"), "No rotation to finish",
			"`rotation_finish = true` changes nothing: no former External ID is trusted. Remove it; a live role is refused the next rotation while it is set.")
	}
}

// shownStatus is the status for a message; of an offer that was found missing or changed it is not known.
func shownStatus(state *onboardingModel) string {
	return cmp.Or(state.Status.ValueString(), "not as it should be")
}

func (p rotationPlan) oldest(state *onboardingModel) string {
	if state.PreviousExternalID.IsNull() {
		return ""
	}
	return fmt.Sprintf(" The one before that, %q, is no longer trusted by the new template.", state.PreviousExternalID.ValueString())
}

// returning warns of a role that is only thought to be gone.
func (p rotationPlan) returning(state *onboardingModel) string {
	if state.RoleARN.IsNull() || p.Live || !p.Unproven && (!p.Rotate || !p.Finish) {
		return ""
	}
	return fmt.Sprintf(" %s was proven with the one that is dropped, and cannot be assumed now. If it is not gone, but the customer denies you for the moment, it is cut off for good: ask before you apply.", state.RoleARN.ValueString())
}

func withoutStack(state *onboardingModel, owner string) string {
	if state.RoleARN.IsNull() || !state.StackID.IsNull() {
		return ""
	}
	return fmt.Sprintf(" No stack of xrole's made %s: its owner %s.", state.RoleARN.ValueString(), owner)
}

// addRefusal says why a rotation or its end would cut somebody off, and what to do.
func addRefusal(diags *diag.Diagnostics, name, status string, refusal onboarding.Refusal) {
	switch refusal {
	case onboarding.RefusedGiven:
		diags.AddAttributeError(path.Root("rotation"), "Rotation of a given External ID",
			fmt.Sprintf("`external_id` of onboarding %q is set in the configuration, and a rotation makes a new one. Remove `external_id`; the one in use stays trusted and is shown as `previous_external_id`.", name))
	case onboarding.RefusedAtOnce:
		diags.AddAttributeError(path.Root("rotation_finish"), "Rotation would cut off a live role",
			fmt.Sprintf("Onboarding %q is %s, and with `rotation_finish = true` only the new External ID would be known, which its role does not accept yet. Remove `rotation_finish`, apply, have the customer update its stack, and set it then. %s", name, status, updateHint))
	case onboarding.RefusedSecond:
		diags.AddAttributeError(path.Root("rotation"), "Rotation before the last one is done",
			fmt.Sprintf("Onboarding %q is %s, and its role has not been proven with the External ID of the last rotation: a third one would have to be trusted. "+
				"Put `rotation` back, and have the customer update its stack first. %s", name, status, updateHint))
	case onboarding.RefusedFinish:
		diags.AddAttributeError(path.Root("rotation_finish"), "Former External ID still in use",
			fmt.Sprintf("Onboarding %q is %s, and its role has been proven with the former External ID only: dropping that would cut it off. "+
				"Have the customer update its stack first, and set `rotation_finish` when `outdated` is false. %s If the customer has just done so, wait five minutes, or run the action `xrole_verify` (Terraform 1.14): IAM takes a moment to spread the change.", name, status, updateHint))
	}
}

// configuredExternalID is external_id as the configuration has it: null where xrole makes it.
func configuredExternalID(ctx context.Context, get func(context.Context, path.Path, any) diag.Diagnostics, diags *diag.Diagnostics) types.String {
	var given types.String
	diags.Append(get(ctx, path.Root("external_id"), &given)...)
	return given
}
