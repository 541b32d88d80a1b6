package provider_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/xrole/terraform-provider-xrole/internal/lab"
)

// terraform is a real run of this configuration by this partner.
func (w hubWorld) terraform(t *testing.T, config string) *lab.Terraform {
	t.Helper()
	tf := w.lab.Terraform(t, w.partner, map[string]string{"main.tf": requireXrole + config})
	tf.Init()
	return tf
}

// killPoint is the n-th request of a kind.
type killPoint struct {
	service, operation string
	n                  int
}

// killPoints are every change that a run asked for, and the first of each kind of question.
func (w hubWorld) killPoints() []killPoint {
	var points []killPoint
	seen := map[string]int{}
	for _, r := range w.lab.Requests(lab.Filter{AccountID: w.partner.ID}) {
		p := killPoint{r.Service, r.Operation, seen[r.Operation]}
		seen[r.Operation]++
		if p.n == 0 || !asks(p.operation) {
			points = append(points, p)
		}
	}
	return points
}

// asks tells a question from a change.
func asks(operation string) bool {
	for _, start := range []string{"Get", "BatchGet", "Describe", "Head", "List", "Scan", "Query"} {
		if strings.HasPrefix(operation, start) {
			return true
		}
	}
	return false
}

// The provider is killed, as by a power cut, at each request of the hub's create: before it is sent on, and, where it
// changes something, after that is done. The next apply ends in the same hub.
func TestHubResource_killed(t *testing.T) {
	t.Parallel()
	sample := newHubWorld(t, 1)
	config := hubSettings{customers: sample.ids(), regions: []string{"us-east-1", "eu-west-1"}}
	sample.terraform(t, sample.config(config)).Apply()
	points := sample.killPoints()
	found := fmt.Sprint(points)
	for _, want := range []string{"CreateStack 3", "PutObject 0", "PutBucketPolicy 0", "SetTopicAttributes 1", "PutItem 0", "DescribeStacks 0"} {
		if !strings.Contains(found, want) {
			t.Errorf("a create makes no request %s: %s", want, found)
		}
	}
	for _, p := range points {
		for when, kind := range map[string]lab.Kind{"before": lab.ResetBefore, "after": lab.ResetAfter} {
			if asks(p.operation) && when == "after" {
				continue // nothing was done
			}
			t.Run(fmt.Sprintf("%s %d %s", p.operation, p.n+1, when), func(t *testing.T) {
				t.Parallel()
				killHubAt(t, lab.Fault{Service: p.service, Operation: p.operation, After: p.n, Times: 1, Kind: kind})
			})
		}
	}
}

func killHubAt(t *testing.T, fault lab.Fault) {
	t.Helper()
	w := newHubWorld(t, 1)
	tf := w.terraform(t, w.config(hubSettings{customers: w.ids(), regions: []string{"us-east-1", "eu-west-1"}, rest: w.onboardings(w.ids()...)}))
	run := make(chan *lab.Running, 1)
	fault.AccountID, fault.Hook = w.partner.ID, func() { (<-run).Kill() }
	disarm := w.lab.Inject(fault)
	running := tf.Start("apply", "-auto-approve", "-lock=false")
	run <- running
	if r := running.Wait(); r.Code != -1 {
		t.Fatalf("the run was not killed: code %d\n%s", r.Code, r.Output)
	}
	disarm()
	tf.Apply("-lock=false")
	if changes, out := tf.Plan("-lock=false"); changes {
		t.Errorf("a plan after the second apply shows a change:\n%s", out)
	}
	tf.Destroy("-lock=false")
	w.empty(t)
}
