package cfn

import (
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// subPart is a stretch of a Fn::Sub string: text, or the name in ${name}.
type subPart struct {
	text     string
	variable string
}

var subPattern = regexp.MustCompile(`\$\{([^}]*)\}`)

// subNamePattern is what CloudFormation takes between the braces.
var subNamePattern = regexp.MustCompile(`^[A-Za-z0-9_.:]+$`)

// parseSub takes a Fn::Sub string apart. Text keeps ${!Literal} as it is written, and whatever CloudFormation takes
// for no name.
func parseSub(s string) []subPart {
	var parts []subPart
	from := 0
	for _, m := range subPattern.FindAllStringSubmatchIndex(s, -1) {
		name := s[m[2]:m[3]]
		if !subNamePattern.MatchString(name) {
			continue
		}
		if m[0] > from {
			parts = append(parts, subPart{text: s[from:m[0]]})
		}
		parts = append(parts, subPart{variable: name})
		from = m[1]
	}
	if from < len(s) {
		parts = append(parts, subPart{text: s[from:]})
	}
	return parts
}

func joinSub(parts []subPart) string {
	var b strings.Builder
	for _, p := range parts {
		if p.variable != "" {
			b.WriteString("${" + p.variable + "}")
		}
		b.WriteString(p.text)
	}
	return b.String()
}

// unescapeSub turns ${!Literal} into what CloudFormation makes of it.
func unescapeSub(s string) string { return strings.ReplaceAll(s, "${!", "${") }

// subArgs returns the string of a Fn::Sub argument and its own variables, which shadow everything else.
func subArgs(arg *yaml.Node) (text, variables *yaml.Node, ok bool) {
	switch {
	case isScalar(arg):
		return arg, nil, true
	case arg.Kind == yaml.SequenceNode && len(arg.Content) == 2 && isScalar(arg.Content[0]) && isMapping(arg.Content[1]):
		return arg.Content[0], arg.Content[1], true
	}
	return nil, nil, false
}
