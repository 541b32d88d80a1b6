package cfn

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// maxParameterValue is in bytes
// (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html).
const maxParameterValue = 4096

var parameterTypePattern = regexp.MustCompile(`^(String|Number|CommaDelimitedList|List<(String|Number|AWS::[A-Za-z0-9:]+)>|AWS::[A-Za-z0-9]+::[A-Za-z0-9:.<>]+)$`)

// checkParameters checks the declarations and their defaults.
func checkParameters(t *Template, f *findings) {
	for key, p := range pairs(t.section("Parameters")) {
		path := "Parameters." + key.Value
		if kind := textField(p, "Type"); !parameterTypePattern.MatchString(kind) {
			f.errorf(key, path, "%q is no type of a parameter; use String, Number, CommaDelimitedList, List<Number> or one of AWS's own types.", kind)
		}
		if d := field(p, "Default"); d != nil && !isScalar(d) {
			f.errorf(d, path+".Default", "A default is a text or a number, written out; a list is written with commas.")
		} else if d != nil && !isNull(d) {
			checkParameterValue(f, path+".Default", d, p, d.Value)
		}
	}
}

// checkLink checks the values that the launch link carries. The console would drop a value for a parameter that does
// not exist or is NoEcho, without a word
// (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cfn-console-create-stacks-quick-create-links.html).
func checkLink(t *Template, refs map[string][]string, link map[string]string, f *findings) {
	declared := t.section("Parameters")
	for _, name := range slices.Sorted(maps.Keys(link)) {
		path := "parameters." + name
		key, p := entry(declared, name)
		_, kept := refs[name]
		switch {
		case kept || slices.Contains(ownParameters(), name):
			f.errorf(nil, path, "xrole gives %q its value itself; remove it here.", name)
		case p == nil:
			f.errorf(nil, path, "The template declares no parameter %q, so the console would ignore this value.%s", name, similar(declared, name))
		case isTrue(field(p, "NoEcho")):
			f.errorf(key, path, "The parameter %q is NoEcho, so the console ignores its value in a link. Let the customer type it, or remove NoEcho.", name)
		default:
			checkParameterValue(f, path, key, p, link[name])
		}
	}
}

func similar(declared *yaml.Node, name string) string {
	var names []string
	for key := range pairs(declared) {
		if strings.EqualFold(key.Value, name) {
			return " It declares " + strconv.Quote(key.Value) + "; the case matters."
		}
		names = append(names, key.Value)
	}
	if len(names) == 0 {
		return " It declares none that a link could set."
	}
	return " It declares " + strings.Join(names, ", ") + "."
}

// checkParameterValue checks a value against the constraints of its parameter; n is where to point.
func checkParameterValue(f *findings, path string, n, p *yaml.Node, value string) {
	if len(value) > maxParameterValue {
		f.errorf(n, path, "The value has %d bytes; CloudFormation takes at most %d.", len(value), maxParameterValue)
		return
	}
	kind := textField(p, "Type")
	items := []string{value}
	if kind == "CommaDelimitedList" || strings.HasPrefix(kind, "List<") {
		items = strings.Split(value, ",")
	}
	for _, item := range items {
		item := strings.TrimSpace(item)
		if len(items) == 1 && kind == "String" {
			item = value
		}
		if fault := constraintFault(p, kind, item); fault != "" {
			f.errorf(n, path, "%q %s.", item, fault)
		}
	}
	if pattern := textField(p, "AllowedPattern"); pattern != "" {
		if _, err := regexp.Compile(pattern); err != nil {
			f.warnf(field(p, "AllowedPattern"), path, "The AllowedPattern %q is of a kind that cannot be tried here; CloudFormation tries it at the launch.", pattern)
		}
	}
}

// constraintFault says what constraint a single value breaks, as the end of a sentence; "" if none.
func constraintFault(p *yaml.Node, kind, value string) string {
	if allowed := field(p, "AllowedValues"); allowed != nil {
		ok := slices.ContainsFunc(allowed.Content, func(a *yaml.Node) bool { return a.Value == value })
		if !ok {
			return "is not among the AllowedValues"
		}
	}
	if strings.Contains(kind, "Number") {
		return numberFault(p, value)
	}
	length := utf8.RuneCountInString(value)
	if least, ok := number(p, "MinLength"); ok && float64(length) < least {
		return "is shorter than MinLength"
	}
	if most, ok := number(p, "MaxLength"); ok && float64(length) > most {
		return "is longer than MaxLength"
	}
	if pattern := textField(p, "AllowedPattern"); pattern != "" {
		// CloudFormation lets the pattern match the whole value, anchored or not.
		re, err := regexp.Compile(`\A(?:` + pattern + `)\z`)
		if err == nil && !re.MatchString(value) {
			return "does not match the AllowedPattern " + strconv.Quote(pattern)
		}
	}
	return ""
}

func numberFault(p *yaml.Node, value string) string {
	x, err := strconv.ParseFloat(value, 64)
	if err != nil {
		return "is not a number"
	}
	if least, ok := number(p, "MinValue"); ok && x < least {
		return "is less than MinValue"
	}
	if most, ok := number(p, "MaxValue"); ok && x > most {
		return "is more than MaxValue"
	}
	return ""
}

func number(p *yaml.Node, key string) (float64, bool) {
	x, err := strconv.ParseFloat(textField(p, key), 64)
	return x, err == nil
}
