package launch_test

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/xrole/terraform-provider-xrole/internal/launch"
)

func attacks() map[string]string {
	return map[string]string{
		"markup":          `<script>alert(1)</script>`,
		"attribute":       `" onfocus="alert(1)" autofocus x='`,
		"closing tags":    `</code></dd></style></title><h1>Paid</h1><img src=https://evil.example/x>`,
		"entity":          `&lt;script&gt;&#60;b&#62;`,
		"comment":         `<!-- --><![CDATA[`,
		"template":        `{{.ExternalID}}{{template "button" "javascript:alert(1)"}}`,
		"backtick":        "`<b>`",
		"many backticks":  "``` `` ` <b> ` `` ```",
		"only backticks":  "`````",
		"link":            "`[here](https://evil.example)`",
		"new heading":     "x\n\n# Paid\n\n[here](https://evil.example)",
		"code block ends": "x\n```\n# Paid\n```",
		"carriage return": "x\r\r# Paid\r\r<b>",
		"other line ends": "x\u2028\u2028# Paid\u0085\u0085<b>\v\f",
		"script link":     "javascript:alert(1)",
		"policy's name":   "arn:aws:iam::aws:policy/x\"onclick=alert(1)",
		"everything":      nasty,
	}
}

// hostile puts a text into each field that takes any text, the template's key included: it is shown decoded.
func hostile(t *testing.T, text string) launch.Invitation {
	t.Helper()
	inv := invitation()
	var err error
	if inv.Link.TemplateURL, err = launch.TemplateURL("acme", "us-east-1", text+"/x"); err != nil {
		t.Fatal(err)
	}
	inv.Partner, inv.Name, inv.AccountID, inv.ExternalID, inv.PreviousExternalID, inv.TemplateSHA256 = text, text, text, text, text, text
	inv.RoleName, inv.RolePath, inv.PartnerAccountID, inv.TopicName = text, text, text, text
	inv.ManagedPolicyARNs, inv.TrustedPrincipalARNs = []string{text, text}, []string{text}
	quoted, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	words := strings.ReplaceAll(`{"Statement": {"Sid": X, "Effect": "Allow", "Action": X, "Resource": [X, X]}}`, "X", string(quoted))
	inv.InlinePolicies = map[string]string{text: text, text + "2": words, text + "3": `{"Statement": ` + string(quoted) + `}`}
	inv.RoleDescription, inv.PermissionsBoundaryARN = text, text
	inv.Resources = []launch.Resource{{LogicalID: text, Type: text, Conditional: true, Kept: true}, {LogicalID: text}}
	inv.Parameters = []launch.Parameter{{Name: text, Description: text, Default: text}, {Name: text, Required: true}, {Name: "Owner", Description: text}}
	inv.Link.Parameters = map[string]string{"Owner": text}
	return inv
}

// The page's tags must be the same whatever the values are: then no value became markup.
func TestInstructions_htmlAttack(t *testing.T) {
	t.Parallel()
	tag := regexp.MustCompile(`<[A-Za-z/!?][^>]*>`)
	withoutLink := func(page string) []string {
		return tag.FindAllString(href.ReplaceAllString(page, "href"), -1)
	}
	want := withoutLink(write(t, hostile(t, "harmless"), launch.HTML))
	for name, text := range attacks() {
		page := write(t, hostile(t, text), launch.HTML)
		if diff := cmp.Diff(want, withoutLink(page)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		for _, m := range href.FindAllStringSubmatch(page, -1) {
			if !strings.HasPrefix(m[1], "#") && m[1] != "https://aws.amazon.com/pricing/" && !strings.HasPrefix(m[1], "https://eu-west-1.console.aws.amazon.com/") {
				t.Errorf("%s: a link to %s", name, m[1])
			}
		}
	}
	checkSelfContained(t, write(t, invitation(), launch.HTML))
}

// What is outside of code must be the same whatever the values are: in code nothing is Markdown or HTML.
func TestInstructions_markdownAttack(t *testing.T) {
	t.Parallel()
	want := outsideCode(write(t, hostile(t, "harmless"), launch.Markdown))
	for name, text := range attacks() {
		if diff := cmp.Diff(want, outsideCode(write(t, hostile(t, text), launch.Markdown))); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

var (
	lineEnd    = regexp.MustCompile("\r\n|[\n\r\u0085\u2028\u2029\v\f]")
	launchLink = regexp.MustCompile(`\(https://eu-west-1\.console[^)\s]*\)`)
	fence      = regexp.MustCompile("^(`{3,})[a-z]*$")
)

// outsideCode reads Markdown as CommonMark does: a fence ends at one at least as long, a code span at a run of exactly
// as many backticks, in the same paragraph. No value of the page may reach over a line, so a line is read by itself.
func outsideCode(page string) []string {
	var rest []string
	closing := ""
	for _, line := range lineEnd.Split(page, -1) {
		m := fence.FindStringSubmatch(line)
		switch {
		case closing == "" && m != nil:
			closing = m[1]
		case closing == "":
			rest = append(rest, launchLink.ReplaceAllString(withoutSpans(line), "(link)"))
		case strings.HasPrefix(line, closing) && strings.Trim(line, "`") == "":
			closing = ""
		}
	}
	return slices.DeleteFunc(rest, func(line string) bool { return line == "" })
}

func withoutSpans(line string) string {
	runs := regexp.MustCompile("`+").FindAllStringIndex(line, -1)
	var out strings.Builder
	at := 0
	for i := 0; i < len(runs); i++ {
		for j := i + 1; j < len(runs); j++ {
			if runs[i][1]-runs[i][0] == runs[j][1]-runs[j][0] {
				out.WriteString(line[at:runs[i][0]] + "CODE")
				at, i = runs[j][1], j
				break
			}
		}
	}
	return out.String() + line[at:]
}
