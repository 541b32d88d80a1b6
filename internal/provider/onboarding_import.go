package provider

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/xrole/terraform-provider-xrole/internal/hub"
	"github.com/xrole/terraform-provider-xrole/internal/onboarding"
	"github.com/xrole/terraform-provider-xrole/internal/partition"
	"github.com/xrole/terraform-provider-xrole/internal/registry"
)

// importID is "<hub name>,<name>" or, for a hub made by hand, "<region>,<table>,<name>".
type importID struct{ account, region, table, name string }

func parseImportID(id, providerRegion string) (importID, error) {
	part := strings.Split(id, ",")
	for i, p := range part {
		if part[i] = strings.TrimSpace(p); part[i] == "" {
			part = nil
			break
		}
	}
	switch len(part) {
	case 2:
		if providerRegion == "" {
			return importID{}, fmt.Errorf("the provider has no region to look for the hub in: set `region`, or write \"<region>,<table>,<name>\"")
		}
		if err := hub.CheckName(part[0]); err != nil {
			return importID{}, fmt.Errorf("%q is not a hub's name, with which \"<hub name>,<name>\" begins; got %q", part[0], id)
		}
		return importID{region: providerRegion, table: hub.ResourceName(part[0]), name: part[1]}, nil
	case 3:
		if !partition.ValidRegion(part[0]) {
			return importID{}, fmt.Errorf("%q is not a region, with which \"<region>,<table>,<name>\" begins; got %q", part[0], id)
		}
		return importID{region: part[0], table: part[1], name: part[2]}, nil
	default:
		return importID{}, fmt.Errorf("write \"<hub name>,<name>\", or \"<region>,<table>,<name>\" for a hub made by hand; got %q", id)
	}
}

func (r *onboardingResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	if !r.ready(&resp.Diagnostics) {
		return
	}
	id := r.importTarget(ctx, req, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	rec, err := r.store(id.region, id.tableRef()).Get(ctx, id.name)
	if err != nil {
		addError(&resp.Diagnostics, "Unable to read the onboarding to import", id.name, err)
		return
	}
	if rec.Offer == nil {
		resp.Diagnostics.AddError("Onboarding not found",
			fmt.Sprintf("The registry %q in %q holds no onboarding %q. Names are case-sensitive.", id.table, id.region, id.name))
		return
	}
	m := r.fromOffer(ctx, rec, r.modelTypes(ctx, &resp.Diagnostics), &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	id.checkFound(m, &resp.Diagnostics)
	mem := r.importedMemory(rec, ownerIn(ctx))
	resp.Diagnostics.Append(resp.Private.SetKey(ctx, memoryKey, encode(mem))...)
	resp.Diagnostics.Append(resp.State.Set(ctx, m)...)
	m.identify(ctx, resp.Identity, &resp.Diagnostics)
}

func (r *onboardingResource) importedMemory(rec registry.Record, owner onboarding.Owner) memory {
	m := memory{Rendering: onboarding.Rendering, Ownership: onboarding.Import(rec.Offer, owner)}
	m.note(rec)
	return m
}

// fromOffer is the onboarding as the registry keeps it. It is of no use when diags has an error.
func (r *onboardingResource) fromOffer(ctx context.Context, rec registry.Record, kinds modelTypes, diags *diag.Diagnostics) *onboardingModel {
	in, err := onboarding.UnmarshalInputs(rec.Offer.Inputs, rec.Offer.TemplateBody)
	if err != nil {
		diags.AddError("Unreadable offer", fmt.Sprintf("The registry's offer %q cannot be read by this version of the provider.\n\nError: %s", rec.Offer.Name, err.Error()))
		return nil
	}
	m, more := newOnboardingModel(ctx, in, kinds)
	diags.Append(more...)
	m.setIdentity(onboarding.Identity{ExternalID: rec.Offer.ExternalID, PreviousExternalID: rec.Offer.PreviousExternalID})
	pub := renderAtPlan(in, m.identity().IDs(), diags)
	if pub == nil || diags.HasError() {
		return nil
	}
	m.TagsAll, m.Adopt = r.allTags(m.Tags), types.BoolNull() // who wrote it has adopted it, and nobody else
	m.setPublication(pub)
	m.setRecord(rec)
	return m
}

func (r *onboardingResource) modelTypes(ctx context.Context, diags *diag.Diagnostics) modelTypes {
	kind, err := newOnboardingKind(ctx)
	if err != nil {
		diags.AddError("Unexpected schema", "Please report this to the provider's developers.\n\nError: "+err.Error())
		return modelTypes{}
	}
	return kind.nested()
}

func sentenceOf(err error) string {
	s := err.Error()
	return strings.ToUpper(s[:1]) + s[1:] + "."
}
