package provider_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/xrole/terraform-provider-xrole/internal/payload"
)

// Of two states that import one hub the first that changes it owns it; the other is told at its next apply.
func TestHubResource_importedTwice(t *testing.T) {
	t.Parallel()
	w := newHubWorld(t, 1)
	config := w.config(hubSettings{customers: w.ids()})
	lost := w.terraform(t, w.config(hubSettings{customers: w.ids(), rest: w.onboardings(w.ids()...)}))
	lost.Apply()
	one, two := w.terraform(t, config), w.terraform(t, config)
	one.Import(hubAddress, "acme")
	two.Import(hubAddress, "acme")
	if changes, out := two.Plan(); changes {
		t.Errorf("a plan after the import shows a change:\n%s", out)
	}
	one.Write(map[string]string{"main.tf": requireXrole + w.config(hubSettings{customers: w.ids(), more: "recheck_hours = 12"})})
	one.Apply()
	if changes, out := one.Plan(); changes {
		t.Errorf("the owner sees a change:\n%s", out)
	}
	two.Write(map[string]string{"main.tf": requireXrole + w.config(hubSettings{customers: w.ids(), more: "recheck_hours = 6"})})
	for _, args := range [][]string{{"apply", "-auto-approve"}, {"destroy", "-auto-approve"}} {
		if r := two.Run(args...); r.Code != 1 || !regexp.MustCompile(`(?s)Hub has another owner.*terraform import ADDRESS 'acme'`).MatchString(r.Output) {
			t.Errorf("%s of the other ended with code %d:\n%s", args[0], r.Code, r.Output)
		}
	}
	if changes, out := one.Plan(); changes {
		t.Errorf("the owner sees what the other tried:\n%s", out)
	}
	lost.Run("state", "rm", hubAddress)
	lost.Destroy()
	one.Destroy()
	w.empty(t)
}

// A newer receiver that a plan could not know of stays, and the apply of an older provider ends well.
func TestHubResource_receiverNewerMeanwhile(t *testing.T) {
	t.Parallel()
	w := newHubWorld(t, 1)
	const warning = "Hub runs a newer receiver than this provider's"
	tf := w.terraform(t, w.config(hubSettings{customers: w.ids()}))
	w.deployVersion(t, payload.Number+1) // what an unfinished run of a newer provider leaves: no state knows it
	if out := tf.Apply(); !strings.Contains(out, warning) {
		t.Errorf("a create over it does not warn:\n%s", out)
	}
	if changes, out := tf.Plan(); changes {
		t.Errorf("a plan after it shows a change:\n%s", out)
	}
	w.deployVersion(t, payload.Number+2)
	tf.Write(map[string]string{"main.tf": requireXrole + w.config(hubSettings{customers: w.ids(), more: "recheck_hours = 12"}) + "\noutput \"version\" { value = xrole_hub.main.receiver_version }\n"})
	if out := tf.Apply("-refresh=false"); !strings.Contains(out, warning) {
		t.Errorf("a change under it does not warn:\n%s", out)
	}
	tf.Apply()
	if got, _ := tf.Outputs()["version"].(string); !strings.HasPrefix(got, "3-") {
		t.Errorf("after a refresh the receiver is %s", got)
	}
	if changes, out := tf.Plan(); changes {
		t.Errorf("a plan at the end shows a change:\n%s", out)
	}
	tf.Destroy()
	w.empty(t)
}
