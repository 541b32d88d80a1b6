package compat_test

import (
	"maps"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"github.com/xrole/terraform-provider-xrole/internal/awsclients"
	"github.com/xrole/terraform-provider-xrole/internal/callback"
	"github.com/xrole/terraform-provider-xrole/internal/hub"
	"github.com/xrole/terraform-provider-xrole/internal/lab"
	"github.com/xrole/terraform-provider-xrole/internal/launch"
	"github.com/xrole/terraform-provider-xrole/internal/registry"
)

// What a stack of a released template sends is understood, and the same resource keeps its physical id: another one
// would make CloudFormation replace it.
func TestMessages(t *testing.T) {
	t.Parallel()
	for version, f := range fixtures(t) {
		var create string
		for _, kind := range []callback.Type{callback.Create, callback.Update, callback.Delete} {
			m := f.Messages[string(kind)]
			r, err := callback.Parse(m.TopicARN, m.Message)
			if err != nil {
				t.Fatalf("%s: %s: %v", version, kind, err)
			}
			if r.Type != kind || r.Properties.OnboardingName != "globex" || r.Properties.Role.Name != "AcmeAccess" || r.Properties.TemplateVersion == "" {
				t.Errorf("%s: %s was read as %+v", version, kind, r)
			}
			if kind == callback.Create {
				create = r.PhysicalID()
			} else if r.PhysicalResourceID != create {
				t.Errorf("%s: the Create is answered with the physical id %s now, it was %s", version, create, r.PhysicalResourceID)
			}
		}
	}
}

// A hub, onboardings, links and a state of a released version, under the receiver and the provider of today.
func TestUpgrade(t *testing.T) {
	t.Parallel()
	for version, f := range fixtures(t) {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, version)
			w.restore(t, f)
			w.readsRegistry(t, f)
			tf := lab.Shared(t).Terraform(t, w.partner, map[string]string{"main.tf": f.read(t, "main.tf"), "terraform.tfstate": f.read(t, "state.json")})
			tf.Init()
			for _, args := range [][]string{{"-refresh=true"}, {"-refresh-only"}} {
				if _, out := tf.Plan(args...); !strings.Contains(out, "No changes.") {
					t.Errorf("a state of then, planned now with %v:\n%s", args, out)
				}
			}
			stack, err := w.umbrella.Launch(t.Context(), f.Links["umbrella"])
			if err != nil {
				t.Fatal(err)
			}
			settle(t, stack, "CREATE_COMPLETE")
			tf.Write(map[string]string{"more.tf": initech(w.initech.ID)})
			tf.Apply()
			if got := tf.Outputs()["status"]; got != "verified" {
				t.Errorf("a link of then was launched, and its onboarding is %v", got)
			}
			w.readableThen(t, f)
			if err := stack.Delete(t.Context()); err != nil {
				t.Fatal(err)
			}
			settle(t, stack, "DELETE_COMPLETE")
			if got := w.status(t, "umbrella"); got != registry.Leaving {
				t.Errorf("a stack of then was deleted, and its onboarding is %s", got)
			}
		})
	}
}

func initech(id string) string {
	return `
resource "xrole_onboarding" "initech" {
  name       = "initech"
  hub        = data.xrole_hub.main
  account_id = "` + id + `"
  role       = { name = "AcmeAccess" }
}
output "status" { value = xrole_onboarding.umbrella.status }
`
}

// restore puts what was recorded in the place of what the hub of today has.
func (w world) restore(t *testing.T, f fixture) {
	t.Helper()
	for _, it := range f.Items {
		w.put(t, it)
	}
	for key, body := range f.Templates {
		if err := w.templates().Put(t.Context(), key, []byte(body)); err != nil {
			t.Fatal(err)
		}
	}
}

func (w world) store() *registry.Store { return registry.NewStore(w.table(), w.hub.TableARN) }

func (w world) status(t *testing.T, name string) registry.Status {
	t.Helper()
	rec, err := w.store().Get(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return rec.Status()
}

// readsRegistry wants the items to be read, and to lose nothing when they are written again.
func (w world) readsRegistry(t *testing.T, f fixture) {
	t.Helper()
	found, settings, err := hub.Lookup(t.Context(), awsclients.New(w.partner.Config(region), nil), region, "acme")
	if err != nil {
		t.Fatal(err)
	}
	if found.TableARN != w.hub.TableARN || !slices.Equal(found.Regions, w.hub.Regions) || !slices.Equal(settings.Access.AccountIDs, []string{w.globex.ID, w.umbrella.ID, w.initech.ID}) {
		t.Errorf("the hub was read as %+v, %+v", found, settings)
	}
	for name, status := range map[string]registry.Status{"globex": registry.Verified, "umbrella": registry.Pending} {
		if got := w.status(t, name); got != status {
			t.Errorf("%s is %s, not %s", name, got, status)
		}
	}
	rec, err := w.store().Get(t.Context(), "globex")
	if err != nil {
		t.Fatal(err)
	}
	if err := w.store().UpdateOffer(t.Context(), *rec.Offer, rec.Offer.Revision); err != nil {
		t.Fatal(err)
	}
	if err := w.store().PutDelivery(t.Context(), *rec.Delivery); err != nil {
		t.Fatal(err)
	}
	again := w.items(t)
	for _, key := range []string{"offer#globex", "delivery#globex"} {
		want := maps.Clone(f.Items[key])
		if key == "delivery#globex" {
			want["revision"] = again[key]["revision"]
		}
		for name, was := range want {
			if diff := cmp.Diff(flat(t, was), flat(t, again[key][name])); diff != "" {
				t.Errorf("%s of %s was lost: %s", name, key, diff)
			}
		}
	}
}

// readableThen wants what the code of today has written to have all that the version of then reads, in its format: a
// receiver is upgraded after the first provider, and other configurations use older providers for a while.
func (w world) readableThen(t *testing.T, f fixture) {
	t.Helper()
	now := w.items(t)
	for _, pair := range [][2]string{{"offer#umbrella", "offer#initech"}, {"delivery#globex", "delivery#umbrella"}} {
		then, today := f.Items[pair[0]], now[pair[1]]
		for name, value := range then {
			if cmp.Diff(kinds(value), kinds(today[name])) != "" {
				t.Errorf("%s was %v in %s and is %v in %s", name, kinds(value), pair[0], kinds(today[name]), pair[1])
			}
		}
		if diff := cmp.Diff(flat(t, then["schema"]), flat(t, today["schema"])); diff != "" {
			t.Errorf("who knows the schema of then cannot read %s: %s", pair[1], diff)
		}
	}
	if _, ok := now["external-id#"+text(now["offer#initech"]["external_id"])]; !ok {
		t.Error("the External ID of initech is not reserved where the version of then looks for it")
	}
	w.sendsThen(t, f, text(now["offer#initech"]["template_key"]))
}

// sendsThen wants a template of today to send what the receiver of then reads.
func (w world) sendsThen(t *testing.T, f fixture, key string) {
	t.Helper()
	var template struct {
		Resources map[string]struct {
			Type       string               `yaml:"Type"`
			Properties map[string]yaml.Node `yaml:"Properties"`
		} `yaml:"Resources"`
	}
	if err := yaml.Unmarshal([]byte(w.published(t)[key]), &template); err != nil {
		t.Fatalf("the template %s: %v", path.Base(key), err)
	}
	sent := properties(t, f.Messages["Create"].Message)
	for _, r := range template.Resources {
		if r.Type != "Custom::XroleCallback" {
			continue
		}
		for _, name := range sent {
			if _, ok := r.Properties[name]; !ok {
				t.Errorf("a template of today does not send %s", name)
			}
		}
		return
	}
	t.Error("a template of today sends nothing")
}

func link(t *testing.T, tf *lab.Terraform, name string) string {
	t.Helper()
	s, ok := tf.Outputs()[name].(string)
	if !ok {
		t.Fatalf("there is no link for %s", name)
	}
	return s
}

func templateURL(t *testing.T, raw string) string {
	t.Helper()
	l, err := launch.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return l.TemplateURL
}

func settle(t *testing.T, stack *lab.Stack, want string) {
	t.Helper()
	if err := stack.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	if stack.Status != want {
		t.Fatalf("the stack ended as %s, not %s: %+v", stack.Status, want, stack.Events)
	}
}
