package awsapi

import (
	"context"
	"fmt"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// Try is one try of a request, as a log may tell of it: nothing in it opens anything.
type Try struct {
	Service, Operation, Region string
	// Status is the answer's HTTP status, 0 if there was none.
	Status int
	// Code is AWS's error code, empty if all went well.
	Code string
	// RequestID is AWS's own, for its support.
	RequestID string
}

// telling has log told of each try, when it has ended.
func telling(log func(context.Context, Try)) func(*middleware.Stack) error {
	tell := middleware.DeserializeMiddlewareFunc("XroleTelling", func(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (middleware.DeserializeOutput, middleware.Metadata, error) {
		out, metadata, err := next.HandleDeserialize(ctx, in)
		try := Try{
			Service: awsmiddleware.GetServiceID(ctx), Operation: awsmiddleware.GetOperationName(ctx), Region: awsmiddleware.GetRegion(ctx), Code: Code(err),
		}
		if resp, ok := out.RawResponse.(*smithyhttp.Response); ok {
			try.Status = resp.StatusCode
		}
		try.RequestID, _ = awsmiddleware.GetRequestIDMetadata(metadata)
		log(ctx, try)
		return out, metadata, err
	})
	return func(stack *middleware.Stack) error {
		if err := stack.Deserialize.Add(tell, middleware.Before); err != nil {
			return fmt.Errorf("preparing the AWS client: %w", err)
		}
		return nil
	}
}
