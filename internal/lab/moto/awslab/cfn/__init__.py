"""CloudFormation: an engine of its own in place of moto's, which knows no rollback, no rules and no order of deletion.

template     reading templates; intrinsic functions; what depends on what
check        parameters, rules, capabilities and limits: all that is refused before anything is made
stacks       stacks, their resources and events
engine       creation, update, deletion and rollback
custom       SNS-backed custom resources
handlers*    what each resource type does, by calls to the lab's own services with the caller's rights
calls        what a call says and wants
api          the operations
changesets   change sets, imports included
"""
