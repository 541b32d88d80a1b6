package cfn

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// maxTemplate is what CloudFormation takes from S3, in bytes
// (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html).
const maxTemplate = 1 << 20

// maxDepth is far more than any template needs and little enough for every recursion here.
const maxDepth = 100

// SyntaxError says where a template cannot be read.
type SyntaxError struct {
	// Line and Column are counted from 1.
	Line, Column int
	// Message says what is wrong, without the place.
	Message string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, e.Message)
}

func syntaxErrorAt(n *yaml.Node, format string, args ...any) *SyntaxError {
	return &SyntaxError{Line: n.Line, Column: n.Column, Message: fmt.Sprintf(format, args...)}
}

// Template is a template as a tree that keeps comments, tags, styles and the order of keys.
type Template struct {
	doc  *yaml.Node
	json bool
}

// root is the mapping of the template's sections.
func (t *Template) root() *yaml.Node { return t.doc.Content[0] }

// section returns the value of a top-level key, or nil.
func (t *Template) section(name string) *yaml.Node { return field(t.root(), name) }

// key returns the node of a section's name, or of the whole template if there is no such section.
func (t *Template) key(name string) *yaml.Node {
	if key, _ := entry(t.root(), name); key != nil {
		return key
	}
	return t.root()
}

func (t *Template) clone() *Template { return &Template{doc: cloneNode(t.doc), json: t.json} }

// Parse reads a template: JSON if it begins with "{", else YAML with CloudFormation's short tags (!Ref, !Sub, …). The
// error is a *SyntaxError. Beyond what is not YAML or JSON at all it refuses what CloudFormation or another YAML reader
// would take otherwise than this one: repeated keys, anchors and aliases, merge keys, several documents, tags that are
// not CloudFormation's, Unicode line separators; and more than 1 MB or 100 levels.
func Parse(source string) (*Template, error) {
	source = strings.TrimPrefix(source, "\ufeff")
	if err := checkText(source); err != nil {
		return nil, err
	}
	t := &Template{json: strings.HasPrefix(strings.TrimLeft(source, " \t\r\n"), "{")}
	var err error
	if t.json {
		t.doc, err = parseJSON(source)
	} else {
		t.doc, err = parseYAML(source)
	}
	if err != nil {
		return nil, err
	}
	if err := checkTree(t.root(), 1); err != nil {
		return nil, err
	}
	if t.root().Kind != yaml.MappingNode {
		return nil, syntaxErrorAt(t.root(), "a template is a mapping of sections such as Resources")
	}
	return t, nil
}

func checkText(source string) *SyntaxError {
	if len(source) > maxTemplate {
		return &SyntaxError{1, 1, fmt.Sprintf("the template has %d bytes; CloudFormation takes at most %d", len(source), maxTemplate)}
	}
	if !utf8.ValidString(source) {
		good := strings.ToValidUTF8(source, "\x00")
		return textErrorAt(source, strings.IndexByte(good, 0), "the text is not UTF-8")
	}
	if i := strings.IndexAny(source, "\u0085\u2028\u2029"); i >= 0 {
		return textErrorAt(source, i, "a Unicode line separator: readers of YAML do not agree whether it ends a line; use a plain line end")
	}
	if strings.TrimSpace(source) == "" {
		return &SyntaxError{1, 1, "the template is empty"}
	}
	return nil
}

// textErrorAt turns a byte offset into line and column, which is counted in characters.
func textErrorAt(source string, offset int, message string) *SyntaxError {
	offset = max(0, min(offset, len(source)))
	before := source[:offset]
	line := strings.Count(before, "\n") + 1
	column := utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:]) + 1
	return &SyntaxError{line, column, message}
}

func parseYAML(source string) (*yaml.Node, error) {
	decoder := yaml.NewDecoder(strings.NewReader(source))
	doc := &yaml.Node{}
	if err := decoder.Decode(doc); errors.Is(err, io.EOF) {
		return nil, &SyntaxError{1, 1, "the template is empty"}
	} else if err != nil {
		return nil, yamlError(source, err)
	}
	second := &yaml.Node{}
	if err := decoder.Decode(second); err == nil {
		return nil, syntaxErrorAt(second, "a second document begins here; a template is one document")
	} else if !errors.Is(err, io.EOF) {
		return nil, yamlError(source, err)
	}
	return doc, nil
}

var (
	yamlErrorPattern = regexp.MustCompile(`(?s)^yaml: (?:line (\d+): )?(.*)$`)
	// fromZeroPattern are the errors whose lines the library counts from 0: those of its parser, not of its scanner.
	fromZeroPattern = regexp.MustCompile(`^did not find expected (<|node content|'-' indicator|key|',' or)`)
)

// yamlError gives the library's error a place. The library tells only the line, and only in its text; the column is
// where that line's text begins.
func yamlError(source string, err error) *SyntaxError {
	line, message := 1, err.Error()
	if m := yamlErrorPattern.FindStringSubmatch(message); m != nil {
		message = m[2]
		if n, err := strconv.Atoi(m[1]); err == nil {
			line = n
		}
		if m[1] != "" && fromZeroPattern.MatchString(message) {
			line++
		}
	}
	lines := strings.Split(source, "\n")
	text := lines[min(line, len(lines))-1]
	return &SyntaxError{line, len(text) - len(strings.TrimLeft(text, " \t")) + 1, message}
}

// checkTree refuses what readers of YAML do not agree on.
func checkTree(n *yaml.Node, depth int) error {
	switch {
	case depth > maxDepth:
		return syntaxErrorAt(n, "nested more than %d levels deep", maxDepth)
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		return syntaxErrorAt(n, "anchors and aliases (& and *) are not used here, since CloudFormation takes only some of them; write the value out")
	case !knownTag(n):
		return syntaxErrorAt(n, "the tag %s is none of CloudFormation's functions", n.Tag)
	}
	if n.Kind == yaml.MappingNode {
		if err := checkKeys(n); err != nil {
			return err
		}
	}
	for _, child := range n.Content {
		if err := checkTree(child, depth+1); err != nil {
			return err
		}
	}
	return nil
}

func checkKeys(n *yaml.Node) error {
	seen := map[string]int{}
	for key := range pairs(n) {
		switch {
		case key.Kind != yaml.ScalarNode || isNull(key):
			return syntaxErrorAt(key, "a key must be a plain string")
		case key.ShortTag() == "!!merge":
			return syntaxErrorAt(key, "merge keys (<<) are not known to CloudFormation; write the keys out")
		case strings.HasPrefix(key.Tag, "!") && !strings.HasPrefix(key.Tag, "!!"):
			return syntaxErrorAt(key, "a key cannot be a function (%s)", key.Tag)
		}
		if first, ok := seen[key.Value]; ok {
			return syntaxErrorAt(key, "the key %q is already on line %d", key.Value, first)
		}
		seen[key.Value] = key.Line
	}
	return nil
}

// coreTags are what all readers know; a merge key is told of by checkKeys.
var coreTags = []string{"!!str", "!!int", "!!float", "!!bool", "!!null", "!!map", "!!seq", "!!timestamp", "!!merge"}

func knownTag(n *yaml.Node) bool {
	switch tag := n.ShortTag(); {
	case strings.HasPrefix(tag, "!!"):
		return slices.Contains(coreTags, tag)
	default:
		return shortFunctions[tag] != ""
	}
}
