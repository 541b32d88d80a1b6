package launch

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

type inlinePolicy struct {
	Name, Document string
	// Statements are none if the document is not one whose every word is understood; then it stands for itself.
	Statements []statement
}

// statement is one of a policy's, for people.
type statement struct {
	Sid     string
	Deny    bool
	Actions []string
	// AllBut is true if Actions are what it does not mean, ResourcesBut the same of Resources.
	AllBut, ResourcesBut bool
	Resources            []string
	Conditional          bool
}

// Everything is true if it means every resource.
func (s statement) Everything() bool {
	return !s.ResourcesBut && len(s.Resources) == 1 && s.Resources[0] == "*"
}

// inlinePolicies indents what is JSON, and shows as it is what is not.
func inlinePolicies(documents map[string]string) []inlinePolicy {
	list := make([]inlinePolicy, 0, len(documents))
	for _, name := range slices.Sorted(maps.Keys(documents)) {
		p := inlinePolicy{Name: name, Document: documents[name], Statements: statements(documents[name])}
		var b bytes.Buffer
		if json.Indent(&b, []byte(p.Document), "", "  ") == nil {
			p.Document = b.String()
		}
		list = append(list, p)
	}
	return list
}

// oneOrMany is a text or a list of texts, or of another type that a policy writes in both ways.
type oneOrMany[T any] []T

func (v *oneOrMany[T]) UnmarshalJSON(raw []byte) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if bytes.HasPrefix(raw, []byte("[")) {
		return d.Decode((*[]T)(v))
	}
	*v = make([]T, 1)
	return d.Decode(&(*v)[0])
}

func statements(document string) []statement {
	type written struct {
		Sid, Effect                              string
		Action, NotAction, Resource, NotResource oneOrMany[string]
		Condition                                json.RawMessage
	}
	var policy struct {
		Version, ID string
		Statement   oneOrMany[written]
	}
	d := json.NewDecoder(strings.NewReader(document))
	d.DisallowUnknownFields()
	if d.Decode(&policy) != nil {
		return nil
	}
	out := make([]statement, 0, len(policy.Statement))
	for _, w := range policy.Statement {
		s := statement{
			Sid: w.Sid, Deny: w.Effect == "Deny", Conditional: len(w.Condition) > 0,
			Actions: w.Action, Resources: w.Resource,
		}
		if len(w.NotAction) > 0 {
			s.Actions, s.AllBut = w.NotAction, true
		}
		if len(w.NotResource) > 0 {
			s.Resources, s.ResourcesBut = w.NotResource, true
		}
		if !s.Deny && w.Effect != "Allow" || len(s.Actions) == 0 || len(s.Resources) == 0 {
			return nil
		}
		out = append(out, s)
	}
	return out
}
