"""Says what is wrong with a command of the AWS CLI, by the description of the service from which the CLI makes its options."""

import sys

import botocore.session
from botocore import xform_name

service, command, *rest = sys.argv[1:]
model = botocore.session.get_session().get_service_model(service)
operations = {xform_name(name, "-"): name for name in model.operation_names}
if command not in operations:
    sys.exit(f"{service} has no command {command}")
shape = model.operation_model(operations[command]).input_shape
known = {"--" + xform_name(name, "-") for name in shape.members}
given = {word for word in rest if word.startswith("--")}
if wrong := given - known - {"--region", "--profile", "--query", "--output"}:
    sys.exit(f"{service} {command} has no option {', '.join(sorted(wrong))}")
required = {"--" + xform_name(name, "-") for name in shape.required_members}
if missing := required - given:
    sys.exit(f"{service} {command} needs {', '.join(sorted(missing))}")
