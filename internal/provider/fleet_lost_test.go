package provider_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"maps"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/xrole/terraform-provider-xrole/internal/lab"
	"github.com/xrole/terraform-provider-xrole/internal/provider"
	"github.com/xrole/terraform-provider-xrole/internal/registry"
)

const importFleet = "\nimport {\n  to = xrole_onboardings.all\n  id = \"acme\"\n}\n"

// A provider that dies in an apply, while Terraform lives, takes the private state of all customers with it. The next run knows
// them again by their External IDs, and does what was not done.
func TestOnboardings_providerKilled(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	for _, at := range []string{"TransactWriteItems", "PutObject"} {
		t.Run(at, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			fleet := func(rotation, timeout string, more ...string) map[string]string {
				lines := []string{
					`globex = { account_id = "222222222222", rotation = "` + rotation + `" }`, `hooli = { account_id = "333333333333", ` + timeout + ` }`,
					`initech = { account_id = "444455556666" }`, `umbrella = { account_id = "444455556666" }`,
				}
				return map[string]string{"main.tf": w.fleet("", append(lines, more...)...)}
			}
			tf := l.Terraform(t, w.partner, fleet("a", ""))
			tf.Init()
			tf.Apply()
			before := w.externalIDs(t, "globex", "hooli", "initech", "umbrella")
			tf.Write(fleet("b", "service_timeout_seconds = 900", `new = { account_id = "222222222222" }`))
			running := make(chan *lab.Running, 1)
			remove := l.Inject(lab.Fault{AccountID: w.partner.ID, Operation: at, After: 1, Times: 1, Hook: func() { (<-running).KillProvider() }})
			run := tf.Start("apply", "-auto-approve", "-no-color")
			running <- run
			if r := run.Wait(); r.Code == 0 {
				t.Fatalf("nothing was killed:\n%s", r.Output)
			}
			remove()
			between := w.externalIDs(t, "globex", "new")
			tf.Apply()
			wantNoChange(t, tf)
			after := w.externalIDs(t, "globex", "hooli", "initech", "umbrella", "new")
			offer := w.offer(t, "globex")
			if offer.PreviousExternalID != before["globex"] || between["globex"] != before["globex"] && after["globex"] != between["globex"] {
				t.Errorf("globex had %s, then %s, and has %s and %s", before["globex"], between["globex"], offer.PreviousExternalID, after["globex"])
			}
			if made := between["new"]; made != "" && after["new"] != made {
				t.Errorf("the new one had %s and has %s", made, after["new"])
			}
			for _, name := range []string{"hooli", "initech", "umbrella"} {
				if after[name] != before[name] {
					t.Errorf("%s had %s and has %s", name, before[name], after[name])
				}
			}
		})
	}
}

// The same of one resource for each.
func TestOnboardingResource_providerKilled(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	w := newWorld(t)
	config := func(timeout int) map[string]string {
		return map[string]string{"main.tf": requireXrole + w.config(globex("222222222222", fmt.Sprint("service_timeout_seconds = ", timeout)))}
	}
	tf := l.Terraform(t, w.partner, config(600))
	tf.Init()
	tf.Apply()
	before := w.externalIDs(t, "globex")
	tf.Write(config(900))
	running := make(chan *lab.Running, 1)
	remove := l.Inject(lab.Fault{AccountID: w.partner.ID, Operation: "PutObject", Times: 1, Hook: func() { (<-running).KillProvider() }})
	run := tf.Start("apply", "-auto-approve", "-no-color")
	running <- run
	if r := run.Wait(); r.Code == 0 {
		t.Fatalf("nothing was killed:\n%s", r.Output)
	}
	remove()
	// The offer says 900 seconds by now, the state 600: also who wants that again gets it.
	tf.Write(config(600))
	if changes, out := tf.Plan(); !changes {
		t.Errorf("what the killed run has written is not seen:\n%s", out)
	}
	tf.Apply()
	wantNoChange(t, tf)
	if after := w.externalIDs(t, "globex"); !maps.Equal(after, before) || !strings.Contains(string(w.offer(t, "globex").Inputs), `"service_timeout_seconds":600`) {
		t.Errorf("External IDs were %v and are %v; %s", before, after, w.offer(t, "globex").Inputs)
	}
}

// One customer moves out of a fleet: another resource adopts it, and the fleet forgets it. What an import took in is not
// destroyed in passing.
func TestOnboardings_moveOneOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const globexLine, hooli = `globex = { account_id = "222222222222" }`, `hooli = { account_id = "333333333333" }`
	tf := w.applied(t, w.fleet("", globexLine, hooli))
	before := w.externalIDs(t, "globex", "hooli")
	one := w.applied(t, requireXrole+w.config(globex("222222222222", "adopt = true")))
	tf.Write(map[string]string{"main.tf": w.fleet("", hooli)})
	if _, out := tf.Plan(); !strings.Contains(out, "Onboarding left to another state") || strings.Contains(out, "Onboarding will be destroyed") {
		t.Errorf("the plan does not say that it is only forgotten:\n%s", out)
	}
	tf.Apply()
	wantNoChange(t, tf)
	tf.Run("state", "rm", "xrole_onboardings.all")
	tf.Write(map[string]string{"main.tf": w.fleet("", hooli) + importFleet})
	if r := tf.Run("apply", "-auto-approve", "-no-color"); r.Code != 1 || !strings.Contains(unwrap(r.Output), `Refusing to destroy what was only imported`) {
		t.Errorf("an import that leaves somebody out:\n%s", r.Output)
	}
	w.wantIDs(t, before, "globex", "hooli")
	wantNoChange(t, one)
}

// Where all are to go and one may not, all stay.
func TestOnboardings_replaceOfALiveOne(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	customer := l.NewAccount(t)
	w := newWorld(t, customer)
	line := func(name string) string { return fmt.Sprintf(`%s = { account_id = %q }`, name, customer.ID) }
	tf := w.applied(t, w.fleet("", line("globex"), line("hooli")))
	w.launchOf(t, tf, customer, "globex")
	tf.Apply()
	before := w.externalIDs(t, "globex", "hooli")
	wantGuarded(t, tf, "-replace=xrole_onboardings.all")
	wantGuarded(t, tf, "-replace=xrole_onboardings.all", "-refresh=false")
	wantNoChange(t, tf)
	tf.Write(map[string]string{"main.tf": w.fleet("adopt = true", line("globex"), line("hooli"))})
	tf.Apply() // with it a plan cannot tell
	if r := tf.Run("apply", "-auto-approve", "-no-color", "-replace=xrole_onboardings.all"); r.Code != 1 || !strings.Contains(r.Output, "Refusing to destroy a live onboarding") || !strings.Contains(r.Output, "No customer is destroyed") {
		t.Errorf("the apply ended with code %d:\n%s", r.Code, r.Output)
	}
	wantNoChange(t, tf)
	w.wantIDs(t, before, "globex", "hooli")
}

// One that launches after the plan was made keeps all of those that were to go with it.
func TestOnboardings_wentLive(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	customer := l.NewAccount(t)
	w := newWorld(t, customer)
	line := func(name string) string { return fmt.Sprintf(`%s = { account_id = %q }`, name, customer.ID) }
	tf := w.applied(t, w.fleet("", line("globex"), line("hooli")))
	before := w.externalIDs(t, "globex", "hooli")
	tf.Plan("-destroy", "-out=plan")
	w.launchOf(t, tf, customer, "hooli")
	r := tf.Run("apply", "plan")
	if r.Code != 1 || !strings.Contains(unwrap(r.Output), "Refusing to destroy a live onboarding") || !strings.Contains(unwrap(r.Output), "No customer is destroyed") {
		t.Errorf("a destroy ended with code %d:\n%s", r.Code, r.Output)
	}
	tf.Apply()
	wantNoChange(t, tf)
	w.wantIDs(t, before, "globex", "hooli")
}

func (w world) launchOf(t *testing.T, tf *lab.Terraform, customer *lab.Account, name string) {
	t.Helper()
	links, _ := tf.Outputs()["links"].(map[string]any)
	stack, err := customer.Launch(t.Context(), fmt.Sprint(links[name]))
	if err != nil {
		t.Fatal(err)
	}
	if err := stack.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// An account that is not known at plan and turns out to be the same makes nothing again.
func TestOnboardings_unknownAccount(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	customer := l.NewAccount(t)
	w := newWorld(t, customer)
	config := func(note string) map[string]string {
		return map[string]string{"main.tf": w.fleet("", `globex = { account_id = terraform_data.a.output.id }`) +
			fmt.Sprintf("\nresource \"terraform_data\" \"a\" {\n  input = { id = %q, note = %q }\n}\n", customer.ID, note)}
	}
	tf := l.Terraform(t, w.partner, config("1"))
	tf.Init()
	tf.Apply()
	w.launchOf(t, tf, customer, "globex")
	w.setStatus(t, registry.Disconnected)
	tf.Apply()
	before := w.externalIDs(t, "globex")
	tf.Write(config("2"))
	if _, out := tf.Plan(); !strings.Contains(out, "Onboarding may be made again") {
		t.Errorf("the plan does not say what may happen:\n%s", out)
	}
	tf.Apply()
	wantNoChange(t, tf)
	w.wantIDs(t, before, "globex")
}

// A change that failed for one is shown until it is done, also where no attribute of the customer tells of it.
func TestOnboardings_undoneShows(t *testing.T) {
	t.Parallel()
	lab.Shared(t)
	for name, row := range map[string]struct {
		change  func(w world, config string) string
		written string
	}{
		"an argument for all that was not set": {func(_ world, c string) string {
			return strings.Replace(c, "customers = {", "rotation = \"a\"\n  customers = {", 1)
		}, `"rotation":"a"`},
		"the hub": {func(w world, c string) string {
			return strings.Replace(c, w.hub.ReceiverFunctionARN, w.hub.ReceiverFunctionARN+"-2", 1)
		}, `-receiver-2"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			config := w.fleet("", `globex = { account_id = "222222222222" }`, `hooli = { account_id = "333333333333" }`)
			tf := w.applied(t, config)
			before := w.externalIDs(t, "globex", "hooli")
			tf.Write(map[string]string{"main.tf": row.change(w, config)})
			w.failsForOne(t, tf)
			for _, customer := range []string{"globex", "hooli"} {
				if inputs := string(w.offer(t, customer).Inputs); !strings.Contains(inputs, row.written) {
					t.Errorf("%s is not done: %s", customer, inputs)
				}
			}
			w.wantIDs(t, before, "globex", "hooli")
		})
	}
}

// failsForOne applies what fails for one customer, which the next plan shows and the next apply does.
func (w world) failsForOne(t *testing.T, tf *lab.Terraform) {
	t.Helper()
	disarm := w.lab.Inject(lab.Fault{AccountID: w.partner.ID, Operation: "TransactWriteItems", Times: 1, Kind: lab.Status{Code: 403, ErrorCode: "AccessDeniedException"}})
	if r := tf.Run("apply", "-auto-approve", "-no-color"); r.Code != 1 {
		t.Fatalf("nothing failed:\n%s", r.Output)
	}
	disarm()
	if changes, out := tf.Plan(); !changes {
		t.Errorf("a customer was not done, and the next plan shows no change:\n%s", out)
	}
	tf.Apply()
	wantNoChange(t, tf)
}

// A hub that cannot be is refused at plan also for customers that stand, who are planned without a change of their own.
func TestOnboardings_invalidHub(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	config := w.fleet("", `globex = { account_id = "222222222222" }`, `hooli = { account_id = "333333333333" }`)
	tf := w.applied(t, config)
	for _, row := range []struct{ attribute, is, want string }{
		{"trusted_principal_arns", `["arn:aws:iam::` + w.partner.ID + `:*"]`, "principal pattern"},
		{"trusted_principal_arns", `[]`, "trusted_principal_arns"},
		{"topic_name", `null`, "topic_name"},
	} {
		// In the validation that comes before the plan no variable is known.
		set := regexp.MustCompile(`(?m)^( *` + row.attribute + ` *= ).*$`)
		if !set.MatchString(config) {
			t.Fatalf("no %s in:\n%s", row.attribute, config)
		}
		changed := set.ReplaceAllString(config, "${1}var.v") + "\nvariable \"v\" {\n  type    = any\n  default = " + row.is + "\n}\n"
		tf.Write(map[string]string{"main.tf": changed})
		if r := tf.Run("plan", "-no-color"); r.Code != 1 || !strings.Contains(unwrap(r.Output), row.want) {
			t.Errorf("%s was planned:\n%s", row.is, r.Output)
		}
	}
}

// A policy that is written in another way changes nothing, neither then nor when another version of the provider renders.
func TestOnboardings_samePolicies(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	config := func(action string) fields {
		policy := fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":%s,"Resource":"*"}]}`, action)
		return fields{"hub": w.hubFields(), "customers": fields{"globex": fields{"account_id": "222222222222", "role": fields{"name": "A", "inline_policies": fields{"p": policy}}}}}
	}
	m := managed{kind: manyKind}
	if _, err := w.apply(t, &m, config(`"s3:GetObject"`)); err != nil {
		t.Fatal(err)
	}
	before := w.offer(t, "globex")
	if beside := unpacked(t, m.private); strings.Contains(beside, "stands") {
		t.Errorf("what follows from the attributes is kept twice: %s", beside)
	}
	again := config(`["s3:GetObject"]`)
	if _, err := w.apply(t, &m, again); err != nil {
		t.Fatal(err)
	}
	for _, version := range []string{"test", "another"} {
		s := asked(t, provider.NewServer(version)())
		s.configure(t, fields{"region": w.hub.Region, "profile": w.partner.Profile})
		_, planned := s.refresh(t, &tfprotov6.ReadResourceRequest{TypeName: manyKind, CurrentState: m.state, Private: m.private}, again)
		if !same(t, s, manyKind, m.state, planned.PlannedState) {
			t.Errorf("version %q plans a change", version)
		}
	}
	if after := w.offer(t, "globex"); after.TemplateKey != before.TemplateKey {
		t.Errorf("the template was %s and is %s", before.TemplateKey, after.TemplateKey)
	}
}

// unpacked is what a fleet keeps beside its attributes.
func unpacked(t *testing.T, private []byte) string {
	t.Helper()
	packed, err := gzip.NewReader(bytes.NewReader(private))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(packed)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// What somebody marked as a secret is not told, wherever it was written by mistake.
func TestOnboardings_secretInTheWrongPlace(t *testing.T) {
	t.Parallel()
	w := paperWorld(t)
	tf := lab.Shared(t).Terraform(t, w.partner, map[string]string{"main.tf": w.fleet("", `globex = { account_id = "222222222222", parameters = var.secret }`) +
		"\nvariable \"secret\" {\n  sensitive = true\n  default   = \"hunter2\"\n}\n"})
	tf.Init()
	if r := tf.Run("plan", "-no-color"); r.Code != 1 || !strings.Contains(r.Output, "Write a map here") || strings.Contains(r.Output, "hunter2") {
		t.Errorf("said:\n%s", r.Output)
	}
}
