package messages_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/xrole/terraform-provider-xrole/internal/messages"
)

var root = filepath.Join("..", "..")

// The guide lists what the source says today, and each message says something.
func TestPage(t *testing.T) {
	t.Parallel()
	all, err := messages.Collect(root)
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 120 {
		t.Errorf("only %d messages were found", len(all))
	}
	warnings := 0
	for _, m := range all {
		if m.Warning {
			warnings++
		}
		if strings.HasSuffix(m.Summary, ".") || !strings.HasSuffix(m.Detail, ".") && !strings.HasSuffix(m.Detail, "…") && !strings.HasSuffix(m.Detail, "'") {
			t.Errorf("%s: %q is no title, or this is no sentence: %s", m.At, m.Summary, m.Detail)
		}
	}
	if warnings < 10 {
		t.Errorf("only %d warnings were found", warnings)
	}
	written, err := os.ReadFile(filepath.Join(root, "templates", "guides", "messages.md"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(written), messages.Page(all)); diff != "" {
		t.Errorf("run make generate (-written +source):\n%s", diff)
	}
}

// What is said is found in each way that the source says it.
func TestCollect(t *testing.T) {
	t.Parallel()
	folder := source(t, `package p
const hint = "Look there."
func f() {
	resp.Diagnostics.AddError("One", "It is bad. "+hint)
	diags.AddAttributeWarning(path.Root("x"), "Two", fmt.Sprintf("%q is %d.\n\nError: %s", a, b, err))
	addError(diags, "Three", name, err)
	_ = textRule{"a word", "Four", nil}
	_ = &tfprotov6.Diagnostic{Severity: tfprotov6.DiagnosticSeverityWarning, Summary: "Five", Detail: "Mind it."}
	resp.Diagnostics.AddError(summary, "passed on")
}`)
	all, err := messages.Collect(folder)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range all {
		got = append(got, strings.Repeat("warning: ", map[bool]int{true: 1}[m.Warning])+m.Summary+": "+m.Detail)
	}
	want := []string{
		"warning: Five: Mind it.", "Four: It has to be a word.", "One: It is bad. Look there.",
		"Three: A request failed. The message names the step and what was done before it, and ends with the cause.", "warning: Two: … is ….",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if _, err := messages.Collect(source(t, "package p\nfunc f() { d.AddError(\"One\", \"x.\"); d.AddWarning(\"One\", \"x!\") }")); err == nil || !strings.Contains(err.Error(), `"One"`) {
		t.Errorf("one title for an error and for a warning: %v", err)
	}
	if _, err := messages.Collect(t.TempDir()); err == nil {
		t.Error("an empty folder has messages")
	}
}

func source(t *testing.T, text string) string {
	t.Helper()
	folder := t.TempDir()
	path := filepath.Join(folder, "internal", "provider")
	if err := os.MkdirAll(path, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(path, "p.go"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return folder
}
