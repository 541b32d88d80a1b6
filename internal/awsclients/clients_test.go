package awsclients_test

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/xrole/terraform-provider-xrole/internal/awsapi"
	"github.com/xrole/terraform-provider-xrole/internal/awsclients"
	"github.com/xrole/terraform-provider-xrole/internal/lab"
)

const region = "eu-west-1"

func load(t *testing.T, profile string) aws.Config {
	t.Helper()
	cfg, err := awsapi.Load(t.Context(), awsapi.Options{Region: region, Profile: profile})
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

func TestClients_once(t *testing.T) {
	t.Parallel()
	a := lab.Shared(t).NewAccount(t)
	clients := awsclients.New(load(t, a.Profile), nil)
	made := make([]*dynamodb.Client, 20)
	var all sync.WaitGroup
	for i := range made {
		all.Go(func() { made[i] = clients.DynamoDB(region) })
	}
	all.Wait()
	for _, client := range made {
		if client != made[0] {
			t.Fatal("one region has two clients")
		}
	}
	if clients.DynamoDB("us-east-1") == made[0] {
		t.Error("two regions share a client")
	}
	if made[0].Options().Retryer == clients.S3(region).Options().Retryer {
		t.Error("two services share a rate limit")
	}
}

// calls makes one request to each service.
func calls(t *testing.T, c *awsclients.Clients, region string) map[string]error {
	t.Helper()
	ctx := t.Context()
	_, err1 := c.CloudFormation(region).DescribeStacks(ctx, &cloudformation.DescribeStacksInput{})
	_, err2 := c.DynamoDB(region).ListTables(ctx, &dynamodb.ListTablesInput{})
	_, err3 := c.Lambda(region).ListFunctions(ctx, &lambda.ListFunctionsInput{})
	_, err4 := c.S3(region).HeadBucket(ctx, &s3.HeadBucketInput{Bucket: aws.String("some-bucket")})
	_, err5 := c.SNS(region).ListTopics(ctx, &sns.ListTopicsInput{})
	_, err6 := c.STS(region).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	return map[string]error{
		"cloudformation": err1, "dynamodb": err2, "lambda": err3, "s3": err4, "sns": err5, "sts": err6,
	}
}

func TestClients_hosts(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	a := l.NewAccount(t)
	clients := awsclients.New(load(t, a.Profile), nil)
	hosts := map[string]string{
		"cloudformation": "cloudformation.ap-south-1.amazonaws.com", "dynamodb": "dynamodb.ap-south-1.amazonaws.com",
		"lambda": "lambda.ap-south-1.amazonaws.com", "s3": "some-bucket.s3.ap-south-1.amazonaws.com",
		"sns": "sns.ap-south-1.amazonaws.com", "sts": "sts.ap-south-1.amazonaws.com",
	}
	for service, err := range calls(t, clients, "ap-south-1") {
		if err != nil && service != "s3" {
			t.Errorf("%s: %v", service, err)
		}
		if got := l.Requests(lab.Filter{AccountID: a.ID, Service: service}); len(got) != 1 || got[0].Host != hosts[service] {
			t.Errorf("%s: %+v", service, got)
		}
	}
}

func TestClients_endpoints(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	a := l.NewAccount(t)
	cfg := load(t, a.Profile)
	for _, service := range awsapi.Services() {
		var asked atomic.Int32
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			asked.Add(1)
			w.WriteHeader(http.StatusForbidden)
		}))
		t.Cleanup(server.Close)
		clients := awsclients.New(cfg, map[string]string{service: server.URL})
		if err := calls(t, clients, region)[service]; err == nil || asked.Load() != 1 {
			t.Errorf("%s: %d requests at its endpoint, error %v", service, asked.Load(), err)
		}
	}
}

// TestClients_patience: a function may take 15 minutes to answer, nothing else may.
func TestClients_patience(t *testing.T) {
	t.Parallel()
	a := lab.Shared(t).NewAccount(t)
	clients := awsclients.New(load(t, a.Profile), nil)
	for name, row := range map[string]struct {
		client         any
		headers, whole float64
	}{
		"lambda": {clients.Lambda(region).Options().HTTPClient, 0.5, 5},
		"invoke": {clients.Invoker(region).Options().HTTPClient, 0, 16},
		"s3":     {clients.S3(region).Options().HTTPClient, 0.5, 5},
	} {
		client, ok := row.client.(*awshttp.BuildableClient)
		if !ok {
			t.Fatalf("%s: %T", name, row.client)
		}
		if headers := client.GetTransport().ResponseHeaderTimeout; headers.Minutes() != row.headers || client.GetTimeout().Minutes() != row.whole {
			t.Errorf("%s: %v to the answer's start, %v in all", name, headers, client.GetTimeout())
		}
	}
}
