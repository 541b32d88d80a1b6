package cfn

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// encode writes the template in the language that it was read in: LF line ends, two spaces a level, nothing folded.
func (t *Template) encode() ([]byte, error) {
	if t.json {
		return encodeJSON(t.root())
	}
	var b bytes.Buffer
	encoder := yaml.NewEncoder(&b)
	encoder.SetIndent(2)
	if err := encoder.Encode(unfolded(t.doc)); err != nil {
		return nil, fmt.Errorf("writing YAML: %w", err)
	}
	if err := encoder.Close(); err != nil {
		return nil, fmt.Errorf("writing YAML: %w", err)
	}
	return []byte(spaced(b.String())), nil
}

// unfolded returns the tree with folded texts as literal ones: the library folds lines that must not be folded.
func unfolded(doc *yaml.Node) *yaml.Node {
	fresh := cloneNode(doc)
	walk(fresh, "", func(n *yaml.Node, _ string) bool {
		if n.Style&yaml.FoldedStyle != 0 {
			n.Style = n.Style&^yaml.FoldedStyle | yaml.LiteralStyle
		}
		return true
	})
	return fresh
}

var (
	sectionPattern = regexp.MustCompile(`^[A-Za-z"']`)
	entryPattern   = regexp.MustCompile(`^  [^ #-]`)
)

// spaced sets a blank line before each section and before each entry of the sections that people read entry by entry:
// the tree does not keep blank lines. Comments stay with what they stand above.
func spaced(text string) string {
	var out []string
	section, comments := "", 0
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		begins := sectionPattern.MatchString(line)
		if begins {
			section = strings.Trim(strings.SplitN(line, ":", 2)[0], `"'`)
		}
		if begins || readByEntry(section) && entryPattern.MatchString(line) {
			out = blankBefore(out, comments, begins)
		}
		indent := len(line) - len(strings.TrimLeft(line, " "))
		switch {
		case strings.HasPrefix(strings.TrimLeft(line, " "), "#") && indent <= 2:
			comments++
		default:
			comments = 0
		}
		out = append(out, line)
	}
	return strings.Join(out, "\n") + "\n"
}

func readByEntry(section string) bool {
	switch section {
	case "Parameters", "Rules", "Mappings", "Resources", "Outputs":
		return true
	}
	return false
}

// blankBefore puts a blank line before the last lines of out, which are comments, save at the beginning of the text or of a section.
func blankBefore(out []string, comments int, section bool) []string {
	cut := len(out) - comments
	if cut == 0 || out[cut-1] == "" || !section && sectionPattern.MatchString(out[cut-1]) {
		return out
	}
	return slices.Insert(out, cut, "")
}

// verify reads what was written and compares it with what was meant.
func (t *Template) verify(body []byte) error {
	again, err := Parse(string(body))
	if err != nil {
		return fmt.Errorf("reading the result again: %w", err)
	}
	if where, same := sameTree(t.root(), again.root(), ""); !same {
		return fmt.Errorf("the result differs from what was meant at %q", where)
	}
	return nil
}
