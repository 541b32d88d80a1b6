package provider

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/xrole/terraform-provider-xrole/internal/hub"
	"github.com/xrole/terraform-provider-xrole/internal/payload"
)

var (
	_ resource.Resource                = (*hubResource)(nil)
	_ resource.ResourceWithConfigure   = (*hubResource)(nil)
	_ resource.ResourceWithModifyPlan  = (*hubResource)(nil)
	_ resource.ResourceWithImportState = (*hubResource)(nil)
)

type hubResource struct{ base }

// hubPatience is how long an apply waits unless `timeouts` says otherwise.
const hubPatience = time.Hour

func newHubResource() resource.Resource { return &hubResource{} }

func (r *hubResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_hub"
}

func (r *hubResource) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	r.configure(req.ProviderData, &resp.Diagnostics)
}

// Create sets no state when it fails: a half-made hub in the state would be tainted, and destroyed by the next apply
// instead of finished.
func (r *hubResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan hubResourceModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() || !r.ready(&resp.Diagnostics) {
		return
	}
	patience, diags := plan.Timeouts.Create(ctx, hubPatience)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if _, made := r.data.made.LoadOrStore(plan.place(), true); made {
		resp.Diagnostics.AddAttributeError(path.Root("name"), "Two hubs of one name",
			fmt.Sprintf("This apply has made hub %q in %q already, for another resource. Nothing was changed by this one. Give it a name of its own.", plan.Name.ValueString(), plan.Region.ValueString()))
		return
	}
	mem := hubMemory{Owner: rand.Text()}
	plan.DepartingAccountIDs = stringSet([]string{})
	if !r.apply(ctx, &plan, false, mem, &resp.Diagnostics) {
		r.data.made.Delete(plan.place())
	} else {
		resp.Diagnostics.Append(resp.Private.SetKey(ctx, hubMemoryKey, encode(mem))...)
		resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
		resp.Diagnostics.Append(resp.Identity.Set(ctx, plan.resourceIdentity())...)
	}
}

func (r *hubResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state hubResourceModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	mem := rememberedHub(ctx, req.Private.GetKey, &resp.Diagnostics)
	if resp.Diagnostics.HasError() || !r.ready(&resp.Diagnostics) || !r.inAccount(ctx, &state, &resp.Diagnostics) {
		return
	}
	spec, diags := state.toSpec(ctx)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	// A receiver older than ours is no drift, the plan shows it; under a newer one other templates are none.
	_, carried, err := payload.Receiver(spec.Architecture)
	if err == nil && hub.CompareVersions(carried, state.ReceiverVersion.ValueString()) < 0 {
		spec.ReceiverVersion = carried
	}
	spec.Owner, spec.FormerOwner = mem.Owner, mem.FormerOwner
	resp.Diagnostics.Append(resp.Identity.Set(ctx, state.resourceIdentity())...) // also of one that is gone: the framework wants it
	found, drift, err := hub.Inspect(ctx, r.data.clients, spec)
	if errors.Is(err, hub.ErrNotFound) {
		resp.State.RemoveResource(ctx)
		return
	}
	if err != nil {
		addHubError(&resp.Diagnostics, "Unable to read the hub", spec.Name, err)
		return
	}
	r.noteForced(&state)
	state.Drift = driftList(drift)
	if found.ReceiverVersion != "" {
		state.ReceiverVersion = types.StringValue(found.ReceiverVersion)
	}
	mem.Gone = r.gone(ctx, &state, &resp.Diagnostics)
	resp.Diagnostics.Append(resp.Private.SetKey(ctx, hubMemoryKey, encode(mem))...)
	resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
}

func (r *hubResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, state hubResourceModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	mem := rememberedHub(ctx, req.Private.GetKey, &resp.Diagnostics)
	if resp.Diagnostics.HasError() || !r.ready(&resp.Diagnostics) || !r.inAccount(ctx, &state, &resp.Diagnostics) {
		return
	}
	patience, diags := plan.Timeouts.Update(ctx, hubPatience)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if plan.DepartingAccountIDs.IsUnknown() {
		plan.DepartingAccountIDs = r.departing(ctx, &plan, &state, mem.Gone, &resp.Diagnostics)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	mem.Gone = nil
	if r.apply(ctx, &plan, state.ForceDestroy.ValueBool(), mem, &resp.Diagnostics) {
		mem.FormerOwner = nil
		resp.Diagnostics.Append(resp.Private.SetKey(ctx, hubMemoryKey, encode(mem))...)
		resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
		resp.Diagnostics.Append(resp.Identity.Set(ctx, plan.resourceIdentity())...)
	}
}

func (r *hubResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state hubResourceModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() || !r.ready(&resp.Diagnostics) || !r.inAccount(ctx, &state, &resp.Diagnostics) {
		return
	}
	patience, diags := state.Timeouts.Delete(ctx, hubPatience)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	r.data.made.Delete(state.place())
	said := newHubProgress(ctx)
	h := state.toHub()
	mem := rememberedHub(ctx, req.Private.GetKey, &resp.Diagnostics)
	h.Owner, h.FormerOwner = mem.Owner, mem.FormerOwner
	if resp.Diagnostics.HasError() {
		return
	}
	if err := hub.Destroy(ctx, r.data.clients, h, state.ForceDestroy.ValueBool(), said.say); err != nil {
		addHubDeleteError(&resp.Diagnostics, h, said, err)
	}
}

// inAccount refuses credentials of another account: there the hub would seem gone, and another one of that name, if there
// is one, would be changed or destroyed instead.
func (r *hubResource) inAccount(ctx context.Context, state *hubResourceModel, diags *diag.Diagnostics) bool {
	who, err := r.caller(ctx, state.Region.ValueString())
	if err != nil {
		addHubError(diags, "Unable to find out the account", state.Name.ValueString(), err)
		return false
	}
	if who.AccountID != state.AccountID.ValueString() {
		diags.AddError("Credentials of another account",
			fmt.Sprintf("Hub %q is in account %q, and these credentials are of %q (%s). Nothing was read or changed. Check `profile`, `assume_role` and the environment.",
				state.Name.ValueString(), state.AccountID.ValueString(), who.AccountID, who.ARN))
		return false
	}
	return true
}

// apply makes the hub as planned, fills in what came of it, and reports whether it is whole.
func (r *hubResource) apply(ctx context.Context, plan *hubResourceModel, force bool, mem hubMemory, diags *diag.Diagnostics) bool {
	spec, more := plan.toSpec(ctx)
	diags.Append(more...)
	r.addReceiver(&spec, diags)
	if diags.HasError() {
		return false
	}
	spec.Owner, spec.FormerOwner, spec.Force = mem.Owner, mem.FormerOwner, force
	said := newHubProgress(ctx)
	planned := plan.ReceiverVersion
	h, err := hub.Apply(ctx, r.data.clients, spec, said.say)
	if err != nil {
		addHubApplyError(diags, spec, said, err)
		return false
	}
	if h.Found != "" {
		diags.AddAttributeWarning(path.Root("name"), "Hub found in the account",
			fmt.Sprintf("The account had hub %q in %q already, without onboardings, as an apply that broke off leaves it. It was kept by the Terraform state %s; this resource goes on with it, with the settings that stand here. "+
				"If another configuration has it, choose another name here: only one of the two can keep it.", spec.Name, spec.Region, h.Found))
	}
	plan.setHub(h)
	r.noteGuests(ctx, plan)
	if running := h.ReceiverVersion; hub.CompareVersions(running, spec.ReceiverVersion) > 0 && (planned.IsUnknown() || planned.ValueString() != running) {
		warnOfNewerReceiver(diags, running, spec.ReceiverVersion)
		if !planned.IsUnknown() {
			plan.ReceiverVersion = planned // Terraform wants what was planned; the next refresh shows what runs
		}
	}
	plan.Drift = driftList(nil)
	return true
}

// addReceiver puts in the receiver that the provider carries. One that runs and is newer stays.
func (r *hubResource) addReceiver(spec *hub.Spec, diags *diag.Diagnostics) {
	code, version, err := payload.Receiver(spec.Architecture)
	if err != nil {
		diags.AddAttributeError(path.Root("architecture"), "Provider without a receiver", sentenceOf(err))
		return
	}
	spec.Code, spec.ReceiverVersion = code, version
}

// hubProgress tells the log what is being done, and keeps the steps for a message.
type hubProgress struct {
	ctx   context.Context //nolint:containedctx // it is the log's, and lives as long as one apply
	mu    sync.Mutex
	steps []string
}

func newHubProgress(ctx context.Context) *hubProgress { return &hubProgress{ctx: ctx} }

func (p *hubProgress) say(what string) {
	tflog.Info(p.ctx, "hub: "+what)
	if strings.Contains(what, ": waiting for ") {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.steps = append(p.steps, what)
}

// hubMemory is what the state keeps beside its attributes: whose the hub is, and which departing accounts the last
// refresh found gone. A plan is made twice, and must come to the same.
type hubMemory struct {
	Owner string `json:"owner,omitempty"`
	// FormerOwner is whose an imported hub was, until the first write makes Owner of it.
	FormerOwner *string  `json:"former_owner,omitempty"`
	Gone        []string `json:"gone,omitempty"`
}

const hubMemoryKey = "hub"

func rememberedHub(ctx context.Context, get getKey, diags *diag.Diagnostics) hubMemory {
	var m hubMemory
	if err := recall(ctx, get, hubMemoryKey, &m, diags); err != nil {
		diags.AddError("Unable to read the hub's private state", "The state of this hub was damaged. Remove it from the state and import it again.\n\nError: "+err.Error())
	}
	return m
}
