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

To report something that looks wrong, run it again with ` + "`TF_LOG=DEBUG`" + ` and send the log. It shows each request to AWS with service, operation and status, and no credentials.

`

// Page returns the guide that lists all messages.
func Page(all []Message) string {
	var b strings.Builder
	b.WriteString(head)
	for _, part := range []struct {
		title   string
		warning bool
	}{{"Errors", false}, {"Warnings", true}} {
		fmt.Fprintf(&b, "## %s\n\n| message | says |\n| --- | --- |\n", part.title)
		last := ""
		for _, m := range all {
			if m.Warning != part.warning {
				continue
			}
			summary := m.Summary
			if summary == last {
				summary = ""
			}
			last = m.Summary
			detail := m.Detail
			if detail == "…" {
				detail = "Says in full what was found, and what to do."
			}
			fmt.Fprintf(&b, "| %s | %s |\n", cell(summary), cell(detail))
		}
		b.WriteString("\n")
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func cell(text string) string {
	return strings.NewReplacer("|", `\|`, "\n", " ", "<", "&lt;").Replace(strings.TrimSpace(text))
}
