"""Change sets: of a new stack, of an update, and of an import that takes existing buckets and tables into a stack."""

import contextlib
import uuid

from moto.core.responses import ActionResult, EmptyResult

from ..errors import Refusal
from . import check, stacks
from .calls import updatable, wanted
from .engine import Operation, _expected, handler_of
from .registry import reason
from .stacks import Resource
from .template import invalid
from .update import Update

IDENTIFIERS = {"AWS::S3::Bucket": "BucketName", "AWS::DynamoDB::Table": "TableName"}


class ChangeSet:
    """One change set."""

    def __init__(self, stack, name, kind, wanted):
        self.stack, self.name, self.kind, self.wanted = stack, name, kind, wanted
        self.id = f"arn:{stack.partition}:cloudformation:{stack.region}:{stack.account}:changeSet/{name}/{uuid.uuid4()}"
        self.status, self.reason, self.execution, self.made = "CREATE_COMPLETE", None, "AVAILABLE", stacks.now()
        self.imports: dict[str, dict] = {}
        self.changes = []


def find(call):
    """The change set that a call names."""
    name, stack_name = call.get("ChangeSetName"), call.get("StackName")
    for change_set in stacks.CHANGE_SETS.values():
        stack = change_set.stack
        if (stack.account, stack.region) != (call.account, call.region):
            continue
        if change_set.id == name or (change_set.name == name and stack_name in (stack.name, stack.id)):
            return change_set
    raise Refusal("ChangeSetNotFound", f"ChangeSet [{name}] does not exist", 404)


def create_change_set(call):
    """CreateChangeSet."""
    name, kind = call.get("ChangeSetName"), call.get("ChangeSetType", "UPDATE")
    if not call.get("StackName", "").startswith("arn:"):
        check.name_of("stackName", call.get("StackName"))
    check.name_of("changeSetName", name)
    stack = stacks.find(call.account, call.region, call.get("StackName"))
    fresh = stack is None and kind in ("CREATE", "IMPORT")
    if stack is None and not fresh:
        raise invalid(f"Stack [{call.get('StackName')}] does not exist")
    if stack is not None and kind == "CREATE" and stack.status != "REVIEW_IN_PROGRESS":
        raise invalid(f"Stack [{stack.name}] already exists and cannot be created again with the changeSet [{name}].")
    if fresh:
        stack = stacks.Stack(call.account, call.region, call.get("StackName"), call.caller)
        stack.status = "REVIEW_IN_PROGRESS"
    elif stack.status != "REVIEW_IN_PROGRESS":
        updatable(stack)
    if any(c.name == name and c.stack is stack for c in stacks.CHANGE_SETS.values()):
        raise Refusal("AlreadyExistsException", f"ChangeSet {name} cannot be created due to a mismatch with existing attribute", 400)
    change_set = ChangeSet(stack, name, kind, wanted(call, stack, not fresh and stack.status != "REVIEW_IN_PROGRESS"))
    change_set.role_arn, change_set.caller = call.get("RoleARN"), call.caller
    change_set.imports = _imports(call, change_set) if kind == "IMPORT" else {}
    if fresh:
        stacks.STACKS.append(stack)
        stack.event("REVIEW_IN_PROGRESS", "User Initiated")
    stacks.CHANGE_SETS[change_set.id] = change_set
    _compare(change_set)
    return ActionResult({"Id": change_set.id, "StackId": stack.id})


def _imports(call, change_set):
    document, stack = change_set.wanted["document"], change_set.stack
    given = {r["LogicalResourceId"]: r for r in call.get("ResourcesToImport", [])}
    new = [n for n in document["Resources"] if n not in stack.resources]
    for name in new:
        if name not in given:
            raise invalid(f"As part of the import operation, you cannot modify or add [{', '.join(n for n in new if n not in given)}]")
        kind = document["Resources"][name]["Type"]
        if kind not in IDENTIFIERS:
            raise invalid(f"ResourceTypes [{kind}] are not supported for Import")
        if "DeletionPolicy" not in document["Resources"][name]:
            raise invalid(f"Resources [{name}] is missing deletion policy. DeletionPolicy must be specified in the template")
        for other in stacks.STACKS:
            for r in other.resources.values():
                same = r.kind == kind and r.physical_id == given[name]["ResourceIdentifier"].get(IDENTIFIERS[kind])
                if (
                    same
                    and (other.account, other.region) == (stack.account, stack.region)
                    and other.status != "DELETE_COMPLETE"
                    and r.status != "DELETE_COMPLETE"
                ):
                    raise invalid(f"Resource {r.physical_id} already exists in stack {other.id}")
    return {name: given[name]["ResourceIdentifier"] for name in new}


def _compare(change_set):
    stack, document = change_set.stack, change_set.wanted["document"]
    old, new = stack.document.get("Resources", {}) if stack.resources else {}, document["Resources"]

    def change(action, name, kind, physical_id=None):
        found = {
            "Action": action,
            "LogicalResourceId": name,
            "ResourceType": kind,
            "PhysicalResourceId": physical_id or None,
            "Scope": [],
            "Details": [],
        }
        return {"Type": "Resource", "ResourceChange": found}

    for name, resource in new.items():
        if name not in old:
            change_set.changes.append(change("Import" if name in change_set.imports else "Add", name, resource["Type"]))
        elif old[name] != resource or stack.values != change_set.wanted["values"]:
            change_set.changes.append(
                change("Modify", name, resource["Type"], stack.resources[name].physical_id if name in stack.resources else None)
            )
    for name in [n for n in old if n not in new]:
        change_set.changes.append(
            change("Remove", name, old[name]["Type"], stack.resources[name].physical_id if name in stack.resources else None)
        )
    if stack.resources and not Update(stack, change_set.caller, change_set.wanted).changes():
        change_set.status, change_set.execution = "FAILED", "UNAVAILABLE"
        change_set.reason = "The submitted information didn't contain changes. Submit different information to create a change set."


def describe_change_set(call):
    """DescribeChangeSet."""
    found = find(call)
    shown = [{"ParameterKey": k, "ParameterValue": v} for k, v in found.wanted["given"].items()]
    return ActionResult(
        {
            "ChangeSetName": found.name,
            "ChangeSetId": found.id,
            "StackId": found.stack.id,
            "StackName": found.stack.name,
            "Parameters": shown,
            "CreationTime": found.made,
            "ExecutionStatus": found.execution,
            "Status": found.status,
            "StatusReason": found.reason,
            "Capabilities": found.wanted["capabilities"],
            "Tags": [{"Key": k, "Value": v} for k, v in found.wanted["tags"].items()],
            "Changes": found.changes,
        }
    )


def list_change_sets(call):
    """ListChangeSets."""
    stack = call.stack()
    found = [
        {
            "StackId": stack.id,
            "StackName": stack.name,
            "ChangeSetId": c.id,
            "ChangeSetName": c.name,
            "ExecutionStatus": c.execution,
            "Status": c.status,
            "StatusReason": c.reason,
            "CreationTime": c.made,
        }
        for c in stacks.CHANGE_SETS.values()
        if c.stack is stack
    ]
    return ActionResult({"Summaries": found})


def delete_change_set(call):
    """DeleteChangeSet; one that is gone is no error."""
    with contextlib.suppress(Refusal):
        stacks.CHANGE_SETS.pop(find(call).id)
    return EmptyResult()


def execute_change_set(call):
    """ExecuteChangeSet."""
    change_set = find(call)
    stack = change_set.stack
    if change_set.execution != "AVAILABLE":
        raise Refusal(
            "InvalidChangeSetStatus", f"ChangeSet [{change_set.id}] cannot be executed in its current status of [{change_set.status}]", 400
        )
    for other in [c for c in stacks.CHANGE_SETS.values() if c.stack is stack]:
        stacks.CHANGE_SETS.pop(other.id)
    stack.role_arn = change_set.role_arn or stack.role_arn
    if change_set.kind == "IMPORT":
        operation = Import(stack, call.caller, change_set)
        stack.event("IMPORT_IN_PROGRESS", "User Initiated")
        operation.start(operation.run)
    elif stack.status == "REVIEW_IN_PROGRESS":
        for key, value in change_set.wanted.items():
            setattr(stack, key, value)
        operation = Operation(stack, call.caller)
        stack.event("CREATE_IN_PROGRESS", "User Initiated")
        operation.start(operation.create)
    else:
        operation = Update(stack, call.caller, change_set.wanted)
        stack.event("UPDATE_IN_PROGRESS", "User Initiated")
        operation.start(operation.run)
    return EmptyResult()


class Import(Operation):
    """Takes existing resources into a stack."""

    def __init__(self, stack, caller, change_set):
        super().__init__(stack, caller)
        self.change_set = change_set

    def run(self):
        """Adopts each; one that is not there undoes the import and leaves the others as they were."""
        stack, wanted = self.stack, self.change_set.wanted
        before = {k: getattr(stack, k) for k in wanted}
        for key, value in wanted.items():
            setattr(stack, key, value)
        for name, identifier in self.change_set.imports.items():
            resource = Resource(name, wanted["document"]["Resources"][name]["Type"], False)
            resource.declared = wanted["document"]["Resources"][name]
            stack.resource_event(resource, "IMPORT_IN_PROGRESS", "Resource import started.")
            try:
                resource.properties = self.scope().evaluate(resource.declared.get("Properties") or {})
                made = handler_of(resource.kind).adopt(self.context(resource), identifier, resource.properties)
            except Exception as error:
                if not _expected(error):
                    raise
                stack.resource_event(resource, "IMPORT_FAILED", reason(error))
                for other in self.change_set.imports:
                    stack.resources.pop(other, None)
                for key, value in before.items():
                    setattr(stack, key, value)
                stack.event("IMPORT_ROLLBACK_IN_PROGRESS", f"The following resource(s) failed to import: [{name}].")
                return stack.event("IMPORT_ROLLBACK_COMPLETE")
            resource.physical_id, resource.attributes = made.physical_id, made.attributes
            stack.resources[name] = resource
            stack.resource_event(resource, "IMPORT_COMPLETE", "Resource import completed.")
        self._finish_outputs()
        return stack.event("IMPORT_COMPLETE")


OPERATIONS = {f.__name__: f for f in (create_change_set, describe_change_set, list_change_sets, delete_change_set, execute_change_set)}
