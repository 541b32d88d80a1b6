"""Every resource type of the lab's CloudFormation, updates that roll back, retention, imports, change sets."""

import json
import pathlib

from .harness import Account, Case, running, send

EVERYTHING = json.loads(pathlib.Path(__file__).with_name("everything.json").read_text())


class Types(Case):
    """Every type that the lab knows, made, changed and taken away."""

    def setUp(self):
        self.account = Account()
        self.cfn = self.account.client("cloudformation", "eu-west-1")
        self.given = {"StackName": "hub", "Capabilities": ["CAPABILITY_NAMED_IAM"]}

    def leftovers(self):
        """What the account holds."""
        _, _, body = send("GET", f"127.0.0.1:{running()['port']}", f"/lab/leftovers?account={self.account.id}")
        return {k: v for k, v in json.loads(body).items() if v}

    def test_everything(self):
        """Create all, update some, delete all; nothing is left but what is retained."""
        self.cfn.create_stack(**self.given, TemplateBody=json.dumps(EVERYTHING), Tags=[{"Key": "team", "Value": "x"}])
        outputs = {o["OutputKey"]: o["OutputValue"] for o in self.stack(self.cfn, "hub", "CREATE_COMPLETE")["Outputs"]}
        self.assertEqual(outputs["Bucket"], f"xrole-acme-{self.account.id}-eu-west-1-an")
        s3 = self.account.client("s3", "eu-west-1")
        self.assertTrue(s3.get_public_access_block(Bucket=outputs["Bucket"])["PublicAccessBlockConfiguration"]["BlockPublicPolicy"])
        self.assertEqual(s3.get_bucket_versioning(Bucket=outputs["Bucket"])["Status"], "Enabled")
        self.assertIn("SecureTransport", s3.get_bucket_policy(Bucket=outputs["Bucket"])["Policy"])
        table = self.account.client("dynamodb", "eu-west-1").describe_table(TableName="xrole-acme")["Table"]
        self.assertEqual((table["DeletionProtectionEnabled"], table["SSEDescription"]["Status"]), (False, "ENABLED"))
        sns = self.account.client("sns", "eu-west-1")
        (subscription,) = sns.list_subscriptions()["Subscriptions"]
        self.assertIn(
            "deadLetterTargetArn",
            sns.get_subscription_attributes(SubscriptionArn=subscription["SubscriptionArn"])["Attributes"]["RedrivePolicy"],
        )
        self.assertEqual(
            self.account.client("lambda", "eu-west-1").get_function_event_invoke_config(FunctionName="xrole-acme-receiver")[
                "MaximumRetryAttempts"
            ],
            1,
        )
        changed = json.loads(
            json.dumps(EVERYTHING)
            .replace('"MaximumRetryAttempts": 1', '"MaximumRetryAttempts": 0')
            .replace('"RetentionInDays": 30', '"RetentionInDays": 90')
        )
        changed["Resources"]["Function"]["Properties"]["Environment"]["Variables"]["B"] = "2"
        del changed["Resources"]["Alarm"], changed["Resources"]["Rule"]
        self.cfn.update_stack(**self.given, TemplateBody=json.dumps(changed))
        self.stack(self.cfn, "hub", "UPDATE_COMPLETE")
        fn = self.account.client("lambda", "eu-west-1")
        self.assertEqual(fn.get_function_event_invoke_config(FunctionName="xrole-acme-receiver")["MaximumRetryAttempts"], 0)
        self.assertEqual(
            fn.get_function_configuration(FunctionName="xrole-acme-receiver")["Environment"]["Variables"], {"A": "1", "B": "2"}
        )
        self.assertNotIn("alarms", self.leftovers())
        self.cfn.delete_stack(StackName="hub")
        self.until(lambda: "stacks" not in self.leftovers())
        self.assertEqual(set(self.leftovers()), {"tables"})

    def test_update_rolls_back(self):
        """A failed update leaves everything as it was."""
        self.cfn.create_stack(**self.given, TemplateBody=json.dumps(EVERYTHING))
        self.stack(self.cfn, "hub", "CREATE_COMPLETE")
        before = self.leftovers()
        changed = json.loads(json.dumps(EVERYTHING).replace('"RetentionInDays": 30', '"RetentionInDays": 90'))
        changed["Resources"]["More"] = {"Type": "AWS::SNS::Topic", "DependsOn": "Logs"}
        changed["Resources"]["Bad"] = {
            "Type": "AWS::SQS::QueuePolicy",
            "DependsOn": "More",
            "Properties": {"Queues": ["https://sqs.eu-west-1.amazonaws.com/1/none"], "PolicyDocument": {}},
        }
        self.cfn.update_stack(**self.given, TemplateBody=json.dumps(changed))
        self.stack(self.cfn, "hub", "UPDATE_ROLLBACK_COMPLETE")
        self.assertEqual(self.leftovers(), before)
        groups = self.account.client("logs", "eu-west-1").describe_log_groups(logGroupNamePrefix="/aws/lambda/xrole")["logGroups"]
        self.assertEqual(groups[0]["retentionInDays"], 30)

    def test_retention(self):
        """RetainExceptOnCreate keeps on deletion, not on a failed creation; an import takes the rest in again."""
        table = {
            "Type": "AWS::DynamoDB::Table",
            "DeletionPolicy": "RetainExceptOnCreate",
            "Properties": EVERYTHING["Resources"]["Table"]["Properties"],
        }
        broken = {
            "Resources": {
                "Table": table,
                "Bad": {"Type": "AWS::S3::BucketPolicy", "DependsOn": "Table", "Properties": {"Bucket": "none", "PolicyDocument": {}}},
            }
        }
        self.cfn.create_stack(**self.given, TemplateBody=json.dumps(broken))
        self.stack(self.cfn, "hub", "ROLLBACK_COMPLETE")
        self.assertNotIn("tables", self.leftovers())
        self.cfn.delete_stack(StackName="hub")
        self.until(lambda: "stacks" not in self.leftovers())
        good = json.dumps({"Resources": {"Table": table}})
        self.cfn.create_stack(**self.given, TemplateBody=good)
        self.stack(self.cfn, "hub", "CREATE_COMPLETE")
        self.cfn.delete_stack(StackName="hub")
        self.until(lambda: "stacks" not in self.leftovers())
        self.assertIn("tables", self.leftovers())
        wanted = [{"ResourceType": "AWS::DynamoDB::Table", "LogicalResourceId": "Table", "ResourceIdentifier": {"TableName": "xrole-acme"}}]
        self.cfn.create_change_set(StackName="hub", ChangeSetName="in", ChangeSetType="IMPORT", TemplateBody=good, ResourcesToImport=wanted)
        found = self.cfn.describe_change_set(StackName="hub", ChangeSetName="in")
        self.assertEqual((found["Status"], found["Changes"][0]["ResourceChange"]["Action"]), ("CREATE_COMPLETE", "Import"))
        self.cfn.execute_change_set(StackName="hub", ChangeSetName="in")
        self.stack(self.cfn, "hub", "IMPORT_COMPLETE")
        self.refused("ValidationError", self.cfn.update_stack, "No updates are to be performed.", **self.given, TemplateBody=good)

    def test_change_sets(self):
        """A change set makes a stack, another changes it, a third has nothing to do."""
        given = {"StackName": "c", "TemplateBody": "Resources: {A: {Type: AWS::SNS::Topic}}"}
        self.cfn.create_change_set(**given, ChangeSetName="one", ChangeSetType="CREATE")
        self.assertEqual(self.cfn.describe_stacks(StackName="c")["Stacks"][0]["StackStatus"], "REVIEW_IN_PROGRESS")
        self.cfn.execute_change_set(StackName="c", ChangeSetName="one")
        self.stack(self.cfn, "c", "CREATE_COMPLETE")
        self.cfn.create_change_set(**given, ChangeSetName="two")
        self.assertEqual(self.cfn.describe_change_set(StackName="c", ChangeSetName="two")["Status"], "FAILED")
        self.refused("InvalidChangeSetStatus", self.cfn.execute_change_set, StackName="c", ChangeSetName="two")
        self.cfn.create_change_set(
            StackName="c", ChangeSetName="three", TemplateBody="Resources: {A: {Type: AWS::SNS::Topic}, B: {Type: AWS::SNS::Topic}}"
        )
        self.cfn.execute_change_set(StackName="c", ChangeSetName="three")
        self.stack(self.cfn, "c", "UPDATE_COMPLETE")
        self.assertEqual(len(self.leftovers()["topics"]), 2)
