package awsclients

import (
	"maps"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// invokeTimeout is for Invoke, which answers when the function has ended: 15 minutes at most, see
// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html.
const invokeTimeout = 16 * time.Minute

// Clients makes the client of a service in a region when it is first asked for, and hands out the same one from then
// on, so that connections are reused and one backoff holds for all. It is safe for concurrent use.
type Clients struct {
	cfg       aws.Config
	endpoints map[string]string
	mu        sync.Mutex
	made      map[clientKey]any
	asking    sync.Mutex
	caller    *Caller
}

type clientKey struct{ service, region string }

// New returns the clients of one configuration. Endpoints are base URLs by service as in awsapi.Options, nil for AWS's
// own.
func New(cfg aws.Config, endpoints map[string]string) *Clients {
	return &Clients{cfg: cfg, endpoints: maps.Clone(endpoints), made: map[clientKey]any{}}
}

// CloudFormation returns the client of that region.
func (c *Clients) CloudFormation(region string) *cloudformation.Client {
	return cached(c, clientKey{cloudformation.ServiceID, region}, func() *cloudformation.Client {
		return cloudformation.NewFromConfig(c.cfg, func(o *cloudformation.Options) {
			o.Region = region
			setEndpoint(&o.BaseEndpoint, c.endpoints, cloudformation.ServiceID)
		})
	})
}

// DynamoDB returns the client of that region.
func (c *Clients) DynamoDB(region string) *dynamodb.Client {
	return cached(c, clientKey{dynamodb.ServiceID, region}, func() *dynamodb.Client {
		return dynamodb.NewFromConfig(c.cfg, func(o *dynamodb.Options) {
			o.Region = region
			setEndpoint(&o.BaseEndpoint, c.endpoints, dynamodb.ServiceID)
		})
	})
}

// Lambda returns the client of that region for all but Invoke.
func (c *Clients) Lambda(region string) *lambda.Client {
	return c.lambda(clientKey{lambda.ServiceID, region}, func(*lambda.Options) {})
}

// Invoker returns the client of that region for Lambda's Invoke, which may last as long as a function may.
func (c *Clients) Invoker(region string) *lambda.Client {
	return c.lambda(clientKey{"Invoke", region}, func(o *lambda.Options) {
		if client, ok := o.HTTPClient.(*awshttp.BuildableClient); ok {
			o.HTTPClient = client.WithTimeout(invokeTimeout).WithTransportOptions(func(t *http.Transport) { t.ResponseHeaderTimeout = 0 })
		}
	})
}

func (c *Clients) lambda(key clientKey, change func(*lambda.Options)) *lambda.Client {
	return cached(c, key, func() *lambda.Client {
		return lambda.NewFromConfig(c.cfg, func(o *lambda.Options) {
			o.Region = key.region
			setEndpoint(&o.BaseEndpoint, c.endpoints, lambda.ServiceID)
			change(o)
		})
	})
}

// S3 returns the client of that region.
func (c *Clients) S3(region string) *s3.Client {
	return cached(c, clientKey{s3.ServiceID, region}, func() *s3.Client {
		return s3.NewFromConfig(c.cfg, func(o *s3.Options) {
			o.Region = region
			setEndpoint(&o.BaseEndpoint, c.endpoints, s3.ServiceID)
		})
	})
}

// SNS returns the client of that region.
func (c *Clients) SNS(region string) *sns.Client {
	return cached(c, clientKey{sns.ServiceID, region}, func() *sns.Client {
		return sns.NewFromConfig(c.cfg, func(o *sns.Options) {
			o.Region = region
			setEndpoint(&o.BaseEndpoint, c.endpoints, sns.ServiceID)
		})
	})
}

// STS returns the client of that region; the global endpoint, whose tokens do not work in opt-in regions, is never
// used.
func (c *Clients) STS(region string) *sts.Client {
	return cached(c, clientKey{sts.ServiceID, region}, func() *sts.Client {
		return sts.NewFromConfig(c.cfg, func(o *sts.Options) {
			o.Region = region
			setEndpoint(&o.BaseEndpoint, c.endpoints, sts.ServiceID)
		})
	})
}

func cached[T any](c *Clients, key clientKey, build func() *T) *T {
	c.mu.Lock()
	defer c.mu.Unlock()
	if client, ok := c.made[key].(*T); ok {
		return client
	}
	client := build()
	c.made[key] = client
	return client
}

func setEndpoint(base **string, endpoints map[string]string, serviceID string) {
	if url := endpoints[strings.ToLower(serviceID)]; url != "" {
		*base = aws.String(url)
	}
}
