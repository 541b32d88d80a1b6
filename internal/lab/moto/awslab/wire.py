"""Reads from a request what it asks for: service, operation, region, access key and parameters, in each of AWS's protocols."""

import functools
import json
import re
from dataclasses import dataclass, field
from urllib.parse import parse_qs, unquote

import botocore.session
from werkzeug.wrappers import Request as HTTPRequest

SUFFIXES = (".amazonaws.com.cn", ".amazonaws.com", ".amazonaws.eu")
SCOPE = re.compile(r"Credential=([^/,\s]+)/\d{8}/([^/]+)/([^/]+)/aws4_request")
S3_HOST = re.compile(r"^(?:(?P<bucket>.+)\.)?s3[.-](?:(?:dualstack|fips)[.-])?(?P<region>[a-z0-9-]+)$")
REGION = re.compile(r"^[a-z]+(-[a-z]+)+-\d+$")
REST = {"lambda": "lambda", "scheduler": "scheduler"}

session = botocore.session.Session()


@dataclass
class Asked:
    """One request, understood."""

    http: HTTPRequest
    service: str = ""
    operation: str = ""
    protocol: str = "json"
    region: str = "us-east-1"
    access_key: str = ""
    token: str = ""
    params: dict = field(default_factory=dict)
    bucket: str = ""
    key: str = ""
    website: bool = False
    host_region: str = ""


def is_aws(host):
    """Whether a host name is one of AWS's."""
    return host.split(":")[0].endswith(SUFFIXES)


def stem(host):
    """The host name without AWS's suffix."""
    host = host.split(":")[0].lower()
    return next((host[: -len(s)] for s in SUFFIXES if host.endswith(s)), host)


def partition_of(region):
    """The partition of a region."""
    for prefix, name in (("cn-", "aws-cn"), ("us-gov-", "aws-us-gov"), ("eusc-", "aws-eusc")):
        if region.startswith(prefix):
            return name
    return "aws"


def suffix_of(region):
    """The DNS suffix of a region."""
    return {"aws-cn": "amazonaws.com.cn", "aws-eusc": "amazonaws.eu"}.get(partition_of(region), "amazonaws.com")


def understand(http):
    """The request, understood."""
    asked = Asked(http)
    scope = SCOPE.search(http.headers.get("Authorization", ""))
    if scope:
        asked.access_key, asked.region, asked.service = scope.groups()
        asked.token = http.headers.get("X-Amz-Security-Token", "")
    elif "X-Amz-Credential" in http.args:
        asked.access_key, _, asked.region, asked.service, _ = http.args["X-Amz-Credential"].split("/")
        asked.token = http.args.get("X-Amz-Security-Token", "")
    elif "AWSAccessKeyId" in http.args:  # a URL presigned with version 2
        asked.access_key, asked.token = http.args["AWSAccessKeyId"], http.args.get("x-amz-security-token", "")
    labels = stem(http.host).split(".")
    if not asked.service:
        asked.service = "s3" if is_s3(http.host) else labels[0]
    if asked.service != "s3" and is_aws(http.host) and REGION.match(labels[-1]):
        asked.region = labels[-1]
    _READERS.get(asked.service, _read_call)(asked)
    return asked


def is_s3(host):
    """Whether a host name is S3's, website endpoints included."""
    host = stem(host)
    return host == "s3" or host.endswith(".s3") or bool(S3_HOST.match(host)) or "s3-website" in host


def _read_call(asked):
    http = asked.http
    target = http.headers.get("X-Amz-Target", "")
    rpc = re.match(r"^/service/[^/]+/operation/(\w+)$", http.path)
    if target:
        asked.operation, asked.params = target.rsplit(".", 1)[-1], _json(http.get_data())
    elif rpc:
        asked.operation = rpc.group(1)
    elif asked.service in REST:
        asked.operation, asked.params = _rest(REST[asked.service], http)
    else:
        asked.protocol = "query"
        body = http.get_data().decode("utf-8", "replace") if http.method == "POST" else ""
        query = parse_qs(body or http.query_string.decode(), keep_blank_values=True)
        asked.params = {k: v[0] for k, v in query.items()}
        asked.operation = asked.params.get("Action", "")


def _read_s3(asked):
    http, host = asked.http, stem(asked.http.host)
    asked.protocol = "rest-xml"
    asked.website = "s3-website" in host
    path = unquote(http.environ.get("RAW_URI", http.path).split("?")[0]) if "RAW_URI" in http.environ else http.path
    match = S3_HOST.match(host)
    if host == "s3" or host.endswith(".s3"):
        asked.bucket = host[:-3]
    elif match:
        asked.bucket, asked.host_region = match.group("bucket") or "", match.group("region")
        asked.region = asked.host_region
    if asked.bucket:
        asked.key = path[1:]
    else:
        asked.bucket, _, asked.key = path[1:].partition("/")


_READERS = {"s3": _read_s3}


def _json(data):
    try:
        parsed = json.loads(data or b"{}")
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}


@functools.cache
def _routes(service):
    model = session.get_service_model(service)
    routes = []
    for name in model.operation_names:
        spec = model.operation_model(name).http
        uri = spec["requestUri"].split("?")[0].rstrip("/")
        pattern = re.sub(r"\{(\w+)\+?\}", lambda m: f"(?P<{m.group(1)}>[^/]+)", uri)
        routes.append((spec["method"], re.compile(f"^{pattern}/?$"), name, uri.count("{")))
    return sorted(routes, key=lambda r: r[3])


def _rest(service, http):
    path = http.environ.get("RAW_URI", http.path).split("?")[0]
    for method, pattern, name, _ in _routes(service):
        match = pattern.match(path)
        if method == http.method and match:
            body = {} if name == "Invoke" else _json(http.get_data())
            return name, {**http.args.to_dict(), **body, **{k: unquote(v) for k, v in match.groupdict().items()}}
    return "", {}
