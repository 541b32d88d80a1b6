package provider

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/xrole/terraform-provider-xrole/internal/onboarding"
	"github.com/xrole/terraform-provider-xrole/internal/registry"
)

// importID is "<hub name>,<name>" or, for a hub made by hand, "<region>,<table>,<name>".
type importID struct{ region, table, name string }

func parseImportID(id, providerRegion string) (importID, error) {
	part := strings.Split(id, ",")
	for _, p := range part {
		if strings.TrimSpace(p) == "" {
			part = nil
		}
	}
	switch len(part) {
	case 2:
		if providerRegion == "" {
			return importID{}, fmt.Errorf("the provider has no region to look for the hub in: set `region`, or write \"<region>,<table>,<name>\"")
		}
		return importID{providerRegion, onboarding.TableName(part[0]), part[1]}, nil
	case 3:
		return importID{part[0], part[1], part[2]}, nil
	default:
		return importID{}, fmt.Errorf("write \"<hub name>,<name>\", or \"<region>,<table>,<name>\" for a hub made by hand; got %q", id)
	}
}

func (r *onboardingResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	if !r.ready(&resp.Diagnostics) {
		return
	}
	id, err := parseImportID(req.ID, r.data.region)
	if err != nil {
		resp.Diagnostics.AddError("Invalid import id", sentenceOf(err))
		return
	}
	rec, err := registry.NewStore(r.data.clients.DynamoDB(id.region), id.table).Get(ctx, id.name)
	if err != nil {
		addError(&resp.Diagnostics, "Unable to read the onboarding to import", id.name, err)
		return
	}
	if rec.Offer == nil {
		resp.Diagnostics.AddError("Onboarding not found",
			fmt.Sprintf("The registry %q in %q holds no onboarding %q. Names are case-sensitive.", id.table, id.region, id.name))
		return
	}
	in, err := onboarding.UnmarshalInputs(rec.Offer.Inputs, rec.Offer.TemplateBody)
	if err != nil {
		resp.Diagnostics.AddError("Unreadable offer", fmt.Sprintf("The registry's offer %q cannot be read by this version of the provider.\n\nError: %s", id.name, err.Error()))
		return
	}
	r.importOffer(ctx, in, rec, resp)
}

func (r *onboardingResource) importOffer(ctx context.Context, in onboarding.Inputs, rec registry.Record, resp *resource.ImportStateResponse) {
	kinds, diags := r.modelTypes(ctx)
	resp.Diagnostics.Append(diags...)
	m, diags := newOnboardingModel(ctx, in, kinds)
	resp.Diagnostics.Append(diags...)
	m.setIdentity(onboarding.Identity{ExternalID: rec.Offer.ExternalID, PreviousExternalID: rec.Offer.PreviousExternalID})
	pub := renderAtPlan(in, m.identity().IDs(), &resp.Diagnostics)
	if pub == nil || resp.Diagnostics.HasError() {
		return
	}
	m.TagsAll = r.allTags(m.Tags)
	m.setPublication(pub)
	m.setRecord(rec)
	// No owner: the first write of this state makes it one, and tells the former owner at its next write.
	mem := memory{Ownership: onboarding.Ownership{Revision: rec.Offer.Revision, Digest: rec.Offer.InputsDigest, OfferID: rec.Offer.OfferID}}
	mem.note(rec)
	resp.Diagnostics.Append(resp.Private.SetKey(ctx, memoryKey, mem.encode())...)
	resp.Diagnostics.Append(resp.State.Set(ctx, m)...)
}

func (r *onboardingResource) modelTypes(ctx context.Context) (modelTypes, diag.Diagnostics) {
	var diags diag.Diagnostics
	var schema resource.SchemaResponse
	r.Schema(ctx, resource.SchemaRequest{}, &schema)
	nested := func(name string) map[string]attr.Type {
		object, ok := schema.Schema.Attributes[name].GetType().(basetypes.ObjectType)
		if !ok {
			diags.AddError("Unexpected schema", fmt.Sprintf("The attribute %q is no object. Please report this to the provider's developers.", name))
		}
		return object.AttrTypes
	}
	return modelTypes{hub: nested("hub"), role: nested("role")}, diags
}

func sentenceOf(err error) string {
	s := err.Error()
	return strings.ToUpper(s[:1]) + s[1:] + "."
}
