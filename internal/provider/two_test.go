package provider_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xrole/terraform-provider-xrole/internal/lab"
)

// Two runs that keep the same onboarding: conditional writes decide, the loser is told who won and what to do, and no
// External ID is touched. Two states are in TestOnboardingResource_secondOwner, a delivery during an apply in
// TestOnboardingResource_wentLive and TestHandler_offerInBetween, two stacks in TestHandler_takeover.

// Two copies of one state, as two laptops have without a lock: the second apply of a plan that is old is refused.
func TestTwo_copiesOfAState(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	w := newWorld(t)
	config := func(lines ...string) map[string]string {
		return map[string]string{"main.tf": requireXrole + w.config(globex("222222222222", lines...))}
	}
	first := l.Terraform(t, w.partner, config(`rotation = "a"`))
	first.Init()
	first.Apply()
	before := w.offer(t, "globex")
	state, err := os.ReadFile(filepath.Join(first.Dir, "terraform.tfstate"))
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		name          string
		first, second []string
	}{
		{"both change", []string{`rotation = "a"`, `template_retention_days = 5`}, []string{`rotation = "a"`, `template_retention_days = 7`}},
		{"one rotates, the other edits", []string{`rotation = "b"`}, []string{`rotation = "a"`, `template_retention_days = 9`}},
	} {
		second := l.Terraform(t, w.partner, config(row.second...))
		second.Init()
		second.Write(map[string]string{"terraform.tfstate": string(state)})
		if r := second.Run("plan", "-out=old", "-no-color"); r.Code != 0 {
			t.Fatal(r.Output)
		}
		first.Write(config(row.first...))
		first.Apply()
		now := w.offer(t, "globex")
		if r := second.Run("apply", "-no-color", "old"); r.Code != 1 || !strings.Contains(r.Output, "Onboarding changed since the plan") || !strings.Contains(flatten(r.Output), "Plan and apply again") {
			t.Errorf("%s: the second one was not told:\n%s", row.name, r.Output)
		}
		if after := w.offer(t, "globex"); after.Revision != now.Revision || after.ExternalID != now.ExternalID {
			t.Errorf("%s: the refused apply changed the offer: %+v", row.name, after)
		}
		wantNoChange(t, first)
		if state, err = os.ReadFile(filepath.Join(first.Dir, "terraform.tfstate")); err != nil {
			t.Fatal(err)
		}
	}
	if after := w.offer(t, "globex"); after.PreviousExternalID != before.ExternalID {
		t.Errorf("the External ID before the rotation was %q and is %q", before.ExternalID, after.PreviousExternalID)
	}
}

// Two fleets that both name a customer: the second is told, for that customer alone, and the others are made.
func TestTwo_fleets(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const globex, hooli, umbrella = `globex = { account_id = "222222222222" }`, `hooli = { account_id = "333333333333" }`, `umbrella = { account_id = "444444444444" }`
	first := w.applied(t, w.fleet("", globex, hooli))
	before := w.externalIDs(t, "globex", "hooli")
	second := w.applied(t, w.fleet("", umbrella))
	second.Write(map[string]string{"main.tf": w.fleet("", `globex = { account_id = "222222222222", stack_name = "Another" }`, umbrella)})
	if r := second.Run("apply", "-auto-approve", "-no-color"); r.Code != 1 || !strings.Contains(r.Output, `"globex"`) ||
		!strings.Contains(r.Output, "Onboarding exists already") || !strings.Contains(unwrap(r.Output), "set `adopt = true` for this customer") || strings.Contains(r.Output, "terraform import") || strings.Contains(r.Output, `"umbrella":`) {
		t.Errorf("the second fleet was not told:\n%s", r.Output)
	}
	if w.offer(t, "umbrella") == nil {
		t.Error("the customer of the second fleet alone is gone")
	}
	for name, id := range w.externalIDs(t, "globex", "hooli") {
		if before[name] != id {
			t.Errorf("%s had %s and has %s", name, before[name], id)
		}
	}
	wantNoChange(t, first)
}

// flatten takes out the line breaks of Terraform's box.
func flatten(s string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(s, "│", " ")), " ")
}
