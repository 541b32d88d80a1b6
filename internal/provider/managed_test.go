package provider_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// managed is a resource as Terraform's core keeps it and drives it.
type managed struct {
	kind    string
	state   *tfprotov6.DynamicValue
	private []byte
	// identity is what newer versions of Terraform keep beside the state.
	identity *tfprotov6.ResourceIdentityData
}

// apply is one run of Terraform by a fresh process of the provider: refresh, plan and apply; a config of nil destroys. The
// error is the run's. changes is false if the plan showed none.
func (w world) apply(t *testing.T, m *managed, config fields) (changes bool, err error) {
	t.Helper()
	p := w.server(t)
	kind := p.kind(m.kind)
	prior := whole(t, kind, nil)
	if m.state != nil {
		found, err := p.ReadResource(t.Context(), &tfprotov6.ReadResourceRequest{TypeName: m.kind, CurrentState: m.state, Private: m.private})
		if err != nil {
			return false, err //nolint:wrapcheck // it is a test's
		}
		if failed(found.Diagnostics) {
			return false, fmt.Errorf("reading: %s", messages(found.Diagnostics))
		}
		prior, m.private = found.NewState, found.Private
	}
	wanted := whole(t, kind, config)
	proposed := wanted
	had := read(t, prior, kind)
	if config != nil && len(had) > 0 {
		proposed = whole(t, kind, p.propose(m.kind, config, had))
	}
	planned, err := p.PlanResourceChange(t.Context(), &tfprotov6.PlanResourceChangeRequest{TypeName: m.kind, PriorState: prior, ProposedNewState: proposed, Config: wanted, PriorPrivate: m.private})
	if err != nil {
		return false, err //nolint:wrapcheck // it is a test's
	}
	if failed(planned.Diagnostics) {
		return false, fmt.Errorf("planning: %s", messages(planned.Diagnostics))
	}
	if len(planned.RequiresReplace) > 0 && len(had) > 0 && config != nil {
		t.Fatalf("%s would be made again", m.kind)
	}
	if same(t, p, m.kind, prior, planned.PlannedState) {
		if m.state, m.private = prior, planned.PlannedPrivate; len(had) == 0 {
			m.state, m.private = nil, nil
		}
		return false, nil
	}
	applied, err := p.ApplyResourceChange(t.Context(), &tfprotov6.ApplyResourceChangeRequest{
		TypeName: m.kind, PriorState: prior, PlannedState: planned.PlannedState, PlannedPrivate: planned.PlannedPrivate, Config: wanted,
	})
	if err != nil {
		return true, err //nolint:wrapcheck // it is a test's
	}
	m.identity = applied.NewIdentity
	if m.state, m.private = applied.NewState, applied.Private; len(read(t, applied.NewState, kind)) == 0 {
		m.state, m.private = nil, nil
	}
	if failed(applied.Diagnostics) {
		return true, fmt.Errorf("applying: %s", messages(applied.Diagnostics))
	}
	return true, nil
}

func same(t *testing.T, p server, kind string, a, b *tfprotov6.DynamicValue) bool {
	t.Helper()
	left, err := a.Unmarshal(p.kind(kind))
	if err != nil {
		t.Fatal(err)
	}
	right, err := b.Unmarshal(p.kind(kind))
	if err != nil {
		t.Fatal(err)
	}
	return left.Equal(right)
}

func failed(diags []*tfprotov6.Diagnostic) bool {
	return slices.ContainsFunc(diags, func(d *tfprotov6.Diagnostic) bool { return d.Severity == tfprotov6.DiagnosticSeverityError })
}

// propose is what Terraform would propose: the configuration, and of what it leaves to the provider what there is.
func (s server) propose(kind string, config, had fields) fields {
	proposed := maps.Clone(config)
	for _, attribute := range s.schemas.ResourceSchemas[kind].Block.Attributes {
		if attribute.Computed && proposed[attribute.Name] == nil {
			proposed[attribute.Name] = had[attribute.Name]
		}
	}
	if role, ok := proposed["role"].(fields); ok && kind == one {
		was, _ := had["role"].(fields)
		for _, flag := range []string{"allow_session_tags", "allow_source_identity"} {
			if role[flag] == nil {
				role = with(role, fields{flag: was[flag]})
			}
		}
		proposed["role"] = role
	}
	return proposed
}
