package awsapi_test

import (
	"errors"
	"fmt"
	"net/http"
	"testing"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	dynamodbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	snstypes "github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/xrole/terraform-provider-xrole/internal/awsapi"
)

func TestErrorClasses(t *testing.T) {
	t.Parallel()
	type class struct{ notFound, denied, throttled, condition bool }
	api := func(code string) error {
		return &smithy.GenericAPIError{Code: code, Message: "AccessDenied NotFound Throttling"}
	}
	answer := func(status int, err error) error {
		return &awshttp.ResponseError{ResponseError: &smithyhttp.ResponseError{
			Response: &smithyhttp.Response{Response: &http.Response{StatusCode: status}}, Err: err,
		}}
	}
	for name, row := range map[string]struct {
		err  error
		code string
		want class
	}{
		"nil":                      {nil, "", class{}},
		"not of AWS":               {errors.New("AccessDenied"), "", class{}},
		"table missing":            {&dynamodbtypes.ResourceNotFoundException{}, "ResourceNotFoundException", class{notFound: true}},
		"topic missing":            {&snstypes.NotFoundException{}, "NotFound", class{notFound: true}},
		"object missing":           {&s3types.NoSuchKey{}, "NoSuchKey", class{notFound: true}},
		"bucket missing":           {&s3types.NoSuchBucket{}, "NoSuchBucket", class{notFound: true}},
		"head of a missing object": {answer(404, &s3types.NotFound{}), "NotFound", class{notFound: true}},
		"head refused":             {answer(403, api("Forbidden")), "Forbidden", class{denied: true}},
		"denied":                   {api("AccessDenied"), "AccessDenied", class{denied: true}},
		"denied by DynamoDB":       {answer(400, api("AccessDeniedException")), "AccessDeniedException", class{denied: true}},
		"denied by SNS":            {&snstypes.AuthorizationErrorException{}, "AuthorizationError", class{denied: true}},
		"expired":                  {answer(403, api("ExpiredToken")), "ExpiredToken", class{}},
		"throttled":                {api("ThrottlingException"), "ThrottlingException", class{throttled: true}},
		"throttled by S3":          {answer(503, api("SlowDown")), "SlowDown", class{throttled: true}},
		"throttled by DynamoDB": {
			&dynamodbtypes.ProvisionedThroughputExceededException{}, "ProvisionedThroughputExceededException", class{throttled: true},
		},
		"item's condition":   {&dynamodbtypes.ConditionalCheckFailedException{}, "ConditionalCheckFailedException", class{condition: true}},
		"object's condition": {answer(412, api("PreconditionFailed")), "PreconditionFailed", class{condition: true}},
		"broken server":      {answer(500, api("InternalError")), "InternalError", class{}},
	} {
		wrapped := row.err
		if wrapped != nil {
			wrapped = fmt.Errorf("doing a thing: %w", &smithy.OperationError{ServiceID: "S", OperationName: "O", Err: row.err})
		}
		for how, err := range map[string]error{"bare": row.err, "wrapped": wrapped} {
			got := class{awsapi.IsNotFound(err), awsapi.IsAccessDenied(err), awsapi.IsThrottled(err), awsapi.IsConditionFailed(err)}
			if got != row.want {
				t.Errorf("%s, %s: got %+v", name, how, got)
			}
			if code := awsapi.Code(err); code != row.code {
				t.Errorf("%s, %s: code %q", name, how, code)
			}
		}
	}
}
