package cfn_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/xrole/terraform-provider-xrole/internal/cfn"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for name, source := range map[string]string{
		"yaml":               base,
		"document marker":    "---\n" + base + "...\n",
		"byte order mark":    "\ufeff" + base,
		"dos line ends":      strings.ReplaceAll(base, "\n", "\r\n"),
		"json":               `{"Resources": {}}`,
		"json after spaces":  "\n\t {\"a\": [1, 2.5e3, true, null, \"\\ud83d\\ude00\\/\"]}\n",
		"json with mark":     "\ufeff{}",
		"yaml flow":          "# a\n{Resources: {}}",
		"block in a mapping": "A: |\n  - &no anchor\n  *no alias\n",
		"hundred levels":     strings.Repeat("[", 98) + strings.Repeat("]", 98),
	} {
		if name == "hundred levels" {
			source = "A: " + source
		}
		if _, err := cfn.Parse(source); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestParse_refused(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		source       string
		line, column int
		want         string
	}{
		"empty":                  {"", 1, 1, "empty"},
		"only a comment":         {"# nothing\n", 1, 1, "empty"},
		"yaml syntax":            {"A: 1\nB: [1,\nC: 2\n", 2, 1, "did not find expected"},
		"tab":                    {"A:\n\tB: 1\n", 2, 2, "cannot start any token"},
		"first line":             {"A: 'x\n", 2, 1, "unexpected end of stream"},
		"text":                   {"hello", 1, 1, "mapping of sections"},
		"list":                   {"- a\n", 1, 1, "mapping of sections"},
		"function":               {"!Sub x", 1, 1, "mapping of sections"},
		"repeated key":           {"A: 1\nB:\n  C: 1\n  C: 2\n", 4, 3, `"C" is already on line 3`},
		"repeated quoted key":    {"A: 1\n\"A\": 2\n", 2, 1, "already on line 1"},
		"repeated key in json":   {"{\"A\": 1,\n \"A\": 2}", 2, 2, "already on line 1"},
		"anchor":                 {"A: &x 1\n", 1, 4, "anchors and aliases"},
		"alias":                  {"A: &x 1\nB: *x\n", 1, 4, "anchors and aliases"},
		"alias of nothing":       {"B: *x\n", 1, 1, "unknown anchor"},
		"merge key":              {"A:\n  <<: {B: 1}\n", 2, 3, "merge keys"},
		"two documents":          {"A: 1\n---\nB: 2\n", 2, 1, "second document"},
		"broken second document": {"A: 1\n---\nB: [\n", 4, 1, "did not find"},
		"unknown tag":            {"A: !Foo x\n", 1, 4, "!Foo is none of"},
		"empty key":              {"? \n: 1\n", 1, 2, "plain string"},
		"tag in a wrong case":    {"A: !ref x\n", 1, 4, "!ref is none of"},
		"tag of another type":    {"A: !!foo x\n", 1, 4, "!!foo is none of"},
		"set":                    {"A: !!set {x: }\n", 1, 4, "!!set is none of"},
		"binary":                 {"A: !!binary aGk=\n", 1, 4, "!!binary is none of"},
		"list as key":            {"? [a, b]\n: 1\n", 1, 3, "plain string"},
		"function as key":        {"!Ref x: 1\n", 1, 1, "cannot be a function"},
		"not utf-8":              {"A: é\nB: \xff\n", 2, 4, "not UTF-8"},
		"line separator":         {"A: 1\nB: x\u2028y\n", 2, 5, "line separator"},
		"next line":              {"A: 1 # x\u0085B: 2\n", 1, 9, "line separator"},
		"too deep":               {"A: " + strings.Repeat("[", 200) + strings.Repeat("]", 200), 1, 103, "100 levels"},
		"too deep json":          {strings.Repeat(`{"a":`, 200) + "1" + strings.Repeat("}", 200), 1, 497, "100 levels"},
		"far too deep":           {"A: " + strings.Repeat("[", 100_000), 1, 1, ""},
		"too long":               {"A: " + strings.Repeat("x", 1<<20), 1, 1, "1048576"},
		"json syntax":            {"{\"A\": 1,\n  \"B\": x}", 2, 8, "invalid character"},
		"json cut off":           {"{\"A\": [1,\n", 2, 1, "ends too early"},
		"json and more":          {"{}\n{}", 2, 1, "after the end"},
		"json trailing comma":    {"{\"A\": 1,}", 1, 9, "invalid character"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := cfn.Parse(row.source)
			var syntax *cfn.SyntaxError
			if !errors.As(err, &syntax) {
				t.Fatalf("got %v", err)
			}
			if !strings.Contains(syntax.Message, row.want) || syntax.Line != row.line || row.want != "" && syntax.Column != row.column {
				t.Errorf("got %v, want %d:%d %q", err, row.line, row.column, row.want)
			}
			if r, found := cfn.Render(row.source, values(), cfn.Pinned, nil); r != nil || len(found) != 1 || found[0].Line != syntax.Line {
				t.Errorf("rendered %v: %s", r != nil, list(found))
			}
		})
	}
}

func TestParse_errorText(t *testing.T) {
	t.Parallel()
	_, err := cfn.Parse("A: 1\nA: 2\n")
	if got, want := err.Error(), `line 2, column 1: the key "A" is already on line 1`; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
