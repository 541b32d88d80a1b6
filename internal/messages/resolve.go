package messages

import (
	"go/ast"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// sources are the packages whose errors the messages' packages hand on in their own words.
func sources() []string {
	return append(Packages(), "internal/payload", "internal/trust", "internal/partition")
}

// function is one of the source, with the folder that it is in.
type function struct {
	folder string
	decl   *ast.FuncDecl
}

// called finds the function that a call names: of the same folder, or of the package that it says.
func (c *collector) called(fun ast.Expr) *ast.FuncDecl {
	folder, name := c.folder, nameOf(fun)
	if s, ok := fun.(*ast.SelectorExpr); ok {
		if name == "Error" || name == "String" {
			return nil // many types have one, and a name does not tell which is meant
		}
		if x := nameOf(s.X); slices.Contains(sources(), "internal/"+x) {
			folder = "internal/" + x
		}
	}
	for _, f := range c.functions[name] {
		if f.folder == folder {
			return f.decl
		}
	}
	return nil
}

// returned is the text that a function of the source gives back, if it gives back one only.
func (c *collector) returned(f *ast.FuncDecl) string {
	if c.within[f] {
		return "…" // it calls itself, or another of its name
	}
	c.within[f] = true
	defer delete(c.within, f)
	var texts []string
	ast.Inspect(f.Body, func(n ast.Node) bool {
		if r, ok := n.(*ast.ReturnStmt); ok && len(r.Results) == 1 {
			texts = append(texts, c.text(r.Results[0]))
		}
		return true
	})
	if len(texts) != 1 {
		return "…"
	}
	return texts[0]
}

// hints are what a function gives back, each a sentence or more.
func (c *collector) hints(name string) []string {
	var all []string
	for _, f := range c.functions[name] {
		ast.Inspect(f.decl.Body, func(n ast.Node) bool {
			if r, ok := n.(*ast.ReturnStmt); ok && len(r.Results) == 1 {
				if text := strings.TrimSpace(c.text(r.Results[0])); strings.Trim(text, unsaid) != "" {
					all = append(all, text)
				}
			}
			return true
		})
	}
	return all
}

// written is what a function writes into a text piece by piece.
func (c *collector) written(f *ast.FuncDecl) string {
	var text strings.Builder
	ast.Inspect(f.Body, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		switch {
		case ok && nameOf(call.Fun) == "WriteString" && len(call.Args) == 1:
			text.WriteString(c.text(call.Args[0]))
		case ok && nameOf(call.Fun) == "Fprintf" && len(call.Args) > 1:
			text.WriteString(c.filled(c.text(call.Args[1]), call.Args[2:]))
		}
		return true
	})
	return text.String()
}

// handedOn finds what an error says that is told as a sentence: sentenceOf(err), sentence(err.Error()).
func (c *collector) handedOn(e ast.Expr) string {
	call, ok := e.(*ast.CallExpr)
	if !ok || !strings.HasPrefix(nameOf(call.Fun), "sentence") || len(call.Args) != 1 {
		return "…"
	}
	arg := call.Args[0]
	if inner, ok := arg.(*ast.CallExpr); ok && nameOf(inner.Fun) == "Error" {
		if s, ok := inner.Fun.(*ast.SelectorExpr); ok {
			arg = s.X
		}
	}
	var from []ast.Expr
	ast.Inspect(c.inside, func(n ast.Node) bool {
		a, ok := n.(*ast.AssignStmt)
		if !ok || a.Pos() > e.Pos() || len(a.Rhs) != 1 || nameOf(a.Lhs[len(a.Lhs)-1]) != nameOf(arg) {
			return true
		}
		if a.Tok == token.DEFINE {
			from = nil
		}
		from = append(from, a.Rhs[0])
		return true
	})
	var texts []string
	for _, expr := range from {
		texts = append(texts, c.errors(expr, 2)...)
	}
	return sentences(texts)
}

// errors are the texts of the errors that an expression makes, or that a function which it calls gives back.
func (c *collector) errors(n ast.Node, depth int) []string {
	var texts []string
	ast.Inspect(n, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		switch name := nameOf(call.Fun); {
		case (name == "New" || name == "Errorf") && len(call.Args) > 0:
			if text := c.text(call.Args[0]); !strings.HasSuffix(text, ": %w") { // else the cause says it
				texts = append(texts, c.filled(text, call.Args[1:]))
			}
			return false
		case depth > 0:
			if f := c.called(call.Fun); f != nil {
				before := c.folder
				c.folder = c.folderOf(f)
				texts = append(texts, c.errors(f.Body, depth-1)...)
				c.folder = before
			}
		}
		return true
	})
	return texts
}

func (c *collector) folderOf(f *ast.FuncDecl) string {
	for _, known := range c.functions[f.Name.Name] {
		if known.decl == f {
			return known.folder
		}
	}
	return c.folder
}

// sentences are texts as the provider shows errors: each with a capital and a full stop.
func sentences(texts []string) string {
	var all []string
	for _, text := range texts {
		text = strings.TrimSuffix(strings.TrimSpace(text), ".")
		if strings.Trim(text, unsaid) == "" {
			continue
		}
		first, size := utf8.DecodeRuneInString(text)
		if text = string(unicode.ToUpper(first)) + text[size:]; !strings.HasSuffix(text, "…") {
			text += "."
		}
		if !slices.Contains(all, text) {
			all = append(all, text)
		}
	}
	if len(all) == 0 {
		return "…"
	}
	return strings.Join(all, " *Or:* ")
}

// unsaid is what a text consists of that says nothing before it is filled in.
const unsaid = "….: "

// filled puts into a format what is known of its arguments, and "…" for what only a run knows.
func (c *collector) filled(format string, args []ast.Expr) string {
	i := -1
	return verb.ReplaceAllStringFunc(format, func(v string) string {
		if i++; i >= len(args) || strings.Contains(v, "[") || c.text(args[i]) == "…" {
			return "…"
		}
		if strings.HasSuffix(v, "q") {
			return strconv.Quote(c.text(args[i]))
		}
		return c.text(args[i])
	})
}
