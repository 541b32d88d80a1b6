package hub

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	smithytime "github.com/aws/smithy-go/time"

	"github.com/xrole/terraform-provider-xrole/internal/awsapi"
	"github.com/xrole/terraform-provider-xrole/internal/partition"
)

// A callback is lost where the topic does not hand it to the receiver: no subscription, no permission, no function, or
// other code than ours. CloudFormation does not see that somebody deleted one of them, so they are asked for: two
// requests, and one for each region.

// callbacks is what stands between the topics and the receiver.
type callbacks struct {
	// functionGone and otherCode are about the function; unpermitted are the regions whose topics may not invoke it.
	functionGone, otherCode bool
	unpermitted             []string
}

// callbacks looks at the function that the receiver's stack says it has, and who may invoke it.
func (j job) callbacks(ctx context.Context, h *Hub, live *types.Stack) (callbacks, error) {
	client, name := j.clients.Lambda(h.Region), outputs(live)["FunctionArn"]
	function, err := client.GetFunction(ctx, &lambda.GetFunctionInput{FunctionName: &name})
	if awsapi.IsNotFound(err) {
		return callbacks{functionGone: true}, nil
	}
	if err != nil {
		return callbacks{}, fmt.Errorf("looking for the receiver: %w", err)
	}
	var found callbacks
	sum, err := base64.StdEncoding.DecodeString(aws.ToString(function.Configuration.CodeSha256))
	found.otherCode = err != nil || codeKey(hex.EncodeToString(sum)) != parametersOf(live)["CodeKey"]
	policy, err := client.GetPolicy(ctx, &lambda.GetPolicyInput{FunctionName: &name})
	if err != nil && !awsapi.IsNotFound(err) { // one that nobody may invoke has no policy
		return callbacks{}, fmt.Errorf("reading who may invoke the receiver: %w", err)
	}
	text := ""
	if err == nil {
		text = aws.ToString(policy.Policy)
	}
	for _, region := range h.Regions {
		if !strings.Contains(text, `"`+h.topicARN(region)+`"`) {
			found.unpermitted = append(found.unpermitted, region)
		}
	}
	return found, nil
}

func (c callbacks) sentences(h *Hub) []string {
	var out []string
	function := fmt.Sprintf("Function %q in %s", stackName(h.Name, receiverKind), h.Region)
	if c.functionGone {
		out = append(out, function+" is not there.")
	}
	if c.otherCode {
		out = append(out, function+" runs other code than its stack says.")
	}
	for _, region := range c.unpermitted {
		out = append(out, fmt.Sprintf("%s may not be invoked by the topic in %s.", function, region))
	}
	return out
}

// subscribed reports whether the topic hands its messages to the receiver.
func (j job) subscribed(ctx context.Context, region, topicARN, functionARN string) (bool, error) {
	pages := sns.NewListSubscriptionsByTopicPaginator(j.clients.SNS(region), &sns.ListSubscriptionsByTopicInput{TopicArn: &topicARN})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return false, fmt.Errorf("reading the subscriptions of topic %q: %w", topicARN, err)
		}
		for _, s := range page.Subscriptions { // one that waits for a confirmation, or is deleted, has a word for an ARN
			if aws.ToString(s.Endpoint) == functionARN && strings.HasPrefix(aws.ToString(s.SubscriptionArn), "arn:") {
				return true, nil
			}
		}
	}
	return false, nil
}

// mendReceiver repairs the function and its permissions, which CloudFormation takes to be there.
func (j job) mendReceiver(ctx context.Context, h *Hub, want stack) error {
	o := j.stacksOf(h.Region)
	live, err := o.find(ctx, want)
	if err != nil || live == nil {
		return err
	}
	var found callbacks
	err = untilFound(ctx, func() (bool, error) {
		found, err = j.callbacks(ctx, h, live)
		return !found.functionGone && !found.otherCode && len(found.unpermitted) == 0, err
	})
	if err != nil {
		return err
	}
	var again []string
	if found.functionGone {
		again = append(again, "Function")
	}
	for _, region := range found.unpermitted {
		again = append(again, permissionID(region))
	}
	if len(again) > 0 {
		if err := o.makeAgain(ctx, want, live, again); err != nil {
			return err
		}
	}
	if found.otherCode {
		return j.putCodeBack(ctx, h, live)
	}
	return nil
}

// putCodeBack has the function run what its stack says.
func (j job) putCodeBack(ctx context.Context, h *Hub, live *types.Stack) error {
	j.say(h.Region + ": putting the receiver's code back")
	client, p := j.clients.Lambda(h.Region), parametersOf(live)
	name := outputs(live)["FunctionArn"]
	_, err := client.UpdateFunctionCode(ctx, &lambda.UpdateFunctionCodeInput{
		FunctionName: &name, S3Bucket: aws.String(p["CodeBucket"]), S3Key: aws.String(p["CodeKey"]),
		Architectures: []lambdatypes.Architecture{lambdatypes.Architecture(p["Architecture"])},
	})
	if err != nil {
		return fmt.Errorf("putting the receiver's code back: %w", err)
	}
	updated := lambda.NewFunctionUpdatedV2Waiter(client, func(w *lambda.FunctionUpdatedV2WaiterOptions) {
		w.MinDelay, w.MaxDelay = pollAtFirst, pollAtMost
	})
	return updated.Wait(ctx, &lambda.GetFunctionInput{FunctionName: &name}, patience)
}

// mendTopic repairs the subscription.
func (j job) mendTopic(ctx context.Context, h *Hub, want stack, topicARN string) error {
	there := false
	err := untilFound(ctx, func() (_ bool, err error) {
		there, err = j.subscribed(ctx, want.region, topicARN, h.ReceiverFunctionARN)
		return there, err
	})
	if err != nil || there {
		return err
	}
	o := j.stacksOf(want.region)
	live, err := o.find(ctx, want)
	if err != nil || live == nil {
		return err
	}
	return o.makeAgain(ctx, want, live, []string{"Subscription"})
}

// makeAgain has CloudFormation make resources again that it does not know to be gone: an update takes them out, with all
// that needs them, and another one puts them in. The stack, and what it made otherwise, stays; a run that ends in between
// leaves a stack of another template, which the next one updates.
func (o operator) makeAgain(ctx context.Context, s stack, live *types.Stack, ids []string) error {
	o.say(fmt.Sprintf("%s: making %s of stack %s again", s.region, strings.Join(ids, ", "), s.name))
	template, err := o.templateOf(ctx, s, live)
	if err != nil {
		return err
	}
	s.parameters, s.template = parametersOf(live), template
	without := s
	if without.template, err = withoutResources(template, ids); err != nil {
		return err
	}
	if _, err := o.update(ctx, without, live); err != nil {
		return err
	}
	_, err = o.update(ctx, s, live)
	return err
}

// untilFound asks again for a while before it believes that something is not there: what was made a moment ago may not be
// seen everywhere yet.
func untilFound(ctx context.Context, look func() (found bool, err error)) error {
	for pause := pollAtFirst; ; pause *= 2 {
		found, err := look()
		if found || err != nil && !awsapi.IsNotFound(err) || pause > pollAtMost {
			return err
		}
		if err := smithytime.SleepWithContext(ctx, pause); err != nil {
			return err
		}
	}
}

// whileMissing does what needs something, again for a while if that is said not to be there.
func whileMissing(ctx context.Context, do func() error) error {
	return untilFound(ctx, func() (bool, error) {
		err := do()
		return err == nil, err
	})
}

func (h *Hub) topicARN(region string) string {
	return partition.ARN(h.Partition, "sns", region, h.AccountID, h.TopicName)
}

// compareCallbacks says what Apply would mend.
func (in *inspection) compareCallbacks(ctx context.Context) ([]string, error) {
	if in.receiver == nil || deedFor(in.receiver) != deedUpdate || in.hub.ReceiverFunctionARN == "" {
		return nil, nil
	}
	found, err := in.callbacks(ctx, in.hub, in.receiver)
	return found.sentences(in.hub), err
}
