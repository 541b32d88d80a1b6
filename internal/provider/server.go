package provider

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/xrole/terraform-provider-xrole/internal/onboarding"
	"github.com/xrole/terraform-provider-xrole/internal/plural"
	"github.com/xrole/terraform-provider-xrole/internal/registry"
)

// NewServer returns the factory of the whole provider: what the framework serves, and xrole_onboardings.
func NewServer(version string) func() tfprotov6.ProviderServer {
	return func() tfprotov6.ProviderServer {
		p := &xroleProvider{version: version}
		short := newShortcut(framework(p), p)
		return pointer{plural.New(short, beside{p, &short})}
	}
}

// framework is what the framework serves of a provider.
func framework(p *xroleProvider) plural.Server {
	inner, ok := providerserver.NewProtocol6(p)().(plural.Server)
	if !ok {
		panic("the framework's server has no list resources or actions") // a framework of another version was linked
	}
	return lender{inner}
}

// beside is what xrole_onboardings needs of the provider beside its server; short may be nil.
type beside struct {
	provider *xroleProvider
	short    *shortcut
}

func (b beside) Configured() bool { return b.provider.data != nil }

func (b beside) OwnedBy(ctx context.Context, owner string) context.Context {
	return withOwner(ctx, owner)
}

func (b beside) StillRead(ctx context.Context, state tftypes.Value, private []byte) bool {
	if b.short == nil {
		return false
	}
	_, ok := b.short.stillRead(ctx, state, private)
	return ok
}

func (b beside) StillPlanned(ctx context.Context, state, config tftypes.Value, private []byte) bool {
	return b.short != nil && b.short.stillPlanned(ctx, state, config, private)
}

func (b beside) Holder(private []byte) plural.Holder {
	var kept map[string][]byte
	var mem memory
	switch err := errors.Join(json.Unmarshal(private, &kept), json.Unmarshal(kept[memoryKey], &mem)); {
	case err != nil: // it was lost: a refresh makes it again
		return plural.Ours
	case mem.Foreign:
		return plural.Another
	case mem.Former != "":
		return plural.Anyone
	default:
		return plural.Ours
	}
}

func (b beside) Sound(ctx context.Context, texts map[string]tftypes.Value) bool {
	return b.short != nil && b.short.kind.sound(ctx, texts)
}

func (b beside) ImportAll(ctx context.Context, id string, keep func(name string, one plural.Kept) error) ([]*tfprotov6.Diagnostic, error) {
	var diags diag.Diagnostics
	err := b.importAll(ctx, id, keep, &diags)
	var out []*tfprotov6.Diagnostic
	for _, d := range diags {
		severity := tfprotov6.DiagnosticSeverityError
		if d.Severity() == diag.SeverityWarning {
			severity = tfprotov6.DiagnosticSeverityWarning
		}
		out = append(out, &tfprotov6.Diagnostic{Severity: severity, Summary: d.Summary(), Detail: d.Detail()})
	}
	return out, err
}

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
	for records, err := range registry.NewStore(r.data.clients.DynamoDB(at.region), at.table).Pages(ctx, 0) {
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
	raw, err := json.Marshal(map[string][]byte{memoryKey: mem.encode()})
	if err != nil {
		diags.AddError("Unable to keep the private state", err.Error())
	}
	return raw
}
