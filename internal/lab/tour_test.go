package lab_test

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// The guide to the first customer, run as it is written: every shell block in its order, after `make lab` whose place this
// test's lab takes, and every line of a text block is in what the block before it printed. Only the folder is another one.
func TestTour(t *testing.T) {
	t.Parallel()
	if runtime.GOARCH != "amd64" {
		t.Skip("the guide's configuration says x86_64: on this machine leave `architecture` out, as the guide says")
	}
	root := filepath.Join("..", "..")
	dir := t.TempDir()
	env := startLab(t, root, filepath.Join(dir, "lab.env"))
	guide, err := os.ReadFile(filepath.Join(root, "docs", "guides", "first-customer.md"))
	if err != nil {
		t.Fatal(err)
	}
	printed, ran := "", 0
	for _, block := range blocks(string(guide)) {
		switch {
		case block.kind == "sh" && block.text == "make lab\n":
		case block.kind == "sh":
			printed = ""
			for line := range strings.Lines(block.text) {
				printed += typed(t, root, env, strings.ReplaceAll(strings.ReplaceAll(line, "dist/lab.env", env), "dist/tour", filepath.Join(dir, "tour")))
				ran++
			}
		case block.kind == "text":
			for line := range strings.Lines(block.text) {
				if !strings.Contains(printed, strings.TrimSpace(line)) {
					t.Errorf("the guide shows %q, but this was printed:\n%s", strings.TrimSpace(line), printed)
				}
			}
		}
	}
	if ran < 15 {
		t.Errorf("only %d lines were run", ran)
	}
}

// typed is what a line prints, with "yes" for whoever asks.
func typed(t *testing.T, root, env, line string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "bash", "-c", "source "+env+"\nexport TF_CLI_ARGS=-no-color\n"+line)
	cmd.Dir, cmd.Stdin = root, strings.NewReader("yes\n")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("this does not work as it is written: %s%v\n%s", line, err, out)
	}
	return string(out)
}

// startLab runs the command behind `make lab`, and returns the file to source.
func startLab(t *testing.T, root, exports string) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "lab")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "./internal/lab/cmd/lab")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	cmd := exec.Command(binary, "-exports", exports)
	cmd.Dir, cmd.Stderr = root, os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		if err := cmd.Wait(); err != nil {
			t.Errorf("the lab ended: %v", err)
		}
	})
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "The lab is up.") {
			return exports
		}
	}
	t.Fatal("the lab did not come up")
	return ""
}

// block is one fenced block of Markdown.
type block struct{ kind, text string }

func blocks(markdown string) []block {
	var all []block
	open := false
	for line := range strings.Lines(markdown) {
		fence, isFence := strings.CutPrefix(line, "```")
		switch {
		case isFence && !open:
			all = append(all, block{kind: strings.TrimSpace(fence)})
			open = true
		case isFence:
			open = false
		case open:
			all[len(all)-1].text += line
		}
	}
	return all
}
