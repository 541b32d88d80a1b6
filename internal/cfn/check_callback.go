package cfn

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// resource is an entry of the Resources section.
type resource struct {
	id   string
	key  *yaml.Node
	body *yaml.Node
}

func (r resource) path() string { return "Resources." + r.id }

func (r resource) kind() string { return textField(r.body, "Type") }

func (r resource) property(name string) *yaml.Node { return field(field(r.body, "Properties"), name) }

func resources(t *Template) []resource {
	var list []resource
	for key, body := range pairs(t.section("Resources")) {
		list = append(list, resource{key.Value, key, body})
	}
	return list
}

// maxResourceType is the length that CloudFormation takes for a custom resource's type
// (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-cloudformation-customresource.html).
const maxResourceType = 60

var customTypePattern = regexp.MustCompile(`^(AWS::CloudFormation::CustomResource|Custom::[A-Za-z0-9_@-]+)$`)

func isCustom(kind string) bool {
	return kind == "AWS::CloudFormation::CustomResource" || strings.HasPrefix(kind, "Custom::")
}

// callbacks are the custom resources that report to the topic.
func callbacks(t *Template, r resolver, topicARN string) []resource {
	var list []resource
	for _, res := range resources(t) {
		token := res.property("ServiceToken")
		if token == nil || !isCustom(res.kind()) {
			continue
		}
		if known := r.resolve(token); known != nil && !isUnknown(known) && known.Value == topicARN {
			list = append(list, res)
		}
	}
	return list
}

// reporting checks the callback: there is one, it reports what it must, and not before all is there.
type reporting struct {
	t       *Template
	r       resolver
	v       Values
	version string
	// link are values that the launch link carries for parameters.
	link map[string]string
	// named remembers what publiclyNamed found.
	named map[string]bool
	f     *findings
}

// check returns the logical id of the callback. trusted are the roles that may be reported.
func (c reporting) check(trusted []string) string {
	found := callbacks(c.t, c.r, c.v.TopicARN)
	if len(found) == 0 {
		c.f.errorf(c.t.key("Resources"), "Resources", "The template does not call back, so the partner would never learn of the role. Add a resource of Type Custom::XroleCallback with the properties "+
			"ServiceToken: !Ref %s, %s: !Ref %s, RoleArn: !GetAtt <role>.Arn and %s: !Ref %s, and declare these parameters.", paramTopic, paramName, paramName, paramVersion, paramVersion)
		return ""
	}
	for _, more := range found[1:] {
		c.f.errorf(more.key, more.path(), "The template calls back twice: %s reports to the same topic. Keep one.", found[0].id)
	}
	c.others(found)
	callback := found[0]
	c.attributes(callback)
	c.properties(callback)
	c.equals(callback, paramName, c.v.OnboardingName)
	c.equals(callback, paramVersion, c.version)
	c.timeout(callback)
	if role, ok := c.reportedRole(callback, trusted); ok {
		c.order(callback, role)
	}
	return callback.id
}

// others refuses custom resources that may report to the topic too, as far as what is known of their tokens tells.
func (c reporting) others(found []resource) {
	r := c.r
	r.texts = maps.Clone(r.texts)
	// Whichever the customer's account is, it is not the partner's.
	r.texts["AWS::AccountId"] = cmp.Or(c.v.AccountID, "(account)")
	for _, res := range resources(c.t) {
		token := res.property("ServiceToken")
		if token == nil || !isCustom(res.kind()) || slices.ContainsFunc(found, func(f resource) bool { return f.id == res.id }) || !isUnknown(r.resolve(token)) {
			continue
		}
		if c.mayBeTopic(r, token) {
			c.f.errorf(token, res.path()+".Properties.ServiceToken", "Whether this reports to the partner's topic too is known only when the stack runs. Write a token of its own, without %s.", paramTopic)
		}
	}
}

// mayBeTopic reports whether a part of a token, such as what a function chooses from, holds the topic or fits it. One of which
// nothing is known does not.
func (c reporting) mayBeTopic(r resolver, token *yaml.Node) bool {
	ways, ok := r.ways(token)
	if !ok {
		ways = []resolver{r}
	}
	found := false
	walk(token, "", func(n *yaml.Node, _ string) bool {
		for _, way := range ways {
			known := way.pattern(n)
			found = found || strings.Contains(known, c.v.TopicARN) || strings.Trim(known, unknownText+":") != "" && covers(known, c.v.TopicARN)
		}
		return !found
	})
	return found
}

func (c reporting) attributes(callback resource) {
	if kind := callback.kind(); len(kind) > maxResourceType || !customTypePattern.MatchString(kind) {
		c.f.errorf(field(callback.body, "Type"), callback.path()+".Type", "The type of a custom resource has at most %d letters, digits or any of _@- after Custom::.", maxResourceType)
	}
	if condition := field(callback.body, "Condition"); condition != nil {
		c.f.errorf(condition, callback.path()+".Condition", "The callback must not depend on a condition: where it is false, the partner would never learn of the role. Remove the condition.")
	}
	for _, policy := range []string{"DeletionPolicy", "UpdateReplacePolicy"} {
		if p := field(callback.body, policy); p != nil && textField(callback.body, policy) != "Delete" {
			c.f.errorf(p, join(callback.path(), policy), "With a %s other than Delete the partner would never learn that the stack is gone. Remove it.", policy)
		}
	}
}

// callbackProperties have checks of their own.
var callbackProperties = []string{"ServiceToken", "ServiceTimeout", "RoleArn", paramName, paramVersion}

// equals wants a property with the value that xrole gives to the parameter of that name.
func (c reporting) equals(callback resource, name, want string) {
	path := callback.path() + ".Properties." + name
	got := callback.property(name)
	if got == nil {
		c.f.errorf(callback.key, path, "The callback lacks the property %s. Write %s: !Ref %s.", name, name, name)
		return
	}
	if known := c.r.resolve(got); known == nil || isUnknown(known) || isLoose(known) || known.Value != want {
		c.f.errorf(got, path, "The callback must report the value that xrole gives: write %s: !Ref %s.", name, name)
	}
}

func (c reporting) timeout(callback resource) {
	n := callback.property("ServiceTimeout")
	known, seconds := c.r.resolve(n), 0
	if known != nil && !isUnknown(known) {
		// What is no number stays 0, which is too little.
		seconds, _ = strconv.Atoi(known.Value)
	}
	if seconds < minServiceTimeout || seconds > maxServiceTimeout {
		c.f.errorf(n, callback.path()+".Properties.ServiceTimeout", "ServiceTimeout must be %d to %d seconds, written out; or leave it out and set service_timeout_seconds.", minServiceTimeout, maxServiceTimeout)
	}
}

// reportedRole returns the role whose ARN is reported.
func (c reporting) reportedRole(callback resource, trusted []string) (resource, bool) {
	path := callback.path() + ".Properties.RoleArn"
	n := callback.property("RoleArn")
	if n == nil {
		c.f.errorf(callback.key, path, "The callback lacks the property RoleArn. Write RoleArn: !GetAtt <role>.Arn.")
		return resource{}, false
	}
	id := roleOfARN(n)
	for _, res := range resources(c.t) {
		if res.id != id || res.kind() != "AWS::IAM::Role" {
			continue
		}
		if condition := field(res.body, "Condition"); condition != nil {
			c.f.errorf(condition, res.path()+".Condition", "The role that is reported must not depend on a condition. Remove it.")
		}
		if !c.publiclyNamed(id) {
			c.f.errorf(n, path, "The name of the role %s is sent to the partner, and a dynamic reference, or a parameter that is NoEcho or read from SSM, stands in it or in the path. Write them out.", id)
		}
		if !slices.Contains(trusted, id) && len(trusted) > 0 {
			c.f.errorf(n, path, "The role %s does not let in all trusted principals with the External ID, so the receiver could not prove it. Report one that does.", id)
		}
		return res, true
	}
	c.f.errorf(n, path, "RoleArn must be the ARN of a role of this template: write RoleArn: !GetAtt <role>.Arn.")
	return resource{}, false
}

// roleOfARN returns the id in !GetAtt X.Arn or !Sub ${X.Arn}; "" for anything else.
func roleOfARN(n *yaml.Node) string {
	c, ok := callOf(n)
	switch {
	case ok && c.name == "Fn::GetAtt":
		if id, name, ok := attribute(c.arg); ok && name == "Arn" {
			return id
		}
	case ok && c.name == "Fn::Sub" && isScalar(c.arg):
		if parts := parseSub(c.arg.Value); len(parts) == 1 {
			if id, ok := strings.CutSuffix(parts[0].variable, ".Arn"); ok {
				return id
			}
		}
	}
	return ""
}

// order wants the callback to come after every policy of the role: a role that is reported before its policies are
// attached looks ready and is not.
func (c reporting) order(callback, role resource) {
	g := newGraph(c.t)
	before := g.before(callback.id)
	for _, policy := range resources(c.t) {
		if before[policy.id] || !c.attaches(policy, role) {
			continue
		}
		how := "Add " + policy.id + " to DependsOn."
		if condition := textField(policy.body, "Condition"); condition != "" {
			how = fmt.Sprintf("Name it in a property: After: !If [%s, !Ref %s, none].", condition, policy.id)
		}
		c.f.errorf(callback.key, callback.path()+".DependsOn", "The callback must wait for %s, which gives the role %s its permissions. %s", policy.id, role.id, how)
	}
}

// attaches reports whether a resource puts a policy on the role, or may do so.
func (c reporting) attaches(policy, role resource) bool {
	var names *yaml.Node
	switch policy.kind() {
	case "AWS::IAM::RolePolicy":
		names = policy.property("RoleName")
	case "AWS::IAM::Policy", "AWS::IAM::ManagedPolicy":
		names = policy.property("Roles")
	default:
		return false
	}
	if _, isCall := callOf(names); isCall {
		return c.names(names, role)
	}
	return slices.ContainsFunc(listOf(names), func(n *yaml.Node) bool { return c.names(n, role) })
}

// names reports whether a node is the role's name. What is not known may be.
func (c reporting) names(n *yaml.Node, role resource) bool {
	if call, ok := callOf(n); ok && call.name == "Ref" {
		if field(c.t.section("Resources"), call.arg.Value) != nil {
			return call.arg.Value == role.id
		}
	}
	got := c.r.resolve(n)
	if got == nil {
		return false
	}
	name := role.property("RoleName")
	if isUnknown(got) || name == nil {
		return isUnknown(got)
	}
	known := c.r.resolve(name)
	return known == nil || isUnknown(known) || strings.EqualFold(known.Value, got.Value)
}
