package main_test

import (
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The command writes a zip for each architecture and prints lines that sha256sum --check takes.
func TestBundle(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "dist")
	out, err := exec.CommandContext(t.Context(), "go", "run", ".", "-o", dir).Output()
	if err != nil {
		t.Fatal(err)
	}
	want := ""
	for _, arch := range []string{"arm64", "amd64"} {
		name := filepath.Join(dir, "receiver_"+arch+".zip")
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		want += fmt.Sprintf("%x  %s\n", sha256.Sum256(raw), name)
	}
	if string(out) != want {
		t.Errorf("printed\n%swant\n%s", out, want)
	}
}

// Who asked for the receiver is told its SHA-256; who asked for something else that needs it is not.
func TestBundle_quiet(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..", "..", "..")
	if _, err := os.ReadFile(filepath.Join(root, "GNUmakefile")); err != nil { // so that go test sees it change
		t.Fatal(err)
	}
	for target, quiet := range map[string]bool{"receiver": false, "build": false, "demo": true, "lab": true, "test": true} {
		out, err := exec.CommandContext(t.Context(), "make", "-C", root, "-n", target).Output()
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for line := range strings.Lines(string(out)) {
			if strings.Contains(line, "cmd/bundle ") {
				found = true
				if got := strings.HasSuffix(strings.TrimSpace(line), ">/dev/null"); got != quiet {
					t.Errorf("make %s: %s", target, line)
				}
			}
		}
		if !found {
			t.Errorf("make %s builds no receiver:\n%s", target, out)
		}
	}
}
