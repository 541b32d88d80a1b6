package messages

import (
	"fmt"
	"strings"
)

const head = `---
page_title: "Messages"
description: "Every error and warning of the provider: what it says, and what to do."
---

# Messages

Made from the source by ` + "`make generate`" + `: "…" is what a run fills in. Where a request to AWS failed, the message ends with AWS's own answer, and with a hint where the cause is known: missing rights,
expired credentials, throttling, a hub that is not there. What a customer reads on a stack's page is explained on the page that ` + "`instructions`" + ` makes; the receiver's log is in [operations](operations.md).

To report something that looks wrong, run it again with ` + "`TF_LOG=DEBUG`" + ` and send the log. It shows each request to AWS with service, operation and status, and no credentials. What ends with
"Please report this to the provider's developers" is a fault of the provider's own; those are not listed here.

`

// requestsHead begins the part on requests that failed.
const requestsHead = `## When a request failed

These name the onboarding or the role, the step and what was done before it, and end with AWS's own answer. Where the cause is known, one of the hints below stands before it.

`

// Page returns the guide that lists all messages, and the hints that go with failed requests.
func Page(all []Message, hints []string) string {
	var b strings.Builder
	b.WriteString(head)
	for _, part := range []struct {
		title   string
		warning bool
	}{{"Errors", false}, {"Warnings", true}} {
		fmt.Fprintf(&b, "## %s\n\n| message | says |\n| --- | --- |\n", part.title)
		for _, m := range all {
			if m.Warning == part.warning && m.Detail != "" {
				fmt.Fprintf(&b, "| %s | %s |\n", cell(m.Summary), cell(m.Detail))
			}
		}
		b.WriteString("\n")
	}
	b.WriteString(requestsHead)
	for _, m := range all {
		if m.Detail == "" {
			fmt.Fprintf(&b, "- %s\n", m.Summary)
		}
	}
	b.WriteString("\nHints:\n\n")
	for _, hint := range hints {
		fmt.Fprintf(&b, "- %s\n", strings.TrimSpace(several.ReplaceAllString(hint, "…")))
	}
	return b.String()
}

func cell(text string) string {
	return strings.NewReplacer("|", `\|`, "\n", " ", "<", "&lt;").Replace(strings.TrimSpace(text))
}
