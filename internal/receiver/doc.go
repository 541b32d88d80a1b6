// Package receiver is what the Lambda function behind the topics does with one invocation: it reads a request, proves
// the role that it names, records what it found, and answers the stack. It knows nothing of Terraform.
//
// An invocation is a delivery (an SNS event), a request to prove one onboarding again ({"verify":{"name":…}}) or a run
// of the schedule ({"schedule":{}}), which looks at every delivery that is due. Any other is refused.
//
// The rules: a message proves nothing; only a passed trust check gives a stack an onboarding; an answer is always sent,
// save to a response URL that is not CloudFormation's; FAILED is only for what is certainly wrong; a fault of ours is
// never the customer's: the stack goes on, and the invocation fails so that Lambda keeps the event.
package receiver
