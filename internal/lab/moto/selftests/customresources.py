"""Custom resources end to end: stack, topic, function, answer."""

import json
import platform

from .harness import Account, Case, events, running, trust, until, zipped

# A function in plain Python that speaks the Runtime API and answers as its properties say.
BOOTSTRAP = """#!/usr/bin/env python3
import http.client, json, os, urllib.parse, time
api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"], timeout=None)
while True:
    api.request("GET", "/2018-06-01/runtime/invocation/next")
    r = api.getresponse(); event = json.loads(r.read()); rid = r.getheader("Lambda-Runtime-Aws-Request-Id")
    message = json.loads(event["Records"][0]["Sns"]["Message"])
    p = message["ResourceProperties"]
    print("got", json.dumps({k: v for k, v in message.items() if k != "ResponseURL"} | {"At": time.time()}, sort_keys=True), flush=True)
    mode = p.get("Mode" + message["RequestType"], "ok")
    answer = {"Status": "SUCCESS", "PhysicalResourceId": "fixed-" + p.get("Suffix", ""), "Data": {"Echo": p.get("Value", "")}}
    answer |= {k: message[k] for k in ("StackId", "RequestId", "LogicalResourceId")}
    if mode == "fail" or mode == "later" and message["RequestType"] == "Update": answer |= {"Status": "FAILED", "Reason": "told to fail"}
    if mode == "nophys": del answer["PhysicalResourceId"]
    if mode == "wrongid": answer["RequestId"] = "other"
    if mode == "long": answer["Data"]["Echo"] = "x" * 4096
    if mode != "silent":
        url = urllib.parse.urlsplit(message["ResponseURL"])
        c = http.client.HTTPConnection(os.environ["LAB"])
        c.request("PUT", url.path + "?" + url.query, json.dumps(answer), {"Host": url.netloc}); c.getresponse().read()
    api.request("POST", f"/2018-06-01/runtime/invocation/{rid}/response", "{}"); api.getresponse().read()
"""

CUSTOMER = """
Parameters:
  Value: {Type: String, Default: one}
  Mode: {Type: String, Default: ok}
  DeleteMode: {Type: String, Default: ok}
  Suffix: {Type: String, Default: ""}
  Token: {Type: String}
Resources:
  Report:
    Type: Custom::Report
    DependsOn: Rights
    Properties:
      ServiceToken: !Ref Token
      ServiceTimeout: 20
      RoleArn: !GetAtt Role.Arn
      Value: !Ref Value
      ModeCreate: !Ref Mode
      ModeUpdate: !Ref Mode
      ModeDelete: !Ref DeleteMode
      Suffix: !Ref Suffix
      Number: 7
      Truth: true
      List: [1, {A: false}]
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: 2012-10-17
        Statement: [{Effect: Allow, Principal: {AWS: !Ref AWS::AccountId}, Action: sts:AssumeRole}]
      ManagedPolicyArns: [arn:aws:iam::aws:policy/SecurityAudit]
  Rights:
    Type: AWS::IAM::RolePolicy
    Properties:
      RoleName: !Ref Role
      PolicyName: rights
      PolicyDocument: {Version: 2012-10-17, Statement: [{Effect: Allow, Action: s3:ListAllMyBuckets, Resource: "*"}]}
Outputs:
  Echo: {Value: !GetAtt Report.Echo}
"""


class Partner:
    """A partner's account with the function in its home region and a topic in another."""

    def __init__(self, customers, region="eu-west-1", home="us-east-1", partition="aws"):
        self.account, self.home = Account(partition=partition), home
        iam, fn, sns = self.account.client("iam", home), self.account.client("lambda", home), self.account.client("sns", region)
        role = iam.create_role(RoleName="receiver", AssumeRolePolicyDocument=trust({"Service": "lambda.amazonaws.com"}))["Role"]["Arn"]
        iam.attach_role_policy(RoleName="receiver", PolicyArn=f"arn:{partition}:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole")
        arn = fn.create_function(
            FunctionName="receiver",
            Runtime="provided.al2023",
            Role=role,
            Handler="bootstrap",
            Code={"ZipFile": zipped(BOOTSTRAP)},
            Timeout=30,
            Environment={"Variables": {"LAB": f"127.0.0.1:{running()['port']}"}},
        )["FunctionArn"]
        self.topic = sns.create_topic(Name="callback")["TopicArn"]
        fn.add_permission(
            FunctionName="receiver", StatementId="sns", Action="lambda:InvokeFunction", Principal="sns.amazonaws.com", SourceArn=self.topic
        )
        sns.subscribe(TopicArn=self.topic, Protocol="lambda", Endpoint=arn)
        statement = {"Effect": "Allow", "Principal": "*", "Action": "sns:Publish", "Resource": self.topic}
        statement["Condition"] = {"StringEquals": {"aws:PrincipalAccount": [c.id for c in customers]}}
        sns.set_topic_attributes(
            TopicArn=self.topic, AttributeName="Policy", AttributeValue=json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        )

    def requests(self, count):
        """What the function was sent, by its log, once it is that many requests: the log is written when an invocation is over."""
        logs = self.account.client("logs", self.home)

        def seen():
            try:
                found = logs.filter_log_events(logGroupName="/aws/lambda/receiver")["events"]
            except logs.exceptions.ResourceNotFoundException:
                return None
            got = sorted((json.loads(e["message"][4:]) for e in found if e["message"].startswith("got ")), key=lambda r: r["At"])
            return got if len(got) >= count else None

        return until(seen)


class CustomResource(Case):
    """The protocol's life: create, update, replace, fail, delete."""

    def setUp(self):
        self.customer = Account()
        self.partner = Partner([self.customer])
        self.cfn = self.customer.client("cloudformation", "eu-west-1")

    def parameters(self, **values):
        """Stack parameters."""
        return [{"ParameterKey": k, "ParameterValue": v} for k, v in {"Token": self.partner.topic, **values}.items()]

    def create(self, name="customer", template=CUSTOMER, **values):
        """CreateStack."""
        return self.cfn.create_stack(
            StackName=name, TemplateBody=template, Parameters=self.parameters(**values), Capabilities=["CAPABILITY_IAM"]
        )["StackId"]

    def update(self, name="customer", **values):
        """UpdateStack."""
        self.cfn.update_stack(StackName=name, TemplateBody=CUSTOMER, Parameters=self.parameters(**values), Capabilities=["CAPABILITY_IAM"])

    def test_foreign(self):
        """A function for another processor ends the stack at once, and says so."""
        other, machine = ("arm64", b"\xb7\x00") if platform.machine() != "aarch64" else ("x86_64", b"\x3e\x00")
        elf = b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x02\x00" + machine + bytes(44)
        self.partner.account.client("lambda").update_function_code(FunctionName="receiver", ZipFile=zipped(elf))
        self.create()
        self.stack(self.cfn, "customer", "ROLLBACK_COMPLETE")
        told = [e.get("ResourceStatusReason", "") for e in events(self.cfn, "customer")]
        self.assertTrue(any(f"the receiver is for {other}, this machine is not" in reason for reason in told), told)

    def test_life(self):
        """Create, update in place, replacement, delete."""
        stack_id = self.create()
        done = self.stack(self.cfn, "customer", "CREATE_COMPLETE")
        self.assertEqual(done["Outputs"][0]["OutputValue"], "one")
        (request,) = self.partner.requests(1)
        self.assertEqual(request["RequestType"], "Create")
        self.assertNotIn("PhysicalResourceId", request)
        p = request["ResourceProperties"]
        self.assertEqual((p["Number"], p["Truth"], p["List"]), ("7", "true", ["1", {"A": "false"}]))
        self.update(Value="two")
        self.assertEqual(self.stack(self.cfn, "customer", "UPDATE_COMPLETE")["Outputs"][0]["OutputValue"], "two")
        request = self.partner.requests(2)[1]
        self.assertEqual(
            (request["RequestType"], request["PhysicalResourceId"], request["OldResourceProperties"]["Value"]), ("Update", "fixed-", "one")
        )
        self.update(Value="two", Suffix="b")
        self.stack(self.cfn, "customer", "UPDATE_COMPLETE")
        self.assertEqual(
            [(r["RequestType"], r["PhysicalResourceId"]) for r in self.partner.requests(4)[2:]],
            [("Update", "fixed-"), ("Delete", "fixed-")],
        )
        self.cfn.delete_stack(StackName="customer")
        self.stack(self.cfn, stack_id, "DELETE_COMPLETE")
        self.assertEqual(self.partner.requests(5)[-1]["PhysicalResourceId"], "fixed-b")
        deleted = [e["LogicalResourceId"] for e in events(self.cfn, stack_id) if e["ResourceStatus"] == "DELETE_COMPLETE"]
        self.assertEqual(deleted[-4:], ["Report", "Rights", "Role", "customer"])

    def test_failed_create(self):
        """A FAILED Create rolls back and sends Delete with the id of the failed answer."""
        self.create(Mode="fail")
        self.stack(self.cfn, "customer", "ROLLBACK_COMPLETE")
        self.assertEqual([r["RequestType"] for r in self.partner.requests(2)], ["Create", "Delete"])
        self.assertEqual(self.partner.requests(2)[1]["PhysicalResourceId"], "fixed-")
        told = [
            (e["LogicalResourceId"], e["ResourceStatus"])
            for e in events(self.cfn, "customer")
            if e["ResourceStatus"].startswith(("CREATE_FAILED", "ROLL"))
        ]
        self.assertEqual(told, [("Report", "CREATE_FAILED"), ("customer", "ROLLBACK_IN_PROGRESS"), ("customer", "ROLLBACK_COMPLETE")])
        reasons = [e.get("ResourceStatusReason", "") for e in events(self.cfn, "customer")]
        self.assertTrue(
            any("Received response status [FAILED] from custom resource. Message returned: told to fail (RequestId: " in r for r in reasons)
        )
        self.refused("ValidationError", self.update, "is in ROLLBACK_COMPLETE state and can not be updated.")

    def test_partitions(self):
        """The whole journey in China, GovCloud and the European sovereign cloud."""
        for partition, region, home in (
            ("aws-cn", "cn-northwest-1", "cn-north-1"),
            ("aws-us-gov", "us-gov-east-1", "us-gov-west-1"),
            ("aws-eusc", "eusc-de-east-1", "eusc-de-east-1"),
        ):
            customer = Account(partition=partition)
            partner = Partner([customer], region, home, partition)
            cfn = customer.client("cloudformation", region)
            given = [{"ParameterKey": "Token", "ParameterValue": partner.topic}]
            cfn.create_stack(
                StackName="s",
                TemplateBody=CUSTOMER.replace("arn:aws:", f"arn:{partition}:"),
                Parameters=given,
                Capabilities=["CAPABILITY_IAM"],
            )
            self.stack(cfn, "s", "CREATE_COMPLETE")
            self.assertTrue(partner.requests(1)[0]["StackId"].startswith(f"arn:{partition}:cloudformation:{region}:"))

    def test_bad_answers(self):
        """Each malformed answer fails the resource with CloudFormation's words."""
        for mode, words in (
            ("nophys", "Invalid PhysicalResourceId"),
            ("wrongid", "Invalid Response object"),
            ("long", "Response object is too long."),
        ):
            self.create(f"bad-{mode}", Mode=mode)
            self.stack(self.cfn, f"bad-{mode}", "ROLLBACK_COMPLETE")
            self.assertTrue(any(words in e.get("ResourceStatusReason", "") for e in events(self.cfn, f"bad-{mode}")), mode)

    def test_silence(self):
        """No answer within ServiceTimeout fails the resource."""
        self.create("silent", CUSTOMER.replace("ServiceTimeout: 20", "ServiceTimeout: 5"), Mode="silent")
        self.stack(self.cfn, "silent", "ROLLBACK_COMPLETE")
        self.assertTrue(
            any(
                "did not receive a response from your Custom Resource" in e.get("ResourceStatusReason", "")
                for e in events(self.cfn, "silent")
            )
        )

    def test_failed_update(self):
        """A FAILED Update is followed by an Update back to the old properties."""
        self.create()
        self.stack(self.cfn, "customer", "CREATE_COMPLETE")
        self.update(Value="two", Mode="fail")
        self.stack(self.cfn, "customer", "UPDATE_ROLLBACK_COMPLETE")
        seen = [
            (r["RequestType"], r["ResourceProperties"]["Value"], r.get("OldResourceProperties", {}).get("Value"))
            for r in self.partner.requests(3)
        ]
        self.assertEqual(seen, [("Create", "one", None), ("Update", "two", "one"), ("Update", "one", "two")])

    def test_failed_rollback(self):
        """An Update that fails in the rollback too makes UPDATE_ROLLBACK_FAILED; skipping the resource is the way out."""
        self.create(Mode="later")
        self.stack(self.cfn, "customer", "CREATE_COMPLETE")
        self.update(Value="two", Mode="fail")
        self.stack(self.cfn, "customer", "UPDATE_ROLLBACK_FAILED")
        self.refused("ValidationError", self.update, "can not be updated", Value="three")
        self.cfn.continue_update_rollback(StackName="customer")
        self.stack(self.cfn, "customer", "UPDATE_ROLLBACK_FAILED")
        self.cfn.continue_update_rollback(StackName="customer", ResourcesToSkip=["Report"])
        self.stack(self.cfn, "customer", "UPDATE_ROLLBACK_COMPLETE")

    def test_failed_delete(self):
        """A FAILED Delete makes DELETE_FAILED; force deletion is the way out."""
        stack_id = self.create(DeleteMode="fail")
        self.stack(self.cfn, "customer", "CREATE_COMPLETE")
        self.cfn.delete_stack(StackName="customer")
        self.stack(self.cfn, "customer", "DELETE_FAILED")
        self.cfn.delete_stack(StackName="customer", DeletionMode="FORCE_DELETE_STACK")
        self.stack(self.cfn, stack_id, "DELETE_COMPLETE")

    def test_other_token(self):
        """A ServiceToken cannot be changed."""
        self.create()
        self.stack(self.cfn, "customer", "CREATE_COMPLETE")
        other = Partner([self.customer]).topic
        self.cfn.update_stack(
            StackName="customer", UsePreviousTemplate=True, Parameters=self.parameters(Token=other), Capabilities=["CAPABILITY_IAM"]
        )
        self.stack(self.cfn, "customer", "UPDATE_ROLLBACK_COMPLETE")
        self.assertTrue(
            any("Modifying service token is not allowed." in e.get("ResourceStatusReason", "") for e in events(self.cfn, "customer"))
        )

    def test_topic_refuses_strangers(self):
        """A stack of an account that the topic does not allow rolls back; one in another region than the topic too."""
        stranger = Account().client("cloudformation", "eu-west-1")
        given = {"TemplateBody": CUSTOMER, "Parameters": self.parameters(), "Capabilities": ["CAPABILITY_IAM"]}
        stranger.create_stack(StackName="stranger", **given)
        self.stack(stranger, "stranger", "ROLLBACK_COMPLETE")
        self.assertTrue(
            any(
                "is not authorized to perform: SNS:Publish on resource" in e.get("ResourceStatusReason", "")
                for e in events(stranger, "stranger")
            )
        )
        elsewhere = self.customer.client("cloudformation", "us-east-1")
        elsewhere.create_stack(StackName="elsewhere", **given)
        self.stack(elsewhere, "elsewhere", "ROLLBACK_COMPLETE")
        self.assertTrue(any("Invalid parameter: TopicArn" in e.get("ResourceStatusReason", "") for e in events(elsewhere, "elsewhere")))
        self.assertEqual(self.customer.client("iam").list_roles(PathPrefix="/")["Roles"][0]["RoleName"], "Admin")
