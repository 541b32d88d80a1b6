"""Calls to the lab's own services as some caller: CloudFormation's, Lambda's and SNS's acts go through the same gate as anybody's.

botocore builds and reads the messages; instead of a socket, the WSGI application answers.
"""

import functools
import threading
from io import BytesIO
from urllib.parse import unquote, urlsplit

import botocore.session
from botocore import UNSIGNED
from botocore.awsrequest import AWSResponse
from botocore.config import Config

from .state import lock

_session = botocore.session.Session()
_acting = threading.local()
_app = None
CONFIG = Config(
    signature_version=UNSIGNED,
    retries={"total_max_attempts": 1},
    parameter_validation=False,
    request_checksum_calculation="when_required",
    s3={"us_east_1_regional_endpoint": "regional"},
    inject_host_prefix=False,
    disable_request_compression=True,
)


class Raw(BytesIO):
    """A body as botocore expects it from its HTTP library."""

    def stream(self, **_):
        """The body in one piece."""
        yield self.read()


def use(app):
    """Sets the application that answers."""
    global _app
    _app = app


@functools.cache
def _client(service, region):
    with lock("client"):
        client = _session.create_client(service, region_name=region, config=CONFIG)
    client.meta.events.register("before-send", _send)
    return client


def call(caller, region, service, operation, **params):
    """Does one operation as caller; raises botocore's ClientError as the SDK would."""
    client = _client(service, region)
    previous = getattr(_acting, "caller", None)
    _acting.caller = (caller, region, service)
    try:
        return client._make_api_call(operation, {k: v for k, v in params.items() if v is not None})
    finally:
        _acting.caller = previous


SIGNING = {"cloudwatch": "monitoring"}


def _send(request, **_):
    caller, region, service = _acting.caller
    url = urlsplit(request.url)
    body = request.body or b""
    body = body.encode() if isinstance(body, str) else body if isinstance(body, (bytes, bytearray)) else body.read()
    environ = {
        "REQUEST_METHOD": request.method,
        "PATH_INFO": unquote(url.path),
        "QUERY_STRING": url.query,
        "RAW_URI": request.url[len(url.scheme) + 3 + len(url.netloc) :],
        "SCRIPT_NAME": "",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": url.netloc,
        "SERVER_NAME": url.hostname,
        "SERVER_PORT": "443",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": BytesIO(body),
        "wsgi.url_scheme": "https",
        "wsgi.errors": BytesIO(),
        "wsgi.version": (1, 0),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "lab.caller": caller,
    }
    for name, value in request.headers.items():
        value = value.decode() if isinstance(value, bytes) else str(value)
        name = name.upper().replace("-", "_")
        environ[name if name == "CONTENT_TYPE" else f"HTTP_{name}"] = value
    scope = f"{caller.access_key}/20260101/{region}/{SIGNING.get(service, service)}/aws4_request"
    environ["HTTP_AUTHORIZATION"] = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"
    answer = {}

    def start_response(status, headers, _=None):
        answer["status"], answer["headers"] = int(status.split()[0]), dict(headers)

    chunks = _app(environ, start_response)
    content = b"".join(chunks)
    return AWSResponse(request.url, answer["status"], answer["headers"], Raw(content))
