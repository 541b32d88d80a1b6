package bench_test

import (
	"fmt"
	"maps"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

const (
	begin = "<!-- results: written by make bench -->"
	end   = "<!-- end of results -->"
)

// write puts the results between the marks of README.md, and makes the plot.
func write(t *testing.T, r *results) {
	t.Helper()
	text := r.tables()
	t.Log("\n" + text)
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(readme), begin)
	_, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatal("README.md has no place for the results")
	}
	for name, content := range map[string]string{"README.md": before + begin + "\n\n" + text + "\n" + end + after, "scale.svg": r.plot()} {
		if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func (r *results) tables() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Measured with %s on %s/%s, %d cores.\n\n", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU())
	b.WriteString("| customers | phase | added latency | requests | provider CPU | its memory | Terraform CPU | wall |\n|---:|---|---:|---|---:|---:|---:|---:|\n")
	for _, m := range r.phases {
		fmt.Fprintf(&b, "| %d | %s | %v | %d: %s | %s | %d MB | %s | %s |\n", m.N, m.Phase, m.Latency, m.total(), operations(m.Requests),
			seconds(m.Provider), m.Memory>>20, seconds(m.Terraform), seconds(m.Wall))
	}
	b.WriteString("\nGrowth of a plan without a change, from 100 customers on, as the exponent of their number (1 is linear):\n\n| | provider | Terraform |\n|---|---:|---:|\n")
	for _, phase := range []string{planning, planningMany} {
		fmt.Fprintf(&b, "| %s | %.2f | %.2f |\n", phase,
			r.exponent(phase, func(m measured) time.Duration { return m.Provider }), r.exponent(phase, func(m measured) time.Duration { return m.Terraform }))
	}
	b.WriteString("\n| customers | state file for each, a resource each | in one resource |\n|---:|---:|---:|\n")
	for _, n := range slices.Sorted(maps.Keys(r.state)) {
		fmt.Fprintf(&b, "| %d | %d bytes | %d bytes |\n", n, r.state[n], r.stateMany[n])
	}
	fmt.Fprintf(&b, "\nFrom start to schema, the median of %d times `terraform providers schema`:\n\n| provider | wall, with Terraform | its CPU | its memory |\n|---|---:|---:|---:|\n", starts)
	for _, s := range r.starts {
		fmt.Fprintf(&b, "| %s | %d ms | %d ms | %d MB |\n", s.Name, s.Wall.Milliseconds(), s.CPU.Milliseconds(), s.Memory>>20)
	}
	got := r.received
	b.WriteString("\n| receiver | |\n|---|---:|\n")
	fmt.Fprintf(&b, "| first invocation, with the start of the process | %d ms |\n| the same again | %d ms |\n", got.First.Milliseconds(), got.Next.Milliseconds())
	fmt.Fprintf(&b, "| proof of a role: time, of which CPU of the process | %d ms, %.1f ms |\n| its requests | %d |\n", got.Look.Milliseconds(), float64(got.CPU.Microseconds())/1000, got.Requests)
	fmt.Fprintf(&b, "| memory | %d MB |\n| zip | %.1f MB |\n", got.Memory>>10, float64(got.Zip)/1e6)
	return b.String()
}

func operations(count map[string]int) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(count)) {
		parts = append(parts, fmt.Sprintf("%d %s", count[name], name))
	}
	return strings.Join(parts, ", ")
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }
