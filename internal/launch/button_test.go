package launch_test

import (
	"errors"
	"html"
	"regexp"
	"strings"
	"testing"

	"github.com/xrole/terraform-provider-xrole/internal/launch"
)

var href = regexp.MustCompile(`href="([^"]*)"`)

func TestButton(t *testing.T) {
	t.Parallel()
	link, err := launch.Link{Region: "us-east-1", StackName: "Acme", TemplateURL: templateURL, Parameters: map[string]string{"Owner": nasty}}.URL()
	if err != nil {
		t.Fatal(err)
	}
	got, err := launch.Button(link, launch.Markdown)
	if err != nil {
		t.Fatal(err)
	}
	if want := "[![Launch Stack](https://s3.amazonaws.com/cloudformation-examples/cloudformation-launch-stack.png)](" + link + ")"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, err = launch.Button(link, launch.HTML); err != nil {
		t.Fatal(err)
	}
	checkSelfContained(t, got)
	if m := href.FindStringSubmatch(got); m == nil || html.UnescapeString(m[1]) != link {
		t.Errorf("the button leads to %q, not %s", m, link)
	}
	if !strings.Contains(got, "</svg>Launch Stack</a>") {
		t.Errorf("no name for who cannot see it: %s", got)
	}
}

func TestButton_refused(t *testing.T) {
	t.Parallel()
	link, err := launch.Link{Region: "us-east-1", StackName: "Acme", TemplateURL: templateURL}.URL()
	if err != nil {
		t.Fatal(err)
	}
	for name, raw := range map[string]string{
		"empty":            "",
		"script":           "javascript:alert(1)",
		"out of the link":  link + ")](https://evil.example)",
		"out of the quote": link + `"onfocus="alert(1)`,
		"markup":           link + "<script>alert(1)</script>",
		"other host":       strings.Replace(link, "amazon.com", "evil.example", 1),
	} {
		for _, f := range []launch.Format{launch.Markdown, launch.HTML} {
			if got, err := launch.Button(raw, f); err == nil {
				t.Errorf("%s: accepted as %s", name, got)
			}
		}
	}
	for _, f := range []launch.Format{"", "HTML", "pdf"} {
		if _, err := launch.Button(link, f); !errors.Is(err, launch.ErrFormat) {
			t.Errorf("format %q: got %v", f, err)
		}
	}
}

// checkSelfContained fails on whatever a browser would run or load.
func checkSelfContained(t *testing.T, page string) {
	t.Helper()
	for _, bad := range []string{"<script", "<img", "<link", "<iframe", "<object", "<form", "src=", "@import", "url(", "javascript:", " onload", " onclick"} {
		if strings.Contains(strings.ToLower(page), bad) {
			t.Errorf("the page holds %q", bad)
		}
	}
}
