package awsapi_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/xrole/terraform-provider-xrole/internal/awsapi"
	"github.com/xrole/terraform-provider-xrole/internal/awsclients"
	"github.com/xrole/terraform-provider-xrole/internal/lab"
)

const region = "eu-west-1"

func load(t *testing.T, o awsapi.Options) aws.Config {
	t.Helper()
	cfg, err := awsapi.Load(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

func whoami(t *testing.T, client *sts.Client) (string, error) {
	t.Helper()
	out, err := client.GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
	if err != nil {
		return "", err
	}
	return aws.ToString(out.Arn), nil
}

func actsFor(arn string, a *lab.Account) bool { return strings.Contains(arn, ":"+a.ID+":") }

func TestLoad_profile(t *testing.T) {
	t.Parallel()
	a := lab.Shared(t).NewAccount(t)
	cfg := load(t, awsapi.Options{Region: region, Profile: a.Profile})
	arn, err := whoami(t, awsclients.New(cfg, nil).STS(region))
	if err != nil || !actsFor(arn, a) {
		t.Errorf("acting as %q: %v", arn, err)
	}
}

func TestLoad_wrongOptions(t *testing.T) {
	t.Parallel()
	a := lab.Shared(t).NewAccount(t)
	if _, err := awsapi.Load(t.Context(), awsapi.Options{Profile: a.Profile}); !errors.Is(err, awsapi.ErrNoRegion) {
		t.Errorf("no region: %v", err)
	}
	var missing config.SharedConfigProfileNotExistError
	if _, err := awsapi.Load(t.Context(), awsapi.Options{Region: region, Profile: "nobody"}); !errors.As(err, &missing) {
		t.Errorf("unknown profile: %v", err)
	}
	_, err := awsapi.Load(t.Context(), awsapi.Options{Region: region, Profile: a.Profile, Endpoints: map[string]string{"ec2": "http://x"}})
	if err == nil || !strings.Contains(err.Error(), `"ec2"`) {
		t.Errorf("unknown service: %v", err)
	}
}

// TestLoad_noRequest also sets what makes the SDK ask the instance's metadata service while it loads.
func TestLoad_noRequest(t *testing.T) {
	l := lab.Shared(t)
	a := l.NewAccount(t)
	var asked atomic.Int32
	metadata := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	t.Cleanup(metadata.Close)
	t.Setenv("AWS_EC2_METADATA_DISABLED", "false")
	t.Setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", metadata.URL)
	t.Setenv("AWS_DEFAULTS_MODE", "auto")
	before := len(l.Requests(lab.Filter{}))
	cfg := load(t, awsapi.Options{
		Region: region, Profile: a.Profile,
		AssumeRole: &awsapi.AssumeRole{RoleARN: "arn:aws:iam::" + a.ID + ":role/missing"},
	})
	clients := awsclients.New(cfg, nil)
	clients.S3(region)
	client := clients.STS(region)
	if n := len(l.Requests(lab.Filter{})) - before; n != 0 || asked.Load() != 0 {
		t.Errorf("loading made %d requests to AWS and %d to the instance's metadata", n, asked.Load())
	}
	// The first request does what loading did not.
	if arn, err := whoami(t, client); err == nil {
		t.Errorf("a role that is not there was assumed: %q", arn)
	}
	if got := l.Requests(lab.Filter{AccountID: a.ID, Operation: "AssumeRole"}); len(got) != 1 {
		t.Errorf("AssumeRole requests: %+v", got)
	}
}

func TestLoad_environment(t *testing.T) {
	a := lab.Shared(t).NewAccount(t)
	t.Setenv("AWS_REGION", "ap-southeast-2")
	t.Setenv("AWS_PROFILE", a.Profile)
	t.Setenv("AWS_MAX_ATTEMPTS", "4")
	for name, row := range map[string]struct {
		o        awsapi.Options
		region   string
		attempts int
	}{
		"all from it":      {awsapi.Options{}, "ap-southeast-2", 4},
		"options above it": {awsapi.Options{Region: region, MaxRetries: 7}, region, 7},
	} {
		cfg := load(t, row.o)
		client := awsclients.New(cfg, nil).STS(cfg.Region)
		if got := client.Options().Retryer.MaxAttempts(); cfg.Region != row.region || got != row.attempts {
			t.Errorf("%s: region %q, %d attempts", name, cfg.Region, got)
		}
		if arn, err := whoami(t, client); err != nil || !actsFor(arn, a) {
			t.Errorf("%s: acting as %q: %v", name, arn, err)
		}
	}
}

func TestLoad_assumeRole(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	a, b := l.NewAccount(t), l.NewAccount(t)
	role := makeRole(t, b, a.ID, "the-id")
	start := func(externalID string) *sts.Client {
		return awsclients.New(load(t, awsapi.Options{Region: region, Profile: a.Profile, AssumeRole: &awsapi.AssumeRole{
			RoleARN: role, ExternalID: externalID, SessionName: "somebody", Duration: 20 * time.Minute,
		}}), nil).STS("us-west-2")
	}
	client := start("the-id")
	for range 2 {
		if arn, err := whoami(t, client); err != nil || !strings.HasSuffix(arn, "assumed-role/partner/somebody") {
			t.Fatalf("acting as %q: %v", arn, err)
		}
	}
	assumed := l.Requests(lab.Filter{AccountID: a.ID, Operation: "AssumeRole"})
	if len(assumed) != 1 || assumed[0].Host != "sts."+region+".amazonaws.com" {
		t.Errorf("AssumeRole requests: %+v", assumed)
	}
	if _, err := whoami(t, start("another-id")); !awsapi.IsAccessDenied(err) {
		t.Errorf("with another External ID: %v", err)
	}
}

func TestLoad_retries(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	for name, row := range map[string]struct {
		kind                lab.Kind
		times, limit, tries int
	}{
		"throttled thrice":  {lab.Throttle, 3, 0, 4},
		"cut":               {lab.ResetAfter, 1, 0, 2},
		"cut in the answer": {lab.CutAnswer, 1, 0, 2},
		"no answer":         {lab.Hang, 1, 0, 2},
		"throttled always":  {lab.Throttle, 0, 2, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := l.NewAccount(t)
			cfg := awsapi.Impatient(load(t, awsapi.Options{Region: region, Profile: a.Profile, MaxRetries: row.limit}), time.Second)
			t.Cleanup(l.Inject(lab.Fault{AccountID: a.ID, Kind: row.kind, Times: row.times}))
			_, err := whoami(t, awsclients.New(cfg, nil).STS(region))
			if got := len(l.Requests(lab.Filter{AccountID: a.ID})); got != row.tries {
				t.Errorf("%d tries", got)
			}
			if row.times > 0 && err != nil || row.times == 0 && !awsapi.IsThrottled(err) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// TestLoad_manyRetries is a large apply on a bad day: more retries than the SDK's own quota of a client allows.
func TestLoad_manyRetries(t *testing.T) {
	t.Parallel()
	a := lab.Shared(t).NewAccount(t)
	cfg := load(t, awsapi.Options{Region: region, Profile: a.Profile, MaxRetries: 2})
	retryer := cfg.Retryer()
	for i := range 300 {
		if _, err := retryer.GetRetryToken(t.Context(), errors.New("bad gateway")); err != nil {
			t.Fatalf("retry %d was refused: %v", i, err)
		}
	}
}

// TestLoad_userAgent also asks for the role at the endpoint that was given for STS.
func TestLoad_userAgent(t *testing.T) {
	t.Parallel()
	a := lab.Shared(t).NewAccount(t)
	var agent atomic.Value
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		agent.Store(r.UserAgent())
		w.WriteHeader(http.StatusForbidden)
	}))
	t.Cleanup(server.Close)
	endpoints := map[string]string{"sts": server.URL}
	cfg := load(t, awsapi.Options{
		Region: region, Profile: a.Profile, UserAgent: "terraform-provider-xrole/1.2.3", Endpoints: endpoints,
		AssumeRole: &awsapi.AssumeRole{RoleARN: "arn:aws:iam::" + a.ID + ":role/x"},
	})
	if _, err := cfg.Credentials.Retrieve(t.Context()); err == nil {
		t.Error("the server's refusal was lost")
	}
	if got, _ := agent.Load().(string); !strings.Contains(got, "terraform-provider-xrole/1.2.3") {
		t.Errorf("user agent %q", got)
	}
}

func TestServices(t *testing.T) {
	t.Parallel()
	want := []string{"cloudformation", "dynamodb", "lambda", "s3", "sns", "sts"}
	if diff := cmp.Diff(want, awsapi.Services()); diff != "" {
		t.Error(diff)
	}
}

// Each try is told, the failed ones too, and nothing that opens anything.
func TestLoad_log(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	a := l.NewAccount(t)
	var told []awsapi.Try
	cfg := load(t, awsapi.Options{Region: region, Profile: a.Profile, Log: func(_ context.Context, try awsapi.Try) { told = append(told, try) }})
	l.Inject(lab.Fault{AccountID: a.ID, Times: 1, Kind: lab.Throttle})
	if _, err := whoami(t, awsclients.New(cfg, nil).STS(region)); err != nil {
		t.Fatal(err)
	}
	want := []awsapi.Try{
		{Service: "STS", Operation: "GetCallerIdentity", Region: region, Status: 400, Code: "Throttling"},
		{Service: "STS", Operation: "GetCallerIdentity", Region: region, Status: 200},
	}
	if diff := cmp.Diff(want, told, cmpopts.IgnoreFields(awsapi.Try{}, "RequestID")); diff != "" {
		t.Errorf("(-want +told):\n%s", diff)
	}
	if len(told) == 2 && told[1].RequestID == "" {
		t.Error("AWS's request id is missing")
	}
}

// Whether there were no credentials at all or the role was refused can be told by the error.
func TestLoad_noCredentials(t *testing.T) {
	t.Parallel()
	a := lab.Shared(t).NewAccount(t)
	missing := &awsapi.AssumeRole{RoleARN: "arn:aws:iam::" + a.ID + ":role/missing"}
	for name, row := range map[string]struct {
		options awsapi.Options
		role    string
	}{
		"none":             {awsapi.Options{Region: region}, ""},
		"none to assume":   {awsapi.Options{Region: region, AssumeRole: missing}, ""},
		"role not assumed": {awsapi.Options{Region: region, Profile: a.Profile, AssumeRole: missing}, missing.RoleARN},
	} {
		_, err := whoami(t, awsclients.New(load(t, row.options), nil).STS(region))
		refused, ok := errors.AsType[*awsapi.CredentialsError](err)
		if !ok || refused.RoleARN != row.role || awsapi.IsAccessDenied(err) != (row.role != "") {
			t.Errorf("%s: %#v", name, err)
		}
	}
}
