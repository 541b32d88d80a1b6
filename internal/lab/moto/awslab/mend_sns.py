"""SNS: topic policies checked as SNS checks them, and deliveries to functions and queues as their own policies allow."""

import json
import threading
import uuid

from moto.core.utils import iso_8601_datetime_with_milliseconds
from moto.sns.models import Subscription
from moto.sqs.models import sqs_backends

from .errors import Refusal
from .oracle import decide
from .principals import missing_principal

OPT_IN = {
    "af-south-1",
    "ap-east-1",
    "ap-east-2",
    "ap-south-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ca-west-1",
    "eu-central-2",
    "eu-south-1",
    "eu-south-2",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "mx-central-1",
}


def _set_attributes(asked, caller):
    if asked.params.get("AttributeName") != "Policy":
        return
    _check_policy(asked.params.get("AttributeValue", ""))


def _create_topic(asked, caller):
    for key, value in asked.params.items():
        if key.startswith("Attributes.entry.") and value == "Policy":
            _check_policy(asked.params[key.replace(".key", ".value")])


def _check_policy(text):
    if len(text) > 30720:
        raise Refusal("InvalidParameter", "Invalid parameter: Policy Reason: Policy is too large")
    try:
        document = json.loads(text)
    except ValueError:
        raise Refusal("InvalidParameter", "Invalid parameter: Policy failed to parse") from None
    if missing_principal(document):
        raise Refusal("InvalidParameter", "Invalid parameter: Policy Error: PrincipalNotFound")


def notification(subscription, message, message_id, subject, attributes):
    """The notification's fields, unsigned: nothing in the lab checks the signature."""
    topic = subscription.topic
    region = topic.sns_backend.region_name
    return {
        "Type": "Notification",
        "MessageId": message_id,
        "TopicArn": topic.arn,
        **({"Subject": subject} if subject else {}),
        "Message": message,
        "Timestamp": iso_8601_datetime_with_milliseconds(),
        "SignatureVersion": "1",
        "Signature": "bm90IHNpZ25lZCBpbiB0aGUgbGFi",
        "SigningCertURL": f"https://sns.{region}.amazonaws.com/SimpleNotificationService-lab.pem",
        "UnsubscribeURL": f"https://sns.{region}.amazonaws.com/?Action=Unsubscribe&SubscriptionArn={subscription.arn}",
        **({"MessageAttributes": attributes} if attributes else {}),
    }


def lambda_event(subscription, note):
    """The event a function gets: the same fields, two of them spelled otherwise, none left out."""
    sns = {
        "Type": note["Type"],
        "MessageId": note["MessageId"],
        "TopicArn": note["TopicArn"],
        "Subject": note.get("Subject"),
        "Message": note["Message"],
        "Timestamp": note["Timestamp"],
        "SignatureVersion": note["SignatureVersion"],
        "Signature": note["Signature"],
        "SigningCertUrl": note["SigningCertURL"],
        "UnsubscribeUrl": note["UnsubscribeURL"],
        "MessageAttributes": note.get("MessageAttributes", {}),
    }
    return {"Records": [{"EventSource": "aws:sns", "EventVersion": "1.0", "EventSubscriptionArn": subscription.arn, "Sns": sns}]}


def deliver(subscription, message, message_id, subject=None, attributes=None):
    """Delivers to a function or a queue, or, refused, to the subscription's dead-letter queue."""
    from . import functions

    service = _service(subscription)
    note = notification(subscription, message, message_id, subject, attributes)
    source = subscription.topic.arn
    if subscription.protocol == "lambda":
        done = service and functions.invoke_by_service(subscription.endpoint, lambda_event(subscription, note), service, source)
    else:
        raw = str(subscription.attributes.get("RawMessageDelivery", "")).lower() == "true"
        done = send_to_queue(subscription.endpoint, message if raw else json.dumps(note), service, source)
    redrive = subscription.attributes.get("RedrivePolicy")
    if not done and redrive:
        redrive = json.loads(redrive) if isinstance(redrive, str) else redrive
        send_to_queue(redrive["deadLetterTargetArn"], json.dumps(note), "sns.amazonaws.com", source)


def _service(subscription):
    """The principal that delivers: an opt-in region has one of its own, and no function in another region can be reached in one.

    https://docs.aws.amazon.com/sns/latest/dg/sns-cross-region-delivery.html
    """
    here, there = subscription.topic.sns_backend.region_name, subscription.endpoint.split(":")[3]
    if here == there or not {here, there} & OPT_IN:
        return "sns.amazonaws.com"
    if there in OPT_IN and subscription.protocol == "lambda":
        return None
    return f"sns.{here}.amazonaws.com" if here in OPT_IN else "sns.amazonaws.com"


def send_to_queue(arn, body, service, source):
    """Sends as a service of AWS, when the queue's policy lets it; says whether it did."""
    _, _, _, region, account, name = arn.split(":", 5)
    queue = sqs_backends[account][region].queues.get(name)
    if queue is None or not queue.policy:
        return False
    policy = queue.policy if isinstance(queue.policy, str) else json.dumps(queue.policy)
    context = {"aws:SourceArn": source, "aws:SourceAccount": source.split(":")[4], "aws:SecureTransport": "true"}
    if not decide(service, "sqs:SendMessage", arn, account, policy=policy, context=context).allowed:
        return False
    sqs_backends[account][region].send_message(name, body)
    return True


_publish = Subscription.publish


def publish(self, message, message_id, subject=None, message_attributes=None, message_structure=None, **others):
    """Moto's delivery, but for functions and queues, which it reaches in the topic's account alone and without asking."""
    if self.protocol not in ("lambda", "sqs"):
        others |= {"subject": subject, "message_attributes": message_attributes, "message_structure": message_structure}
        return _publish(self, message, message_id, **others)
    if self._filter_policy_matcher is not None and not self._filter_policy_matcher.matches(message_attributes, message):
        return None
    if message_structure == "json":
        message = self._parse_message_structure(message, self.protocol)
    threading.Thread(
        target=deliver, args=(self, message, message_id or str(uuid.uuid4()), subject, message_attributes), daemon=True
    ).start()
    return None


Subscription.publish = publish

BEFORE = {("sns", "SetTopicAttributes"): _set_attributes, ("sns", "CreateTopic"): _create_topic}
