package lab

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/xrole/terraform-provider-xrole/internal/bundle"
)

// ReceiverZip returns the receiver as it is shipped, built for this machine once per lab.
func (l *Lab) ReceiverZip(tb testing.TB) []byte {
	tb.Helper()
	zip, err := l.receiverZip(tb.Context())
	if err != nil {
		tb.Fatal(err)
	}
	return zip
}

func (l *Lab) receiverZip(ctx context.Context) ([]byte, error) {
	return l.receiver.get(func() ([]byte, error) { return bundle.Build(ctx, runtime.GOARCH) })
}

// Receivers are the ids of the processes that run the receiver of the hub with that table. It needs /proc.
func (l *Lab) Receivers(tableARN string) []int {
	return processesWith("environ", "XROLE_TABLE_ARN="+tableARN)
}

// processesWith are the ids of the processes that have a text in a file that /proc keeps of each.
func processesWith(file, text string) (pids []int) {
	all, _ := filepath.Glob("/proc/[0-9]*/" + file)
	for _, path := range all {
		content, err := os.ReadFile(path) //nolint:gosec // a process of this machine; it may have gone meanwhile
		if err != nil || !strings.Contains(string(content), text) {
			continue
		}
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path))); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

// Memory is what a process holds, in KB. It needs /proc.
func Memory(pid int) int {
	status, _ := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status"))
	for line := range strings.Lines(string(status)) {
		if f := strings.Fields(line); len(f) > 1 && f[0] == "VmRSS:" {
			kb, _ := strconv.Atoi(f[1])
			return kb
		}
	}
	return 0
}
