// Package cfn reads, checks and customises the CloudFormation templates that customers launch: the built-in role
// template and templates of the partner's own go through the same code. It is pure: it makes no request, reads no clock
// and no environment, and the same input gives the same bytes. It imports internal/partition and a YAML tree, nothing
// else of this module.
//
// What it cannot see: a role that some other resource makes or changes while the stack runs (a custom resource of the
// partner's own, a Lambda function, a third party's resource type). Whatever could hold a whole template (nested
// stacks, stack sets, macros, modules) is refused for that reason.
package cfn
