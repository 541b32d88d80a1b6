// Package hub makes the partner's side in AWS: what rarely changes as CloudFormation stacks (stacks/*.yaml, one for
// storage, one for the receiver, one for the topic of each region), and what changes with every customer, the bucket
// policy and the topic policies, written directly. It brings them from any state to the one described, says where they
// differ from it, and takes them away again. What a hub was made with is in its own registry table, so that a hub can
// be found by its name. AWS clients are handed in. It knows nothing of Terraform and must not import anything of this
// module but awsapi, awsclients, bucket, partition and registry.
package hub
