package messages

import (
	"cmp"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Message is one thing that the provider can say.
type Message struct {
	Summary string
	Warning bool
	// Detail has "…" for what is filled in.
	Detail string
	// At is where it is said, as file:line.
	At string
}

// Packages are the folders, below the repository's root, whose messages reach the user.
func Packages() []string {
	return []string{"internal/provider", "internal/plural", "internal/fwtypes"}
}

// calls are the functions that say something: which argument is the summary, and whether it is a warning. The detail
// follows the summary.
var calls = map[string]struct {
	summary int
	warning bool
}{
	"AddError": {0, false}, "AddAttributeError": {1, false}, "AddWarning": {0, true}, "AddAttributeWarning": {1, true},
	"addError": {1, false}, "all": {0, false},
}

// failed is what addError says, which all failed requests are told by.
const failed = "A request failed. The message names the step and what was done before it, and ends with the cause."

// Collect returns all messages, by summary. It is an error if the same summary means an error here and a warning there, and
// if there is none at all. What passes on the summary that it was given is left out.
func Collect(root string) ([]Message, error) {
	c := &collector{constants: map[string]string{}, root: root}
	var files []*ast.File
	for _, folder := range Packages() {
		paths, err := filepath.Glob(filepath.Join(root, folder, "*.go"))
		if err != nil {
			return nil, fmt.Errorf("looking into %s: %w", folder, err)
		}
		for _, path := range paths {
			if strings.HasSuffix(path, "_test.go") {
				continue
			}
			raw, err := os.ReadFile(path) //nolint:gosec // it is of this source
			if err != nil {
				return nil, fmt.Errorf("reading the source: %w", err)
			}
			file, err := parser.ParseFile(&c.positions, path, raw, parser.SkipObjectResolution)
			if err != nil {
				return nil, fmt.Errorf("parsing the source: %w", err)
			}
			files = append(files, file)
		}
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("no source below %s: %w", root, fs.ErrNotExist)
	}
	for _, file := range files {
		ast.Inspect(file, c.constant)
	}
	for _, file := range files {
		ast.Inspect(file, c.message)
	}
	slices.SortStableFunc(c.found, func(a, b Message) int { return cmp.Or(cmp.Compare(a.Summary, b.Summary), cmp.Compare(a.At, b.At)) })
	return c.found, c.contradictions()
}

type collector struct {
	positions token.FileSet
	root      string
	constants map[string]string
	found     []Message
}

func (c *collector) contradictions() error {
	var all []error
	for i, m := range c.found {
		if i > 0 && c.found[i-1].Summary == m.Summary && c.found[i-1].Warning != m.Warning {
			all = append(all, fmt.Errorf("%q is an error at %s and a warning at %s, or the other way round", m.Summary, c.found[i-1].At, m.At))
		}
	}
	return errors.Join(all...)
}

func (c *collector) constant(n ast.Node) bool {
	if spec, ok := n.(*ast.ValueSpec); ok {
		for i, name := range spec.Names {
			if i < len(spec.Values) {
				if text := c.text(spec.Values[i]); text != "…" {
					c.constants[name.Name] = text
				}
			}
		}
	}
	return true
}

func (c *collector) message(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.CallExpr:
		call, ok := calls[nameOf(n.Fun)]
		if !ok || len(n.Args) <= call.summary+1 {
			break
		}
		detail := c.text(n.Args[call.summary+1])
		if nameOf(n.Fun) == "addError" {
			detail = failed
		}
		c.add(n.Args[call.summary], call.warning, detail, n.Pos())
	case *ast.CompositeLit:
		c.literal(n)
	}
	return true
}

// literal takes a diagnostic of the protocol, and a rule for a value: its description, its summary, its check.
func (c *collector) literal(n *ast.CompositeLit) {
	switch nameOf(n.Type) {
	case "Diagnostic", "":
		fields := map[string]ast.Expr{}
		for _, e := range n.Elts {
			if kv, ok := e.(*ast.KeyValueExpr); ok {
				fields[nameOf(kv.Key)] = kv.Value
			}
		}
		if fields["Summary"] != nil && fields["Detail"] != nil {
			c.add(fields["Summary"], nameOf(fields["Severity"]) == "DiagnosticSeverityWarning", c.text(fields["Detail"]), n.Pos())
		}
	default:
		if strings.HasSuffix(nameOf(n.Type), "Rule") && len(n.Elts) == 3 {
			c.add(n.Elts[1], false, "It has to be "+c.text(n.Elts[0])+".", n.Pos())
		}
	}
}

func (c *collector) add(summary ast.Expr, warning bool, detail string, at token.Pos) {
	text := c.text(summary)
	if strings.Contains(text, "…") || text == "" {
		return
	}
	p := c.positions.Position(at)
	where, err := filepath.Rel(c.root, p.Filename)
	if err != nil {
		where = p.Filename
	}
	m := Message{Summary: text, Warning: warning, Detail: tidy(detail), At: fmt.Sprintf("%s:%d", filepath.ToSlash(where), p.Line)}
	if !slices.ContainsFunc(c.found, func(o Message) bool { return o.Summary == m.Summary && o.Detail == m.Detail }) {
		c.found = append(c.found, m)
	}
}

var verb = regexp.MustCompile(`%[-+# 0]*[0-9.]*[a-z]`)

// text is what an expression says, with "…" for what only a run knows.
func (c *collector) text(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		if s, err := strconv.Unquote(e.Value); err == nil {
			return s
		}
	case *ast.BinaryExpr:
		return c.text(e.X) + c.text(e.Y)
	case *ast.Ident:
		if s, ok := c.constants[e.Name]; ok {
			return s
		}
	case *ast.CallExpr:
		if nameOf(e.Fun) == "Sprintf" && len(e.Args) > 0 {
			return verb.ReplaceAllString(c.text(e.Args[0]), "…")
		}
	}
	return "…"
}

var several = regexp.MustCompile(`…(\s*…)+`)

// tidy leaves out the cause, which every run fills in.
func tidy(detail string) string {
	detail, _, _ = strings.Cut(detail, "\n\nError: ")
	return several.ReplaceAllString(strings.ReplaceAll(detail, "\n\n", " "), "…")
}

// nameOf is the last name of a name.
func nameOf(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	default:
		return ""
	}
}
