package hub

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/smithy-go"

	"github.com/xrole/terraform-provider-xrole/internal/awsapi"
)

// ownerTag is on every stack, and through it on all that a stack makes; its value is the hub's name.
const ownerTag = "xrole:hub"

const (
	pollAtFirst = 200 * time.Millisecond
	pollAtMost  = 10 * time.Second
	// The context ends sooner if its owner has less patience.
	patience = time.Hour
)

// StackError says that CloudFormation could not do what was asked, and names the first resource that failed: those
// after it are consequences.
type StackError struct {
	Stack, Region string
	// Status is the stack's, such as "ROLLBACK_COMPLETE".
	Status string
	// LogicalID, Type and Reason are those of the first failed resource; empty when the stack's events show none.
	LogicalID, Type, Reason string
}

// Error names stack, resource and reason.
func (e *StackError) Error() string {
	if e.LogicalID == "" {
		return fmt.Sprintf("stack %q in %s is %s", e.Stack, e.Region, e.Status)
	}
	return fmt.Sprintf("stack %q in %s is %s: %s (%s): %s", e.Stack, e.Region, e.Status, e.LogicalID, e.Type, e.Reason)
}

type stack struct {
	hub, name, region string
	template          string
	parameters        map[string]string
}

// operator does stack operations in one region.
type operator struct {
	client *cloudformation.Client
	say    func(string)
}

// ensure makes the stack, or changes it if it differs from what is wanted, and returns its outputs.
func (o operator) ensure(ctx context.Context, s stack) (map[string]string, error) {
	live, err := o.find(ctx, s)
	if err != nil {
		return nil, err
	}
	if live != nil && live.StackStatus == types.StackStatusRollbackComplete {
		// What is left of a failed creation holds no resource, and cannot be updated.
		if err := o.remove(ctx, s); err != nil {
			return nil, err
		}
		live = nil
	}
	if live == nil {
		return o.create(ctx, s)
	}
	same, err := o.isCurrent(ctx, s, live)
	if err != nil || same {
		return outputs(live), err
	}
	return o.update(ctx, s, live)
}

// find returns nil if there is no such stack, and an error if it belongs to somebody else.
func (o operator) find(ctx context.Context, s stack) (*types.Stack, error) {
	out, err := o.client.DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: &s.name})
	if awsapi.Code(err) == validationError {
		return nil, nil // the name is well-formed, so the only thing left to be wrong is that there is no such stack
	}
	if err != nil {
		return nil, fmt.Errorf("looking for stack %q in %s: %w", s.name, s.region, err)
	}
	if len(out.Stacks) != 1 {
		return nil, fmt.Errorf("looking for stack %q in %s: %d stacks answer to that name", s.name, s.region, len(out.Stacks))
	}
	live := out.Stacks[0]
	if !slices.ContainsFunc(live.Tags, func(t types.Tag) bool { return *t.Key == ownerTag && *t.Value == s.hub }) {
		return nil, fmt.Errorf("stack %q in %s is not of this hub: it has no tag %s = %q", s.name, s.region, ownerTag, s.hub)
	}
	return &live, nil
}

func (o operator) create(ctx context.Context, s stack) (map[string]string, error) {
	o.say(fmt.Sprintf("%s: creating stack %s", s.region, s.name))
	out, err := o.client.CreateStack(ctx, &cloudformation.CreateStackInput{
		StackName: &s.name, TemplateBody: &s.template, Parameters: s.inputs(), Tags: s.tags(),
		Capabilities: []types.Capability{types.CapabilityCapabilityNamedIam},
	})
	if err != nil {
		return nil, fmt.Errorf("creating stack %q in %s: %w", s.name, s.region, err)
	}
	waiter := cloudformation.NewStackCreateCompleteWaiter(o.client, func(w *cloudformation.StackCreateCompleteWaiterOptions) {
		w.MinDelay, w.MaxDelay = pollAtFirst, pollAtMost
	})
	done, err := waiter.WaitForOutput(ctx, &cloudformation.DescribeStacksInput{StackName: out.StackId}, patience)
	return o.finish(ctx, s, *out.StackId, done, err)
}

func (o operator) update(ctx context.Context, s stack, live *types.Stack) (map[string]string, error) {
	o.say(fmt.Sprintf("%s: updating stack %s", s.region, s.name))
	_, err := o.client.UpdateStack(ctx, &cloudformation.UpdateStackInput{
		StackName: live.StackId, TemplateBody: &s.template, Parameters: s.inputs(), Tags: s.tags(),
		Capabilities: []types.Capability{types.CapabilityCapabilityNamedIam},
	})
	if nothingToUpdate(err) {
		return outputs(live), nil
	}
	if err != nil {
		return nil, fmt.Errorf("updating stack %q in %s: %w", s.name, s.region, err)
	}
	waiter := cloudformation.NewStackUpdateCompleteWaiter(o.client, func(w *cloudformation.StackUpdateCompleteWaiterOptions) {
		w.MinDelay, w.MaxDelay = pollAtFirst, pollAtMost
	})
	done, err := waiter.WaitForOutput(ctx, &cloudformation.DescribeStacksInput{StackName: live.StackId}, patience)
	return o.finish(ctx, s, *live.StackId, done, err)
}

// remove deletes the stack and waits until it is gone. A stack that is not there is no error.
func (o operator) remove(ctx context.Context, s stack) error {
	live, err := o.find(ctx, s)
	if err != nil || live == nil {
		return err
	}
	o.say(fmt.Sprintf("%s: deleting stack %s", s.region, s.name))
	if _, err := o.client.DeleteStack(ctx, &cloudformation.DeleteStackInput{StackName: live.StackId}); err != nil {
		return fmt.Errorf("deleting stack %q in %s: %w", s.name, s.region, err)
	}
	waiter := cloudformation.NewStackDeleteCompleteWaiter(o.client, func(w *cloudformation.StackDeleteCompleteWaiterOptions) {
		w.MinDelay, w.MaxDelay = pollAtFirst, pollAtMost
	})
	done, err := waiter.WaitForOutput(ctx, &cloudformation.DescribeStacksInput{StackName: live.StackId}, patience)
	_, err = o.finish(ctx, s, *live.StackId, done, err)
	return err
}

// finish turns a waiter's end into outputs, or into the first failure.
func (o operator) finish(ctx context.Context, s stack, id string, done *cloudformation.DescribeStacksOutput, err error) (map[string]string, error) {
	if err == nil {
		if done != nil && len(done.Stacks) == 1 {
			return outputs(&done.Stacks[0]), nil
		}
		return map[string]string{}, nil // a deleted stack that is no longer listed
	}
	if ctx.Err() != nil {
		return nil, fmt.Errorf("waiting for stack %q in %s: %w", s.name, s.region, err)
	}
	failure, lookErr := o.firstFailure(ctx, s, id)
	if lookErr != nil {
		return nil, errors.Join(fmt.Errorf("waiting for stack %q in %s: %w", s.name, s.region, err), lookErr)
	}
	if failure.LogicalID == "" && !strings.Contains(failure.Status, "FAILED") && !strings.Contains(failure.Status, "ROLLBACK") {
		return nil, fmt.Errorf("waiting for stack %q in %s: %w", s.name, s.region, err) // it was not the stack that failed
	}
	return nil, failure
}

// firstFailure reads the stack's events, which come newest first, back to the start of the last operation.
func (o operator) firstFailure(ctx context.Context, s stack, id string) (*StackError, error) {
	failure := &StackError{Stack: s.name, Region: s.region}
	pages := cloudformation.NewDescribeStackEventsPaginator(o.client, &cloudformation.DescribeStackEventsInput{StackName: &id})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("reading the events of stack %q in %s: %w", s.name, s.region, err)
		}
		for _, event := range page.StackEvents {
			if failure.read(id, event) {
				return failure, nil
			}
		}
	}
	return failure, nil
}

// read takes in the next older event of the stack of that id, and reports whether it is where the last operation began.
func (e *StackError) read(id string, event types.StackEvent) bool {
	status := string(event.ResourceStatus)
	if aws.ToString(event.PhysicalResourceId) != id {
		if strings.HasSuffix(status, "_FAILED") {
			e.LogicalID, e.Type = aws.ToString(event.LogicalResourceId), aws.ToString(event.ResourceType)
			e.Reason = aws.ToString(event.ResourceStatusReason)
		}
		return false
	}
	if e.Status == "" {
		e.Status = status
	}
	return status == "CREATE_IN_PROGRESS" || status == "UPDATE_IN_PROGRESS" || status == "DELETE_IN_PROGRESS"
}

// isCurrent reports whether template, parameters and tags are those wanted already.
func (o operator) isCurrent(ctx context.Context, s stack, live *types.Stack) (bool, error) {
	have := map[string]string{}
	for _, p := range live.Parameters {
		have[*p.ParameterKey] = aws.ToString(p.ParameterValue)
	}
	for name, value := range s.parameters {
		if have[name] != value {
			return false, nil
		}
	}
	out, err := o.client.GetTemplate(ctx, &cloudformation.GetTemplateInput{StackName: live.StackId, TemplateStage: types.TemplateStageOriginal})
	if err != nil {
		return false, fmt.Errorf("reading the template of stack %q in %s: %w", s.name, s.region, err)
	}
	return strings.TrimSpace(aws.ToString(out.TemplateBody)) == strings.TrimSpace(s.template), nil
}

func (s stack) inputs() []types.Parameter {
	var out []types.Parameter
	for name, value := range s.parameters {
		out = append(out, types.Parameter{ParameterKey: &name, ParameterValue: &value})
	}
	return out
}

func (s stack) tags() []types.Tag {
	return []types.Tag{{Key: aws.String(ownerTag), Value: &s.hub}}
}

func outputs(s *types.Stack) map[string]string {
	out := map[string]string{}
	for _, o := range s.Outputs {
		out[aws.ToString(o.OutputKey)] = aws.ToString(o.OutputValue)
	}
	return out
}

const validationError = "ValidationError"

// nothingToUpdate recognises the refusal of an update that changes comments only. CloudFormation has no code for it:
// it shares that of every malformed request, and only the words tell.
func nothingToUpdate(err error) bool {
	api, ok := errors.AsType[smithy.APIError](err)
	return ok && api.ErrorCode() == validationError && api.ErrorMessage() == "No updates are to be performed."
}
