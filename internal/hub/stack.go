package hub

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/smithy-go"

	"github.com/xrole/terraform-provider-xrole/internal/awsapi"
)

const (
	// hubTag is on every stack, and through it on all that a stack makes; its value is the hub's name.
	hubTag = "xrole:hub"
	// ownerTag is on the storage stack; its value is the id of the Terraform state that keeps the hub.
	ownerTag = "xrole:owner"

	validationError = "ValidationError"
)

// stack is one as it shall be. To find or delete it, hub, name and region are enough.
type stack struct {
	hub, name, region string
	template          string
	parameters, tags  map[string]string
}

func (s stack) String() string { return fmt.Sprintf("stack %q in %s", s.name, s.region) }

// operator does stack operations in one region.
type operator struct {
	client *cloudformation.Client
	say    func(string)
}

// find returns nil if there is no such stack, and an error if it belongs to somebody else.
func (o operator) find(ctx context.Context, s stack) (*types.Stack, error) {
	out, err := o.client.DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: &s.name})
	if awsapi.Code(err) == validationError {
		return nil, nil // the name is well-formed, so the only thing left to be wrong is that there is no such stack
	}
	if err != nil {
		return nil, fmt.Errorf("looking for %s: %w", s, err)
	}
	if len(out.Stacks) != 1 {
		return nil, fmt.Errorf("looking for %s: %d stacks answer to that name", s, len(out.Stacks))
	}
	live := out.Stacks[0]
	// What was never more than a plan has no tags yet, and no resources that could be somebody's.
	if tagsOf(&live)[hubTag] != s.hub && live.StackStatus != types.StackStatusReviewInProgress {
		return nil, fmt.Errorf("%s is not of this hub: it has no tag %s = %q", s, hubTag, s.hub)
	}
	return &live, nil
}

// templateOf returns the template of a stack as it was handed in.
func (o operator) templateOf(ctx context.Context, s stack, live *types.Stack) (string, error) {
	out, err := o.client.GetTemplate(ctx, &cloudformation.GetTemplateInput{StackName: live.StackId, TemplateStage: types.TemplateStageOriginal})
	if err != nil {
		return "", fmt.Errorf("reading the template of %s: %w", s, err)
	}
	return aws.ToString(out.TemplateBody), nil
}

func (o operator) create(ctx context.Context, s stack) (map[string]string, error) {
	o.say(fmt.Sprintf("%s: creating stack %s", s.region, s.name))
	out, err := o.client.CreateStack(ctx, &cloudformation.CreateStackInput{
		StackName: &s.name, TemplateBody: &s.template, Parameters: s.inputs(), Tags: s.stackTags(),
		Capabilities:       []types.Capability{types.CapabilityCapabilityNamedIam},
		ClientRequestToken: aws.String(rand.Text()), // so that a retry after a lost answer is no second stack
	})
	if err != nil {
		return nil, fmt.Errorf("creating %s: %w", s, err)
	}
	return o.finish(ctx, s, *out.StackId, types.StackStatusCreateComplete)
}

func (o operator) update(ctx context.Context, s stack, live *types.Stack) (map[string]string, error) {
	o.say(fmt.Sprintf("%s: updating stack %s", s.region, s.name))
	_, err := o.client.UpdateStack(ctx, &cloudformation.UpdateStackInput{
		StackName: live.StackId, TemplateBody: &s.template, Parameters: s.inputs(), Tags: s.stackTags(),
		Capabilities:       []types.Capability{types.CapabilityCapabilityNamedIam},
		ClientRequestToken: aws.String(rand.Text()),
	})
	if nothingToUpdate(err) {
		return outputs(live), nil
	}
	if err != nil {
		return nil, fmt.Errorf("updating %s: %w", s, err)
	}
	return o.finish(ctx, s, *live.StackId, types.StackStatusUpdateComplete)
}

// remove deletes the stack and waits until it is gone. A stack that is not there is no error.
func (o operator) remove(ctx context.Context, s stack) error {
	for range maxSteps {
		live, err := o.find(ctx, s)
		if err != nil || live == nil {
			return err
		}
		if inProgress(live.StackStatus) {
			if _, err := o.wait(ctx, s, *live.StackId); err != nil {
				return err
			}
			continue
		}
		o.say(fmt.Sprintf("%s: deleting stack %s", s.region, s.name))
		if _, err := o.client.DeleteStack(ctx, &cloudformation.DeleteStackInput{StackName: live.StackId}); err != nil {
			return fmt.Errorf("deleting %s: %w", s, err)
		}
		_, err = o.finish(ctx, s, *live.StackId, types.StackStatusDeleteComplete)
		return err
	}
	return unsettled(s)
}

func (s stack) inputs() []types.Parameter {
	var out []types.Parameter
	for _, name := range slices.Sorted(maps.Keys(s.parameters)) {
		out = append(out, types.Parameter{ParameterKey: &name, ParameterValue: aws.String(s.parameters[name])})
	}
	return out
}

func (s stack) stackTags() []types.Tag {
	var out []types.Tag
	for _, key := range slices.Sorted(maps.Keys(s.tags)) {
		out = append(out, types.Tag{Key: &key, Value: aws.String(s.tags[key])})
	}
	return out
}

func tagsOf(live *types.Stack) map[string]string {
	out := map[string]string{}
	for _, t := range live.Tags {
		out[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	return out
}

func parametersOf(live *types.Stack) map[string]string {
	out := map[string]string{}
	for _, p := range live.Parameters {
		out[aws.ToString(p.ParameterKey)] = aws.ToString(p.ParameterValue)
	}
	return out
}

func outputs(live *types.Stack) map[string]string {
	out := map[string]string{}
	for _, o := range live.Outputs {
		out[aws.ToString(o.OutputKey)] = aws.ToString(o.OutputValue)
	}
	return out
}

// nothingToUpdate recognises the refusal of an update that changes comments only. CloudFormation has no code for it:
// it shares that of every malformed request, and only the words tell.
func nothingToUpdate(err error) bool {
	api, ok := errors.AsType[smithy.APIError](err)
	return ok && api.ErrorCode() == validationError && strings.HasPrefix(api.ErrorMessage(), "No updates are to be performed")
}
