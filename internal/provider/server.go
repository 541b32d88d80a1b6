package provider

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/xrole/terraform-provider-xrole/internal/plural"
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
