package provider_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/xrole/terraform-provider-xrole/internal/registry"
)

// list runs a list block, and takes no more than the first results.
func (s server) list(t *testing.T, config fields, limit int64, whole bool) []tfprotov6.ListResourceResult {
	t.Helper()
	lister, ok := s.ProviderServer.(tfprotov6.ListResourceServer)
	if !ok {
		t.Fatal("the server lists nothing")
	}
	stream, err := lister.ListResource(t.Context(), &tfprotov6.ListResourceRequest{TypeName: "xrole_onboarding", Config: value(t, config), Limit: limit, IncludeResource: whole})
	if err != nil {
		t.Fatal(err)
	}
	return slices.Collect(stream.Results)
}

// crowd adds onboardings to the registry, of which every third is delivered.
func (w world) crowd(t *testing.T, names ...string) {
	t.Helper()
	first := w.offer(t, "globex")
	for i, name := range names {
		o := *first
		o.Name, o.OfferID, o.ExternalID = name, name, fmt.Sprint("crowd-", name)
		if err := w.store(t).CreateOffer(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		if i%3 != 0 {
			continue
		}
		if err := w.store(t).PutDelivery(t.Context(), registry.Delivery{Name: name, OfferID: name, Status: registry.Delivered}); err != nil {
			t.Fatal(err)
		}
	}
}

func (w world) registryHub() fields {
	return fields{"account_id": w.partner.ID, "region": "us-east-1", "table": w.hub.Table}
}

func displayed(results []tfprotov6.ListResourceResult) []string {
	var names []string
	for _, r := range results {
		names = append(names, r.DisplayName)
	}
	slices.Sort(names)
	return names
}

// What is listed can be adopted: its identity imports, and gives what the list has shown.
func TestOnboardingList_adopt(t *testing.T) {
	t.Parallel()
	w, s, _ := onboarded(t)
	w.crowd(t, "initech", "hooli", "umbrella")
	results := s.list(t, fields{"hub": w.registryHub()}, 100, true)
	if diff := cmp.Diff([]string{"globex (pending)", "hooli (pending)", "initech (delivered)", "umbrella (pending)"}, displayed(results)); diff != "" {
		t.Fatal(diff)
	}
	const resource = "xrole_onboarding"
	for _, r := range results {
		noErrors(t, r.Diagnostics)
		name, _, _ := strings.Cut(r.DisplayName, " ")
		if diff := cmp.Diff(w.identity(name), s.identityOf(t, resource, r.Identity)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if name != "globex" {
			continue // the others' offers are copies of that one's
		}
		imported := s.importByIdentity(t, resource, s.identityOf(t, resource, r.Identity))
		noErrors(t, imported.Diagnostics)
		if diff := cmp.Diff(read(t, imported.ImportedResources[0].State, s.kind(resource)), read(t, r.Resource, s.kind(resource))); diff != "" {
			t.Error(diff)
		}
	}
	if got := displayed(s.list(t, fields{"hub": w.registryHub(), "statuses": []string{"delivered"}}, 100, false)); !slices.Equal(got, []string{"initech (delivered)"}) {
		t.Errorf("delivered are %v", got)
	}
}

// A few of many are found without reading the many.
func TestOnboardingList_limit(t *testing.T) {
	t.Parallel()
	w, s, _ := onboarded(t)
	var names []string
	for i := range 60 {
		names = append(names, fmt.Sprintf("customer-%02d", i))
	}
	w.crowd(t, names...)
	count := w.counter()
	results := s.list(t, fields{"hub": w.registryHub()}, 5, false)
	if len(results) != 5 {
		t.Errorf("%d results, not 5", len(results))
	}
	for _, r := range results {
		noErrors(t, r.Diagnostics)
	}
	// The lab's table is in the order of its keys, so that what came back goes by before the first offer.
	switch few := count.operations(); slices.Index(few, "BatchGetItem") {
	case 1:
		t.Errorf("5 of 61 made the requests %v: it read everything at once", few)
	case len(few) - 1:
	default:
		t.Errorf("5 of 61 made the requests %v: it went on after there were enough", few)
	}
	count.reset()
	if all := s.list(t, fields{"hub": w.registryHub()}, 0, false); len(all) != 61 {
		t.Errorf("%d results, not 61", len(all))
	}
	if err := count.exactly("listing all", "Scan", "BatchGetItem"); err != nil {
		t.Error(err)
	}
}

func TestOnboardingList_refused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.server(t)
	for want, hub := range map[string]fields{
		"table/gone\" is not there": with(w.registryHub(), fields{"table": "gone"}),
		"of another account":        with(w.registryHub(), fields{"account_id": "999999999999"}),
	} {
		results := s.list(t, fields{"hub": hub}, 100, false)
		if len(results) != 1 {
			t.Fatalf("%d results", len(results))
		}
		says(t, results[0].Diagnostics, "Unable to list the onboardings", want)
	}
	lister, ok := s.ProviderServer.(tfprotov6.ListResourceServer)
	if !ok {
		t.Fatal("the server lists nothing")
	}
	for want, config := range map[string]fields{
		`Got: "perfect"`: {"hub": w.registryHub(), "statuses": []string{"perfect"}}, "account": {"hub": with(w.registryHub(), fields{"account_id": "1"})},
	} {
		resp, err := lister.ValidateListResourceConfig(t.Context(), &tfprotov6.ValidateListResourceConfigRequest{TypeName: "xrole_onboarding", Config: value(t, config)})
		if err != nil {
			t.Fatal(err)
		}
		says(t, resp.Diagnostics, want)
	}
}
