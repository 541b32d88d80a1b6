package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/xrole/terraform-provider-xrole/internal/lab"
)

// narrator writes the transcript. On a terminal it uses colour.
type narrator struct {
	out    io.Writer
	colour bool
}

func newNarrator(out *os.File) *narrator {
	info, err := out.Stat()
	terminal := err == nil && info.Mode()&os.ModeCharDevice != 0
	return &narrator{out: out, colour: terminal && os.Getenv("NO_COLOR") == ""}
}

func (n *narrator) paint(code, text string) string {
	if !n.colour {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// print does not care whether anybody reads on.
func (n *narrator) print(format string, args ...any) {
	_, _ = fmt.Fprintf(n.out, format, args...)
}

func (n *narrator) title(text string) {
	n.print("\n%s\n%s\n", n.paint("1", text), strings.Repeat("─", len([]rune(text))))
}

// say is the story.
func (n *narrator) say(format string, args ...any) {
	n.print("\n%s\n", fmt.Sprintf(format, args...))
}

// step is something under way.
func (n *narrator) step(format string, args ...any) {
	n.print("%s %s\n", n.paint("36", "→"), fmt.Sprintf(format, args...))
}

func (n *narrator) good(text string) {
	n.print("%s %s\n", n.paint("32", "✔"), text)
}

func (n *narrator) bad(format string, args ...any) {
	n.print("%s %s\n", n.paint("31", "✘"), fmt.Sprintf(format, args...))
}

// command is what a person would type.
func (n *narrator) command(text string) {
	n.print("\n%s %s\n", n.paint("2", "$"), n.paint("1", text))
}

func (n *narrator) code(format string, args ...any) {
	for line := range strings.Lines(fmt.Sprintf(format, args...)) {
		n.print("    %s\n", strings.TrimRight(line, "\n"))
	}
}

// events is what a customer sees on the stack's page.
func (n *narrator) events(stack *lab.Stack) {
	for _, e := range stack.Events {
		mark := n.paint("2", "·")
		switch {
		case strings.HasSuffix(e.Status, "_COMPLETE") && !strings.Contains(e.Status, "ROLLBACK"):
			mark = n.paint("32", "✔")
		case strings.Contains(e.Status, "FAILED"), strings.Contains(e.Status, "ROLLBACK"):
			mark = n.paint("31", "✘")
		}
		n.print("    %s %-20s %-28s %s\n", mark, e.Status, e.LogicalResourceID, e.Reason)
	}
}
