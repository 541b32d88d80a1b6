"""The lab's own endpoints, plain http to the server's own address and without keys: /lab/account, fire, delay, leftovers, reset."""

import json

from moto.core.base_backend import BackendDict
from werkzeug.wrappers import Response

from . import identity, leftovers, schedules, state
from .errors import Refusal


def answer(http, app):
    """The answer to a request that names no AWS host."""
    if http.path.startswith("/moto-api"):
        return Response.from_app(app.moto, http.environ)
    handler = _HANDLERS.get((http.method, http.path))
    if handler is None:
        return Response(f"no such lab endpoint: {http.method} {http.path}\n", 404, content_type="text/plain")
    given = http.args.to_dict() if http.method == "GET" else json.loads(http.get_data() or b"{}")
    try:
        return Response(json.dumps(handler(given), default=str), content_type="application/json")
    except (KeyError, Refusal) as error:
        return Response(f"{http.path}: {error!r}\n", 400, content_type="text/plain")


def _account(given):
    policies = given.get("policies") or [identity.ADMIN]
    return identity.set_up(given["account"], given.get("principal") or "role/lab/Admin", policies, given.get("partition", "aws"))


def _reset(_):
    state.reset()
    BackendDict.reset()
    return {}


def _delay(given):
    state.settings.role_delay = float(given["role_delay_seconds"])
    return {}


_HANDLERS = {
    ("GET", "/lab/ready"): lambda _: {"ready": True},
    ("POST", "/lab/account"): _account,
    ("POST", "/lab/reset"): _reset,
    ("POST", "/lab/delay"): _delay,
    ("POST", "/lab/fire"): lambda given: schedules.fire(given),
    ("GET", "/lab/leftovers"): lambda given: leftovers.of(given["account"]),
}
