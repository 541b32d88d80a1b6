package onboarding_test

import (
	"testing"

	"github.com/xrole/terraform-provider-xrole/internal/onboarding"
)

// invitation is a life of one onboarding of which the versions of all templates are noted, in their order.
type invitation struct {
	*testing.T
	*world
	service  *onboarding.Service
	in       onboarding.Inputs
	on       *onboarding.Onboarding
	versions []string
}

func invite(t *testing.T) *invitation {
	t.Helper()
	w := newWorld(t)
	i := &invitation{T: t, world: w, service: w.service(t), in: w.inputs("globex")}
	var err error
	if i.on, err = i.service.Create(t.Context(), i.in); err != nil {
		t.Fatal(err)
	}
	i.versions = append(i.versions, i.on.Publication.TemplateVersion)
	return i
}

func (i *invitation) update(change func(*onboarding.Inputs)) {
	i.Helper()
	change(&i.in)
	var err error
	if i.on, err = i.service.Update(i.Context(), i.in, i.on.Identity, i.on.Publication.Key, i.on.Ownership); err != nil {
		i.Fatal(err)
	}
	i.versions = append(i.versions, i.on.Publication.TemplateVersion)
}

// knows wants the offer to know the versions from one on, and none before it.
func (i *invitation) knows(from int) {
	i.Helper()
	rec, err := i.service.Registry.Get(i.Context(), "globex")
	if err != nil {
		i.Fatal(err)
	}
	for n, version := range i.versions {
		if rec.Offer.Knows(version) != (n >= from) {
			i.Errorf("version %d of %d is known: %t; the offer knows %v", n, len(i.versions), n < from, rec.Offer.Versions())
		}
	}
}

func timeout(seconds int) func(*onboarding.Inputs) {
	return func(in *onboarding.Inputs) { in.ServiceTimeoutSeconds = seconds }
}

func rotate(to string, finish bool) func(*onboarding.Inputs) {
	return func(in *onboarding.Inputs) { in.Rotation, in.RotationFinish = to, &finish }
}

// A customer may launch what it downloaded long ago: an offer knows its former templates through every change, by a run
// that adopts it too, and after their retention. A new onboarding of that name knows none of them.
func TestService_formerVersions(t *testing.T) {
	t.Parallel()
	i := invite(t)
	i.clock = i.clock.AddDate(1, 0, 0)
	i.update(timeout(900))
	i.knows(0)
	i.clock = i.clock.AddDate(1, 0, 0)
	i.update(rotate("second", false))
	i.knows(0)
	adopt := true
	i.in.Adopt, i.in.ServiceTimeoutSeconds = &adopt, 1200
	on, err := i.world.service(t).Create(t.Context(), i.in)
	if err != nil {
		t.Fatal(err)
	}
	i.versions = append(i.versions, on.Publication.TemplateVersion)
	i.knows(0)
	if err := i.service.Delete(t.Context(), "globex", on.Publication.Key, false, on.Ownership); err != nil {
		t.Fatal(err)
	}
	i.in.Adopt = nil
	if _, err = i.service.Create(t.Context(), i.in); err != nil {
		t.Fatal(err)
	}
	i.knows(len(i.versions))
}

// A rotation that is finished, at once or later, shuts out whoever holds a template from before it: nobody else, and not sooner.
func TestService_formerVersionsRotated(t *testing.T) {
	t.Parallel()
	i := invite(t)
	i.update(timeout(900))
	i.update(rotate("second", false))
	i.update(timeout(1200))
	i.knows(0)
	i.update(rotate("second", true))
	i.knows(2)
	i.update(rotate("third", true)) // an External ID has leaked
	i.knows(len(i.versions) - 1)
}

// An offer that was lost knows again what it knew, also when it is changed in the same run, and one that is an older copy
// learns it.
func TestService_formerVersionsRestored(t *testing.T) {
	t.Parallel()
	for name, lose := range map[string]func(*invitation){
		"lost": func(i *invitation) { i.lose(i.T, "globex") },
		"an older copy": func(i *invitation) {
			rec, err := i.service.Registry.Get(i.Context(), "globex")
			if err != nil {
				i.Fatal(err)
			}
			older, seen := *rec.Offer, rec.Offer.Revision
			older.TemplateVersion, older.Former = i.versions[0], nil
			older.Revision = i.on.Ownership.Revision // as the state has it: what it holds is not compared
			if err := i.service.Registry.UpdateOffer(i.Context(), older, seen); err != nil {
				i.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := invite(t)
			i.update(timeout(900))
			i.update(timeout(1200))
			lose(i)
			i.update(timeout(1500))
			i.knows(0)
		})
	}
}
