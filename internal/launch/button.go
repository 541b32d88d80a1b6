package launch

import (
	"errors"
	"fmt"
	"strings"
)

// Format is the language that a customer's page is written in.
type Format string

// The formats.
const (
	Markdown Format = "markdown"
	HTML     Format = "html"
)

// ErrFormat says that a format is neither Markdown nor HTML.
var ErrFormat = errors.New(`the format must be "markdown" or "html"`)

// buttonImage is the picture that AWS's own documentation uses for such links.
const buttonImage = "https://s3.amazonaws.com/cloudformation-examples/cloudformation-launch-stack.png"

// Button is a Launch Stack button to put in a page or message. The URL must be one that Link.URL wrote; only then can it
// hold nothing that means something in Markdown or HTML. The HTML needs no image, style sheet or script from anywhere.
func Button(launchURL string, f Format) (string, error) {
	if err := checkFormat(f); err != nil {
		return "", err
	}
	if _, err := Parse(launchURL); err != nil {
		return "", err
	}
	if f == Markdown {
		return markdownButton(launchURL), nil
	}
	var b strings.Builder
	if err := htmlPage.ExecuteTemplate(&b, "button", launchURL); err != nil {
		return "", fmt.Errorf("writing the button: %w", err)
	}
	return b.String(), nil
}

func markdownButton(launchURL string) string {
	return "[![Launch Stack](" + buttonImage + ")](" + launchURL + ")"
}

func checkFormat(f Format) error {
	if f != Markdown && f != HTML {
		return fmt.Errorf("%w, not %q", ErrFormat, string(f))
	}
	return nil
}
