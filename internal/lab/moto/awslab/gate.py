"""Every request's decision. Moto lets everybody do everything; here the policy oracle decides, and refusals read as AWS's."""

from . import needs, s3needs
from .errors import Refusal
from .oracle import Decision, decide


def allow(asked, caller):
    """Returns when the caller may make the request; raises the refusal AWS would answer with otherwise."""
    if caller.kind == "operator":
        return
    if asked.service == "s3":
        s3needs.check(asked, caller)
    elif caller.kind == "anonymous":
        raise Refusal("MissingAuthenticationToken", "Request is missing Authentication Token", 403)
    if asked.service == "sts" and asked.operation == "AssumeRole":
        return  # decided where the role is at hand: sts.py
    wanted = s3needs.needs(asked, caller) if asked.service == "s3" else needs.needs(asked, caller)
    for need in wanted:
        decision = decision_for(caller, need)
        if not decision.allowed:
            raise refusal(asked, caller, need, decision.because)
    if asked.service == "s3" and s3needs.hides(asked):
        _hide(asked, caller, wanted[0])


def decision_for(caller, need):
    """The decision for one need."""
    if need.owner == caller.account and need.policy is None and caller.is_admin():
        return Decision(True)
    if need.owner != caller.account and need.policy is None and not need.action.startswith(("s3:", "iam:PassRole")):
        return Decision(False, f"because no resource-based policy allows the {need.action} action")
    principal = None if caller.kind == "anonymous" else caller.arn
    return decide(
        principal,
        need.action,
        need.resource,
        need.owner,
        identity=caller.policies() if principal else (),
        session_policy=caller.session_policy,
        boundary=caller.boundary() if principal else None,
        policy=need.policy,
        context=context_of(caller) | need.context,
        fenced=need.fenced,
    )


def context_of(caller):
    """The global condition keys that follow from who asks."""
    context = {"aws:SecureTransport": "true"}
    if caller.kind in ("session", "user"):
        context |= {"aws:PrincipalArn": caller.principal_arn, "aws:PrincipalAccount": caller.account}
        context["aws:PrincipalType"] = "AssumedRole" if caller.kind == "session" else "User"
        context |= {f"aws:PrincipalTag/{k}": v for k, v in caller.tags.items()}
        if caller.source_identity:
            context["aws:SourceIdentity"] = caller.source_identity
    return context


def refusal(asked, caller, need, because):
    """The error that says so, in the service's own words."""
    action = need.action.replace("sns:", "SNS:", 1)
    because = because.replace("sns:", "SNS:")
    resource = f'"{need.resource}"' if asked.service == "s3" else need.resource
    text = f"User: {caller.arn} is not authorized to perform: {action} on resource: {resource} {because}".rstrip()
    if asked.service == "s3":
        same = caller.kind != "anonymous" and need.owner == caller.account
        return Refusal("AccessDenied", text if same else "Access Denied", 403)
    if asked.service == "sns":
        return Refusal("AuthorizationError", text, 403)
    if asked.protocol == "query":
        return Refusal("AccessDenied", text, 403)
    return Refusal("AccessDeniedException", text, 403 if asked.service in ("lambda", "scheduler") else 400)


def _hide(asked, caller, need):
    listing = needs.Need("s3:ListBucket", need.resource.split("/")[0], need.owner, need.policy, need.context, need.fenced)
    decision = decision_for(caller, listing)
    if not decision.allowed:
        raise refusal(asked, caller, listing, decision.because)
