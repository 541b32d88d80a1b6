"""One oracle and one server for all tests, and clients that reach them by AWS's own host names."""

import atexit
import http.client
import itertools
import json
import os
import subprocess
import sys
import time
import unittest
import zipfile
from io import BytesIO

import botocore.session
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.exceptions import ClientError

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ORACLE = os.path.join(os.path.dirname(HERE), "oracle", "server.mjs")
_numbers = itertools.count(100000000001)
_session = botocore.session.Session()
_running = {}


def start_server(oracle, **environment):
    """A server process; (process, port)."""
    command = [
        sys.executable,
        "-u",
        os.path.join(HERE, "server.py"),
        "--port",
        "0",
        "--oracle",
        oracle,
        "--proxy",
        "http://127.0.0.1:9",
        "--ca",
        "/dev/null",
    ]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ, "XROLE_LAB_ASYNC_BACKOFF": "0.05", **environment}
    )
    line = process.stdout.readline().decode().split()
    assert line and line[0] == "ready", line
    return process, int(line[1])


def running():
    """The oracle's URL and the shared server's port, started on first use."""
    if not _running:
        oracle = subprocess.Popen(["node", ORACLE], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        _running["oracle"] = f"http://127.0.0.1:{json.loads(oracle.stdout.readline())['port']}"
        process, _running["port"] = start_server(_running["oracle"])
        atexit.register(lambda: (process.stdin.close(), process.wait(), oracle.stdin.close(), oracle.wait()))
    return _running


class Raw(BytesIO):
    """A body as botocore expects it."""

    def stream(self, **_):
        """The body in one piece."""
        yield self.read()


def send(method, host, path, body=b"", headers=None, port=None):
    """One plain request with that host name; (status, headers, body)."""
    connection = http.client.HTTPConnection("127.0.0.1", port or running()["port"], timeout=60)
    connection.request(method, path, body, {"Host": host, **(headers or {})})
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, dict(answer.getheaders()), content


def lab(method, path, given=None, port=None):
    """A call of the lab's own endpoints."""
    port = port or running()["port"]
    status, _, body = send(method, f"127.0.0.1:{port}", path, json.dumps(given or {}).encode(), port=port)
    if status != 200:
        raise AssertionError(body)
    return json.loads(body)


class Account:
    """An account of its own for a test, with keys of an administrator or of a principal with just some policies."""

    def __init__(self, number=None, port=None, **given):
        self.id, self.port = number or str(next(_numbers)), port
        self.keys = lab("POST", "/lab/account", {"account": self.id, **given}, port)

    def principal(self, name, *policies):
        """Another principal of the account."""
        return Account(self.id, self.port, principal=name, policies=[json.dumps(p) if isinstance(p, dict) else p for p in policies])

    def session(self, credentials):
        """The same account's object with the keys of an AssumeRole answer."""
        other = object.__new__(Account)
        other.id, other.port = self.id, self.port
        other.keys = {
            "access_key_id": credentials["AccessKeyId"],
            "secret_access_key": credentials["SecretAccessKey"],
            "session_token": credentials["SessionToken"],
        }
        return other

    def client(self, service, region="us-east-1", **config):
        """A client with these keys."""
        client = _session.create_client(
            service,
            region_name=region,
            aws_access_key_id=self.keys["access_key_id"],
            aws_secret_access_key=self.keys["secret_access_key"],
            aws_session_token=self.keys["session_token"] or None,
            config=Config(retries={"total_max_attempts": 1}, s3={"us_east_1_regional_endpoint": "regional"}, **config),
        )
        client.meta.events.register("before-send", self._send)
        return client

    def _send(self, request, **_):
        body = request.body or b""
        body = body if isinstance(body, (bytes, str, bytearray)) else body.read()
        host, _, path = request.url.split("://", 1)[1].partition("/")
        headers = {k: v.decode() if isinstance(v, bytes) else v for k, v in request.headers.items() if k != "Transfer-Encoding"}
        status, told, content = send(request.method, host, "/" + path, body, headers, self.port)
        if "x-lab-broken" in told:
            raise AssertionError(content.decode())
        return AWSResponse(request.url, status, told, Raw(content))


ALLOW_ALL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


def allow(*actions, resource="*", **more):
    """An identity policy."""
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": resource, **more}]}


def trust(principal, condition=None, actions=("sts:AssumeRole",)):
    """A trust policy."""
    statement = {"Effect": "Allow", "Principal": principal, "Action": list(actions)}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement | ({"Condition": condition} if condition else {})]})


def zipped(bootstrap):
    """A function's zip."""
    data = BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("bootstrap", bootstrap)
    return data.getvalue()


def until(condition, seconds=60):
    """Waits for a truth and gives it."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"it did not come true, at last {found!r}")


class Case(unittest.TestCase):
    """Base of the tests."""

    def refused(self, code, call, *words, **params):
        """Asserts that a call is refused with a code and words in its message; gives the error."""
        with self.assertRaises(ClientError) as caught:
            call(**params)
        told = caught.exception.response["Error"]
        self.assertEqual(told["Code"], code, told)
        for word in words:
            self.assertIn(word, told["Message"])
        return caught.exception

    def until(self, condition):
        """Waits for a truth and gives it."""
        return until(condition)

    def stack(self, client, name, *ends):
        """The stack once its operation is over, in one of these states."""

        def over():
            found = client.describe_stacks(StackName=name)["Stacks"][0]
            return found if not found["StackStatus"].endswith("IN_PROGRESS") else None

        found = until(over)
        self.assertIn(
            found["StackStatus"],
            ends,
            [(e["LogicalResourceId"], e["ResourceStatus"], e.get("ResourceStatusReason")) for e in events(client, name)],
        )
        return found


def events(client, name):
    """A stack's events, oldest first."""
    return client.describe_stack_events(StackName=name)["StackEvents"][::-1]
