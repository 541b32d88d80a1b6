"""Stack operations: creation, update, deletion and rollback, each in a thread of its own, with the events a console shows."""

import logging
import threading

from botocore.exceptions import ClientError

from .. import identity, sts
from ..errors import Refusal
from . import check
from . import template as t
from .custom import Custom
from .registry import HANDLERS, Context, Failure, reason
from .stacks import EXPORTS, Resource, exports, now

log = logging.getLogger("lab")
CUSTOM = Custom()


def handler_of(kind):
    """The handler of a resource type."""
    return CUSTOM if check.is_custom(kind) else HANDLERS[kind]


class Operation:
    """One run over a stack."""

    def __init__(self, stack, caller):
        self.stack, self.caller = stack, caller
        if stack.role_arn:
            role = sts.find_role(stack.role_arn)
            if role is None or not sts.trusts_service(role, "cloudformation.amazonaws.com"):
                raise t.invalid(f"Role {stack.role_arn} is invalid or cannot be assumed")
            self.caller, _ = identity.new_session(role.arn, "AWSCloudFormation", stack.region)

    def start(self, function, *arguments):
        """Runs function in a thread: the API call that asked for it returns at once."""

        def run():
            try:
                function(*arguments)
            except Exception as error:
                log.exception("stack %s", self.stack.id)
                self.stack.event(self.stack.status.replace("IN_PROGRESS", "FAILED"), f"lab is broken: {error!r}")

        self.stack.thread = threading.Thread(target=run, daemon=True)
        self.stack.thread.start()

    def context(self, resource):
        """What a handler acts with."""
        return Context(self.stack, resource.logical_id, resource.kind, self.caller)

    def scope(self, document=None, values=None):
        """What the template's functions see now."""
        stack = self.stack
        return t.Scope(document or stack.document, values or stack.values, stack.resources, exports(stack.account, stack.region))

    # creation

    def create(self):
        """Makes every resource; the first failure rolls back."""
        stack = self.stack
        try:
            failed = self._make_all(t.order(stack.document, self.scope()))
        except Refusal as refusal:
            failed, stack.reason = ["?"], refusal.message
            return self._rolled_back_create(refusal.message)
        if not failed:
            failed = self._finish_outputs()
            if not failed:
                return stack.event("CREATE_COMPLETE")
            return self._rolled_back_create(failed)
        return self._rolled_back_create(f"The following resource(s) failed to create: [{', '.join(failed)}]. ")

    def _make_all(self, names):
        for name in names:
            if self.stack.cancelled:
                return [name]
            if name not in self.stack.resources and not self._make(name):
                return [name]
        return []

    def _make(self, name):
        stack, declared = self.stack, self.stack.document["Resources"][name]
        resource = Resource(name, declared["Type"], check.is_custom(declared["Type"]))
        resource.declared = declared
        stack.resource_event(resource, "CREATE_IN_PROGRESS")
        try:
            resource.properties = self.scope().evaluate(declared.get("Properties") or {})
            handler = handler_of(resource.kind)
            handler.check(name, resource.properties)
            made = handler.create(self.context(resource), resource.properties)
        except Exception as error:
            if not _expected(error):
                raise
            resource.physical_id = getattr(error, "physical_id", None) or ""
            stack.resources[name] = resource
            stack.resource_event(resource, "CREATE_FAILED", reason(error, _service(resource.kind)))
            return False
        resource.physical_id, resource.attributes = made.physical_id, made.attributes
        stack.resources[name] = resource
        stack.resource_event(resource, "CREATE_IN_PROGRESS", "Resource creation Initiated")
        stack.resource_event(resource, "CREATE_COMPLETE")
        return True

    def _finish_outputs(self):
        stack, scope = self.stack, self.scope()
        outputs, told = [], {}
        try:
            for name, spec in (stack.document.get("Outputs") or {}).items():
                if "Condition" in spec and not scope.condition(spec["Condition"]):
                    continue
                output = {
                    "OutputKey": name,
                    "OutputValue": t.text_of(scope.evaluate(spec["Value"])),
                    "Description": spec.get("Description"),
                }
                if "Export" in spec:
                    output["ExportName"] = scope.evaluate(spec["Export"]["Name"])
                    told[output["ExportName"]] = output["OutputValue"]
                outputs.append(output)
        except Refusal as refusal:
            return refusal.message
        mine = EXPORTS.setdefault((stack.account, stack.region), {})
        for name in told:
            if name in mine and mine[name][0] != stack.id:
                return f"Export with name {name} is already exported by stack {mine[name][0].split('/')[1]}"
        for name in [n for n, (owner, _) in mine.items() if owner == stack.id]:
            del mine[name]
        mine.update({name: (stack.id, value) for name, value in told.items()})
        stack.outputs = outputs
        return ""

    def _rolled_back_create(self, why):
        stack = self.stack
        if stack.cancelled:
            return None
        if stack.on_failure == "DO_NOTHING":
            return stack.event("CREATE_FAILED", why)
        deleting = stack.on_failure == "DELETE"
        stack.event(
            "DELETE_IN_PROGRESS" if deleting else "ROLLBACK_IN_PROGRESS", f"{why}Rollback requested by user." if not deleting else why
        )
        failed = self._delete_all(rollback=True)
        if deleting:
            return self._deleted(failed)
        if failed:
            return stack.event("ROLLBACK_FAILED", f"The following resource(s) failed to delete: [{', '.join(failed)}]. ")
        return stack.event("ROLLBACK_COMPLETE")

    # deletion

    def delete(self, before):
        """Deletes in the reverse order of dependencies, after an operation that still runs has stopped."""
        if before is not None and before.is_alive():
            before.join()
        self.stack.cancelled = False
        return self._deleted(self._delete_all())

    def _deleted(self, failed):
        stack = self.stack
        if failed:
            return stack.event("DELETE_FAILED", f"The following resource(s) failed to delete: [{', '.join(failed)}]. ")
        mine = EXPORTS.get((stack.account, stack.region), {})
        for name in [n for n, (owner, _) in mine.items() if owner == stack.id]:
            del mine[name]
        stack.deleted = now()
        return stack.event("DELETE_COMPLETE")

    def _delete_all(self, rollback=False):
        failed = []
        for resource in reversed(list(self.stack.resources.values())):
            if resource.status == "DELETE_COMPLETE":
                continue
            if not self._delete(resource, rollback):
                failed.append(resource.logical_id)
        return failed

    def _delete(self, resource, rollback=False):
        stack = self.stack
        keep = resource.declared.get("DeletionPolicy", "Delete")
        kept = resource.logical_id in stack.skip or keep == "Retain" or (keep == "RetainExceptOnCreate" and not rollback)
        if kept and resource.physical_id:
            stack.resource_event(resource, "DELETE_SKIPPED")
            resource.status = "DELETE_COMPLETE"
            return True
        if not resource.physical_id:
            stack.resource_event(resource, "DELETE_COMPLETE")
            return True
        stack.resource_event(resource, "DELETE_IN_PROGRESS")
        try:
            handler_of(resource.kind).delete(self.context(resource), resource.physical_id, resource.properties)
        except Exception as error:
            if not _expected(error):
                raise
            stack.resource_event(resource, "DELETE_FAILED", reason(error, _service(resource.kind)))
            return False
        stack.resource_event(resource, "DELETE_COMPLETE")
        return True


def _expected(error):
    if isinstance(error, ClientError) and error.response["ResponseMetadata"].get("HTTPHeaders", {}).get("x-lab-broken"):
        return False
    return isinstance(error, (ClientError, Failure, Refusal))


def _service(kind):
    return kind.split("::")[1].capitalize() if kind.count("::") > 1 else ""
