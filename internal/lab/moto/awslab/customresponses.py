"""The S3 bucket that custom resources answer to: presigned URLs, one per request, that take one PUT without any AWS identity."""

import hashlib
import json
import threading
import time
import uuid
from datetime import UTC, datetime
from urllib.parse import quote, unquote

from werkzeug.wrappers import Response

from . import errors, wire
from .state import on_reset

BUCKET = "cloudformation-custom-resource-response-"
VALID = 7200

_pending: dict[str, "Pending"] = {}


@on_reset
def _forget():
    _pending.clear()


class Pending:
    """One request that waits for its answer."""

    def __init__(self, region, key):
        self.region, self.key = region, key
        self.made = datetime.now(UTC)
        self.signature = hashlib.sha256(uuid.uuid4().bytes).hexdigest()
        self.body, self.hopeless = None, ""
        self.arrived = threading.Event()

    @property
    def url(self):
        """The presigned URL, as CloudFormation makes it: us-east-1 has the global form."""
        regional = "" if self.region == "us-east-1" else f".{self.region}"
        host = f"{BUCKET}{self.region.replace('-', '')}.s3{regional}.{wire.suffix_of(self.region)}"
        date = self.made.strftime("%Y%m%dT%H%M%SZ")
        credential = quote(f"AKIALABCLOUDFORMATN/{date[:8]}/{self.region}/s3/aws4_request", safe="")
        query = f"X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date={date}&X-Amz-SignedHeaders=host&X-Amz-Expires={VALID - 1}"
        return f"https://{host}/{quote(self.key, safe='')}?{query}&X-Amz-Credential={credential}&X-Amz-Signature={self.signature}"


def expect(region, stack_id, logical_id, request_id):
    """Makes the place where the answer to a request will arrive."""
    pending = Pending(region, f"{stack_id}|{logical_id}|{request_id}")
    _pending[pending.key] = pending
    return pending


def give_up(payload, why):
    """Ends the wait of those whose request is in an event that nothing on this machine can handle. AWS waits for the timeout."""
    try:
        messages = [json.loads(r["Sns"]["Message"]) for r in json.loads(payload)["Records"]]
        keys = ["|".join(m[k] for k in ("StackId", "LogicalResourceId", "RequestId")) for m in messages]
    except (ValueError, KeyError, TypeError):
        return
    for pending in filter(None, map(_pending.get, keys)):
        pending.hopeless = why
        pending.arrived.set()


def is_response_host(host):
    """Whether a host is the response bucket of some region."""
    return host.startswith(BUCKET)


def receive(http):
    """Takes an answer as S3 would: a wrong signature, region or content type is refused, the body's content is not looked at."""
    path = http.environ.get("RAW_URI", http.path).split("?")[0]
    pending = _pending.get(unquote(path)[1:])
    wrong = None
    if http.method != "PUT" or pending is None or http.host.split(":")[0] != pending.url.split("/")[2]:
        wrong = errors.Refusal("AccessDenied", "Access Denied", 403)
    elif http.args.get("X-Amz-Signature") != pending.signature or http.headers.get("Content-Type"):
        message = "The request signature we calculated does not match the signature you provided. Check your key and signing method."
        wrong = errors.Refusal("SignatureDoesNotMatch", message, 403)
    elif time.time() - pending.made.timestamp() > VALID:
        wrong = errors.Refusal("AccessDenied", "Request has expired", 403)
    body = http.get_data()
    if wrong:
        return errors.response("s3", "rest-xml", wrong)
    if pending.body is None:
        pending.body = body
        pending.arrived.set()
    return Response("", 200, {"ETag": f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'})
