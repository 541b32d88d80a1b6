package registry_test

import (
	"fmt"
	"testing"

	"github.com/xrole/terraform-provider-xrole/internal/registry"
)

// An offer knows the versions of every template that it was, up to a limit and as long as it trusts their External ID, and no other.
func TestOffer_Remember(t *testing.T) {
	t.Parallel()
	next := func(former registry.Offer, version, id, previous string) registry.Offer {
		o := registry.Offer{TemplateVersion: version, ExternalID: id, PreviousExternalID: previous}
		o.Remember(former.Versions()...)
		return o
	}
	knows := func(o registry.Offer, versions ...string) {
		t.Helper()
		var all []string
		for _, v := range o.Versions() {
			all = append(all, v.Version)
		}
		if fmt.Sprint(all) != fmt.Sprint(versions) {
			t.Errorf("knows %q, not %q", all, versions)
		}
		for _, v := range versions {
			if !o.Knows(v) {
				t.Errorf("does not know %s of %q", v, all)
			}
		}
	}
	first := next(registry.Offer{}, "v0", "A", "")
	knows(first, "v0")
	again := next(first, "v1", "A", "")
	knows(again, "v0", "v1")
	knows(next(again, "v1", "A", ""), "v0", "v1")
	knows(next(again, "v0", "A", ""), "v1", "v0")
	rotated := next(again, "v2", "B", "A")
	knows(rotated, "v0", "v1", "v2")
	knows(next(rotated, "v3", "B", ""), "v2", "v3")
	knows(next(again, "v4", "C", ""), "v4")
	many := first
	for i := range registry.MaxVersions + 3 {
		many = next(many, fmt.Sprint("m", i), "A", "")
	}
	if len(many.Former) != registry.MaxVersions || many.Knows("v0") || !many.Knows(fmt.Sprint("m", registry.MaxVersions+1)) {
		t.Errorf("knows %v", many.Former)
	}
	for _, o := range []registry.Offer{{}, first} {
		if o.Knows("") || o.Knows("v9") {
			t.Errorf("%+v knows what it never was", o)
		}
	}
}
