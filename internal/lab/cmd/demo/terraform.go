package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/xrole/terraform-provider-xrole/internal/lab"
)

// terraform is one configuration and the real CLI.
type terraform struct {
	lab     *lab.Lab
	dir     string
	profile string
}

// run returns what the CLI printed; code 2 is a plan with changes.
func (w *terraform) run(ctx context.Context, args ...string) (output string, changes bool, err error) {
	cmd := exec.CommandContext(ctx, "terraform", args...) //nolint:gosec // the demo wrote the arguments
	cmd.Dir = w.dir
	cmd.Env = append(w.lab.Env(), "AWS_PROFILE="+w.profile, "TF_INPUT=0", "TF_CLI_ARGS=-no-color")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err = cmd.Run()
	if cmd.ProcessState != nil && cmd.ProcessState.ExitCode() == 2 {
		return out.String(), true, nil
	}
	if err != nil {
		return "", false, fmt.Errorf("terraform %s: %w\n%s", strings.Join(args, " "), err, out.String())
	}
	return out.String(), false, nil
}

func (w *terraform) init(ctx context.Context) error {
	mirror, err := w.lab.ProviderMirror(ctx)
	if err != nil {
		return err
	}
	_, _, err = w.run(ctx, "init", "-plugin-dir="+mirror)
	return err
}

// variables writes the values that a person would keep in a .tfvars file.
func (w *terraform) variables(values map[string]any) error {
	raw, err := json.MarshalIndent(values, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(w.dir, "demo.auto.tfvars.json"), raw, 0o600)
}

// output decodes one of the configuration's outputs.
func (w *terraform) output(ctx context.Context, name string, into any) error {
	text, _, err := w.run(ctx, "output", "-json", name)
	if err != nil {
		return err
	}
	return json.Unmarshal([]byte(text), into)
}

// changedLines keeps of a plan the lines that a person looks for, and of each brace that opens there the one that closes it.
func changedLines(plan string) string {
	var kept, open []string
	for line := range strings.Lines(plan) {
		trimmed := strings.TrimSpace(line)
		if n := len(open); n > 0 && strings.TrimRight(line, "\n") == open[n-1] {
			kept, open = append(kept, open[n-1]), open[:n-1]
			continue
		}
		mark := strings.HasPrefix(trimmed, "~ ") || strings.HasPrefix(trimmed, "+ ") || strings.HasPrefix(trimmed, "- ")
		if mark && !strings.Contains(trimmed, "resource \"") || strings.HasPrefix(trimmed, "# xrole_") {
			kept = append(kept, strings.TrimRight(line, "\n"))
			if closing, ok := map[string]string{"{": "}", "[": "]"}[trimmed[len(trimmed)-1:]]; ok && !strings.HasPrefix(trimmed, "#") {
				// It stands below the name, two to the right of the mark.
				open = append(open, strings.Repeat(" ", len(line)-len(strings.TrimLeft(line, " "))+2)+closing)
			}
		}
	}
	return strings.Join(kept, "\n")
}

// made keeps of an apply the lines that say what was made.
func made(apply string) string {
	var kept []string
	for line := range strings.Lines(apply) {
		if strings.Contains(line, ": Creation complete after") || strings.HasPrefix(line, "Apply complete!") {
			before, _, _ := strings.Cut(line, " [")
			kept = append(kept, strings.TrimSpace(before))
		}
	}
	return strings.Join(kept, "\n")
}
