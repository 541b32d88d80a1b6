package provider_test

import (
	"encoding/json"
	"maps"
	"math/big"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/xrole/terraform-provider-xrole/internal/provider"
)

// server is the provider as a Terraform newer than the one of these tests talks to it.
type server struct {
	tfprotov6.ProviderServer
	schemas    *tfprotov6.GetProviderSchemaResponse
	identities map[string]*tfprotov6.ResourceIdentitySchema
}

// fields are an object's attributes as they come and go over the wire.
type fields = map[string]any

// unconfigured is the provider as Terraform asks it what there is.
func unconfigured(t *testing.T) server {
	t.Helper()
	return asked(t, provider.NewServer("test")())
}

func asked(t *testing.T, inner tfprotov6.ProviderServer) server {
	t.Helper()
	s := server{ProviderServer: inner}
	var err error
	if s.schemas, err = s.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{}); err != nil {
		t.Fatal(err)
	}
	noErrors(t, s.schemas.Diagnostics)
	identities, err := s.GetResourceIdentitySchemas(t.Context(), &tfprotov6.GetResourceIdentitySchemasRequest{})
	if err != nil {
		t.Fatal(err)
	}
	noErrors(t, identities.Diagnostics)
	s.identities = identities.IdentitySchemas
	return s
}

func newServer(t *testing.T, config fields) server {
	t.Helper()
	s := unconfigured(t)
	s.configure(t, config)
	return s
}

func (s server) configure(t *testing.T, config fields) {
	t.Helper()
	configured, err := s.ConfigureProvider(t.Context(), &tfprotov6.ConfigureProviderRequest{TerraformVersion: "1.14.0", Config: value(t, config)})
	if err != nil {
		t.Fatal(err)
	}
	noErrors(t, configured.Diagnostics)
}

func (w world) server(t *testing.T) server {
	t.Helper()
	return newServer(t, fields{"region": w.hub.Region, "profile": w.partner.Profile})
}

func value(t *testing.T, f fields) *tfprotov6.DynamicValue {
	t.Helper()
	raw, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	return &tfprotov6.DynamicValue{JSON: raw}
}

// read is the other way: what is unknown is left out.
func read(t *testing.T, v *tfprotov6.DynamicValue, kind tftypes.Type) fields {
	t.Helper()
	if v == nil {
		return nil
	}
	decoded, err := v.Unmarshal(kind)
	if err != nil {
		t.Fatal(err)
	}
	f, _ := plain(t, decoded).(fields)
	return f
}

func plain(t *testing.T, v tftypes.Value) any {
	t.Helper()
	if v.IsNull() || !v.IsKnown() {
		return nil
	}
	decode := func(into any) {
		if err := v.As(into); err != nil {
			t.Fatal(err)
		}
	}
	switch kind := v.Type(); {
	case kind.Is(tftypes.String):
		var s string
		decode(&s)
		return s
	case kind.Is(tftypes.Bool):
		var b bool
		decode(&b)
		return b
	case kind.Is(tftypes.Number):
		var n *big.Float
		decode(&n)
		return json.Number(n.Text('f', -1))
	case kind.Is(tftypes.Object{}), kind.Is(tftypes.Map{}):
		var all map[string]tftypes.Value
		decode(&all)
		f := fields{}
		for name, element := range all {
			f[name] = plain(t, element)
		}
		return f
	default:
		var all []tftypes.Value
		decode(&all)
		list := []any{}
		for _, element := range all {
			list = append(list, plain(t, element))
		}
		return list
	}
}

func (s server) kind(resource string) tftypes.Type {
	return s.schemas.ResourceSchemas[resource].ValueType()
}

func (s server) identityOf(t *testing.T, resource string, id *tfprotov6.ResourceIdentityData) fields {
	t.Helper()
	if id == nil {
		return nil
	}
	return read(t, id.IdentityData, s.identities[resource].ValueType())
}

func identityData(t *testing.T, f fields) *tfprotov6.ResourceIdentityData {
	t.Helper()
	return &tfprotov6.ResourceIdentityData{IdentityData: value(t, f)}
}

func with(f, changes fields) fields {
	f = maps.Clone(f)
	maps.Copy(f, changes)
	return f
}

func messages(diags []*tfprotov6.Diagnostic) string {
	var all []string
	for _, d := range diags {
		all = append(all, d.Severity.String()+": "+d.Summary+": "+d.Detail)
	}
	return strings.Join(all, "\n")
}

func noErrors(t *testing.T, diags []*tfprotov6.Diagnostic) {
	t.Helper()
	for _, d := range diags {
		if d.Severity == tfprotov6.DiagnosticSeverityError {
			t.Fatal(messages(diags))
		}
	}
}

// says wants one of the messages to have all these words.
func says(t *testing.T, diags []*tfprotov6.Diagnostic, words ...string) {
	t.Helper()
	for _, word := range words {
		if !strings.Contains(messages(diags), word) {
			t.Errorf("%q is not in what was said: %s", word, messages(diags))
		}
	}
}
