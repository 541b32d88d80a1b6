package provider

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/xrole/terraform-provider-xrole/internal/plural"
	"github.com/xrole/terraform-provider-xrole/internal/registry"
)

// NewServer returns the factory of the whole provider: what the framework serves, and xrole_onboardings.
func NewServer(version string) func() tfprotov6.ProviderServer {
	return func() tfprotov6.ProviderServer {
		p := &xroleProvider{version: version}
		short := newShortcut(framework(p), p)
		return plural.New(short, beside{p, &short})
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

func (b beside) Sound(ctx context.Context, texts map[string]tftypes.Value) bool {
	return b.short != nil && b.short.kind.sound(ctx, texts)
}

func (b beside) ImportAll(ctx context.Context, id string) (map[string]plural.Imported, []*tfprotov6.Diagnostic) {
	var diags diag.Diagnostics
	all := b.importAll(ctx, id, &diags)
	var out []*tfprotov6.Diagnostic
	for _, d := range diags {
		severity := tfprotov6.DiagnosticSeverityError
		if d.Severity() == diag.SeverityWarning {
			severity = tfprotov6.DiagnosticSeverityWarning
		}
		out = append(out, &tfprotov6.Diagnostic{Severity: severity, Summary: d.Summary(), Detail: d.Detail()})
	}
	return all, out
}

func (b beside) importAll(ctx context.Context, id string, diags *diag.Diagnostics) map[string]plural.Imported {
	r := &onboardingResource{base{b.provider.data}}
	if !r.ready(diags) {
		return nil
	}
	at, err := parseImportID(id+",x", r.data.region) // an onboarding's import id, without its name
	if err != nil {
		diags.AddError("Invalid import id of a registry", fmt.Sprintf("Write \"<hub name>\", or \"<region>,<table>\" for a hub made by hand; got %q.", id))
		return nil
	}
	all, first := map[string]plural.Imported{}, types.Object{}
	for records, err := range registry.NewStore(r.data.clients.DynamoDB(at.region), at.table).Pages(ctx, 0) {
		if err != nil {
			addError(diags, "Unable to read the registry to import", at.table, err)
			return nil
		}
		for _, rec := range records {
			m := r.fromOffer(ctx, rec, diags)
			if !diags.HasError() {
				at.name = rec.Offer.Name
				at.checkFound(m, diags)
			}
			if diags.HasError() {
				return nil
			}
			if len(all) == 0 {
				first = m.Hub
			} else if !sameButRegions(m.Hub, first) {
				diags.AddError("Onboardings of several hubs", fmt.Sprintf("Onboarding %q was made for another hub than the others in the registry %q, which one resource cannot hold. Import them as single `xrole_onboarding` resources.", rec.Offer.Name, at.table))
				return nil
			}
			m.Hub = first // with the regions of that one
			all[rec.Offer.Name] = plural.Imported{State: r.raw(ctx, m, diags), Private: r.importedPrivate(rec, diags)}
		}
	}
	if len(all) == 0 && !diags.HasError() {
		diags.AddError("No onboardings to import", fmt.Sprintf("The registry %q in %q holds none.", at.table, at.region))
	}
	return all
}

// raw is a model as Terraform's protocol carries it.
func (r *onboardingResource) raw(ctx context.Context, m *onboardingModel, diags *diag.Diagnostics) tftypes.Value {
	var schema resource.SchemaResponse
	r.Schema(ctx, resource.SchemaRequest{}, &schema)
	state := tfsdk.State{Schema: schema.Schema, Raw: tftypes.NewValue(schema.Schema.Type().TerraformType(ctx), nil)}
	diags.Append(state.Set(ctx, m)...)
	return state.Raw
}

// importedPrivate is the private state of an onboarding that was imported, as the framework keeps it.
func (r *onboardingResource) importedPrivate(rec registry.Record, diags *diag.Diagnostics) []byte {
	mem := r.importedMemory(rec)
	raw, err := json.Marshal(map[string][]byte{memoryKey: mem.encode()})
	if err != nil {
		diags.AddError("Unable to keep the private state", err.Error())
	}
	return raw
}
