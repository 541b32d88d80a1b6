package lab

import (
	"context"
	"fmt"
	"os"
	"sync"
	"testing"
)

// shared is the one lab of a test process. It is a variable because a process's environment, which names the lab's
// proxy, is one as well.
var shared struct {
	lab   *Lab
	start sync.Once
	err   error
}

// Run is TestMain's body: os.Exit(lab.Run(m)). It makes the lab this process's AWS before anything dials, since Go
// reads HTTPS_PROXY and the root certificates only once, and ends the lab after the tests. The lab's servers are
// started by the first test that calls Shared.
func Run(m *testing.M) int {
	l, err := prepare(context.Background(), Options{})
	if err == nil {
		err = l.setEnv()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "the lab:", err)
		return 1
	}
	shared.lab = l
	code := m.Run()
	for _, what := range l.Broken() {
		fmt.Fprintln(os.Stderr, "the lab cannot do this:", what)
		code = 1
	}
	if err := l.Close(); err != nil {
		fmt.Fprintln(os.Stderr, "the lab:", err)
		code = 1
	}
	return code
}

// Shared returns this process's lab and starts it on first use. The package's TestMain must call Run. A missing tool
// fails the test, with the command that installs it.
func Shared(tb testing.TB) *Lab {
	tb.Helper()
	if shared.lab == nil {
		tb.Fatal("lab.Shared needs this in the package: func TestMain(m *testing.M) { os.Exit(lab.Run(m)) }")
	}
	shared.start.Do(func() { shared.err = shared.lab.start(context.Background()) })
	if shared.err != nil {
		tb.Fatalf("starting the lab: %v", shared.err)
	}
	return shared.lab
}
