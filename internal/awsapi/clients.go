package awsapi

import (
	"maps"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

const (
	serviceCloudFormation = "cloudformation"
	serviceDynamoDB       = "dynamodb"
	serviceLambda         = "lambda"
	serviceS3             = "s3"
	serviceSNS            = "sns"
	serviceSTS            = "sts"
)

// Services are the names by which Options.Endpoints and NewClients take a service's base URL.
func Services() []string {
	return []string{serviceCloudFormation, serviceDynamoDB, serviceLambda, serviceS3, serviceSNS, serviceSTS}
}

// Clients makes the client of a service in a region when it is first asked for, and hands out the same one from then
// on, so that connections are reused and one backoff holds for all. It is safe for concurrent use.
type Clients struct {
	cfg       aws.Config
	endpoints map[string]string
	mu        sync.Mutex
	made      map[clientKey]any
}

type clientKey struct{ service, region string }

// NewClients returns the clients of one configuration. Endpoints are base URLs by service, nil for AWS's own.
func NewClients(cfg aws.Config, endpoints map[string]string) *Clients {
	return &Clients{cfg: cfg, endpoints: maps.Clone(endpoints), made: map[clientKey]any{}}
}

// CloudFormation returns the client of that region.
func (c *Clients) CloudFormation(region string) *cloudformation.Client {
	return cached(c, clientKey{serviceCloudFormation, region}, func() *cloudformation.Client {
		return cloudformation.NewFromConfig(c.cfg, func(o *cloudformation.Options) {
			o.Region = region
			setEndpoint(&o.BaseEndpoint, c.endpoints, serviceCloudFormation)
		})
	})
}

// DynamoDB returns the client of that region.
func (c *Clients) DynamoDB(region string) *dynamodb.Client {
	return cached(c, clientKey{serviceDynamoDB, region}, func() *dynamodb.Client {
		return dynamodb.NewFromConfig(c.cfg, func(o *dynamodb.Options) {
			o.Region = region
			setEndpoint(&o.BaseEndpoint, c.endpoints, serviceDynamoDB)
		})
	})
}

// Lambda returns the client of that region. Its requests may last as long as a function may.
func (c *Clients) Lambda(region string) *lambda.Client {
	return cached(c, clientKey{serviceLambda, region}, func() *lambda.Client {
		return lambda.NewFromConfig(c.cfg, func(o *lambda.Options) {
			o.Region = region
			setEndpoint(&o.BaseEndpoint, c.endpoints, serviceLambda)
			if client, ok := o.HTTPClient.(*awshttp.BuildableClient); ok {
				o.HTTPClient = waiting(client, 0, invokeTimeout)
			}
		})
	})
}

// S3 returns the client of that region.
func (c *Clients) S3(region string) *s3.Client {
	return cached(c, clientKey{serviceS3, region}, func() *s3.Client {
		return s3.NewFromConfig(c.cfg, func(o *s3.Options) {
			o.Region = region
			setEndpoint(&o.BaseEndpoint, c.endpoints, serviceS3)
		})
	})
}

// SNS returns the client of that region.
func (c *Clients) SNS(region string) *sns.Client {
	return cached(c, clientKey{serviceSNS, region}, func() *sns.Client {
		return sns.NewFromConfig(c.cfg, func(o *sns.Options) {
			o.Region = region
			setEndpoint(&o.BaseEndpoint, c.endpoints, serviceSNS)
		})
	})
}

// STS returns the client of that region; the global endpoint, whose tokens do not work in opt-in regions, is never
// used.
func (c *Clients) STS(region string) *sts.Client {
	return cached(c, clientKey{serviceSTS, region}, func() *sts.Client {
		return sts.NewFromConfig(c.cfg, func(o *sts.Options) {
			o.Region = region
			setEndpoint(&o.BaseEndpoint, c.endpoints, serviceSTS)
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

func setEndpoint(base **string, endpoints map[string]string, service string) {
	if url := endpoints[service]; url != "" {
		*base = aws.String(url)
	}
}
