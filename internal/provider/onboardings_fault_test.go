package provider_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/xrole/terraform-provider-xrole/internal/lab"
)

func (w world) externalIDs(t *testing.T, names ...string) map[string]string {
	t.Helper()
	ids := map[string]string{}
	for _, name := range names {
		if o := w.offer(t, name); o != nil {
			ids[name] = o.ExternalID
		}
	}
	return ids
}

func (w world) wantIDs(t *testing.T, before map[string]string, names ...string) {
	t.Helper()
	if after := w.externalIDs(t, names...); !maps.Equal(after, before) {
		t.Errorf("External IDs were %v and are %v", before, after)
	}
}

// What fails for one customer is done for the others, the message names who is left, and the next apply does the rest
// with the External IDs that there are.
func TestOnboardings_partialFailure(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	customer := l.NewAccount(t)
	w := newWorld(t, customer)
	all := []string{"globex", "hooli", "initech", "umbrella"}
	lines := func(extra string) (out []string) {
		for _, name := range all {
			out = append(out, fmt.Sprintf(`%s = { account_id = %q%s }`, name, customer.ID, extra))
		}
		return out
	}
	refuse := func(name string) (remove func()) {
		return l.Inject(lab.Fault{AccountID: w.partner.ID, Operation: "PutObject", Path: "/" + name + "/", Kind: lab.Status{Code: 403, ErrorCode: "AccessDenied"}})
	}
	tf := l.Terraform(t, w.partner, map[string]string{"main.tf": w.fleet("", lines("")...)})
	tf.Init()
	// Create: Terraform would destroy all that a failed create leaves in the state.
	remove := refuse("hooli")
	r := tf.Run("apply", "-auto-approve", "-no-color")
	remove()
	for _, want := range []string{"Not all customers were made", `Customer "hooli"`, "Made and in the registry: 3."} {
		if r.Code == 0 || !strings.Contains(unwrap(r.Output), want) {
			t.Fatalf("the failed create does not say %q:\n%s", want, r.Output)
		}
	}
	before := w.externalIDs(t, all...)
	if len(before) != 4 { // the one that failed has its offer, and lacks its template
		t.Fatalf("offers after the failed create: %v", before)
	}
	tf.Apply()
	if after := w.externalIDs(t, all...); !maps.Equal(before, after) {
		t.Errorf("External IDs were %v and are %v", before, after)
	}
	wantNoChange(t, tf)
	// Update.
	tf.Write(map[string]string{"main.tf": w.fleet("service_timeout_seconds = 900", lines("")...)})
	remove = refuse("initech")
	r = tf.Run("apply", "-auto-approve", "-no-color")
	remove()
	for _, want := range []string{"Not all customers are done", `Customer "initech": not done. Of the others that were to change, done and kept: 3.`} {
		if r.Code == 0 || !strings.Contains(unwrap(r.Output), want) {
			t.Fatalf("the failed update does not say %q:\n%s", want, r.Output)
		}
	}
	if _, out := tf.Plan(); !strings.Contains(out, `~ "initech"`) || strings.Contains(out, `~ "globex"`) {
		t.Errorf("the plan after it shows others than the one that failed:\n%s", out)
	}
	tf.Apply()
	wantNoChange(t, tf)
	// Destroy.
	remove = l.Inject(lab.Fault{AccountID: w.partner.ID, Operation: "DeleteObjects", Times: 1, Kind: lab.Status{Code: 403, ErrorCode: "AccessDenied"}})
	r = tf.Run("destroy", "-auto-approve", "-no-color")
	remove()
	if r.Code == 0 || !strings.Contains(unwrap(r.Output), "Not all customers are done") {
		t.Errorf("the failed destroy said:\n%s", r.Output)
	}
	tf.Destroy()
	if keys := w.templates(t); len(keys) != 0 || len(w.externalIDs(t, all...)) != 0 {
		t.Errorf("left behind: %v %v", keys, w.externalIDs(t, all...))
	}
}

func wantNoChange(t *testing.T, tf *lab.Terraform) {
	t.Helper()
	if changes, out := tf.Plan(); changes {
		t.Errorf("the plan after the apply shows:\n%s", out)
	}
}

// A run that is killed in the middle loses nothing: the next one takes over what it made.
func TestOnboardings_killed(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	customer := l.NewAccount(t)
	w := newWorld(t, customer)
	var lines, all []string
	for i := range 20 {
		all = append(all, fmt.Sprint("customer-", i))
		lines = append(lines, fmt.Sprintf(`%s = { account_id = %q }`, all[i], customer.ID))
	}
	for _, at := range []string{"TransactWriteItems", "PutObject"} {
		tf := l.Terraform(t, w.partner, map[string]string{"main.tf": w.fleet("", lines...)})
		tf.Init()
		running := make(chan *lab.Running, 1)
		remove := l.Inject(lab.Fault{AccountID: w.partner.ID, Operation: at, After: 9, Times: 1, Hook: func() { (<-running).Kill() }})
		run := tf.Start("apply", "-auto-approve", "-no-color")
		running <- run
		if r := run.Wait(); r.Code == 0 {
			t.Fatalf("%s: nothing was killed:\n%s", at, r.Output)
		}
		remove()
		before := w.externalIDs(t, all...)
		if len(before) == 0 || len(before) == len(all) && at == "TransactWriteItems" {
			t.Errorf("%s: %d offers were made before the kill", at, len(before))
		}
		tf.Apply("-lock=false")
		after := w.externalIDs(t, all...)
		for name, id := range before {
			if after[name] != id {
				t.Errorf("%s: the External ID of %s was %s and is %s", at, name, id, after[name])
			}
		}
		wantNoChange(t, tf)
		tf.Destroy("-lock=false")
		if keys := w.templates(t); len(keys) != 0 {
			t.Errorf("%s: left behind: %v", at, keys)
		}
	}
}

// Each customer costs what it costs alone, and a refresh costs pages.
func TestOnboardings_requests(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	customer := l.NewAccount(t)
	w := newWorld(t, customer)
	var lines []string
	for i := range 25 {
		lines = append(lines, fmt.Sprintf(`customer-%d = { account_id = %q }`, i, customer.ID))
	}
	tf := l.Terraform(t, w.partner, map[string]string{"main.tf": w.fleet("", lines...)})
	tf.Init()
	count := w.counter()
	tf.Apply()
	if got := tally(count.operations()); got["TransactWriteItems"] != 25 || got["PutObject"] != 25 || len(got) != 2 {
		t.Errorf("creating 25 made %v", got)
	}
	count.reset()
	wantNoChange(t, tf)
	if got := count.operations(); len(got) > 5 || !slices.Contains(got, "Scan") || !slices.Contains(got, "ListObjectsV2") {
		t.Errorf("a plan of 25 made %v", got)
	}
	tf.Write(map[string]string{"main.tf": w.fleet("", append(lines[1:], fmt.Sprintf(`customer-0 = { account_id = %q, service_timeout_seconds = 900 }`, customer.ID))...)})
	count.reset()
	tf.Apply("-refresh=false")
	if got := tally(count.operations()); got["TransactWriteItems"] != 1 || got["PutObject"] != 1 || got["BatchGetItem"] != 1 || len(got) != 3 {
		t.Errorf("changing one of 25 made %v", got)
	}
}

func tally(operations []string) map[string]int {
	n := map[string]int{}
	for _, o := range operations {
		n[o]++
	}
	return n
}
