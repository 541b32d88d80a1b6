package bench_test

import (
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/xrole/terraform-provider-xrole/internal/lab"
)

// starts is how often each program is started; the median counts.
const starts = 15

// started is what it costs to start a provider and to have its schema.
type started struct {
	Name      string
	Wall, CPU time.Duration
	Memory    int64
}

// start measures "terraform providers schema" with the provider and with one that is empty, in turns.
func start(t *testing.T) []started {
	t.Helper()
	empty := filepath.Join(t.TempDir(), "empty")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", empty, "./empty").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	b := newBench(t, map[string]string{"main.tf": head}, customers(0), map[string]string{"hub.tf": "locals { hub = null }\n"})
	_, provider := wrappedMirror(t, lab.Shared(t))
	runs := map[string][]measured{}
	base := b.env
	for range starts {
		for name, program := range map[string]string{"xrole": provider, "an empty provider": empty} {
			b.env = slices.Concat(base, []string{providerName + "=" + program})
			runs[name] = append(runs[name], b.quietly("start", 0, "providers", "schema", "-json"))
		}
	}
	var all []started
	for _, name := range []string{"an empty provider", "xrole"} {
		median := func(cost func(measured) int64) int64 {
			var costs []int64
			for _, m := range runs[name] {
				costs = append(costs, cost(m))
			}
			slices.Sort(costs)
			return costs[len(costs)/2]
		}
		all = append(all, started{
			Name:   name,
			Wall:   time.Duration(median(func(m measured) int64 { return int64(m.Wall) })),
			CPU:    time.Duration(median(func(m measured) int64 { return int64(m.Provider) })),
			Memory: median(func(m measured) int64 { return m.Memory }),
		})
	}
	return all
}
