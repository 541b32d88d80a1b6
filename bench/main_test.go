package bench_test

import (
	"cmp"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/xrole/terraform-provider-xrole/internal/lab"
)

// These variables turn the test binary into a wrapper that runs a program and notes what it used.
const (
	wrappedName  = "XROLE_BENCH_RUN"
	providerName = "XROLE_BENCH_PROVIDER"
	usageName    = "XROLE_BENCH_USAGE"
)

func TestMain(m *testing.M) {
	if program := os.Getenv(wrappedName); program != "" {
		os.Exit(wrap("terraform", program))
	}
	if program := os.Getenv(providerName); program != "" {
		os.Exit(wrap("provider", program))
	}
	os.Exit(lab.Run(m))
}

// usage is what a process and those it waited for have used.
type usage struct {
	Who    string
	CPU    time.Duration
	Memory int64
}

// wrap runs a program in its place: a process of its own, since the peak memory that the system reports of a process
// counts from its parent's.
func wrap(who, program string) int {
	if err := os.Unsetenv(wrappedName); err != nil {
		return 1
	}
	cmd := exec.Command(program, os.Args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	_ = cmd.Run() // the exit code says it
	if cmd.ProcessState == nil {
		return 127
	}
	used, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return 127
	}
	line, err := json.Marshal(usage{Who: who, CPU: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), Memory: used.Maxrss << 10})
	if err != nil {
		return 127
	}
	f, err := os.OpenFile(os.Getenv(usageName), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return 127
	}
	if _, err := f.Write(append(line, '\n')); errors.Join(err, f.Close()) != nil {
		return 127
	}
	return cmd.ProcessState.ExitCode()
}

// most is the largest number of customers that is measured; zero without "make bench".
func most(t *testing.T) int {
	t.Helper()
	n, err := strconv.Atoi(cmp.Or(os.Getenv("BENCH_MAX"), "0"))
	if err != nil {
		t.Fatal(err)
	}
	if n == 0 {
		t.Skip("measured by \"make bench\"")
	}
	return n
}
