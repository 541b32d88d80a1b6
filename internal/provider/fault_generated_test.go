package provider_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/xrole/terraform-provider-xrole/internal/lab"
)

// reading is something that only reads, as a newer Terraform asks for it.
type reading struct {
	name string
	// varies are the attributes that are others each time.
	varies []string
	ask    func(t *testing.T, s server) (fields, []*tfprotov6.Diagnostic)
}

func readings(w world) []reading {
	data := func(name string, config fields) func(*testing.T, server) (fields, []*tfprotov6.Diagnostic) {
		return func(t *testing.T, s server) (fields, []*tfprotov6.Diagnostic) {
			t.Helper()
			kind := s.schemas.DataSourceSchemas[name].ValueType()
			resp, err := s.ReadDataSource(t.Context(), &tfprotov6.ReadDataSourceRequest{TypeName: name, Config: whole(t, kind, config)})
			if err != nil {
				t.Fatal(err)
			}
			if failed(resp.Diagnostics) {
				return nil, resp.Diagnostics
			}
			return read(t, resp.State, kind), resp.Diagnostics
		}
	}
	globex := fields{"hub": w.hubFields(), "name": "globex"}
	return []reading{
		{"xrole_hub", nil, data("xrole_hub", fields{"name": "acme"})},
		{"xrole_role", nil, data("xrole_role", globex)},
		{"xrole_roles", nil, data("xrole_roles", fields{"hub": w.hubFields()})},
		{"xrole_trust_check", nil, data("xrole_trust_check", globex)},
		{"xrole_credentials", []string{"access_key_id", "secret_access_key", "session_token", "expiration"}, func(t *testing.T, s server) (fields, []*tfprotov6.Diagnostic) {
			t.Helper()
			kind := s.schemas.EphemeralResourceSchemas["xrole_credentials"].ValueType()
			resp, err := s.OpenEphemeralResource(t.Context(), &tfprotov6.OpenEphemeralResourceRequest{TypeName: "xrole_credentials", Config: whole(t, kind, globex)})
			if err != nil {
				t.Fatal(err)
			}
			if failed(resp.Diagnostics) {
				return nil, resp.Diagnostics
			}
			return read(t, resp.Result, kind), resp.Diagnostics
		}},
	}
}

// Each request of whatever reads fails in each way. It then says of what, or shows what it shows without a fault; and the next
// run does. What proves a role is patient with refusals, as IAM is slow, and is left to `make faults`.
func TestReadings_everyRequest(t *testing.T) {
	t.Parallel()
	for i, name := range []string{"xrole_hub", "xrole_role", "xrole_roles", "xrole_trust_check", "xrole_credentials"} {
		if patient := i > 2; patient && os.Getenv("XROLE_FAULTS") == "" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			customer := lab.Shared(t).NewAccount(t)
			admin, _ := withLiveCustomer(t, customer)
			w := admin.collector(t)
			w.everyRequest(t, readings(w)[i])
		})
	}
}

func (w world) everyRequest(t *testing.T, r reading) {
	t.Helper()
	fresh := func() (fields, []*tfprotov6.Diagnostic) {
		found, diags := r.ask(t, w.server(t))
		for _, name := range r.varies {
			delete(found, name)
		}
		return found, diags
	}
	before := len(w.asked())
	want, diags := fresh()
	noErrors(t, diags)
	generated, passed := 0, 0
	for at, request := range w.asked()[before:] {
		for _, way := range lab.Ways() {
			if way.Ends {
				continue // what only reads leaves nothing behind, and has nobody to say it to
			}
			generated++
			name := fmt.Sprintf("%d %s %s", at, request, way.Name)
			var got fields
			var diags []*tfprotov6.Diagnostic
			if !w.lab.Under(way, lab.Fault{AccountID: w.partner.ID, After: at}, func() { got, diags = fresh() }) {
				t.Errorf("%s: no request met the fault", name)
				continue
			}
			if got == nil && !strings.Contains(messages(diags), "globex") && !strings.Contains(messages(diags), "acme") && !strings.Contains(messages(diags), "AcmeAccess") || got != nil && !cmp.Equal(want, got) {
				t.Errorf("%s: says %s\n%s", name, messages(diags), cmp.Diff(want, got))
				continue
			}
			if again, diags := fresh(); !cmp.Equal(want, again) {
				t.Errorf("%s: the next run says %s\n%s", name, messages(diags), cmp.Diff(want, again))
				continue
			}
			passed++
		}
	}
	t.Logf("%d of %d cases passed", passed, generated)
	if generated < 7 {
		t.Errorf("only %d cases were generated", generated)
	}
}

// asked are the requests of the partner's account so far.
func (w world) asked() (names []string) {
	for _, r := range w.lab.Requests(lab.Filter{AccountID: w.partner.ID}) {
		names = append(names, r.Service+" "+r.Operation)
	}
	return names
}
