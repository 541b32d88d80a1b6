"""Invocations: environments kept warm, several at once when busy, asynchronous retries and their destinations."""

import base64
import json
import threading
import time
import uuid
from datetime import UTC, datetime

from botocore.exceptions import ClientError
from moto.awslambda.models import LambdaBackend, LambdaFunction, lambda_backends

from . import customresponses, identity, inside
from .environment import Environment
from .errors import Refusal
from .oracle import decide
from .state import on_reset, settings

UNRESERVED = 16  # environments of one function at once; AWS's 1,000 would not help this machine
IDLE = 12  # idle environments kept, of all functions

_pools: dict[str, "Pool"] = {}
_guard = threading.Lock()


class Pool:
    """The environments of one function."""

    def __init__(self, function):
        self.function, self.idle, self.busy, self.changed, self.closed = function, [], 0, threading.Condition(), False
        self.running: set[Environment] = set()

    def limit(self):
        """How many invocations may run at once."""
        reserved = self.function.reserved_concurrency
        return UNRESERVED if reserved is None else int(reserved)

    def take(self, wait):
        """An environment to run in; None when all are busy and there is no waiting."""
        with self.changed:
            while self.busy >= self.limit() and wait and not self.closed:
                self.changed.wait(0.5)
            if self.closed or self.busy >= self.limit():
                return None
            self.busy += 1
            stale = [e for e in self.idle if e.key != self.key() or not e.usable()]
            self.idle = [e for e in self.idle if e not in stale]
            found = self.idle.pop() if self.idle else None
        for e in stale:
            e.stop()
        try:
            if found is None:
                found = Environment(self.function)
                found.key = self.key()
            with self.changed:
                self.running.add(found)
                closed = self.closed
            if closed:  # while it was started
                found.stop()
        except BaseException:
            self.give_back(None)
            raise
        return found

    def give_back(self, environment):
        """Ends an invocation's hold."""
        with self.changed:
            self.busy -= 1
            self.running.discard(environment)
            keep = environment is not None and not self.closed and environment.usable() and environment.key == self.key()
            if keep:
                environment.last_used = time.time()
                self.idle.append(environment)
            self.changed.notify_all()
        if environment is not None and not keep:
            environment.stop()
        _thin_out()

    def key(self):
        """What a warm environment was started with."""
        f = self.function
        return (f.code_sha_256, f.role, f.timeout, f.memory_size, f.handler, json.dumps(f.environment_vars, sort_keys=True))

    def close(self):
        """Ends all environments."""
        with self.changed:
            self.closed, gone, self.idle = True, [*self.idle, *self.running], []
            self.changed.notify_all()
        for e in gone:
            e.stop()


def _thin_out():
    with _guard:
        idle = sorted(((e.last_used, i, p, e) for i, p in enumerate(_pools.values()) for e in p.idle), key=lambda x: x[:2])
    for _, _, pool, environment in idle[: max(0, len(idle) - IDLE)]:
        with pool.changed:
            taken = environment in pool.idle
            if taken:
                pool.idle.remove(environment)
        if taken:
            environment.stop()


def pool_of(function):
    """The function's pool; a function made anew under the same name gets another."""
    with _guard:
        pool = _pools.get(function.function_arn)
        if pool is None or pool.function is not function:
            if pool:
                pool.close()
            pool = _pools[function.function_arn] = Pool(function)
        return pool


@on_reset
def stop_all():
    """Ends every function process."""
    with _guard:
        pools = list(_pools.values())
        _pools.clear()
    for pool in pools:
        pool.close()


def run(pool, payload, wait, request_id=None):
    """One invocation: body, whether it failed, the log's tail; None when throttled, or when the function is gone."""
    environment = pool.take(wait)
    if environment is None:
        return None
    try:
        body, failed = environment.invoke(payload, request_id or str(uuid.uuid4()))
        if environment.foreign:
            customresponses.give_up(payload, environment.foreign)
        return body, failed, environment.log.tail
    finally:
        pool.give_back(environment)


def invoke(self, body, request_headers, response_headers):
    """The Invoke operation."""
    kind = request_headers.get("X-Amz-Invocation-Type", "RequestResponse")
    payload = (body.encode() if isinstance(body, str) else body) or b"{}"
    try:
        json.loads(payload)
    except ValueError:
        raise Refusal("InvalidRequestContentException", "Could not parse request body into json: Unexpected end-of-input", 400) from None
    if kind == "DryRun":
        return b""
    if kind == "Event":
        send_event(self, payload)
        return b""
    result = run(pool_of(self), payload, wait=False)
    if result is None:
        raise Refusal("TooManyRequestsException", "Rate Exceeded.", 429, {"Reason": "ReservedFunctionConcurrentInvocationLimitExceeded"})
    body, failed, tail = result
    response_headers["x-amz-executed-version"] = "$LATEST"
    if failed:
        response_headers["x-amz-function-error"] = "Unhandled"
    response_headers["x-amz-log-result"] = base64.b64encode("\n".join(tail).encode()[-4096:]).decode()
    return body


def send_event(function, payload):
    """Queues an asynchronous invocation."""
    threading.Thread(target=_work_off, args=(pool_of(function), payload), daemon=True).start()


def _work_off(pool, payload):
    function = pool.function
    config = _event_config(function)
    request_id, tries = str(uuid.uuid4()), 1 + int(config.get("MaximumRetryAttempts", 2) if config else 2)
    for attempt in range(1, tries + 1):
        result = run(pool, payload, wait=True, request_id=request_id)
        if result is None:
            return
        body, failed, _ = result
        if not failed:
            _to_destination(function, config, "OnSuccess", _record(function, request_id, "Success", attempt, payload, body, False))
            return
        if attempt < tries:
            time.sleep(settings.async_backoff)
    record = _record(function, request_id, "RetriesExhausted", tries, payload, body, True)
    _to_destination(function, config, "OnFailure", record)
    dead = (getattr(function, "lab_dead_letter", None) or {}).get("TargetArn")
    if dead:
        _send(
            function,
            dead,
            payload.decode(),
            {"RequestID": request_id, "ErrorCode": "200", "ErrorMessage": record["responsePayload"].get("errorMessage", "")},
        )


def _event_config(function):
    configs = function.event_invoke_config
    return configs[-1].config if configs else None


def _record(function, request_id, condition, count, payload, body, failed):
    try:
        answer = json.loads(body)
    except ValueError:
        answer = body.decode("utf-8", "replace")
    return {
        "version": "1.0",
        "timestamp": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z",
        "requestContext": {
            "requestId": request_id,
            "functionArn": f"{function.function_arn}:$LATEST",
            "condition": condition,
            "approximateInvokeCount": count,
        },
        "requestPayload": json.loads(payload),
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", **({"functionError": "Unhandled"} if failed else {})},
        "responsePayload": answer,
    }


def _to_destination(function, config, kind, record):
    target = ((config or {}).get("DestinationConfig") or {}).get(kind, {}).get("Destination")
    if target:
        _send(function, target, json.dumps(record), None)


def _send(function, arn, body, attributes):
    # With the function's own rights: a role without them loses the record, as in AWS.
    _, _, service, region, account, name = arn.split(":", 5)
    caller, _ = identity.new_session(function.role, function.function_name, region)
    try:
        if service == "sqs":
            url = f"https://sqs.{region}.amazonaws.com/{account}/{name}"
            told = {k: {"DataType": "String", "StringValue": v} for k, v in (attributes or {}).items() if v}
            inside.call(caller, region, "sqs", "SendMessage", QueueUrl=url, MessageBody=body, MessageAttributes=told or None)
        elif service == "sns":
            inside.call(caller, region, "sns", "Publish", TopicArn=arn, Message=body)
        elif service == "lambda":
            inside.call(caller, region, "lambda", "Invoke", FunctionName=arn, InvocationType="Event", Payload=body.encode())
        elif service == "events":
            entry = {"Source": "lambda", "DetailType": "Lambda Function Invocation Result", "Detail": body, "EventBusName": arn}
            inside.call(caller, region, "events", "PutEvents", Entries=[entry])
    except ClientError:
        return


def find(arn):
    """The function of an ARN, or None."""
    parts = arn.split(":")
    found = lambda_backends[parts[4]][parts[3]]._lambdas._functions.get(parts[6])
    return found["latest"] if found else None


def invoke_by_service(arn, event, service, source):
    """An asynchronous invocation by a service of AWS, when the function's policy lets it; says whether it did."""
    function = find(arn)
    if function is None or not function.policy.statements:
        return False
    policy = json.dumps({"Version": "2012-10-17", "Statement": function.policy.statements})
    context = {"aws:SourceArn": source, "aws:SourceAccount": source.split(":")[4]}
    if not decide(service, "lambda:InvokeFunction", function.function_arn, function.account_id, policy=policy, context=context).allowed:
        return False
    send_event(function, json.dumps(event).encode())
    return True


_init, _delete, _configuration, _update = (
    LambdaFunction.__init__,
    LambdaBackend.delete_function,
    LambdaFunction.get_configuration,
    LambdaFunction.update_configuration,
)


def _keep(self, spec):
    for field, name in (("lab_logging", "LoggingConfig"), ("lab_dead_letter", "DeadLetterConfig")):
        if name in spec:
            setattr(self, field, spec[name])


def init(self, account_id, spec, region, version=1):
    """Moto's function with two settings that it forgets."""
    _init(self, account_id, spec, region, version)
    _keep(self, spec)


def update_configuration(self, config_updates):
    """Moto's update with two settings that it forgets."""
    _keep(self, config_updates)
    return _update(self, config_updates)


def get_configuration(self, on_create=False):
    """Moto's configuration with what it leaves out."""
    config = _configuration(self, on_create)
    config["LoggingConfig"] = {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{self.function_name}"} | (
        getattr(self, "lab_logging", None) or {}
    )
    if getattr(self, "lab_dead_letter", None):
        config["DeadLetterConfig"] = self.lab_dead_letter
    return config


def delete_function(self, name, qualifier=None):
    """Moto's deletion, with the processes ended."""
    _delete(self, name, qualifier)
    with _guard:
        gone = [
            arn
            for arn, p in _pools.items()
            if arn.split(":")[3] == self.region_name and arn.split(":")[4] == self.account_id and find(arn) is None
        ]
        pools = [_pools.pop(arn) for arn in gone]
    for pool in pools:
        pool.close()


LambdaFunction.__init__ = init
LambdaFunction.invoke = invoke
LambdaFunction.get_configuration = get_configuration
LambdaFunction.update_configuration = update_configuration
LambdaBackend.delete_function = delete_function
