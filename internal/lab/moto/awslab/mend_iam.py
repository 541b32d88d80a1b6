"""IAM: AWS's own managed policies made to exist when first named, and principals of trust policies that must exist."""

import functools
import json

from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.models import AWSManagedPolicy, iam_backends

from .errors import Refusal
from .principals import missing_principal


@functools.cache
def _aws_policies():
    return json.loads(aws_managed_policies_data)


def ensure_managed(arn, account, partition):
    """Makes one of AWS's managed policies known to an account: moto loads none, or all 1,300 in each."""
    backend = iam_backends[account][partition]
    name = arn.rsplit("/", 1)[-1]
    if ":iam::aws:policy/" in arn and arn not in backend.managed_policies and name in _aws_policies():
        data = json.loads(json.dumps(_aws_policies()[name]).replace("arn:aws:", f"arn:{partition}:"))
        policy = AWSManagedPolicy.from_data(name, account, partition, data)
        backend.managed_policies[arn] = policy


def _managed(asked, caller):
    ensure_managed(asked.params.get("PolicyArn", ""), caller.account, caller.partition)
    if "PermissionsBoundary" in asked.params:
        ensure_managed(asked.params["PermissionsBoundary"], caller.account, caller.partition)


def _trust(asked, caller):
    _managed(asked, caller)
    text = asked.params.get("AssumeRolePolicyDocument") or asked.params.get("PolicyDocument", "{}")
    try:
        missing = missing_principal(json.loads(text))
    except ValueError:
        return
    if missing:
        raise Refusal("MalformedPolicyDocument", f'Invalid principal in policy: "AWS":"{missing}"')


def _deleted(asked, caller, answer):
    """A deleted role's ARN in other roles' trust policies turns into its unique id, for ever: a role of the same name is another."""
    if answer.status_code == 200:
        arn, role_id = asked.gone
        for account in list(iam_backends):
            for role in list(iam_backends[account][caller.partition].roles.values()):
                if f'"{arn}"' in role.assume_role_policy_document:
                    role.assume_role_policy_document = role.assume_role_policy_document.replace(f'"{arn}"', f'"{role_id}"')
    return answer


def _deleting(asked, caller):
    roles = list(iam_backends[caller.account][caller.partition].roles.values())
    asked.gone = next(((r.arn, r.id) for r in roles if r.name == asked.params.get("RoleName")), ("", ""))


BEFORE = {
    ("iam", "DeleteRole"): _deleting,
    ("iam", "AttachRolePolicy"): _managed,
    ("iam", "AttachUserPolicy"): _managed,
    ("iam", "GetPolicy"): _managed,
    ("iam", "GetPolicyVersion"): _managed,
    ("iam", "PutRolePermissionsBoundary"): _managed,
    ("iam", "CreateRole"): _trust,
    ("iam", "UpdateAssumeRolePolicy"): _trust,
}
AFTER = {("iam", "DeleteRole"): _deleted}
