package lab_test

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

const module = "github.com/xrole/terraform-provider-xrole"

// place is where a package stands in the drawing of DESIGN.md.
type place struct{ line, column int }

// mayImport is whether a package may import another: one that stands lower, in its own column or in that of both.
func (p place) mayImport(other place) bool {
	const ofBoth = 1
	return other.line > p.line && (other.column == p.column || other.column == ofBoth)
}

func drawing(t *testing.T) map[string]place {
	t.Helper()
	design, err := os.ReadFile("../../DESIGN.md")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile("(?s)\n```text\nof the provider [^\n]*\n(.*?)```").FindSubmatch(design)
	if found == nil {
		t.Fatal("DESIGN.md has no drawing of the packages")
	}
	places := map[string]place{}
	for i, line := range strings.Split(string(found[1]), "\n") {
		for j, column := range strings.Split(line, "│") {
			for name := range strings.SplitSeq(column, ",") {
				if name = strings.TrimSpace(name); name != "" {
					places[name] = place{i, j}
				}
			}
		}
	}
	return places
}

// What is shipped imports downwards only, and provider and receiver never import each other.
func TestShippedPackagesImportDownwards(t *testing.T) {
	t.Parallel()
	places := drawing(t)
	cmd := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", `{{.ImportPath}} {{join .Imports " "}}`, ".", "./cmd/receiver")
	cmd.Dir = "../.."
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	short := func(path string) string {
		return strings.TrimPrefix(strings.TrimPrefix(strings.TrimPrefix(path, "github.com/xrole/"), "terraform-provider-xrole/"), "internal/")
	}
	linked := map[string]bool{}
	for line := range strings.Lines(string(out)) {
		all := strings.Fields(line)
		if !strings.HasPrefix(all[0], module) {
			continue
		}
		name := short(all[0])
		linked[name] = true
		for _, path := range all[1:] {
			if strings.HasPrefix(path, module) && !places[name].mayImport(places[short(path)]) {
				t.Errorf("%s must not import %s", name, short(path))
			}
		}
	}
	for name := range linked {
		if _, drawn := places[name]; !drawn {
			t.Errorf("%s is shipped, and DESIGN.md does not draw it", name)
		}
	}
	for name := range places {
		if !linked[name] {
			t.Errorf("DESIGN.md draws %s, which is not shipped", name)
		}
	}
}
