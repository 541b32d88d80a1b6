package lab

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// providerVersion is what the provider under test calls itself. Terraform takes a pre-release such as 0.0.0-lab only
// when it is asked for by name, which no user's configuration does, and 0.0.0 never.
const providerVersion = "0.0.1"

// coverName is the variable with the folder in which the provider leaves what of it has run; go test has one of its own.
const coverName = "XROLE_COVER"

// Terraform is a configuration and the real CLI, run by one account. Its methods fail the test when the CLI fails; Run
// does not.
type Terraform struct {
	// Dir is the working directory.
	Dir string

	tb  testing.TB
	lab *Lab
	env []string
}

// Result is what a run of the CLI came to.
type Result struct {
	// Code is the exit code: 0, 1 for an error, 2 for a plan with changes, -1 when it was killed.
	Code int
	// Stdout is standard output alone, which is JSON where that was asked for.
	Stdout string
	// Output is standard output and standard error as they came.
	Output string
}

// Terraform writes a configuration into a folder of its own. The configuration says
// required_providers { xrole = { source = "xrole/xrole" } }, as a user's does. Account chooses AWS_PROFILE.
func (l *Lab) Terraform(tb testing.TB, account *Account, files map[string]string) *Terraform {
	tb.Helper()
	w := &Terraform{Dir: tb.TempDir(), tb: tb, lab: l, env: l.Env()}
	w.Setenv("AWS_PROFILE", account.Profile)
	// A killed provider leaves its socket behind.
	w.Setenv("TMPDIR", l.path("tmp"))
	w.Setenv("TF_INPUT", "0")
	w.Setenv("TF_CLI_ARGS", "-no-color")
	w.Write(files)
	return w
}

// Setenv sets a variable for all runs to come.
func (w *Terraform) Setenv(name, value string) { w.env = append(w.env, name+"="+value) }

// Write adds files to the configuration, or replaces them. Names are relative to Dir.
func (w *Terraform) Write(files map[string]string) {
	w.tb.Helper()
	for name, content := range files {
		path := filepath.Join(w.Dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(content), 0o600)); err != nil {
			w.tb.Fatal(err)
		}
	}
}

// Remove takes a file out of the configuration.
func (w *Terraform) Remove(name string) {
	w.tb.Helper()
	if err := os.Remove(filepath.Join(w.Dir, name)); err != nil {
		w.tb.Fatal(err)
	}
}

// Init installs the provider, built from this repository once per lab.
func (w *Terraform) Init() {
	w.tb.Helper()
	mirror, err := w.lab.ProviderMirror(w.tb.Context())
	if err != nil {
		w.tb.Fatal(err)
	}
	w.must("init", "-plugin-dir="+mirror)
}

// Plan plans, and reports whether there is something to do.
func (w *Terraform) Plan(args ...string) (changes bool, output string) {
	w.tb.Helper()
	r := w.Run(append([]string{"plan", "-detailed-exitcode"}, args...)...)
	if r.Code != 0 && r.Code != 2 {
		w.tb.Fatalf("terraform plan:\n%s", r.Output)
	}
	return r.Code == 2, r.Output
}

// Apply plans and applies.
func (w *Terraform) Apply(args ...string) string {
	w.tb.Helper()
	return w.must(append([]string{"apply", "-auto-approve"}, args...)...).Output
}

// Destroy destroys everything in the state.
func (w *Terraform) Destroy(args ...string) string {
	w.tb.Helper()
	return w.must(append([]string{"destroy", "-auto-approve"}, args...)...).Output
}

// Import imports one resource.
func (w *Terraform) Import(address, id string) string {
	w.tb.Helper()
	return w.must("import", address, id).Output
}

// Outputs returns the root module's outputs, sensitive ones included.
func (w *Terraform) Outputs() map[string]any {
	w.tb.Helper()
	var outputs map[string]struct{ Value any }
	w.decode(w.must("output", "-json").Stdout, &outputs)
	values := map[string]any{}
	for name, o := range outputs {
		values[name] = o.Value
	}
	return values
}

// Show returns the state, or the plan in a file named, as "terraform show -json" prints it.
func (w *Terraform) Show(args ...string) map[string]any {
	w.tb.Helper()
	var state map[string]any
	w.decode(w.must(append([]string{"show", "-json"}, args...)...).Stdout, &state)
	return state
}

func (w *Terraform) decode(text string, into any) {
	w.tb.Helper()
	if err := json.Unmarshal([]byte(text), into); err != nil {
		w.tb.Fatalf("reading terraform's JSON: %v\n%s", err, text)
	}
}

func (w *Terraform) must(args ...string) Result {
	w.tb.Helper()
	r := w.Run(args...)
	if r.Code != 0 {
		w.tb.Fatalf("terraform %s: exit code %d\n%s", strings.Join(args, " "), r.Code, r.Output)
	}
	return r
}

// Run runs the CLI to its end.
func (w *Terraform) Run(args ...string) Result {
	w.tb.Helper()
	return w.Start(args...).Wait()
}

// Running is a run of the CLI, which may have ended meanwhile.
type Running struct {
	cmd    *exec.Cmd
	stdout bytes.Buffer
	both   lockedBuffer
	ended  chan struct{}
}

// Start starts the CLI and returns at once.
func (w *Terraform) Start(args ...string) *Running {
	w.tb.Helper()
	path, err := exec.LookPath("terraform")
	if err != nil {
		w.tb.Fatal("the test needs terraform 1.11 or newer on the path; https://developer.hashicorp.com/terraform/install says how to install it")
	}
	cmd := exec.CommandContext(w.tb.Context(), path, args...) //nolint:gosec // the test wrote the arguments
	cmd.Dir, cmd.Env = w.Dir, w.env
	r := &Running{cmd: cmd, ended: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = io.MultiWriter(&r.stdout, &r.both), &r.both
	// A provider that outlives a killed Terraform for a moment holds the pipes open.
	cmd.WaitDelay = time.Second
	wait, err := w.lab.janitor.start(cmd)
	if err != nil {
		w.tb.Fatal(err)
	}
	go func() {
		_ = wait() // the exit code says it
		close(r.ended)
	}()
	w.tb.Cleanup(func() {
		r.Kill()
		<-r.ended
	})
	return r
}

// Wait waits for the end.
func (r *Running) Wait() Result {
	<-r.ended
	return Result{Code: r.cmd.ProcessState.ExitCode(), Stdout: r.stdout.String(), Output: r.both.String()}
}

// Output returns what was printed so far.
func (r *Running) Output() string { return r.both.String() }

// Kill ends Terraform and the provider as a power cut would. It may be called from a Fault's Hook, and again.
func (r *Running) Kill() {
	select {
	case <-r.ended:
	default:
		_ = killGroup(r.cmd) // it may be ending by itself
	}
}

// Interrupt asks Terraform to stop, as Ctrl-C does. It may be called from a Fault's Hook.
func (r *Running) Interrupt() {
	select {
	case <-r.ended:
	default:
		_ = r.cmd.Process.Signal(os.Interrupt) // it may be ending by itself
	}
}

// KillProvider ends the provider only, as a lack of memory would: Terraform lives and saves what it knows. It needs /proc.
func (r *Running) KillProvider() {
	for _, pid := range processesWith("cmdline", "terraform-provider-xrole") {
		if group, err := syscall.Getpgid(pid); err == nil && group == r.cmd.Process.Pid {
			_ = syscall.Kill(pid, syscall.SIGKILL) // it may be ending by itself
		}
	}
}

// ProviderMirror builds the provider, once per lab, and returns the folder that "terraform init -plugin-dir" takes.
func (l *Lab) ProviderMirror(ctx context.Context) (string, error) {
	return l.provider.get(func() (string, error) {
		if err := l.receiverBuilt(); err != nil {
			return "", err
		}
		mirror := l.path("mirror")
		platform := runtime.GOOS + "_" + runtime.GOARCH
		binary := filepath.Join(mirror, "registry.terraform.io", "xrole", "xrole", providerVersion, platform, "terraform-provider-xrole_v"+providerVersion)
		args := []string{"build", "-ldflags=-X main.version=" + providerVersion, "-o", binary}
		if os.Getenv(coverName) != "" {
			args = append(args, "-cover", "-coverpkg=./...")
		}
		cmd := exec.CommandContext(ctx, "go", append(args, ".")...) //nolint:gosec // no part comes from outside
		cmd.Dir, cmd.Env = l.root, l.outer
		var out lockedBuffer
		cmd.Stdout, cmd.Stderr = &out, &out
		wait, err := l.janitor.start(cmd)
		if err == nil {
			err = wait()
		}
		if err != nil {
			return "", fmt.Errorf("building the provider: %w\n%s", err, out.String())
		}
		return mirror, nil
	})
}

// receiverBuilt refuses a provider that could make no hub: what it embeds is not committed.
func (l *Lab) receiverBuilt() error {
	name := filepath.Join("internal", "payload", "dist", "receiver_"+runtime.GOARCH+".zip")
	if _, err := os.Stat(filepath.Join(l.root, name)); err != nil {
		return fmt.Errorf("the provider would be built without the receiver, and could make no hub: run \"make receiver\" first: %w", err)
	}
	return nil
}

// UseMirror lets a plain "terraform init" with the lab's TF_CLI_CONFIG_FILE find the provider. It is for people: tests
// call Init.
func (l *Lab) UseMirror(ctx context.Context) error {
	mirror, err := l.ProviderMirror(ctx)
	if err != nil {
		return err
	}
	text := fmt.Sprintf("provider_installation {\n  filesystem_mirror {\n    path = %q\n  }\n}\n", mirror)
	if err := os.WriteFile(l.path("terraform.rc"), []byte(text), 0o600); err != nil {
		return fmt.Errorf("telling Terraform where the provider is: %w", err)
	}
	return nil
}

// lockedBuffer is written and read at the same time.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

// Write implements io.Writer.
func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

// String returns what was written so far.
func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
