"""S3's resource types: moto's bucket ignores most of its properties, and its bucket policy does not exist."""

from .. import wire
from .registry import Failure, Handler, Made, text

GONE = {"NoSuchBucket", "NoSuchBucketPolicy", "404"}


class Bucket(Handler):
    """AWS::S3::Bucket, names of the account-regional namespace included."""

    kind = "AWS::S3::Bucket"
    properties = (
        "BucketName",
        "BucketNamePrefix",
        "BucketNamespace",
        "BucketEncryption",
        "VersioningConfiguration",
        "PublicAccessBlockConfiguration",
        "OwnershipControls",
        "LifecycleConfiguration",
        "Tags",
        "AccessControl",
        "LoggingConfiguration",
        "NotificationConfiguration",
    )
    fixed = ("BucketName", "BucketNamePrefix", "BucketNamespace")
    name_property = "BucketName"

    def create(self, c, p):
        """CreateBucket, then one call per setting; a bucket that cannot be set up is taken away again."""
        name = self._name(c, p)
        where = {"LocationConstraint": c.region} if c.region != "us-east-1" else None
        namespace = p.get("BucketNamespace")
        ownership = "BucketOwnerEnforced"
        c.call("s3", "CreateBucket", Bucket=name, CreateBucketConfiguration=where, BucketNamespace=namespace, ObjectOwnership=ownership)
        try:
            return self.update(c, name, {}, p)
        except Exception:
            c.quiet("s3", "DeleteBucket", GONE, Bucket=name)
            raise

    def _name(self, c, p):
        suffix = f"-{c.account}-{c.region}-an"
        regional = p.get("BucketNamespace", "account-regional" if "BucketNamePrefix" in p else "global") == "account-regional"
        if "BucketNamePrefix" in p:
            if "BucketName" in p or not regional:
                raise Failure("BucketNamePrefix can be used only with the account-regional namespace and without BucketName.")
            return p["BucketNamePrefix"].rstrip("-") + suffix
        if "BucketName" in p:
            return p["BucketName"]
        return c.name(63 - len(suffix), lower=True) + suffix if regional else c.name(63, lower=True)

    def update(self, c, name, old, new):
        """The settings."""
        default_block = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True)
        block = new.get("PublicAccessBlockConfiguration", default_block)
        block = {k: str(block.get(k, False)).lower() == "true" for k in default_block}
        c.call("s3", "PutPublicAccessBlock", Bucket=name, PublicAccessBlockConfiguration=block)
        encryption = new.get(
            "BucketEncryption", {"ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}
        )
        rules = [
            {**r, "ApplyServerSideEncryptionByDefault": r["ServerSideEncryptionByDefault"]}
            for r in encryption["ServerSideEncryptionConfiguration"]
        ]
        rules = [{k: v for k, v in r.items() if k in ("ApplyServerSideEncryptionByDefault", "BucketKeyEnabled")} for r in rules]
        c.call("s3", "PutBucketEncryption", Bucket=name, ServerSideEncryptionConfiguration={"Rules": rules})
        if "VersioningConfiguration" in new:
            c.call("s3", "PutBucketVersioning", Bucket=name, VersioningConfiguration={"Status": new["VersioningConfiguration"]["Status"]})
        elif "VersioningConfiguration" in old:
            c.call("s3", "PutBucketVersioning", Bucket=name, VersioningConfiguration={"Status": "Suspended"})
        if "OwnershipControls" in new:
            c.call("s3", "PutBucketOwnershipControls", Bucket=name, OwnershipControls=new["OwnershipControls"])
        if "LifecycleConfiguration" in new:
            c.call(
                "s3",
                "PutBucketLifecycleConfiguration",
                Bucket=name,
                LifecycleConfiguration={"Rules": [lifecycle(r) for r in new["LifecycleConfiguration"]["Rules"]]},
            )
        elif "LifecycleConfiguration" in old:
            c.call("s3", "DeleteBucketLifecycle", Bucket=name)
        c.call(
            "s3",
            "PutBucketTagging",
            Bucket=name,
            Tagging={"TagSet": [t for t in c.tags(new.get("Tags")) if not t["Key"].startswith("aws:")]},
        )
        return self._made(c, name)

    def _made(self, c, name):
        suffix = wire.suffix_of(c.region)
        return Made(
            name,
            {
                "Arn": f"arn:{c.partition}:s3:::{name}",
                "DomainName": f"{name}.s3.{suffix}",
                "RegionalDomainName": f"{name}.s3.{c.region}.{suffix}",
                "WebsiteURL": f"http://{name}.s3-website-{c.region}.{suffix}",
            },
        )

    def delete(self, c, name, p):
        """DeleteBucket; a bucket with objects refuses."""
        c.quiet("s3", "DeleteBucket", GONE, Bucket=name)

    def adopt(self, c, identifier, p):
        """Takes in an existing bucket by its name."""
        name = identifier["BucketName"]
        c.call("s3", "HeadBucket", Bucket=name)
        return self._made(c, name)


def lifecycle(rule):
    """A lifecycle rule in the API's words."""
    made = {"ID": rule.get("Id"), "Status": rule["Status"], "Filter": {"Prefix": rule.get("Prefix", "")}}
    if "ExpirationInDays" in rule or "ExpiredObjectDeleteMarker" in rule:
        made["Expiration"] = {"Days": int(rule["ExpirationInDays"])} if "ExpirationInDays" in rule else {"ExpiredObjectDeleteMarker": True}
    noncurrent = rule.get("NoncurrentVersionExpiration") or (
        {"NoncurrentDays": rule["NoncurrentVersionExpirationInDays"]} if "NoncurrentVersionExpirationInDays" in rule else None
    )
    if noncurrent:
        made["NoncurrentVersionExpiration"] = {k: int(v) for k, v in noncurrent.items()}
    if "AbortIncompleteMultipartUpload" in rule:
        made["AbortIncompleteMultipartUpload"] = {"DaysAfterInitiation": int(rule["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"])}
    if "TagFilters" in rule:
        made["Filter"] = {"And": {"Prefix": rule.get("Prefix", ""), "Tags": rule["TagFilters"]}}
    known = {
        "Id",
        "Status",
        "Prefix",
        "ExpirationInDays",
        "ExpiredObjectDeleteMarker",
        "NoncurrentVersionExpiration",
        "NoncurrentVersionExpirationInDays",
        "AbortIncompleteMultipartUpload",
        "TagFilters",
    }
    if set(rule) - known:
        raise Failure(f"lab: lifecycle settings not implemented: {sorted(set(rule) - known)}")
    return {k: v for k, v in made.items() if v is not None}


class BucketPolicy(Handler):
    """AWS::S3::BucketPolicy."""

    kind = "AWS::S3::BucketPolicy"
    properties = ("Bucket", "PolicyDocument")
    required = properties
    fixed = ("Bucket",)

    def create(self, c, p):
        """PutBucketPolicy."""
        c.call("s3", "PutBucketPolicy", Bucket=p["Bucket"], Policy=text(p["PolicyDocument"]))
        return Made(p["Bucket"])

    def update(self, c, physical_id, old, new):
        """The document."""
        return self.create(c, new)

    def delete(self, c, physical_id, p):
        """DeleteBucketPolicy."""
        c.quiet("s3", "DeleteBucketPolicy", GONE, Bucket=p["Bucket"])
