package awsapi

import (
	"context"
	"fmt"
	"io"

	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// PlainBodies is an aws.Config's APIOptions element that keeps an answer which comes early from being cut off.
//
// The SDK closes a request's body as soon as the answer's head is there. net/http may then still be about to look
// whether the body has ended; where the body is an io.WriterTo, the closed one answers io.EOF, which net/http takes for
// a failed write: it closes the connection under the answer, and the request fails with "unexpected EOF", which no
// retryer repeats. A body that is only read ends without an error. It takes a near server and a busy processor to see.
func PlainBodies(stack *middleware.Stack) error {
	plain := middleware.DeserializeMiddlewareFunc("XrolePlainBodies", func(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (middleware.DeserializeOutput, middleware.Metadata, error) {
		if req, ok := in.Request.(*smithyhttp.Request); ok {
			if body, ok := req.GetStream().(io.ReadSeeker); ok {
				plain, err := req.SetStream(struct{ io.ReadSeeker }{body})
				if err != nil {
					return middleware.DeserializeOutput{}, middleware.Metadata{}, fmt.Errorf("preparing the request's body: %w", err)
				}
				in.Request = plain
			}
		}
		return next.HandleDeserialize(ctx, in)
	})
	if err := stack.Deserialize.Add(plain, middleware.After); err != nil {
		return fmt.Errorf("preparing the AWS client: %w", err)
	}
	return nil
}
