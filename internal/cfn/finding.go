package cfn

import (
	"cmp"
	"fmt"
	"slices"

	"go.yaml.in/yaml/v3"
)

// Finding is one thing that is wrong, or worth a second look, in a template or in the values for it.
type Finding struct {
	// Line and Column are of the source, counted from 1; both are 0 where nothing in the source is to blame.
	Line, Column int
	// Path is where it is, such as "Resources.Role.Properties.Policies[0]"; "parameters.<Name>" is a value for the link.
	Path string
	// Message is a sentence or two that say what to change.
	Message string
	// Warning is true if a template is made all the same.
	Warning bool
}

// findings collects, so that one run tells everything.
type findings struct {
	list []Finding
	seen map[Finding]bool
}

func (f *findings) errorf(n *yaml.Node, path, format string, args ...any) {
	f.add(n, Finding{Path: path, Message: fmt.Sprintf(format, args...)})
}

func (f *findings) warnf(n *yaml.Node, path, format string, args ...any) {
	f.add(n, Finding{Path: path, Message: fmt.Sprintf(format, args...), Warning: true})
}

// add takes a finding once: a document is looked at once for each way its conditions may fall.
func (f *findings) add(n *yaml.Node, found Finding) {
	if n != nil {
		found.Line, found.Column = n.Line, n.Column
	}
	if f.seen[found] {
		return
	}
	if f.seen == nil {
		f.seen = map[Finding]bool{}
	}
	f.seen[found] = true
	f.list = append(f.list, found)
}

func (f *findings) failed() bool {
	return slices.ContainsFunc(f.list, func(x Finding) bool { return !x.Warning })
}

// maxFindings is what a person still reads.
const maxFindings = 100

// sorted returns the findings in the order of the source, those without a place last.
func (f *findings) sorted() []Finding {
	slices.SortStableFunc(f.list, func(a, b Finding) int {
		if (a.Line == 0) != (b.Line == 0) {
			return cmp.Compare(b.Line, a.Line)
		}
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Path, b.Path))
	})
	if more := len(f.list) - maxFindings; more > 0 {
		rest := Finding{Message: fmt.Sprintf("There are %d more findings; settle these first.", more), Warning: !f.failed()}
		return append(f.list[:maxFindings], rest)
	}
	return f.list
}
