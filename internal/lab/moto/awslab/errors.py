"""The error shapes of AWS's protocols, for answers that do not come from moto."""

import json
import uuid
from xml.sax.saxutils import escape

from werkzeug.wrappers import Response

SENDER_XML = (
    '<ErrorResponse xmlns="https://{service}.amazonaws.com/doc/"><Error><Type>Sender</Type><Code>{code}</Code>'
    "<Message>{message}</Message></Error><RequestId>{request_id}</RequestId></ErrorResponse>"
)
S3_XML = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{message}</Message>{extra}'
    "<RequestId>{request_id}</RequestId><HostId>lab</HostId></Error>"
)
QUERY = {"sts", "sns", "iam", "cloudformation", "monitoring", "cloudwatch"}


class Refusal(Exception):
    """An error that AWS would answer with: raised anywhere, turned into the asked service's error shape by the app."""

    def __init__(self, code, message, status=400, extra=None):
        super().__init__(f"{code}: {message}")
        self.code, self.message, self.status, self.extra = code, message, status, extra or {}


class Broken(Exception):
    """The lab itself lacks something or is wrong: never an answer AWS would give."""


def response(service, protocol, refusal, method="GET"):
    """The answer for a refusal in that service's protocol."""
    request_id = str(uuid.uuid4())
    headers = {"x-amzn-RequestId": request_id, "x-amz-request-id": request_id}
    if service == "s3":
        extra = "".join(f"<{k}>{escape(v)}</{k}>" for k, v in refusal.extra.items() if not k.startswith("x-"))
        headers |= {k: v for k, v in refusal.extra.items() if k.startswith("x-")}
        body = S3_XML.format(code=refusal.code, message=escape(refusal.message), extra=extra, request_id=request_id)
        return Response("" if method == "HEAD" else body, refusal.status, headers, content_type="application/xml")
    if protocol == "query":
        body = SENDER_XML.format(service=service, code=refusal.code, message=escape(refusal.message), request_id=request_id)
        return Response(body, refusal.status, headers, content_type="text/xml")
    headers["x-amzn-ErrorType"] = refusal.code
    body = {"__type": refusal.code, "message": refusal.message, "Message": refusal.message, **refusal.extra}
    return Response(json.dumps(body), refusal.status, headers, content_type="application/x-amz-json-1.0")


def broken(text):
    """The answer that makes a test fail loudly: the lab is at fault, not what is tested."""
    return Response(f"lab is broken: {text}\n", 500, {"x-lab-broken": "1"}, content_type="text/plain")
