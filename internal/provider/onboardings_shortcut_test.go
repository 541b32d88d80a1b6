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

// fleetRefreshed reads a fleet and plans it with a configuration.
func (w world) fleetRefreshed(t *testing.T, inner tfprotov6.ProviderServer, defaults fields, m managed, config fields) said {
	t.Helper()
	s := asked(t, inner)
	s.configure(t, with(fields{"region": w.hub.Region, "profile": w.partner.Profile}, defaults))
	found, planned := s.refresh(t, &tfprotov6.ReadResourceRequest{TypeName: manyKind, CurrentState: m.state, Private: m.private}, config)
	return s.said(t, manyKind, found, planned)
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
			if beside := unpacked(t, m.private); strings.Contains(beside, "stands") {
				t.Errorf("what follows from the attributes is kept twice: %s", beside)
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

// A state that a later version of the provider wrote, which knows more arguments, is read as far as this one knows it: nothing is
// lost, and what somebody deleted is found. In a configuration such an argument is refused.
func TestOnboardings_stateOfALaterVersion(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	role := fields{"name": "AcmeAccess"}
	config := fields{"hub": w.hubFields(), "customers": fields{"globex": fields{"account_id": "222222222222", "role": role}, "hooli": fields{"account_id": "333333333333", "role": role}}}
	m := managed{kind: manyKind}
	if _, err := w.apply(t, &m, config); err != nil {
		t.Fatal(err)
	}
	before := w.externalIDs(t, "globex", "hooli")
	kind := w.server(t).kind(manyKind)
	later := fields{"account_id": "222222222222", "role": with(role, fields{"later": "x"}), "later": fields{"a": true}}
	state := read(t, m.state, kind)
	newer := fields{"customers": fields{"globex": later, "hooli": fields{"account_id": "333333333333", "role": role, "later": "x"}}}
	m.state = whole(t, kind, with(state, newer))
	for _, happens := range []func(*testing.T, world, string, *kept){nil, offerGone} {
		if happens != nil {
			happens(t, w, "globex", &kept{})
		}
		if changes, err := w.apply(t, &m, config); changes != (happens != nil) || err != nil {
			t.Errorf("changes: %t, %v", changes, err)
		}
	}
	w.wantIDs(t, before, "globex", "hooli")
	if _, err := w.apply(t, &m, with(config, newer)); err == nil || !strings.Contains(err.Error(), `There is no argument "later" here`) {
		t.Errorf("an argument that there is not: %v", err)
	}
}
