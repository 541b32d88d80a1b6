package launch_test

import (
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/xrole/terraform-provider-xrole/internal/launch"
)

// The page must be sound HTML for every kind of invitation: what a browser would quietly mend is a fault here.
func TestInstructions_markup(t *testing.T) {
	t.Parallel()
	full := hostile(t, `</code>"'>`)
	rotating, own := invitation(), invitation()
	rotating.PreviousExternalID, rotating.TrustedPrincipalARNs = "FORMER", []string{"arn:aws:iam::111111111111:role/collector"}
	own.Resources = []launch.Resource{{LogicalID: "Role", Type: "AWS::IAM::Role"}}
	isolated := invitation()
	isolated.Link.Region = "us-iso-east-1"
	launched, launchedOwn := rotating, own
	launched.StackID, launchedOwn.StackID = standing, standing
	launchedOwn.Parameters = []launch.Parameter{{Name: "Team", Required: true}}
	for name, inv := range map[string]launch.Invitation{
		"ordinary": invitation(), "hostile": full, "rotating": rotating, "own template": own, "no console": isolated, "launched": launched, "launched own": launchedOwn,
		"bare": {Link: launch.Link{Region: "us-east-1", StackName: "Acme", TemplateURL: "https://example.com/role.yaml"}},
	} {
		page := write(t, inv, launch.HTML)
		for _, fault := range markupFaults(page) {
			t.Errorf("%s: %s", name, fault)
		}
		if !strings.HasPrefix(page, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n") {
			t.Errorf("%s: it begins with %.80q", name, page)
		}
		if !strings.Contains(page, `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">`) {
			t.Errorf("%s: no Content-Security-Policy", name)
		}
	}
}

// The check itself: each of these must be a fault.
func TestMarkupFaults(t *testing.T) {
	t.Parallel()
	page := func(body string) string {
		return `<!DOCTYPE html><html lang="en"><head><title>x</title></head><body><h1>x</h1>` + body + `</body></html>`
	}
	if faults := markupFaults(page(`<p id="a"><a href="#a">x</a></p>`)); len(faults) > 0 {
		t.Error(faults)
	}
	for _, body := range []string{
		`<p>`, `</p>`, `<p><b></p></b>`, `<h3>x</h3>`, `<h1>x</h1>`, `<p id="a"></p><p id="a"></p>`, `<a href="#b">x</a>`, `<a href="javascript:x">x</a>`, `<a href="https://x/"></a>`,
		`<img src="x">`, `<script></script>`, `<p onclick="x">y</p>`, `<li>x</li>`, `<dl><p>x</p></dl>`, `<pre>x</pre>`, `<pre tabindex="0" aria-labelledby="c">x</pre>`,
		`<section>x</section>`, `<svg></svg>`, `<p>a & b</p>`, `<details><p>x</p></details>`, `<p><ul></ul></p>`,
	} {
		if len(markupFaults(page(body))) == 0 {
			t.Errorf("%s is no fault", body)
		}
	}
}

var (
	voidElements = []string{"meta", "br", "path"}
	// elements are those that the page uses, each with the parents that it must have, if it must have some.
	elements = map[string][]string{
		"html": {""}, "head": {"html"}, "body": {"html"}, "meta": {"head"}, "title": {"head"}, "style": {"head"},
		"header": {"body"}, "main": {"body"}, "section": {"main"}, "nav": nil, "div": nil, "h1": nil, "h2": {"section"}, "h3": {"section"}, "h4": {"section"},
		"p": {"section", "div", "body"}, "ul": {"section", "nav"}, "ol": {"section"}, "li": {"ul", "ol"}, "dl": {"section", "details"}, "dt": {"dl"}, "dd": {"dl"},
		"details": {"section"}, "summary": {"details"}, "pre": {"section", "details"}, "code": nil, "a": nil, "strong": nil, "em": nil, "q": nil, "svg": {"a"}, "path": {"svg"},
	}
	goodLink = regexp.MustCompile(`^(#[a-z-]+|https://[a-z0-9.-]+/.*)$`)
)

// markup is a page on its way through the tokens.
type markup struct {
	stack       []string
	text        map[int]bool
	ids, refs   []string
	level, tops int
	faults      []string
}

func markupFaults(page string) []string {
	d := xml.NewDecoder(strings.NewReader(strings.ReplaceAll(page, "<!DOCTYPE html>", "")))
	d.AutoClose, d.Strict = voidElements, true
	m := &markup{text: map[int]bool{}}
	for {
		token, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return append(m.faults, err.Error())
		}
		switch token := token.(type) {
		case xml.StartElement:
			m.start(token)
		case xml.EndElement:
			m.end(token.Name.Local)
		case xml.CharData:
			if strings.TrimSpace(string(token)) != "" {
				for i := range m.stack {
					m.text[i] = true
				}
			}
		}
	}
	for _, ref := range m.refs {
		if !slices.Contains(m.ids, ref) {
			m.fault("nothing has the id " + ref)
		}
	}
	if len(m.stack) > 0 || m.tops != 1 {
		m.fault("an element is open at the end, or there is not one h1")
	}
	return m.faults
}

func (m *markup) fault(s string) { m.faults = append(m.faults, s) }

func (m *markup) start(e xml.StartElement) {
	name, parent := e.Name.Local, ""
	if len(m.stack) > 0 {
		parent = m.stack[len(m.stack)-1]
	}
	parents, known := elements[name]
	if !known || parents != nil && !slices.Contains(parents, parent) {
		m.fault(name + " in " + parent)
	}
	if first := parent == "details" && !m.text[len(m.stack)-1]; first != (name == "summary") {
		m.fault("details does not begin with its summary")
	}
	attributes := map[string]string{}
	for _, a := range e.Attr {
		attributes[a.Name.Local] = a.Value
		if strings.HasPrefix(a.Name.Local, "on") || a.Name.Local == "src" {
			m.fault("the attribute " + a.Name.Local)
		}
	}
	m.names(name, attributes)
	if len(name) == 2 && name[0] == 'h' && name != "hr" {
		level := int(name[1] - '0')
		if level > m.level+1 {
			m.fault(name + " skips a level")
		}
		if m.level = level; level == 1 {
			m.tops++
		}
	}
	if !slices.Contains(voidElements, name) {
		m.stack = append(m.stack, name)
		m.text[len(m.stack)-1] = false
	}
}

// names checks ids, and that what needs a name for a screen reader has one.
func (m *markup) names(name string, attributes map[string]string) {
	if id, ok := attributes["id"]; ok {
		if slices.Contains(m.ids, id) {
			m.fault("the id " + id + " is there twice")
		}
		m.ids = append(m.ids, id)
	}
	if ref, ok := attributes["aria-labelledby"]; ok {
		m.refs = append(m.refs, ref)
	}
	labelled := attributes["aria-labelledby"] != "" || attributes["aria-label"] != ""
	switch {
	case (name == "section" || name == "nav") && !labelled, name == "pre" && (!labelled || attributes["tabindex"] != "0" || attributes["role"] != "region"):
		m.fault(name + " has no label, or cannot be reached by the keyboard")
	case name == "svg" && attributes["aria-hidden"] != "true":
		m.fault("svg is not hidden from screen readers")
	case name == "html" && attributes["lang"] == "":
		m.fault("html has no language")
	case name == "a":
		if !goodLink.MatchString(attributes["href"]) {
			m.fault("a link to " + attributes["href"])
		}
		if ref, inside := strings.CutPrefix(attributes["href"], "#"); inside {
			m.refs = append(m.refs, ref)
		}
	}
}

func (m *markup) end(name string) {
	if slices.Contains(voidElements, name) {
		return
	}
	last := len(m.stack) - 1
	if last < 0 || m.stack[last] != name {
		m.fault("</" + name + "> closes what is not open")
		return
	}
	if (name == "a" || name == "summary" || strings.HasPrefix(name, "h") && len(name) == 2) && !m.text[last] {
		m.fault(name + " is empty")
	}
	m.stack = m.stack[:last]
}
