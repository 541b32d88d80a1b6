package registry

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	smithytime "github.com/aws/smithy-go/time"
)

// Codes of a transaction's cancellation reasons
// (https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html).
const (
	codeCondition = "ConditionalCheckFailed"
	codeNone      = "None"
)

// again makes the SDK repeat a write that ran into another one under way, by its own backoff. DynamoDB answers so
// without deciding the condition, and the SDK repeats none of it by itself.
func again(o *dynamodb.Options) {
	o.Retryer = conflictRetryer{retry.AddWithErrorCodes(o.Retryer, "TransactionConflictException")}
}

type conflictRetryer struct{ aws.Retryer }

func (r conflictRetryer) IsErrorRetryable(err error) bool {
	return isConflict(err) || r.Retryer.IsErrorRetryable(err)
}

// GetAttemptToken keeps the adaptive rate limit of the retryer inside.
func (r conflictRetryer) GetAttemptToken(ctx context.Context) (func(error) error, error) {
	if v2, ok := r.Retryer.(aws.RetryerV2); ok {
		return v2.GetAttemptToken(ctx)
	}
	return r.GetInitialToken(), nil
}

// isConflict reports whether a transaction was cancelled for reasons that pass, and for no other.
func isConflict(err error) bool {
	canceled, ok := errors.AsType[*types.TransactionCanceledException](err)
	if !ok {
		return false
	}
	passing := []string{"TransactionConflict", "ProvisionedThroughputExceeded", "ThrottlingError"}
	conflict := false
	for _, reason := range canceled.CancellationReasons {
		code := aws.ToString(reason.Code)
		if code != "" && code != codeNone && !slices.Contains(passing, code) {
			return false
		}
		conflict = conflict || slices.Contains(passing, code)
	}
	return conflict
}

// maxParts is in how many answers one batch may come: with the pauses between them about half a minute.
const maxParts = 15

// pause waits before a batch that DynamoDB answered in part is asked for the rest: not before the first try, then
// 50 ms, doubled each time up to 3.2 s. The error is the context's, or a throttle's after maxParts.
func pause(ctx context.Context, try int) error {
	switch try {
	case 0:
		return nil
	case maxParts:
		return &types.ProvisionedThroughputExceededException{Message: aws.String("part of the batch was left out again and again")}
	}
	return smithytime.SleepWithContext(ctx, 50*time.Millisecond<<min(try-1, 6))
}
