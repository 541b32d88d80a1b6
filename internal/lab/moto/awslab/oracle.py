"""Decisions of the policy oracle, the lab's independent IAM evaluator. Moto evaluates no conditions and no resource policies."""

import functools
import json
import threading
from dataclasses import dataclass

import requests

from .errors import Broken
from .state import settings

_local = threading.local()


@dataclass(frozen=True)
class Decision:
    """What the oracle decided, and AWS's words for why not."""

    allowed: bool
    because: str = ""


def decide(principal, action, resource, owner, *, identity=(), session_policy=None, boundary=None, policy=None, context=None, fenced=False):
    """Asks whether principal (an ARN, a service or None for nobody) may do action on resource, owned by account owner.

    identity and boundary are policy documents as text; session_policy and policy (the resource's) are too, or None. fenced tells that
    the bucket has RestrictPublicBuckets.
    """
    simulation = {
        "request": {
            "principal": principal or {"type": "Anonymous"},
            "action": action,
            "resource": {"resource": resource, "accountId": owner},
            "contextVariables": context or {},
        },
        "identityPolicies": [{"name": f"identity{i}", "policy": json.loads(p)} for i, p in enumerate(identity)],
    }
    if session_policy is not None:
        simulation["sessionPolicy"] = json.loads(session_policy)
    if boundary is not None:
        simulation["permissionBoundaryPolicies"] = [{"name": "boundary", "policy": json.loads(boundary)}]
    if policy is not None:
        simulation["resourcePolicy"] = json.loads(policy)
    if fenced:
        simulation["additionalSettings"] = {"s3": {"blockPublicAccess": True}}
    return _ask(json.dumps(simulation, sort_keys=True))


@functools.lru_cache(maxsize=8192)
def _ask(simulation):
    if not hasattr(_local, "session"):
        _local.session = requests.Session()
        _local.session.trust_env = False
    answer = _local.session.post(settings.oracle, data=simulation, timeout=30).json()
    if answer["result"] == "Error":
        raise Broken(f"oracle: {json.dumps(answer['detail'])} for {simulation}")
    return Decision(answer["result"] == "Allowed", answer.get("because", ""))
