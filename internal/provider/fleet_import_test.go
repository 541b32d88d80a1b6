package provider_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/xrole/terraform-provider-xrole/internal/lab"
)

// What was imported and never written since is destroyed in no way, until it is adopted.
func TestOnboardings_importedOnlyStays(t *testing.T) {
	t.Parallel()
	lab.Shared(t)
	for name, row := range map[string]struct {
		config func(w world) string
		run    []string
		want   string
	}{
		"destroyed":           {func(w world) string { return w.fleet("", fleetGlobex, fleetHooli) }, []string{"destroy"}, "`terraform state rm`"},
		"replaced":            {func(w world) string { return w.fleet("", fleetGlobex, fleetHooli) }, []string{"apply", "-replace=xrole_onboardings.all"}, "`terraform state rm`"},
		"the resource is out": {func(w world) string { return requireXrole + w.config("") }, []string{"apply"}, "`terraform state rm`"},
		"another account":     {func(w world) string { return w.fleet("", `globex = { account_id = "333333333333" }`, fleetHooli) }, []string{"apply"}, "Refusing to make again what was only imported"},
		"an account not known": {func(w world) string {
			return w.fleet("", `globex = { account_id = terraform_data.a.output }`, fleetHooli) + "\nresource \"terraform_data\" \"a\" {\n  input = \"333333333333\"\n}\n"
		}, []string{"apply"}, "Refusing to make again what was only imported"},
		"nobody is left": {func(w world) string { return w.fleet("") }, []string{"apply"}, "Write it into `customers`."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			first := w.fleetOf(t, "")
			before := w.externalIDs(t, "globex", "hooli")
			second := w.applied(t, w.fleet("", fleetGlobex, fleetHooli)+importFleet)
			second.Write(map[string]string{"main.tf": row.config(w)})
			if r := second.Run(append(row.run, "-auto-approve", "-no-color")...); r.Code != 1 || !strings.Contains(unwrap(r.Output), row.want) {
				t.Errorf("code %d:\n%s", r.Code, r.Output)
			}
			if after := w.externalIDs(t, "globex", "hooli"); !maps.Equal(after, before) {
				t.Errorf("External IDs of the first state were %v and are %v", before, after)
			}
			wantNoChange(t, first)
		})
	}
}

// The way out that the message names.
func TestOnboardings_importedDestroyedOnceAdopted(t *testing.T) {
	t.Parallel()
	lab.Shared(t)
	w := newWorld(t)
	w.fleetOf(t, "")
	second := w.applied(t, w.fleet("", fleetGlobex, fleetHooli)+importFleet)
	second.Write(map[string]string{"main.tf": w.fleet("adopt = true", fleetGlobex, fleetHooli)})
	second.Apply()
	second.Destroy()
	if left := w.externalIDs(t, "globex", "hooli"); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
}

// What an import leaves to the provider is shown once to who writes it, and nothing is written in AWS.
func TestOnboardings_importOfWhatIsChosen(t *testing.T) {
	t.Parallel()
	lab.Shared(t)
	w := newWorld(t)
	config := w.fleet("", `globex = { account_id = "222222222222", region = "eu-west-1", stack_name = "Acme" }`, fleetHooli)
	tf := w.applied(t, config)
	before := w.offer(t, "globex").Revision
	second := w.applied(t, config+importFleet)
	wantNoChange(t, second)
	if after := w.offer(t, "globex").Revision; after != before {
		t.Errorf("the revision was %s and is %s", before, after)
	}
	wantNoChange(t, tf)
}
