"""DynamoDB's table, with recovery, time to live and protection, which moto's leaves out."""

from .registry import Handler, Made

GONE = {"ResourceNotFoundException"}


class Table(Handler):
    """AWS::DynamoDB::Table."""

    kind = "AWS::DynamoDB::Table"
    properties = (
        "TableName",
        "AttributeDefinitions",
        "BillingMode",
        "DeletionProtectionEnabled",
        "GlobalSecondaryIndexes",
        "KeySchema",
        "LocalSecondaryIndexes",
        "PointInTimeRecoverySpecification",
        "ProvisionedThroughput",
        "SSESpecification",
        "StreamSpecification",
        "TableClass",
        "Tags",
        "TimeToLiveSpecification",
        "OnDemandThroughput",
        "ContributorInsightsSpecification",
    )
    required = ("KeySchema",)
    fixed = ("TableName", "KeySchema", "LocalSecondaryIndexes")
    name_property = "TableName"

    def _sse(self, p):
        sse = p.get("SSESpecification")
        return {**{k: v for k, v in sse.items() if k != "SSEEnabled"}, "Enabled": truth(sse.get("SSEEnabled", True))} if sse else None

    def create(self, c, p):
        """CreateTable and the settings that are calls of their own."""
        name = p.get("TableName") or c.name(255)
        same = ("AttributeDefinitions", "BillingMode", "GlobalSecondaryIndexes", "KeySchema", "LocalSecondaryIndexes", "TableClass")
        stream = {**p["StreamSpecification"], "StreamEnabled": True} if "StreamSpecification" in p else None
        throughput = {k: int(v) for k, v in p["ProvisionedThroughput"].items()} if "ProvisionedThroughput" in p else None
        c.call(
            "dynamodb",
            "CreateTable",
            TableName=name,
            StreamSpecification=stream,
            SSESpecification=self._sse(p),
            ProvisionedThroughput=throughput,
            DeletionProtectionEnabled=truth(p.get("DeletionProtectionEnabled", False)),
            Tags=[t for t in c.tags(p.get("Tags")) if not t["Key"].startswith("aws:")],
            **{k: p[k] for k in same if k in p},
        )
        self._settings(c, name, {}, p)
        return self._made(c, name)

    def _settings(self, c, name, old, new):
        if old.get("PointInTimeRecoverySpecification") != new.get("PointInTimeRecoverySpecification"):
            given = new.get("PointInTimeRecoverySpecification") or {}
            spec = {"PointInTimeRecoveryEnabled": truth(given.get("PointInTimeRecoveryEnabled", False))}
            if "RecoveryPeriodInDays" in given:
                spec["RecoveryPeriodInDays"] = int(given["RecoveryPeriodInDays"])
            c.call("dynamodb", "UpdateContinuousBackups", TableName=name, PointInTimeRecoverySpecification=spec)
        ttl = new.get("TimeToLiveSpecification")
        if ttl and old.get("TimeToLiveSpecification") != ttl:
            spec = {"AttributeName": ttl["AttributeName"], "Enabled": truth(ttl["Enabled"])}
            c.call("dynamodb", "UpdateTimeToLive", TableName=name, TimeToLiveSpecification=spec)

    def _made(self, c, name):
        found = c.call("dynamodb", "DescribeTable", TableName=name)["Table"]
        return Made(name, {"Arn": found["TableArn"], "StreamArn": found.get("LatestStreamArn", "")})

    def update(self, c, name, old, new):
        """Billing, protection, encryption and the settings."""
        changed = {}
        for key in ("BillingMode", "AttributeDefinitions"):
            if old.get(key) != new.get(key) and key in new:
                changed[key] = new[key]
        if old.get("DeletionProtectionEnabled", False) != new.get("DeletionProtectionEnabled", False):
            changed["DeletionProtectionEnabled"] = truth(new.get("DeletionProtectionEnabled", False))
        if old.get("SSESpecification") != new.get("SSESpecification"):
            changed["SSESpecification"] = self._sse(new) or {"Enabled": False}
        if changed:
            c.call("dynamodb", "UpdateTable", TableName=name, **changed)
        self._settings(c, name, old, new)
        made = self._made(c, name)
        tags = [t for t in c.tags(new.get("Tags")) if not t["Key"].startswith("aws:")]
        if tags:
            c.call("dynamodb", "TagResource", ResourceArn=made.attributes["Arn"], Tags=tags)
        return made

    def delete(self, c, name, p):
        """DeleteTable; a protected one refuses."""
        c.quiet("dynamodb", "DeleteTable", GONE, TableName=name)

    def adopt(self, c, identifier, p):
        """Takes in an existing table by its name."""
        return self._made(c, identifier["TableName"])


def truth(value):
    """A boolean that a template may have written as text."""
    return value if isinstance(value, bool) else str(value).lower() == "true"
