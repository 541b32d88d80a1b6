"""Decisions: who may do what, and how refusals read."""

import json
import secrets

from .harness import ALLOW_ALL, Account, Case, allow, lab, send, trust, zipped


class AssumeRole(Case):
    """sts:AssumeRole by trust policy, identity policy and session policy."""

    def setUp(self):
        self.partner, self.customer, self.third = Account(), Account(), Account()
        condition = {
            "StringEquals": {"sts:ExternalId": "right-id"},
            "ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{self.partner.id}:role/lab/*"},
        }
        document = trust({"AWS": f"arn:aws:iam::{self.partner.id}:root"}, condition)
        iam = self.customer.client("iam")
        self.role = iam.create_role(RoleName="Access", Path="/vendor/", AssumeRolePolicyDocument=document, MaxSessionDuration=7200)["Role"][
            "Arn"
        ]
        iam.put_role_policy(RoleName="Access", PolicyName="p", PolicyDocument=json.dumps(ALLOW_ALL))
        self.given = {"RoleArn": self.role, "RoleSessionName": "probe"}

    def test_external_id(self):
        """Right is allowed; wrong, none and a third account are denied alike."""
        sts = self.partner.client("sts", "eu-west-1")
        made = sts.assume_role(**self.given, ExternalId="right-id")
        who = self.customer.session(made["Credentials"]).client("sts").get_caller_identity()
        self.assertEqual((who["Account"], who["Arn"]), (self.customer.id, f"arn:aws:sts::{self.customer.id}:assumed-role/Access/probe"))
        for call, more in ((sts, {"ExternalId": "wrong-id"}), (sts, {}), (self.third.client("sts"), {"ExternalId": "right-id"})):
            words = f"is not authorized to perform: sts:AssumeRole on resource: {self.role}"
            error = self.refused("AccessDenied", call.assume_role, words, **self.given, **more)
            self.assertEqual(error.response["ResponseMetadata"]["HTTPStatusCode"], 403)
        self.refused("AccessDenied", sts.assume_role, RoleArn=self.role + "x", RoleSessionName="probe", ExternalId="right-id")

    def test_principal_arn(self):
        """aws:PrincipalArn is the role's ARN with its path; other roles are denied, as is one without the right to assume."""
        other = self.partner.principal("role/other/Reader", ALLOW_ALL)
        self.refused("AccessDenied", other.client("sts").assume_role, **self.given, ExternalId="right-id")
        powerless = self.partner.principal("role/lab/Powerless", allow("s3:*"))
        self.refused("AccessDenied", powerless.client("sts").assume_role, **self.given, ExternalId="right-id")
        able = self.partner.principal("role/lab/Able", allow("sts:AssumeRole", resource=self.role))
        able.client("sts").assume_role(**self.given, ExternalId="right-id")
        denied = {
            "Version": "2012-10-17",
            "Statement": [*ALLOW_ALL["Statement"], {"Effect": "Deny", "Action": "sts:AssumeRole", "Resource": self.role}],
        }
        self.refused(
            "AccessDenied", self.partner.principal("role/lab/Denied", denied).client("sts").assume_role, **self.given, ExternalId="right-id"
        )

    def test_role_principal(self):
        """A trust on a role's ARN, path included, lets that role in until it is deleted; one made anew under its name is another."""
        arn = f"arn:aws:iam::{self.partner.id}:role/team/Collector"
        collector = self.partner.principal("role/team/Collector", ALLOW_ALL)
        iam = self.customer.client("iam")
        iam.update_assume_role_policy(RoleName="Access", PolicyDocument=trust({"AWS": arn}))
        collector.client("sts").assume_role(**self.given)
        self.refused("AccessDenied", self.partner.client("sts").assume_role, **self.given)
        theirs = self.partner.client("iam")
        theirs.delete_role_policy(RoleName="Collector", PolicyName="lab0")
        theirs.delete_role(RoleName="Collector")
        again = self.partner.principal("role/team/Collector", ALLOW_ALL)
        self.refused("AccessDenied", again.client("sts").assume_role, **self.given)
        self.refused("AccessDenied", collector.client("iam").list_roles)
        self.assertTrue(
            iam.get_role(RoleName="Access")["Role"]["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]["AWS"].startswith("AROA")
        )

    def test_own_account(self):
        """In one account too the trust policy must allow."""
        self.refused("AccessDenied", self.customer.client("sts").assume_role, **self.given, ExternalId="right-id")

    def test_session_policy(self):
        """A session is limited by its session policy, and so is what it assumes."""
        nothing = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]})
        made = self.partner.client("sts").assume_role(**self.given, ExternalId="right-id", Policy=nothing, DurationSeconds=900)
        session = self.customer.session(made["Credentials"])
        self.assertEqual(session.client("sts").get_caller_identity()["Account"], self.customer.id)
        self.refused("AccessDenied", session.client("s3").list_buckets, "with an explicit deny in a session policy")
        self.refused("AccessDenied", session.client("iam").list_roles)

    def test_tags_and_source_identity(self):
        """Session tags and source identity need actions of their own in the trust policy."""
        sts = self.partner.client("sts")
        tags = {"Tags": [{"Key": "team", "Value": "a"}], "ExternalId": "right-id"}
        self.refused("AccessDenied", sts.assume_role, **self.given, **tags)
        self.refused("AccessDenied", sts.assume_role, **self.given, SourceIdentity="me", ExternalId="right-id")
        actions = ("sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity")
        document = trust({"AWS": self.partner.id}, actions=actions)
        self.customer.client("iam").update_assume_role_policy(RoleName="Access", PolicyDocument=document)
        sts.assume_role(**self.given, **tags, SourceIdentity="me")

    def test_limits(self):
        """Durations, names and External IDs as STS takes them."""
        sts = self.partner.client("sts")
        self.refused("ValidationError", sts.assume_role, "role chaining", **self.given, ExternalId="right-id", DurationSeconds=7200)
        user = self.partner.principal("user/lab", ALLOW_ALL)
        condition = {"StringEquals": {"sts:ExternalId": "right-id"}}
        document = trust({"AWS": self.partner.id}, condition)
        self.customer.client("iam").update_assume_role_policy(RoleName="Access", PolicyDocument=document)
        user.client("sts").assume_role(**self.given, ExternalId="right-id", DurationSeconds=7200)
        self.refused(
            "ValidationError",
            user.client("sts").assume_role,
            "MaxSessionDuration",
            **self.given,
            ExternalId="right-id",
            DurationSeconds=7201,
        )
        self.refused("ValidationError", sts.assume_role, "externalId", **self.given, ExternalId="with space")

    def test_delay(self):
        """A young role cannot be assumed while the lab delays IAM."""
        lab("POST", "/lab/delay", {"role_delay_seconds": 3600})
        try:
            self.refused("AccessDenied", self.partner.client("sts").assume_role, **self.given, ExternalId="right-id")
        finally:
            lab("POST", "/lab/delay", {"role_delay_seconds": 0})
        self.partner.client("sts").assume_role(**self.given, ExternalId="right-id")

    def test_missing_principal(self):
        """A trust policy cannot name an account that does not exist."""
        words = "Invalid principal in policy"
        self.refused(
            "MalformedPolicyDocument",
            self.customer.client("iam").create_role,
            words,
            RoleName="x",
            AssumeRolePolicyDocument=trust({"AWS": "999999999999"}),
        )


class Keys(Case):
    """Access keys."""

    def test_unknown(self):
        """A key that nobody was given is refused."""
        account = Account()
        account.keys = {**account.keys, "access_key_id": "ASIA" + "X" * 16}
        error = self.refused("InvalidClientTokenId", account.client("sts").get_caller_identity)
        self.assertEqual(error.response["ResponseMetadata"]["HTTPStatusCode"], 403)
        self.refused("InvalidAccessKeyId", account.client("s3").list_buckets)
        self.refused("UnrecognizedClientException", account.client("dynamodb").list_tables)

    def test_wrong_token(self):
        """A session's key without its token is refused."""
        account = Account()
        account.keys = {**account.keys, "session_token": secrets.token_hex(20)}
        self.refused("InvalidClientTokenId", account.client("sts").get_caller_identity)

    def test_unsigned(self):
        """Without a key nothing but S3 answers."""
        status, _, body = send(
            "POST", "iam.amazonaws.com", "/", b"Action=ListRoles&Version=2010-05-08", {"Content-Type": "application/x-www-form-urlencoded"}
        )
        self.assertEqual((status, b"MissingAuthenticationToken" in body), (403, True))

    def test_user(self):
        """A user's key acts as that user."""
        user = Account().principal("user/team/ann", allow("iam:GetRole"))
        self.assertTrue(user.client("sts").get_caller_identity()["Arn"].endswith(":user/team/ann"))
        self.refused("AccessDenied", user.client("iam").list_roles, "because no identity-based policy allows the iam:ListRoles action")

    def test_identity_policies(self):
        """An action on one resource only."""
        account = Account()
        account.client("sqs").create_queue(QueueName="mine")
        some = account.principal("role/Some", allow("sqs:GetQueueUrl", resource=f"arn:aws:sqs:us-east-1:{account.id}:mine"))
        some.client("sqs").get_queue_url(QueueName="mine")
        self.refused("AccessDeniedException", some.client("sqs").get_queue_url, QueueName="other")

    def test_pass_role(self):
        """Who makes a function must be allowed to pass its role, and to read its code."""
        account = Account()
        role = account.client("iam").create_role(RoleName="fn", AssumeRolePolicyDocument=trust({"Service": "lambda.amazonaws.com"}))[
            "Role"
        ]["Arn"]
        s3 = account.client("s3")
        s3.create_bucket(Bucket=f"code-{account.id}")
        s3.put_object(Bucket=f"code-{account.id}", Key="k", Body=zipped("x"))
        given = {
            "FunctionName": "f",
            "Runtime": "provided.al2023",
            "Handler": "x",
            "Role": role,
            "Code": {"S3Bucket": f"code-{account.id}", "S3Key": "k"},
        }
        rights = [allow("lambda:CreateFunction"), allow("iam:PassRole", resource=role), allow("s3:GetObject")]
        for i, words in ((1, "iam:PassRole"), (2, "s3:GetObject")):
            self.refused(
                "AccessDeniedException", account.principal(f"role/Some{i}", *rights[:i]).client("lambda").create_function, words, **given
            )
        missing = {**given, "Code": {**given["Code"], "S3Key": "none"}}
        some = account.principal("role/All", *rights).client("lambda")
        self.refused("InvalidParameterValueException", some.create_function, "S3 Error Code: NoSuchKey", **missing)
        some.create_function(**given)

    def test_boundary(self):
        """A permissions boundary limits what policies allow."""
        account = Account()
        iam = account.client("iam")
        arn = iam.create_policy(PolicyName="limit", PolicyDocument=json.dumps(allow("iam:ListRoles", "sts:*")))["Policy"]["Arn"]
        iam.create_role(RoleName="bounded", AssumeRolePolicyDocument=trust({"AWS": account.id}), PermissionsBoundary=arn)
        iam.put_role_policy(RoleName="bounded", PolicyName="all", PolicyDocument=json.dumps(ALLOW_ALL))
        made = account.client("sts").assume_role(RoleArn=f"arn:aws:iam::{account.id}:role/bounded", RoleSessionName="me")
        bounded = account.session(made["Credentials"])
        bounded.client("iam").list_roles()
        self.refused("AccessDenied", bounded.client("iam").list_users, "because no permissions boundary allows the iam:ListUsers action")


class Publish(Case):
    """sns:Publish by topic policy and identity policy."""

    def test_publish(self):
        """Across accounts both must allow."""
        owner, friend, stranger = Account(), Account(), Account()
        sns = owner.client("sns", "eu-west-1")
        topic = sns.create_topic(Name="t")["TopicArn"]
        statement = {"Effect": "Allow", "Principal": "*", "Action": "sns:Publish", "Resource": topic}
        statement["Condition"] = {"StringEquals": {"aws:PrincipalAccount": [friend.id]}}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=policy)
        friend.client("sns", "eu-west-1").publish(TopicArn=topic, Message="hello")
        sns.publish(TopicArn=topic, Message="own")
        refused = {"TopicArn": topic, "Message": "hello"}
        self.refused(
            "AuthorizationError",
            stranger.client("sns", "eu-west-1").publish,
            "because no resource-based policy allows the SNS:Publish action",
            **refused,
        )
        weak = friend.principal("role/Weak", allow("s3:*"))
        self.refused(
            "AuthorizationError",
            weak.client("sns", "eu-west-1").publish,
            "because no identity-based policy allows the SNS:Publish action",
            **refused,
        )
        bad = json.dumps({"Version": "2012-10-17", "Statement": [{**statement, "Principal": {"AWS": "999999999999"}}]})
        self.refused(
            "InvalidParameter", sns.set_topic_attributes, "PrincipalNotFound", TopicArn=topic, AttributeName="Policy", AttributeValue=bad
        )


class Partitions(Case):
    """China, GovCloud and the European sovereign cloud."""

    def test_partitions(self):
        """Keys, ARNs and hosts of each; keys of one are unknown in another."""
        for partition, region in (("aws-cn", "cn-north-1"), ("aws-us-gov", "us-gov-west-1"), ("aws-eusc", "eusc-de-east-1")):
            account, partner = Account(partition=partition), Account(partition=partition)
            self.assertTrue(account.client("sts", region).get_caller_identity()["Arn"].startswith(f"arn:{partition}:sts::"))
            document = trust({"AWS": f"arn:{partition}:iam::{partner.id}:root"}, {"StringEquals": {"sts:ExternalId": "id"}})
            role = account.client("iam", region).create_role(RoleName="r", AssumeRolePolicyDocument=document)["Role"]["Arn"]
            self.assertTrue(role.startswith(f"arn:{partition}:iam::"))
            sts = partner.client("sts", region)
            sts.assume_role(RoleArn=role, RoleSessionName="me", ExternalId="id")
            self.refused("AccessDenied", sts.assume_role, RoleArn=role, RoleSessionName="me")
            s3 = account.client("s3", region)
            s3.create_bucket(Bucket=f"b-{account.id}", CreateBucketConfiguration={"LocationConstraint": region})
            s3.put_object(Bucket=f"b-{account.id}", Key="k", Body=b"x")
            self.assertEqual(s3.get_object(Bucket=f"b-{account.id}", Key="k")["Body"].read(), b"x")
            topic = account.client("sns", region).create_topic(Name="t")["TopicArn"]
            self.assertTrue(topic.startswith(f"arn:{partition}:sns:{region}:"))
            self.refused("InvalidClientTokenId", account.client("sts", "us-east-1").get_caller_identity)


class Needs(Case):
    """What a request needs beside the action of its own name."""

    def setUp(self):
        self.account = Account()

    def who(self, name, *actions, resource="*", condition=None):
        """A principal that may do just these actions."""
        statement = {"Effect": "Allow", "Action": list(actions), "Resource": resource} | ({"Condition": condition} if condition else {})
        return self.account.principal(f"role/{name}", {"Version": "2012-10-17", "Statement": [statement]})

    def test_tags(self):
        """Making something with tags needs the right to tag; without tags it does not."""
        plain = self.who("plain", "sqs:CreateQueue", "s3:PutObject").client("sqs")
        plain.create_queue(QueueName="untagged")
        self.refused("AccessDeniedException", plain.create_queue, "sqs:TagQueue", QueueName="tagged", tags={"a": "b"})
        self.who("tagger", "sqs:CreateQueue", "sqs:TagQueue").client("sqs").create_queue(QueueName="tagged", tags={"a": "b"})

    def test_objects(self):
        """An object with tags, and a version to delete, need actions of their own; a deleted object is shown to those who may list."""
        s3 = self.account.client("s3")
        s3.create_bucket(Bucket=f"needs-{self.account.id}")
        given = {"Bucket": f"needs-{self.account.id}", "Key": "k"}
        s3.put_bucket_versioning(Bucket=given["Bucket"], VersioningConfiguration={"Status": "Enabled"})
        writer = self.who("writer", "s3:PutObject", "s3:DeleteObject", "s3:GetObject").client("s3")
        version = writer.put_object(**given)["VersionId"]
        self.refused("AccessDenied", writer.put_object, "s3:PutObjectTagging", **given, Tagging="a=b")
        told = {"Objects": [{"Key": "k", "VersionId": version}]}
        self.refused("AccessDenied", writer.delete_objects, "s3:DeleteObjectVersion", Bucket=given["Bucket"], Delete=told)
        writer.delete_objects(Bucket=given["Bucket"], Delete={"Objects": [{"Key": "k"}]})
        self.refused("AccessDenied", writer.get_object, "s3:ListBucket", **given)

    def test_alarms(self):
        """Alarms are named also where several are deleted at once."""
        mine = f"arn:aws:cloudwatch:us-east-1:{self.account.id}:alarm:mine-*"
        keeper = self.who("keeper", "cloudwatch:PutMetricAlarm", "cloudwatch:DeleteAlarms", resource=mine).client("cloudwatch")
        given = {"Namespace": "n", "MetricName": "m", "Statistic": "Sum", "Period": 60, "EvaluationPeriods": 1, "Threshold": 0}
        keeper.put_metric_alarm(AlarmName="mine-1", ComparisonOperator="GreaterThanThreshold", **given)
        self.refused("AccessDeniedException", keeper.delete_alarms, "alarm:other", AlarmNames=["mine-1", "other"])
        keeper.delete_alarms(AlarmNames=["mine-1"])

    def test_template_url(self):
        """cloudformation:TemplateUrl is the URL given; a body has none."""
        url = "https://partner.s3.us-east-1.amazonaws.com/t.yaml"
        condition = {"StringLike": {"cloudformation:TemplateUrl": "https://partner.*"}}
        deployer = self.who("deployer", "cloudformation:CreateStack", condition=condition).client("cloudformation")
        self.refused("ValidationError", deployer.create_stack, "S3 error", StackName="s", TemplateURL=url)
        self.refused("AccessDenied", deployer.create_stack, StackName="s", TemplateURL=url.replace("partner", "other"))
        self.refused("AccessDenied", deployer.create_stack, StackName="s", TemplateBody="Resources: {}")

    def test_role_with_boundary(self):
        """Policies of a role are put under the boundary that it has."""
        iam = self.account.client("iam")
        arn = iam.create_policy(PolicyName="boundary", PolicyDocument=json.dumps(ALLOW_ALL))["Policy"]["Arn"]
        document = trust({"Service": "lambda.amazonaws.com"})
        iam.create_role(RoleName="bounded", AssumeRolePolicyDocument=document, PermissionsBoundary=arn)
        iam.create_role(RoleName="free", AssumeRolePolicyDocument=document)
        condition = {"ArnEquals": {"iam:PermissionsBoundary": arn}}
        keeper = self.who("keeper", "iam:PutRolePolicy", condition=condition).client("iam")
        given = {"PolicyName": "p", "PolicyDocument": json.dumps(ALLOW_ALL)}
        keeper.put_role_policy(RoleName="bounded", **given)
        self.refused("AccessDenied", keeper.put_role_policy, RoleName="free", **given)
