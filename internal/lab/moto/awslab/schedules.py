"""Schedules fire only when a test says so: POST /lab/fire runs the targets of an EventBridge rule or schedule."""

import json
import uuid
from datetime import UTC, datetime

from botocore.exceptions import ClientError
from moto.events.models import events_backends
from moto.scheduler.models import scheduler_backends

from . import functions, identity, inside, sts
from .errors import Refusal


def fire(given):
    """Runs the targets; tells which it reached."""
    account, region = given["account"], given["region"]
    if "rule" in given:
        return {"fired": _rule(events_backends[account][region], given["rule"])}
    return {"fired": _schedule(account, region, given["schedule"])}


def _event(region, account, source, kind, arn):
    now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": kind,
        "source": source,
        "account": account,
        "time": now,
        "region": region,
        "resources": [arn],
        "detail": {},
    }


def _rule(backend, name):
    rule = next((r for bus in backend.event_buses.values() for r in bus.rules.values() if r.name == name), None)
    if rule is None:
        raise Refusal("ResourceNotFoundException", f"Rule {name} does not exist")
    if rule.state == "DISABLED":
        return []
    event = _event(backend.region_name, backend.account_id, "aws.events", "Scheduled Event", rule.arn)
    reached = []
    for target in rule.targets:
        payload = json.loads(target["Input"]) if target.get("Input") else event
        if functions.invoke_by_service(target["Arn"], payload, "events.amazonaws.com", rule.arn):
            reached.append(target["Arn"])
    return reached


def _schedule(account, region, name):
    groups = scheduler_backends[account][region].schedule_groups.values()
    schedule = next((g.schedules[name] for g in groups if name in g.schedules), None)
    if schedule is None:
        raise Refusal("ResourceNotFoundException", f"Schedule {name} does not exist.")
    if schedule.state == "DISABLED":
        return []
    target = schedule.target
    role = sts.find_role(target["RoleArn"])
    context = {"aws:SourceArn": schedule.arn.rsplit("/", 1)[0].replace(":schedule/", ":schedule-group/"), "aws:SourceAccount": account}
    if role is None or not sts.trusts_service(role, "scheduler.amazonaws.com", context):
        return []
    caller, _ = identity.new_session(role.arn, "scheduler", region)
    event = _event(region, account, "aws.scheduler", "Scheduled Event", schedule.arn)
    payload = target.get("Input") or json.dumps(event)
    try:
        inside.call(caller, region, "lambda", "Invoke", FunctionName=target["Arn"], InvocationType="Event", Payload=payload.encode())
    except ClientError:
        return []
    return [target["Arn"]]
