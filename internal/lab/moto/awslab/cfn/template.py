"""Templates: YAML with short tags or JSON, intrinsic functions, and the order that references ask for."""

import base64
import json
import re

import yaml

from ..errors import Refusal

SUB = re.compile(r"\$\{([^!${}][^${}]*)\}")


def invalid(message):
    """The error CloudFormation answers a bad template or call with."""
    return Refusal("ValidationError", message, 400)


def unmet(field, value, constraint):
    """The error for a parameter of a call that breaks one of the API model's constraints."""
    return invalid(f"1 validation error detected: Value '{value}' at '{field}' failed to satisfy constraint: {constraint}")


class _Loader(yaml.SafeLoader):
    """YAML 1.1 as CloudFormation reads it: dates stay text, short tags become functions, keys are unique."""

    def construct_mapping(self, node, deep=False):
        seen = set()
        for key, _ in node.value:
            name = self.construct_object(key, deep=True)
            if name in seen:
                raise invalid(
                    f"Template format error: YAML not well-formed. (line {key.start_mark.line + 1}, column {key.start_mark.column + 1})"
                )
            seen.add(name)
        return super().construct_mapping(node, deep)


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _short_tag(loader, suffix, node):
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _short_tag)


def parse(source):
    """The template as a mapping."""
    try:
        document = json.loads(source) if source.lstrip().startswith("{") else yaml.load(source, _Loader)
    except json.JSONDecodeError as error:
        raise invalid(f"Template format error: JSON not well-formed. (line {error.lineno}, column {error.colno})") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise invalid(f"Template format error: YAML not well-formed. (line {mark.line + 1}, column {mark.column + 1})") from None
    if not isinstance(document, dict):
        raise invalid("Template format error: unsupported structure.")
    if not document.get("Resources"):
        raise invalid("Template format error: At least one Resources member must be defined.")
    return document


class Scope:
    """What functions of a template can see: parameters, pseudo parameters, mappings, conditions, resources."""

    def __init__(self, document, values, resources, exports=None):
        self.document, self.values, self.resources, self.exports = document, values, resources, exports or {}

    def condition(self, name):
        """Whether a named condition holds."""
        conditions = self.document.get("Conditions") or {}
        if name not in conditions:
            raise invalid(f"Template format error: Unresolved condition dependency {name} in the Conditions block of the template")
        return bool(self.evaluate(conditions[name]))

    def active(self, logical_id):
        """Whether a resource is there under its condition."""
        condition = self.document["Resources"][logical_id].get("Condition")
        return condition is None or self.condition(condition)

    def evaluate(self, value):
        """The value with its functions done; a property that is AWS::NoValue is left out."""
        if isinstance(value, list):
            return [v for v in map(self.evaluate, value) if v is not NO_VALUE]
        if isinstance(value, str) and "{{resolve:" in value:
            raise invalid(f"lab: dynamic references are not implemented: {value}")
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            ((name, argument),) = value.items()
            function = _FUNCTIONS.get(name)
            if function:
                return function(self, argument)
            if name.startswith("Fn::"):
                raise invalid(f"Template error: unsupported function {name}")
        done = {k: self.evaluate(v) for k, v in value.items()}
        return {k: v for k, v in done.items() if v is not NO_VALUE}

    def ref(self, name):
        """Ref."""
        if name == "AWS::NoValue":
            return NO_VALUE
        if name in self.values:
            return self.values[name]
        if name in self.resources:
            return self.resources[name].physical_id
        raise invalid(f"Template format error: Unresolved resource dependencies [{name}] in the Resources block of the template")

    def attribute(self, argument):
        """Fn::GetAtt."""
        name, attribute = argument if isinstance(argument, list) else argument.split(".", 1)
        attribute = self.evaluate(attribute)
        resource = self.resources.get(name)
        if resource is None:
            raise invalid(f"Template error: instance of Fn::GetAtt references undefined resource {name}")
        if attribute in resource.attributes:
            return resource.attributes[attribute]
        if resource.custom:
            raise invalid(
                f"CustomResource attribute error: Vendor response doesn't contain {attribute} attribute in object {resource.physical_id}"
            )
        raise invalid(f"Template error: resource {name} does not support attribute type {attribute} in Fn::GetAtt")


NO_VALUE = object()


def _sub(scope, argument):
    text, extra = (argument, {}) if isinstance(argument, str) else argument
    extra = {k: scope.evaluate(v) for k, v in extra.items()}

    def replace(match):
        name = match.group(1).strip()
        found = extra[name] if name in extra else scope.attribute(name) if "." in name and name not in scope.values else scope.ref(name)
        return text_of(found)

    return SUB.sub(replace, text).replace("${!", "${")


def text_of(value):
    """A scalar as CloudFormation writes it into text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return ",".join(map(text_of, value)) if isinstance(value, list) else str(value)


def _equals(scope, argument):
    left, right = scope.evaluate(argument)
    return text_of(left) == text_of(right)


def _find_in_map(scope, argument):
    name, *keys = scope.evaluate(argument)[:3]
    found = (scope.document.get("Mappings") or {}).get(name)
    for key in keys:
        if found is None or str(key) not in {str(k) for k in found}:
            raise invalid(f"Template error: Unable to get mapping for {name}::{'::'.join(map(str, keys))}")
        found = {str(k): v for k, v in found.items()}[str(key)]
    return found


def _select(scope, argument):
    index, values = scope.evaluate(argument)
    values = values.split(",") if isinstance(values, str) else values
    if int(index) >= len(values):
        raise invalid("Template error: Fn::Select cannot select nonexistent value at index " + str(index))
    return values[int(index)]


def _import_value(scope, argument):
    name = scope.evaluate(argument)
    if name not in scope.exports:
        raise invalid(f"No export named {name} found.")
    return scope.exports[name]


def _member_in(scope, argument):
    members, values = scope.evaluate(argument)
    return all(m in values for m in members)


def _member_equals(scope, argument):
    members, value = scope.evaluate(argument)
    return all(m == value for m in members)


def _contains(scope, argument):
    values, value = scope.evaluate(argument)
    return value in values


def _split(scope, argument):
    separator, text = scope.evaluate(argument)
    return text.split(separator)


def _join(scope, argument):
    separator, values = scope.evaluate(argument)
    return separator.join(map(text_of, values))


_FUNCTIONS = {
    "Ref": Scope.ref,
    "Condition": Scope.condition,
    "Fn::GetAtt": Scope.attribute,
    "Fn::Sub": _sub,
    "Fn::Join": _join,
    "Fn::Split": _split,
    "Fn::Select": _select,
    "Fn::If": lambda s, a: s.evaluate(a[1] if s.condition(a[0]) else a[2]),
    "Fn::Equals": _equals,
    "Fn::And": lambda s, a: all(s.evaluate(v) for v in a),
    "Fn::Or": lambda s, a: any(s.evaluate(v) for v in a),
    "Fn::Not": lambda s, a: not s.evaluate(a[0]),
    "Fn::Contains": _contains,
    "Fn::EachMemberIn": _member_in,
    "Fn::EachMemberEquals": _member_equals,
    "Fn::FindInMap": _find_in_map,
    "Fn::Base64": lambda s, a: base64.b64encode(text_of(s.evaluate(a)).encode()).decode(),
    "Fn::GetAZs": lambda s, a: [f"{s.evaluate(a) or s.values['AWS::Region']}{z}" for z in "abc"],
    "Fn::ImportValue": _import_value,
    "Fn::ToJsonString": lambda s, a: json.dumps(s.evaluate(a), separators=(",", ":")),
    "Fn::Length": lambda s, a: len(s.evaluate(a)),
}


def references(value, scope=None):
    """The names that a value refers to; with a scope, only those on the side of Fn::If that holds."""
    if isinstance(value, list):
        return {n for v in value for n in references(v, scope)}
    if not isinstance(value, dict):
        return set()
    found = set()
    for key, argument in value.items():
        if key == "Ref":
            found.add(argument)
        elif key == "Fn::GetAtt":
            found.add(argument[0] if isinstance(argument, list) else argument.split(".")[0])
        elif key == "Fn::Sub":
            text, extra = (argument, {}) if isinstance(argument, str) else argument
            found |= {n.strip().split(".")[0] if "." in n and "::" not in n else n.strip() for n in SUB.findall(text)} - set(extra)
            found |= references(list(extra.values()), scope)
        elif key == "Fn::If" and scope is not None:
            found |= references(argument[1] if scope.condition(argument[0]) else argument[2], scope)
        elif key == "Fn::FindInMap" and isinstance(argument, list):
            found |= references(argument[1:], scope)
        else:
            found |= references(argument, scope)
    return found


def order(document, scope):
    """The logical ids of the resources that are there, each after what it depends on."""
    there = [name for name in document["Resources"] if scope.active(name)]
    waits = {}
    for name in there:
        resource = document["Resources"][name]
        depends = resource.get("DependsOn", [])
        depends = [depends] if isinstance(depends, str) else depends
        waits[name] = (references(resource.get("Properties", {}), scope) | set(depends)) & set(there)
    done = []
    while len(done) < len(there):
        ready = next((n for n in there if n not in done and waits[n] <= set(done)), None)
        if ready is None:
            raise invalid(f"Circular dependency between resources: [{', '.join(n for n in there if n not in done)}]")
        done.append(ready)
    return done
