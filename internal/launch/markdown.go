package launch

import "strings"

// inlineCode shows a value as it is: in a code span nothing is Markdown or HTML but the backtick, and a span ends at a
// blank line.
func inlineCode(value string) string {
	value = strings.Join(strings.FieldsFunc(value, isControl), " ")
	mark := strings.Repeat("`", longestRun(value)+1)
	if strings.HasPrefix(value, "`") || strings.HasSuffix(value, "`") {
		value = " " + value + " "
	}
	return mark + value + mark
}

// codeBlock fences a text with more backticks than it has in a row.
func codeBlock(language, text string) string {
	mark := strings.Repeat("`", max(3, longestRun(text)+1))
	return mark + language + "\n" + text + "\n" + mark
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f || r == 0x85 || r == 0x2028 || r == 0x2029 }

func longestRun(s string) int {
	longest, run := 0, 0
	for _, r := range s {
		if r != '`' {
			run = 0
			continue
		}
		run++
		longest = max(longest, run)
	}
	return longest
}
