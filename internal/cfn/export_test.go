package cfn

import "go.yaml.in/yaml/v3"

// Rewrite reads a template, writes it unchanged and compares both. A source that is refused anyway is no error.
func Rewrite(source string) ([]byte, error) {
	t, err := Parse(source)
	if err != nil {
		return nil, nil //nolint:nilerr // what cannot be read is not the question here
	}
	refused := false
	walk(t.root(), "", func(n *yaml.Node, _ string) bool {
		refused = refused || isNull(n)
		return true
	})
	if refused {
		return nil, nil
	}
	body, err := t.encode()
	if err != nil {
		return nil, err
	}
	return body, t.verify(body)
}

// Meet compares two patterns.
func Meet(resource, other string) bool { return meet(resource, other) }
