"""SNS-backed custom resources as CloudFormation does them; moto knows only Lambda-backed ones in the same account.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref.html
"""

import json
import time
import uuid

from botocore.exceptions import ClientError

from .. import customresponses
from .registry import Failure, Made
from .template import text_of

SUBJECT = "AWS CloudFormation custom resource request"
LIMIT = 4096
SILENCE = (
    "CloudFormation did not receive a response from your Custom Resource. Please check your logs for requestId [{}]. If you are using the "
    "Python cfn-response module, you may need to update your Lambda function code so that CloudFormation can attach the updated version."
)


class Custom:
    """The handler of Custom::… and AWS::CloudFormation::CustomResource."""

    fixed = ()
    name_property = ""

    def check(self, logical_id, p):
        """Refuses what CloudFormation refuses of the properties it reads itself."""
        if "ServiceToken" not in p:
            raise Failure(
                f"Properties validation failed for resource {logical_id} with message: [#: required key [ServiceToken] not found]",
                untouched=True,
            )
        timeout = p.get("ServiceTimeout", 3600)
        if not str(timeout).isdigit() or not 1 <= int(timeout) <= 3600:
            raise Failure("ServiceTimeout must be an integer between 1 and 3600.", untouched=True)

    def create(self, context, p):
        """Create; a failed one carries the physical id that the Delete after it will name."""
        answer = self._request(context, "Create", p)
        return Made(answer["PhysicalResourceId"], answer.get("Data") or {})

    def update(self, context, physical_id, old, new):
        """Update; another physical id in the answer is a replacement."""
        if old["ServiceToken"] != new["ServiceToken"]:
            raise Failure("Modifying service token is not allowed.", untouched=True)
        answer = self._request(context, "Update", new, physical_id, old)
        return Made(answer["PhysicalResourceId"], answer.get("Data") or {})

    def delete(self, context, physical_id, p):
        """Delete; anything but SUCCESS fails."""
        self._request(context, "Delete", p, physical_id)

    def adopt(self, context, identifier, p):
        """Never: CloudFormation imports no custom resource."""
        raise Failure("Custom resources cannot be imported.")

    def _request(self, context, kind, p, physical_id=None, old=None):
        stack, request_id = context.stack, str(uuid.uuid4())
        made_up = f"{stack.name}-{context.logical_id}-{uuid.uuid4().hex[:12].upper()}"
        pending = customresponses.expect(stack.region, stack.id, context.logical_id, request_id)
        message = {
            "RequestType": kind,
            "ServiceToken": p["ServiceToken"],
            "ResponseURL": pending.url,
            "StackId": stack.id,
            "RequestId": request_id,
            "LogicalResourceId": context.logical_id,
            **({"PhysicalResourceId": physical_id} if physical_id else {}),
            "ResourceType": context.kind,
            "ResourceProperties": as_text(p),
            **({"OldResourceProperties": as_text(old)} if old is not None else {}),
        }
        self._publish(context, p["ServiceToken"], message)
        body = self._wait(context, pending, int(p.get("ServiceTimeout", 3600)), physical_id or made_up)
        if pending.hopeless:
            raise Failure(f"On this lab {pending.hopeless}", physical_id, untouched=kind == "Create")
        if body is None:
            raise Failure(SILENCE.format(request_id), physical_id or made_up)
        return _read(body, message, physical_id or made_up)

    def _publish(self, context, token, message):
        if not token.startswith("arn:") or token.split(":")[2] != "sns":
            raise Failure(f"Invalid service token: {token}")
        if token.split(":")[3] != context.region:
            raise Failure(f"Invalid parameter: TopicArn ({_where(400, 'InvalidParameter', uuid.uuid4())})")
        try:
            context.call("sns", "Publish", TopicArn=token, Subject=SUBJECT, Message=json.dumps(message))
        except ClientError as error:
            told, meta = error.response["Error"], error.response["ResponseMetadata"]
            where = _where(meta["HTTPStatusCode"], told["Code"], meta.get("RequestId", "lab"))
            raise Failure(f"{told['Message']} ({where})") from None

    def _wait(self, context, pending, seconds, pending_id):
        # Waits in small steps, so that a deletion or a cancelled update need not wait for the timeout.
        end = time.monotonic() + seconds
        while time.monotonic() < end and not context.stack.cancelled:
            if pending.arrived.wait(min(0.2, max(0.0, end - time.monotonic()))):
                return pending.body
        if context.stack.cancelled:
            raise Failure("Resource creation cancelled", pending_id)
        return None


def _where(status, code, request_id):
    return f"Service: AmazonSNS; Status Code: {status}; Error Code: {code}; Request ID: {request_id}"


def as_text(value):
    """Properties as they are sent: every scalar a string."""
    if isinstance(value, dict):
        return {k: as_text(v) for k, v in value.items()}
    return [as_text(v) for v in value] if isinstance(value, list) else text_of(value)


def _read(body, message, known_id):
    if len(body) > LIMIT:
        raise Failure("Response object is too long.", known_id)
    try:
        answer = json.loads(body)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise Failure("Invalid Response object: Value is not valid JSON.", known_id)
    for name in ("StackId", "RequestId", "LogicalResourceId"):
        if answer.get(name) != message[name]:
            raise Failure(f"Invalid Response object: Value of property {name} must match that of the request.", known_id)
    if answer.get("Status") not in ("SUCCESS", "FAILED"):
        raise Failure("Invalid Response object: Value of property Status must be one of [SUCCESS, FAILED].", known_id)
    physical_id = answer.get("PhysicalResourceId")
    if not isinstance(physical_id, str) or not physical_id or len(physical_id.encode()) > 1024:
        raise Failure("Invalid PhysicalResourceId", known_id)
    if answer["Status"] == "FAILED":
        if not answer.get("Reason"):
            raise Failure("Invalid Response object: Value of property Reason is required when Status is FAILED.", physical_id)
        told = f"{answer['Reason']} (RequestId: {message['RequestId']})"
        raise Failure(f"Received response status [FAILED] from custom resource. Message returned: {told}", physical_id)
    return answer
