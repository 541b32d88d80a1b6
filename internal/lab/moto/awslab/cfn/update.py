"""Updates: what changed, in place or by replacement, cleaned up at the end, or rolled back to what was."""

from .. import errors
from . import template as t
from .engine import Operation, _expected, _service, handler_of
from .registry import Failure, reason
from .stacks import Resource, now


class Update(Operation):
    """One update of a stack to a new template, new values or both."""

    def __init__(self, stack, caller, wanted):
        super().__init__(stack, caller)
        self.wanted = wanted  # attributes of the stack to set: source, document, given, values, tags, capabilities
        self.before = {k: getattr(stack, k) for k in [*wanted, "outputs"]}
        self.resources_before = {n: r.copy() for n, r in stack.resources.items()}
        self.leftover: list[Resource] = []  # physical resources to delete once all went well
        self.touched: list[str] = []

    def changes(self):
        """Whether anything would change; descriptions, rules and metadata alone are no update, as CloudFormation's guide says."""
        old, new = self.stack, self.wanted
        for key in ("Resources", "Outputs", "Conditions", "Mappings"):
            if (old.document.get(key) or {}) != (new["document"].get(key) or {}):
                return True
        return old.values != new["values"] or old.tags != new["tags"]

    def run(self):
        """The whole update."""
        stack = self.stack
        self._set(self.wanted)
        failed = self._apply()
        if not failed:
            why = self._finish_outputs()
            if not why:
                return self._complete()
        else:
            why = f"The following resource(s) failed to update: [{', '.join(failed)}]. " if failed != ["?"] else stack.reason
        stack.event("UPDATE_ROLLBACK_IN_PROGRESS", why)
        return self._roll_back()

    def _set(self, values):
        for key, value in values.items():
            setattr(self.stack, key, value)

    def _apply(self):
        stack = self.stack
        try:
            names = t.order(stack.document, self.scope())
        except errors.Refusal as refusal:
            stack.reason = refusal.message
            return ["?"]
        for name in names:
            if stack.cancelled:
                stack.cancelled = False
                return [name]
            self.touched.append(name)
            if name not in stack.resources:
                if not self._make(name):
                    return [name]
            elif not self._change(name):
                return [name]
        return []

    def _change(self, name):
        stack = self.stack
        resource, declared = stack.resources[name], stack.document["Resources"][name]
        properties = self.scope().evaluate(declared.get("Properties") or {})
        if declared["Type"] != resource.kind:
            stack.resource_event(
                resource,
                "UPDATE_FAILED",
                f"Update of resource type is not permitted. The new template modifies resource type of the following resources: [{name}]",
            )
            return False
        resource.declared = declared
        tagged = not resource.custom and "Tags" in handler_of(resource.kind).properties
        if properties == resource.properties and (not tagged or stack.tags == self.before.get("tags")):
            return True
        return self._move(resource, properties)

    def _move(self, resource, properties):
        """Brings a resource to new properties."""
        stack, handler, old = self.stack, handler_of(resource.kind), resource.properties
        replaced = [p for p in handler.fixed if old.get(p) != properties.get(p)]
        told = "Requested update requires the creation of a new physical resource; hence creating one." if replaced else None
        stack.resource_event(resource, "UPDATE_IN_PROGRESS", told)
        try:
            handler.check(resource.logical_id, properties)
            named = handler.name_property
            if replaced and named and properties.get(named) and properties.get(named) == old.get(named):
                why = "CloudFormation cannot update a stack when a custom-named resource requires replacing."
                raise Failure(f"{why} Rename {properties[named]} and update the stack again.", untouched=True)
            if replaced:
                made = handler.create(self.context(resource), properties)
            else:
                made = handler.update(self.context(resource), resource.physical_id, old, properties)
        except Exception as error:
            if not _expected(error):
                raise
            stack.resource_event(resource, "UPDATE_FAILED", reason(error, _service(resource.kind)))
            resource.failed = not getattr(error, "untouched", False)
            resource.tried = properties
            return False
        if made.physical_id != resource.physical_id:
            self.leftover.append(resource.copy())
        resource.physical_id, resource.attributes, resource.properties = made.physical_id, made.attributes, properties
        stack.resource_event(resource, "UPDATE_COMPLETE")
        return True

    def _complete(self):
        stack = self.stack
        stack.event("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
        for resource in reversed(self.leftover):
            if resource.declared.get("UpdateReplacePolicy", "Delete") != "Retain":
                self._delete(_deletable(resource))
        there = [n for n in stack.document["Resources"] if self.scope().active(n)]
        for name in reversed([n for n in stack.resources if n not in there]):
            self._delete(stack.resources.pop(name))
        stack.resources = {n: stack.resources[n] for n in t.order(stack.document, self.scope())}
        stack.updated = now()
        return stack.event("UPDATE_COMPLETE")

    def _roll_back(self):
        stack = self.stack
        made_new = [n for n in stack.resources if n not in self.resources_before]
        tried = {n: stack.resources[n] for n in self.touched if n in self.resources_before}
        self._set(self.before)
        replaced = {r.logical_id: r for r in self.leftover}
        self.leftover = []
        for name, resource in tried.items():
            was = self.resources_before[name]
            resource.declared = was.declared
            if name in replaced and not resource.custom:
                self.leftover.append(_deletable(resource))
                stack.resources[name] = was
        return self.move_back([r for r in tried.values() if stack.resources[r.logical_id] is r], made_new)

    def move_back(self, resources, made_new, skip=()):
        """Brings resources back to what they were, and cleans up; ContinueUpdateRollback comes here again with what failed."""
        stack, failed = self.stack, []
        for resource in resources:
            was = self.resources_before[resource.logical_id]
            if (
                resource.logical_id not in skip
                and (resource.properties != was.properties or resource.failed)
                and not self._move_back(resource, was)
            ):
                failed.append(resource)
        if failed:
            stack.unfinished = (self, failed, made_new)
            return stack.event(
                "UPDATE_ROLLBACK_FAILED", f"The following resource(s) failed to update: [{', '.join(r.logical_id for r in failed)}]. "
            )
        stack.event("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS")
        for resource in reversed(self.leftover):
            self._delete(_deletable(resource))
        for name in reversed(made_new):
            self._delete(stack.resources.pop(name), rollback=True)
        stack.updated = now()
        return stack.event("UPDATE_ROLLBACK_COMPLETE")

    def _move_back(self, resource, was):
        if resource.failed:
            # A refused change may be half done, and a custom resource is told of its old properties in any case.
            resource.properties, resource.failed = resource.tried, False
        return self._move(resource, was.properties)


def _deletable(resource):
    other = resource.copy()
    other.declared = {**other.declared, "DeletionPolicy": "Delete"}
    return other
