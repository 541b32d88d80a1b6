package provider_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/xrole/terraform-provider-xrole/internal/lab"
	"github.com/xrole/terraform-provider-xrole/internal/provider"
)

const manyKind = "xrole_onboardings"

// fleetAnswers are what a process of the provider says of a fleet.
type fleetAnswers struct {
	Read, Planned         fields
	ReadKept, PlannedKept string
	Said                  string
}

// fleetRefreshed reads a fleet and plans it with a configuration.
func (w world) fleetRefreshed(t *testing.T, inner tfprotov6.ProviderServer, defaults fields, m managed, config fields) (a fleetAnswers) {
	t.Helper()
	s := asked(t, inner)
	s.configure(t, with(fields{"region": w.hub.Region, "profile": w.partner.Profile}, defaults))
	kind := s.kind(manyKind)
	found, err := s.ReadResource(t.Context(), &tfprotov6.ReadResourceRequest{TypeName: manyKind, CurrentState: m.state, Private: m.private})
	if err != nil {
		t.Fatal(err)
	}
	a.Read, a.ReadKept = read(t, found.NewState, kind), string(found.Private)
	planned, err := s.PlanResourceChange(t.Context(), &tfprotov6.PlanResourceChangeRequest{
		TypeName: manyKind, PriorState: found.NewState, ProposedNewState: whole(t, kind, s.propose(manyKind, config, a.Read)), Config: whole(t, kind, config), PriorPrivate: found.Private,
	})
	if err != nil {
		t.Fatal(err)
	}
	a.Planned, a.PlannedKept = read(t, planned.PlannedState, kind), string(planned.PlannedPrivate)
	a.Said = messages(found.Diagnostics) + messages(planned.Diagnostics)
	return a
}

// Whatever has happened to one of a fleet, and whatever is changed, those who are answered for by the shortcut are answered for as
// by the framework.
func TestOnboardings_shortcutSaysTheSame(t *testing.T) {
	t.Parallel()
	w := newWorld(t, lab.Shared(t).NewAccount(t))
	role := fields{"name": "AcmeAccess", "managed_policy_arns": []string{"arn:aws:iam::aws:policy/SecurityAudit"}}
	config := fields{"hub": w.hubFields(), "role": role, "rotation": "a", "tags": fields{"team": "blue"}, "service_timeout_seconds": 900}
	globex := fields{"account_id": "222222222222", "force_destroy": true, "role": with(role, fields{"allow_session_tags": true})}
	for name, row := range map[string]struct {
		happens          func(t *testing.T, w world, name string, k *kept)
		change, customer fields
		defaults         fields
	}{
		"nothing":                            {},
		"the role was proven":                {happens: proven},
		"the template was written over":      {happens: templateOver},
		"the template is gone":               {happens: templateGone},
		"the offer is gone":                  {happens: offerGone},
		"the offer is of another":            {happens: offerTaken},
		"a revision of a run that was ended": {happens: offerOwn},
		"an argument is taken out":           {change: fields{"service_timeout_seconds": nil}},
		"a flag is taken out":                {customer: with(globex, fields{"force_destroy": nil})},
		"a flag of the role is taken out":    {customer: with(globex, fields{"role": role})},
		"an argument is put in":              {customer: with(globex, fields{"template_retention_days": 5})},
		"as text":                            {customer: with(globex, fields{"service_timeout_seconds": "900"})},
		"a tag for all":                      {defaults: fields{"default_tags": fields{"a": "b"}}},
		"a rotation":                         {customer: with(globex, fields{"rotation": "b"})},
		"another account":                    {customer: with(globex, fields{"account_id": "444455556666"})},
		"an account of its own":              {customer: with(globex, fields{"account_id": w.partner.ID})},
		"another hub":                        {change: fields{"hub": with(w.hubFields(), fields{"regions": []string{w.hub.Region}})}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			own := strings.NewReplacer(" ", "-", ",", "").Replace(name)
			customers := fields{own: globex, own + "-other": fields{"account_id": "333333333333"}, own + "-a": fields{"account_id": "333333333333"}}
			m := managed{kind: manyKind}
			if _, err := w.apply(t, &m, with(config, fields{"customers": customers})); err != nil {
				t.Fatal(err)
			}
			if row.happens != nil {
				row.happens(t, w, own, &kept{})
			}
			changed := with(with(config, fields{"customers": customers}), row.change)
			if row.customer != nil {
				changed["customers"] = with(customers, fields{own: row.customer})
			}
			short := w.fleetRefreshed(t, provider.NewServer("test")(), row.defaults, m, changed)
			long := w.fleetRefreshed(t, provider.NewServerWithoutShortcut("test")(), row.defaults, m, changed)
			if diff := cmp.Diff(long, short); diff != "" {
				t.Errorf("the framework says, and the shortcut (-framework +shortcut):\n%s", diff)
			}
		})
	}
}
