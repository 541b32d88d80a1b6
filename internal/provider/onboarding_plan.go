package provider

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/xrole/terraform-provider-xrole/internal/cfn"
	"github.com/xrole/terraform-provider-xrole/internal/onboarding"
	"github.com/xrole/terraform-provider-xrole/internal/partition"
	"github.com/xrole/terraform-provider-xrole/internal/registry"
)

// planPlaceholder stands for an External ID that does not exist yet, so that a new onboarding's template is checked at
// plan as well.
const planPlaceholder = "00000000000000000000000000"

// ModifyPlan fills in the defaults that depend on other attributes, decides what makes a new onboarding, refuses what
// would fail later, and computes every output that can be known.
func (r *onboardingResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() {
		r.planDestroy(ctx, req, resp)
		return
	}
	var plan onboardingModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	state, diags := priorState(ctx, req)
	resp.Diagnostics.Append(diags...)
	mem := remembered(ctx, req.Private.GetKey, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	given := configuredExternalID(ctx, req.Config.GetAttribute, &resp.Diagnostics)
	if resp.RequiresReplace = r.plan(ctx, &plan, state, mem, given, &resp.Diagnostics); !resp.Diagnostics.HasError() {
		resp.Diagnostics.Append(resp.Plan.Set(ctx, &plan)...)
	}
}

// plan completes a plan, and returns what makes it another onboarding. given is external_id as configured.
func (r *onboardingResource) plan(ctx context.Context, plan, state *onboardingModel, mem memory, given types.String, diags *diag.Diagnostics) path.Paths {
	diags.Append(r.planInputs(ctx, plan, state)...)
	if diags.HasError() {
		return nil
	}
	var replace path.Paths
	prior := state
	if state != nil {
		r.noteGuarded(state)
		changes := replacement(plan, state)
		guardReplacement(changes, state, diags)
		guardRename(plan, state, given, diags)
		for _, c := range changes {
			replace = append(replace, c.at)
		}
		if len(replace) > 0 {
			state = nil
		}
	} else {
		r.guardAnew(ctx, plan, diags)
	}
	rotation := planRotation(plan, state, mem, given, diags)
	checkGiven(plan, state, given, diags)
	if !diags.HasError() {
		planOutputs(ctx, plan, state, mem, diags)
		rotation.warn(plan, state, diags)
	}
	r.checkGuest(ctx, plan, state, diags)
	warnOfForeign(plan, prior, mem, diags)
	warnOfUnknownHub(ctx, plan, prior, diags)
	r.warnOfRemadeHub(prior, diags)
	return replace
}

func priorState(ctx context.Context, req resource.ModifyPlanRequest) (*onboardingModel, diag.Diagnostics) {
	if req.State.Raw.IsNull() {
		return nil, nil
	}
	var state onboardingModel
	diags := req.State.Get(ctx, &state)
	return &state, diags
}

// planInputs settles the inputs that have a computed default. What an existing onboarding has is kept.
func (r *onboardingResource) planInputs(ctx context.Context, plan, state *onboardingModel) diag.Diagnostics {
	var diags diag.Diagnostics
	if state != nil {
		keepHub(ctx, plan, state)
		keepString(&plan.Region, state.Region)
		keepString(&plan.StackName, state.StackName)
		keepString(&plan.ExternalID, state.ExternalID)
		if plan.BuiltinTemplateVersion.IsUnknown() {
			plan.BuiltinTemplateVersion = state.BuiltinTemplateVersion
		}
	}
	if known(ctx, plan.Hub) {
		hub, more := hubOf(plan.Hub)
		diags.Append(more...)
		if plan.Region.IsUnknown() {
			plan.Region = types.StringValue(onboarding.DefaultRegion(hub))
		}
	}
	if plan.StackName.IsUnknown() && known(ctx, plan.Name, plan.Role) {
		plan.StackName = types.StringValue(onboarding.DefaultStackName(plan.Name.ValueString(), roleName(plan.Role)))
	}
	switch {
	case !plan.TemplateBody.IsNull():
		plan.BuiltinTemplateVersion = types.Int64Null()
	case plan.BuiltinTemplateVersion.IsUnknown(), plan.BuiltinTemplateVersion.IsNull():
		plan.BuiltinTemplateVersion = types.Int64Value(cfn.LatestBuiltin)
	}
	plan.TagsAll = r.allTags(plan.Tags)
	return diags
}

func keepString(planned *types.String, prior types.String) {
	if planned.IsUnknown() {
		*planned = prior
	}
}

func (b *base) allTags(tags types.Map) types.Map {
	if tags.IsUnknown() || b.data == nil || slices.Contains(b.data.unknown, "default_tags") {
		return types.MapUnknown(types.StringType)
	}
	elements := map[string]attr.Value{}
	for k, v := range b.data.defaultTags {
		elements[k] = types.StringValue(v)
	}
	maps.Copy(elements, tags.Elements())
	return types.MapValueMust(types.StringType, elements)
}

// keepHub keeps the hub as it was when only its list of regions changed, so that a new region shows no onboarding.
func keepHub(ctx context.Context, plan, state *onboardingModel) {
	if !known(ctx, plan.Hub) {
		return
	}
	now, before := hubModelOf(plan.Hub), hubModelOf(state.Hub)
	region := plan.Region
	if region.IsUnknown() {
		region = state.Region
	}
	regionStays := slices.Contains(setOf(now.Regions), region.ValueString()) && slices.Contains(setOf(before.Regions), region.ValueString())
	if regionStays && sameButRegions(plan.Hub, state.Hub) {
		plan.Hub = state.Hub
	}
}

// sameButRegions reports whether two hubs differ at most by their launch regions.
func sameButRegions(a, b types.Object) bool {
	one, other := a.Attributes(), b.Attributes()
	delete(one, "regions")
	delete(other, "regions")
	return maps.EqualFunc(one, other, func(x, y attr.Value) bool { return x.Equal(y) })
}

func roleName(role types.Object) string {
	return roleModelOf(role).Name.ValueString()
}

// change is an attribute that becomes another.
type change struct {
	at      path.Path
	was, is attr.Value
}

func (c change) String() string {
	shown := func(v attr.Value) string {
		switch {
		case v == nil || v.IsNull():
			return "nothing"
		case v.IsUnknown():
			return "what is known after the apply"
		default:
			return v.String()
		}
	}
	return fmt.Sprintf("`%s` from %s to %s", c.at, shown(c.was), shown(c.is))
}

// replacement lists the changes that make it another onboarding, with another External ID.
func replacement(plan, state *onboardingModel) []change {
	var changes []change
	differ := func(planned, prior attr.Value, at path.Path) {
		if !planned.Equal(prior) {
			changes = append(changes, change{at, prior, planned})
		}
	}
	differ(plan.Name, state.Name, path.Root("name"))
	if !confirmsAccount(plan, state) {
		differ(plan.AccountID, state.AccountID, path.Root("account_id"))
	}
	differ(plan.ExternalID, state.ExternalID, path.Root("external_id"))
	now, before := plan.Hub.Attributes(), state.Hub.Attributes()
	if plan.Hub.IsUnknown() || len(now) == 0 || len(before) == 0 {
		return changes
	}
	for _, name := range []string{"account_id", "region", "table"} {
		if v := now[name]; v != nil && !v.IsUnknown() {
			differ(v, before[name], path.Root("hub").AtName(name))
		}
	}
	return changes
}

// warnOfUnknownHub says what comes of a hub that is not known yet and turns out to be another one: Terraform does not let an
// apply replace what the plan has only changed. A fleet can.
func warnOfUnknownHub(ctx context.Context, plan, state *onboardingModel, diags *diag.Diagnostics) {
	now := plan.Hub.Attributes()
	unknown := func(name string) bool { v := now[name]; return v != nil && v.IsUnknown() }
	if state == nil || inFleet(ctx) || !plan.Hub.IsUnknown() && !unknown("table") && !unknown("region") {
		return
	}
	diags.AddAttributeWarning(path.Root("hub"), "Hub not known yet",
		fmt.Sprintf("Which hub onboarding %q belongs to depends on something that has not been applied yet. If that turns out to be another hub, this apply stops at the onboarding with \"inconsistent final plan\" and leaves it as it is; "+
			"a plan after it shows the replacement. Apply what the hub depends on first, for example with -target.", state.Name.ValueString()))
}

// confirmsAccount is true when an onboarding that was open to any account is set to the one that was verified.
func confirmsAccount(plan, state *onboardingModel) bool {
	return state.AccountID.IsNull() && state.Status.ValueString() == string(registry.Verified) && !plan.AccountID.IsUnknown() &&
		onboarding.SameAccount(state.RoleARN.ValueString(), plan.AccountID.ValueString())
}

// planOutputs computes the outputs exactly where nothing is unknown: rendering is pure. Without a prior state the
// External ID does not exist yet, and only the checks are made.
func planOutputs(ctx context.Context, plan, state *onboardingModel, mem memory, diags *diag.Diagnostics) {
	fresh := state == nil || !plan.offeredKnown(ctx)
	if fresh {
		plan.forgetOutputs()
	}
	if state == nil && plan.Adopt.Equal(types.BoolNull()) && plan.ExistingRoleARN.IsNull() {
		plan.setRecord(registry.Record{}) // nothing can have come back, and others may build on that
	}
	defer dropOldWarnings(plan, state, diags)
	checkOwn(ctx, plan, diags)
	checkRegion(plan, diags)
	checkPolicies(ctx, plan, diags)
	if !plan.offeredKnown(ctx) {
		checkSource(plan, diags)
		return
	}
	in, more := plan.toInputs()
	if diags.Append(more...); more.HasError() {
		return
	}
	checkAccount(in, diags)
	if diags.HasError() {
		return // what a template says of a role that is refused already is no news
	}
	ids, exact := plan.externalIDs()
	pub := renderAtPlan(in, ids, diags)
	if pub == nil || diags.HasError() || fresh {
		return
	}
	plan.keepRecord(state)
	checkTopic(in, pub, state, diags)
	plan.setPublication(pub)
	plan.planStatus(mem, pub)
	if !exact {
		plan.forgetPublication()
	}
	if !plan.ExistingRoleARN.Equal(state.ExistingRoleARN) {
		plan.forgetRecord()
	}
}

// planStatus tells what a change of the template does to a live role; a status that was found missing is settled by
// the apply.
func (m *onboardingModel) planStatus(mem memory, pub *onboarding.Publication) {
	if m.Status.IsNull() {
		m.forgetRecord()
		return
	}
	status := registry.Status(m.Status.ValueString())
	proven := status == registry.Verified || status == registry.Leaving
	m.Outdated = types.BoolValue(proven && mem.DeliveredVersion != "" && mem.DeliveredVersion != pub.TemplateVersion)
}

// checkRegion refuses a region without a topic, as far as the hub is known: it may be made by this very apply.
func checkRegion(plan *onboardingModel, diags *diag.Diagnostics) {
	region, hub := plan.Region.ValueString(), hubModelOf(plan.Hub)
	if region == "" || hub.Partition.ValueString() == "" {
		return
	}
	if p := partition.ForRegion(region).ID; p != hub.Partition.ValueString() {
		diags.AddAttributeError(path.Root("region"), "Region of another partition",
			fmt.Sprintf("The region %q is of the partition %q, the hub of %q. Nothing crosses a partition: make a hub in each.", region, p, hub.Partition.ValueString()))
		return
	}
	regions := setOf(hub.Regions)
	if len(regions) == 0 || hasUnknown(hub.Regions) || slices.Contains(regions, region) {
		return
	}
	slices.Sort(regions)
	diags.AddAttributeError(path.Root("region"), "Region without a callback topic",
		fmt.Sprintf("The hub has no topic in %q, so a stack there could not report its role. Its regions are: %s. Choose one of them, or have the region among the hub's `regions`, where it stays until the last stack there is deleted.",
			region, strings.Join(regions, ", ")))
}
