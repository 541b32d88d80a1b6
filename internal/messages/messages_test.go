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
	all, hints, err := messages.Collect(root)
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
		if strings.HasSuffix(m.Summary, ".") || m.Detail != "" && !strings.HasSuffix(m.Detail, ".") && !strings.HasSuffix(m.Detail, "…") && !strings.HasSuffix(m.Detail, "'") {
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
	page := messages.Page(all, hints)
	for _, bad := range []string{"|  |", "| … |", "| …. |", "%!", "%T", "report this to the provider's developers |"} {
		if strings.Contains(page, bad) {
			t.Errorf("the page has %q", bad)
		}
	}
	if len(hints) < 5 {
		t.Errorf("only %d hints were found", len(hints))
	}
	if diff := cmp.Diff(string(written), page); diff != "" {
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
	addHubError(diags, "Three of a hub", name, err)
	_ = textRule{"a word", "Four", nil}
	_ = &tfprotov6.Diagnostic{Severity: tfprotov6.DiagnosticSeverityWarning, Summary: "Five", Detail: "Mind it."}
	resp.Diagnostics.AddError(summary, "passed on")
	resp.Diagnostics.AddError("Six", "Got it. Please report this to the provider's developers.")
	resp.Diagnostics.AddError("Seven", detail(x))
	resp.Diagnostics.AddError("Eight", pieces(x))
	resp.Diagnostics.AddError("Nine", stsDetail(t, err))
	if err := check(x); err != nil {
		resp.Diagnostics.AddError("Ten", sentenceOf(err))
	}
	_ = textRule{"a word", "Eleven", func(s string) error { return fmt.Errorf("a word looks like %q, not %q", "x", s) }}
}
func detail(x string) string { return fmt.Sprintf("It is %T. "+hint2, x) }
const hint2 = "Mind that."
func pieces(x string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "First %s. ", x)
	b.WriteString("Second.")
	return b.String()
}
func check(x string) error {
	if err := deeper(x); err != nil {
		return fmt.Errorf("checking: %w", err)
	}
	return errors.New("it is wrong")
}
func deeper(x string) error { return errors.New("it is deep") }
func hint(err error) string {
	switch {
	case a:
		return " Look here."
	default:
		return ""
	}
}
func sentenceOf(err error) string { return err.Error() + "." }`)
	all, hints, err := messages.Collect(folder)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range all {
		got = append(got, strings.Repeat("warning: ", map[bool]int{true: 1}[m.Warning])+m.Summary+": "+m.Detail)
	}
	want := []string{
		"Eight: First …. Second.", `Eleven: A word looks like "x", not …`, "warning: Five: Mind it.", "Four: It has to be a word.", "Nine: ", "One: It is bad. Look there.",
		"Seven: It is …. Mind that.", "Ten: It is deep. *Or:* It is wrong.", "Three: ", "Three of a hub: ", "warning: Two: … is ….",
	}
	if diff := cmp.Diff([]string{"Look here."}, hints); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if _, _, err := messages.Collect(source(t, "package p\nfunc f() { d.AddError(\"One\", \"x.\"); d.AddWarning(\"One\", \"x!\") }")); err == nil || !strings.Contains(err.Error(), `"One"`) {
		t.Errorf("one title for an error and for a warning: %v", err)
	}
	if _, _, err := messages.Collect(t.TempDir()); err == nil {
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
