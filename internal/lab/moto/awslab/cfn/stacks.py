"""Stacks: what they are made of, what happened to them, and how they are found."""

import json
import threading
import uuid
from datetime import UTC, datetime

from .. import wire
from ..state import on_reset
from .template import invalid

STACKS: list["Stack"] = []
CHANGE_SETS: dict[str, object] = {}
EXPORTS: dict[tuple, dict[str, tuple]] = {}  # (account, region) -> name -> (stack id, value)


@on_reset
def _forget():
    for stack in list(STACKS):
        stack.cancelled = True
    STACKS.clear()
    CHANGE_SETS.clear()
    EXPORTS.clear()


def now():
    """The time as CloudFormation stamps it."""
    return datetime.now(UTC).replace(tzinfo=None)


class Resource:
    """One resource of a stack as it is."""

    def __init__(self, logical_id, kind, custom):
        self.logical_id, self.kind, self.custom = logical_id, kind, custom
        self.physical_id, self.attributes, self.properties = "", {}, {}
        self.status, self.reason, self.timestamp = "", None, now()
        self.declared, self.failed, self.tried = {}, False, {}

    def copy(self):
        """The resource as it was, to go back to."""
        other = Resource(self.logical_id, self.kind, self.custom)
        other.__dict__.update(self.__dict__)
        return other


class Stack:
    """One stack."""

    def __init__(self, account, region, name, caller):
        self.account, self.region, self.name, self.caller = account, region, name, caller
        self.partition = wire.partition_of(region)
        self.id = f"arn:{self.partition}:cloudformation:{region}:{account}:stack/{name}/{uuid.uuid4()}"
        self.source, self.document, self.given, self.values = "", {}, {}, {}
        self.resources: dict[str, Resource] = {}
        self.events, self.outputs, self.tags, self.capabilities = [], [], {}, []
        self.role_arn, self.on_failure, self.protected = None, "ROLLBACK", False
        self.status, self.reason = "CREATE_IN_PROGRESS", None
        self.created, self.updated, self.deleted = now(), None, None
        self.unfinished = None
        self.cancelled, self.thread, self.lock = False, None, threading.RLock()
        self.skip, self.timeout, self.token = set(), None, None

    @property
    def in_progress(self):
        """Whether an operation runs."""
        return self.status.endswith("IN_PROGRESS") and self.status != "REVIEW_IN_PROGRESS"

    def event(self, status, reason=None):
        """Records what happens to the stack itself."""
        self.reason = reason
        self._record(self.name, "AWS::CloudFormation::Stack", self.id, status, reason, None)
        self.status = status

    def resource_event(self, resource, status, reason=None):
        """Records what happens to one of its resources."""
        resource.status, resource.reason, resource.timestamp = status, reason, now()
        self._record(resource.logical_id, resource.kind, resource.physical_id, status, reason, resource.properties)

    def _record(self, logical_id, kind, physical_id, status, reason, properties):
        self.events.append(
            {
                "StackId": self.id,
                "EventId": f"{logical_id}-{status}-{now().isoformat()}Z" if kind != "AWS::CloudFormation::Stack" else str(uuid.uuid4()),
                "StackName": self.name,
                "LogicalResourceId": logical_id,
                "PhysicalResourceId": physical_id,
                "ResourceType": kind,
                "Timestamp": now(),
                "ResourceStatus": status,
                "ResourceStatusReason": reason,
                "ResourceProperties": json.dumps(properties) if properties else None,
                "ClientRequestToken": self.token,
            }
        )


def find(account, region, name, deleted=True):
    """The stack of a name or id; a deleted one only by its id."""
    for stack in reversed(STACKS):
        if (stack.account, stack.region) != (account, region):
            continue
        if stack.id == name and (deleted or stack.status != "DELETE_COMPLETE"):
            return stack
        if stack.name == name and stack.status != "DELETE_COMPLETE":
            return stack
    return None


def need(account, region, name):
    """The stack, or CloudFormation's error when there is none."""
    stack = find(account, region, name)
    if stack is None:
        raise invalid(f"Stack with id {name} does not exist")
    return stack


def exports(account, region):
    """The exports of an account's region: name -> value."""
    return {name: value for name, (_, value) in EXPORTS.get((account, region), {}).items()}
