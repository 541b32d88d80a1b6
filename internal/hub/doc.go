// Package hub makes the partner's side in AWS: what rarely changes as CloudFormation stacks (stacks/*.yaml, one for
// storage, one for the receiver, one for the topic of each region), and what changes with every customer, the bucket
// policy and the topic policies, written directly. AWS clients are handed in. It knows nothing of Terraform and must
// not import anything of this module but awsapi and partition.
package hub
