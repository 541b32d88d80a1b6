"""CloudFormation's operations."""

from moto.core.responses import ActionResult, BaseResponse, EmptyResult
from werkzeug.wrappers import Request, Response

from ..errors import Refusal
from . import (
    changesets,
    check,
    describe,
    handlers_data,
    handlers_iam,
    handlers_lambda,
    handlers_messaging,
    handlers_s3,
    handlers_watch,
    stacks,
)
from .calls import Call, updatable, wanted
from .engine import Operation
from .template import invalid
from .update import Update

HANDLER_MODULES = (handlers_data, handlers_iam, handlers_lambda, handlers_messaging, handlers_s3, handlers_watch)


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
    update.caller = Operation(stack, call.caller).caller  # who continues need not be who began
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
        return ActionResult({"TemplateBody": changesets.find(call).wanted["source"], "StagesAvailable": ["Original", "Processed"]})
    return ActionResult({"TemplateBody": call.stack().source, "StagesAvailable": ["Original", "Processed"]})


OPERATIONS = {
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
OPERATIONS |= describe.OPERATIONS | changesets.OPERATIONS


class CloudFormation(BaseResponse):
    """Reads and writes the messages with moto's parsers; moto's own CloudFormation is not loaded."""

    def __init__(self, asked, caller):
        """Makes the answer to one request."""
        super().__init__(service_name="cloudformation")
        self.automated_parameter_parsing = True
        self.asked, self.caller = asked, caller


def _operation(function):
    def method(self):
        return function(Call(self, self.asked, self.caller))

    return method


for _name, _function in OPERATIONS.items():
    setattr(CloudFormation, _name, _operation(_function))


def answer(asked, caller, environ):
    """The answer to a request for CloudFormation."""
    http = Request(environ)
    status, headers, body = CloudFormation(asked, caller)._dispatch(http, http.url, dict(http.headers))
    return Response(body, status, headers)
