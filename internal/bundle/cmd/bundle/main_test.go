package main_test

import (
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
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
