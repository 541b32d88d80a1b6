"""Who asks. Moto takes any access key; here a key is a user's, a session's, or refused, and its policies can be read."""

import datetime
import functools
import json
import threading
from dataclasses import dataclass, field

from moto.core.utils import utcnow
from moto.iam.models import iam_backends
from moto.sts.models import STSBackend

from .errors import Refusal
from .state import accounts, on_reset

OPERATOR_KEY = "LABOPERATOR"
OPERATOR_ACCOUNT = "123456789012"
ADMIN = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})


@dataclass
class Caller:
    """A principal that makes requests. For a session, principal_arn is the role's ARN with its path."""

    kind: str  # operator, user, session, service, anonymous
    account: str
    partition: str = "aws"
    arn: str = ""
    principal_arn: str = ""
    access_key: str = ""
    token: str = ""
    session_policy: str | None = None
    tags: dict = field(default_factory=dict)
    transitive: tuple = ()
    source_identity: str = ""
    expires: datetime.datetime | None = None
    role_id: str = ""

    def backend(self):
        """The IAM backend of the caller's account."""
        return iam_backends[self.account][self.partition]

    def role(self):
        """The role behind a session, or None once it is gone: one made anew under the same name is another."""
        return self.backend().roles.get(self.role_id)

    def _entity(self):
        if self.kind == "session":
            return self.role()
        return self.backend().users.get(self.principal_arn.rsplit("/", 1)[-1])

    def policies(self):
        """The documents of the identity policies."""
        entity = self._entity()
        if entity is None:
            return []
        inline = [p if isinstance(p, str) else p["policy_document"] for p in list(entity.policies.values())]
        managed = [policy_document(self, arn) for arn in list(entity.managed_policies)]
        return [p for p in inline + managed if p]

    def boundary(self):
        """The document of the permissions boundary, or None."""
        arn = getattr(self._entity(), "permissions_boundary_arn", None)
        return policy_document(self, arn) if arn else None

    def is_admin(self):
        """Whether nothing but an allow of everything applies, so that the oracle need not be asked."""
        return self.session_policy is None and not self.boundary() and all_powerful(tuple(self.policies()))


def policy_document(caller, arn):
    """The document of a managed policy's default version."""
    policy = caller.backend().managed_policies.get(arn)
    if policy is None:
        return None
    return next(v.document for v in list(policy.versions) if v.version_id == policy.default_version_id)


@functools.lru_cache(maxsize=4096)
def all_powerful(documents):
    """Whether the documents allow everything and deny nothing."""
    statements = []
    for document in documents:
        found = json.loads(document).get("Statement", [])
        statements += found if isinstance(found, list) else [found]
    full = [s for s in statements if s.get("Action") == "*" and s.get("Resource") == "*" and "Condition" not in s]
    return any(s["Effect"] == "Allow" for s in full) and not any(s.get("Effect") == "Deny" for s in statements)


_sessions: dict[str, Caller] = {}
_assuming = threading.local()


@on_reset
def _forget():
    _sessions.clear()


def operator(account=OPERATOR_ACCOUNT, partition="aws"):
    """The lab itself, acting in an account."""
    return Caller("operator", account, partition, arn=f"arn:{partition}:iam::{account}:root", access_key=OPERATOR_KEY)


def anonymous():
    """A caller without credentials."""
    return Caller("anonymous", OPERATOR_ACCOUNT)


def identify(access_key, token, partition):
    """The caller of an access key; refuses one that nobody was given."""
    if not access_key:
        return anonymous()
    if access_key == OPERATOR_KEY:
        return operator(partition=partition)
    found = _sessions.get(access_key) or _user(access_key)
    if found is None or found.partition != partition:
        raise Refusal("InvalidClientTokenId", "The security token included in the request is invalid.", 403)
    if found.kind == "session" and token != found.token:
        raise Refusal("InvalidClientTokenId", "The security token included in the request is invalid.", 403)
    if found.expires and found.expires < utcnow():
        raise Refusal("ExpiredToken", "The security token included in the request is expired", 403)
    return found


def _user(access_key):
    for account in list(iam_backends):
        for partition, backend in list(iam_backends[account].items()):
            key = backend.access_keys.get(access_key)
            if key is not None and key.user_name and key.status == "Active":
                user = backend.users.get(key.user_name)
                arn = user.arn if user else ""
                return Caller("user", account, partition, arn=arn, principal_arn=arn, access_key=access_key)
    return None


class assuming:
    """Within it, the next session that moto makes carries these fields; the caller of sts:AssumeRole decided them."""

    def __init__(self, **fields):
        self.fields = fields

    def __enter__(self):
        _assuming.fields = self.fields

    def __exit__(self, *_):
        _assuming.fields = {}


_assume_role = STSBackend.assume_role


def assume_role(self, **arguments):
    """Makes the session as moto does and remembers whose it is."""
    made = _assume_role(self, **arguments)
    role_id = made.user_id.split(":")[0]
    _sessions[made.access_key_id] = Caller(
        "session",
        made.account_id,
        made.partition,
        arn=made.arn,
        principal_arn=made.role_arn,
        access_key=made.access_key_id,
        token=made.session_token,
        expires=made.expiration,
        role_id=role_id,
        **getattr(_assuming, "fields", {}),
    )
    return made


STSBackend.assume_role = assume_role


def new_session(role_arn, name, region, duration=3600, **fields):
    """Keys of a role's session, made without asking anybody: for the lab's own services (Lambda, CloudFormation, set-up)."""
    from moto.sts.models import sts_backends

    _, partition, _, _, account, _ = role_arn.split(":", 5)
    with assuming(**fields):
        made = sts_backends[account][partition].assume_role(
            region_name=region, role_session_name=name, role_arn=role_arn, policy=None, duration=duration, external_id=None
        )
    return _sessions[made.access_key_id], made.secret_access_key


def set_up(account, principal, policies, partition="aws"):
    """Makes an account exist, with a role (or user) that has these policies, and gives keys for it."""
    accounts.add(account)
    backend = iam_backends[account][partition]
    kind, _, path_name = principal.partition("/")
    path, _, name = ("/" + path_name).rpartition("/")
    region = {"aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1", "aws-eusc": "eusc-de-east-1"}.get(partition, "us-east-1")
    if kind == "user":
        user = backend.users.get(name) or backend.create_user(region, name, path + "/")
        for i, document in enumerate(policies):
            user.policies[f"lab{i}"] = document
        key = backend.create_access_key(name)
        return {"access_key_id": key.access_key_id, "secret_access_key": key.secret_access_key, "session_token": "", "arn": user.arn}
    role = next((r for r in backend.roles.values() if r.name == name), None)
    if role is None:
        trust = {"Effect": "Allow", "Principal": {"AWS": f"arn:{partition}:iam::{account}:root"}, "Action": "sts:AssumeRole"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        role = backend.create_role(name, document, path + "/", None, "", [], "43200")
        role.lab_made = True
    role.policies = {f"lab{i}": document for i, document in enumerate(policies)}
    caller, secret = new_session(role.arn, "lab", region, 43200)
    return {"access_key_id": caller.access_key, "secret_access_key": secret, "session_token": caller.token, "arn": role.arn}
