"""What a call of CloudFormation says, and all that is checked of what it wants a stack to become."""

from . import check, sources, stacks
from . import template as t
from .template import invalid


class Call:
    """One call: who, where, and with what parameters."""

    def __init__(self, response, asked, caller):
        self.response, self.caller, self.region, self.account = response, caller, asked.region, response.current_account

    def get(self, name, default=None):
        """A parameter."""
        return self.response._get_param(name, default)

    def stack(self, name=None):
        """The stack that the call names."""
        return stacks.need(self.account, self.region, name or self.get("StackName"))

    def tags(self):
        """The tags given."""
        return {tag["Key"]: tag["Value"] for tag in self.get("Tags", [])}


def wanted(call, stack, update):
    """What a create, an update or a change set wants a stack to become, all that CloudFormation checks first checked."""
    source = sources.source(call, stack if update else None)
    document = t.parse(source)
    check.structure(document)
    given = {}
    for p in call.get("Parameters", []):
        if p.get("UsePreviousValue"):
            if p["ParameterKey"] not in stack.given:
                if p["ParameterKey"] not in (document.get("Parameters") or {}):
                    raise invalid(f"Parameters: [{p['ParameterKey']}] do not exist in the template")
                if "Default" not in document["Parameters"][p["ParameterKey"]] or not update:
                    why = "Cannot specify usePreviousValue as true for a parameter key not in the previous template"
                    raise invalid(f"Invalid input for parameter key {p['ParameterKey']}. {why}")
                continue
            given[p["ParameterKey"]] = stack.given[p["ParameterKey"]]
        else:
            given[p["ParameterKey"]] = p.get("ParameterValue", "")
    values = check.parameters(document, given) | check.pseudo(stack.account, stack.region, stack.name, stack.id)
    check.rules(document, values)
    scope = t.Scope(document, values, {})
    for name in document.get("Conditions") or {}:
        scope.condition(name)
    t.order(document, scope)
    check.capabilities(document, call.get("Capabilities", []))
    tags = call.tags()
    if update and not tags:
        tags = stack.tags
    return {
        "source": source,
        "document": document,
        "given": given,
        "values": values,
        "tags": tags,
        "capabilities": call.get("Capabilities", []),
    }


def updatable(stack):
    """Refuses an update in a state that forbids it."""
    if stack.status == "ROLLBACK_COMPLETE" or stack.in_progress or stack.status.endswith("FAILED"):
        raise invalid(f"Stack:{stack.id} is in {stack.status} state and can not be updated.")
