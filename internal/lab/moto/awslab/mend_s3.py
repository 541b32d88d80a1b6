"""S3: policies checked as S3 checks them, checksums kept and told, and bucket names of the account-regional namespace."""

import base64
import hashlib
import json
import re

from moto.iam.access_control import PermissionResult
from moto.s3.models import FakeBucket, FakeKey, PublicAccessBlock

from .errors import Refusal
from .needs import find_bucket
from .principals import missing_principal

PUBLIC_LIMITS = {
    "aws:principalaccount",
    "aws:principalorgid",
    "aws:principalarn",
    "aws:sourcearn",
    "aws:sourceaccount",
    "aws:sourcevpce",
    "aws:sourcevpc",
    "aws:sourceip",
    "aws:userid",
    "aws:principalorgpaths",
}
NAMESPACED = re.compile(r"^[a-z0-9.-]+-(\d{12})-([a-z0-9-]+)-an$")


_plain_etag = FakeKey.etag


def _etag(key):
    # Under a KMS key an object's ETag is not the MD5 of its bytes.
    plain = _plain_etag.fget(key)
    return f'"{hashlib.md5((plain + key.name).encode()).hexdigest()}"' if key.encryption == "aws:kms" else plain


FakeKey.etag = property(_etag)


def is_public(document):
    """Whether S3 takes a bucket policy for public: a grant to everybody without a fixed limit."""
    statements = document.get("Statement", [])
    for statement in statements if isinstance(statements, list) else [statements]:
        principal = statement.get("Principal")
        named = principal.get("AWS") if isinstance(principal, dict) else principal
        everybody = named == "*" or (isinstance(named, list) and "*" in named)
        if statement.get("Effect") == "Allow" and everybody and not _limited(statement.get("Condition", {})):
            return True
    return False


def _limited(condition):
    # aws:PrincipalAccount is left out of the public test's fixed values by S3's documentation, unlike the others.
    for operator, keys in condition.items():
        if operator.startswith(("StringEquals", "StringLike", "Arn", "IpAddress")):
            for key, values in keys.items():
                values = values if isinstance(values, list) else [values]
                fixed = all("*" not in str(v) and "${" not in str(v) for v in values)
                if fixed and key.lower() in PUBLIC_LIMITS - {"aws:principalaccount"}:
                    return True
    return False


def _request(asked, caller):
    method, query = asked.http.method, asked.http.args
    if asked.bucket and not asked.key and method == "PUT":
        if "policy" in query:
            _put_policy(asked)
        elif not query:
            _create_bucket(asked, caller)
    if asked.key and method == "PUT" and "x-amz-copy-source" not in asked.http.headers and "partNumber" not in query:
        _check_digest(asked)


def _put_policy(asked):
    data = asked.http.get_data()
    if len(data) > 20480:
        raise Refusal("PolicyTooLarge", "Policy exceeds the maximum allowed document size.")
    try:
        document = json.loads(data)
    except ValueError:
        raise Refusal("MalformedPolicy", "This policy contains invalid Json") from None
    missing = missing_principal(document)
    if missing:
        raise Refusal("MalformedPolicy", "Invalid principal in policy", extra={"Detail": f'"AWS" : "{missing}"'})
    bucket, _ = find_bucket(asked.bucket)
    block = bucket.public_access_block if bucket else None
    if block and str(block.block_public_policy).lower() == "true" and is_public(document):
        message = "because public policies are prevented by the BlockPublicPolicy setting in S3 Block Public Access."
        caller = asked.http.environ.get("lab.caller")
        who = f"User: {caller.arn} is not authorized to perform: s3:PutBucketPolicy " if caller else ""
        raise Refusal("AccessDenied", f'{who}on resource: "arn:aws:s3:::{asked.bucket}" {message}', 403)


def _create_bucket(asked, caller):
    # A name of the account-regional namespace can be taken only by its account, in its region, and only on purpose.
    declared = asked.http.headers.get("x-amz-bucket-namespace") == "account-regional"
    if NAMESPACED.match(asked.bucket) and not (declared and asked.bucket.endswith(f"-{caller.account}-{asked.region}-an")):
        raise Refusal("InvalidBucketName", "The specified bucket is not valid.", extra={"BucketName": asked.bucket})


def _check_digest(asked):
    told = asked.http.headers.get("x-amz-checksum-sha256")
    if told and base64.b64encode(hashlib.sha256(asked.http.get_data()).digest()).decode() != told:
        if asked.http.headers.get("x-amz-content-sha256", "").startswith("STREAMING"):
            return
        raise Refusal("BadDigest", "The SHA256 you specified did not match the calculated checksum.")


def _answer(asked, caller, answer):
    method, query = asked.http.method, asked.http.args
    if method == "PUT" and asked.bucket and not asked.key and not query and answer.status_code < 300:
        _defaults(asked)
    if not asked.key or query or answer.status_code >= 300:
        return answer
    bucket, _ = find_bucket(asked.bucket)
    key = bucket.keys.get(asked.key) if bucket else None
    if key is None:
        return answer
    if method == "PUT" and "x-amz-copy-source" not in asked.http.headers:
        _keep_checksum(asked, key, answer)
        key.encryption = key.encryption or "AES256"
        answer.headers["x-amz-server-side-encryption"] = key.encryption
    elif method in ("GET", "HEAD") and asked.http.headers.get("x-amz-checksum-mode", "").upper() == "ENABLED":
        for algorithm, value in getattr(key, "lab_checksums", {}).items():
            answer.headers[f"x-amz-checksum-{algorithm}"] = value
            answer.headers["x-amz-checksum-type"] = "FULL_OBJECT"
    return answer


def _defaults(asked):
    # What every new bucket has since April 2023.
    bucket, _ = find_bucket(asked.bucket)
    bucket.public_access_block = PublicAccessBlock("true", "true", "true", "true")
    bucket.ownership_rule = asked.http.headers.get("x-amz-object-ownership", "BucketOwnerEnforced")
    bucket.encryption = {"Rule": {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": "false"}}


def _keep_checksum(asked, key, answer):
    wanted = [a for a in ("sha256", "crc32", "crc32c", "crc64nvme", "sha1") if f"x-amz-checksum-{a}" in asked.http.headers]
    trailer = asked.http.headers.get("x-amz-trailer", "").removeprefix("x-amz-checksum-")
    named = asked.http.headers.get("x-amz-sdk-checksum-algorithm", "").lower()
    key.lab_checksums = {}
    for algorithm in {*wanted, trailer, named} - {""}:
        value = asked.http.headers.get(f"x-amz-checksum-{algorithm}") or answer.headers.get(f"x-amz-checksum-{algorithm}")
        if algorithm == "sha256":
            value = base64.b64encode(hashlib.sha256(key.value).digest()).decode()
        if value:
            key.lab_checksums[algorithm] = value
            answer.headers[f"x-amz-checksum-{algorithm}"] = value


# Moto reads bucket policies too, without their conditions: the gate has decided already.
FakeBucket.get_permission = lambda self, action, resource: PermissionResult.PERMITTED

BEFORE = {("s3", "*"): _request}
AFTER = {("s3", "*"): _answer}
