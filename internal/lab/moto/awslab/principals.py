"""Principals that policies name: AWS refuses a policy that names an account, role or user that does not exist."""

from moto.iam.models import iam_backends

from .state import accounts


def missing_principal(document):
    """The first AWS principal in a resource policy that does not exist, or None."""
    statements = document.get("Statement", [])
    for statement in statements if isinstance(statements, list) else [statements]:
        principal = statement.get("Principal", statement.get("NotPrincipal"))
        if not isinstance(principal, dict):
            continue
        named = principal.get("AWS", [])
        for name in named if isinstance(named, list) else [named]:
            if not _exists(name):
                return name
    return None


def _exists(name):
    if name == "*":
        return True
    if name.isdigit():
        return name in accounts
    parts = name.split(":", 5)
    if len(parts) < 6 or parts[2] not in ("iam", "sts") or parts[4] not in accounts:
        return False
    kind, _, rest = parts[5].partition("/")
    backend = iam_backends[parts[4]][parts[1]]
    if kind == "role":
        return any(r.arn == name for r in list(backend.roles.values()))
    if kind == "user":
        return rest.rsplit("/", 1)[-1] in backend.users
    return True
