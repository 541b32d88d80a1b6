package provider_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// What Terraform is told of everything there is, down to nested attributes, is a sentence.
func TestSchemas_described(t *testing.T) {
	t.Parallel()
	s := unconfigured(t)
	all := map[string]*tfprotov6.Schema{"provider": s.schemas.Provider}
	for kind, schemas := range map[string]map[string]*tfprotov6.Schema{
		"resource": s.schemas.ResourceSchemas, "data": s.schemas.DataSourceSchemas, "ephemeral": s.schemas.EphemeralResourceSchemas, "list": s.schemas.ListResourceSchemas,
	} {
		if len(schemas) == 0 {
			t.Errorf("there is no %s", kind)
		}
		for name, schema := range schemas {
			all[kind+" "+name] = schema
		}
	}
	for name, action := range s.schemas.ActionSchemas {
		all["action "+name] = action.Schema
	}
	for name, schema := range all {
		sentence(t, name, schema.Block.Description)
		sentences(t, name, schema.Block.Attributes)
	}
	if _, ok := all["action xrole_verify"]; !ok || len(s.identities) == 0 {
		t.Error("an action or an identity is missing")
	}
	for name, schema := range s.identities {
		for _, a := range schema.IdentityAttributes {
			sentence(t, "identity "+name+" "+a.Name, a.Description)
		}
	}
}

func sentences(t *testing.T, in string, attributes []*tfprotov6.SchemaAttribute) {
	t.Helper()
	for _, a := range attributes {
		sentence(t, in+" "+a.Name, a.Description)
		if a.NestedType != nil {
			sentences(t, in+" "+a.Name, a.NestedType.Attributes)
		}
	}
}

func sentence(t *testing.T, of, text string) {
	t.Helper()
	if !strings.HasSuffix(text, ".") {
		t.Errorf("%s: the description %q is no sentence", of, text)
	}
}

// A state of every released version is read, whatever version its schemas had: a schema that changes in a way that states
// show gets a higher Version and an upgrader from each before.
func TestSchemas_upgradeStates(t *testing.T) {
	t.Parallel()
	states, err := filepath.Glob(filepath.Join("..", "compat", "testdata", "v*", "state.json"))
	if err != nil || len(states) == 0 {
		t.Fatalf("there is no recorded state: %v", err)
	}
	s := unconfigured(t)
	for _, path := range states {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var state struct {
			Resources []struct {
				Mode, Type string
				Instances  []struct {
					Version    int64           `json:"schema_version"`
					Attributes json.RawMessage `json:"attributes"`
				}
			}
		}
		if err := json.Unmarshal(raw, &state); err != nil {
			t.Fatal(err)
		}
		upgraded := 0
		for _, r := range state.Resources {
			for _, instance := range r.Instances {
				if r.Mode != "managed" {
					continue
				}
				resp, err := s.UpgradeResourceState(t.Context(), &tfprotov6.UpgradeResourceStateRequest{
					TypeName: r.Type, Version: instance.Version, RawState: &tfprotov6.RawState{JSON: instance.Attributes},
				})
				if err != nil {
					t.Fatal(err)
				}
				noErrors(t, resp.Diagnostics)
				if read(t, resp.UpgradedState, s.kind(r.Type))["name"] == nil {
					t.Errorf("%s: %s has lost its name", path, r.Type)
				}
				upgraded++
			}
		}
		if upgraded == 0 {
			t.Errorf("%s: no resource was found", path)
		}
	}
}
