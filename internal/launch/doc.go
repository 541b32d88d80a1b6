// Package launch writes what a partner hands to a customer: the quick-create link that opens the customer's
// CloudFormation console with everything filled in, the button around it, the same as AWS CLI commands, and the
// instructions for a person who has never seen xrole. Parse takes a link apart again.
//
// It is pure: the same input gives the same bytes, and nothing here reads a network, a clock or the environment. It
// imports internal/partition only.
package launch
