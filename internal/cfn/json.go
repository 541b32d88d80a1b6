package cfn

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// parseJSON reads JSON into the same tree that YAML becomes, with lines and columns. A YAML reader would take most JSON
// too, but not tabs or surrogate pairs.
func parseJSON(source string) (*yaml.Node, error) {
	p := jsonParser{source: source, decoder: json.NewDecoder(strings.NewReader(source))}
	p.decoder.UseNumber()
	root, err := p.value(1)
	if err != nil {
		return nil, err
	}
	at := p.next()
	if _, err := p.decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, textErrorAt(source, at, "text after the end of the JSON document")
	}
	return &yaml.Node{Kind: yaml.DocumentNode, Line: root.Line, Column: root.Column, Content: []*yaml.Node{root}}, nil
}

type jsonParser struct {
	source  string
	decoder *json.Decoder
	// line and column are those of the offset from, counted from 0.
	line, column, from int
}

// place returns the line and column of an offset, counted from 1; offsets only grow.
func (p *jsonParser) place(at int) (line, column int) {
	passed := p.source[p.from:at]
	if last := strings.LastIndexByte(passed, '\n'); last >= 0 {
		p.line += strings.Count(passed, "\n")
		p.column = 0
		passed = passed[last+1:]
	}
	p.column += utf8.RuneCountInString(passed)
	p.from = at
	return p.line + 1, p.column + 1
}

// next is where the next token begins.
func (p *jsonParser) next() int {
	at := int(p.decoder.InputOffset())
	return at + len(p.source[at:]) - len(strings.TrimLeft(p.source[at:], " \t\r\n,:"))
}

func (p *jsonParser) value(depth int) (*yaml.Node, error) {
	at := p.next()
	token, err := p.decoder.Token()
	if err != nil {
		return nil, p.fault(at, err)
	}
	n := &yaml.Node{Kind: yaml.ScalarNode}
	n.Line, n.Column = p.place(at)
	if depth > maxDepth {
		return nil, syntaxErrorAt(n, "nested more than %d levels deep", maxDepth)
	}
	switch v := token.(type) {
	case json.Delim:
		return n, p.fill(n, v, depth)
	case string:
		n.Tag, n.Value, n.Style = "!!str", v, yaml.DoubleQuotedStyle
	case json.Number:
		n.Tag, n.Value = "!!int", v.String()
		if strings.ContainsAny(n.Value, ".eE") {
			n.Tag = "!!float"
		}
	case bool:
		n.Tag, n.Value = "!!bool", fmt.Sprint(v)
	default:
		n.Tag, n.Value = "!!null", "null"
	}
	return n, nil
}

func (p *jsonParser) fill(n *yaml.Node, open json.Delim, depth int) error {
	n.Kind, n.Tag = yaml.SequenceNode, "!!seq"
	if open == '{' {
		n.Kind, n.Tag = yaml.MappingNode, "!!map"
	}
	for p.decoder.More() {
		child, err := p.value(depth + 1)
		if err != nil {
			return err
		}
		n.Content = append(n.Content, child)
	}
	at := p.next()
	if _, err := p.decoder.Token(); err != nil {
		return p.fault(at, err)
	}
	return nil
}

// fault points at the token: the decoder's own offsets count from different places.
func (p *jsonParser) fault(at int, err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return textErrorAt(p.source, len(p.source), "the JSON document ends too early")
	}
	return textErrorAt(p.source, at, err.Error())
}

// encodeJSON writes the tree as JSON, keys in their order, two spaces a level; on one line if it is too long otherwise.
func encodeJSON(root *yaml.Node) ([]byte, error) {
	compact, err := appendJSON(nil, root)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := json.Indent(&b, compact, "", "  "); err != nil {
		return nil, fmt.Errorf("writing JSON: %w", err)
	}
	b.WriteByte('\n')
	if b.Len() > maxTemplate {
		return append(compact, '\n'), nil
	}
	return b.Bytes(), nil
}

func appendJSON(b []byte, n *yaml.Node) ([]byte, error) {
	var err error
	switch n.Kind {
	case yaml.MappingNode:
		b = append(b, '{')
		for i := 0; i+1 < len(n.Content); i += 2 {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(appendJSONString(b, n.Content[i].Value), ':')
			if b, err = appendJSON(b, n.Content[i+1]); err != nil {
				return nil, err
			}
		}
		return append(b, '}'), nil
	case yaml.SequenceNode:
		b = append(b, '[')
		for i, child := range n.Content {
			if i > 0 {
				b = append(b, ',')
			}
			if b, err = appendJSON(b, child); err != nil {
				return nil, err
			}
		}
		return append(b, ']'), nil
	case yaml.ScalarNode:
		switch n.ShortTag() {
		case "!!int", "!!float", "!!bool", "!!null":
			return append(b, n.Value...), nil
		}
		return appendJSONString(b, n.Value), nil
	default:
		return nil, fmt.Errorf("writing JSON: unexpected node of kind %d", n.Kind)
	}
}

// appendJSONString leaves <, > and & as they are: a template is read by people.
func appendJSONString(b []byte, s string) []byte {
	var quoted bytes.Buffer
	encoder := json.NewEncoder(&quoted)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(s); err != nil {
		return append(b, `""`...)
	}
	return append(b, bytes.TrimRight(quoted.Bytes(), "\n")...)
}
