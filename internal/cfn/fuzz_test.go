package cfn_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xrole/terraform-provider-xrole/internal/cfn"
)

func seeds(f *testing.F) []string {
	f.Helper()
	list := []string{base, "A: &a [*a]", "? [a]\n: b", "{\"a\": [1, {}]}", "A: !Sub |-\n  x\n\n   y\n", "# a\n\n# b\nA: 1 # c\n\n# d\n", "A: >+\n  x\n\n", "- - - a\n", "A: 'x\n\n  y'\nB: \"\\u2028\"\n"}
	for _, pattern := range []string{"testdata/partner/*", "testdata/golden/*", "templates/*"} {
		paths, err := filepath.Glob(pattern)
		if err != nil {
			f.Fatal(err)
		}
		for _, path := range paths {
			body, err := os.ReadFile(path)
			if err != nil {
				f.Fatal(err)
			}
			list = append(list, string(body))
		}
	}
	return list
}

// FuzzParse holds that parsing ends without a panic, and that every refusal has a place within the source.
func FuzzParse(f *testing.F) {
	for _, s := range seeds(f) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, source string) {
		_, err := cfn.Parse(source)
		if err == nil {
			return
		}
		var syntax *cfn.SyntaxError
		if !errors.As(err, &syntax) || syntax.Line < 1 || syntax.Column < 1 || syntax.Message == "" {
			t.Errorf("%T %v", err, err)
		}
		if lines := strings.Count(source, "\n") + strings.Count(source, "\r") + 1; syntax != nil && syntax.Line > lines+1 {
			t.Errorf("line %d of %d", syntax.Line, lines)
		}
	})
}

// FuzzRender holds that rendering ends without a panic, is deterministic, never drops out for a fault of xrole's own,
// and that what it makes can be rendered on.
func FuzzRender(f *testing.F) {
	for _, s := range seeds(f) {
		f.Add(s, true)
		f.Add(s, false)
	}
	f.Fuzz(func(t *testing.T, source string, pinned bool) {
		mode, v := cfn.Parameters, values()
		if pinned {
			mode, v = cfn.Pinned, rotating()
		}
		r, found := cfn.Render(source, v, mode, map[string]string{"Bucket": "x"})
		for _, x := range found {
			if strings.Contains(x.Message, "report it to the developers") || x.Message == "" {
				t.Errorf("%+v", x)
			}
		}
		again, _ := cfn.Render(source, v, mode, map[string]string{"Bucket": "x"})
		if (r == nil) != (again == nil) || r != nil && !bytes.Equal(r.Body, again.Body) {
			t.Error("not deterministic")
		}
		if r != nil {
			if _, err := cfn.Parse(string(r.Body)); err != nil {
				t.Error(err)
			}
		}
	})
}

// FuzzRewrite holds that a template is written as it was meant, whatever its styles and comments.
func FuzzRewrite(f *testing.F) {
	for _, s := range seeds(f) {
		f.Add(s)
	}
	f.Add("A: >-\n  x\n  y\n\n   z\nB: |2\n   x\nC: 'a\n\n  b'\nD: \"a\\n b\"\nE: |+\n\n\n")
	f.Fuzz(func(t *testing.T, source string) {
		body, err := cfn.Rewrite(source)
		if err != nil {
			t.Errorf("%v\n%q\n%q", err, source, body)
		}
	})
}
