package hub

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	smithytime "github.com/aws/smithy-go/time"
)

// maxSteps is more than any state needs: waiting, deleting, taking in what was left, updating. Whatever takes more is
// being changed by somebody else at the same time.
const maxSteps = 8

// queueRest ends the pauses, each twice the one before, until a queue's name can be taken again: 75 seconds in all.
const queueRest = 16 * pollAtMost

// deletedRecently reports whether a stack failed since SQS keeps the name of a deleted queue for a minute
// (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteQueue.html). A stack's events have only
// words for it.
func deletedRecently(err error) bool {
	failed, ok := errors.AsType[*StackError](err)
	return ok && failed.Type == "AWS::SQS::Queue" && strings.Contains(failed.Reason, "60 seconds after deleting a queue")
}

func unsettled(s stack) error {
	return fmt.Errorf("%s does not come to rest: somebody else is changing it", s)
}

// ensure brings the stack from whatever state it is in to what is wanted, and returns its outputs. Where there is no
// stack, missing is asked first, if given, whether it has made one of what was left behind.
func (o operator) ensure(ctx context.Context, s stack, missing func(context.Context) (bool, error)) (map[string]string, error) {
	pause := pollAtMost
	for step := 0; step < maxSteps; step++ {
		live, err := o.find(ctx, s)
		if err != nil {
			return nil, err
		}
		out, done, err := o.step(ctx, s, live, missing)
		if pause < queueRest && deletedRecently(err) {
			o.say(fmt.Sprintf("%s: a queue of stack %s was deleted less than a minute ago, trying again in %s", s.region, s.name, pause))
			if err := smithytime.SleepWithContext(ctx, pause); err != nil {
				return nil, fmt.Errorf("waiting for the name of a queue of %s: %w", s, err)
			}
			pause, step = 2*pause, 0
			continue
		}
		if err != nil || done {
			return out, err
		}
	}
	return nil, unsettled(s)
}

// step does the next thing about a stack, and says whether it was the last.
func (o operator) step(ctx context.Context, s stack, live *types.Stack, missing func(context.Context) (bool, error)) (
	out map[string]string, done bool, err error,
) {
	switch deedFor(live) {
	case deedCreate:
		if missing != nil {
			if taken, err := missing(ctx); err != nil || taken {
				return nil, false, err
			}
		}
		out, err = o.create(ctx, s)
		return out, true, err
	case deedWait:
		_, err = o.wait(ctx, s, *live.StackId)
	case deedDelete:
		err = o.remove(ctx, s)
	case deedContinue:
		err = o.continueRollback(ctx, s, live)
	case deedUpdate:
		out, err = o.bringUpToDate(ctx, s, live)
		return out, true, err
	}
	return nil, false, err
}

func (o operator) bringUpToDate(ctx context.Context, s stack, live *types.Stack) (map[string]string, error) {
	template, err := o.templateOf(ctx, s, live)
	if err != nil {
		return nil, err
	}
	if len(s.differences(live, template)) == 0 {
		return outputs(live), nil
	}
	return o.update(ctx, s, live)
}

type deed int

const (
	deedUpdate deed = iota
	deedCreate
	deedWait
	deedDelete
	deedContinue
)

// deedFor says what to do next about a stack in that state.
func deedFor(live *types.Stack) deed {
	if live == nil {
		return deedCreate
	}
	// What is left of a creation that failed, or was never more than planned, cannot be updated.
	useless := []types.StackStatus{
		types.StackStatusRollbackComplete, types.StackStatusRollbackFailed, types.StackStatusCreateFailed, types.StackStatusDeleteFailed,
		types.StackStatusReviewInProgress,
	}
	if len(live.Outputs) == 0 { // nor can a stack that an import was to make
		useless = append(useless, types.StackStatusImportRollbackComplete, types.StackStatusImportRollbackFailed)
	}
	if slices.Contains(useless, live.StackStatus) {
		return deedDelete
	}
	if live.StackStatus == types.StackStatusUpdateRollbackFailed {
		return deedContinue
	}
	if inProgress(live.StackStatus) {
		return deedWait
	}
	return deedUpdate
}

// continueRollback lets CloudFormation try again to go back to where a failed update began.
func (o operator) continueRollback(ctx context.Context, s stack, live *types.Stack) error {
	o.say(fmt.Sprintf("%s: continuing the rollback of stack %s", s.region, s.name))
	_, err := o.client.ContinueUpdateRollback(ctx, &cloudformation.ContinueUpdateRollbackInput{StackName: live.StackId})
	if err != nil {
		return fmt.Errorf("continuing the rollback of %s: %w", s, err)
	}
	_, err = o.finish(ctx, s, *live.StackId, types.StackStatusUpdateRollbackComplete)
	return err
}

// differences says, one sentence each, where a stack that stands is not as wanted.
func (s stack) differences(live *types.Stack, template string) []string {
	var out []string
	if strings.TrimSpace(template) != strings.TrimSpace(s.template) {
		out = append(out, fmt.Sprintf("Stack %q in %s is of another template.", s.name, s.region))
	}
	have := parametersOf(live)
	for _, name := range slices.Sorted(maps.Keys(s.parameters)) {
		if value, ok := have[name]; !ok || value != s.parameters[name] {
			out = append(out, fmt.Sprintf("Parameter %s of %s is %q, not %q.", name, s, value, s.parameters[name]))
		}
	}
	tags := tagsOf(live)
	for _, key := range slices.Sorted(maps.Keys(s.tags)) {
		if value, ok := tags[key]; !ok {
			out = append(out, fmt.Sprintf("Tag %q of %s is missing.", key, s))
		} else if value != s.tags[key] {
			out = append(out, fmt.Sprintf("Tag %q of %s is %q, not %q.", key, s, value, s.tags[key]))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		if _, ok := s.tags[key]; !ok {
			out = append(out, fmt.Sprintf("Tag %q of %s is not wanted.", key, s))
		}
	}
	return out
}

// keepingNewer returns the stack with the template that stands, which is a newer one than ours: parameters that it does
// not know are left out, and those that we do not know stay, as does what says which code runs. A receiver's template
// ends in the permissions of the topics, which are ours to say.
func (s stack) keepingNewer(live *types.Stack, template string) stack {
	wanted := s.parameters
	if strings.HasSuffix(s.name, "-"+receiverKind) {
		template = withPermissionsOf(template, s.template)
	}
	s.template, s.parameters = template, parametersOf(live)
	for name, value := range wanted {
		if _, known := s.parameters[name]; known && !slices.Contains(codeParameters(), name) {
			s.parameters[name] = value
		}
	}
	return s
}

func codeParameters() []string {
	return []string{"CodeBucket", "CodeKey", "Architecture", "ReceiverVersion"}
}
