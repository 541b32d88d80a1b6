package cfn

import (
	"cmp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// A dynamic reference begins with two braces. Where texts are put together, or a name may come to stand in another text,
// one is half of it.
const (
	twoBraces = "{{"
	oneBrace  = "{"
)

// properties refuses to send secrets of the customer's: all properties of a custom resource leave the account
// (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-requests.html).
func (c reporting) properties(callback resource) {
	for key, value := range pairs(field(callback.body, "Properties")) {
		if !slices.Contains(callbackProperties, key.Value) && (strings.Contains(key.Value, twoBraces) || !c.harmless(value, twoBraces, false)) {
			c.f.errorf(value, join(callback.path()+".Properties", key.Value), "All that stands here is sent to the partner. Besides text it may be no more than !Ref of a resource, its Arn or Id, or a parameter that is neither NoEcho nor read from SSM, "+
				"written with !Ref, !GetAtt, !Sub, !If, !Join or !FindInMap. No dynamic reference, such as to a secret, may stand in it, in a parameter's value or in what the resource is named by; nor may a brace where texts are joined.")
		}
	}
}

// harmless reports whether a tree gives only text without that brace and what is no secret. In what a resource is named by,
// naming, other functions and attributes are common, and what comes of them is left to the customer.
func (c reporting) harmless(n *yaml.Node, brace string, naming bool) bool {
	fn, ok := callOf(n)
	if ok && fn.name == "Fn::Join" || ok && naming {
		brace = oneBrace
	}
	switch {
	case !ok:
		return !strings.Contains(n.Value, brace) && c.allHarmless(n, brace, naming)
	case fn.name == "Ref":
		return c.public(fn.arg.Value, brace, naming)
	case fn.name == "Fn::GetAtt":
		// A parameter may name the attribute too; then it is any.
		id, name, _ := attribute(fn.arg)
		return c.public(id+"."+cmp.Or(name, unknownText), brace, naming)
	case fn.name == "Fn::Sub":
		return c.harmlessSub(fn.arg, naming)
	case fn.name == "Fn::FindInMap":
		maps := c.t.section("Mappings")
		return maps == nil || c.allHarmless(maps, oneBrace, naming)
	}
	return (naming || fn.name == "Fn::If" || fn.name == "Fn::Join") && c.allHarmless(fn.arg, brace, naming)
}

// allHarmless looks at keys and values alike.
func (c reporting) allHarmless(n *yaml.Node, brace string, naming bool) bool {
	return !slices.ContainsFunc(n.Content, func(child *yaml.Node) bool { return !c.harmless(child, brace, naming) })
}

func (c reporting) harmlessSub(arg *yaml.Node, naming bool) bool {
	text, variables, ok := subArgs(arg)
	if !ok || variables != nil && !c.harmless(variables, oneBrace, naming) {
		return false
	}
	var literal strings.Builder
	for _, p := range parseSub(text.Value) {
		literal.WriteString(unescapeSub(p.text))
		if p.variable != "" && field(variables, p.variable) == nil && !c.public(p.variable, oneBrace, naming) {
			return false
		}
	}
	// A variable may be empty.
	return !strings.Contains(literal.String(), twoBraces)
}

// public reports whether what Ref or Fn::GetAtt gives is no secret.
func (c reporting) public(name, brace string, naming bool) bool {
	if p := field(c.t.section("Parameters"), name); p != nil {
		values := append(listOf(field(p, "AllowedValues")), field(p, "Default"))
		return !isTrue(field(p, "NoEcho")) && !strings.HasPrefix(textField(p, "Type"), "AWS::SSM::") && !strings.Contains(c.link[name], brace) &&
			!slices.ContainsFunc(values, func(v *yaml.Node) bool { return v != nil && strings.Contains(v.Value, brace) })
	}
	id, attribute, _ := strings.Cut(name, ".")
	return strings.HasPrefix(name, "AWS::") || (naming || slices.Contains([]string{"", "Arn", "Id"}, attribute)) && c.publiclyNamed(id)
}

// nameEnds are the ends of the properties by which a resource is named. What stands there comes out of its Ref and its ARN
// (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html#dynamic-references-considerations).
var nameEnds = []string{"Name", "Identifier", "Id", "Path", "Family", "Domain", "Identity"}

// publiclyNamed reports whether there is such a resource, and no secret in what it is named by.
func (c reporting) publiclyNamed(id string) bool {
	body := field(c.t.section("Resources"), id)
	if good, seen := c.named[id]; seen || body == nil {
		return good
	}
	c.named[id] = true // a name that leads back to itself is told of as a cycle
	for key, value := range pairs(field(body, "Properties")) {
		if slices.ContainsFunc(nameEnds, func(end string) bool { return strings.HasSuffix(key.Value, end) }) && !c.harmless(value, oneBrace, true) {
			c.named[id] = false
		}
	}
	return c.named[id]
}
