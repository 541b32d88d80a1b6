"""CloudFormation's operations, in place of moto's of the same names."""

from flask import request
from moto.cloudformation.responses import CloudFormationResponse
from moto.core.responses import ActionResult, EmptyResult

from ..errors import Refusal
from . import (
    check,
    describe,
    handlers_data,
    handlers_iam,
    handlers_lambda,
    handlers_messaging,
    handlers_s3,
    handlers_watch,
    sources,
    stacks,
)
from . import template as t
from .engine import Operation
from .template import invalid
from .update import Update

HANDLER_MODULES = (handlers_data, handlers_iam, handlers_lambda, handlers_messaging, handlers_s3, handlers_watch)


class Call:
    """One call: who, where, and with what parameters."""

    def __init__(self, response):
        self.response, self.caller = response, request.environ["lab.caller"]
        self.region, self.account = request.environ["lab.asked"].region, response.current_account

    def get(self, name, default=None):
        """A parameter."""
        return self.response._get_param(name, default)

    def stack(self, name=None):
        """The stack that the call names."""
        return stacks.need(self.account, self.region, name or self.get("StackName"))

    def tags(self):
        """The tags given."""
        return {tag["Key"]: tag["Value"] for tag in self.get("Tags", [])}


def wanted(call, stack, update):
    """What a create, an update or a change set wants a stack to become, all that CloudFormation checks first checked."""
    source = sources.source(call, stack if update else None)
    document = t.parse(source)
    check.structure(document)
    given = {}
    for p in call.get("Parameters", []):
        if p.get("UsePreviousValue"):
            if p["ParameterKey"] not in stack.given:
                if p["ParameterKey"] not in (document.get("Parameters") or {}):
                    raise invalid(f"Parameters: [{p['ParameterKey']}] do not exist in the template")
                if "Default" not in document["Parameters"][p["ParameterKey"]] or not update:
                    why = "Cannot specify usePreviousValue as true for a parameter key not in the previous template"
                    raise invalid(f"Invalid input for parameter key {p['ParameterKey']}. {why}")
                continue
            given[p["ParameterKey"]] = stack.given[p["ParameterKey"]]
        else:
            given[p["ParameterKey"]] = p.get("ParameterValue", "")
    values = check.parameters(document, given) | check.pseudo(stack.account, stack.region, stack.name, stack.id)
    check.rules(document, values)
    scope = t.Scope(document, values, {})
    for name in document.get("Conditions") or {}:
        scope.condition(name)
    t.order(document, scope)
    check.capabilities(document, call.get("Capabilities", []))
    tags = call.tags()
    if update and not tags:
        tags = stack.tags
    return {
        "source": source,
        "document": document,
        "given": given,
        "values": values,
        "tags": tags,
        "capabilities": call.get("Capabilities", []),
    }


def create_stack(call):
    """CreateStack."""
    name = call.get("StackName")
    check.name_of("stackName", name)
    found = stacks.find(call.account, call.region, name)
    token = call.get("ClientRequestToken")
    if found is not None and token and token == found.token:
        return ActionResult({"StackId": found.id})
    if found is not None:
        raise Refusal("AlreadyExistsException", f"Stack [{name}] already exists", 400)
    stack = stacks.Stack(call.account, call.region, name, call.caller)
    for key, value in wanted(call, stack, False).items():
        setattr(stack, key, value)
    stack.role_arn, stack.protected = call.get("RoleARN"), bool(call.get("EnableTerminationProtection"))
    stack.on_failure = call.get("OnFailure") or ("DO_NOTHING" if call.get("DisableRollback") else "ROLLBACK")
    stack.timeout, stack.token = call.get("TimeoutInMinutes"), token
    operation = Operation(stack, call.caller)
    stacks.STACKS.append(stack)
    stack.event("CREATE_IN_PROGRESS", "User Initiated")
    operation.start(operation.create)
    return ActionResult({"StackId": stack.id})


def updatable(stack):
    """Refuses an update in a state that forbids it."""
    if stack.status == "ROLLBACK_COMPLETE" or stack.in_progress or stack.status.endswith("FAILED"):
        raise invalid(f"Stack:{stack.id} is in {stack.status} state and can not be updated.")


def update_stack(call):
    """UpdateStack."""
    stack, token = call.stack(), call.get("ClientRequestToken")
    with stack.lock:
        if token and token == stack.token:
            return ActionResult({"StackId": stack.id})
        updatable(stack)
        stack.role_arn = call.get("RoleARN") or stack.role_arn
        update = Update(stack, call.caller, wanted(call, stack, True))
        if not update.changes():
            raise invalid("No updates are to be performed.")
        stack.cancelled, stack.token = False, token
        stack.event("UPDATE_IN_PROGRESS", "User Initiated")
        update.start(update.run)
    return ActionResult({"StackId": stack.id})


def delete_stack(call):
    """DeleteStack; a stack that does not exist is no error."""
    stack = stacks.find(call.account, call.region, call.get("StackName"))
    if stack is None or stack.status == "DELETE_COMPLETE":
        return EmptyResult()
    retain, force = call.get("RetainResources", []), call.get("DeletionMode") == "FORCE_DELETE_STACK"
    with stack.lock:
        if stack.protected:
            raise invalid(f"Stack [{stack.name}] cannot be deleted while TerminationProtection is enabled")
        if (retain or force) and stack.status != "DELETE_FAILED":
            how = "force" if force else "retain resources"
            raise invalid(f"Invalid operation on stack [{stack.id}]. Delete stack with {how} is only allowed in DELETE_FAILED state")
        if stack.status == "DELETE_IN_PROGRESS":
            return EmptyResult()
        for importer in stacks.STACKS:
            _imported(stack, importer)
        failed = {n for n, r in stack.resources.items() if r.status == "DELETE_FAILED"}
        stack.skip = set(retain) | (failed if force else set())
        before, stack.cancelled, stack.token = stack.thread, True, call.get("ClientRequestToken")
        operation = Operation(stack, call.caller)
        stack.event("DELETE_IN_PROGRESS", "User Initiated")
        operation.start(operation.delete, before)
    return EmptyResult()


def _imported(stack, importer):
    exported = {o["ExportName"] for o in stack.outputs if "ExportName" in o}
    used = f"{importer.document}" if importer.status != "DELETE_COMPLETE" and importer is not stack else ""
    for name in exported:
        if f"'Fn::ImportValue': '{name}'" in used and (importer.account, importer.region) == (stack.account, stack.region):
            raise invalid(f"Export {name} cannot be deleted as it is in use by {importer.name}")


def cancel_update_stack(call):
    """CancelUpdateStack."""
    stack = call.stack()
    if stack.status != "UPDATE_IN_PROGRESS":
        raise invalid("CancelUpdateStack cannot be called from current stack status")
    stack.cancelled = True
    return EmptyResult()


def continue_update_rollback(call):
    """ContinueUpdateRollback."""
    stack = call.stack()
    if stack.status != "UPDATE_ROLLBACK_FAILED" or not stack.unfinished:
        raise invalid(f"Stack [{stack.id}] is in {stack.status} state and ContinueUpdateRollback is not allowed.")
    update, failed, made_new = stack.unfinished
    stack.event("UPDATE_ROLLBACK_IN_PROGRESS", "User Initiated")
    update.start(update.move_back, failed, made_new, call.get("ResourcesToSkip", []))
    return EmptyResult()


def update_termination_protection(call):
    """UpdateTerminationProtection."""
    stack = call.stack()
    stack.protected = bool(call.get("EnableTerminationProtection"))
    return ActionResult({"StackId": stack.id})


def get_template(call):
    """GetTemplate."""
    if call.get("ChangeSetName"):
        from . import changesets

        return ActionResult({"TemplateBody": changesets.find(call).wanted["source"], "StagesAvailable": ["Original", "Processed"]})
    return ActionResult({"TemplateBody": call.stack().source, "StagesAvailable": ["Original", "Processed"]})


def _operation(function):
    def method(self):
        return function(Call(self))

    return method


def install():
    """Puts the operations in place of moto's; what is left of moto's would work on no stack and is taken away."""
    from . import changesets

    mine = {
        f.__name__: f
        for f in (
            create_stack,
            update_stack,
            delete_stack,
            cancel_update_stack,
            continue_update_rollback,
            update_termination_protection,
            get_template,
        )
    }
    mine |= describe.OPERATIONS | changesets.OPERATIONS
    from moto.core.utils import camelcase_to_underscores, get_service_model

    for operation in get_service_model("cloudformation").operation_names:
        name = camelcase_to_underscores(operation)
        if name in mine:
            setattr(CloudFormationResponse, name, _operation(mine[name]))
        elif hasattr(CloudFormationResponse, name):
            delattr(CloudFormationResponse, name)
    CloudFormationResponse.RESPONSE_KEY_PATH_TO_TRANSFORMER = {}
