package registry_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/xrole/terraform-provider-xrole/internal/registry"
)

func TestRecord_currentAndDraft(t *testing.T) {
	t.Parallel()
	offer := &registry.Offer{Name: "globex", OfferID: "g2"}
	current := proven("s")
	current.OfferID, current.Revision = "g2", 7
	former := proven("s")
	former.OfferID, former.Revision = "g1", 7
	for name, row := range map[string]struct {
		r       registry.Record
		current bool
		status  registry.Status
	}{
		"nothing":             {registry.Record{}, false, registry.Pending},
		"offer alone":         {registry.Record{Offer: offer}, false, registry.Pending},
		"delivery alone":      {registry.Record{Delivery: &current}, false, registry.Pending},
		"both":                {registry.Record{Offer: offer, Delivery: &current}, true, registry.Verified},
		"of a former offer":   {registry.Record{Offer: offer, Delivery: &former}, false, registry.Pending},
		"offer without an id": {registry.Record{Offer: &registry.Offer{Name: "globex"}, Delivery: &former}, false, registry.Pending},
	} {
		if got := row.r.Current() != nil; got != row.current {
			t.Errorf("%s: current %v", name, got)
		}
		if got := row.r.Status(); got != row.status {
			t.Errorf("%s: status %q", name, got)
		}
	}
	want := registry.Delivery{Name: "globex", OfferID: "g2", Status: registry.Pending, Revision: 7}
	if diff := cmp.Diff(want, registry.Record{Offer: offer, Delivery: &former}.Draft()); diff != "" {
		t.Errorf("draft over a former delivery: %s", diff)
	}
	current.Claim(claim("t"))
	draft := registry.Record{Offer: offer, Delivery: &current}.Draft()
	draft.Claim(claim("t"))
	draft.Claims[0].StackID = "changed"
	copied := current
	copied.Withdraw("t", "Callback")
	if current.Claims[0].StackID != "t" {
		t.Error("a change of a copy reached the record")
	}
}

func TestRecord_externalIDInUse(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct{ current, previous, proven, want string }{
		"nothing proven":                         {"new", "", "", "new"},
		"proven":                                 {"new", "", "new", "new"},
		"rotating, nothing proven":               {"new", "old", "", "old"},
		"rotating, old one proven":               {"new", "old", "old", "old"},
		"rotating, new one proven":               {"new", "old", "new", "new"},
		"rotated twice, one before both proven":  {"new", "old", "older", "old"},
		"finished before the new one was proven": {"new", "", "old", "new"},
	} {
		d := fresh()
		if row.proven != "" {
			d.Prove(claim("s"), row.proven, noon)
		}
		offer := &registry.Offer{Name: "globex", OfferID: "g1", ExternalID: row.current, PreviousExternalID: row.previous}
		rec := registry.Record{Offer: offer, Delivery: &d}
		if got := rec.ExternalIDInUse(); got != row.want {
			t.Errorf("%s: got %q", name, got)
		}
		all := rec.ExternalIDs()
		want := slices.Sorted(slices.Values(slices.DeleteFunc([]string{row.current, row.previous}, func(id string) bool { return id == "" })))
		if all[0] != row.want || !slices.Equal(slices.Sorted(slices.Values(all)), want) {
			t.Errorf("%s: trusted are %q", name, all)
		}
	}
	if got := (registry.Record{}).ExternalIDInUse(); got != "" || (registry.Record{}).ExternalIDs() != nil {
		t.Errorf("without an offer: got %q", got)
	}
	d := fresh()
	d.Prove(claim("s"), "new", noon)
	other := registry.Record{Offer: &registry.Offer{Name: "globex", OfferID: "g9", ExternalID: "new", PreviousExternalID: "old"}, Delivery: &d}
	if got := other.ExternalIDInUse(); got != "old" {
		t.Errorf("a former onboarding's proof counted: got %q", got)
	}
}

func TestRecord_outdated(t *testing.T) {
	t.Parallel()
	leaving, loosened, adopted := proven("s"), proven("s"), fresh()
	leaving.Leave(noon)
	loosened.Loosen("")
	adopted.Prove(registry.Claim{RoleARN: claim("s").RoleARN, AccountID: "222222222222"}, "id-1", noon)
	for name, row := range map[string]struct {
		d       registry.Delivery
		version string
		want    bool
	}{
		"same template":         {proven("s"), "1-aaaa", false},
		"newer template":        {proven("s"), "1-bbbb", true},
		"leaving":               {leaving, "1-bbbb", true},
		"no longer proven":      {loosened, "1-bbbb", false},
		"nothing delivered":     {fresh(), "1-bbbb", false},
		"role without a stack":  {adopted, "1-bbbb", false},
		"leaving, same version": {leaving, "1-aaaa", false},
	} {
		r := registry.Record{Offer: &registry.Offer{Name: "globex", OfferID: "g1", TemplateVersion: row.version}, Delivery: &row.d}
		if got := r.Outdated(); got != row.want {
			t.Errorf("%s: got %v", name, got)
		}
	}
}
