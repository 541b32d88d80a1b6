package cfn

import (
	"strings"

	"go.yaml.in/yaml/v3"
)

// isPseudoParameter tells what CloudFormation itself has values for
// (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/pseudo-parameter-reference.html).
func isPseudoParameter(name string) bool {
	switch name {
	case "AWS::AccountId", "AWS::NotificationARNs", "AWS::NoValue", "AWS::Partition", "AWS::Region", "AWS::StackId", "AWS::StackName", "AWS::URLSuffix":
		return true
	}
	return false
}

// references checks that everything a function names is there.
type references struct {
	t *Template
	f *findings
	// early is true in Conditions and Rules, which are worked out before there are resources.
	early bool
}

func checkReferences(t *Template, f *findings) {
	for key, section := range pairs(t.root()) {
		switch key.Value {
		case "Resources", "Outputs", "Conditions", "Rules":
			r := references{t, f, key.Value == "Conditions" || key.Value == "Rules"}
			walk(section, key.Value, r.visit)
		}
	}
	for _, section := range []string{"Resources", "Outputs"} {
		for key, body := range pairs(t.section(section)) {
			if condition := field(body, "Condition"); condition != nil {
				references{t, f, false}.condition(condition, join(section, key.Value)+".Condition")
			}
		}
	}
}

func (r references) visit(n *yaml.Node, path string) bool {
	if r.early && strings.HasPrefix(path, "Conditions") {
		if name, ok := conditionName(n); ok {
			r.condition(plainAt(name, n), path)
			return false
		}
	}
	c, ok := callOf(n)
	if !ok {
		return true
	}
	switch c.name {
	case "Ref":
		r.ref(n, c.arg, path)
	case "Fn::GetAtt":
		r.getAtt(n, c.arg, path)
	case "Fn::Sub":
		r.sub(n, c.arg, path)
	case "Fn::If":
		r.ifs(n, c.arg, path)
	case "Fn::FindInMap":
		r.findInMap(n, c.arg, path)
	}
	return true
}

func plainAt(s string, at *yaml.Node) *yaml.Node {
	n := plain(s)
	n.Line, n.Column = at.Line, at.Column
	return n
}

func (r references) ref(n, arg *yaml.Node, path string) {
	if !isScalar(arg) {
		r.f.errorf(n, path, "Ref takes the name of a parameter or resource, written out.")
		return
	}
	r.name(n, arg.Value, path)
}

// name checks the name of a parameter, a pseudo parameter or, where there are any yet, a resource.
func (r references) name(n *yaml.Node, name, path string) {
	switch {
	case isPseudoParameter(name), field(r.t.section("Parameters"), name) != nil:
	case field(r.t.section("Resources"), name) == nil:
		r.f.errorf(n, path, "There is no parameter or resource %q.%s", name, r.hint(name))
	case r.early:
		r.f.errorf(n, path, "Conditions and rules can use parameters only, and %q is a resource.", name)
	}
}

func (r references) hint(name string) string {
	for _, own := range ownParameters() {
		if strings.EqualFold(own, name) {
			return " Declare the parameter " + own + "; xrole gives it its value."
		}
	}
	return ""
}

func (r references) getAtt(n, arg *yaml.Node, path string) {
	resource, _, ok := attribute(arg)
	if !ok {
		r.f.errorf(n, path, "Fn::GetAtt takes a resource and an attribute of it, such as Role.Arn.")
		return
	}
	r.resource(n, resource, path)
}

func (r references) resource(n *yaml.Node, name, path string) {
	if field(r.t.section("Resources"), name) == nil {
		r.f.errorf(n, path, "There is no resource %q.", name)
	} else if r.early {
		r.f.errorf(n, path, "Conditions and rules can use parameters only, and %q is a resource.", name)
	}
}

func (r references) sub(n, arg *yaml.Node, path string) {
	text, variables, ok := subArgs(arg)
	if !ok {
		r.f.errorf(n, path, "Fn::Sub takes a text, or a list of a text and a mapping of its variables.")
		return
	}
	for _, m := range subPattern.FindAllStringSubmatch(text.Value, -1) {
		name := m[1]
		resource, _, isAttribute := strings.Cut(name, ".")
		switch {
		case strings.HasPrefix(name, "!"), field(variables, name) != nil:
		case !subNamePattern.MatchString(name):
			r.f.errorf(n, path, "%q is no name for Fn::Sub; if it should stay as it is, write ${!…}.", m[0])
		case strings.Contains(name, ":") && !isPseudoParameter(name):
			r.f.errorf(n, path, "%q is no pseudo parameter; if it is a policy variable, write ${!%s}.", m[0], name)
		case isAttribute:
			r.resource(n, resource, path)
		default:
			r.name(n, name, path)
		}
	}
}

func (r references) ifs(n, arg *yaml.Node, path string) {
	if arg.Kind != yaml.SequenceNode || len(arg.Content) != 3 {
		r.f.errorf(n, path, "Fn::If takes a condition's name and two values.")
		return
	}
	r.condition(arg.Content[0], path)
}

func (r references) condition(n *yaml.Node, path string) {
	if !isScalar(n) {
		r.f.errorf(n, path, "A condition is named here, written out.")
	} else if field(r.t.section("Conditions"), n.Value) == nil {
		r.f.errorf(n, path, "There is no condition %q.", n.Value)
	}
}

func (r references) findInMap(n, arg *yaml.Node, path string) {
	if arg.Kind != yaml.SequenceNode || len(arg.Content) != 3 {
		r.f.errorf(n, path, "Fn::FindInMap takes the name of a mapping and two keys.")
		return
	}
	if name := arg.Content[0]; isScalar(name) && field(r.t.section("Mappings"), name.Value) == nil {
		r.f.errorf(n, path, "There is no mapping %q.", name.Value)
	}
}
