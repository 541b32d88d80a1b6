package cfn

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/xrole/terraform-provider-xrole/internal/partition"
)

// Limits of CloudFormation
// (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html).
const (
	maxResources   = 500
	maxEntries     = 200 // of Parameters, Outputs and Mappings alike
	maxDescription = 1024
	maxLogicalID   = 255
)

var logicalIDPattern = regexp.MustCompile(`^[A-Za-z0-9]+$`)

// sectionNames are in the order that CloudFormation's documentation has them.
var sectionNames = []string{
	"AWSTemplateFormatVersion", "Description", "Metadata", "Parameters", "Rules", "Mappings", "Conditions", "Transform", "Resources", "Outputs", "Hooks",
}

var resourceAttributes = []string{
	"Type", "Properties", "DependsOn", "Condition", "CreationPolicy", "UpdatePolicy", "DeletionPolicy", "UpdateReplacePolicy", "Metadata", "Version",
}

// checkShape refuses what is no template at all; only after it can a template be customised.
func checkShape(t *Template, f *findings) {
	if textField(t.root(), "AWSTemplateFormatVersion") != "2010-09-09" && t.section("AWSTemplateFormatVersion") != nil {
		f.errorf(t.section("AWSTemplateFormatVersion"), "AWSTemplateFormatVersion", `The only format version is "2010-09-09".`)
	}
	if t.section("Resources") == nil {
		f.errorf(t.root(), "Resources", "The template has no section Resources.")
	}
	for key, section := range pairs(t.root()) {
		switch key.Value {
		case "AWSTemplateFormatVersion", "Transform":
		case "Description":
			if !isScalar(section) || len(section.Value) > maxDescription {
				f.errorf(key, key.Value, "The description must be a text of at most %d bytes.", maxDescription)
			}
		default:
			checkSectionShape(key, section, f)
		}
	}
}

func checkSectionShape(key, section *yaml.Node, f *findings) {
	if !slices.Contains(sectionNames, key.Value) {
		f.errorf(key, key.Value, "CloudFormation knows no section %q; the sections are %s.", key.Value, strings.Join(sectionNames, ", "))
		return
	}
	if !isMapping(section) {
		f.errorf(key, key.Value, "This section must be a mapping of names.")
		return
	}
	for name, value := range pairs(section) {
		path := join(key.Value, name.Value)
		switch key.Value {
		case "Parameters", "Resources", "Outputs", "Rules", "Mappings":
			if !isMapping(value) {
				f.errorf(name, path, "This must be a mapping.")
				continue
			}
		}
		if properties := field(value, "Properties"); key.Value == "Resources" && properties != nil && !isMapping(properties) {
			f.errorf(properties, path+".Properties", "Properties must be a mapping, and no function can make it.")
		}
	}
}

// checkTemplate reports what CloudFormation would refuse, and what could hide a role from the checks.
func checkTemplate(t *Template, f *findings) {
	checkCounts(t, f)
	for _, res := range resources(t) {
		checkResource(t, res, f)
	}
	for key, output := range pairs(t.section("Outputs")) {
		if field(output, "Value") == nil {
			f.errorf(key, "Outputs."+key.Value, "An output needs a Value.")
		}
	}
	checkParameters(t, f)
	checkRules(t, f)
	checkWords(t, f)
	checkReferences(t, f)
}

func checkCounts(t *Template, f *findings) {
	for key, section := range pairs(t.root()) {
		most := maxEntries
		switch key.Value {
		case "Resources":
			most = maxResources
			if len(section.Content) == 0 {
				f.errorf(key, "Resources", "There must be at least one resource.")
			}
		case "Parameters", "Outputs", "Mappings", "Conditions", "Rules":
		default:
			continue
		}
		if n := len(section.Content) / 2; n > most && key.Value != "Conditions" && key.Value != "Rules" {
			f.errorf(key, key.Value, "There are %d entries; CloudFormation takes at most %d.", n, most)
		}
		for name := range pairs(section) {
			if !logicalIDPattern.MatchString(name.Value) || len(name.Value) > maxLogicalID {
				f.errorf(name, join(key.Value, name.Value), "A name here has 1 to %d letters and digits, and nothing else.", maxLogicalID)
			}
		}
	}
}

func checkResource(t *Template, res resource, f *findings) {
	if !isScalar(field(res.body, "Type")) || res.kind() == "" {
		f.errorf(res.key, res.path(), "A resource needs a Type, written out.")
		return
	}
	for key := range pairs(res.body) {
		if !slices.Contains(resourceAttributes, key.Value) {
			f.errorf(key, join(res.path(), key.Value), "A resource has no attribute %q; they are %s.", key.Value, strings.Join(resourceAttributes, ", "))
		}
	}
	if why := hides(res.kind()); why != "" {
		f.errorf(field(res.body, "Type"), res.path()+".Type", "%s is refused: %s, which may make a role that xrole cannot check. Write its resources into this template.", res.kind(), why)
	}
	if n := longLived(res); n != nil {
		f.errorf(n, res.path(), "This makes credentials that never expire and need no External ID. What the partner may do, it does through the role: remove them.")
	}
	if on := field(res.body, "DependsOn"); on != nil {
		checkDependsOn(t, res, on, f)
	}
}

// longLived returns what makes a key or password of an IAM user, or nil.
func longLived(res resource) *yaml.Node {
	switch res.kind() {
	case "AWS::IAM::AccessKey", "AWS::IAM::ServiceSpecificCredential":
		return field(res.body, "Type")
	case "AWS::IAM::User":
		return res.property("LoginProfile")
	}
	return nil
}

// hiding are AWS's types that bring in resources from elsewhere; a name that ends in colons stands for all that begin so.
// What a blueprint of DataZone is, for one: https://docs.aws.amazon.com/datazone/latest/APIReference/API_CloudFormationProperties.html.
var hiding = map[string]string{
	"AWS::CloudFormation::Stack":                            "a nested stack runs another template",
	"AWS::CloudFormation::StackSet":                         "a stack set runs another template, in other accounts too",
	"AWS::CodeStarConnections::SyncConfiguration":           "it has templates run that are kept elsewhere",
	"AWS::DataZone::Environment":                            "a blueprint runs another template",
	"AWS::DataZone::Project":                                "a blueprint runs another template",
	"AWS::ElasticBeanstalk::":                               "an application's configuration files bring in resources of every kind",
	"AWS::LaunchWizard::Deployment":                         "a deployment runs templates of its own",
	"AWS::Proton::EnvironmentAccountConnection":             "it has templates run that are kept elsewhere",
	"AWS::SageMaker::Project":                               "a project runs another template",
	"AWS::SSMQuickSetup::":                                  "a quick setup runs templates of its own",
	"AWS::ServiceCatalog::CloudFormationProvisionedProduct": "a provisioned product runs another template",
}

// hides says how a resource type could bring in roles from elsewhere; "" if it does not. Names that begin with AWS, Alexa
// and Custom are nobody else's to register (https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_RegisterType.html).
func hides(kind string) string {
	service := kind[:strings.LastIndexByte(kind, ':')+1]
	switch {
	case strings.HasSuffix(kind, "::MODULE"):
		return "a module is replaced with resources from the customer's registry"
	case !slices.ContainsFunc([]string{"AWS::", "Alexa::", "Custom::"}, func(prefix string) bool { return strings.HasPrefix(kind, prefix) }):
		return "a type that is not AWS's runs code from the customer's registry"
	}
	return cmp.Or(hiding[kind], hiding[service])
}

func checkDependsOn(t *Template, res resource, on *yaml.Node, f *findings) {
	path := res.path() + ".DependsOn"
	for _, item := range listOf(on) {
		condition := textField(field(t.section("Resources"), item.Value), "Condition")
		switch {
		case !isScalar(item):
			f.errorf(item, path, "DependsOn takes the names of resources, written out.")
		case field(t.section("Resources"), item.Value) == nil:
			f.errorf(item, path, "There is no resource %q.", item.Value)
		case condition != "" && field(res.body, "Condition") == nil:
			f.errorf(item, path, "%s is there only if %s holds, and CloudFormation refuses DependsOn on a resource that is not there. "+
				"Name it in a property instead: After: !If [%s, !Ref %s, none].", item.Value, condition, condition, item.Value)
		}
	}
}

// listOf takes one value for a list of one.
func listOf(n *yaml.Node) []*yaml.Node {
	switch {
	case n == nil:
		return nil
	case n.Kind == yaml.SequenceNode:
		return n.Content
	}
	return []*yaml.Node{n}
}

// checkWords looks at every word of the template once.
func checkWords(t *Template, f *findings) {
	if transform := t.section("Transform"); transform != nil {
		f.errorf(transform, "Transform", "Macros are refused, those of AWS too: they rewrite the template after xrole has checked it. Write out what the macro would make.")
	}
	walk(t.root(), "", func(n *yaml.Node, path string) bool {
		switch {
		case isNull(n):
			f.errorf(n, path, "The value is empty, which CloudFormation refuses; remove the key or give it a value.")
		case n.Kind == yaml.ScalarNode && n.Style == 0 && partition.ValidAccountID(n.Value):
			f.warnf(n, path, "This looks like an account id. Put it in quotes: a number loses the zeros it begins with.")
		case n.Kind == yaml.MappingNode && len(n.Content) > 2:
			for key := range pairs(n) {
				if isFunctionKey(key.Value) {
					f.errorf(key, path, "A function must stand alone, and %s has other keys beside it.", key.Value)
				}
			}
		}
		if c, ok := callOf(n); ok {
			checkFunctionName(n, c, path, f)
		}
		return true
	})
}

func checkFunctionName(n *yaml.Node, c call, path string, f *findings) {
	switch {
	case c.name == "Fn::Transform":
		f.errorf(n, path, "Macros are refused, AWS::Include too: they rewrite the template after xrole has checked it. Write out what the macro would make.")
	case strings.HasPrefix(c.name, "Fn::ForEach"), c.name == "Fn::Length", c.name == "Fn::ToJsonString":
		f.errorf(n, path, "%s needs the macro AWS::LanguageExtensions, and macros are refused. Write it out.", c.name)
	case c.name != "Ref" && c.name != "Condition" && !isFunctionTag("!"+strings.TrimPrefix(c.name, "Fn::")):
		f.errorf(n, path, "CloudFormation knows no function %s.", c.name)
	}
}
