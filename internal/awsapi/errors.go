package awsapi

import (
	"errors"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
)

// CredentialsError says that there are no credentials to make a request with.
type CredentialsError struct {
	// RoleARN is Options.AssumeRole's, which could not be assumed; empty if there were none to begin with.
	RoleARN string
	Err     error
}

// Error is what the SDK says.
func (e *CredentialsError) Error() string { return e.Err.Error() }

// Unwrap returns what the SDK says.
func (e *CredentialsError) Unwrap() error { return e.Err }

// Code returns the API's error code, such as "AccessDenied", or "" if err is not an answer of AWS.
func Code(err error) string {
	api, ok := errors.AsType[smithy.APIError](err)
	if !ok {
		return ""
	}
	return api.ErrorCode()
}

// IsNotFound reports whether AWS answered that the thing asked for, or what it is kept in (bucket, table), is not
// there. CloudFormation's DescribeStacks has no code of its own for a missing stack and is not recognised.
func IsNotFound(err error) bool {
	switch Code(err) {
	case "NoSuchKey", "NoSuchBucket", "NotFound", "NotFoundException", "ResourceNotFoundException":
		return true
	default:
		return false
	}
}

// IsAccessDenied reports whether AWS refused the caller: no policy allows it, or one denies it. S3 also answers so for
// a missing object when the caller may not list the bucket, and for a bucket of another account. A refusal for an
// expired or unknown key is not meant.
func IsAccessDenied(err error) bool {
	switch Code(err) {
	case "AccessDenied", "AccessDeniedException", "AuthorizationError", "AuthorizationErrorException", "NotAuthorized",
		"UnauthorizedOperation", "UnauthorizedAccess":
		return true
	case "Forbidden": // S3's answers to HEAD have no body, so the SDK makes the code from the status
		return httpStatus(err) == http.StatusForbidden
	default:
		return false
	}
}

// IsThrottled reports whether AWS asked to slow down, through all tries.
func IsThrottled(err error) bool {
	throttles := retry.IsErrorThrottles(retry.DefaultThrottles)
	return throttles.IsErrorThrottle(err) == aws.TrueTernary
}

// IsConditionFailed reports whether the condition of a conditional write of one thing did not hold: DynamoDB's, or If-Match
// and If-None-Match of S3.
func IsConditionFailed(err error) bool {
	code := Code(err)
	return code == "ConditionalCheckFailedException" || code == "PreconditionFailed"
}

func httpStatus(err error) int {
	resp, ok := errors.AsType[*awshttp.ResponseError](err)
	if !ok {
		return 0
	}
	return resp.HTTPStatusCode()
}
