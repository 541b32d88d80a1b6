"""One execution environment of a function: its process, the Runtime API it speaks, its log.

Moto runs functions in containers; the lab runs the zip's bootstrap (provided.* runtimes) as a process of this machine.
"""

import contextlib
import errno
import http.server
import io
import json
import logging
import os
import platform
import select
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import uuid
import zipfile
from datetime import UTC, datetime, timedelta

from . import identity
from .functionlog import FunctionLog
from .state import settings

INIT = 30  # seconds to start in, which do not count for the function's own timeout; Lambda gives 10
KEYS_LAST = 3600
KEYS_SPARE = timedelta(minutes=5)
BASE = os.path.join(tempfile.gettempdir(), f"xrole-moto-{os.getpid()}")

_unpacked: dict[str, str] = {}
_unpacking = threading.Lock()


def remove_leavings():
    """Removes the directories of labs whose process is gone, and makes this one's."""
    for name in os.listdir(tempfile.gettempdir()):
        pid = name.removeprefix("xrole-moto-")
        if name.startswith("xrole-moto-") and pid.isdigit() and not os.path.exists(f"/proc/{pid}"):
            shutil.rmtree(os.path.join(tempfile.gettempdir(), name), ignore_errors=True)
    os.makedirs(BASE, exist_ok=True)


def remove_all():
    """Removes this lab's directories."""
    _unpacked.clear()
    shutil.rmtree(BASE, ignore_errors=True)


def unpack(code, digest):
    """The directory with a zip's content; the same for all environments of the same code."""
    with _unpacking:
        if digest not in _unpacked:
            directory = tempfile.mkdtemp(dir=BASE)
            with zipfile.ZipFile(io.BytesIO(code)) as archive:
                for entry in archive.infolist():
                    path = archive.extract(entry, directory)
                    mode = entry.external_attr >> 16 & 0o777
                    os.chmod(path, (mode or 0o644) | 0o600 | (0o755 if entry.filename == "bootstrap" or entry.is_dir() else 0))
            _unpacked[digest] = directory
        return _unpacked[digest]


MACHINES = {b"\x3e\x00": "x86_64", b"\xb7\x00": "arm64"}  # of ELF, by what Lambda calls them


def foreign(root, name):
    """Why this machine cannot run a bootstrap; "" if that is not for its processor."""
    with open(os.path.join(root, "bootstrap"), "rb") as file:
        head = file.read(20)
    theirs = MACHINES.get(head[18:20]) if head[:4] == b"\x7fELF" else None
    ours = {"AMD64": "x86_64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    if theirs in (None, ours):
        return ""
    return f'the receiver is for {theirs}, this machine is not: set architecture = "{ours}" on the hub (function {name})'


class Environment:
    """A started process that takes one invocation at a time."""

    def __init__(self, function):
        self.function = function
        self.caller, secret = identity.new_session(function.role, function.function_name, function.region, KEYS_LAST)
        self.queue, self.results, self.changed = [], {}, threading.Condition()
        self.log = FunctionLog(function, self.caller)
        self.api = _serve(self)
        self.process, self.start_error, self.foreign = None, "", ""
        root = unpack(function.code_bytes, function.code_sha_256)
        try:
            self.process = subprocess.Popen(
                [os.path.join(root, "bootstrap")],
                cwd=root,
                env=self._variables(root, secret),
                start_new_session=True,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )
        except OSError as error:
            self.start_error = f"fork/exec /var/task/bootstrap: {error.strerror.lower()}"
            if error.errno == errno.ENOEXEC:
                self.foreign = foreign(root, function.function_name)
            if self.foreign:
                self.start_error += f": {self.foreign}"
                logging.getLogger("lab").error("%s", self.foreign)
            self.log.write(f"INIT_REPORT Init Duration: 0.00 ms\tPhase: init\tStatus: error\tError Type: {self.start_error}")
        self._reading = threading.Lock()
        if self.process:
            threading.Thread(target=self._read, daemon=True).start()

    def _variables(self, root, secret):
        f = self.function
        return {
            "PATH": os.environ["PATH"],
            "LANG": "en_US.UTF-8",
            "TZ": ":UTC",
            "LAMBDA_TASK_ROOT": root,
            "LAMBDA_RUNTIME_DIR": root,
            "_HANDLER": f.handler or "bootstrap",
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{f.run_time}",
            "AWS_REGION": f.region,
            "AWS_DEFAULT_REGION": f.region,
            "AWS_ACCESS_KEY_ID": self.caller.access_key,
            "AWS_SECRET_ACCESS_KEY": secret,
            "AWS_SESSION_TOKEN": self.caller.token,
            "AWS_LAMBDA_FUNCTION_NAME": f.function_name,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(f.memory_size),
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_LOG_GROUP_NAME": self.log.group,
            "AWS_LAMBDA_LOG_STREAM_NAME": self.log.stream,
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{self.api.server_port}",
            "HTTPS_PROXY": settings.proxy,
            "SSL_CERT_FILE": settings.ca,
            "NO_PROXY": "127.0.0.1,localhost",
            **f.environment_vars,
        }

    def _read(self):
        stream = self.process.stdout
        rest = b""
        while True:
            select.select([stream], [], [])
            with self._reading:
                data = os.read(stream.fileno(), 65536)
                *lines, rest = (rest + data).split(b"\n")
                for line in lines if data else [rest] * bool(rest):
                    self.log.write(line.decode("utf-8", "replace"))
            if not data:
                break
        with self.changed:
            self.changed.notify_all()

    def _settle_log(self):
        # What the function wrote before it answered is in the pipe by now: wait until it is read.
        while self.process:
            with self._reading:
                if self.process.stdout.closed or not select.select([self.process.stdout], [], [], 0)[0] or self.process.poll() is not None:
                    return
            time.sleep(0.001)

    def usable(self):
        """Whether it can take another invocation."""
        return (
            self.process is not None
            and self.process.poll() is None
            and self.caller.expires - datetime.now(UTC).replace(tzinfo=None) > KEYS_SPARE
        )

    def invoke(self, payload, request_id):
        """Runs one invocation: the answer's body and whether it is an error."""
        seconds = int(self.function.timeout or 3)
        self.log.write(f"START RequestId: {request_id} Version: $LATEST")
        with self.changed:
            self.queue.append((request_id, payload, seconds))
            self.changed.notify_all()
            self.changed.wait_for(lambda: not self.queue or self._over(request_id), timeout=INIT)
            begin = time.time()
            self.changed.wait_for(lambda: self._over(request_id), timeout=seconds)
            result = self.results.pop(request_id, None) or self.results.pop("init", None)
        if result is None:
            result = self._failed(request_id, seconds)
        self._settle_log()
        spent = (time.time() - begin) * 1000
        self.log.write(f"END RequestId: {request_id}")
        memory = f"Memory Size: {self.function.memory_size} MB"
        self.log.write(f"REPORT RequestId: {request_id}\tDuration: {spent:.2f} ms\tBilled Duration: {int(spent) + 1} ms\t{memory}")
        self.log.flush()
        return result

    def _over(self, request_id):
        return request_id in self.results or "init" in self.results or self.process is None or self.process.poll() is not None

    def _failed(self, request_id, seconds):
        if self.process is None:
            return _error("Runtime.InvalidEntrypoint", f"RequestId: {request_id} Error: {self.start_error}"), True
        status = self.process.poll()
        if status is None:
            self.stop()
            text = f"{request_id} Task timed out after {seconds:.2f} seconds"
            self.log.write(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + f"Z {text}")
            return _error("Sandbox.Timedout", f"RequestId: {request_id} Error: Task timed out after {seconds:.2f} seconds"), True
        how = f"exit status {status}" if status >= 0 else f"signal: {signal.Signals(-status).name.lower().removeprefix('sig')}"
        text = f"RequestId: {request_id} Error: Runtime exited {'with error: ' + how if status else 'without providing a reason'}"
        self.log.write(f"{text}\nRuntime.ExitError")
        return _error("Runtime.ExitError", text), True

    def stop(self):
        """Ends the process and all it started."""
        if self.process and self.process.poll() is None:  # once it is reaped, its number may be another's
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        with self.changed:
            self.changed.notify_all()
        self.api.stopping = True
        threading.Thread(target=self.api.shutdown, daemon=True).start()
        self.api.server_close()


def _error(kind, message):
    return json.dumps({"errorType": kind, "errorMessage": message}).encode()


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads, block_on_close = True, False
    stopping = False

    def handle_error(self, *_):
        """Nothing: a killed process leaves its connections open."""


def _serve(environment):
    server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"environment": environment}))
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    return server


class _Handler(http.server.BaseHTTPRequestHandler):
    """The Runtime API: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html"""

    protocol_version = "HTTP/1.1"
    environment: Environment

    def log_message(self, *_):
        """Nothing: the function's own log is elsewhere."""

    def _reply(self, status, body=b"", headers=None):
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        """invocation/next: waits for work."""
        e = self.environment
        with e.changed:
            while not e.queue and not self.server.stopping:
                e.changed.wait(1)
            if self.server.stopping:
                return self._reply(410)
            request_id, payload, seconds = e.queue.pop(0)
            deadline = int((time.time() + seconds) * 1000)
            e.changed.notify_all()
        trace = f"Root=1-{int(time.time()):x}-{uuid.uuid4().hex[:24]};Parent={uuid.uuid4().hex[:16]};Sampled=0"
        return self._reply(
            200,
            payload,
            {
                "Lambda-Runtime-Aws-Request-Id": request_id,
                "Lambda-Runtime-Deadline-Ms": str(deadline),
                "Lambda-Runtime-Trace-Id": trace,
                "Lambda-Runtime-Invoked-Function-Arn": e.function.function_arn,
            },
        )

    def do_POST(self):
        """invocation/ID/response, invocation/ID/error, init/error."""
        body = self._body()
        parts = self.path.strip("/").split("/")
        key = "init" if parts[-2] == "init" else parts[-2]
        with self.environment.changed:
            self.environment.results[key] = (body, parts[-1] == "error")
            self.environment.changed.notify_all()
        self._reply(202, b'{"status":"OK"}')

    def _body(self):
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return body
