package provider_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/xrole/terraform-provider-xrole/internal/lab"
)

func (w hubWorld) asked(since time.Time) map[string]int {
	out := map[string]int{}
	for _, r := range w.lab.Requests(lab.Filter{AccountID: w.partner.ID, Since: since}) {
		out[r.Operation]++
	}
	return out
}

// A refresh asks for the same few things however many customers there are, a plan for nothing, and a change of what
// stands in every region for nothing that did not change.
func TestHubResource_requests(t *testing.T) {
	t.Parallel()
	w := newHubWorld(t, 2)
	regions := []string{"us-east-1", "eu-west-1"}
	tf := w.terraform(t, w.config(hubSettings{regions: regions, customers: w.ids()}))
	tf.Apply()

	since := time.Now()
	tf.Plan()
	refresh := map[string]int{
		"GetCallerIdentity": 1, "DescribeStacks": 4, "GetTemplate": 4, "GetBucketPolicy": 1, "HeadObject": 1, "GetTopicAttributes": 2,
		"GetFunction": 1, "GetPolicy": 1, "ListSubscriptionsByTopic": 2,
	}
	if diff := cmp.Diff(refresh, w.asked(since)); diff != "" {
		t.Errorf("a refresh in two regions: %s", diff)
	}

	tf.Write(map[string]string{"main.tf": requireXrole + w.config(hubSettings{regions: regions, customers: w.ids(), more: "recheck_hours = 12"})})
	since = time.Now()
	tf.Plan("-refresh=false")
	if got := w.asked(since); len(got) != 0 {
		t.Errorf("a plan without a refresh asked for %v", got)
	}
	since = time.Now()
	tf.Apply("-refresh=false")
	asked := w.asked(since)
	if asked["GetItem"] != 1 {
		t.Errorf("the settings of a hub that stands were read %d times", asked["GetItem"])
	}
	writes := slices.DeleteFunc(slices.Sorted(maps.Keys(asked)), asks)
	if diff := cmp.Diff([]string{"PutItem", "UpdateStack"}, writes); diff != "" {
		t.Errorf("a change of the receiver's settings: %s", diff)
	}
	tf.Destroy()
	w.empty(t)
}

// The path is part of the receiver's ARN, so that another one is another hub.
func TestHubResource_path(t *testing.T) {
	t.Parallel()
	w := newHubWorld(t, 1)
	tf := w.terraform(t, w.config(hubSettings{customers: w.ids()}))
	tf.Apply()
	for _, row := range []struct{ path, want string }{{"/", "update in-place"}, {"/acme/", "# forces replacement"}} {
		tf.Write(map[string]string{"main.tf": requireXrole + w.config(hubSettings{customers: w.ids(), more: `path = "` + row.path + `"`})})
		if _, out := tf.Plan(); !strings.Contains(out, row.want) {
			t.Errorf("%s does not show %q:\n%s", row.path, row.want, out)
		}
	}
	tf.Apply()
	if changes, out := tf.Plan(); changes {
		t.Errorf("a plan after it shows a change:\n%s", out)
	}
	tf.Destroy()
	w.empty(t)
}
