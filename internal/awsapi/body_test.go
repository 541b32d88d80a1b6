package awsapi_test

import (
	"errors"
	"io"
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/xrole/terraform-provider-xrole/internal/awsapi"
	"github.com/xrole/terraform-provider-xrole/internal/awsclients"
	"github.com/xrole/terraform-provider-xrole/internal/bucket"
)

// bodies looks at what net/http is given.
type bodies struct{ seen []io.Reader }

var errSeen = errors.New("seen")

func (b *bodies) Do(r *http.Request) (*http.Response, error) {
	b.seen = append(b.seen, r.Body)
	return nil, errSeen
}

// A body that is an io.WriterTo lets an early answer be cut off.
func TestPlainBodies(t *testing.T) {
	t.Parallel()
	b := &bodies{}
	cfg := load(t, awsapi.Options{Region: region, MaxRetries: 1})
	cfg.HTTPClient = b
	cfg.Credentials = credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", "")
	clients := awsclients.New(cfg, nil)
	if _, err := whoami(t, clients.STS(region)); !errors.Is(err, errSeen) {
		t.Fatal(err)
	}
	err := bucket.NewObjects(clients.S3(region), "bucket", "111122223333").Put(t.Context(), "templates/x", []byte("x"))
	if !errors.Is(err, errSeen) {
		t.Fatal(err)
	}
	for n, body := range b.seen {
		if _, ok := body.(io.WriterTo); ok || body == nil {
			t.Errorf("request %d has the body %T", n, body)
		}
	}
	if len(b.seen) != 2 {
		t.Errorf("%d requests", len(b.seen))
	}
}
