package provider_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/xrole/terraform-provider-xrole/internal/lab"
)

// unsoundShell reads the commands of a block one by one: the program is one that a reader has, and what it is given exists.
func unsoundShell(t *testing.T, body string, makefile map[string]bool) string {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), "bash", "-n", "-c", body).CombinedOutput(); err != nil {
		return "bash cannot read this: " + string(out)
	}
	for line := range strings.Lines(strings.ReplaceAll(body, "\\\n", " ")) {
		line, _, _ = strings.Cut(line, " #")
		words := strings.Fields(line)
		if len(words) == 0 || strings.HasPrefix(words[0], "#") {
			continue
		}
		program, args := words[0], words[1:]
		switch program {
		case "make":
			if len(args) == 0 || !makefile[args[0]] {
				return "there is no such target: " + line
			}
		case "go":
			if complaint := unsoundGo(t, args); complaint != "" {
				return complaint + ": " + line
			}
		case "terraform":
			args = slices.DeleteFunc(args, func(a string) bool { return strings.HasPrefix(a, "-") })
			if len(args) == 0 || !slices.Contains([]string{"init", "plan", "apply", "destroy", "import", "output", "query"}, args[0]) {
				return "terraform has no such command: " + line
			}
		case "aws":
			if complaint := unsoundAWS(t, args); complaint != "" {
				return complaint + ": " + line
			}
		case "cp":
			if _, err := os.Stat(filepath.Join(repository, args[0])); err != nil {
				return "there is no such file: " + line
			}
		case "mkdir", "source": // of what another command makes, which the tour's test runs
		default:
			return "nobody knows this program: " + line
		}
	}
	return ""
}

// unsoundGo checks the package and the tests that a go command names.
func unsoundGo(t *testing.T, args []string) string {
	t.Helper()
	if len(args) < 2 || !slices.Contains([]string{"run", "test"}, args[0]) {
		return "go is not used like this"
	}
	run, folder := "", ""
	for i, arg := range args[1:] {
		if args[i] == "-run" {
			run = strings.Trim(arg, "'")
		}
		if strings.HasPrefix(arg, "./") {
			folder = filepath.Join(repository, strings.TrimSuffix(arg, "/..."))
		}
	}
	files, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil || folder == "" || len(files) == 0 {
		return "there is no such package"
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(raw), "func "+run) {
			return ""
		}
	}
	return "there is no such test"
}

// unsoundAWS holds a command of AWS's CLI to the service's own description, of which it makes its options.
func unsoundAWS(t *testing.T, args []string) string {
	t.Helper()
	python, err := lab.Shared(t).Python(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), python, append([]string{"testdata/aws_cli.py"}, args...)...).CombinedOutput(); err != nil {
		return strings.TrimSpace(string(out))
	}
	return ""
}
