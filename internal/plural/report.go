package plural

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

const (
	// maxTold is how many errors, and how many warnings, are told one by one.
	maxTold = 20
	// maxNamed is how many customers a message names that is about what was found; who is not done is named in full.
	maxNamed = 10
)

// report collects what was said of each customer. It is safe for concurrent use.
type report struct {
	shape *shape
	mu    sync.Mutex
	said  []said
	last  *tfprotov6.Diagnostic
}

type said struct {
	customer string
	*tfprotov6.Diagnostic
}

// add notes what was said of a customer, and returns whether that was an error.
func (r *report) add(f *fleet, customer string, all []*tfprotov6.Diagnostic) bool {
	failed := false
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, d := range all {
		failed = failed || d.Severity == tfprotov6.DiagnosticSeverityError
		moved := *d
		moved.Attribute = r.shape.place(f, customer, d.Attribute)
		r.said = append(r.said, said{customer, &moved})
	}
	return failed
}

// refuseCustomer notes an error that is about a customer as a whole, warnCustomer a warning.
func (r *report) refuseCustomer(f *fleet, customer, summary, detail string) {
	r.add(f, customer, []*tfprotov6.Diagnostic{{Severity: tfprotov6.DiagnosticSeverityError, Summary: summary, Detail: detail}})
}

func (r *report) warnCustomer(f *fleet, customer, summary, detail string) {
	r.add(f, customer, []*tfprotov6.Diagnostic{{Severity: tfprotov6.DiagnosticSeverityWarning, Summary: summary, Detail: detail}})
}

// failed reports whether any error was said.
func (r *report) failed() bool {
	return slices.ContainsFunc(r.said, func(s said) bool { return s.Severity == tfprotov6.DiagnosticSeverityError })
}

// wrong notes what cannot be of what is written of a customer, or under no name of all of them.
func (r *report) wrong(f *fleet, customer string, m *mistake) {
	if customer == "" {
		r.all(m.Summary, m.Detail)
		return
	}
	d := *m.Diagnostic
	d.Attribute = tftypes.NewAttributePathWithSteps(m.at)
	if len(m.at) > 0 {
		d.Detail = "`" + dotted(m.at) + "`: " + d.Detail // Terraform points at customers only
	}
	r.add(f, customer, []*tfprotov6.Diagnostic{&d})
}

// dotted is a way as it is written in a configuration.
func dotted(steps []tftypes.AttributePathStep) string {
	var b strings.Builder
	for i, step := range steps {
		switch step := step.(type) {
		case tftypes.AttributeName:
			if i > 0 {
				b.WriteByte('.')
			}
			b.WriteString(string(step))
		case tftypes.ElementKeyString:
			fmt.Fprintf(&b, "[%q]", string(step))
		default:
			fmt.Fprintf(&b, "[%v]", step)
		}
	}
	return b.String()
}

// all notes an error that is about the resource as a whole; it is told last.
func (r *report) all(summary, detail string) {
	r.last = &tfprotov6.Diagnostic{
		Severity: tfprotov6.DiagnosticSeverityError, Summary: summary, Detail: detail, Attribute: tftypes.NewAttributePath().WithAttributeName(customersName),
	}
}

// place is where an attribute of the singular resource was set: on the customer, or for all of them.
func (s *shape) place(f *fleet, customer string, at *tftypes.AttributePath) *tftypes.AttributePath {
	on := tftypes.NewAttributePath().WithAttributeName(customersName).WithElementKeyString(customer)
	steps := at.Steps()
	if len(steps) == 0 {
		return on
	}
	name, ok := steps[0].(tftypes.AttributeName)
	if !ok || string(name) == keyName {
		return on
	}
	_, own := f.customers[customer][string(name)]
	v, isShared := f.shared[string(name)]
	switch {
	case string(name) == hubName, isShared && !v.IsNull() && !own:
		return at
	default:
		return tftypes.NewAttributePathWithSteps(append(slices.Clone(on.Steps()), steps...))
	}
}

// diagnostics tells each thing once, with the customers that it is about, in an order that is always the same.
func (r *report) diagnostics() []*tfprotov6.Diagnostic {
	type key struct {
		severity        tfprotov6.DiagnosticSeverity
		summary, detail string
	}
	about := map[key][]said{}
	for _, d := range r.said {
		k := key{d.Severity, d.Summary, d.Detail}
		about[k] = append(about[k], d)
	}
	keys := slices.SortedFunc(maps.Keys(about), func(a, b key) int {
		return cmp.Or(cmp.Compare(a.severity, b.severity), cmp.Compare(least(about[a]), least(about[b])), cmp.Compare(a.summary, b.summary), cmp.Compare(a.detail, b.detail))
	})
	var out []*tfprotov6.Diagnostic
	told, left := map[tfprotov6.DiagnosticSeverity]int{}, map[tfprotov6.DiagnosticSeverity]map[string]bool{}
	for _, k := range keys {
		all := about[k]
		if told[k.severity]++; told[k.severity] > maxTold {
			if left[k.severity] == nil {
				left[k.severity] = map[string]bool{}
			}
			for _, d := range all {
				left[k.severity][d.customer] = true
			}
			continue
		}
		names := make(map[string]bool, len(all))
		for _, d := range all {
			names[d.customer] = true
		}
		first := slices.MinFunc(all, func(a, b said) int { return cmp.Compare(a.customer, b.customer) })
		out = append(out, &tfprotov6.Diagnostic{Severity: k.severity, Summary: k.summary, Detail: who(names, maxNamed) + ": " + k.detail, Attribute: first.Attribute})
	}
	for _, severity := range slices.Sorted(maps.Keys(left)) {
		out = append(out, &tfprotov6.Diagnostic{
			Severity: severity, Summary: "The same for other customers",
			Detail: who(left[severity], maxNamed) + ": there is more of this kind to say than is told here. Put right what is told above first.",
		})
	}
	if r.last != nil {
		out = append(out, r.last)
	}
	return out
}

func least(all []said) string {
	return slices.MinFunc(all, func(a, b said) int { return cmp.Compare(a.customer, b.customer) }).customer
}

// who names customers, most of them at most, and counts the others.
func who(names map[string]bool, most int) string {
	sorted, more := slices.Sorted(maps.Keys(names)), ""
	if len(sorted) > most {
		sorted, more = sorted[:most], fmt.Sprintf(" and %d more", len(sorted)-most)
	}
	for i, name := range sorted {
		sorted[i] = fmt.Sprintf("%q", name)
	}
	if len(sorted) == 1 && more == "" {
		return "Customer " + sorted[0]
	}
	return "Customers " + strings.Join(sorted, ", ") + more
}
