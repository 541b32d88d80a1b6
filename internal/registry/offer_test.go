package registry_test

import (
	"fmt"
	"testing"

	"github.com/xrole/terraform-provider-xrole/internal/registry"
)

// An offer knows the versions of every template that it was, up to a limit, and no other.
func TestOffer_versions(t *testing.T) {
	t.Parallel()
	offer := registry.Offer{TemplateVersion: "v0"}
	for i := 1; i <= registry.MaxVersions+2; i++ {
		next := registry.Offer{TemplateVersion: fmt.Sprint("v", i)}
		next.Follow(offer)
		offer = next
	}
	same := registry.Offer{TemplateVersion: offer.TemplateVersion}
	same.Follow(offer)
	back := registry.Offer{TemplateVersion: "v5"}
	back.Follow(same)
	back.Follow(back)
	if len(back.FormerVersions) != registry.MaxVersions {
		t.Errorf("knows %d former versions", len(back.FormerVersions))
	}
	for version, want := range map[string]bool{"v5": true, "v4": true, fmt.Sprint("v", registry.MaxVersions+2): true, "v2": false, "": false, "w1": false} {
		if back.Knows(version) != want {
			t.Errorf("knows %q: %t of %q", version, !want, back.FormerVersions)
		}
	}
	if empty := (&registry.Offer{}); empty.Knows("") {
		t.Error("an offer without a template knows an empty version")
	}
}
