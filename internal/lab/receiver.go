package lab

import (
	"context"
	"runtime"
	"testing"

	"github.com/xrole/terraform-provider-xrole/internal/bundle"
)

// ReceiverZip returns the receiver as it is shipped, built for this machine once per lab.
func (l *Lab) ReceiverZip(tb testing.TB) []byte {
	tb.Helper()
	zip, err := l.receiverZip(tb.Context())
	if err != nil {
		tb.Fatal(err)
	}
	return zip
}

func (l *Lab) receiverZip(ctx context.Context) ([]byte, error) {
	return l.receiver.get(func() ([]byte, error) { return bundle.Build(ctx, runtime.GOARCH) })
}
