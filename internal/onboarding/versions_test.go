package onboarding_test

import (
	"testing"

	"github.com/xrole/terraform-provider-xrole/internal/onboarding"
	"github.com/xrole/terraform-provider-xrole/internal/registry"
)

// A customer may launch what it downloaded long ago: an offer knows its former templates through every change, by a run
// that adopts it too, and after their retention. A new onboarding of that name knows none of them.
func TestService_formerVersions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.service(t)
	in := w.inputs("globex")
	on, err := s.Create(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	versions := []string{on.Publication.TemplateVersion}
	knows := func() *registry.Offer {
		t.Helper()
		rec, err := s.Registry.Get(t.Context(), "globex")
		if err != nil {
			t.Fatal(err)
		}
		for _, version := range versions {
			if !rec.Offer.Knows(version) {
				t.Errorf("%s is not known; the offer knows %s and %s", version, rec.Offer.TemplateVersion, rec.Offer.FormerVersions)
			}
		}
		return rec.Offer
	}
	for name, change := range map[string]func(*onboarding.Inputs){
		"another timeout": func(in *onboarding.Inputs) { in.ServiceTimeoutSeconds = 900 },
		"a rotation":      func(in *onboarding.Inputs) { in.Rotation = "second" },
	} {
		change(&in)
		w.clock = w.clock.AddDate(1, 0, 0)
		if on, err = s.Update(t.Context(), in, on.Identity, on.Ownership); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		versions = append(versions, on.Publication.TemplateVersion)
		if offer := knows(); len(offer.FormerVersions) != len(versions)-1 {
			t.Errorf("%s: knows %s", name, offer.FormerVersions)
		}
	}
	adopt := true
	in.Adopt, in.ServiceTimeoutSeconds = &adopt, 1200
	if on, err = w.service(t).Create(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	versions = append(versions, on.Publication.TemplateVersion)
	knows()
	if err := s.Delete(t.Context(), "globex", on.Publication.Key, false, on.Ownership); err != nil {
		t.Fatal(err)
	}
	in.Adopt = nil
	if _, err = s.Create(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	rec, err := s.Registry.Get(t.Context(), "globex")
	if err != nil {
		t.Fatal(err)
	}
	for _, version := range versions {
		if rec.Offer.Knows(version) {
			t.Errorf("a new onboarding knows %s", version)
		}
	}
}
