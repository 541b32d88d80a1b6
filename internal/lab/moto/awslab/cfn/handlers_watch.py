"""Logs, alarms, rules and schedules."""

import json

from .handlers_data import truth
from .registry import Handler, Made

GONE = {"ResourceNotFoundException", "ResourceNotFound"}


class LogGroup(Handler):
    """AWS::Logs::LogGroup."""

    kind = "AWS::Logs::LogGroup"
    properties = ("LogGroupName", "RetentionInDays", "KmsKeyId", "LogGroupClass", "DeletionProtectionEnabled", "Tags")
    fixed = ("LogGroupName", "LogGroupClass")
    name_property = "LogGroupName"

    def create(self, c, p):
        """CreateLogGroup and its retention."""
        name = p.get("LogGroupName") or c.name(512)
        tags = {t["Key"]: t["Value"] for t in c.tags(p.get("Tags")) if not t["Key"].startswith("aws:")}
        c.call("logs", "CreateLogGroup", logGroupName=name, kmsKeyId=p.get("KmsKeyId"), tags=tags)
        return self.update(c, name, {}, p)

    def update(self, c, name, old, new):
        """Its retention."""
        if "RetentionInDays" in new:
            c.call("logs", "PutRetentionPolicy", logGroupName=name, retentionInDays=int(new["RetentionInDays"]))
        elif "RetentionInDays" in old:
            c.call("logs", "DeleteRetentionPolicy", logGroupName=name)
        return Made(name, {"Arn": c.arn("logs", f"log-group:{name}:*")})

    def delete(self, c, name, p):
        """DeleteLogGroup."""
        c.quiet("logs", "DeleteLogGroup", GONE, logGroupName=name)


class MetricFilter(Handler):
    """AWS::Logs::MetricFilter."""

    kind = "AWS::Logs::MetricFilter"
    properties = ("FilterName", "FilterPattern", "LogGroupName", "MetricTransformations")
    required = ("FilterPattern", "LogGroupName", "MetricTransformations")
    fixed = ("FilterName", "LogGroupName")

    def create(self, c, p, name=""):
        """PutMetricFilter."""
        name = name or p.get("FilterName") or c.name(512)
        words = {
            "DefaultValue": "defaultValue",
            "MetricName": "metricName",
            "MetricNamespace": "metricNamespace",
            "MetricValue": "metricValue",
            "Unit": "unit",
        }
        transformations = [
            {words[k]: float(v) if k == "DefaultValue" else str(v) for k, v in t.items() if k in words} for t in p["MetricTransformations"]
        ]
        c.call(
            "logs",
            "PutMetricFilter",
            logGroupName=p["LogGroupName"],
            filterName=name,
            filterPattern=p["FilterPattern"],
            metricTransformations=transformations,
        )
        return Made(name)

    def update(self, c, name, old, new):
        """The same again."""
        return self.create(c, new, name)

    def delete(self, c, name, p):
        """DeleteMetricFilter."""
        c.quiet("logs", "DeleteMetricFilter", GONE, logGroupName=p["LogGroupName"], filterName=name)


class Alarm(Handler):
    """AWS::CloudWatch::Alarm."""

    kind = "AWS::CloudWatch::Alarm"
    numbers = ("EvaluationPeriods", "Period", "DatapointsToAlarm")
    same = (
        "ActionsEnabled",
        "AlarmActions",
        "AlarmDescription",
        "ComparisonOperator",
        "Dimensions",
        "ExtendedStatistic",
        "InsufficientDataActions",
        "MetricName",
        "Metrics",
        "Namespace",
        "OKActions",
        "Statistic",
        "TreatMissingData",
        "Unit",
        "ThresholdMetricId",
        "EvaluateLowSampleCountPercentile",
    )
    properties = (*numbers, *same, "AlarmName", "Threshold", "Tags")
    fixed = ("AlarmName",)
    name_property = "AlarmName"

    def create(self, c, p, name=""):
        """PutMetricAlarm."""
        name = name or p.get("AlarmName") or c.name(255)
        given = {k: p[k] for k in self.same if k in p} | {k: int(p[k]) for k in self.numbers if k in p}
        if "Threshold" in p:
            given["Threshold"] = float(p["Threshold"])
        if "ActionsEnabled" in given:
            given["ActionsEnabled"] = truth(given["ActionsEnabled"])
        c.call("cloudwatch", "PutMetricAlarm", AlarmName=name, **given)
        return Made(name, {"Arn": c.arn("cloudwatch", f"alarm:{name}")})

    def update(self, c, name, old, new):
        """The same again."""
        return self.create(c, new, name)

    def delete(self, c, name, p):
        """DeleteAlarms."""
        c.quiet("cloudwatch", "DeleteAlarms", GONE, AlarmNames=[name])


class Rule(Handler):
    """AWS::Events::Rule."""

    kind = "AWS::Events::Rule"
    properties = ("Description", "EventBusName", "EventPattern", "Name", "RoleArn", "ScheduleExpression", "State", "Targets", "Tags")
    fixed = ("Name", "EventBusName")
    name_property = "Name"

    def create(self, c, p, name=""):
        """PutRule and PutTargets."""
        name = name or p.get("Name") or c.name()
        pattern = json.dumps(p["EventPattern"]) if "EventPattern" in p else None
        same = {k: p[k] for k in ("Description", "EventBusName", "RoleArn", "ScheduleExpression", "State") if k in p}
        arn = c.call("events", "PutRule", Name=name, EventPattern=pattern, **same)["RuleArn"]
        if p.get("Targets"):
            c.call("events", "PutTargets", Rule=name, EventBusName=p.get("EventBusName"), Targets=p["Targets"])
        return Made(name, {"Arn": arn})

    def update(self, c, name, old, new):
        """Also takes targets away."""
        gone = [t["Id"] for t in old.get("Targets", []) if t["Id"] not in {n["Id"] for n in new.get("Targets", [])}]
        if gone:
            c.call("events", "RemoveTargets", Rule=name, EventBusName=old.get("EventBusName"), Ids=gone)
        return self.create(c, new, name)

    def delete(self, c, name, p):
        """RemoveTargets and DeleteRule."""
        ids = [t["Id"] for t in p.get("Targets", [])]
        if ids:
            c.quiet("events", "RemoveTargets", GONE, Rule=name, EventBusName=p.get("EventBusName"), Ids=ids)
        c.quiet("events", "DeleteRule", GONE, Name=name, EventBusName=p.get("EventBusName"))


class Schedule(Handler):
    """AWS::Scheduler::Schedule."""

    kind = "AWS::Scheduler::Schedule"
    same = (
        "Description",
        "EndDate",
        "FlexibleTimeWindow",
        "GroupName",
        "KmsKeyArn",
        "ScheduleExpression",
        "ScheduleExpressionTimezone",
        "StartDate",
        "State",
        "Target",
    )
    properties = (*same, "Name")
    required = ("FlexibleTimeWindow", "ScheduleExpression", "Target")
    fixed = ("Name", "GroupName")
    name_property = "Name"

    def _given(self, p):
        given = {k: p[k] for k in self.same if k in p}
        window = dict(given["FlexibleTimeWindow"])
        if "MaximumWindowInMinutes" in window:
            window["MaximumWindowInMinutes"] = int(window["MaximumWindowInMinutes"])
        target = dict(given["Target"])
        if "RetryPolicy" in target:
            target["RetryPolicy"] = {k: int(v) for k, v in target["RetryPolicy"].items()}
        return given | {"FlexibleTimeWindow": window, "Target": target}

    def create(self, c, p):
        """CreateSchedule."""
        name = p.get("Name") or c.name()
        return Made(name, {"Arn": c.call("scheduler", "CreateSchedule", Name=name, **self._given(p))["ScheduleArn"]})

    def update(self, c, name, old, new):
        """UpdateSchedule."""
        return Made(name, {"Arn": c.call("scheduler", "UpdateSchedule", Name=name, **self._given(new))["ScheduleArn"]})

    def delete(self, c, name, p):
        """DeleteSchedule."""
        c.quiet("scheduler", "DeleteSchedule", GONE, Name=name, GroupName=p.get("GroupName"))
