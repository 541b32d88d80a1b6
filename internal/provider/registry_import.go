package provider

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/xrole/terraform-provider-xrole/internal/onboarding"
	"github.com/xrole/terraform-provider-xrole/internal/plural"
	"github.com/xrole/terraform-provider-xrole/internal/registry"
)

// importAll hands on what a whole registry holds, for xrole_onboardings.
func (b beside) importAll(ctx context.Context, id string, keep func(string, plural.Kept) error, diags *diag.Diagnostics) error {
	r := &onboardingResource{base{b.provider.data}}
	if !r.ready(diags) {
		return nil
	}
	at, err := parseImportID(id+",x", r.data.region) // an onboarding's import id, without its name
	if err != nil {
		diags.AddError("Invalid import id of a registry", fmt.Sprintf("Write \"<hub name>\", or \"<region>,<table>\" for a hub made by hand; got %q.", id))
		return nil
	}
	kind, err := newOnboardingKind(ctx)
	if err != nil {
		return err
	}
	i := importer{onboardingResource: r, kind: kind, at: at, keep: keep}
	for records, err := range r.store(at.region, at.table).Pages(ctx, 0) {
		if err != nil {
			addError(diags, "Unable to read the registry to import", at.table, err)
			return nil
		}
		for _, rec := range records {
			if err := i.one(ctx, rec, diags); err != nil || diags.HasError() {
				return err
			}
		}
	}
	if i.hub.IsNull() {
		diags.AddError("No onboardings to import", fmt.Sprintf("The registry %q in %q holds none.", at.table, at.region))
	}
	return nil
}

// importer hands on the onboardings of a registry as states.
type importer struct {
	*onboardingResource

	kind *onboardingKind
	at   importID
	// hub is that of the first one.
	hub  types.Object
	keep func(name string, one plural.Kept) error
}

func (i *importer) one(ctx context.Context, rec registry.Record, diags *diag.Diagnostics) error {
	m := i.fromOffer(ctx, rec, i.kind.nested(), diags)
	if diags.HasError() {
		return nil
	}
	i.at.name = rec.Offer.Name
	i.at.checkFound(m, diags)
	if i.hub.IsNull() {
		i.hub = m.Hub
	} else if !sameButRegions(m.Hub, i.hub) {
		diags.AddError("Onboardings of several hubs", fmt.Sprintf("Onboarding %q was made for another hub than the others in the registry %q, which one resource cannot hold. Import them as single `xrole_onboarding` resources.", rec.Offer.Name, i.at.table))
	}
	m.Hub = i.hub // with the regions of that one
	state, err := i.kind.encode(ctx, m)
	private := i.importedPrivate(rec, ownerIn(ctx), diags)
	if err != nil || diags.HasError() {
		return err
	}
	return i.keep(rec.Offer.Name, plural.Kept{State: state, Private: private})
}

// importedPrivate is the private state of an onboarding that was imported, as the framework keeps it.
func (r *onboardingResource) importedPrivate(rec registry.Record, owner onboarding.Owner, diags *diag.Diagnostics) []byte {
	mem := r.importedMemory(rec, owner)
	raw, err := json.Marshal(map[string][]byte{memoryKey: encode(mem)})
	if err != nil {
		diags.AddError("Unable to keep the private state", err.Error())
	}
	return raw
}
