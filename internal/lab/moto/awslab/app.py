"""The WSGI application around moto's: who asks, may they, which account is meant; and a loud answer where moto has none."""

import contextlib
import logging
import traceback
from io import BytesIO

from moto import backends
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.wrappers import Request, Response

from . import customresponses, errors, gate, identity, labapi, mends, sts, wire
from .cfn import api
from .state import lock

log = logging.getLogger("lab")


class App:
    """Answers every request of the lab."""

    def __init__(self):
        """Makes moto's application, which makes one per service as they are asked for."""
        modules = frozenset(backends.list_of_moto_modules())
        backends.list_of_moto_modules = lambda: modules  # moto looks through its directories for each request
        self.moto = DomainDispatcherApplication(create_backend_app)

    def __call__(self, environ, start_response):
        """Answers; whatever goes wrong in the lab itself is said so."""
        http = Request(environ)
        try:
            answer = self.answer(http)
        except NotImplementedError as error:
            answer = errors.broken(f"{http.method} {http.host}{http.path}: {error}")
        except Exception as error:
            log.error("%s %s %s\n%s", http.method, http.host, http.path, traceback.format_exc())
            answer = errors.broken(f"{http.method} {http.host}{http.path}: {error!r}")
        return answer(environ, start_response)

    def answer(self, http):
        """The answer to one request."""
        if not wire.is_aws(http.host):
            return labapi.answer(http, self)
        if customresponses.is_response_host(http.host):
            return customresponses.receive(http)
        data = http.get_data(cache=True)  # read once: moto reads the body from the environment again
        asked = wire.understand(http)
        try:
            caller = http.environ.get("lab.caller") or identity.identify(asked.access_key, asked.token, wire.partition_of(asked.region))
            gate.allow(asked, caller)
            mends.before(asked, caller)
            if asked.service == "sts" and asked.operation == "AssumeRole":
                return sts.assume(asked, caller, lambda: self.forward(asked, caller, data))
            return mends.after(asked, caller, self.forward(asked, caller, data))
        except errors.Refusal as refusal:
            return errors.response(asked.service, asked.protocol, _s3_words(asked, refusal), http.method)

    def forward(self, asked, caller, data):
        """Moto's answer, as the caller's account."""
        data = getattr(asked, "body", None) or data
        environ = asked.http.environ
        environ |= {"wsgi.input": BytesIO(data), "CONTENT_LENGTH": str(len(data)), "lab.caller": caller, "lab.asked": asked}
        for name in [n for n in environ if n.startswith("werkzeug.") or n == "HTTP_TRANSFER_ENCODING"]:
            environ.pop(name)
        account = environ.get("HTTP_X_MOTO_ACCOUNT_ID") if caller.kind == "operator" else None
        environ["HTTP_X_MOTO_ACCOUNT_ID"] = account or caller.account
        environ["HTTP_HOST"] = _host_for_moto(asked)
        if "HTTP_AUTHORIZATION" not in environ and asked.service != "s3":
            raise errors.Refusal("MissingAuthenticationToken", "Request is missing Authentication Token", 403)
        with _serial(asked):
            if asked.service == "cloudformation":
                answer = api.answer(asked, caller, environ)
            else:
                answer = Response.from_app(self.moto, environ, buffered=True)
        return _checked(asked, answer)


def _serial(asked):
    # Lambda and SNS call functions and other services and must not wait inside a lock; the rest is not made for threads.
    if asked.service in ("lambda", "cloudformation") or asked.operation in ("Publish", "PublishBatch"):
        return contextlib.nullcontext()
    return lock(asked.service)


def _host_for_moto(asked):
    # Moto takes the region, and so the partition, from the host; IAM's has none, and it does not know the European suffix.
    if asked.service == "iam":
        return f"iam.{asked.region}.amazonaws.com"
    return asked.http.host.replace(".amazonaws.eu", ".amazonaws.com")


def _checked(asked, answer):
    html = answer.content_type and answer.content_type.startswith("text/html")
    if answer.status_code >= 500 and asked.http.method != "HEAD":
        return errors.broken(f"{asked.service}:{asked.operation or asked.http.method} answered {answer.status_code}: {answer.data[:300]!r}")
    if answer.status_code == 404 and html and asked.http.method != "HEAD" and (b"<!doctype" in answer.data[:20] or not answer.data):
        return errors.broken(f"{asked.service}:{asked.operation} {asked.http.method} {asked.http.path} is not implemented by moto")
    return answer


def _s3_words(asked, refusal):
    if asked.service == "s3" and refusal.code == "InvalidClientTokenId":
        return errors.Refusal("InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.", 403)
    if asked.service == "dynamodb" and refusal.code == "InvalidClientTokenId":
        return errors.Refusal("UnrecognizedClientException", "The security token included in the request is invalid.", 400)
    if asked.service == "lambda" and refusal.code == "InvalidClientTokenId":
        return errors.Refusal("UnrecognizedClientException", "The security token included in the request is invalid.", 403)
    return refusal
