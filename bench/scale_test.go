package bench_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/xrole/terraform-provider-xrole/internal/lab"
	"github.com/xrole/terraform-provider-xrole/internal/lab/crowd"
)

const (
	// applied is up to how many customers come and go by Terraform; above it they are seeded.
	applied = 100
	// seldom is above what number only what tells something new is measured.
	seldom = 1000
	// largest is how many customers one resource is measured with, where BENCH_MAX asks for it.
	largest = 10000
	// slow is what is added to each request in the second round.
	slow = 30 * time.Millisecond
)

// The phases of an onboarding's life that are measured.
const (
	creating   = "create"
	planning   = "plan, no change"
	withRoles  = "the same with a role each"
	updating   = "update of one"
	destroying = "destroy"

	planningMap = "terraform_data by a map: plan, no change"
	planningSet = "terraform_data by toset: plan, no change"
)

// results are all that one run of the benchmark finds.
type results struct {
	phases []measured
	// state is the size of the state file for each customer, in bytes, by the number of customers.
	state map[int]int64
	// stateMany is that of the plural resource.
	stateMany map[int]int64
	starts    []started
	received  received
}

// TestScale measures, prints and writes README.md and the plot.
func TestScale(t *testing.T) { //nolint:paralleltest // nothing else may run beside it
	limit := most(t)
	all := results{state: map[int]int64{}, stateMany: map[int]int64{}}
	for _, n := range []int{10, 100, 1000, 5000} { //nolint:paralleltest // as above
		if n <= limit {
			t.Run(fmt.Sprint(n), func(t *testing.T) { all.scale(t, n) })
			t.Run(fmt.Sprint(n, " in one resource"), func(t *testing.T) { all.many(t, n) })
		}
	}
	if limit >= largest {
		t.Run(fmt.Sprint(largest, " in one resource"), func(t *testing.T) { all.many(t, largest) })
	}
	t.Run("receiver", func(t *testing.T) { all.receiver(t) })                       //nolint:paralleltest // as above
	t.Run("map and set", func(t *testing.T) { all.forEach(t, min(limit, seldom)) }) //nolint:paralleltest // as above
	t.Run("start", func(t *testing.T) { all.starts = start(t) })                    //nolint:paralleltest // as above
	if !t.Failed() {
		write(t, &all)
	}
}

func (r *results) scale(t *testing.T, n int) {
	t.Helper()
	b := newBench(t, map[string]string{"main.tf": head + single}, customers(min(n, 1)))
	hub := crowd.Hub(b.lab.DeployHub(t, b.partner, lab.HubOptions{TrustedPrincipalARNs: []string{"arn:aws:iam::" + b.partner.ID + ":role/collector"}}))
	b.write(map[string]string{"hub.tf": hubLocal(hub)})
	var variables []string
	measure := func(phase string, args ...string) {
		r.phases = append(r.phases, b.run(phase, n, append(args, variables...)...))
	}
	if n > applied {
		b.run(creating, 1, "apply", "-auto-approve")
		b.seed(hub, n)
	}
	b.write(customers(n))
	for _, latency := range []time.Duration{0, slow} {
		b.lab.SetLatency(latency)
		first := len(r.phases)
		if n <= applied {
			measure(creating, "apply", "-auto-approve")
		}
		measure(planning, "plan", "-detailed-exitcode")
		r.state[n] = b.stateSize() / int64(n)
		if latency == 0 && n <= seldom {
			b.write(map[string]string{"roles.tf": roles})
			measure(withRoles, "plan", "-detailed-exitcode")
			b.write(map[string]string{"roles.tf": ""})
		}
		if latency == 0 || n <= seldom {
			variables = []string{fmt.Sprintf("-var=description=after %v", latency)}
			measure(updating, "apply", "-auto-approve")
		}
		if n <= applied {
			measure(destroying, "destroy", "-auto-approve")
		}
		for i := range r.phases[first:] {
			r.phases[first+i].Latency = latency
		}
	}
	b.lab.SetLatency(0)
}

// forEach is what Terraform itself makes of a map and of a set, without a provider.
func (r *results) forEach(t *testing.T, n int) {
	t.Helper()
	for _, by := range [][]string{
		{planningMap, "local.customers", "each.value.account_id"},
		{planningSet, "toset(keys(local.customers))", "local.customers[each.key].account_id"},
	} {
		b := newBench(t, map[string]string{"main.tf": builtin(by[1], by[2])}, customers(n))
		b.run(creating, n, "apply", "-auto-approve")
		r.phases = append(r.phases, b.run(by[0], n, "plan", "-detailed-exitcode"))
	}
}

// exponent is the slope of a line through the logarithms, from a hundred customers on: 1 is linear growth.
func (r *results) exponent(phase string, cost func(measured) time.Duration) float64 {
	var n, sx, sy, sxx, sxy float64
	for _, m := range r.phases {
		if m.Phase != phase || m.Latency != 0 || m.N < 100 {
			continue
		}
		x, y := math.Log(float64(m.N)), math.Log(cost(m).Seconds())
		n, sx, sy, sxx, sxy = n+1, sx+x, sy+y, sxx+x*x, sxy+x*y
	}
	return (n*sxy - sx*sy) / (n*sxx - sx*sx)
}
