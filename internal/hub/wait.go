package hub

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	smithytime "github.com/aws/smithy-go/time"
)

const (
	pollAtFirst = 200 * time.Millisecond
	pollAtMost  = 5 * time.Second
	// The context ends sooner if its owner has less patience.
	patience = time.Hour
)

// inProgress reports whether something is being done to a stack. A stack under review only waits for somebody.
func inProgress(status types.StackStatus) bool {
	return strings.HasSuffix(string(status), "_IN_PROGRESS") && status != types.StackStatusReviewInProgress
}

// wait returns the stack of that id when nothing is being done to it any more, and says meanwhile which resource it
// waits for.
func (o operator) wait(ctx context.Context, s stack, id string) (*types.Stack, error) {
	said := ""
	for pause := pollAtFirst; ; pause = min(2*pause, pollAtMost) {
		out, err := o.client.DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: &id})
		if err != nil {
			return nil, fmt.Errorf("waiting for %s: %w", s, err)
		}
		if len(out.Stacks) != 1 {
			return nil, fmt.Errorf("waiting for %s: %d stacks answer to its id", s, len(out.Stacks))
		}
		live := &out.Stacks[0]
		if !inProgress(live.StackStatus) {
			return live, nil
		}
		if what := o.doing(ctx, live); what != said {
			o.say(fmt.Sprintf("%s: waiting for stack %s: %s", s.region, s.name, what))
			said = what
		}
		if err := smithytime.SleepWithContext(ctx, pause); err != nil {
			return nil, fmt.Errorf("waiting for %s, which is %s: %w", s, said, err)
		}
	}
}

// doing says which resource a stack is at, or the stack's own status where its events do not tell.
func (o operator) doing(ctx context.Context, live *types.Stack) string {
	out, err := o.client.DescribeStackEvents(ctx, &cloudformation.DescribeStackEventsInput{StackName: live.StackId})
	if err != nil {
		return string(live.StackStatus) // only a line of progress is lost
	}
	return busiest(aws.ToString(live.StackId), out.StackEvents, live.StackStatus)
}

// busiest names the resource whose latest event is the newest of those not done. Events come newest first.
func busiest(id string, newestFirst []types.StackEvent, otherwise types.StackStatus) string {
	var seen []string
	for _, e := range newestFirst {
		name, status := aws.ToString(e.LogicalResourceId), string(e.ResourceStatus)
		if aws.ToString(e.PhysicalResourceId) == id {
			if startsOperation(status) {
				break
			}
			continue
		}
		if slices.Contains(seen, name) {
			continue
		}
		if strings.HasSuffix(status, "_IN_PROGRESS") {
			return fmt.Sprintf("%s (%s) %s", name, aws.ToString(e.ResourceType), status)
		}
		seen = append(seen, name)
	}
	return string(otherwise)
}

// finish waits and returns the stack's outputs if it came to the wanted status, else the first failure.
func (o operator) finish(ctx context.Context, s stack, id string, want types.StackStatus) (map[string]string, error) {
	live, err := o.wait(ctx, s, id)
	if err != nil {
		return nil, err
	}
	if live.StackStatus == want {
		return outputs(live), nil
	}
	failure, err := o.firstFailure(ctx, s, id)
	if err != nil {
		return nil, err
	}
	failure.Status = string(live.StackStatus)
	if failure.LogicalID == "" {
		failure.Reason = aws.ToString(live.StackStatusReason)
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
			return nil, fmt.Errorf("reading the events of %s: %w", s, err)
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
	return startsOperation(status)
}

// startsOperation reports whether a stack's own event is the first of an operation.
func startsOperation(status string) bool {
	switch status {
	case "CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "DELETE_IN_PROGRESS", "IMPORT_IN_PROGRESS":
		return true
	}
	return false
}
