"""DynamoDB: tables by ARN, conditions, transactions, pages, leading keys."""

from .harness import Account, Case, allow


class Table(Case):
    """The registry's calls."""

    def setUp(self):
        self.account = Account()
        self.db = self.account.client("dynamodb", "eu-west-1")
        self.arn = self.db.create_table(
            TableName="t",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )["TableDescription"]["TableArn"]

    def put(self, key, revision="1", **given):
        """PutItem by ARN."""
        return self.db.put_item(TableName=self.arn, Item={"pk": {"S": key}, "revision": {"S": revision}}, **given)

    def test_arn(self):
        """Every data call takes the table's ARN; a wrong account or region fails."""
        self.put("offer#a")
        self.assertEqual(
            self.db.get_item(TableName=self.arn, Key={"pk": {"S": "offer#a"}}, ConsistentRead=True)["Item"]["revision"]["S"], "1"
        )
        keys = [{"pk": {"S": k}} for k in ("offer#a", "delivery#a")]
        found = self.db.batch_get_item(RequestItems={self.arn: {"Keys": keys, "ConsistentRead": True}})
        self.assertEqual((len(found["Responses"][self.arn]), found["UnprocessedKeys"]), (1, {}))
        self.db.update_item(
            TableName=self.arn,
            Key={"pk": {"S": "offer#a"}},
            UpdateExpression="SET revision = :r",
            ConditionExpression="revision = :o",
            ExpressionAttributeValues={":r": {"S": "2"}, ":o": {"S": "1"}},
        )
        query = {"KeyConditionExpression": "pk = :k", "ExpressionAttributeValues": {":k": {"S": "offer#a"}}}
        self.assertEqual(self.db.query(TableName=self.arn, **query)["Items"][0]["revision"]["S"], "2")
        self.assertEqual(self.db.scan(TableName=self.arn, ConsistentRead=True)["Count"], 1)
        self.assertEqual(self.db.describe_table(TableName=self.arn)["Table"]["TableName"], "t")
        self.db.delete_item(TableName=self.arn, Key={"pk": {"S": "offer#a"}})
        other = self.arn.replace(self.account.id, Account().id)
        self.refused("AccessDeniedException", self.db.get_item, TableName=other, Key={"pk": {"S": "a"}})
        elsewhere = self.arn.replace("eu-west-1", "us-east-1")
        self.refused("ResourceNotFoundException", self.db.get_item, TableName=elsewhere, Key={"pk": {"S": "a"}})

    def test_condition(self):
        """A failed condition gives the old item when asked."""
        self.put("a", "1", ConditionExpression="attribute_not_exists(pk)")
        error = self.refused(
            "ConditionalCheckFailedException",
            self.put,
            key="a",
            revision="2",
            ConditionExpression="attribute_not_exists(pk)",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
        self.assertEqual(error.response["Item"]["revision"]["S"], "1")
        self.refused(
            "ConditionalCheckFailedException",
            self.db.delete_item,
            TableName="t",
            Key={"pk": {"S": "a"}},
            ConditionExpression="revision = :r",
            ExpressionAttributeValues={":r": {"S": "9"}},
        )

    def test_transaction(self):
        """All or nothing, with reasons in order."""

        def item(key, **more):
            return {"Put": {"TableName": self.arn, "Item": {"pk": {"S": key}}, "ConditionExpression": "attribute_not_exists(pk)", **more}}

        self.db.transact_write_items(TransactItems=[item("a"), item("b")], ClientRequestToken="once")
        with self.assertRaises(self.db.exceptions.TransactionCanceledException) as caught:
            self.db.transact_write_items(TransactItems=[item("c"), item("b", ReturnValuesOnConditionCheckFailure="ALL_OLD")])
        reasons = caught.exception.response["CancellationReasons"]
        self.assertEqual([r["Code"] for r in reasons], ["None", "ConditionalCheckFailed"])
        self.assertEqual(reasons[1]["Item"], {"pk": {"S": "b"}})
        self.assertNotIn("Item", self.db.get_item(TableName="t", Key={"pk": {"S": "c"}}))
        self.db.transact_write_items(TransactItems=[item("a"), item("b")], ClientRequestToken="once")
        check = {"ConditionCheck": {"TableName": self.arn, "Key": {"pk": {"S": "a"}}, "ConditionExpression": "attribute_exists(pk)"}}
        self.db.transact_write_items(TransactItems=[check, {"Delete": {"TableName": self.arn, "Key": {"pk": {"S": "b"}}}}])
        self.assertEqual(self.db.scan(TableName="t")["Count"], 1)

    def test_pages(self):
        """Scan in pages, by Limit and by size, filtered."""
        for i in range(12):
            self.db.put_item(TableName="t", Item={"pk": {"S": f"offer#{i}" if i % 2 else f"delivery#{i}"}, "body": {"B": b"x" * 150_000}})
        keys, start, pages = set(), {}, 0
        while True:
            page = self.db.scan(TableName=self.arn, ConsistentRead=True, **start)
            keys |= {i["pk"]["S"] for i in page["Items"]}
            pages += 1
            if "LastEvaluatedKey" not in page:
                break
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
        self.assertEqual((len(keys), pages > 1), (12, True))
        page = self.db.scan(TableName=self.arn, Limit=5)
        self.assertEqual((page["Count"], "LastEvaluatedKey" in page), (5, True))
        found = self.db.scan(
            TableName=self.arn,
            FilterExpression="begins_with(pk, :p)",
            ExpressionAttributeValues={":p": {"S": "offer#"}},
            ProjectionExpression="pk",
        )
        self.assertTrue(all(set(i) == {"pk"} for i in found["Items"]))

    def test_leading_keys(self):
        """A writer limited by leading keys writes no other."""
        condition = {"Condition": {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["delivery#*"]}}}
        writer = self.account.principal(
            "role/Receiver", allow("dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:GetItem", resource=self.arn, **condition)
        )
        db = writer.client("dynamodb", "eu-west-1")
        db.put_item(TableName=self.arn, Item={"pk": {"S": "delivery#a"}})
        self.refused(
            "AccessDeniedException",
            db.put_item,
            "is not authorized to perform: dynamodb:PutItem",
            TableName=self.arn,
            Item={"pk": {"S": "offer#a"}},
        )
        put = {"Put": {"TableName": self.arn, "Item": {"pk": {"S": "offer#a"}}}}
        self.refused("AccessDeniedException", db.transact_write_items, TransactItems=[put])
        self.refused("AccessDeniedException", db.scan, TableName=self.arn)

    def test_concurrent_transactions(self):
        """Of many writers of one key, one wins."""
        from concurrent.futures import ThreadPoolExecutor

        def write(i):
            put = {
                "Put": {
                    "TableName": self.arn,
                    "Item": {"pk": {"S": "race"}, "i": {"N": str(i)}},
                    "ConditionExpression": "attribute_not_exists(pk)",
                }
            }
            try:
                self.db.transact_write_items(TransactItems=[put])
                return 1
            except self.db.exceptions.TransactionCanceledException:
                return 0

        with ThreadPoolExecutor(8) as pool:
            self.assertEqual(sum(pool.map(write, range(16))), 1)

    def test_administration(self):
        """Tables are described with their settings."""
        spec = {"PointInTimeRecoveryEnabled": True}
        self.db.update_continuous_backups(TableName="t", PointInTimeRecoverySpecification=spec)
        told = self.db.describe_continuous_backups(TableName="t")["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
        self.assertEqual(told["PointInTimeRecoveryStatus"], "ENABLED")
        self.db.update_table(TableName="t", DeletionProtectionEnabled=True)
        self.refused("ValidationException", self.db.delete_table, TableName="t")
