package awsapi

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	smithymiddleware "github.com/aws/smithy-go/middleware"
)

// DefaultMaxRetries is how often a request is tried in all when Options.MaxRetries is zero. With the SDK's backoff ten
// tries take about a minute and at most two: longer than a throttle or a failover normally lasts, and short enough
// that a wrong endpoint is reported while somebody still watches.
const DefaultMaxRetries = 10

const (
	connectTimeout = 10 * time.Second
	// answerTimeout runs from the last byte of a request to the first of its answer.
	answerTimeout = 30 * time.Second
	// requestTimeout is for a whole try with both bodies: the receiver's code goes up a slow line as well.
	requestTimeout = 5 * time.Minute
	// renewBefore is how long before their end the credentials of an assumed role are fetched again, so that none ends
	// between signing and arriving. The shortest session is 15 minutes.
	renewBefore        = time.Minute
	defaultSessionName = "terraform-provider-xrole"
)

// ErrNoRegion says that neither Options nor the SDK's chain name a region.
var ErrNoRegion = errors.New("no AWS region is configured: set it in the configuration, in AWS_REGION or in the shared config file")

// Services are the names by which Options.Endpoints and the clients take a service's base URL.
func Services() []string {
	return []string{"cloudformation", "dynamodb", "lambda", "s3", "sns", "sts"}
}

// Options are what a caller may say about the way to AWS. The zero value is the SDK's own chain.
type Options struct {
	Region  string
	Profile string
	// AssumeRole is assumed with the credentials that the chain finds, nil for none.
	AssumeRole *AssumeRole
	// Endpoints are base URLs by service, see Services.
	Endpoints map[string]string
	// MaxRetries is how often a request is tried in all, the first try included. Zero stands for AWS_MAX_ATTEMPTS or
	// max_attempts of the profile, and if that is not set for DefaultMaxRetries.
	MaxRetries int
	// UserAgent is "<product>/<version>".
	UserAgent string
	// Log is told of each try of each request, nil for nobody.
	Log func(context.Context, Try)
}

// AssumeRole is a role to work in. Limits are in
// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html.
type AssumeRole struct {
	RoleARN string
	// ExternalID may be empty.
	ExternalID string
	// SessionName is "terraform-provider-xrole" if empty.
	SessionName string
	// Duration is 15 minutes if zero: stscreds.DefaultDuration.
	Duration time.Duration
}

// Load builds the configuration by the SDK's own chain: environment, shared files, SSO, web identity, container and
// instance credentials. It makes no request; what is wrong with credentials or AssumeRole shows at the first one.
// Errors: ErrNoRegion, a profile that does not exist, an endpoint for a service not in Services.
func Load(ctx context.Context, o Options) (aws.Config, error) {
	if err := checkEndpoints(o.Endpoints); err != nil {
		return aws.Config{}, err
	}
	load := []func(*config.LoadOptions) error{
		config.WithHTTPClient(waiting(awshttp.NewBuildableClient(), answerTimeout, requestTimeout)),
		// The mode "auto" of the environment would ask the instance's metadata service here and now.
		config.WithDefaultsMode(aws.DefaultsModeLegacy),
		config.WithAPIOptions([]func(*smithymiddleware.Stack) error{PlainBodies}),
	}
	if o.Region != "" {
		load = append(load, config.WithRegion(o.Region))
	}
	if o.Profile != "" {
		load = append(load, config.WithSharedConfigProfile(o.Profile))
	}
	if product, version, _ := strings.Cut(o.UserAgent, "/"); product != "" {
		agent := middleware.AddUserAgentKeyValue(product, version)
		load = append(load, config.WithAPIOptions([]func(*smithymiddleware.Stack) error{agent}))
	}
	if o.Log != nil {
		load = append(load, config.WithAPIOptions([]func(*smithymiddleware.Stack) error{telling(o.Log)}))
	}
	cfg, err := config.LoadDefaultConfig(ctx, load...)
	if err != nil {
		return aws.Config{}, fmt.Errorf("loading the AWS configuration: %w", err)
	}
	if cfg.Region == "" {
		return aws.Config{}, ErrNoRegion
	}
	attempts := o.MaxRetries
	if attempts == 0 {
		attempts = cfg.RetryMaxAttempts
	}
	cfg.Retryer = retryer(attempts)
	cfg.RetryMaxAttempts = 0 // the retryer knows
	cfg.Credentials = named{cfg.Credentials, ""}
	if o.AssumeRole != nil {
		cfg.Credentials = named{assumed(cfg, o), o.AssumeRole.RoleARN}
	}
	return cfg, nil
}

// named makes a *CredentialsError of what keeps credentials from coming: by the SDK's own errors nobody can tell it from a
// failure of the request that needs them.
type named struct {
	aws.CredentialsProvider

	role string
}

// Retrieve implements aws.CredentialsProvider.
func (n named) Retrieve(ctx context.Context) (aws.Credentials, error) {
	c, err := n.CredentialsProvider.Retrieve(ctx)
	if _, told := errors.AsType[*CredentialsError](err); err != nil && !told {
		err = &CredentialsError{RoleARN: n.role, Err: err}
	}
	return c, err
}

// retryer makes the retryer of one client. The SDK asks for one each time a client is made, so all who share a client
// share the rate it adapts to; that is what AWS throttles by, a service in a region, and a throttled STS does not slow
// down DynamoDB. The SDK's quota of retries is off: it would fail requests of a large apply outright once a hundred
// others had been retried, where waiting is what is wanted.
func retryer(attempts int) func() aws.Retryer {
	if attempts <= 0 {
		attempts = DefaultMaxRetries
	}
	return func() aws.Retryer {
		return retry.NewAdaptiveMode(func(o *retry.AdaptiveModeOptions) {
			o.StandardOptions = append(o.StandardOptions, func(o *retry.StandardOptions) {
				o.MaxAttempts = attempts
				o.RateLimiter = ratelimit.None
				o.Retryables = append(o.Retryables, retry.IsErrorRetryableFunc(cutOff))
			})
		})
	}
}

// cutOff has an answer that broke off in its body asked for again, which the SDK does not.
func cutOff(err error) aws.Ternary {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return aws.TrueTernary
	}
	return aws.UnknownTernary
}

func assumed(cfg aws.Config, o Options) aws.CredentialsProvider {
	role := o.AssumeRole
	client := sts.NewFromConfig(cfg, func(so *sts.Options) {
		if url := o.Endpoints["sts"]; url != "" {
			so.BaseEndpoint = aws.String(url)
		}
	})
	provider := stscreds.NewAssumeRoleProvider(client, role.RoleARN, func(a *stscreds.AssumeRoleOptions) {
		a.RoleSessionName = defaultSessionName
		if role.SessionName != "" {
			a.RoleSessionName = role.SessionName
		}
		if role.ExternalID != "" {
			a.ExternalID = aws.String(role.ExternalID)
		}
		if role.Duration != 0 {
			a.Duration = role.Duration
		}
	})
	return aws.NewCredentialsCache(provider, func(c *aws.CredentialsCacheOptions) { c.ExpiryWindow = renewBefore })
}

// waiting makes a client that gives up on a silent server; the retryer then tries again.
func waiting(client *awshttp.BuildableClient, answer, whole time.Duration) *awshttp.BuildableClient {
	return client.
		WithTimeout(whole).
		WithDialerOptions(func(d *net.Dialer) { d.Timeout = connectTimeout }).
		WithTransportOptions(func(t *http.Transport) { t.ResponseHeaderTimeout = answer })
}

func checkEndpoints(endpoints map[string]string) error {
	for service := range endpoints {
		if !slices.Contains(Services(), service) {
			return fmt.Errorf("endpoint for an unknown service %q: known are %s", service, strings.Join(Services(), ", "))
		}
	}
	return nil
}
