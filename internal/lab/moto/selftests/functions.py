"""Functions: invocations, failures, timeouts, destinations, concurrency, logs, rights."""

import json
from concurrent.futures import ThreadPoolExecutor

from .harness import Account, Case, allow, lab, trust, zipped

BOOTSTRAP = """#!/usr/bin/env python3
import http.client, json, os, sys, time
api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"], timeout=None)
if os.environ.get("INIT") == "exit": sys.exit(3)
count = 0
while True:
    api.request("GET", "/2018-06-01/runtime/invocation/next")
    r = api.getresponse(); event = json.loads(r.read()); rid = r.getheader("Lambda-Runtime-Aws-Request-Id"); count += 1
    print("event", json.dumps(event), flush=True)
    what, path, answer = event.get("do"), "response", {"count": count, "pid": os.getpid()}
    if what == "env": answer = dict(os.environ)
    if what == "sleep": time.sleep(event["seconds"])
    if what == "exit": sys.exit(7)
    if what == "error": path, answer = "error", {"errorType": "Boom", "errorMessage": "told to"}
    api.request("POST", f"/2018-06-01/runtime/invocation/{rid}/{path}", json.dumps(answer)); api.getresponse().read()
"""


class Function(Case):
    """One function of an account."""

    def setUp(self):
        self.account = Account()
        self.fn, self.sqs, self.logs = (self.account.client(s) for s in ("lambda", "sqs", "logs"))
        iam = self.account.client("iam")
        self.role = iam.create_role(RoleName="fn", AssumeRolePolicyDocument=trust({"Service": "lambda.amazonaws.com"}))["Role"]["Arn"]
        iam.attach_role_policy(RoleName="fn", PolicyArn="arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole")
        iam.put_role_policy(RoleName="fn", PolicyName="send", PolicyDocument=json.dumps(allow("sqs:SendMessage")))

    def make(self, name="f", **given):
        """CreateFunction."""
        return self.fn.create_function(
            FunctionName=name,
            Runtime="provided.al2023",
            Role=self.role,
            Handler="bootstrap",
            Architectures=["arm64"],
            Code={"ZipFile": zipped(BOOTSTRAP)},
            **{"Timeout": 10, **given},
        )["FunctionArn"]

    def invoke(self, payload, name="f", **given):
        """Invoke; (payload, function error)."""
        answer = self.fn.invoke(FunctionName=name, Payload=json.dumps(payload), **given)
        body = answer["Payload"].read()
        return json.loads(body) if body else None, answer.get("FunctionError")

    def queue(self, name="dead"):
        """A queue; (URL, ARN)."""
        url = self.sqs.create_queue(QueueName=name)["QueueUrl"]
        return url, f"arn:aws:sqs:us-east-1:{self.account.id}:{name}"

    def receive(self, url):
        """One message's body."""
        got = self.until(lambda: self.sqs.receive_message(QueueUrl=url, WaitTimeSeconds=0).get("Messages"))
        return json.loads(got[0]["Body"])

    def test_warm(self):
        """One process serves one invocation after another; new code and configuration start another."""
        self.make()
        first, second = self.invoke({})[0], self.invoke({})[0]
        self.assertEqual((second["count"], second["pid"]), (2, first["pid"]))
        self.fn.update_function_configuration(FunctionName="f", Environment={"Variables": {"A": "b"}})
        self.assertEqual(self.invoke({})[0]["count"], 1)
        self.fn.update_function_code(FunctionName="f", ZipFile=zipped(BOOTSTRAP + "\n"))
        self.assertEqual(self.invoke({})[0]["count"], 1)

    def test_environment(self):
        """The variables Lambda sets, and keys that act as the role."""
        arn = self.make(Environment={"Variables": {"MINE": "1"}})
        env, _ = self.invoke({"do": "env"})
        self.assertEqual(
            (env["MINE"], env["AWS_REGION"], env["AWS_LAMBDA_FUNCTION_NAME"], env["HTTPS_PROXY"]),
            ("1", "us-east-1", "f", "http://127.0.0.1:9"),
        )
        keys = {
            "AccessKeyId": env["AWS_ACCESS_KEY_ID"],
            "SecretAccessKey": env["AWS_SECRET_ACCESS_KEY"],
            "SessionToken": env["AWS_SESSION_TOKEN"],
        }
        who = self.account.session(keys).client("sts").get_caller_identity()["Arn"]
        self.assertEqual(who, f"arn:aws:sts::{self.account.id}:assumed-role/fn/f")
        self.refused("AccessDeniedException", self.account.session(keys).client("lambda").invoke, FunctionName=arn)

    def test_failures(self):
        """An error, an exit, a timeout, a broken start, a bootstrap that is no program."""
        self.make(Timeout=1)
        body, failed = self.invoke({"do": "error"})
        self.assertEqual((body["errorType"], failed), ("Boom", "Unhandled"))
        body, failed = self.invoke({"do": "exit"})
        self.assertEqual((body["errorType"], "exit status 7" in body["errorMessage"]), ("Runtime.ExitError", True))
        body, failed = self.invoke({"do": "sleep", "seconds": 30})
        self.assertEqual((body["errorType"], "Task timed out after 1.00 seconds" in body["errorMessage"]), ("Sandbox.Timedout", True))
        self.assertEqual(self.invoke({})[0]["count"], 1)
        self.make("g", Environment={"Variables": {"INIT": "exit"}})
        self.assertEqual(self.invoke({}, "g")[0]["errorType"], "Runtime.ExitError")
        self.fn.update_function_code(FunctionName="g", ZipFile=zipped(b"\x7fELF no"))
        self.assertEqual(self.invoke({}, "g")[0]["errorType"], "Runtime.InvalidEntrypoint")

    def test_logs(self):
        """What the function writes is in its log group, with Lambda's own lines."""
        self.make()
        self.invoke({"x": 1})
        found = [e["message"] for e in self.logs.filter_log_events(logGroupName="/aws/lambda/f")["events"]]
        self.assertEqual([m.split()[0] for m in found], ["START", "event", "END", "REPORT"])
        self.account.client("iam").detach_role_policy(
            RoleName="fn", PolicyArn="arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
        )
        self.make("quiet")
        self.invoke({}, "quiet")
        self.assertEqual(self.logs.describe_log_groups(logGroupNamePrefix="/aws/lambda/quiet")["logGroups"], [])

    def test_async_failure(self):
        """An asynchronous failure is tried three times, then recorded in the on-failure queue."""
        url, arn = self.queue()
        function = self.make()
        self.fn.put_function_event_invoke_config(
            FunctionName="f", MaximumRetryAttempts=2, DestinationConfig={"OnFailure": {"Destination": arn}}
        )
        self.invoke({"do": "error"}, InvocationType="Event")
        record = self.receive(url)
        context = record["requestContext"]
        self.assertEqual(
            (context["condition"], context["approximateInvokeCount"], context["functionArn"]),
            ("RetriesExhausted", 3, f"{function}:$LATEST"),
        )
        self.assertEqual(
            (record["requestPayload"], record["responsePayload"]["errorType"], record["responseContext"]["functionError"]),
            ({"do": "error"}, "Boom", "Unhandled"),
        )

    def test_concurrency(self):
        """Busy functions run side by side, up to what is reserved."""
        self.make()
        with ThreadPoolExecutor(4) as pool:
            pids = {r[0]["pid"] for r in pool.map(lambda _: self.invoke({"do": "sleep", "seconds": 1}), range(4))}
        self.assertEqual(len(pids), 4)
        self.fn.put_function_concurrency(FunctionName="f", ReservedConcurrentExecutions=0)
        self.refused("TooManyRequestsException", self.fn.invoke, FunctionName="f")

    def test_role(self):
        """A role that Lambda cannot assume is refused."""
        self.account.client("iam").update_assume_role_policy(RoleName="fn", PolicyDocument=trust({"AWS": self.account.id}))
        self.refused("InvalidParameterValueException", self.make, "cannot be assumed by Lambda")

    def test_topic(self):
        """A topic calls a function only as its policy allows; else the message goes to the subscription's queue."""
        sns = self.account.client("sns", "eu-west-1")
        topic = sns.create_topic(Name="t")["TopicArn"]
        sqs = self.account.client("sqs", "eu-west-1")
        url = sqs.create_queue(QueueName="dead")["QueueUrl"]
        dead = f"arn:aws:sqs:eu-west-1:{self.account.id}:dead"
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": dead,
            "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
        }
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps({"Version": "2012-10-17", "Statement": [statement]})})
        arn = self.make()
        sns.subscribe(
            TopicArn=topic, Protocol="lambda", Endpoint=arn, Attributes={"RedrivePolicy": json.dumps({"deadLetterTargetArn": dead})}
        )
        sns.publish(TopicArn=topic, Message="one", Subject="s")
        self.sqs = sqs
        self.assertEqual(self.receive(url)["Message"], "one")
        self.fn.add_permission(
            FunctionName="f", StatementId="s", Action="lambda:InvokeFunction", Principal="sns.amazonaws.com", SourceArn=topic
        )
        sns.publish(TopicArn=topic, Message="two", Subject="s", MessageAttributes={"a": {"DataType": "String", "StringValue": "b"}})

        def seen():
            try:
                found = self.logs.filter_log_events(logGroupName="/aws/lambda/f")["events"]
            except self.logs.exceptions.ResourceNotFoundException:
                return None
            return next((json.loads(e["message"][6:]) for e in found if e["message"].startswith("event ")), None)

        (record,) = self.until(seen)["Records"]
        self.assertEqual(
            (record["EventSource"], record["Sns"]["Message"], record["Sns"]["Subject"], record["Sns"]["TopicArn"]),
            ("aws:sns", "two", "s", topic),
        )
        self.assertEqual(record["Sns"]["MessageAttributes"], {"a": {"Type": "String", "Value": "b"}})

    def test_opt_in_regions(self):
        """An opt-in region delivers under a name of its own, and no function in one is reached from elsewhere."""
        arn = self.make()
        for region, principal in (("af-south-1", "sns.amazonaws.com"), ("eu-south-1", "sns.eu-south-1.amazonaws.com")):
            sns = self.account.client("sns", region)
            topic = sns.create_topic(Name="t")["TopicArn"]
            sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=arn)
            self.fn.add_permission(
                FunctionName="f", StatementId=region, Action="lambda:InvokeFunction", Principal=principal, SourceArn=topic
            )
            sns.publish(TopicArn=topic, Message=region)
        found = self.until(self._messages)
        self.assertEqual(found, ["eu-south-1"])

    def _messages(self):
        try:
            found = self.logs.filter_log_events(logGroupName="/aws/lambda/f")["events"]
        except self.logs.exceptions.ResourceNotFoundException:
            return []
        return [json.loads(e["message"][6:])["Records"][0]["Sns"]["Message"] for e in found if e["message"].startswith("event ")]

    def test_schedules(self):
        """A rule and a schedule run their targets when fired."""
        arn = self.make()
        events, scheduler = self.account.client("events"), self.account.client("scheduler")
        rule = events.put_rule(Name="r", ScheduleExpression="rate(5 minutes)")["RuleArn"]
        events.put_targets(Rule="r", Targets=[{"Id": "f", "Arn": arn, "Input": '{"from": "rule"}'}])
        given = {"account": self.account.id, "region": "us-east-1"}
        self.assertEqual(lab("POST", "/lab/fire", {**given, "rule": "r"})["fired"], [])
        self.fn.add_permission(
            FunctionName="f", StatementId="s", Action="lambda:InvokeFunction", Principal="events.amazonaws.com", SourceArn=rule
        )
        self.assertEqual(lab("POST", "/lab/fire", {**given, "rule": "r"})["fired"], [arn])
        iam = self.account.client("iam")
        role = iam.create_role(RoleName="scheduler", AssumeRolePolicyDocument=trust({"Service": "scheduler.amazonaws.com"}))["Role"]["Arn"]
        scheduler.create_schedule(
            Name="s",
            ScheduleExpression="rate(5 minutes)",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={"Arn": arn, "RoleArn": role, "Input": "{}"},
        )
        self.assertEqual(lab("POST", "/lab/fire", {**given, "schedule": "s"})["fired"], [])
        iam.put_role_policy(RoleName="scheduler", PolicyName="p", PolicyDocument=json.dumps(allow("lambda:InvokeFunction", resource=arn)))
        self.assertEqual(lab("POST", "/lab/fire", {**given, "schedule": "s"})["fired"], [arn])
