package lab_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/logging"

	"github.com/xrole/terraform-provider-xrole/internal/lab"
)

// Key ids that hold the accounts 222222222222 and 333333333333.
const (
	keyOf2s = "ASIATHPL2AOHJPJF2VTT"
	keyOf3s = "ASIAU3HBXAVK7TCUJRS4"
)

// once is a configuration of an SDK that does not try again.
func once(a *lab.Account) aws.Config {
	cfg := a.Config("eu-west-1")
	cfg.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
	return cfg
}

// answering is a server that knows who is asking, and counts.
func answering(count *atomic.Int64) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		count.Add(1)
		_, _ = io.WriteString(w, `<GetCallerIdentityResponse><GetCallerIdentityResult><Account>222222222222</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`)
	}
}

// operations are one call per protocol and client.
func operations() map[string]func(context.Context, aws.Config) error {
	return map[string]func(context.Context, aws.Config) error{
		"s3": func(ctx context.Context, cfg aws.Config) error {
			_, err := s3.NewFromConfig(cfg).GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: aws.String("acme")})
			return err
		},
		"dynamodb": func(ctx context.Context, cfg aws.Config) error {
			_, err := dynamodb.NewFromConfig(cfg).DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: aws.String("acme")})
			return err
		},
		"sqs": func(ctx context.Context, cfg aws.Config) error {
			_, err := sqs.NewFromConfig(cfg).ListQueues(ctx, &sqs.ListQueuesInput{})
			return err
		},
		"sns": func(ctx context.Context, cfg aws.Config) error {
			_, err := sns.NewFromConfig(cfg).ListTopics(ctx, &sns.ListTopicsInput{})
			return err
		},
		"lambda": func(ctx context.Context, cfg aws.Config) error {
			_, err := lambda.NewFromConfig(cfg).GetFunction(ctx, &lambda.GetFunctionInput{FunctionName: aws.String("acme")})
			return err
		},
		"cloudwatch": func(ctx context.Context, cfg aws.Config) error {
			_, err := cloudwatch.NewFromConfig(cfg).DescribeAlarms(ctx, &cloudwatch.DescribeAlarmsInput{})
			return err
		},
		"sts": func(ctx context.Context, cfg aws.Config) error {
			_, err := sts.NewFromConfig(cfg).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
			return err
		},
	}
}

func TestInject_status(t *testing.T) {
	t.Parallel()
	var count atomic.Int64
	l := lab.NewOver(t, answering(&count))
	l.Inject(lab.Fault{Kind: lab.Status{Code: http.StatusForbidden, ErrorCode: "AccessDenied"}})
	var log bytes.Buffer
	for name, call := range operations() {
		var api smithy.APIError
		cfg := once(l.WithKey(keyOf2s))
		cfg.Logger = logging.NewStandardLogger(&log)
		err := call(t.Context(), cfg)
		if !errors.As(err, &api) || api.ErrorCode() != "AccessDenied" || api.ErrorMessage() != "injected by the lab" {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if n := count.Load(); n != 0 {
		t.Errorf("%d requests went through", n)
	}
	if log.Len() != 0 {
		t.Errorf("the SDK complains: %s", &log)
	}
	for _, r := range l.Requests(lab.Filter{}) {
		if !r.Injected || r.Status != http.StatusForbidden {
			t.Errorf("in the log: %+v", r)
		}
	}
}

func TestInject_statusWithoutBody(t *testing.T) {
	t.Parallel()
	l := lab.NewOver(t, http.NotFoundHandler())
	l.Inject(lab.Fault{Kind: lab.Status{Code: http.StatusForbidden, ErrorCode: "AccessDenied"}})
	_, err := s3.NewFromConfig(once(l.WithKey(keyOf2s))).HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: aws.String("acme"), Key: aws.String("k")})
	var api smithy.APIError
	if !errors.As(err, &api) || api.ErrorCode() != "Forbidden" {
		t.Errorf("got %v, want what the SDK makes of a 403 to HEAD", err)
	}
}

func TestInject_throttle(t *testing.T) {
	t.Parallel()
	var count atomic.Int64
	l := lab.NewOver(t, answering(&count))
	l.Inject(lab.Fault{Kind: lab.Throttle})
	throttled := retry.ThrottleErrorCode{Codes: retry.DefaultThrottleErrorCodes}
	for name, call := range operations() {
		err := call(t.Context(), once(l.WithKey(keyOf2s)))
		if throttled.IsErrorThrottle(err) != aws.TrueTernary {
			t.Errorf("%s: the SDK does not see a throttle: %v", name, err)
		}
	}
}

func TestInject_resets(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		kind lab.Kind
		work int64
	}{
		"before": {lab.ResetBefore, 0},
		"after":  {lab.ResetAfter, 1},
		"amid":   {lab.CutAnswer, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var count atomic.Int64
			l := lab.NewOver(t, answering(&count))
			l.Inject(lab.Fault{Kind: tt.kind})
			err := operations()["sts"](t.Context(), once(l.WithKey(keyOf2s)))
			if !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("got %v, want a cut connection", err)
			}
			if n := count.Load(); n != tt.work {
				t.Errorf("the work was done %d times, want %d", n, tt.work)
			}
			if r := l.Requests(lab.Filter{}); len(r) != 1 || r[0].Status != 0 || !r[0].Injected {
				t.Errorf("in the log: %+v", r)
			}
		})
	}
}

func TestInject_hang(t *testing.T) {
	t.Parallel()
	var count atomic.Int64
	l := lab.NewOver(t, answering(&count))
	reached := make(chan struct{})
	remove := l.Inject(lab.Fault{Kind: lab.Hang, Hook: func() { reached <- struct{}{} }})
	ask := func(ctx context.Context) chan error {
		end := make(chan error, 1)
		go func() { end <- operations()["sts"](ctx, once(l.WithKey(keyOf2s))) }()
		<-reached
		return end
	}
	ctx, cancel := context.WithCancel(t.Context())
	end := ask(ctx)
	cancel()
	if err := <-end; !errors.Is(err, context.Canceled) {
		t.Errorf("after giving up: %v", err)
	}
	end = ask(t.Context())
	remove()
	if err := <-end; err == nil {
		t.Error("an answer came out of nothing")
	}
	if n := count.Load(); n != 0 {
		t.Errorf("%d requests went through", n)
	}
	// The third one hangs until the lab closes, at the end of the test.
	l.Inject(lab.Fault{Kind: lab.Hang, Hook: func() { reached <- struct{}{} }})
	ask(context.WithoutCancel(t.Context()))
}

func TestInject_delay(t *testing.T) {
	t.Parallel()
	var count atomic.Int64
	l := lab.NewOver(t, answering(&count))
	const d = 30 * time.Millisecond
	for name, arm := range map[string]func() func(){
		"delay":   func() func() { return l.Inject(lab.Fault{Kind: lab.Delay(d)}) },
		"latency": func() func() { l.SetLatency(d); return func() { l.SetLatency(0) } },
	} {
		remove := arm()
		start := time.Now()
		if err := operations()["sts"](t.Context(), once(l.WithKey(keyOf2s))); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if took := time.Since(start); took < d {
			t.Errorf("%s: took %v", name, took)
		}
		remove()
	}
	l.Inject(lab.Fault{Kind: lab.Delay(time.Hour)})
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	if err := operations()["sts"](ctx, once(l.WithKey(keyOf2s))); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a client that gives up got %v", err)
	}
}

func TestInject_countsAndMatches(t *testing.T) {
	t.Parallel()
	var count atomic.Int64
	l := lab.NewOver(t, answering(&count))
	failing := lab.Status{Code: http.StatusInternalServerError, ErrorCode: "InternalFailure"}
	var hooks atomic.Int64
	l.Inject(lab.Fault{
		AccountID: "222222222222", Service: "sts", Operation: "GetCallerIdentity", Host: "sts.eu-west-1.amazonaws.com", Path: "/",
		After: 1, Times: 2, Kind: failing, Hook: func() { hooks.Add(1) },
	})
	for _, f := range []lab.Fault{
		{AccountID: "444444444444"}, {Service: "sns"}, {Operation: "AssumeRole"}, {Host: "sts.amazonaws.com"}, {Path: "/elsewhere"},
	} {
		f.Kind = failing
		l.Inject(f)
	}
	l.Inject(lab.Fault{Kind: failing})()
	ask := func(key string) bool { return operations()["sts"](t.Context(), once(l.WithKey(key))) == nil }
	if !ask(keyOf3s) {
		t.Error("another account was hit")
	}
	for i, want := range []bool{true, false, false, true} {
		if got := ask(keyOf2s); got != want {
			t.Errorf("request %d of the account: ok %v, want %v", i+1, got, want)
		}
	}
	if n := hooks.Load(); n != 2 {
		t.Errorf("the hook was called %d times", n)
	}
}

func TestInject_hookMayAskItself(t *testing.T) {
	t.Parallel()
	var count atomic.Int64
	l := lab.NewOver(t, answering(&count))
	l.Inject(lab.Fault{AccountID: "222222222222", Hook: func() {
		if err := operations()["sts"](t.Context(), once(l.WithKey(keyOf3s))); err != nil {
			t.Errorf("in the hook: %v", err)
		}
	}})
	if err := operations()["sts"](t.Context(), once(l.WithKey(keyOf2s))); err != nil {
		t.Error(err)
	}
	log := l.Requests(lab.Filter{})
	if len(log) != 2 || log[0].Injected || count.Load() != 2 {
		t.Errorf("%d requests went through; in the log: %+v", count.Load(), log)
	}
}
