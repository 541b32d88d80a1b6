"""A function's log in CloudWatch Logs, written with the function's own rights: without them there is no log, as in AWS."""

import threading
import time
import uuid
from datetime import UTC, datetime

from botocore.exceptions import ClientError

from . import inside


class FunctionLog:
    """The log stream of one execution environment."""

    def __init__(self, function, caller):
        config = getattr(function, "lab_logging", None) or {}
        self.group = config.get("LogGroup") or f"/aws/lambda/{function.function_name}"
        self.stream = f"{datetime.now(UTC):%Y/%m/%d}/[$LATEST]{uuid.uuid4().hex}"
        self.caller, self.region = caller, function.region
        self.lines, self.tail, self._made, self._lock = [], [], False, threading.Lock()

    def write(self, line):
        """Adds a line; it is sent with the next flush."""
        event = {"timestamp": int(time.time() * 1000), "message": line + "\n"}
        with self._lock:
            self.lines.append(event)
            self.tail = [*self.tail, line][-40:]

    def flush(self):
        """Sends what was written."""
        with self._lock:
            lines, self.lines = self.lines, []
        if not lines:
            return
        try:
            if not self._made:
                self._make()
            self._call("PutLogEvents", logGroupName=self.group, logStreamName=self.stream, logEvents=lines)
        except ClientError:
            return  # the role has no right to write: Lambda goes on without a log

    def _make(self):
        try:
            self._call("CreateLogStream", logGroupName=self.group, logStreamName=self.stream)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceNotFoundException":
                raise
            self._call("CreateLogGroup", logGroupName=self.group)
            self._call("CreateLogStream", logGroupName=self.group, logStreamName=self.stream)
        self._made = True

    def _call(self, operation, **params):
        return inside.call(self.caller, self.region, "logs", operation, **params)
