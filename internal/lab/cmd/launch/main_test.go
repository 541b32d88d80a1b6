package main

import (
	"strings"
	"testing"

	"github.com/xrole/terraform-provider-xrole/internal/lab"
)

// What a stack has left is shown while it stands, and why it failed if it did.
func TestTell(t *testing.T) {
	t.Parallel()
	for status, want := range map[string]struct {
		text   string
		failed bool
	}{
		"CREATE_COMPLETE":   {"stack Acme of customer-globex in us-east-1: CREATE_COMPLETE\n  RoleArn = arn\n", false},
		"DELETE_COMPLETE":   {"stack Acme of customer-globex in us-east-1: DELETE_COMPLETE\n", false},
		"ROLLBACK_COMPLETE": {"stack Acme of customer-globex in us-east-1: ROLLBACK_COMPLETE\n", true},
	} {
		var out strings.Builder
		err := tellEnd(&out, "customer-globex", &lab.Stack{Name: "Acme", Region: "us-east-1", Status: status, Outputs: map[string]string{"RoleArn": "arn"}})
		if out.String() != want.text || (err != nil) != want.failed {
			t.Errorf("%s: %v, %q", status, err, out.String())
		}
	}
	var out strings.Builder
	tellEvent(&out, lab.Event{Status: "CREATE_FAILED", LogicalResourceID: "Connection", Reason: "it refused"})
	if want := "  CREATE_FAILED        Connection                   it refused\n"; out.String() != want {
		t.Errorf("%q", out.String())
	}
}
