package cfn

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strconv"

	"go.yaml.in/yaml/v3"
)

// Rendered is a template ready to be published.
type Rendered struct {
	Body []byte
	// SHA256 is of Body, in hex.
	SHA256 string
	// Version is what the callback reports as TemplateVersion: the first 16 hex digits of the SHA-256 over the same
	// rendering with an empty version.
	Version           string
	CallbackLogicalID string
}

// read returns nil for what is no template: it cannot be customised, and what else is wrong with it would be guesswork.
func read(source string, f *findings) *Template {
	t, err := Parse(source)
	if err != nil {
		f.add(nil, syntaxFinding(err))
		return nil
	}
	if checkShape(t, f); f.failed() {
		return nil
	}
	checkTemplate(t, f)
	return t
}

// Render customises a template and checks the result. The same arguments give the same bytes. link are values for the
// template's other parameters, which the launch link carries. Rendered is nil if any of the findings is an error; all
// findings of a template that can be read are told at once.
func Render(source string, v Values, mode Mode, link map[string]string) (*Rendered, []Finding) {
	f := &findings{}
	v.check(f)
	if mode != Pinned && mode != Parameters {
		f.errorf(nil, "", "The template mode must be %q or %q.", Pinned, Parameters)
	}
	t := read(source, f)
	if t == nil {
		return nil, f.sorted()
	}
	version := draftVersion(t, v, mode)
	final := t.clone()
	refs := customise(final, v, mode, version, f)
	r := &Rendered{Version: version}
	checkResult(final, newResolver(v, refs), v, link, r, f)
	checkLink(final, refs, link, f)
	if f.failed() {
		return nil, f.sorted()
	}
	body := write(final, f)
	if f.failed() {
		return nil, f.sorted()
	}
	sum := sha256.Sum256(body)
	r.Body, r.SHA256 = body, hex.EncodeToString(sum[:])
	return r, f.sorted()
}

// write writes the template and makes sure of it.
func write(t *Template, f *findings) []byte {
	body, err := t.encode()
	if err == nil && len(body) > maxTemplate {
		f.errorf(nil, "", "With its values the template has %d bytes; CloudFormation takes at most %d.", len(body), maxTemplate)
		return nil
	}
	if err == nil {
		err = t.verify(body)
	}
	if err != nil {
		f.errorf(nil, "", "xrole could not write this template faithfully: %s. Moving or removing the comments there may help; please report it to the developers of xrole.", err)
	}
	return body
}

func syntaxFinding(err error) Finding {
	if syntax, ok := errors.AsType[*SyntaxError](err); ok {
		return Finding{Line: syntax.Line, Column: syntax.Column, Message: "The template cannot be read: " + syntax.Message + "."}
	}
	return Finding{Message: "The template cannot be read: " + err.Error() + "."}
}

// draftVersion renders with an empty version. What is wrong then is wrong in the final rendering too, and told there.
func draftVersion(t *Template, v Values, mode Mode) string {
	draft := t.clone()
	customise(draft, v, mode, "", &findings{})
	body, err := draft.encode()
	if err != nil {
		return ""
	}
	return shortHash(string(body), 16)
}

func customise(t *Template, v Values, mode Mode, version string, f *findings) map[string][]string {
	refs := giveValues(t, v, mode, version, f)
	setServiceTimeout(t, newResolver(v, refs), v)
	addRules(t, v)
	return refs
}

// setServiceTimeout sets the timeout of the callback, unless its author did.
func setServiceTimeout(t *Template, r resolver, v Values) {
	for _, callback := range callbacks(t, r, v.TopicARN) {
		properties := field(callback.body, "Properties")
		if field(properties, "ServiceTimeout") == nil {
			seconds := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!int", Value: strconv.Itoa(v.ServiceTimeoutSeconds)}
			properties.Content = append(properties.Content, plain("ServiceTimeout"), seconds)
		}
	}
}
