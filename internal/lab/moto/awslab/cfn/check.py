"""All that CloudFormation refuses before anything is made: moto checks hardly any of it."""

import re

from .. import wire
from . import template as t
from .registry import HANDLERS
from .template import invalid, unmet

BODY_LIMIT, URL_LIMIT = 51_200, 1_048_576
SECTIONS = {
    "AWSTemplateFormatVersion",
    "Description",
    "Metadata",
    "Parameters",
    "Mappings",
    "Conditions",
    "Rules",
    "Resources",
    "Outputs",
    "Transform",
    "Hooks",
    "Globals",
}
LOGICAL = re.compile(r"^[A-Za-z0-9]+$")
CUSTOM = re.compile(r"^Custom::[A-Za-z0-9_@-]{1,52}$")
STACK_NAME = re.compile(r"^[a-zA-Z][-a-zA-Z0-9]*$")
RESOURCE_KEYS = {
    "Type",
    "Properties",
    "DependsOn",
    "Condition",
    "Metadata",
    "DeletionPolicy",
    "UpdateReplacePolicy",
    "UpdatePolicy",
    "CreationPolicy",
    "Version",
}
NAMED = {
    "AWS::IAM::Role": "RoleName",
    "AWS::IAM::User": "UserName",
    "AWS::IAM::Group": "GroupName",
    "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
}
IAM = {*NAMED, "AWS::IAM::Policy", "AWS::IAM::RolePolicy", "AWS::IAM::UserPolicy", "AWS::IAM::InstanceProfile", "AWS::IAM::AccessKey"}
POLICIES = {"Delete", "Retain", "Snapshot", "RetainExceptOnCreate"}


def name_of(field, name):
    """Refuses a bad name of a stack or a change set."""
    if not STACK_NAME.match(name or ""):
        raise unmet(field, name, "Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*")
    if len(name) > 128:
        raise unmet(field, name, "Member must have length less than or equal to 128")


def structure(document):
    """Refuses what is wrong with a template whatever its parameters are."""
    unknown = [k for k in document if k not in SECTIONS]
    if unknown:
        raise invalid(f"Invalid template property or properties [{', '.join(unknown)}]")
    version = document.get("AWSTemplateFormatVersion", "2010-09-09")
    if str(version) != "2010-09-09":
        raise invalid(f"Template format error: unsupported value for AWSTemplateFormatVersion: {version}.")
    description = document.get("Description", "")
    if not isinstance(description, str):
        raise invalid("Template format error: every Description member must be a string.")
    if len(description.encode()) > 1024:
        raise invalid("Template format error: 'Description' length is greater than 1024.")
    for section, limit in (("Parameters", 200), ("Resources", 500), ("Outputs", 200), ("Mappings", 200)):
        members = document.get(section) or {}
        if len(members) > limit:
            raise invalid(f"Template format error: Number of {section.lower()}, {len(members)}, is greater than maximum allowed, {limit}")
        for name in members:
            if not LOGICAL.match(str(name)):
                raise invalid(f"Template format error: {section} name {name} is non alphanumeric.")
    if "Transform" in document:
        raise invalid(f"lab: transforms are not implemented: {document['Transform']}")
    _resources(document)


def _resources(document):
    unknown = []
    for name, resource in document["Resources"].items():
        if not isinstance(resource, dict) or "Type" not in resource:
            raise invalid(f"Template format error: [/Resources/{name}] Every Resources object must contain a Type member.")
        extra = [k for k in resource if k not in RESOURCE_KEYS]
        if extra:
            raise invalid(f"Invalid template resource property '{extra[0]}'")
        if resource.get("DeletionPolicy", "Delete") not in POLICIES:
            raise invalid(f"Template error: DeletionPolicy must be one of {sorted(POLICIES)}: {resource['DeletionPolicy']}")
        if resource["Type"] not in HANDLERS and not is_custom(resource["Type"]):
            unknown.append(resource["Type"])
    if unknown:
        raise invalid(f"Template format error: Unrecognized resource types: [{', '.join(sorted(set(unknown)))}]")
    known = set(document["Resources"]) | set(document.get("Parameters") or {})
    for section in ("Resources", "Outputs"):
        missing = sorted(n for n in t.references(document.get(section) or {}) if n not in known and not n.startswith("AWS::"))
        if missing:
            raise invalid(
                f"Template format error: Unresolved resource dependencies [{', '.join(missing)}] in the {section} block of the template"
            )
    for resource in document["Resources"].values():
        depends = resource.get("DependsOn", [])
        for other in [depends] if isinstance(depends, str) else depends:
            if other not in document["Resources"]:
                raise invalid(f"Template format error: Unresolved resource dependencies [{other}] in the Resources block of the template")


def is_custom(kind):
    """Whether a type is a custom resource's."""
    return kind == "AWS::CloudFormation::CustomResource" or bool(CUSTOM.match(kind))


def capabilities(document, given):
    """Refuses a template with IAM resources whose acknowledgement is missing."""
    types = sorted({r["Type"] for r in document["Resources"].values() if r["Type"] in IAM})
    named = any(r["Type"] in NAMED and NAMED[r["Type"]] in (r.get("Properties") or {}) for r in document["Resources"].values())
    if named and "CAPABILITY_NAMED_IAM" not in given:
        raise t.Refusal("InsufficientCapabilitiesException", "Requires capabilities : [CAPABILITY_NAMED_IAM]", 400)
    if types and not {"CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"} & set(given):
        raise t.Refusal("InsufficientCapabilitiesException", "Requires capabilities : [CAPABILITY_IAM]", 400)


def required_capabilities(document):
    """What a template needs acknowledged: the capability and why."""
    types = sorted({r["Type"] for r in document["Resources"].values() if r["Type"] in IAM})
    named = any(r["Type"] in NAMED and NAMED[r["Type"]] in (r.get("Properties") or {}) for r in document["Resources"].values())
    if not types:
        return [], None
    return ["CAPABILITY_NAMED_IAM" if named else "CAPABILITY_IAM"], f"The following resource(s) require capabilities: [{', '.join(types)}]"


def parameters(document, given):
    """The parameters' values, given ones checked against what the template says of them."""
    declared = document.get("Parameters") or {}
    unknown = [k for k in given if k not in declared]
    if unknown:
        raise invalid(f"Parameters: [{', '.join(unknown)}] do not exist in the template")
    values, missing = {}, []
    for name, spec in declared.items():
        if name in given:
            values[name] = _value(name, spec, given[name])
        elif "Default" in spec:
            values[name] = _value(name, spec, t.text_of(spec["Default"]))
        else:
            missing.append(name)
    if missing:
        raise invalid(f"Parameters: [{', '.join(missing)}] must have values")
    return values


def _value(name, spec, text):
    if len(text.encode()) > 4096:
        raise invalid(f"Parameter '{name}' must have length less than or equal to 4096")
    kind = spec.get("Type", "String")
    members = [m.strip() for m in text.split(",")] if "List<" in kind or kind == "CommaDelimitedList" else [text]
    for member in members:
        _constraints(name, spec, member)
    return members if members != [text] or "List" in kind else text


def _constraints(name, spec, text):
    def refuse(sentence):
        told = spec.get("ConstraintDescription")
        raise invalid(f"Parameter {name} failed to satisfy constraint: {told}" if told else f"Parameter '{name}' {sentence}")

    if "AllowedValues" in spec and text not in [t.text_of(v) for v in spec["AllowedValues"]]:
        refuse("must be one of AllowedValues")
    if "AllowedPattern" in spec and not re.fullmatch(spec["AllowedPattern"], text):
        refuse(f"must match pattern {spec['AllowedPattern']}")
    if "MinLength" in spec and len(text) < int(spec["MinLength"]):
        refuse(f"must contain at least {spec['MinLength']} characters")
    if "MaxLength" in spec and len(text) > int(spec["MaxLength"]):
        refuse(f"must contain at most {spec['MaxLength']} characters")
    if "Number" in spec.get("Type", "String"):
        _number(spec, text, refuse)


def _number(spec, text, refuse):
    try:
        number = float(text)
    except ValueError:
        refuse("must be a number.")
    if "MinValue" in spec and number < float(spec["MinValue"]):
        refuse(f"must be a number not less than {spec['MinValue']}")
    if "MaxValue" in spec and number > float(spec["MaxValue"]):
        refuse(f"must be a number not greater than {spec['MaxValue']}")


def pseudo(account, region, name, stack_id):
    """The pseudo parameters."""
    return {
        "AWS::AccountId": account,
        "AWS::Region": region,
        "AWS::StackName": name,
        "AWS::StackId": stack_id,
        "AWS::Partition": wire.partition_of(region),
        "AWS::URLSuffix": wire.suffix_of(region),
        "AWS::NotificationARNs": [],
    }


def rules(document, values):
    """Refuses when an assertion of the template's rules does not hold."""
    scope = t.Scope(document, values, {})
    failed = []
    for name, rule in (document.get("Rules") or {}).items():
        if set(rule) - {"RuleCondition", "Assertions"} or not rule.get("Assertions"):
            raise invalid(f"Template format error: Rule {name} must contain Assertions and may contain RuleCondition")
        _rule_functions(name, rule)
        if "RuleCondition" in rule and not scope.evaluate(rule["RuleCondition"]):
            continue
        for assertion in rule["Assertions"]:
            if not scope.evaluate(assertion["Assert"]):
                failed.append(f"{assertion.get('AssertDescription', 'Assertion failed')} (Rule: {name})")
    if failed:
        raise invalid("Template error: " + "; ".join(failed))


RULE_FUNCTIONS = {
    "Ref",
    "Fn::And",
    "Fn::Contains",
    "Fn::EachMemberEquals",
    "Fn::EachMemberIn",
    "Fn::Equals",
    "Fn::Not",
    "Fn::Or",
    "Fn::RefAll",
    "Fn::ValueOf",
    "Fn::ValueOfAll",
}


def _rule_functions(name, value):
    if isinstance(value, list):
        for v in value:
            _rule_functions(name, v)
    elif isinstance(value, dict):
        for key, argument in value.items():
            if (key.startswith("Fn::") or key == "Condition") and key not in RULE_FUNCTIONS:
                raise invalid(f"Template format error: Rule {name} contains unsupported function {key}")
            _rule_functions(name, argument)
