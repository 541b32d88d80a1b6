package lab_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Every test that SECURITY.md names is there. A name with * stands for all that begin so.
func TestSecurityNamesRealTests(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..")
	page, err := os.ReadFile(filepath.Join(root, "SECURITY.md"))
	if err != nil {
		t.Fatal(err)
	}
	var declared strings.Builder
	err = filepath.WalkDir(filepath.Join(root, "internal"), func(path string, _ os.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		raw, err := os.ReadFile(path)
		declared.Write(raw)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	names := regexp.MustCompile("`((?:Test|Fuzz)[A-Za-z0-9_]+)(\\*?)`").FindAllStringSubmatch(string(page), -1)
	if len(names) < 30 {
		t.Fatalf("only %d tests are named: this test no longer reads the page", len(names))
	}
	for _, n := range names {
		end := "("
		if n[2] != "" {
			end = ""
		}
		if !strings.Contains(declared.String(), "func "+n[1]+end) {
			t.Errorf("SECURITY.md names %s%s, which is not there", n[1], n[2])
		}
	}
}
