"""S3: who may read and write, and what S3 checks of what is written."""

import base64
import hashlib
import json

from .harness import Account, Case, allow, send


def bucket(account, name=None, region="eu-west-1"):
    """A bucket of the account's regional namespace, and a client."""
    s3 = account.client("s3", region)
    name = name or f"b-{account.id}-{region}-an"
    where = {"CreateBucketConfiguration": {"LocationConstraint": region}} if region != "us-east-1" else {}
    namespace = {"BucketNamespace": "account-regional"} if name.endswith("-an") else {}
    s3.create_bucket(Bucket=name, **where, **namespace)
    return name, s3


def policy(*statements):
    """A bucket policy."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


class Templates(Case):
    """A bucket that is read across accounts, each on its own prefix."""

    def setUp(self):
        self.partner, self.customer, self.other = Account(), Account(), Account()
        self.bucket, self.s3 = bucket(self.partner)
        statement = {
            "Effect": "Allow",
            "Principal": {"AWS": [f"arn:aws:iam::{c.id}:root" for c in (self.customer, self.other)]},
            "Action": "s3:GetObject",
            "Resource": f"arn:aws:s3:::{self.bucket}/templates/${{aws:PrincipalAccount}}/*",
        }
        plain = {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": f"arn:aws:s3:::{self.bucket}/*",
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
        block = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True)
        self.s3.put_public_access_block(Bucket=self.bucket, PublicAccessBlockConfiguration=block)
        self.s3.put_bucket_policy(Bucket=self.bucket, Policy=policy(statement, plain))
        self.key = {"Bucket": self.bucket, "Key": f"templates/{self.customer.id}/globex/abc.yaml"}
        self.s3.put_object(**self.key, Body=b"body")

    def test_reading(self):
        """The account of the prefix reads; another, an identity without the right, and nobody do not."""
        self.assertEqual(self.customer.client("s3", "eu-west-1").get_object(**self.key)["Body"].read(), b"body")
        self.refused("AccessDenied", self.other.client("s3", "eu-west-1").get_object, "Access Denied", **self.key)
        self.refused("AccessDenied", Account().client("s3", "eu-west-1").get_object, **self.key)
        weak = self.customer.principal("role/Weak", allow("s3:ListBucket"))
        self.refused("AccessDenied", weak.client("s3", "eu-west-1").get_object, **self.key)
        self.refused("AccessDenied", self.customer.client("s3", "eu-west-1").put_object, **self.key, Body=b"other")
        status, _, body = send("GET", f"{self.bucket}.s3.eu-west-1.amazonaws.com", "/" + self.key["Key"])
        self.assertEqual((status, b"<Code>AccessDenied</Code>" in body), (403, True))

    def test_missing_key(self):
        """A missing key is told only to those who may list."""
        missing = {**self.key, "Key": f"templates/{self.customer.id}/none"}
        self.refused("NoSuchKey", self.s3.get_object, **missing)
        self.refused("AccessDenied", self.customer.client("s3", "eu-west-1").get_object, **missing)

    def test_public_policy_is_blocked(self):
        """Block Public Access refuses a policy open to everybody, aws:PrincipalAccount notwithstanding."""
        public = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{self.bucket}/*"}
        self.refused("AccessDenied", self.s3.put_bucket_policy, "BlockPublicPolicy", Bucket=self.bucket, Policy=policy(public))
        limited = {**public, "Condition": {"StringEquals": {"aws:PrincipalAccount": self.customer.id}}}
        self.refused("AccessDenied", self.s3.put_bucket_policy, Bucket=self.bucket, Policy=policy(limited))
        organisation = {**public, "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1234567890"}}}
        self.s3.put_bucket_policy(Bucket=self.bucket, Policy=policy(organisation))

    def test_public_bucket(self):
        """Without the block everybody reads, signed or not."""
        self.s3.delete_public_access_block(Bucket=self.bucket)
        public = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{self.bucket}/*"}
        self.s3.put_bucket_policy(Bucket=self.bucket, Policy=policy(public))
        self.assertEqual(send("GET", f"{self.bucket}.s3.eu-west-1.amazonaws.com", "/" + self.key["Key"])[2], b"body")
        Account().client("s3", "eu-west-1").get_object(**self.key)

    def test_restricted(self):
        """With RestrictPublicBuckets one public statement cuts off the grants to other accounts too."""
        mine = json.loads(self.s3.get_bucket_policy(Bucket=self.bucket)["Policy"])["Statement"]
        public = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{self.bucket}/public/*"}
        block = {"BlockPublicPolicy": False, "RestrictPublicBuckets": True, "BlockPublicAcls": True, "IgnorePublicAcls": True}
        self.s3.put_public_access_block(Bucket=self.bucket, PublicAccessBlockConfiguration=block)
        self.s3.put_bucket_policy(Bucket=self.bucket, Policy=policy(*mine, public))
        self.refused("AccessDenied", self.customer.client("s3", "eu-west-1").get_object, **self.key)
        self.s3.get_object(**self.key)

    def test_missing_account(self):
        """A policy that names an account that does not exist is refused whole."""
        statement = {
            "Effect": "Allow",
            "Principal": {"AWS": ["arn:aws:iam::999999999999:root"]},
            "Action": "s3:GetObject",
            "Resource": f"arn:aws:s3:::{self.bucket}/*",
        }
        self.refused(
            "MalformedPolicy", self.s3.put_bucket_policy, "Invalid principal in policy", Bucket=self.bucket, Policy=policy(statement)
        )
        self.assertIn(self.customer.id, self.s3.get_bucket_policy(Bucket=self.bucket)["Policy"])

    def test_owner_and_region(self):
        """ExpectedBucketOwner, another region's endpoint, a website endpoint."""
        self.refused("AccessDenied", self.s3.get_object, **self.key, ExpectedBucketOwner=self.customer.id)
        self.s3.get_object(**self.key, ExpectedBucketOwner=self.partner.id)
        status, headers, _ = send("GET", f"{self.bucket}.s3.us-east-1.amazonaws.com", "/" + self.key["Key"])
        self.assertEqual((status, headers["x-amz-bucket-region"]), (301, "eu-west-1"))
        self.assertEqual(send("GET", f"{self.bucket}.s3-website-eu-west-1.amazonaws.com", "/" + self.key["Key"])[0], 405)


class Writing(Case):
    """Conditional writes, checksums, versions, names."""

    def setUp(self):
        self.account = Account()
        self.bucket, self.s3 = bucket(self.account)
        self.key = {"Bucket": self.bucket, "Key": "a b/ü+.yaml"}

    def test_conditions(self):
        """If-None-Match and If-Match."""
        etag = self.s3.put_object(**self.key, Body=b"one", IfNoneMatch="*")["ETag"]
        self.refused("PreconditionFailed", self.s3.put_object, **self.key, Body=b"two", IfNoneMatch="*")
        self.s3.put_object(**self.key, Body=b"two", IfMatch=etag)
        self.refused("PreconditionFailed", self.s3.put_object, **self.key, Body=b"three", IfMatch=etag)
        self.refused("NoSuchKey", self.s3.put_object, Bucket=self.bucket, Key="none", Body=b"x", IfMatch=etag)
        self.assertEqual(self.s3.get_object(**self.key)["Body"].read(), b"two")

    def test_checksum(self):
        """SHA-256 is checked, kept, and told by HEAD and GET with ChecksumMode."""
        digest = base64.b64encode(hashlib.sha256(b"one").digest()).decode()
        self.assertEqual(self.s3.put_object(**self.key, Body=b"one", ChecksumSHA256=digest)["ChecksumSHA256"], digest)
        head = self.s3.head_object(**self.key, ChecksumMode="ENABLED")
        self.assertEqual((head["ChecksumSHA256"], head["ChecksumType"]), (digest, "FULL_OBJECT"))
        self.assertEqual(self.s3.get_object(**self.key, ChecksumMode="ENABLED")["ChecksumSHA256"], digest)
        self.assertNotIn("ChecksumSHA256", self.s3.head_object(**self.key))
        self.refused("BadDigest", self.s3.put_object, **self.key, Body=b"two", ChecksumSHA256=digest)
        self.s3.put_object(**self.key, Body=b"one", ChecksumAlgorithm="SHA256", ServerSideEncryption="AES256")
        head = self.s3.head_object(**self.key, ChecksumMode="ENABLED")
        self.assertEqual((head["ChecksumSHA256"], head["ServerSideEncryption"]), (digest, "AES256"))

    def test_versions(self):
        """A version is read by its id; a delete marker hides the key."""
        self.s3.put_bucket_versioning(Bucket=self.bucket, VersioningConfiguration={"Status": "Enabled"})
        first = self.s3.put_object(**self.key, Body=b"one")["VersionId"]
        self.s3.put_object(**self.key, Body=b"two")
        self.assertEqual(self.s3.get_object(**self.key, VersionId=first)["Body"].read(), b"one")
        self.s3.delete_object(**self.key)
        self.refused("NoSuchKey", self.s3.get_object, **self.key)
        self.s3.put_object(**self.key, Body=b"three", IfNoneMatch="*")

    def test_listing(self):
        """Lists, deletes many, and removes the bucket."""
        for i in range(3):
            self.s3.put_object(Bucket=self.bucket, Key=f"p/{i}", Body=b"x")
        found = self.s3.list_objects_v2(Bucket=self.bucket, Prefix="p/", MaxKeys=2)
        self.assertEqual((found["KeyCount"], found["IsTruncated"]), (2, True))
        self.refused("BucketNotEmpty", self.s3.delete_bucket, Bucket=self.bucket)
        self.s3.delete_objects(Bucket=self.bucket, Delete={"Objects": [{"Key": f"p/{i}"} for i in range(3)]})
        self.s3.delete_bucket(Bucket=self.bucket)
        self.refused("404", self.s3.head_bucket, Bucket=self.bucket)

    def test_names(self):
        """Only its account takes a name of the account-regional namespace; a taken global name is refused."""
        other = Account()
        name = f"x-{self.account.id}-eu-west-1-an"
        self.refused("InvalidBucketName", bucket, account=other, name=name)
        taken, _ = bucket(self.account, f"global-{self.account.id}")
        self.refused("BucketAlreadyExists", bucket, account=other, name=taken)

    def test_settings(self):
        """The settings a bucket's owner reads back."""
        self.s3.put_bucket_encryption(
            Bucket=self.bucket,
            ServerSideEncryptionConfiguration={"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]},
        )
        self.s3.put_bucket_ownership_controls(Bucket=self.bucket, OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]})
        self.s3.put_bucket_tagging(Bucket=self.bucket, Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
        rule = {"ID": "r", "Status": "Enabled", "Filter": {"Prefix": ""}, "NoncurrentVersionExpiration": {"NoncurrentDays": 30}}
        self.s3.put_bucket_lifecycle_configuration(Bucket=self.bucket, LifecycleConfiguration={"Rules": [rule]})
        fresh, s3 = bucket(self.account, f"fresh-{self.account.id}")
        self.assertEqual(
            s3.get_bucket_ownership_controls(Bucket=fresh)["OwnershipControls"]["Rules"][0]["ObjectOwnership"], "BucketOwnerEnforced"
        )
        self.assertTrue(all(s3.get_public_access_block(Bucket=fresh)["PublicAccessBlockConfiguration"].values()))
        self.assertEqual(s3.put_object(**{**self.key, "Bucket": fresh}, Body=b"x")["ServerSideEncryption"], "AES256")
        s3.get_bucket_encryption(Bucket=fresh)
        for read in ("encryption", "ownership_controls", "tagging", "lifecycle_configuration", "location"):
            getattr(self.s3, f"get_bucket_{read}")(Bucket=self.bucket)
        self.refused("NoSuchBucketPolicy", self.s3.get_bucket_policy, Bucket=self.bucket)

    def test_presigned(self):
        """A presigned URL acts as who signed it."""
        self.s3.put_object(**self.key, Body=b"one")
        url = self.s3.generate_presigned_url("get_object", Params=self.key)
        host, _, path = url.removeprefix("https://").partition("/")
        self.assertEqual(send("GET", host, "/" + path)[2], b"one")

    def test_concurrent_condition(self):
        """Of many writers of one key with If-None-Match, one wins."""
        from concurrent.futures import ThreadPoolExecutor

        def write(i):
            try:
                self.account.client("s3", "eu-west-1").put_object(Bucket=self.bucket, Key="race", Body=str(i).encode(), IfNoneMatch="*")
                return 1
            except Exception:
                return 0

        with ThreadPoolExecutor(8) as pool:
            self.assertEqual(sum(pool.map(write, range(16))), 1)
