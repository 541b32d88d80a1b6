"""SNS's and SQS's resource types, policies and subscriptions included, which moto skips in silence."""

import json

from .. import wire
from .registry import Failure, Handler, Made, text

GONE = {"NotFound", "NotFoundException", "AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"}


class Topic(Handler):
    """AWS::SNS::Topic."""

    kind = "AWS::SNS::Topic"
    properties = ("TopicName", "DisplayName", "KmsMasterKeyId", "Subscription", "SignatureVersion", "TracingConfig", "Tags")
    fixed = ("TopicName",)
    name_property = "TopicName"
    settings = ("DisplayName", "KmsMasterKeyId", "SignatureVersion", "TracingConfig")

    def create(self, c, p):
        """CreateTopic; a topic of that name that is there already is an error."""
        name = p.get("TopicName") or c.name(256)
        arn = c.arn("sns", name)
        if c.quiet("sns", "GetTopicAttributes", GONE, TopicArn=arn):
            raise Failure(f"{name} already exists in stack")
        attributes = {k: str(p[k]) for k in self.settings if k in p}
        c.call(
            "sns",
            "CreateTopic",
            Name=name,
            Attributes=attributes,
            Tags=[t for t in c.tags(p.get("Tags")) if not t["Key"].startswith("aws:")],
        )
        for s in p.get("Subscription", []):
            c.call("sns", "Subscribe", TopicArn=arn, Protocol=s["Protocol"], Endpoint=s["Endpoint"])
        return Made(arn, {"TopicArn": arn, "TopicName": name})

    def update(self, c, arn, old, new):
        """Its settings."""
        for key in self.settings:
            if old.get(key) != new.get(key):
                c.call("sns", "SetTopicAttributes", TopicArn=arn, AttributeName=key, AttributeValue=str(new.get(key, "")))
        return Made(arn, {"TopicArn": arn, "TopicName": arn.rsplit(":", 1)[1]})

    def delete(self, c, arn, p):
        """DeleteTopic, which takes its subscriptions along."""
        c.quiet("sns", "DeleteTopic", GONE, TopicArn=arn)


class TopicPolicy(Handler):
    """AWS::SNS::TopicPolicy."""

    kind = "AWS::SNS::TopicPolicy"
    properties = ("Topics", "PolicyDocument")
    required = properties

    def create(self, c, p):
        """Sets the policy of each topic."""
        for arn in p["Topics"]:
            c.call("sns", "SetTopicAttributes", TopicArn=arn, AttributeName="Policy", AttributeValue=text(p["PolicyDocument"]))
        return Made(c.name())

    def update(self, c, physical_id, old, new):
        """Resets those no longer named."""
        self._reset(c, [a for a in old["Topics"] if a not in new["Topics"]])
        self.create(c, new)
        return Made(physical_id)

    def _reset(self, c, arns):
        for arn in arns:
            owner = arn.split(":")[4]
            allowed = [
                "GetTopicAttributes",
                "SetTopicAttributes",
                "AddPermission",
                "RemovePermission",
                "DeleteTopic",
                "Subscribe",
                "ListSubscriptionsByTopic",
                "Publish",
            ]
            statement = {
                "Sid": "__default_statement_ID",
                "Effect": "Allow",
                "Principal": {"AWS": "*"},
                "Action": [f"SNS:{a}" for a in allowed],
                "Resource": arn,
                "Condition": {"StringEquals": {"AWS:SourceOwner": owner}},
            }
            default = json.dumps({"Version": "2008-10-17", "Id": "__default_policy_ID", "Statement": [statement]})
            c.quiet("sns", "SetTopicAttributes", GONE, TopicArn=arn, AttributeName="Policy", AttributeValue=default)

    def delete(self, c, physical_id, p):
        """Back to the default policy."""
        self._reset(c, p["Topics"])


class Subscription(Handler):
    """AWS::SNS::Subscription."""

    kind = "AWS::SNS::Subscription"
    properties = (
        "TopicArn",
        "Protocol",
        "Endpoint",
        "FilterPolicy",
        "FilterPolicyScope",
        "RawMessageDelivery",
        "RedrivePolicy",
        "Region",
        "DeliveryPolicy",
        "SubscriptionRoleArn",
    )
    required = ("TopicArn", "Protocol")
    fixed = ("TopicArn", "Protocol", "Endpoint")
    settings = ("FilterPolicyScope", "FilterPolicy", "RawMessageDelivery", "RedrivePolicy", "DeliveryPolicy", "SubscriptionRoleArn")

    def create(self, c, p):
        """Subscribe, in the topic's region."""
        attributes = {k: self._text(p[k]) for k in self.settings if k in p}
        region = p.get("Region") or p["TopicArn"].split(":")[3]
        made = c.call(
            "sns",
            "Subscribe",
            region,
            TopicArn=p["TopicArn"],
            Protocol=p["Protocol"],
            Endpoint=p.get("Endpoint"),
            Attributes=attributes,
            ReturnSubscriptionArn=True,
        )
        return Made(made["SubscriptionArn"], {"Arn": made["SubscriptionArn"]})

    def _text(self, value):
        return json.dumps(value) if isinstance(value, (dict, list)) else str(value).lower() if isinstance(value, bool) else str(value)

    def update(self, c, arn, old, new):
        """Its attributes."""
        for key in self.settings:
            if old.get(key) != new.get(key):
                value = self._text(new[key]) if key in new else ""
                c.call("sns", "SetSubscriptionAttributes", arn.split(":")[3], SubscriptionArn=arn, AttributeName=key, AttributeValue=value)
        return Made(arn, {"Arn": arn})

    def delete(self, c, arn, p):
        """Unsubscribe."""
        c.quiet("sns", "Unsubscribe", GONE, arn.split(":")[3], SubscriptionArn=arn)


class Queue(Handler):
    """AWS::SQS::Queue."""

    kind = "AWS::SQS::Queue"
    settings = (
        "DelaySeconds",
        "MaximumMessageSize",
        "MessageRetentionPeriod",
        "ReceiveMessageWaitTimeSeconds",
        "VisibilityTimeout",
        "KmsMasterKeyId",
        "KmsDataKeyReusePeriodSeconds",
        "SqsManagedSseEnabled",
        "RedrivePolicy",
        "RedriveAllowPolicy",
    )
    properties = (*settings, "QueueName", "FifoQueue", "Tags")
    fixed = ("QueueName", "FifoQueue")
    refusals = {}
    name_property = "QueueName"

    def _settings(self, p):
        return {
            k: json.dumps(p[k]) if isinstance(p[k], dict) else str(p[k]).lower() if isinstance(p[k], bool) else str(p[k])
            for k in self.settings
            if k in p
        }

    def create(self, c, p):
        """CreateQueue."""
        name = p.get("QueueName") or c.name(80)
        tags = {t["Key"]: t["Value"] for t in c.tags(p.get("Tags")) if not t["Key"].startswith("aws:")}
        self._deleted_recently(c, name, tags)
        url = c.call("sqs", "CreateQueue", QueueName=name, Attributes=self._settings(p), tags=tags)["QueueUrl"]
        return self._made(c, url)

    def _deleted_recently(self, c, name, tags):
        """Fails so often as the tag says, in AWS's words: a test does not wait for the minute to pass."""
        key = (c.account, c.region, name)
        left = self.refusals.setdefault(key, int(tags.get("lab:deleted-recently", 0)))
        if left:
            self.refusals[key] = left - 1
            raise Failure("You must wait 60 seconds after deleting a queue before you can create another with the same name.")

    def _made(self, c, url):
        name = url.rsplit("/", 1)[1]
        url = f"https://sqs.{c.region}.{wire.suffix_of(c.region)}/{c.account}/{name}"
        return Made(url, {"Arn": c.arn("sqs", name), "QueueName": name, "QueueUrl": url})

    def update(self, c, url, old, new):
        """Its attributes."""
        c.call("sqs", "SetQueueAttributes", QueueUrl=url, Attributes=self._settings(new))
        return self._made(c, url)

    def delete(self, c, url, p):
        """DeleteQueue."""
        c.quiet("sqs", "DeleteQueue", GONE, QueueUrl=url)


class QueuePolicy(Handler):
    """AWS::SQS::QueuePolicy."""

    kind = "AWS::SQS::QueuePolicy"
    properties = ("Queues", "PolicyDocument")
    required = properties

    def create(self, c, p):
        """Sets the policy of each queue."""
        for url in p["Queues"]:
            c.call("sqs", "SetQueueAttributes", QueueUrl=url, Attributes={"Policy": text(p["PolicyDocument"])})
        return Made(c.name())

    def update(self, c, physical_id, old, new):
        """Clears those no longer named."""
        self.delete(c, physical_id, {"Queues": [q for q in old["Queues"] if q not in new["Queues"]]})
        self.create(c, new)
        return Made(physical_id)

    def delete(self, c, physical_id, p):
        """Clears the policy."""
        for url in p["Queues"]:
            c.quiet("sqs", "SetQueueAttributes", GONE, QueueUrl=url, Attributes={"Policy": ""})
