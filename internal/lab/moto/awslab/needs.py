"""What a request needs: the IAM actions and resources behind an operation, as AWS's service authorization reference names them."""

import json
import re
from dataclasses import dataclass, field

from moto.awslambda.models import lambda_backends
from moto.dynamodb.models import dynamodb_backends
from moto.iam.models import iam_backends
from moto.s3.models import s3_backends
from moto.sns.models import sns_backends
from moto.sqs.models import sqs_backends

from .errors import Refusal

PREFIX = {"monitoring": "cloudwatch"}
TRANSACT = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "ConditionCheck": "ConditionCheckItem"}

# Making something with tags needs the right to tag as well.
TAG_ON_CREATE = {
    ("dynamodb", "CreateTable"): "dynamodb:TagResource",
    ("iam", "CreateRole"): "iam:TagRole",
    ("lambda", "CreateFunction"): "lambda:TagResource",
    ("logs", "CreateLogGroup"): "logs:TagResource",
    ("sns", "CreateTopic"): "sns:TagResource",
    ("sqs", "CreateQueue"): "sqs:TagQueue",
}

# What IAM decides by the boundary that the role has, instead of by one in the request.
BOUNDED = {"AttachRolePolicy", "DeleteRolePermissionsBoundary", "DeleteRolePolicy", "DetachRolePolicy", "PutRolePolicy"}


@dataclass
class Need:
    """One action on one resource; policy is the resource's own policy as text, or None; fenced is S3's RestrictPublicBuckets."""

    action: str
    resource: str
    owner: str
    policy: str | None = None
    context: dict = field(default_factory=dict)
    fenced: bool = False


def needs(asked, caller):
    """What a request needs, from nothing (everybody may) to several."""
    found = _FINDERS.get(asked.service, _plain)(asked, caller)
    tagging = TAG_ON_CREATE.get((asked.service, asked.operation))
    if tagging and any(v for k, v in asked.params.items() if k.lower().startswith("tags")):
        found.append(Need(tagging, found[0].resource, caller.account))
    return found


def arn(asked, caller, service, rest, account=None, region=None):
    """An ARN in the caller's partition."""
    region = asked.region if region is None else region
    return f"arn:{caller.partition}:{service}:{region}:{account or caller.account}:{rest}"


def _plain(asked, caller):
    service = PREFIX.get(asked.service, asked.service)
    return [Need(f"{service}:{asked.operation}", "*", caller.account)]


def _sns(asked, caller):
    p, operation = asked.params, asked.operation
    topic = p.get("TopicArn") or p.get("TargetArn") or p.get("ResourceArn") or ""
    if not topic and "SubscriptionArn" in p:
        topic = p["SubscriptionArn"].rpartition(":")[0]
    if operation == "CreateTopic":
        topic = arn(asked, caller, "sns", p.get("Name", ""))
    if not topic.startswith("arn:"):
        return [Need(f"sns:{operation}", "*", caller.account)]
    owner = topic.split(":")[4]
    if topic.split(":")[3] != asked.region:
        raise Refusal("InvalidParameter", "Invalid parameter: TopicArn")
    found = sns_backends[owner][asked.region].topics.get(topic)
    action = "Publish" if operation == "PublishBatch" else operation
    return [Need(f"sns:{action}", topic, owner, found.policy if found else None)]


def _dynamodb(asked, caller):
    p, operation = asked.params, asked.operation
    if operation == "TransactWriteItems":
        parts = [(TRANSACT[k], v, [v.get("Item") or v.get("Key")]) for i in p.get("TransactItems", []) for k, v in i.items()]
        return [_table(asked, caller, action, v.get("TableName", ""), keys) for action, v, keys in parts]
    if operation == "TransactGetItems":
        return [_table(asked, caller, "GetItem", i["Get"]["TableName"], [i["Get"]["Key"]]) for i in p.get("TransactItems", [])]
    if operation == "BatchGetItem":
        return [_table(asked, caller, operation, t, r.get("Keys", [])) for t, r in p.get("RequestItems", {}).items()]
    if operation == "BatchWriteItem":
        return [
            _table(
                asked,
                caller,
                operation,
                t,
                [(r.get("PutRequest") or r.get("DeleteRequest") or {}).get(k) for r in rs for k in ("Item", "Key")],
            )
            for t, rs in p.get("RequestItems", {}).items()
        ]
    if "TableName" not in p and "ResourceArn" not in p:
        return _plain(asked, caller)
    keys = [p.get("Key") or p.get("Item")]
    if operation == "Query":
        keys = [_query_key(p)]
    return [_table(asked, caller, operation, p.get("TableName") or p["ResourceArn"], keys, p.get("IndexName"))]


def _query_key(p):
    # The partition key's condition comes first or last, as "#n = :v"; the value that is compared for equality is it.
    match = re.search(r"([#\w]+)\s*=\s*(:\w+)", p.get("KeyConditionExpression", ""))
    if not match:
        return None
    name, value = match.groups()
    return {p.get("ExpressionAttributeNames", {}).get(name, name): p.get("ExpressionAttributeValues", {}).get(value, {})}


def _table(asked, caller, action, table, keys, index=None):
    name = table.rsplit("table/", 1)[-1].split("/")[0]
    owner = table.split(":")[4] if table.startswith("arn:") else caller.account
    resource = table if table.startswith("arn:") else arn(asked, caller, "dynamodb", f"table/{table}")
    found = dynamodb_backends[owner][asked.region].tables.get(name)
    hash_key = found.hash_key_attr if found else None
    if index:
        resource += f"/index/{index}"
        indexes = {i.name: i.schema_key_attrs[0] for i in found.all_indexes()} if found else {}
        hash_key = indexes.get(index)
    leading = sorted({str(v) for k in keys if k and hash_key for v in k.get(hash_key, {}).values()})
    return Need(f"dynamodb:{action}", resource, owner, context={"dynamodb:LeadingKeys": leading} if leading else {})


def _lambda(asked, caller):
    p, operation = asked.params, asked.operation
    name = p.get("FunctionName", "")
    action = "InvokeFunction" if operation == "Invoke" else operation
    if not name and "Resource" in p:
        name = p["Resource"]
    if not name:
        return [Need(f"lambda:{action}", "*", caller.account)]
    owner = name.split(":")[4] if name.startswith("arn:") else caller.account
    short = name.split(":")[6] if name.startswith("arn:") else name.split(":")[0]
    latest = lambda_backends[owner][asked.region]._lambdas._functions.get(short)
    statements = latest["latest"].policy.statements if latest else []
    policy = json.dumps({"Version": "2012-10-17", "Statement": statements}) if statements and action == "InvokeFunction" else None
    found = [Need(f"lambda:{action}", arn(asked, caller, "lambda", f"function:{short}", owner), owner, policy)]
    return found + _pass_role(p.get("Role"), "lambda.amazonaws.com") + _code(caller, p.get("Code") or p)


def _code(caller, code):
    if not isinstance(code, dict) or not code.get("S3Bucket"):
        return []
    bucket, owner = find_bucket(code["S3Bucket"])
    policy = bucket.policy.decode() if bucket and bucket.policy else None
    return [Need("s3:GetObject", f"arn:{caller.partition}:s3:::{code['S3Bucket']}/{code.get('S3Key')}", owner or caller.account, policy)]


def find_bucket(name):
    """The bucket of that name in whatever account, and its owner; (None, "") when there is none."""
    if name not in s3_backends.bucket_accounts:
        return None, ""
    partition, owner = s3_backends.bucket_accounts[name]
    return s3_backends[owner][partition].buckets.get(name), owner


def _pass_role(role, service):
    if not role:
        return []
    return [Need("iam:PassRole", role, role.split(":")[4], context={"iam:PassedToService": service})]


def _iam(asked, caller):
    p, operation = asked.params, asked.operation
    backend = iam_backends[caller.account][caller.partition]

    def entity(kind, name, stored):
        path = next((e.path for e in list(stored.values()) if e.name == name), p.get("Path", "/"))
        return arn(asked, caller, "iam", f"{kind}{path}{name}", region="")

    resource = "*"
    if "RoleName" in p:
        resource = entity("role", p["RoleName"], backend.roles)
    elif "UserName" in p:
        resource = entity("user", p["UserName"], backend.users)
    elif "PolicyArn" in p:
        resource = p["PolicyArn"]
    elif "PolicyName" in p:
        resource = arn(asked, caller, "iam", f"policy{p.get('Path', '/')}{p['PolicyName']}", region="")
    context = {"iam:PolicyARN": p["PolicyArn"]} if "PolicyArn" in p and operation.startswith(("Attach", "Detach")) else {}
    boundary = p.get("PermissionsBoundary")
    if operation in BOUNDED:
        boundary = next((r.permissions_boundary_arn for r in list(backend.roles.values()) if r.name == p.get("RoleName")), None)
    if boundary:
        context["iam:PermissionsBoundary"] = boundary
    return [Need(f"iam:{operation}", resource, caller.account, context=context)]


def _sts(asked, caller):
    if asked.operation == "GetCallerIdentity":
        return []
    return _plain(asked, caller)


def _sqs(asked, caller):
    p = asked.params
    name = p.get("QueueUrl", "").rsplit("/", 1)[-1] or p.get("QueueName", "")
    if not name:
        return _plain(asked, caller)
    parts = p.get("QueueUrl", "").split("/")
    owner = parts[3] if len(parts) > 4 and parts[3].isdigit() else p.get("QueueOwnerAWSAccountId") or caller.account
    queue = sqs_backends[owner][asked.region].queues.get(name)
    policy = queue.policy if queue and queue.policy else None
    policy = json.dumps(policy) if isinstance(policy, dict) else policy
    action = asked.operation.removesuffix("Batch")
    return [Need(f"sqs:{action}", arn(asked, caller, "sqs", name, owner), owner, policy)]


def _named(service, parameter, form, prefix=None):
    def find(asked, caller):
        name = asked.params.get(parameter)
        resource = arn(asked, caller, prefix or service, form.format(name, **asked.params)) if name else "*"
        needed = [Need(f"{prefix or service}:{asked.operation}", resource, caller.account)]
        target = asked.params.get("Target")
        role = target.get("RoleArn") if isinstance(target, dict) else None
        return needed + _pass_role(role, "scheduler.amazonaws.com")

    return find


def _scheduler(asked, caller):
    asked.params.setdefault("GroupName", asked.params.get("groupName") or "default")
    return _named("scheduler", "Name", "schedule/{GroupName}/{0}")(asked, caller)


def _events(asked, caller):
    if asked.operation == "PutEvents":
        return [_event(asked, caller, entry) for entry in asked.params.get("Entries", [])]
    parameter = "Rule" if "Rule" in asked.params else "Name"
    return _named("events", parameter, "rule/{0}")(asked, caller)


def _event(asked, caller, entry):
    bus = entry.get("EventBusName") or "default"
    resource = bus if bus.startswith("arn:") else arn(asked, caller, "events", f"event-bus/{bus}")
    context = {"events:source": entry.get("Source", ""), "events:detail-type": entry.get("DetailType", "")}
    return Need("events:PutEvents", resource, resource.split(":")[4], context=context)


def _logs(asked, caller):
    group = asked.params.get("logGroupName") or asked.params.get("logGroupIdentifier")
    resource = arn(asked, caller, "logs", f"log-group:{group}:*") if group else "*"
    if group and "logStreamName" in asked.params and asked.operation in ("PutLogEvents", "GetLogEvents"):
        resource = arn(asked, caller, "logs", f"log-group:{group}:log-stream:{asked.params['logStreamName']}")
    return [Need(f"logs:{asked.operation}", resource, caller.account)]


def _cloudformation(asked, caller):
    name = asked.params.get("StackName", "")
    resource = name if name.startswith("arn:") else arn(asked, caller, "cloudformation", f"stack/{name}/lab") if name else "*"
    context = {"cloudformation:TemplateUrl": asked.params["TemplateURL"]} if asked.params.get("TemplateURL") else {}
    needed = [Need(f"cloudformation:{asked.operation}", resource, caller.account, context=context)]
    return needed + _pass_role(asked.params.get("RoleARN"), "cloudformation.amazonaws.com")


def _monitoring(asked, caller):
    p = asked.params
    names = p.get("AlarmNames") or [v for k, v in p.items() if k.startswith("AlarmNames.member.")] or [p.get("AlarmName")]
    names = [n for n in ([names] if isinstance(names, str) else names) if n]
    resources = [arn(asked, caller, "cloudwatch", f"alarm:{n}") for n in names] or ["*"]
    return [Need(f"cloudwatch:{asked.operation}", r, caller.account) for r in resources]


_FINDERS = {
    "sns": _sns,
    "dynamodb": _dynamodb,
    "lambda": _lambda,
    "iam": _iam,
    "sts": _sts,
    "sqs": _sqs,
    "logs": _logs,
    "events": _events,
    "scheduler": _scheduler,
    "monitoring": _monitoring,
    "cloudformation": _cloudformation,
}
