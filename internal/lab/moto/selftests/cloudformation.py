"""Stacks: what is refused before anything is made, all types, order, updates, rollback, change sets, templates in S3."""

import json

from .harness import Account, Case, allow, events, trust
from .storage import bucket, policy

CHECKED = """
Parameters:
  Id: {Type: String, AllowedPattern: "[a-z]{2,4}", ConstraintDescription: two to four letters}
  Kind: {Type: String, Default: a, AllowedValues: [a, b]}
  Plain: {Type: String, Default: abc, MaxLength: 3}
  Secret: {Type: String, Default: "", NoEcho: true}
Rules:
  RightAccount:
    Assertions:
      - Assert: !Equals [!Ref AWS::AccountId, "%s"]
        AssertDescription: This link is for account %s.
  RightRegion:
    RuleCondition: !Equals [!Ref Kind, b]
    Assertions:
      - Assert: !Contains [[eu-west-1, us-east-1], !Ref AWS::Region]
        AssertDescription: Use Europe.
Conditions:
  Never: !Equals [!Ref Kind, b]
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: !Sub "made-${Id}"
      AssumeRolePolicyDocument:
        Version: 2012-10-17
        Statement: [{Effect: Allow, Principal: {AWS: !Ref AWS::AccountId}, Action: sts:AssumeRole}]
  Skipped: {Type: AWS::SNS::Topic, Condition: Never}
Outputs:
  Arn: {Value: !GetAtt Role.Arn}
  Hidden: {Condition: Never, Value: !Ref Skipped}
"""


def parameters(**values):
    """Stack parameters."""
    return [{"ParameterKey": k, "ParameterValue": v} for k, v in values.items()]


class Checks(Case):
    """All that is refused before anything is made."""

    def setUp(self):
        self.account = Account()
        self.cfn = self.account.client("cloudformation")
        self.given = {
            "StackName": "s",
            "TemplateBody": CHECKED % (self.account.id, self.account.id),
            "Capabilities": ["CAPABILITY_NAMED_IAM"],
        }

    def refuse(self, words, code="ValidationError", **given):
        """Asserts that CreateStack is refused."""
        self.refused(code, self.cfn.create_stack, words, **{**self.given, "Parameters": parameters(Id="ab"), **given})

    def test_parameters(self):
        """Parameters."""
        self.refuse("Parameters: [Other] do not exist in the template", Parameters=parameters(Id="ab", Other="x"))
        self.refuse("Parameters: [Id] must have values", Parameters=[])
        self.refuse("Parameter Id failed to satisfy constraint: two to four letters", Parameters=parameters(Id="ABC"))
        self.refuse("Parameter 'Kind' must be one of AllowedValues", Parameters=parameters(Id="ab", Kind="c"))
        self.refuse("Parameter 'Plain' must contain at most 3 characters", Parameters=parameters(Id="ab", Plain="abcd"))

    def test_rules(self):
        """Rules: a wrong account, and a rule whose condition holds."""
        wrong = CHECKED % ("999999999999", "999999999999")
        self.refuse("This link is for account 999999999999.", TemplateBody=wrong)
        other = self.account.client("cloudformation", "ap-south-1")
        given = {**self.given, "Parameters": parameters(Id="ab", Kind="b")}
        self.refused("ValidationError", other.create_stack, "Use Europe.", **given)
        self.refused("ValidationError", other.describe_stacks, "does not exist", StackName="s")

    def test_capabilities(self):
        """A named role needs CAPABILITY_NAMED_IAM."""
        for given in ([], ["CAPABILITY_IAM"]):
            self.refuse("Requires capabilities : [CAPABILITY_NAMED_IAM]", "InsufficientCapabilitiesException", Capabilities=given)

    def test_template(self):
        """Size, form, description, types, references."""
        self.refuse("templateBody", TemplateBody=self.given["TemplateBody"] + "#" * 51200)
        self.refuse("Unrecognized resource types: [AWS::No::Thing]", TemplateBody="Resources: {A: {Type: AWS::No::Thing}}", Parameters=[])
        self.refuse(
            "'Description' length is greater than 1024",
            TemplateBody=f"Description: {'x' * 1025}\nResources: {{A: {{Type: AWS::SNS::Topic}}}}",
            Parameters=[],
        )
        self.refuse(
            "Unresolved resource dependencies [B] in the Resources block",
            TemplateBody="Resources: {A: {Type: AWS::SNS::Topic, DependsOn: B}}",
            Parameters=[],
        )
        circle = "Resources: {A: {Type: AWS::SNS::Topic, DependsOn: B}, B: {Type: AWS::SNS::Topic, DependsOn: A}}"
        self.refuse("Circular dependency between resources: [A, B]", TemplateBody=circle, Parameters=[])
        self.refuse("YAML not well-formed", TemplateBody="Resources: {A: [", Parameters=[])
        self.refuse("stackName", StackName="1x")

    def test_life(self):
        """Conditions, outputs, NoEcho, summaries; no update to do; an update; a second stack of the name."""
        self.cfn.create_stack(**self.given, Parameters=parameters(Id="ab", Secret="hush"), Tags=[{"Key": "a", "Value": "b"}])
        found = self.stack(self.cfn, "s", "CREATE_COMPLETE")
        self.assertEqual([o["OutputKey"] for o in found["Outputs"]], ["Arn"])
        self.assertIn({"ParameterKey": "Secret", "ParameterValue": "****"}, found["Parameters"])
        (resource,) = self.cfn.describe_stack_resources(StackName="s")["StackResources"]
        self.assertEqual((resource["PhysicalResourceId"], resource["ResourceStatus"]), ("made-ab", "CREATE_COMPLETE"))
        self.refused(
            "AlreadyExistsException", self.cfn.create_stack, "Stack [s] already exists", **self.given, Parameters=parameters(Id="ab")
        )
        previous = [{"ParameterKey": "Id", "UsePreviousValue": True}, {"ParameterKey": "Secret", "UsePreviousValue": True}]
        update = {"StackName": "s", "UsePreviousTemplate": True, "Capabilities": ["CAPABILITY_NAMED_IAM"]}
        self.refused("ValidationError", self.cfn.update_stack, "No updates are to be performed.", **update, Parameters=previous)
        self.cfn.update_stack(**update, Parameters=[*previous, *parameters(Kind="b")])
        self.assertEqual(len(self.stack(self.cfn, "s", "UPDATE_COMPLETE")["Outputs"]), 2)
        summary = self.cfn.get_template_summary(StackName="s")
        self.assertEqual((summary["Capabilities"], len(summary["Parameters"])), (["CAPABILITY_NAMED_IAM"], 4))
        self.assertIn("Rules", self.cfn.get_template(StackName="s")["TemplateBody"])
        self.cfn.update_termination_protection(StackName="s", EnableTerminationProtection=True)
        self.refused("ValidationError", self.cfn.delete_stack, "TerminationProtection is enabled", StackName="s")

    def test_failure(self):
        """A role that exists fails the stack, with the reason in its events; what it made is gone."""
        self.account.client("iam").create_role(RoleName="made-ab", AssumeRolePolicyDocument=trust({"AWS": self.account.id}))
        body = (
            self.given["TemplateBody"]
            .replace("  Skipped:", "  First: {Type: AWS::SNS::Topic, Properties: {TopicName: first}}\n  Skipped:")
            .replace("    Type: AWS::IAM::Role", "    Type: AWS::IAM::Role\n    DependsOn: First")
        )
        self.cfn.create_stack(**{**self.given, "TemplateBody": body}, Parameters=parameters(Id="ab"))
        self.stack(self.cfn, "s", "ROLLBACK_COMPLETE")
        told = [(e["LogicalResourceId"], e["ResourceStatus"]) for e in events(self.cfn, "s")]
        self.assertEqual(
            told,
            [
                ("s", "CREATE_IN_PROGRESS"),
                ("First", "CREATE_IN_PROGRESS"),
                ("First", "CREATE_IN_PROGRESS"),
                ("First", "CREATE_COMPLETE"),
                ("Role", "CREATE_IN_PROGRESS"),
                ("Role", "CREATE_FAILED"),
                ("s", "ROLLBACK_IN_PROGRESS"),
                ("Role", "DELETE_COMPLETE"),
                ("First", "DELETE_IN_PROGRESS"),
                ("First", "DELETE_COMPLETE"),
                ("s", "ROLLBACK_COMPLETE"),
            ],
        )
        reason = next(e["ResourceStatusReason"] for e in events(self.cfn, "s") if e["ResourceStatus"] == "CREATE_FAILED")
        self.assertIn("Role with name made-ab already exists.", reason)
        self.assertEqual(self.account.client("sns").list_topics()["Topics"], [])

    def test_rights(self):
        """CloudFormation has the caller's rights and no more."""
        weak = self.account.principal("role/Weak", allow("cloudformation:*"))
        cfn = weak.client("cloudformation")
        cfn.create_stack(**self.given, Parameters=parameters(Id="ab"))
        self.stack(cfn, "s", "ROLLBACK_COMPLETE")
        self.assertTrue(any("not authorized to perform: iam:CreateRole" in e.get("ResourceStatusReason", "") for e in events(cfn, "s")))


class Operations(Case):
    """Tokens, service roles, deletion during creation."""

    def test_token(self):
        """The same token twice makes one stack: what an SDK does when an answer was lost."""
        cfn = Account().client("cloudformation")
        given = {"StackName": "s", "TemplateBody": "Resources: {A: {Type: AWS::SNS::Topic}}", "ClientRequestToken": "t"}
        first = cfn.create_stack(**given)["StackId"]
        self.assertEqual(cfn.create_stack(**given)["StackId"], first)
        self.refused("AlreadyExistsException", cfn.create_stack, **{**given, "ClientRequestToken": "u"})

    def test_service_role(self):
        """A stack's role acts in the caller's place; the caller must be allowed to pass it."""
        account = Account()
        iam = account.client("iam")
        role = iam.create_role(RoleName="deploy", AssumeRolePolicyDocument=trust({"Service": "cloudformation.amazonaws.com"}))["Role"][
            "Arn"
        ]
        iam.put_role_policy(RoleName="deploy", PolicyName="p", PolicyDocument=json.dumps(allow("sns:*")))
        caller = account.principal("role/Caller", allow("cloudformation:*"), allow("iam:PassRole", resource=role))
        cfn = caller.client("cloudformation")
        cfn.create_stack(StackName="s", TemplateBody="Resources: {A: {Type: AWS::SNS::Topic}}", RoleARN=role)
        self.stack(cfn, "s", "CREATE_COMPLETE")
        weak = account.principal("role/Weak", allow("cloudformation:*")).client("cloudformation")
        self.refused(
            "AccessDenied",
            weak.create_stack,
            "iam:PassRole",
            StackName="w",
            TemplateBody="Resources: {A: {Type: AWS::SNS::Topic}}",
            RoleARN=role,
        )

    def test_deletion_during_creation(self):
        """A stack that waits can be deleted; what it made is gone."""
        account = Account()
        cfn, sns = account.client("cloudformation"), account.client("sns")
        topic = sns.create_topic(Name="nobody-listens")["TopicArn"]
        body = {
            "Resources": {
                "A": {"Type": "AWS::SNS::Topic"},
                "B": {"Type": "Custom::B", "DependsOn": "A", "Properties": {"ServiceToken": topic, "ServiceTimeout": 3}},
            }
        }
        stack_id = cfn.create_stack(StackName="s", TemplateBody=json.dumps(body))["StackId"]
        self.until(lambda: len(sns.list_topics()["Topics"]) == 2)
        cfn.delete_stack(StackName="s")
        self.stack(cfn, stack_id, "DELETE_FAILED")
        cfn.delete_stack(StackName="s", RetainResources=["B"])
        self.stack(cfn, stack_id, "DELETE_COMPLETE")
        self.assertEqual(len(sns.list_topics()["Topics"]), 1)


    def test_tags(self):
        """New tags of a stack reach what can be tagged, and the rest is left alone."""
        account = Account()
        cfn, tables = account.client("cloudformation"), account.client("dynamodb")
        body = """
Resources:
  T:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: t
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: pk, AttributeType: S}]
      KeySchema: [{AttributeName: pk, KeyType: HASH}]
  Q: {Type: AWS::SQS::Queue}
  P:
    Type: AWS::SQS::QueuePolicy
    Properties:
      Queues: [!Ref Q]
      PolicyDocument:
        Version: "2012-10-17"
        Statement: [{Effect: Allow, Principal: {Service: sns.amazonaws.com}, Action: sqs:SendMessage, Resource: !GetAtt Q.Arn}]
"""

        def tags():
            return {t["Key"]: t["Value"] for t in tables.list_tags_of_resource(ResourceArn=table)["Tags"]}

        cfn.create_stack(StackName="s", TemplateBody=body, Tags=[{"Key": "a", "Value": "1"}])
        self.stack(cfn, "s", "CREATE_COMPLETE")
        table = tables.describe_table(TableName="t")["Table"]["TableArn"]
        self.assertEqual(tags(), {"a": "1"})
        cfn.update_stack(StackName="s", UsePreviousTemplate=True, Tags=[{"Key": "a", "Value": "2"}])
        self.stack(cfn, "s", "UPDATE_COMPLETE")
        self.assertEqual(tags(), {"a": "2"})
        self.assertNotIn("P", [e["LogicalResourceId"] for e in events(cfn, "s") if e["ResourceStatus"] == "UPDATE_COMPLETE"])

    def test_rollback_continued_by_another(self):
        """Who continues a rollback need not be who began: what that one could not do, this one can."""
        account = Account()
        cfn = account.client("cloudformation")
        body = "Resources: {Q: {Type: AWS::SQS::Queue, Properties: {VisibilityTimeout: %d}}}"
        cfn.create_stack(StackName="s", TemplateBody=body % 1)
        self.stack(cfn, "s", "CREATE_COMPLETE")
        weak = account.principal("role/Weak", allow("cloudformation:*", "sqs:GetQueueAttributes")).client("cloudformation")
        weak.update_stack(StackName="s", TemplateBody=body % 2)
        self.stack(cfn, "s", "UPDATE_ROLLBACK_FAILED")
        cfn.continue_update_rollback(StackName="s")
        self.stack(cfn, "s", "UPDATE_ROLLBACK_COMPLETE")


class Templates(Case):
    """Templates in S3, read with the caller's rights."""

    def test_url(self):
        """Allowed, denied, another version, wrong endpoint, a website, no S3."""
        partner, customer, other = Account(), Account(), Account()
        name, s3 = bucket(partner)
        statement = {
            "Effect": "Allow",
            "Principal": {"AWS": customer.id},
            "Action": ["s3:GetObject", "s3:GetObjectVersion"],
            "Resource": f"arn:aws:s3:::{name}/*",
        }
        s3.put_bucket_policy(Bucket=name, Policy=policy(statement))
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        version = s3.put_object(Bucket=name, Key="a b.yaml", Body=b"Resources: {One: {Type: AWS::SNS::Topic}}")["VersionId"]
        s3.put_object(Bucket=name, Key="a b.yaml", Body=b"Resources: {Two: {Type: AWS::SNS::Topic}}")
        url = f"https://{name}.s3.eu-west-1.amazonaws.com/a%20b.yaml"
        cfn = customer.client("cloudformation", "ap-south-1")

        def made(stack, url):
            cfn.create_stack(StackName=stack, TemplateURL=url)
            self.stack(cfn, stack, "CREATE_COMPLETE")
            return cfn.describe_stack_resources(StackName=stack)["StackResources"][0]["LogicalResourceId"]

        self.assertEqual((made("a", url), made("b", f"{url}?versionId={version}")), ("Two", "One"))
        self.assertEqual(made("c", f"https://s3.eu-west-1.amazonaws.com/{name}/a%20b.yaml"), "Two")
        stranger = other.client("cloudformation", "eu-west-1")
        self.refused("ValidationError", stranger.create_stack, "S3 error: Access Denied", StackName="a", TemplateURL=url)
        weak = customer.principal("role/Weak", allow("cloudformation:*", "sns:*")).client("cloudformation", "eu-west-1")
        self.refused("ValidationError", weak.create_stack, "S3 error: Access Denied", StackName="w", TemplateURL=url)
        wrong = url.replace("eu-west-1.amazonaws", "us-east-1.amazonaws").replace(f"{name}.s3.us", f"{name}.s3.us")
        self.refused(
            "ValidationError", cfn.create_stack, "must be addressed using the specified endpoint", StackName="d", TemplateURL=wrong
        )
        for bad in (url.replace(".s3.", ".s3-website."), url.replace("https", "http"), "https://example.com/a.yaml"):
            self.refused("ValidationError", cfn.create_stack, "TemplateURL must be a supported URL.", StackName="d", TemplateURL=bad)
        self.refused("ValidationError", cfn.create_stack, "Access Denied", StackName="d", TemplateURL=url + "x")
