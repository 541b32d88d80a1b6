package provider_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/xrole/terraform-provider-xrole/internal/lab"
)

const fleetGlobex, fleetHooli = `globex = { account_id = "222222222222" }`, `hooli = { account_id = "333333333333" }`

// slower is a customer's line with something of its own changed.
func slower(line string) string {
	return strings.Replace(line, " }", ", service_timeout_seconds = 900 }", 1)
}

// fleetOf makes a fleet of globex and hooli.
func (w world) fleetOf(t *testing.T, shared string) *lab.Terraform {
	t.Helper()
	return w.applied(t, w.fleet(shared, fleetGlobex, fleetHooli))
}

// adopts has another state take over globex.
func (w world) adopts(t *testing.T, more ...string) *lab.Terraform {
	t.Helper()
	return w.applied(t, requireXrole+w.config(globex("222222222222", append(more, "adopt = true")...)))
}

// crash has the provider die in an apply, at a request.
func (w world) crash(t *testing.T, tf *lab.Terraform, at string, after int) {
	t.Helper()
	w.dieAt(t, tf, lab.Fault{Operation: at, After: after})
}

// crashBefore is crash where the request does not reach AWS.
func (w world) crashBefore(t *testing.T, tf *lab.Terraform, at string, after int) {
	t.Helper()
	w.dieAt(t, tf, lab.Fault{Operation: at, After: after, Kind: lab.ResetBefore})
}

func (w world) dieAt(t *testing.T, tf *lab.Terraform, fault lab.Fault) {
	t.Helper()
	running := make(chan *lab.Running, 1)
	fault.AccountID, fault.Times, fault.Hook = w.partner.ID, 1, func() { (<-running).KillProvider() }
	defer w.lab.Inject(fault)()
	run := tf.Start("apply", "-auto-approve", "-no-color")
	running <- run
	if r := run.Wait(); r.Code == 0 {
		t.Fatalf("nothing was killed:\n%s", r.Output)
	}
}

func (w world) denied(t *testing.T, tf *lab.Terraform, operation string, times int) {
	t.Helper()
	remove := w.lab.Inject(lab.Fault{AccountID: w.partner.ID, Operation: operation, Times: times, Kind: lab.Status{Code: 403, ErrorCode: "AccessDeniedException"}})
	defer remove()
	if r := tf.Run("apply", "-auto-approve", "-no-color"); r.Code != 1 {
		t.Fatalf("nothing failed:\n%s", r.Output)
	}
}

// What another state has taken over stays its own, also when this one has lost its memory since.
func TestOnboardings_crashForeign(t *testing.T) {
	t.Parallel()
	lab.Shared(t)
	for name, next := range map[string]struct {
		lines []string
		run   []string
		code  int
		says  string
	}{
		"taken out":          {[]string{slower(fleetHooli)}, []string{"apply"}, 0, "Onboarding left to another state"},
		"all are destroyed":  {[]string{fleetGlobex, slower(fleetHooli)}, []string{"destroy"}, 0, ""},
		"written once again": {[]string{slower(fleetGlobex), slower(fleetHooli)}, []string{"apply"}, 1, "Onboarding has another owner"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			tf := w.fleetOf(t, "")
			one := w.adopts(t)
			tf.Write(map[string]string{"main.tf": w.fleet("", fleetGlobex, slower(fleetHooli))})
			w.crash(t, tf, "TransactWriteItems", 0)
			tf.Write(map[string]string{"main.tf": w.fleet("", next.lines...)})
			r := tf.Run(append(next.run, "-auto-approve", "-no-color")...)
			if r.Code != next.code || !strings.Contains(unwrap(r.Output), next.says) {
				t.Errorf("code %d:\n%s", r.Code, r.Output)
			}
			wantNoChange(t, one)
		})
	}
}

// What is replaced is made again, also where what stands of a customer is kept beside the attributes.
func TestOnboardings_replaceUndone(t *testing.T) {
	t.Parallel()
	lab.Shared(t)
	w := newWorld(t)
	tf := w.fleetOf(t, "")
	before := w.externalIDs(t, "globex", "hooli")
	tf.Write(map[string]string{"main.tf": w.fleet("", slower(fleetGlobex), fleetHooli)})
	w.denied(t, tf, "TransactWriteItems", 0)
	if r := tf.Run("apply", "-auto-approve", "-no-color", "-replace=xrole_onboardings.all"); r.Code != 0 {
		t.Errorf("the replacement failed:\n%s", r.Output)
	}
	wantNoChange(t, tf)
	for name, id := range w.externalIDs(t, "globex", "hooli") {
		if shown, _ := tf.Outputs()["ids"].(map[string]any); id == before[name] || id != shown[name] {
			t.Errorf("%s had %s and has %s, shown as %v", name, before[name], id, shown[name])
		}
	}
}

// What a failed apply left to do is done also when the next one dies.
func TestOnboardings_crashUndone(t *testing.T) {
	t.Parallel()
	lab.Shared(t)
	for name, row := range map[string]struct{ before, after, written string }{
		"a rotation":           {`rotation = "a"`, `rotation = "b"`, `"rotation":"b"`},
		"what is not offered":  {`template_retention_days = 10`, `template_retention_days = 20`, `"template_retention_days":20`},
		"what a customer sees": {`service_timeout_seconds = 700`, `service_timeout_seconds = 900`, `"service_timeout_seconds":900`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			tf := w.fleetOf(t, row.before)
			before := w.externalIDs(t, "globex", "hooli")
			tf.Write(map[string]string{"main.tf": w.fleet(row.after, fleetGlobex, fleetHooli)})
			w.denied(t, tf, "TransactWriteItems", 0)
			w.crash(t, tf, "BatchGetItem", 1)
			tf.Apply()
			wantNoChange(t, tf)
			for _, name := range []string{"globex", "hooli"} {
				offer := w.offer(t, name)
				if rotated := row.before == `rotation = "a"`; !strings.Contains(string(offer.Inputs), row.written) || rotated != (offer.ExternalID != before[name]) || rotated && offer.PreviousExternalID != before[name] {
					t.Errorf("%s had %s and has %s, before that %q: %s", name, before[name], offer.ExternalID, offer.PreviousExternalID, offer.Inputs)
				}
			}
		})
	}
}

// A run that dies after it has rotated and ended the trust in the former External ID left nothing by which the two are one,
// but whose it is.
func TestOnboardings_crashRotateAndFinish(t *testing.T) {
	t.Parallel()
	lab.Shared(t)
	w := newWorld(t)
	tf := w.fleetOf(t, `rotation = "a"`)
	tf.Write(map[string]string{"main.tf": w.fleet("rotation = \"b\"\n  rotation_finish = true", fleetGlobex, fleetHooli)})
	w.crash(t, tf, "PutObject", 0)
	written := w.externalIDs(t, "globex")
	tf.Apply()
	wantNoChange(t, tf)
	if after := w.externalIDs(t, "globex"); !maps.Equal(after, written) {
		t.Errorf("%v was written, and there is %v", written, after)
	}
}

// The same of one resource: there the template tells.
func TestOnboardingResource_crashRotateAndFinish(t *testing.T) {
	t.Parallel()
	lab.Shared(t)
	w := newWorld(t)
	tf := w.applied(t, requireXrole+w.config(globex("222222222222", `rotation = "a"`)))
	tf.Write(map[string]string{"main.tf": requireXrole + w.config(globex("222222222222", `rotation = "b"`, `rotation_finish = true`))})
	w.crash(t, tf, "PutObject", 0)
	written := w.externalIDs(t, "globex")
	tf.Apply()
	wantNoChange(t, tf)
	if after := w.externalIDs(t, "globex"); !maps.Equal(after, written) {
		t.Errorf("%v was written, and there is %v", written, after)
	}
}

// A step that fails right after a recovery or an import leaves what this state can go on with.
func TestOnboardings_failsAfterRecovery(t *testing.T) {
	t.Parallel()
	lab.Shared(t)
	for name, lose := range map[string]func(t *testing.T, w world, tf *lab.Terraform, config string){
		"recovered": func(t *testing.T, w world, tf *lab.Terraform, config string) {
			t.Helper()
			tf.Write(map[string]string{"main.tf": config})
			w.crash(t, tf, "TransactWriteItems", 0)
		},
		"imported": func(t *testing.T, _ world, tf *lab.Terraform, config string) {
			t.Helper()
			if r := tf.Run("state", "rm", "xrole_onboardings.all"); r.Code != 0 {
				t.Fatal(r.Output)
			}
			tf.Write(map[string]string{"main.tf": config + importFleet})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			tf := w.fleetOf(t, "")
			before := w.externalIDs(t, "globex", "hooli")
			lose(t, w, tf, w.fleet("service_timeout_seconds = 900", fleetGlobex, fleetHooli))
			w.denied(t, tf, "PutObject", 0)
			tf.Apply()
			wantNoChange(t, tf)
			w.wantIDs(t, before, "globex", "hooli")
		})
	}
}

// A launch region more changes nothing of the customers, and leaves nothing to keep of each.
func TestOnboardings_regionMore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	config := func(regions ...string) fields {
		return fields{"hub": with(w.hubFields(), fields{"regions": append(regions, w.hub.Regions...)}), "role": fields{"name": "A", "managed_policy_arns": []string{"arn:aws:iam::aws:policy/SecurityAudit"}}, "customers": fields{"globex": fields{"account_id": "222222222222"}}}
	}
	m := managed{kind: manyKind}
	for _, c := range []fields{config(), config("eu-west-2")} {
		if _, err := w.apply(t, &m, c); err != nil {
			t.Fatal(err)
		}
		if beside := unpacked(t, m.private); strings.Contains(beside, "stands") {
			t.Errorf("what follows from the attributes is kept twice: %s", beside)
		}
	}
	if changes, err := w.apply(t, &m, config("eu-west-2")); err != nil || changes {
		t.Errorf("the next apply changes something: %v, %v", changes, err)
	}
}

// Where offer and memory are both lost, a role that stands still guards its onboarding.
func TestOnboardings_crashLiveOfferLost(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	customer := l.NewAccount(t)
	w := newWorld(t, customer)
	line := func(name, more string) string {
		return fmt.Sprintf(`%s = { account_id = %q %s }`, name, customer.ID, more)
	}
	tf := w.applied(t, w.fleet("", line("globex", ""), line("hooli", "")))
	w.launchOf(t, tf, customer, "globex")
	tf.Apply()
	offer := w.offer(t, "globex")
	if err := w.store(t).DeleteOffer(t.Context(), "globex", offer.Revision, offer.OfferID); err != nil {
		t.Fatal(err)
	}
	tf.Write(map[string]string{"main.tf": w.fleet("", line("globex", ""), line("hooli", ", service_timeout_seconds = 900"))})
	unwritten := w.lab.Inject(lab.Fault{AccountID: w.partner.ID, Operation: "TransactWriteItems", Kind: lab.ResetBefore}) // the other customer's, too
	w.crash(t, tf, "BatchGetItem", 1)
	unwritten()
	tf.Write(map[string]string{"main.tf": w.fleet("", line("hooli", ""))})
	if r := tf.Run("apply", "-auto-approve", "-no-color"); r.Code != 1 || !strings.Contains(r.Output, "Refusing to destroy a live onboarding") || !strings.Contains(unwrap(r.Output), "is not as it should be: a role") {
		t.Errorf("code %d:\n%s", r.Code, r.Output)
	}
	tf.Write(map[string]string{"main.tf": w.fleet("", line("globex", ""), line("hooli", ""))})
	tf.Apply()
	wantNoChange(t, tf)
	if again := w.offer(t, "globex"); again == nil || again.ExternalID != offer.ExternalID || again.OfferID != offer.OfferID {
		t.Errorf("the offer was %+v and is %+v", offer, again)
	}
}

// The ways out of a fleet that was imported: left to who adopts it, forgotten where nothing stands any more, and destroyed
// once this state has adopted it.
func TestOnboardings_importedMayGo(t *testing.T) {
	t.Parallel()
	lab.Shared(t)
	for name, row := range map[string]struct {
		meanwhile func(t *testing.T, w world, first, second *lab.Terraform)
		stands    bool
	}{
		"adopted by another": {func(t *testing.T, w world, _, _ *lab.Terraform) {
			t.Helper()
			w.adopts(t)
		}, true},
		"destroyed by its owner": {func(_ *testing.T, w world, first, _ *lab.Terraform) {
			first.Write(map[string]string{"main.tf": w.fleet("force_destroy = true", fleetHooli)})
			first.Apply()
		}, false},
		"adopted here": {func(_ *testing.T, w world, _, second *lab.Terraform) {
			second.Write(map[string]string{"main.tf": w.fleet("force_destroy = true", strings.Replace(fleetGlobex, " }", ", adopt = true }", 1), fleetHooli)})
			second.Apply()
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			first := w.fleetOf(t, "force_destroy = true")
			second := w.applied(t, w.fleet("force_destroy = true", fleetGlobex, fleetHooli)+importFleet)
			row.meanwhile(t, w, first, second)
			second.Write(map[string]string{"main.tf": w.fleet("force_destroy = true", fleetHooli)})
			second.Apply()
			wantNoChange(t, second)
			if stands := w.offer(t, "globex") != nil; stands != row.stands {
				t.Errorf("globex stands: %v", stands)
			}
		})
	}
}

// Who goes on writing what was imported elsewhere keeps it, and the other one is told.
func TestOnboardings_importedOwnerGoesOn(t *testing.T) {
	t.Parallel()
	lab.Shared(t)
	w := newWorld(t)
	first := w.fleetOf(t, "")
	second := w.applied(t, w.fleet("", fleetGlobex, fleetHooli)+importFleet)
	first.Write(map[string]string{"main.tf": w.fleet("", slower(fleetGlobex), fleetHooli)})
	first.Apply()
	if r := second.Run("apply", "-auto-approve", "-no-color"); r.Code != 1 || !strings.Contains(r.Output, "Onboarding has another owner") {
		t.Errorf("code %d:\n%s", r.Code, r.Output)
	}
	second.Write(map[string]string{"main.tf": w.fleet("", fleetHooli)})
	if out := second.Apply(); !strings.Contains(out, "Onboarding left to another state") {
		t.Errorf("it was not left to its owner:\n%s", out)
	}
	wantNoChange(t, first)
}
