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
	// Detail has "…" for what is filled in; it is empty for a request that failed.
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
	"addError": {1, false}, "addHubError": {1, false}, "all": {0, false},
	"refuseCustomer": {2, false}, "warnCustomer": {2, true}, "mistaken": {0, false},
}

// requests are the functions that tell of a request which failed: all in the same words, with a hint where the cause is known.
var requests = []string{"addError", "addHubError", "stsDetail"}

// about says in general what is made by rules of other packages, of which there are dozens: on which place, and what kind.
var about = map[string]string{
	"Template refused":                 "The line, column or logical id, and what CloudFormation or a rule for trust policies and callbacks refuses there.",
	"Template worth a second look":     "The line, column or logical id, and what is unusual there.",
	"Invalid role setting":             "The argument of `role`, and which limit of IAM's it breaks.",
	"Role setting worth a second look": "The argument of `role`, and what is unusual there.",
	"Invalid hub setting":              "The argument of the hub, and which limit of AWS's or rule of a hub it breaks.",
	"Unable to keep the private state": "What the provider notes beside the state could not be written; the message ends with the cause.",
	"Invalid hub":                      "What is wrong with several of the hub's arguments together.",
}

// ours is how messages end that only a fault of the provider's can bring about.
const ours = "report this to the provider's developers"

// Collect returns all messages, by summary. It is an error if the same summary means an error here and a warning there, and
// if there is none at all. What passes on the summary that it was given is left out, and so is what only a fault of the
// provider's own can bring about. The hints are those of failed requests.
func Collect(root string) (all []Message, hints []string, err error) {
	c := &collector{constants: map[string]string{}, functions: map[string][]function{}, within: map[*ast.FuncDecl]bool{}, root: root}
	var files []parsed
	for _, folder := range sources() {
		more, err := c.parse(folder)
		if err != nil {
			return nil, nil, err
		}
		files = append(files, more...)
	}
	if len(files) == 0 {
		return nil, nil, fmt.Errorf("no source below %s: %w", root, fs.ErrNotExist)
	}
	for _, f := range files {
		ast.Inspect(f.file, c.constant)
	}
	for _, f := range files {
		if c.folder = f.folder; !slices.Contains(Packages(), c.folder) {
			continue
		}
		for _, d := range f.file.Decls {
			c.inside = d
			ast.Inspect(d, c.message)
		}
	}
	slices.SortStableFunc(c.found, func(a, b Message) int { return cmp.Or(cmp.Compare(a.Summary, b.Summary), cmp.Compare(a.At, b.At)) })
	return c.found, append(c.hints("hint"), c.hints("stsHint")...), c.contradictions()
}

// parsed is a file of the source, with the folder that it is in.
type parsed struct {
	folder string
	file   *ast.File
}

type collector struct {
	positions token.FileSet
	root      string
	constants map[string]string
	functions map[string][]function
	// folder and inside are where the collector is.
	folder string
	inside ast.Node
	// within are the functions whose text is being found.
	within map[*ast.FuncDecl]bool
	found  []Message
}

// parse reads the files of a folder and notes their functions.
func (c *collector) parse(folder string) (files []parsed, err error) {
	paths, err := filepath.Glob(filepath.Join(c.root, folder, "*.go"))
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
		files = append(files, parsed{folder, file})
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Body != nil {
				c.functions[f.Name.Name] = append(c.functions[f.Name.Name], function{folder, f})
			}
		}
	}
	return files, nil
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
		argument := n.Args[call.summary+1]
		detail := c.text(argument)
		if detail == "…" {
			detail = c.handedOn(argument)
		}
		if inner, ok := argument.(*ast.CallExpr); ok && slices.Contains(requests, nameOf(inner.Fun)) || slices.Contains(requests, nameOf(n.Fun)) {
			detail = ""
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
			detail := sentences(c.ruled(n.Elts[2]))
			if detail == "…" {
				detail = "It has to be " + c.text(n.Elts[0]) + "."
			}
			c.add(n.Elts[1], false, detail, n.Pos())
		}
	}
}

func (c *collector) add(summary ast.Expr, warning bool, detail string, at token.Pos) {
	text := c.text(summary)
	if strings.Contains(text, "…") || text == "" {
		return
	}
	if strings.Contains(detail, ours) {
		return
	}
	p := c.positions.Position(at)
	where, err := filepath.Rel(c.root, p.Filename)
	if err != nil {
		where = p.Filename
	}
	m := Message{Summary: text, Warning: warning, Detail: tidy(detail), At: fmt.Sprintf("%s:%d", filepath.ToSlash(where), p.Line)}
	if general, ok := about[text]; ok {
		m.Detail = general
	}
	if !slices.ContainsFunc(c.found, func(o Message) bool { return o.Summary == m.Summary && o.Detail == m.Detail }) {
		c.found = append(c.found, m)
	}
}

// ruled are the errors of the check of a rule, written there or elsewhere.
func (c *collector) ruled(check ast.Expr) []string {
	if f := c.called(check); f != nil {
		return c.errors(f.Body, 1)
	}
	return c.errors(check, 2)
}

var verb = regexp.MustCompile(`%[-+# 0]*(\[\d\])?[0-9.]*[a-zA-Z]`)

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
			return c.filled(c.text(e.Args[0]), e.Args[1:])
		}
		if f := c.called(e.Fun); f != nil {
			if text := c.returned(f); strings.Trim(text, unsaid) != "" {
				return text
			}
			if text := c.written(f); strings.Trim(text, unsaid) != "" {
				return text
			}
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
