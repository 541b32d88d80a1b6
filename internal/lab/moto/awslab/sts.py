"""sts:AssumeRole as AWS decides it: moto hands out keys of any role, existing or not, to anybody, whatever the External ID."""

import json
import re

from moto.core.utils import utcnow
from moto.iam.models import iam_backends

from .errors import Refusal
from .gate import context_of
from .identity import assuming, policy_document
from .oracle import decide
from .state import settings

SESSION_NAME = re.compile(r"^[\w+=,.@-]{2,64}$")
EXTERNAL_ID = re.compile(r"^[\w+=,.@:/-]{2,1224}$")


def find_role(arn):
    """The role of an ARN, path included, or None."""
    parts = arn.split(":", 5)
    if len(parts) < 6 or parts[2] != "iam":
        return None
    roles = list(iam_backends[parts[4]][parts[1]].roles.values())
    return next((r for r in roles if r.arn == arn), None)


def assume(asked, caller, proceed):
    """Decides an AssumeRole and lets moto make the session."""
    p = asked.params
    arn, tags = p.get("RoleArn", ""), _tags(p)
    _validate(p)
    if caller.kind == "operator":
        return proceed()
    role = find_role(arn)
    if role is None or not _decided(caller, role, p, tags):
        raise Refusal("AccessDenied", f"User: {caller.arn} is not authorized to perform: sts:AssumeRole on resource: {arn}", 403)
    _check_duration(caller, role, int(p.get("DurationSeconds", 3600)))
    carried = {k: v for k, v in caller.tags.items() if k in caller.transitive}
    transitive = tuple(v for k, v in p.items() if k.startswith("TransitiveTagKeys.member."))
    with assuming(
        session_policy=_session_policy(p, role),
        tags=carried | tags,
        transitive=tuple(carried) + transitive,
        source_identity=p.get("SourceIdentity") or caller.source_identity,
    ):
        return proceed()


def _decided(caller, role, p, tags):
    if (utcnow() - role.create_date).total_seconds() < settings.role_delay:
        return False
    context = context_of(caller) | {"sts:RoleSessionName": p.get("RoleSessionName", ""), "aws:ResourceAccount": role.arn.split(":")[4]}
    if p.get("ExternalId"):
        context["sts:ExternalId"] = p["ExternalId"]
    if p.get("SourceIdentity"):
        context["sts:SourceIdentity"] = p["SourceIdentity"]
    context |= {f"aws:RequestTag/{k}": v for k, v in tags.items()}
    if tags:
        context["aws:TagKeys"] = sorted(tags)
    actions = ["sts:AssumeRole"]
    if tags or caller.transitive:
        actions.append("sts:TagSession")
    if p.get("SourceIdentity") or caller.source_identity:
        actions.append("sts:SetSourceIdentity")
    return all(
        decide(
            caller.arn,
            action,
            role.arn,
            role.arn.split(":")[4],
            identity=caller.policies(),
            session_policy=caller.session_policy,
            boundary=caller.boundary(),
            policy=role.assume_role_policy_document,
            context=context,
        ).allowed
        for action in actions
    )


def trusts_service(role, service, context=None):
    """Whether a role lets a service of AWS assume it."""
    return decide(
        service, "sts:AssumeRole", role.arn, role.arn.split(":")[4], policy=role.assume_role_policy_document, context=context
    ).allowed


def _validate(p):
    name, external = p.get("RoleSessionName", ""), p.get("ExternalId")
    if not SESSION_NAME.match(name):
        _invalid("roleSessionName", name, r"Member must satisfy regular expression pattern: [\w+=,.@-]*")
    if external is not None and not EXTERNAL_ID.match(external):
        _invalid("externalId", external, r"Member must satisfy regular expression pattern: [\w+=,.@:\/-]*")
    if not 900 <= int(p.get("DurationSeconds", 3600)) <= 43200:
        _invalid(
            "durationSeconds", p["DurationSeconds"], "Member must have value greater than or equal to 900 and less than or equal to 43200"
        )
    if "Policy" in p:
        if len(p["Policy"]) > 2048:
            _invalid("policy", "...", "Member must have length less than or equal to 2048")
        try:
            json.loads(p["Policy"])
        except ValueError:
            raise Refusal("MalformedPolicyDocument", "This policy contains invalid Json") from None


def _invalid(field, value, constraint):
    raise Refusal(
        "ValidationError", f"1 validation error detected: Value '{value}' at '{field}' failed to satisfy constraint: {constraint}"
    )


def _check_duration(caller, role, seconds):
    if caller.kind == "session" and seconds > 3600:
        raise Refusal(
            "ValidationError", "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining."
        )
    if seconds > int(role.max_session_duration or 3600):
        raise Refusal("ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")


def _tags(p):
    return {v: p.get(k.replace(".Key", ".Value"), "") for k, v in p.items() if k.startswith("Tags.member.") and k.endswith(".Key")}


def _session_policy(p, role):
    documents = [json.loads(p["Policy"])] if "Policy" in p else []
    caller = type("Owner", (), {"backend": lambda self: iam_backends[role.account_id][role.partition]})()
    for key, arn in p.items():
        if key.startswith("PolicyArns.member."):
            text = policy_document(caller, arn)
            if text is None:
                raise Refusal("MalformedPolicyDocument", f"The policy {arn} does not exist or is not attachable.")
            documents.append(json.loads(text))
    if not documents:
        return None
    statements = [s for d in documents for s in (d["Statement"] if isinstance(d["Statement"], list) else [d["Statement"]])]
    return json.dumps({"Version": "2012-10-17", "Statement": statements})
