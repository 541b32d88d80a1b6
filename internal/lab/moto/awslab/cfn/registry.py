"""The resource types: each handler names its properties, so that one nobody implements fails instead of being skipped in silence."""

import json
import random
import string
from dataclasses import dataclass, field

from botocore.exceptions import ClientError

from .. import inside

HANDLERS: dict[str, "Handler"] = {}
SUFFIX = string.ascii_letters + string.digits


class Failure(Exception):
    """A resource that failed, with the reason its event shows.

    physical_id is set where there is something to delete, untouched where nothing was tried: a rollback leaves it alone.
    """

    def __init__(self, reason, physical_id=None, untouched=False):
        super().__init__(reason)
        self.reason, self.physical_id, self.untouched = reason, physical_id, untouched


@dataclass
class Made:
    """What a resource is once made."""

    physical_id: str
    attributes: dict = field(default_factory=dict)


class Context:
    """What a handler acts with: the stack, the resource's name in it, and the rights of who runs the operation."""

    def __init__(self, stack, logical_id, kind, caller):
        self.stack, self.logical_id, self.kind, self.caller = stack, logical_id, kind, caller
        self.region, self.account, self.partition = stack.region, stack.account, stack.partition

    def call(self, service, operation, region=None, **params):
        """Does an operation with the stack operation's rights."""
        return inside.call(self.caller, region or self.region, service, operation, **params)

    def quiet(self, service, operation, gone, region=None, **params):
        """The same, where an error code among gone means there is nothing to do."""
        try:
            return self.call(service, operation, region, **params)
        except ClientError as error:
            if error.response["Error"]["Code"] not in gone:
                raise
            return None

    def name(self, limit=64, lower=False):
        """A name CloudFormation makes up."""
        suffix = "".join(random.choices(SUFFIX, k=12))
        head = f"{self.stack.name}-{self.logical_id}"[: limit - 13]
        made = f"{head}-{suffix}"
        return made.lower() if lower else made

    def arn(self, service, rest, region=None):
        """An ARN in the stack's account."""
        return f"arn:{self.partition}:{service}:{self.region if region is None else region}:{self.account}:{rest}"

    def tags(self, own):
        """The resource's tags with the stack's and CloudFormation's own."""
        tags = {
            **self.stack.tags,
            **{t["Key"]: t["Value"] for t in own or []},
            "aws:cloudformation:stack-name": self.stack.name,
            "aws:cloudformation:stack-id": self.stack.id,
            "aws:cloudformation:logical-id": self.logical_id,
        }
        return [{"Key": k, "Value": str(v)} for k, v in tags.items()]


class Handler:
    """One resource type. properties lists those it knows, required those it must have, fixed those whose change replaces."""

    kind = ""
    properties: tuple = ()
    required: tuple = ()
    fixed: tuple = ()
    name_property = ""

    def __init_subclass__(cls):
        if cls.kind:
            HANDLERS[cls.kind] = cls()

    def check(self, logical_id, properties):
        """Refuses properties that the type lacks, or that the lab does not know."""
        for name in properties:
            if name not in self.properties:
                told = f"[#: extraneous key [{name}] is not permitted] (or the lab does not know it)"
                raise Failure(f"Properties validation failed for resource {logical_id} with message: {told}", untouched=True)
        for name in self.required:
            if name not in properties:
                raise Failure(
                    f"Properties validation failed for resource {logical_id} with message: [#: required key [{name}] not found]",
                    untouched=True,
                )

    def create(self, context, p):
        """Makes the resource."""
        raise NotImplementedError

    def update(self, context, physical_id, old, new):
        """Changes it in place."""
        raise NotImplementedError

    def delete(self, context, physical_id, p):
        """Takes it away; one that is gone already is no error."""
        raise NotImplementedError

    def adopt(self, context, identifier, p):
        """Takes an existing resource into the stack (import)."""
        raise Failure(f"{self.kind} import is not supported.")


def text(document):
    """A policy document as text."""
    return document if isinstance(document, str) else json.dumps(document)


def reason(error, service_name=""):
    """The event's words for an API error."""
    if isinstance(error, Failure):
        return error.reason
    if not isinstance(error, ClientError):
        return getattr(error, "message", None) or str(error)
    told, meta = error.response["Error"], error.response["ResponseMetadata"]
    code = told["Code"]
    kinds = {
        "EntityAlreadyExists": "AlreadyExists",
        "BucketAlreadyOwnedByYou": "AlreadyExists",
        "BucketAlreadyExists": "AlreadyExists",
        "ResourceInUseException": "AlreadyExists",
    }
    kind = kinds.get(code) or (
        "AccessDenied"
        if "AccessDenied" in code or "Authorization" in code
        else "NotFound"
        if "NoSuch" in code or "NotFound" in code
        else "InvalidRequest"
    )
    request_id = meta.get("RequestId", "lab")
    words = f"{told['Message']} (Service: {service_name or 'AWS'}, Status Code: {meta.get('HTTPStatusCode')}, Request ID: {request_id})"
    return f'Resource handler returned message: "{words}" (RequestToken: {request_id}, HandlerErrorCode: {kind})'
