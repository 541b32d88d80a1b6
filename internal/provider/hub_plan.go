package provider

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/xrole/terraform-provider-xrole/internal/hub"
	"github.com/xrole/terraform-provider-xrole/internal/partition"
	"github.com/xrole/terraform-provider-xrole/internal/payload"
)

// ModifyPlan fills in the defaults that depend on the provider, keeps or computes every output that can be known, so that
// a change of the hub shows no onboarding, and refuses what would fail later. Destruction is guarded at apply, since the
// onboardings may go in the same run; one that is forced says whom it cuts off.
func (r *hubResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() {
		var state hubResourceModel
		if resp.Diagnostics.Append(req.State.Get(ctx, &state)...); !resp.Diagnostics.HasError() {
			r.warnOfUse(ctx, &state, &resp.Diagnostics)
		}
		return
	}
	var plan, config hubResourceModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	var state *hubResourceModel
	if !req.State.Raw.IsNull() {
		state = &hubResourceModel{}
		resp.Diagnostics.Append(req.State.Get(ctx, state)...)
	}
	mem := rememberedHub(ctx, req.Private.GetKey, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	plan.Region = r.homeRegion(state)
	if config.Regions.IsNull() {
		plan.Regions = defaultRegions(plan.Region)
	}
	plan.TagsAll = r.allTags(plan.Tags)
	if state == nil {
		r.warnOfAnew(ctx, &plan, &resp.Diagnostics)
	} else {
		r.noteForced(state)
		if resp.RequiresReplace = hubReplacement(&plan, state); len(resp.RequiresReplace) > 0 {
			r.warnOfUse(ctx, state, &resp.Diagnostics)
			r.noteRemade(state)
			state = nil
		}
	}
	plan.Drift = driftList(nil)
	plan.planHubOutputs(state)
	planReceiver(&plan, state, &resp.Diagnostics)
	plan.DepartingAccountIDs = stringSet([]string{})
	if state != nil {
		plan.DepartingAccountIDs = r.departing(ctx, &plan, state, mem.Gone, &resp.Diagnostics)
		r.warnOfNewTemplates(ctx, &plan, state, &resp.Diagnostics)
	}
	warnOfUnknownRegions(&plan, state, &resp.Diagnostics)
	checkHubPlan(ctx, &plan, &resp.Diagnostics)
	r.checkPrincipals(ctx, &plan, &resp.Diagnostics)
	r.noteGuests(ctx, &plan)
	if !resp.Diagnostics.HasError() {
		resp.Diagnostics.Append(resp.Plan.Set(ctx, &plan)...)
	}
}

// noteForced takes down a hub that may be destroyed with all that depends on it: what -replace names, or is tainted, is only
// planned once more, as if there were none.
func (r *hubResource) noteForced(state *hubResourceModel) {
	if r.data != nil && state.ForceDestroy.ValueBool() {
		r.data.forced.Store(state.place(), state)
	}
}

// noteRemade takes down a hub that will be destroyed and made again, so that the onboardings can say what that does to them.
func (r *hubResource) noteRemade(state *hubResourceModel) {
	if r.data != nil && state.ForceDestroy.ValueBool() {
		r.data.remade.Store(state.place(), true)
	}
}

// warnOfAnew warns of a hub that stands and is planned anew. Of what -replace names, Terraform shows no warning that it has
// not shown before: the onboardings tell then.
func (r *hubResource) warnOfAnew(ctx context.Context, plan *hubResourceModel, diags *diag.Diagnostics) {
	if r.data == nil {
		return
	}
	v, _ := r.data.forced.Load(plan.place())
	state, ok := v.(*hubResourceModel)
	if _, told := r.data.remade.Load(plan.place()); ok && !told {
		r.warnOfUse(ctx, state, diags)
		r.noteRemade(state)
	}
}

// place is where a hub of an account is.
func (m *hubResourceModel) place() string {
	return hubPlace(m.Region.ValueString(), hub.ResourceName(m.Name.ValueString()))
}

func hubPlace(region, table string) string { return region + "/" + table }

// warnOfUse says whom a forced destruction cuts off. It is a help only: where the registry cannot be read, the plan goes
// on without.
func (r *hubResource) warnOfUse(ctx context.Context, state *hubResourceModel, diags *diag.Diagnostics) {
	if !state.ForceDestroy.ValueBool() || !r.connected() {
		return
	}
	used, err := hub.Use(ctx, r.data.clients, state.toHub())
	if err != nil || used == nil {
		return
	}
	diags.AddAttributeWarning(path.Root("force_destroy"), "Hub in use will be destroyed",
		fmt.Sprintf("Hub %q is in use. Its onboardings now: %d. Customers' stacks that call its topics: %d. `force_destroy = true` was applied, so it goes all the same: every External ID in its registry is lost, "+
			"and a stack that calls back can then be deleted only by force. What other Terraform states hold of it has to leave them with `terraform state rm`.", used.Hub, used.Onboardings, used.Stacks))
}

// checkPrincipals refuses principals of another account than the hub's, which for a new hub is that of the credentials: the
// one question to AWS that a plan of one asks, and only when all else is right.
func (r *hubResource) checkPrincipals(ctx context.Context, plan *hubResourceModel, diags *diag.Diagnostics) {
	account := plan.AccountID.ValueString()
	if plan.AccountID.IsUnknown() {
		if diags.HasError() || plan.Region.IsUnknown() || !r.connected() {
			return
		}
		who, err := r.caller(ctx, plan.Region.ValueString())
		if err != nil {
			return // the apply will say it
		}
		account = who.AccountID
	}
	for _, arn := range knownStrings(plan.TrustedPrincipalARNs) {
		if !partition.PrincipalOf(arn, plan.Partition.ValueString(), account) {
			diags.AddAttributeError(hubPath("trusted_principal_arns", arn), "Trusted principal outside the hub's account",
				fmt.Sprintf("`trusted_principal_arns`: %q is not in the hub's account %q. Customers trust that account, so a principal of another one can never get in.", arn, account))
		}
	}
}

// homeRegion is the provider's for a new hub. An existing one stays where it is: that somebody's environment names
// another region is no wish to lose the registry.
func (r *hubResource) homeRegion(state *hubResourceModel) types.String {
	switch {
	case state != nil:
		return state.Region
	case r.data != nil && r.data.region != "":
		return types.StringValue(r.data.region)
	default:
		return types.StringUnknown()
	}
}

func defaultRegions(home types.String) types.Set {
	if home.IsUnknown() {
		return types.SetUnknown(types.StringType)
	}
	return stringSet([]string{home.ValueString()})
}

// hubReplacement lists the changes that make it another hub.
func hubReplacement(plan, state *hubResourceModel) path.Paths {
	var paths path.Paths
	if !plan.Name.Equal(state.Name) {
		paths = append(paths, path.Root("name"))
	}
	if !plan.Region.Equal(state.Region) {
		paths = append(paths, path.Root("region"))
	}
	// The path is part of the receiver's ARN, which customers' roles trust and a planned output is.
	if cmp.Or(plan.Path.ValueString(), "/") != cmp.Or(state.Path.ValueString(), "/") || plan.Path.IsUnknown() {
		paths = append(paths, path.Root("path"))
	}
	return paths
}

// planHubOutputs computes what follows from name and region, and keeps what an existing hub is made of.
func (m *hubResourceModel) planHubOutputs(state *hubResourceModel) {
	if state != nil {
		topics := state.hubOutputsModel
		topics.TopicARNs, topics.DeadLetterQueueURLs = types.MapUnknown(types.StringType), types.MapUnknown(types.StringType)
		if !hasUnknown(m.Regions) {
			topics.setTopics(knownStrings(m.Regions))
		}
		m.hubOutputsModel = topics
		return
	}
	unknown := types.StringUnknown()
	m.AccountID, m.Bucket, m.ReceiverRoleARN, m.ReceiverFunctionARN, m.ReceiverDeadLetterQueueURL = unknown, unknown, unknown, unknown, unknown
	m.TopicARNs, m.DeadLetterQueueURLs = types.MapUnknown(types.StringType), types.MapUnknown(types.StringType)
	m.Partition, m.Table, m.TopicName = unknown, unknown, unknown
	if !m.Region.IsUnknown() {
		m.Partition = types.StringValue(partition.ForRegion(m.Region.ValueString()).ID)
	}
	if !m.Name.IsUnknown() {
		m.Table = types.StringValue(hub.ResourceName(m.Name.ValueString()))
		m.TopicName = m.Table
	}
}

// hasUnknown is for a set of strings.
func hasUnknown(s types.Set) bool {
	return s.IsUnknown() || slices.ContainsFunc(s.Elements(), func(v attr.Value) bool { return v.IsUnknown() })
}

// planReceiver plans the receiver that the provider carries, unless a newer one runs.
func planReceiver(plan, state *hubResourceModel, diags *diag.Diagnostics) {
	plan.ReceiverVersion = types.StringUnknown()
	if plan.Architecture.IsUnknown() {
		return
	}
	_, version, err := payload.Receiver(plan.Architecture.ValueString())
	if err != nil {
		diags.AddAttributeError(path.Root("architecture"), "Provider built without a receiver", sentenceOf(err))
		return
	}
	if state == nil {
		return // a newer one may stand in what an earlier run has left
	}
	plan.ReceiverVersion = types.StringValue(version)
	if hub.CompareVersions(version, state.ReceiverVersion.ValueString()) >= 0 {
		return
	}
	running := state.ReceiverVersion.ValueString()
	if !plan.Architecture.Equal(state.Architecture) {
		diags.AddAttributeError(path.Root("architecture"), "Architecture of a newer receiver",
			fmt.Sprintf("The hub runs receiver %q and this provider carries the older %q, which does not replace it. Change `architecture` with a provider that is as new.", running, version))
		return
	}
	plan.ReceiverVersion = state.ReceiverVersion
	warnOfNewerReceiver(diags, running, version)
}

func warnOfNewerReceiver(diags *diag.Diagnostics, running, carried string) {
	diags.AddAttributeWarning(path.Root("receiver_version"), "Hub runs a newer receiver than this provider's",
		fmt.Sprintf("It runs %q, this provider carries %q. The newer one stays as it is. Upgrade the provider where this configuration is applied.", running, carried))
}

// warnOfUnknownRegions warns, once, of a region that has a region's form and is none that is known here.
func warnOfUnknownRegions(plan, state *hubResourceModel, diags *diag.Diagnostics) {
	var strange []string
	for _, region := range append(knownStrings(plan.Regions), plan.Region.ValueString()) {
		stands := state != nil && (region == state.Region.ValueString() || slices.Contains(knownStrings(state.Regions), region))
		if partition.ValidRegion(region) && !partition.KnownRegion(region) && !stands && !slices.Contains(strange, strconv.Quote(region)) {
			strange = append(strange, strconv.Quote(region))
		}
	}
	if len(strange) > 0 {
		slices.Sort(strange)
		diags.AddAttributeWarning(path.Root("regions"), "Region that is not known here",
			fmt.Sprintf("`regions`: this version of the provider knows no %s. If that is not a misspelling but a region that AWS has opened since, go on.", strings.Join(strange, " and no ")))
	}
}

// checkHubPlan refuses what AWS would refuse later, on the input that is wrong, as far as the inputs are known.
func checkHubPlan(ctx context.Context, plan *hubResourceModel, diags *diag.Diagnostics) {
	if diags.HasError() || plan.Region.IsUnknown() {
		return
	}
	spec, more := plan.toSpec(ctx)
	diags.Append(more...)
	if plan.Name.IsUnknown() {
		spec.Name = "x"
	}
	if plan.Architecture.IsUnknown() {
		spec.Architecture = "arm64"
	}
	if hasUnknown(plan.Regions) && len(spec.Regions) == 0 {
		spec.Regions = []string{spec.Region}
	}
	code, version, err := payload.Receiver(spec.Architecture)
	if err != nil || diags.HasError() {
		return
	}
	spec.Code, spec.ReceiverVersion = code, version
	if hasUnknown(plan.Regions) {
		spec.AlarmTopicARNs = nil // whose regions cannot be compared yet
	}
	if err := spec.Validate(); err != nil && !addSpecError(diags, err) {
		diags.AddError("Invalid hub", sentenceOf(err))
	}
}
