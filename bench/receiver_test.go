package bench_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/xrole/terraform-provider-xrole/internal/lab"
	"github.com/xrole/terraform-provider-xrole/internal/lab/crowd"
)

// looks is how often a role is proven again; the median counts.
const looks = 25

// tickOfCPU is the unit in which Linux counts a process's time for everybody (https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html).
const tickOfCPU = 10 * time.Millisecond

// received is what the receiver costs.
type received struct {
	// First and Next are from an invocation to its answer: the first one starts the process, which has a look at the registry.
	First, Next time.Duration
	// Look is one proof of a role, CPU the process's part of it.
	Look, CPU time.Duration
	// Memory is in KB, Zip in bytes.
	Memory, Zip int
	Requests    int
}

// receiver measures it as it is shipped, in the lab's Lambda, which is a process for each function.
func (r *results) receiver(t *testing.T) {
	t.Helper()
	l := lab.Shared(t)
	partner, customer := l.NewAccount(t), l.NewAccount(t)
	deployed := l.DeployHub(t, partner, lab.HubOptions{TrustedPrincipalARNs: []string{"arn:aws:iam::" + partner.ID + ":role/collector"}, AccountIDs: []string{customer.ID}})
	hub := crowd.Hub(deployed)
	client := lambda.NewFromConfig(partner.Config(hub.Region))
	invoke := func(payload string) time.Duration {
		since := time.Now()
		out, err := client.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: &hub.ReceiverFunctionARN, Payload: []byte(payload)})
		if err != nil || out.FunctionError != nil {
			t.Fatalf("%v: %s", err, out.Payload)
		}
		return time.Since(since)
	}
	got := received{First: invoke(`{"schedule":{}}`), Zip: len(l.ReceiverZip(t))}
	median := func(payload string) time.Duration {
		var all []time.Duration
		for range looks {
			all = append(all, invoke(payload))
		}
		slices.Sort(all)
		return all[len(all)/2]
	}
	got.Next = median(`{"schedule":{}}`)
	in := crowd.Inputs(hub, 0)
	in.AccountID = customer.ID
	on, err := crowd.Service(partner, hub).Create(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	stack, err := customer.Launch(t.Context(), on.Publication.LaunchURL)
	if err != nil {
		t.Fatal(err)
	}
	if err := stack.Wait(t.Context()); err != nil || stack.Status != "CREATE_COMPLETE" {
		t.Fatalf("the stack ended as %s: %v", stack.Status, err)
	}
	verify := fmt.Sprintf(`{"verify":{"name":%q}}`, in.Name)
	invoke(verify)
	pids := l.Receivers(deployed.TableARN)
	if len(pids) == 0 {
		t.Fatal("no process of the receiver was found")
	}
	since, before := time.Now(), used(t, pids)
	got.Look = median(verify)
	got.CPU = (used(t, pids) - before) / looks
	for _, account := range []string{partner.ID, customer.ID} { // what is asked with the role's own session is the customer's
		got.Requests += len(l.Requests(lab.Filter{AccountID: account, Since: since}))
	}
	got.Requests = got.Requests/looks - 1 // its invocation is the benchmark's
	for _, pid := range pids {
		got.Memory = max(got.Memory, lab.Memory(pid))
	}
	r.received = got
}

// used is the CPU time of processes so far.
func used(t *testing.T, pids []int) (total time.Duration) {
	t.Helper()
	for _, pid := range pids {
		raw, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
		if err != nil {
			t.Fatal(err)
		}
		_, after, _ := strings.Cut(string(raw), ") ")
		f := strings.Fields(after)
		for _, ticks := range f[11:13] { // utime and stime
			n, err := strconv.Atoi(ticks)
			if err != nil {
				t.Fatal(err)
			}
			total += time.Duration(n) * tickOfCPU
		}
	}
	return total
}
