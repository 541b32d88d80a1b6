package provider_test

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/xrole/terraform-provider-xrole/internal/lab"
	"github.com/xrole/terraform-provider-xrole/internal/provider"
)

// captured keeps a string attribute for what a test does between steps.
type captured struct {
	attribute string
	value     string
}

func (c *captured) CheckState(_ context.Context, req statecheck.CheckStateRequest, resp *statecheck.CheckStateResponse) {
	for _, r := range req.State.Values.RootModule.Resources {
		if s, ok := r.AttributeValues[c.attribute].(string); ok && r.Address == address {
			c.value = s
			return
		}
	}
	resp.Error = fmt.Errorf("%s has no %s", address, c.attribute)
}

// A customer launches, and from then on the onboarding is protected; a change makes the customer's stack outdated until
// it is updated.
func TestOnboardingResource_live(t *testing.T) {
	t.Parallel()
	customer := lab.Shared(t).NewAccount(t)
	w := newWorld(t, customer)
	link, templateURL := &captured{attribute: "launch_url"}, &captured{attribute: "template_url"}
	var stack *lab.Stack
	launch := func() {
		var err error
		if stack, err = customer.Launch(ctxOf(t), link.value); err != nil {
			t.Fatal(err)
		}
		settle(t, stack, "CREATE_COMPLETE")
	}
	update := func() {
		if err := stack.Update(ctxOf(t), templateURL.value); err != nil {
			t.Fatal(err)
		}
		settle(t, stack, "UPDATE_COMPLETE")
	}
	status := func(want string) statecheck.StateCheck {
		return statecheck.ExpectKnownValue(address, at("status"), knownvalue.StringExact(want))
	}
	outdated := func(want bool) statecheck.StateCheck {
		return statecheck.ExpectKnownValue(address, at("outdated"), knownvalue.Bool(want))
	}
	changed := w.config(globex(customer.ID, "service_timeout_seconds = 900"))
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: factories(),
		Steps: []resource.TestStep{
			{Config: w.config(globex(customer.ID)), ConfigStateChecks: []statecheck.StateCheck{link, status("pending")}},
			{
				PreConfig: launch,
				Config:    w.config(globex(customer.ID) + readGlobexWaiting),
				ConfigStateChecks: []statecheck.StateCheck{
					status("verified"), outdated(false),
					statecheck.ExpectKnownValue(address, at("role_arn"), knownvalue.StringExact("arn:aws:iam::"+customer.ID+":role/AcmeAccess")),
					statecheck.ExpectKnownValue("data.xrole_role.globex", at("status"), knownvalue.StringExact("verified")),
					statecheck.ExpectKnownValue("data.xrole_role.globex", at("update_command"), knownvalue.StringRegexp(regexp.MustCompile(`aws cloudformation update-stack`))),
					statecheck.ExpectKnownValue("data.xrole_roles.live", at("roles"), knownvalue.MapSizeExact(1)),
				},
			},
			{
				Config:      w.config(globex("999999999999")),
				ExpectError: regexpOf("Changing `account_id` from \"" + customer.ID + "\" to \"999999999999\" would"),
			},
			{
				Config:      w.config(strings.Replace(globex(customer.ID), "local.hub", `merge(local.hub, { table = "xrole-other" })`, 1)),
				ExpectError: regexpOf("Changing `hub.table` from \"xrole-acme\" to \"xrole-other\" would"),
			},
			{Config: w.config(""), ExpectError: regexp.MustCompile(`Refusing to destroy a live onboarding`)},
			{
				Config:            changed,
				ConfigPlanChecks:  resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{nothingUnknown(), plancheck.ExpectKnownValue(address, at("outdated"), knownvalue.Bool(true))}},
				ConfigStateChecks: []statecheck.StateCheck{status("verified"), outdated(true), templateURL},
			},
			{PreConfig: update, Config: changed, ConfigStateChecks: []statecheck.StateCheck{status("verified"), outdated(false)}},
			{Config: w.config(globex(customer.ID, "force_destroy = true")), ConfigStateChecks: []statecheck.StateCheck{status("verified")}},
		},
	})
	if offer := w.offer(t, "globex"); offer != nil {
		t.Errorf("force_destroy left an offer behind: %+v", offer)
	}
}

const readGlobexWaiting = `
data "xrole_role" "globex" {
  hub  = local.hub
  name = "globex"
  wait = { status = "verified", timeout = "1m" }
}
data "xrole_roles" "live" {
  hub      = local.hub
  statuses = ["verified"]
}`

func settle(t *testing.T, stack *lab.Stack, want string) {
	t.Helper()
	if err := stack.Wait(ctxOf(t)); err != nil {
		t.Fatal(err)
	}
	if stack.Status != want {
		t.Fatalf("the stack ended as %s, not %s: %+v", stack.Status, want, stack.Events)
	}
}

// The customer launches between plan and apply of a destroy: the apply looks again.
func TestOnboardingResource_wentLive(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	customer := l.NewAccount(t)
	w := newWorld(t, customer)
	tf := w.applied(t, requireXrole+w.config(globex(customer.ID))+linkOutput)
	link := linkOf(t, tf)
	tf.Plan("-destroy", "-out=plan")
	stack, err := customer.Launch(t.Context(), link)
	if err != nil {
		t.Fatal(err)
	}
	settle(t, stack, "CREATE_COMPLETE")
	r := tf.Run("apply", "plan")
	if r.Code != 1 || !regexp.MustCompile(`Onboarding went live`).MatchString(r.Output) {
		t.Errorf("the destroy of a live onboarding ended with code %d:\n%s", r.Code, r.Output)
	}
	if w.offer(t, "globex") == nil {
		t.Error("the offer of a live onboarding is gone")
	}
}

// Who has Terraform replace a live onboarding is told so by the plan, not by an apply that has done half of the rest.
func TestOnboardingResource_replaceOfALiveOne(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	customer := l.NewAccount(t)
	w := newWorld(t, customer)
	tf := w.applied(t, requireXrole+w.config(globex(customer.ID))+linkOutput)
	launched(t, tf, customer)
	before := w.offer(t, "globex").ExternalID
	wantGuarded(t, tf, "-replace=xrole_onboarding.globex")
	tf.Apply()
	wantGuarded(t, tf, "-replace=xrole_onboarding.globex", "-refresh=false")
	if r := tf.Run("taint", "xrole_onboarding.globex"); r.Code != 0 {
		t.Fatal(r.Output)
	}
	wantGuarded(t, tf)
	if r := tf.Run("untaint", "xrole_onboarding.globex"); r.Code != 0 {
		t.Fatal(r.Output)
	}
	wantNoChange(t, tf)
	if after := w.offer(t, "globex").ExternalID; after != before {
		t.Errorf("the External ID was %s and is %s", before, after)
	}
}

// With adopt a plan cannot tell a replacement from a resource that goes on with what another one has. The apply refuses it, and
// does not say that the role is news.
func TestOnboardingResource_replaceOfALiveOneThatAdopts(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	customer := l.NewAccount(t)
	w := newWorld(t, customer)
	tf := w.applied(t, requireXrole+w.config(globex(customer.ID, "adopt = true"))+linkOutput)
	launched(t, tf, customer)
	tf.Apply()
	before := w.offer(t, "globex")
	if r := tf.Run("apply", "-auto-approve", "-no-color", "-replace=xrole_onboarding.globex"); r.Code != 1 || !strings.Contains(r.Output, "Refusing to destroy a live onboarding") || strings.Contains(unwrap(r.Output), "did not see") {
		t.Errorf("the apply ended with code %d:\n%s", r.Code, r.Output)
	}
	wantNoChange(t, tf)
	if after := w.offer(t, "globex"); !reflect.DeepEqual(after, before) {
		t.Errorf("the offer was %+v and is %+v", before, after)
	}
}

// wantGuarded has a plan refuse to replace a live onboarding.
func wantGuarded(t *testing.T, tf *lab.Terraform, args ...string) {
	t.Helper()
	args = append([]string{"plan", "-no-color"}, args...)
	if r := tf.Run(args...); r.Code != 1 || !strings.Contains(unwrap(r.Output), "Refusing to make a live onboarding anew") || !strings.Contains(unwrap(r.Output), "would make it anew") {
		t.Errorf("%v said:\n%s", args, r.Output)
	}
}

// A resource that is made before it is destroyed takes its own offer over, and what it was before lets it go.
func TestOnboardingResource_createdBeforeDestroyed(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	customer := l.NewAccount(t)
	w := newWorld(t, customer)
	first := "lifecycle { create_before_destroy = true }"
	tf := w.applied(t, requireXrole+w.config(globex(customer.ID, first))+linkOutput)
	before := w.offer(t, "globex").ExternalID
	if out := tf.Apply("-replace=xrole_onboarding.globex"); !strings.Contains(out, "Onboarding left to another state") {
		t.Errorf("a pending one was replaced:\n%s", out)
	}
	wantNoChange(t, tf)
	launched(t, tf, customer)
	tf.Write(map[string]string{"main.tf": requireXrole + w.config(globex(customer.ID, first+"\n  adopt = true")) + linkOutput})
	tf.Apply()
	if out := tf.Apply("-replace=xrole_onboarding.globex"); !strings.Contains(out, "Onboarding left to another state") {
		t.Errorf("a live one that adopts was replaced:\n%s", out)
	}
	wantNoChange(t, tf)
	if after := w.offer(t, "globex").ExternalID; after != before {
		t.Errorf("the External ID was %s and is %s", before, after)
	}
}

// launched is the customer's stack of the configuration's link, when it stands.
func launched(t *testing.T, tf *lab.Terraform, customer *lab.Account) *lab.Stack {
	t.Helper()
	stack, err := customer.Launch(ctxOf(t), linkOf(t, tf))
	if err != nil {
		t.Fatal(err)
	}
	settle(t, stack, "CREATE_COMPLETE")
	return stack
}

const linkOutput = "\noutput \"link\" { value = xrole_onboarding.globex.launch_url }\n"

func linkOf(t *testing.T, tf *lab.Terraform) string {
	t.Helper()
	link, ok := tf.Outputs()["link"].(string)
	if !ok {
		t.Fatal("the configuration has no link")
	}
	return link
}

const requireXrole = `
terraform {
  required_providers {
    xrole = { source = "xrole/xrole" }
  }
}
`

// The provider is killed, as by a power cut, at each request of each phase. The next run ends in the same state, with
// the External ID that was offered, which a rotation makes only once.
func TestOnboardingResource_killed(t *testing.T) {
	t.Parallel()
	for phase, operations := range map[string][]string{
		"create": {"TransactWriteItems", "PutObject"},
		"update": {"TransactWriteItems", "PutObject"},
		"rotate": {"TransactWriteItems", "PutObject"},
		"finish": {"TransactWriteItems"},
		"delete": {"TransactWriteItems", "DeleteObjects"},
	} {
		for _, operation := range operations {
			for when, kind := range map[string]lab.Kind{"before": lab.ResetBefore, "after": lab.ResetAfter} {
				t.Run(phase+" "+operation+" "+when, func(t *testing.T) {
					t.Parallel()
					killAt(t, phase, operation, kind)
				})
			}
		}
	}
}

func killAt(t *testing.T, phase, operation string, kind lab.Kind) {
	t.Helper()
	l := lab.Shared(t)
	customer := l.NewAccount(t)
	w := newWorld(t, customer)
	file := func(extra ...string) map[string]string {
		return map[string]string{"main.tf": requireXrole + w.config(globex(customer.ID, extra...))}
	}
	tf := l.Terraform(t, w.partner, file())
	tf.Init()
	ids := map[string]string{} // by the rotation for which it was first seen
	for _, p := range []struct {
		name  string
		files map[string]string
	}{
		{"create", file(`rotation = "first"`)},
		{"update", file(`rotation = "first"`, "service_timeout_seconds = 900")},
		{"rotate", file(`rotation = "second"`)},
		{"finish", file(`rotation = "second"`, "rotation_finish = true")},
		{"delete", map[string]string{"main.tf": requireXrole + w.config("")}},
	} {
		needed := phase == "finish" && p.name == "rotate"
		if !needed && !slices.Contains([]string{"create", phase, "delete"}, p.name) {
			continue
		}
		tf.Write(p.files)
		if p.name == phase {
			run := make(chan *lab.Running, 1)
			disarm := l.Inject(lab.Fault{AccountID: w.partner.ID, Operation: operation, Times: 1, Kind: kind, Hook: func() { (<-run).Kill() }})
			running := tf.Start("apply", "-auto-approve", "-lock=false")
			run <- running
			if r := running.Wait(); r.Code != -1 {
				t.Fatalf("the run was not killed: code %d\n%s", r.Code, r.Output)
			}
			disarm()
			w.sameByRotation(t, ids)
		}
		tf.Apply("-lock=false")
		if changes, out := tf.Plan("-lock=false"); changes {
			t.Errorf("a plan after the %s shows a change:\n%s", p.name, out)
		}
		w.sameByRotation(t, ids)
	}
	if offer, left := w.offer(t, "globex"), w.templates(t); offer != nil || len(left) != 0 {
		t.Errorf("left behind: offer %v, templates %v", offer, left)
	}
}

// sameByRotation wants each rotation to have one External ID for ever.
func (w world) sameByRotation(t *testing.T, ids map[string]string) {
	t.Helper()
	offer := w.offer(t, "globex")
	if offer == nil {
		return
	}
	var in struct{ Rotation string }
	if err := json.Unmarshal(offer.Inputs, &in); err != nil {
		t.Fatal(err)
	}
	if id := ids[in.Rotation]; id != "" && id != offer.ExternalID {
		t.Errorf("the External ID %q of rotation %q became %q", id, in.Rotation, offer.ExternalID)
	}
	ids[in.Rotation] = offer.ExternalID
}

// Who is leaving is gone soon, and need not be cut off.
func TestCutOffHint(t *testing.T) {
	t.Parallel()
	for status, want := range map[string]bool{"leaving": true, "verified": false, "delivered": false} {
		hint := provider.CutOffHint(status)
		if got := strings.Contains(hint, "until it is `disconnected`"); got != want || !strings.Contains(hint, "set `force_destroy = true`") {
			t.Errorf("%s: %s", status, hint)
		}
	}
}
