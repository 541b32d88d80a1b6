"""What an account still holds, for tests that promise to leave nothing."""

from moto.awslambda.models import lambda_backends
from moto.cloudwatch.models import cloudwatch_backends
from moto.dynamodb.models import dynamodb_backends
from moto.events.models import events_backends
from moto.iam.models import iam_backends
from moto.logs.models import logs_backends
from moto.s3.models import s3_backends
from moto.scheduler.models import scheduler_backends
from moto.sns.models import sns_backends
from moto.sqs.models import sqs_backends

from .cfn.stacks import STACKS


def of(account):
    """The account's buckets, tables, topics and so on, each by its name or ARN; what the lab itself made is left out."""
    return {
        "buckets": _names(s3_backends, account, lambda b: b.buckets),
        "tables": _names(dynamodb_backends, account, lambda b: [t.table_arn for t in b.tables.values()]),
        "topics": _names(sns_backends, account, lambda b: b.topics),
        "subscriptions": _names(sns_backends, account, lambda b: b.subscriptions),
        "queues": _names(sqs_backends, account, lambda b: [q.queue_arn for q in b.queues.values()]),
        "functions": _names(lambda_backends, account, lambda b: [f["latest"].function_arn for f in b._lambdas._functions.values()]),
        "roles": _names(iam_backends, account, lambda b: [r.arn for r in b.roles.values() if not getattr(r, "lab_made", False)]),
        "policies": _names(iam_backends, account, lambda b: [a for a in b.managed_policies if ":iam::aws:" not in a]),
        "log_groups": _names(logs_backends, account, lambda b: [f"{b.region_name}:{g}" for g in b.groups]),
        "alarms": _names(cloudwatch_backends, account, lambda b: [f"{b.region_name}:{a}" for a in b.alarms]),
        "rules": _names(events_backends, account, lambda b: [r.arn for bus in b.event_buses.values() for r in bus.rules.values()]),
        "schedules": _names(
            scheduler_backends, account, lambda b: [s.arn for g in b.schedule_groups.values() for s in g.schedules.values()]
        ),
        "stacks": sorted(s.id for s in STACKS if s.account == account and s.status != "DELETE_COMPLETE"),
    }


def _names(backends, account, members):
    if account not in dict.keys(backends):
        return []
    return sorted(n for backend in list(dict.values(backends[account])) for n in list(members(backend)))
