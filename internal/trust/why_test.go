package trust_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/xrole/terraform-provider-xrole/internal/lab"
	"github.com/xrole/terraform-provider-xrole/internal/trust"
)

// That STS cannot be asked says nothing about a role, and is said in words.
func TestWhy(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	for name, row := range map[string]struct {
		kind lab.Kind
		says string
	}{
		"throttled":    {lab.Throttle, "throttled"},
		"expired":      {lab.Status{Code: 403, ErrorCode: "ExpiredTokenException"}, "expired"},
		"no such role": {lab.Status{Code: 400, ErrorCode: "ValidationError"}, "the role's ARN"},
		"broken":       {lab.Status{Code: 500, ErrorCode: "InternalFailure"}, "could not be asked"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			partner, customer := l.NewAccount(t), l.NewAccount(t)
			cfg := partner.Config("us-east-1")
			cfg.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
			t.Cleanup(l.Inject(lab.Fault{AccountID: partner.ID, Kind: row.kind}))
			r, err := trust.Hurry(trust.NewChecker(cfg, "aws", partner.ID)).Check(t.Context(), 0, "arn:aws:iam::"+customer.ID+":role/x", "RIGHT")
			if err == nil || r.Assumable || r.LetsOthersIn() {
				t.Fatalf("%+v, %v", r, err)
			}
			if why := trust.Why(err); !strings.Contains(why, row.says) {
				t.Errorf("said: %s", why)
			}
		})
	}
}
