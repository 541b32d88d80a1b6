"""Lambda's resource types: moto's function ignores architectures, tags and code in S3 of another version; the rest it skips."""

import io
import zipfile

from .registry import Handler, Made

GONE = {"ResourceNotFoundException"}


class Function(Handler):
    """AWS::Lambda::Function."""

    kind = "AWS::Lambda::Function"
    config = (
        "Description",
        "Environment",
        "EphemeralStorage",
        "Handler",
        "KmsKeyArn",
        "Layers",
        "LoggingConfig",
        "MemorySize",
        "Role",
        "Runtime",
        "Timeout",
        "TracingConfig",
        "VpcConfig",
        "DeadLetterConfig",
    )
    properties = (*config, "Architectures", "Code", "FunctionName", "PackageType", "ReservedConcurrentExecutions", "RecursiveLoop", "Tags")
    required = ("Code", "Role")
    fixed = ("FunctionName", "PackageType")
    name_property = "FunctionName"

    def _config(self, p):
        config = {k: p[k] for k in self.config if k in p}
        for key in ("MemorySize", "Timeout"):
            if key in config:
                config[key] = int(config[key])
        if "Environment" in config:
            config["Environment"] = {"Variables": {k: str(v) for k, v in config["Environment"].get("Variables", {}).items()}}
        return config

    def _code(self, p):
        code = dict(p["Code"])
        if "ZipFile" in code:
            data = io.BytesIO()
            with zipfile.ZipFile(data, "w") as archive:
                archive.writestr("bootstrap" if str(p.get("Runtime", "")).startswith("provided") else "index.py", code["ZipFile"])
            code["ZipFile"] = data.getvalue()
        return code

    def create(self, c, p):
        """CreateFunction and its reserved concurrency."""
        name = p.get("FunctionName") or c.name()
        tags = {t["Key"]: t["Value"] for t in c.tags(p.get("Tags")) if not t["Key"].startswith("aws:")}
        made = c.call(
            "lambda",
            "CreateFunction",
            FunctionName=name,
            Code=self._code(p),
            Architectures=p.get("Architectures"),
            Tags=tags,
            **self._config(p),
        )
        self._concurrency(c, name, {}, p)
        return Made(name, {"Arn": made["FunctionArn"]})

    def _concurrency(self, c, name, old, new):
        if "ReservedConcurrentExecutions" in new:
            c.call(
                "lambda", "PutFunctionConcurrency", FunctionName=name, ReservedConcurrentExecutions=int(new["ReservedConcurrentExecutions"])
            )
        elif "ReservedConcurrentExecutions" in old:
            c.call("lambda", "DeleteFunctionConcurrency", FunctionName=name)

    def update(self, c, name, old, new):
        """Code, configuration, concurrency."""
        if (old["Code"], old.get("Architectures")) != (new["Code"], new.get("Architectures")):
            c.call("lambda", "UpdateFunctionCode", FunctionName=name, Architectures=new.get("Architectures"), **self._code(new))
        config = {**{k: {"Variables": {}} for k in ("Environment",) if k in old}, **self._config(new)}
        made = c.call("lambda", "UpdateFunctionConfiguration", FunctionName=name, **config)
        tags = {t["Key"]: t["Value"] for t in c.tags(new.get("Tags")) if not t["Key"].startswith("aws:")}
        if tags:
            c.call("lambda", "TagResource", Resource=made["FunctionArn"], Tags=tags)
        self._concurrency(c, name, old, new)
        return Made(name, {"Arn": made["FunctionArn"]})

    def delete(self, c, name, p):
        """DeleteFunction."""
        c.quiet("lambda", "DeleteFunction", GONE, FunctionName=name)


class Permission(Handler):
    """AWS::Lambda::Permission."""

    kind = "AWS::Lambda::Permission"
    properties = ("Action", "FunctionName", "Principal", "SourceArn", "SourceAccount", "PrincipalOrgID", "EventSourceToken")
    required = ("Action", "FunctionName", "Principal")
    fixed = properties

    def create(self, c, p):
        """AddPermission."""
        name = c.name(100)
        c.call("lambda", "AddPermission", StatementId=name, **p)
        return Made(name, {"Id": name})

    def delete(self, c, name, p):
        """RemovePermission."""
        c.quiet("lambda", "RemovePermission", GONE, FunctionName=p["FunctionName"], StatementId=name)


class EventInvokeConfig(Handler):
    """AWS::Lambda::EventInvokeConfig."""

    kind = "AWS::Lambda::EventInvokeConfig"
    properties = ("FunctionName", "Qualifier", "DestinationConfig", "MaximumEventAgeInSeconds", "MaximumRetryAttempts")
    required = ("FunctionName", "Qualifier")
    fixed = ("FunctionName", "Qualifier")

    def create(self, c, p):
        """PutFunctionEventInvokeConfig."""
        numbers = {k: int(p[k]) for k in ("MaximumEventAgeInSeconds", "MaximumRetryAttempts") if k in p}
        c.call(
            "lambda",
            "PutFunctionEventInvokeConfig",
            FunctionName=p["FunctionName"],
            DestinationConfig=p.get("DestinationConfig"),
            **numbers,
        )
        return Made(f"{p['FunctionName']}|{p['Qualifier']}")

    def update(self, c, physical_id, old, new):
        """The whole configuration."""
        return self.create(c, new)

    def delete(self, c, physical_id, p):
        """DeleteFunctionEventInvokeConfig."""
        c.quiet("lambda", "DeleteFunctionEventInvokeConfig", GONE, FunctionName=p["FunctionName"])
