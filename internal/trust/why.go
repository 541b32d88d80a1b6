package trust

import (
	"errors"
	"slices"

	"github.com/xrole/terraform-provider-xrole/internal/awsapi"
)

// Why says in plain words why a check ended in an error, so that nothing is known of the role. The codes are those of
// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html#API_AssumeRole_Errors and of
// https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html.
func Why(err error) string {
	code := awsapi.Code(err)
	switch {
	case errors.Is(err, errOurs):
		return err.Error() + "; nothing is known of the role until that policy lets us assume it"
	case awsapi.IsThrottled(err):
		return "STS throttled the probes through all retries; nothing is known of the role, and the next check tries again"
	case code == regionDisabled:
		return "STS is not activated for the role's account in the region that was asked; have it activated there (IAM, Account settings), or ask in another region"
	case OfRole(err):
		return "STS does not take the role's ARN: " + err.Error()
	case slices.Contains([]string{"ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "UnrecognizedClientException"}, code):
		return "STS does not know our own credentials, or they have expired; nothing is known of the role"
	default:
		return "STS could not be asked: " + err.Error()
	}
}

// OfRole reports whether an error is about that one role: whoever asks for it again is told the same.
func OfRole(err error) bool { return awsapi.Code(err) == "ValidationError" }
