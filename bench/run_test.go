package bench_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xrole/terraform-provider-xrole/internal/lab"
)

// bench is a partner whose Terraform is measured.
type bench struct {
	*testing.T

	lab     *lab.Lab
	partner *lab.Account
	dir     string
	env     []string
	usage   string
}

// measured is what one run of Terraform cost.
type measured struct {
	Phase     string
	N         int
	Latency   time.Duration
	Requests  map[string]int
	Provider  time.Duration
	Terraform time.Duration
	// Memory is the provider's peak.
	Memory int64
	Wall   time.Duration
}

func (m measured) total() int {
	total := 0
	for _, n := range m.Requests {
		total += n
	}
	return total
}

// wrappedMirror is a provider mirror in which this binary stands in the provider's place.
func wrappedMirror(t *testing.T, l *lab.Lab) (mirror, provider string) {
	t.Helper()
	built, err := l.ProviderMirror(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	found, err := filepath.Glob(filepath.Join(built, "*", "*", "*", "*", "*", "terraform-provider-xrole_*"))
	if err != nil || len(found) != 1 {
		t.Fatalf("the provider is at %v, %v", found, err)
	}
	inside, err := filepath.Rel(built, found[0])
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	mirror = t.TempDir()
	path := filepath.Join(mirror, inside)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, fmt.Appendf(nil, "#!/bin/sh\nexec %q\n", self), 0o700); err != nil {
		t.Fatal(err)
	}
	return mirror, found[0]
}

func newBench(t *testing.T, files ...map[string]string) *bench {
	t.Helper()
	l := lab.Shared(t)
	b := &bench{T: t, lab: l, partner: l.NewAccount(t), dir: t.TempDir()}
	mirror, provider := wrappedMirror(t, l)
	provider = cmp.Or(os.Getenv("BENCH_PROVIDER"), provider) // one that was built with a profiler, say
	b.usage = filepath.Join(t.TempDir(), "usage")
	terraform, err := exec.LookPath("terraform")
	if err != nil {
		t.Fatal(err)
	}
	b.env = append(l.Env(), "AWS_PROFILE="+b.partner.Profile, "TMPDIR="+t.TempDir(), "TF_INPUT=0", "TF_CLI_ARGS=-no-color",
		wrappedName+"="+terraform, providerName+"="+provider, usageName+"="+b.usage)
	for _, f := range files {
		b.write(f)
	}
	b.run("init", 0, "init", "-plugin-dir="+mirror)
	return b
}

func (b *bench) write(files map[string]string) {
	b.Helper()
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(b.dir, name), []byte(content), 0o600); err != nil {
			b.Fatal(err)
		}
	}
}

// run runs Terraform, which must succeed, and says what it cost.
func (b *bench) run(phase string, n int, args ...string) measured {
	b.Helper()
	m := b.quietly(phase, n, args...)
	b.Logf("%s of %d: %d requests, provider %v and %d MB, Terraform %v, wall %v", phase, n, m.total(), m.Provider, m.Memory>>20, m.Terraform, m.Wall)
	return m
}

func (b *bench) quietly(phase string, n int, args ...string) measured {
	b.Helper()
	self, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	_ = os.Remove(b.usage)
	cmd := exec.CommandContext(b.Context(), self, args...)
	cmd.Dir, cmd.Env = b.dir, b.env
	since := time.Now()
	out, err := cmd.CombinedOutput()
	m := measured{Phase: phase, N: n, Wall: time.Since(since), Requests: map[string]int{}}
	if err != nil {
		b.Fatalf("%s of %d: terraform %s: %v\n%s", phase, n, strings.Join(args, " "), err, tail(out))
	}
	for _, r := range b.lab.Requests(lab.Filter{AccountID: b.partner.ID, Since: since}) {
		m.Requests[r.Operation]++
	}
	b.addUsage(&m)
	return m
}

func (b *bench) addUsage(m *measured) {
	b.Helper()
	raw, err := os.ReadFile(b.usage)
	if err != nil {
		b.Fatal(err)
	}
	for line := range bytes.Lines(raw) {
		var u usage
		if err := json.Unmarshal(line, &u); err != nil {
			b.Fatal(err)
		}
		if u.Who == "terraform" {
			m.Terraform += u.CPU // with the provider, which it waits for
			continue
		}
		m.Provider += u.CPU
		m.Terraform -= u.CPU
		m.Memory = max(m.Memory, u.Memory)
	}
}

func tail(out []byte) string {
	const most = 4000
	return string(out[max(0, len(out)-most):])
}
