"""Lambda: a function's role must exist and trust Lambda when the function is made, and a second invoke configuration replaces the first."""

import re

from moto.awslambda.exceptions import ValidationException
from moto.awslambda.models import EventInvokeConfig, LambdaBackend

from . import sts
from .errors import Refusal
from .needs import find_bucket


def _role(asked, caller):
    arn = asked.params.get("Role")
    if not arn:
        return
    role = sts.find_role(arn)
    if role is None or not sts.trusts_service(role, "lambda.amazonaws.com"):
        raise Refusal("InvalidParameterValueException", "The role defined for the function cannot be assumed by Lambda.")


def _code(asked, caller):
    code = asked.params.get("Code") or asked.params
    if not isinstance(code, dict) or not code.get("S3Bucket"):
        return
    bucket, _ = find_bucket(code["S3Bucket"])
    wrong = None
    if bucket is None:
        wrong = "NoSuchBucket. S3 Error Message: The specified bucket does not exist"
    elif bucket.region_name != asked.region:
        told = f"The bucket is in this region: {bucket.region_name}. Please use this region to retry the request"
        wrong = f"PermanentRedirect. S3 Error Message: {told}"
    elif code.get("S3Key") not in bucket.keys:
        wrong = "NoSuchKey. S3 Error Message: The specified key does not exist."
    if wrong:
        raise Refusal("InvalidParameterValueException", f"Error occurred while GetObject. S3 Error Code: {wrong}")


def _create(asked, caller):
    _role(asked, caller)
    _code(asked, caller)


_put_config = LambdaBackend.put_function_event_invoke_config


def put_config(self, function_name, config):
    """Moto keeps every configuration ever put, and reads the first."""
    self.get_function(function_name).event_invoke_config.clear()
    return _put_config(self, function_name, config)


LambdaBackend.put_function_event_invoke_config = put_config

REGION = r"(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}"
DESTINATION = re.compile(rf"$|arn:(aws[a-zA-Z0-9-]*):([a-zA-Z0-9-])+:({REGION})?:(\d{{12}})?:(.*)")


def validate(self):
    """Moto's pattern has no regions of the European sovereign cloud."""
    for kind, destination in (self.config.get("DestinationConfig") or {}).items():
        arn = destination.get("Destination", "")
        if not DESTINATION.match(arn):
            where = f"destinationConfig.{kind[0].lower()}{kind[1:]}.destination"
            raise ValidationException(arn, where, f"Member must satisfy regular expression pattern: {DESTINATION.pattern}")


EventInvokeConfig.validate = validate

BEFORE = {("lambda", "CreateFunction"): _create, ("lambda", "UpdateFunctionCode"): _code, ("lambda", "UpdateFunctionConfiguration"): _role}
