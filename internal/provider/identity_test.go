package provider_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/xrole/terraform-provider-xrole/internal/lab"
)

// onboarded is a world with the onboarding globex, made by the Terraform of these tests, and its state.
func onboarded(t *testing.T) (world, server, *tfprotov6.DynamicValue) {
	t.Helper()
	l := lab.Shared(t)
	customer := l.NewAccount(t)
	w := newWorld(t, customer)
	w.applied(t, requireXrole+w.config(globex(customer.ID)))
	s := w.server(t)
	imported := s.importByID(t, "xrole_onboarding", "acme,globex")
	noErrors(t, imported.Diagnostics)
	return w, s, imported.ImportedResources[0].State
}

func (s server) importByID(t *testing.T, resource, id string) *tfprotov6.ImportResourceStateResponse {
	t.Helper()
	resp, err := s.ImportResourceState(t.Context(), &tfprotov6.ImportResourceStateRequest{TypeName: resource, ID: id})
	if err != nil {
		t.Fatal(err)
	}
	return resp
}

func (s server) importByIdentity(t *testing.T, resource string, id fields) *tfprotov6.ImportResourceStateResponse {
	t.Helper()
	resp, err := s.ImportResourceState(t.Context(), &tfprotov6.ImportResourceStateRequest{TypeName: resource, Identity: identityData(t, id)})
	if err != nil {
		t.Fatal(err)
	}
	return resp
}

func (s server) read(t *testing.T, resource string, state *tfprotov6.DynamicValue, id *tfprotov6.ResourceIdentityData) *tfprotov6.ReadResourceResponse {
	t.Helper()
	resp, err := s.ReadResource(t.Context(), &tfprotov6.ReadResourceRequest{TypeName: resource, CurrentState: state, CurrentIdentity: id})
	if err != nil {
		t.Fatal(err)
	}
	return resp
}

func (w world) identity(name string) fields {
	return fields{"account_id": w.partner.ID, "region": "us-east-1", "table": "xrole-acme", "name": name}
}

// A state that has no identity yet gets it at the next refresh, and nothing else changes by that.
func TestIdentity_ofOlderState(t *testing.T) {
	t.Parallel()
	w, s, state := onboarded(t)
	const resource = "xrole_onboarding"
	first := s.read(t, resource, state, nil)
	noErrors(t, first.Diagnostics)
	if diff := cmp.Diff(w.identity("globex"), s.identityOf(t, resource, first.NewIdentity)); diff != "" {
		t.Error(diff)
	}
	again := s.read(t, resource, first.NewState, first.NewIdentity)
	noErrors(t, again.Diagnostics)
	before, after := read(t, first.NewState, s.kind(resource)), read(t, again.NewState, s.kind(resource))
	if diff := cmp.Diff(before, after); diff != "" {
		t.Error(diff)
	}
}

// What identifies an onboarding never changes while it stands: a plan that would change it is a replacement.
func TestIdentity_stays(t *testing.T) {
	t.Parallel()
	w, s, state := onboarded(t)
	const resource = "xrole_onboarding"
	id := identityData(t, w.identity("globex"))
	current := read(t, state, s.kind(resource))
	hub, _ := current["hub"].(fields)
	for change, changes := range map[string]fields{
		"nothing": {}, "a setting": {"tags": fields{"team": "a"}},
		"name": {"name": "other", "external_id": nil}, "table": {"hub": with(hub, fields{"table": "xrole-other"})},
	} {
		private := s.importByID(t, resource, "acme,globex").ImportedResources[0].Private
		config := value(t, with(current, changes))
		planned, err := s.PlanResourceChange(t.Context(), &tfprotov6.PlanResourceChangeRequest{
			TypeName: resource, PriorState: state, ProposedNewState: config, Config: config, PriorPrivate: private, PriorIdentity: id,
		})
		if err != nil {
			t.Fatal(err)
		}
		noErrors(t, planned.Diagnostics)
		if replaces := len(planned.RequiresReplace) > 0; replaces != (change == "name" || change == "table") {
			t.Errorf("%s: replaced by %v", change, planned.RequiresReplace)
		}
		if len(planned.RequiresReplace) > 0 {
			continue
		}
		applied, err := s.ApplyResourceChange(t.Context(), &tfprotov6.ApplyResourceChangeRequest{
			TypeName: resource, PriorState: state, PlannedState: planned.PlannedState, Config: config, PlannedPrivate: planned.PlannedPrivate, PlannedIdentity: planned.PlannedIdentity,
		})
		if err != nil {
			t.Fatal(err)
		}
		noErrors(t, applied.Diagnostics)
		if diff := cmp.Diff(w.identity("globex"), s.identityOf(t, resource, applied.NewIdentity)); diff != "" {
			t.Errorf("%s: %s", change, diff)
		}
	}
}

func TestIdentity_import(t *testing.T) {
	t.Parallel()
	w, s, state := onboarded(t)
	const resource = "xrole_onboarding"
	for name, id := range map[string]fields{
		"whole": w.identity("globex"), "with defaults": {"table": "xrole-acme", "name": "globex"},
	} {
		resp := s.importByIdentity(t, resource, id)
		noErrors(t, resp.Diagnostics)
		got := resp.ImportedResources[0]
		if diff := cmp.Diff(read(t, state, s.kind(resource)), read(t, got.State, s.kind(resource))); diff != "" {
			t.Errorf("%s: other than by id: %s", name, diff)
		}
		if diff := cmp.Diff(w.identity("globex"), s.identityOf(t, resource, got.Identity)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		refreshed, err := s.ReadResource(t.Context(), &tfprotov6.ReadResourceRequest{TypeName: resource, CurrentState: got.State, CurrentIdentity: got.Identity, Private: got.Private})
		if err != nil {
			t.Fatal(err)
		}
		noErrors(t, refreshed.Diagnostics)
	}
	for name, row := range map[string]struct {
		id   fields
		want string
	}{
		"nobody":          {w.identity("nobody"), "Onboarding not found"},
		"other account":   {with(w.identity("globex"), fields{"account_id": "999999999999"}), "Unable to read the onboarding to import"},
		"other region":    {with(w.identity("globex"), fields{"region": "eu-west-1"}), "Unable to read the onboarding to import"},
		"other table":     {with(w.identity("globex"), fields{"table": "gone"}), "Unable to read the onboarding to import"},
		"the table's ARN": {with(w.identity("globex"), fields{"account_id": nil, "table": w.hub.TableARN}), "Onboarding of another registry"},
	} {
		if resp := s.importByIdentity(t, resource, row.id); len(resp.Diagnostics) == 0 {
			t.Errorf("%s: imported", name)
		} else {
			says(t, resp.Diagnostics, row.want)
		}
	}
}

func TestIdentity_hub(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.server(t)
	const resource = "xrole_hub"
	id := fields{"account_id": w.partner.ID, "region": "us-east-1", "name": "acme"}
	for name, asked := range map[string]fields{"whole": id, "with defaults": {"name": "acme"}} {
		resp := s.importByIdentity(t, resource, asked)
		noErrors(t, resp.Diagnostics)
		if diff := cmp.Diff(id, s.identityOf(t, resource, resp.ImportedResources[0].Identity)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	for want, changes := range map[string]fields{
		"of another account": {"account_id": "999999999999"}, `no hub "acme" in "eu-west-1"`: {"region": "eu-west-1"}, `no hub "gone"`: {"name": "gone"},
	} {
		says(t, s.importByIdentity(t, resource, with(id, changes)).Diagnostics, want)
	}
	byID := s.importByID(t, resource, "acme")
	noErrors(t, byID.Diagnostics)
	state := byID.ImportedResources[0].State
	resp := s.read(t, resource, state, nil)
	noErrors(t, resp.Diagnostics)
	if diff := cmp.Diff(id, s.identityOf(t, resource, resp.NewIdentity)); diff != "" {
		t.Errorf("of an older state: %s", diff)
	}
	gone := value(t, with(read(t, state, s.kind(resource)), fields{"name": "gone", "table": "xrole-gone"}))
	resp = s.read(t, resource, gone, nil)
	noErrors(t, resp.Diagnostics)
	if f := read(t, resp.NewState, s.kind(resource)); f != nil {
		t.Errorf("a hub that is gone stays in the state: %v", f)
	}
}
