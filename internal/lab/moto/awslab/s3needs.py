"""What an S3 request needs, and S3's own refusals: redirects, foreign owners, a missing key that must not be told from a forbidden one."""

from types import NoneType

from moto.s3.models import FakeDeleteMarker
from moto.utilities.utils import get_partition

from .errors import Refusal
from .needs import Need, find_bucket

BUCKET_QUERIES = {
    "policy": ("BucketPolicy", "PutBucketPolicy", "DeleteBucketPolicy"),
    "policyStatus": ("BucketPolicyStatus", "", ""),
    "location": ("BucketLocation", "", ""),
    "versioning": ("BucketVersioning", "PutBucketVersioning", ""),
    "encryption": ("EncryptionConfiguration", "PutEncryptionConfiguration", "PutEncryptionConfiguration"),
    "publicAccessBlock": ("BucketPublicAccessBlock", "PutBucketPublicAccessBlock", "PutBucketPublicAccessBlock"),
    "ownershipControls": ("BucketOwnershipControls", "PutBucketOwnershipControls", "PutBucketOwnershipControls"),
    "lifecycle": ("LifecycleConfiguration", "PutLifecycleConfiguration", "PutLifecycleConfiguration"),
    "tagging": ("BucketTagging", "PutBucketTagging", "PutBucketTagging"),
    "acl": ("BucketAcl", "PutBucketAcl", ""),
    "cors": ("BucketCORS", "PutBucketCORS", "PutBucketCORS"),
    "logging": ("BucketLogging", "PutBucketLogging", ""),
    "notification": ("BucketNotification", "PutBucketNotification", ""),
    "website": ("BucketWebsite", "PutBucketWebsite", "DeleteBucketWebsite"),
    "accelerate": ("AccelerateConfiguration", "PutAccelerateConfiguration", ""),
    "replication": ("ReplicationConfiguration", "PutReplicationConfiguration", "PutReplicationConfiguration"),
    "object-lock": ("BucketObjectLockConfiguration", "PutBucketObjectLockConfiguration", ""),
    "requestPayment": ("BucketRequestPayment", "PutBucketRequestPayment", ""),
}
WRONG_ENDPOINT = (
    "The bucket you are attempting to access must be addressed using the specified endpoint. "
    + "Please send all future requests to this endpoint."
)
METHODS = {"GET": 0, "HEAD": 0, "PUT": 1, "DELETE": 2}


def needs(asked, caller):
    """The actions behind an S3 request."""
    method, query = asked.http.method, asked.http.args
    if not asked.bucket:
        return [Need("s3:ListAllMyBuckets", "*", caller.account)]
    bucket, owner = find_bucket(asked.bucket)
    resource = f"arn:{caller.partition}:s3:::{asked.bucket}"
    policy = bucket.policy.decode() if bucket and bucket.policy else None
    owner = owner or caller.account
    context, fenced = {}, public_blocked(bucket)

    def need(action, key=""):
        return Need(f"s3:{action}", f"{resource}/{key}" if key else resource, owner, policy, context, fenced)

    if asked.key:
        action = _object_action(method, query)
        tags = action == "PutObject" and "x-amz-tagging" in asked.http.headers
        return [need(a, asked.key) for a in (action, "PutObjectTagging")[: 1 + tags]]
    for name, verbs in BUCKET_QUERIES.items():
        if name in query and method in METHODS:
            verb = verbs[METHODS[method]]
            return [need(f"Get{verb}" if METHODS[method] == 0 else verb)]
    if method == "POST" and "delete" in query:
        return [need(action, key) for action, key in _deletes(asked.http.get_data())]
    if method in ("GET", "HEAD"):
        action = "ListBucketVersions" if "versions" in query else "ListBucketMultipartUploads" if "uploads" in query else "ListBucket"
        context |= {f"s3:{k}": query[k] for k in ("prefix", "delimiter", "max-keys") if k in query}
        return [need(action)]
    if method == "PUT":
        return [Need("s3:CreateBucket", resource, caller.account)]
    return [need("DeleteBucket")]


def _object_action(method, query):
    version = "Version" if "versionId" in query else ""
    for name in ("acl", "tagging"):
        if name in query:
            verb = {"GET": "Get", "PUT": "Put", "DELETE": "Delete"}[method]
            return f"{verb}Object{version}{name.capitalize()}"
    if method in ("GET", "HEAD"):
        return "ListMultipartUploadParts" if "uploadId" in query else f"GetObject{version}"
    if method == "DELETE":
        return "AbortMultipartUpload" if "uploadId" in query else f"DeleteObject{version}"
    return "PutObject"


def _deletes(body):
    import xml.etree.ElementTree as ET

    made = []
    for e in ET.fromstring(body).iter():
        if e.tag.rpartition("}")[2] == "Object":
            told = {child.tag.rpartition("}")[2]: child.text or "" for child in e}
            made.append(("DeleteObjectVersion" if told.get("VersionId") else "DeleteObject", told.get("Key", "")))
    return made or [("DeleteObject", "*")]


def check(asked, caller):
    """S3's refusals that no policy decides; before the decision."""
    if asked.website:
        raise Refusal("MethodNotAllowed", "The specified method is not allowed against this resource.", 405)
    bucket, owner = find_bucket(asked.bucket) if asked.bucket else (None, "")
    if bucket is None:
        return
    region = bucket.region_name
    if asked.host_region and asked.host_region != region:
        raise Refusal("PermanentRedirect", WRONG_ENDPOINT, 301, {"Bucket": asked.bucket, "x-amz-bucket-region": region})
    if caller.kind != "anonymous" and get_partition(region) != caller.partition:
        raise Refusal("InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.", 403)
    expected = asked.http.headers.get("x-amz-expected-bucket-owner")
    if expected and expected != owner:
        raise Refusal("AccessDenied", "Access Denied", 403)


def hides(asked):
    """Whether the answer to a read would be "no such key", which S3 tells only to those who may list the bucket."""
    if not asked.key or asked.http.method not in ("GET", "HEAD"):
        return False
    bucket, _ = find_bucket(asked.bucket)
    return bucket is not None and isinstance(bucket.keys.get(asked.key), NoneType | FakeDeleteMarker)


def public_blocked(bucket):
    """Whether the bucket ignores public policies for other accounts (RestrictPublicBuckets)."""
    block = bucket.public_access_block if bucket else None
    return bool(block) and str(block.restrict_public_buckets).lower() == "true"
