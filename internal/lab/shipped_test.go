package lab_test

import (
	"os/exec"
	"strings"
	"testing"
)

func TestShippedBinariesDoNotContainTheLab(t *testing.T) {
	t.Parallel()
	for _, pkg := range []string{".", "./cmd/receiver"} {
		cmd := exec.CommandContext(t.Context(), "go", "list", "-deps", pkg)
		cmd.Dir = "../.."
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Errorf("%s: %v\n%s", pkg, err, out)
		}
		for dep := range strings.Lines(string(out)) {
			if strings.Contains(dep, "/internal/lab") {
				t.Errorf("%s contains %s", pkg, dep)
			}
		}
	}
}
