"""Reading stacks: their state, events, resources and templates."""

from moto.core.responses import ActionResult

from . import check, sources, stacks
from . import template as t
from .template import invalid

PAGE = 100


def _stack(stack):
    no_echo = {n for n, p in (stack.document.get("Parameters") or {}).items() if str(p.get("NoEcho", "")).lower() == "true"}
    declared = stack.document.get("Parameters") or {}
    shown = [
        {"ParameterKey": n, "ParameterValue": "****" if n in no_echo else t.text_of(stack.values[n])} for n in declared if n in stack.values
    ]
    return {
        "StackId": stack.id,
        "StackName": stack.name,
        "Description": stack.document.get("Description"),
        "Parameters": shown,
        "CreationTime": stack.created,
        "LastUpdatedTime": stack.updated,
        "DeletionTime": stack.deleted,
        "StackStatus": stack.status,
        "StackStatusReason": stack.reason,
        "Outputs": stack.outputs,
        "Capabilities": stack.capabilities,
        "RoleARN": stack.role_arn,
        "Tags": [{"Key": k, "Value": v} for k, v in stack.tags.items()],
        "EnableTerminationProtection": stack.protected,
        "DisableRollback": stack.on_failure == "DO_NOTHING",
        "DriftInformation": {"StackDriftStatus": "NOT_CHECKED"},
        "RollbackConfiguration": {},
        "NotificationARNs": [],
        "TimeoutInMinutes": stack.timeout,
        "DeletionMode": None,
    }


def _mine(call):
    return [s for s in stacks.STACKS if (s.account, s.region) == (call.account, call.region)]


def describe_stacks(call):
    """DescribeStacks; without a name all that are not deleted."""
    if call.get("StackName"):
        return ActionResult({"Stacks": [_stack(call.stack())]})
    found = [s for s in reversed(_mine(call)) if s.status != "DELETE_COMPLETE"]
    page, token = _page(call, found)
    return ActionResult({"Stacks": [_stack(s) for s in page], "NextToken": token})


def _page(call, found):
    start = int(call.get("NextToken") or 0)
    return found[start : start + PAGE], str(start + PAGE) if len(found) > start + PAGE else None


def list_stacks(call):
    """ListStacks."""
    wanted = call.get("StackStatusFilter", [])
    found = [s for s in reversed(_mine(call)) if not wanted or s.status in wanted]
    page, token = _page(call, found)
    return ActionResult(
        {"StackSummaries": [{**_stack(s), "TemplateDescription": s.document.get("Description")} for s in page], "NextToken": token}
    )


def describe_stack_events(call):
    """DescribeStackEvents, newest first."""
    page, token = _page(call, call.stack().events[::-1])
    return ActionResult({"StackEvents": page, "NextToken": token})


def _resource(stack, resource):
    return {
        "StackId": stack.id,
        "StackName": stack.name,
        "LogicalResourceId": resource.logical_id,
        "PhysicalResourceId": resource.physical_id or None,
        "ResourceType": resource.kind,
        "Timestamp": resource.timestamp,
        "LastUpdatedTimestamp": resource.timestamp,
        "ResourceStatus": resource.status,
        "ResourceStatusReason": resource.reason,
        "DriftInformation": {"StackResourceDriftStatus": "NOT_CHECKED"},
    }


def describe_stack_resources(call):
    """DescribeStackResources."""
    if not call.get("StackName") and call.get("PhysicalResourceId"):
        stack = next((s for s in _mine(call) for r in s.resources.values() if r.physical_id == call.get("PhysicalResourceId")), None)
        if stack is None:
            raise invalid(f"Stack for {call.get('PhysicalResourceId')} does not exist")
    else:
        stack = call.stack()
    found = [r for r in list(stack.resources.values()) if call.get("LogicalResourceId") in (None, r.logical_id)]
    return ActionResult({"StackResources": [_resource(stack, r) for r in found]})


def describe_stack_resource(call):
    """DescribeStackResource."""
    stack = call.stack()
    resource = stack.resources.get(call.get("LogicalResourceId"))
    if resource is None:
        raise invalid(f"Resource {call.get('LogicalResourceId')} does not exist for stack {stack.name}")
    return ActionResult({"StackResourceDetail": _resource(stack, resource)})


def list_stack_resources(call):
    """ListStackResources."""
    stack = call.stack()
    page, token = _page(call, list(stack.resources.values()))
    return ActionResult({"StackResourceSummaries": [_resource(stack, r) for r in page], "NextToken": token})


def list_exports(call):
    """ListExports."""
    found = stacks.EXPORTS.get((call.account, call.region), {})
    return ActionResult({"Exports": [{"ExportingStackId": owner, "Name": n, "Value": v} for n, (owner, v) in found.items()]})


def _summary(call):
    document = t.parse(call.stack().source if call.get("StackName") else sources.source(call))
    check.structure(document)
    declared = (document.get("Parameters") or {}).items()
    capabilities, why = check.required_capabilities(document)
    shown = [
        {
            "ParameterKey": n,
            "DefaultValue": t.text_of(p["Default"]) if "Default" in p else None,
            "ParameterType": p.get("Type", "String"),
            "NoEcho": str(p.get("NoEcho", "")).lower() == "true",
            "Description": p.get("Description"),
            "ParameterConstraints": {"AllowedValues": [t.text_of(v) for v in p.get("AllowedValues", [])]},
        }
        for n, p in declared
    ]
    return document, {
        "Parameters": shown,
        "Description": document.get("Description"),
        "Capabilities": capabilities,
        "CapabilitiesReason": why,
        "DeclaredTransforms": [],
    }


def get_template_summary(call):
    """GetTemplateSummary."""
    document, summary = _summary(call)
    kinds = sorted({r["Type"] for r in document["Resources"].values()})
    identifiers = {"AWS::S3::Bucket": "BucketName", "AWS::DynamoDB::Table": "TableName"}
    named = [
        {
            "ResourceType": kind,
            "LogicalResourceIds": [n for n, r in document["Resources"].items() if r["Type"] == kind],
            "ResourceIdentifiers": [identifiers[kind]],
        }
        for kind in kinds
        if kind in identifiers
    ]
    return ActionResult(
        {**summary, "ResourceTypes": kinds, "Version": document.get("AWSTemplateFormatVersion"), "ResourceIdentifierSummaries": named}
    )


def validate_template(call):
    """ValidateTemplate."""
    return ActionResult(_summary(call)[1])


OPERATIONS = {
    f.__name__: f
    for f in (
        describe_stacks,
        list_stacks,
        describe_stack_events,
        describe_stack_resources,
        describe_stack_resource,
        list_stack_resources,
        list_exports,
        get_template_summary,
        validate_template,
    )
}
