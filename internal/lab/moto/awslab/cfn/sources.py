"""Where a template comes from: a body, the previous one, or S3, read with the caller's own rights."""

from urllib.parse import parse_qs, unquote, urlsplit

from botocore.exceptions import ClientError

from .. import inside, wire
from ..needs import find_bucket
from ..s3needs import WRONG_ENDPOINT
from .check import BODY_LIMIT, URL_LIMIT
from .template import invalid, unmet


def source(call, stack=None):
    """The text of the template that a call names."""
    body, url, previous = call.get("TemplateBody"), call.get("TemplateURL"), call.get("UsePreviousTemplate")
    if sum(map(bool, (body, url, previous))) > 1:
        raise invalid("You cannot specify more than one of Template Body, Template URL and Use Previous Template.")
    if previous and stack is not None:
        return stack.source
    if url:
        return fetch(call, url)
    if not body:
        raise invalid("Either Template URL or Template Body must be specified.")
    size = len(body.encode())
    if size > BODY_LIMIT:
        raise unmet("templateBody", f"{body[:80]}...", f"Member must have length less than or equal to {BODY_LIMIT}")
    return body


def fetch(call, url):
    """The template at an S3 URL."""
    if len(url) > 5120:
        raise unmet("templateURL", f"{url[:80]}...", "Member must have length less than or equal to 5120")
    parts = urlsplit(url)
    host = parts.netloc
    if parts.scheme != "https" or not wire.is_aws(host) or not wire.is_s3(host) or "s3-website" in host:
        raise invalid("TemplateURL must be a supported URL.")
    stem = wire.stem(host)
    match = wire.S3_HOST.match(stem)
    region = match.group("region") if match else "us-east-1"
    bucket = stem[:-3] if stem.endswith(".s3") else (match.group("bucket") if match else None)
    path = unquote(parts.path)[1:]
    if not bucket:
        bucket, _, path = path.partition("/")
    version = parse_qs(parts.query).get("versionId", [None])[0]
    found, _ = find_bucket(bucket)
    if found is not None and match and found.region_name != region:
        raise invalid(
            f"S3 error: {WRONG_ENDPOINT}\nFor more information check http://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html"
        )
    try:
        answer = inside.call(
            call.caller, found.region_name if found else region, "s3", "GetObject", Bucket=bucket, Key=path, VersionId=version
        )
    except ClientError as error:
        told = error.response["Error"]
        message = "Access Denied" if told["Code"] == "AccessDenied" else told["Message"]
        raise invalid(
            f"S3 error: {message}\nFor more information check http://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html"
        ) from None
    body = answer["Body"].read()
    if len(body) > URL_LIMIT:
        raise invalid(f"Template may not exceed {URL_LIMIT} bytes in size.")
    try:
        return body.decode()
    except UnicodeDecodeError:
        raise invalid("Template format error: unsupported structure.") from None
