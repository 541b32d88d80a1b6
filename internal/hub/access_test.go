package hub_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/xrole/terraform-provider-xrole/internal/awsclients"
	"github.com/xrole/terraform-provider-xrole/internal/hub"
	"github.com/xrole/terraform-provider-xrole/internal/lab"
)

func putObject(t *testing.T, partner *lab.Account, h *hub.Hub, key string) {
	t.Helper()
	_, err := clientsOf(partner).S3(h.Region).PutObject(t.Context(), &s3.PutObjectInput{Bucket: &h.Bucket, Key: &key, Body: strings.NewReader(key)})
	if err != nil {
		t.Fatal(err)
	}
}

// deed is something that somebody tries to do to a hub.
type deed func(context.Context, *awsclients.Clients, *hub.Hub) error

func read(key string) deed {
	return func(ctx context.Context, c *awsclients.Clients, h *hub.Hub) error {
		_, err := c.S3(h.Region).GetObject(ctx, &s3.GetObjectInput{Bucket: &h.Bucket, Key: &key})
		return err
	}
}

func write(key string) deed {
	return func(ctx context.Context, c *awsclients.Clients, h *hub.Hub) error {
		_, err := c.S3(h.Region).PutObject(ctx, &s3.PutObjectInput{Bucket: &h.Bucket, Key: &key, Body: strings.NewReader("x")})
		return err
	}
}

func remove(key string) deed {
	return func(ctx context.Context, c *awsclients.Clients, h *hub.Hub) error {
		_, err := c.S3(h.Region).DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &h.Bucket, Key: &key})
		return err
	}
}

func list(ctx context.Context, c *awsclients.Clients, h *hub.Hub) error {
	_, err := c.S3(h.Region).ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: &h.Bucket})
	return err
}

func readBucketPolicy(ctx context.Context, c *awsclients.Clients, h *hub.Hub) error {
	_, err := c.S3(h.Region).GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: &h.Bucket})
	return err
}

func publish(region string) deed {
	return func(ctx context.Context, c *awsclients.Clients, h *hub.Hub) error {
		_, err := c.SNS(region).Publish(ctx, &sns.PublishInput{TopicArn: aws.String(h.TopicARNs[region]), Message: aws.String("{}")})
		return err
	}
}

func subscribe(ctx context.Context, c *awsclients.Clients, h *hub.Hub) error {
	_, err := c.SNS(h.Region).Subscribe(ctx, &sns.SubscribeInput{
		TopicArn: aws.String(h.TopicARNs[h.Region]), Protocol: aws.String("email"), Endpoint: aws.String("eve@example.com"),
	})
	return err
}

func readTopic(ctx context.Context, c *awsclients.Clients, h *hub.Hub) error {
	_, err := c.SNS(h.Region).GetTopicAttributes(ctx, &sns.GetTopicAttributesInput{TopicArn: aws.String(h.TopicARNs[h.Region])})
	return err
}

func openTopic(ctx context.Context, c *awsclients.Clients, h *hub.Hub) error {
	policy := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"sns:*","Resource":"*"}]}`
	_, err := c.SNS(h.Region).SetTopicAttributes(ctx, &sns.SetTopicAttributesInput{
		TopicArn: aws.String(h.TopicARNs[h.Region]), AttributeName: aws.String("Policy"), AttributeValue: &policy,
	})
	return err
}

// try does a deed and checks that it was allowed, or refused with 403.
func try(t *testing.T, what string, c *awsclients.Clients, h *hub.Hub, d deed, allowed bool) {
	t.Helper()
	err := d(t.Context(), c, h)
	resp, ok := errors.AsType[*awshttp.ResponseError](err)
	switch {
	case allowed && err != nil:
		t.Errorf("%s: %v", what, err)
	case !allowed && (!ok || resp.HTTPStatusCode() != http.StatusForbidden):
		t.Errorf("%s is not refused: %v", what, err)
	}
}

func anonymous(a *lab.Account) *awsclients.Clients {
	cfg := a.Config(home)
	cfg.Credentials = aws.AnonymousCredentials{}
	return awsclients.New(cfg, nil)
}

func TestAccess_accounts(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	partner, globex, initech, stranger := l.NewAccount(t), l.NewAccount(t), l.NewAccount(t), l.NewAccount(t)
	h := apply(t, partner, specOf(t, l, globex, initech))
	own, others := "templates/"+globex.ID+"/globex/1.yaml", "templates/"+initech.ID+"/initech/2.yaml"
	putObject(t, partner, h, own)
	putObject(t, partner, h, others)
	putObject(t, partner, h, "templates/any/x/3.yaml")
	putObject(t, partner, h, "receiver/4.zip")

	deeds := map[string]struct {
		do      deed
		allowed bool
	}{
		"read its own template":        {read(own), true},
		"read another's template":      {read(others), false},
		"read a template for anyone":   {read("templates/any/x/3.yaml"), false},
		"read the receiver":            {read("receiver/4.zip"), false},
		"learn what is not there":      {read("templates/" + globex.ID + "/no.yaml"), false},
		"write its own template":       {write(own), false},
		"write a new template":         {write("templates/" + globex.ID + "/new.yaml"), false},
		"delete its own template":      {remove(own), false},
		"list the bucket":              {list, false},
		"read the bucket policy":       {readBucketPolicy, false},
		"publish at home":              {publish(home), true},
		"publish in the other region":  {publish(other), true},
		"subscribe":                    {subscribe, false},
		"read the topic's attributes":  {readTopic, false},
		"open the topic for everybody": {openTopic, false},
	}
	for what, row := range deeds {
		try(t, "a customer: "+what, clientsOf(globex), h, row.do, row.allowed)
		try(t, "a stranger: "+what, clientsOf(stranger), h, row.do, false)
		try(t, "nobody: "+what, anonymous(stranger), h, row.do, false)
	}
	try(t, "the other customer: read its own template", clientsOf(initech), h, read(others), true)

	// The policy lets an account in; inside it, whoever launches still needs the right to do so.
	narrow := globex.Principal(t, "role/narrow", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ec2:*","Resource":"*"}]}`)
	try(t, "a narrow role: read its own template", clientsOf(narrow), h, read(own), false)
	try(t, "a narrow role: publish", clientsOf(narrow), h, publish(home), false)
}

func TestAccess_anyone(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	partner, customer := l.NewAccount(t), l.NewAccount(t)
	spec := specOf(t, l)
	spec.Access.Anyone = true
	h := apply(t, partner, spec)
	key := "templates/any/globex/1.yaml"
	putObject(t, partner, h, key)
	putObject(t, partner, h, "receiver/4.zip")
	for what, row := range map[string]struct {
		do                  deed
		customers, nobodies bool
	}{
		"read a template":     {read(key), true, true},
		"read the receiver":   {read("receiver/4.zip"), false, false},
		"write a template":    {write(key), false, false},
		"list the bucket":     {list, false, false},
		"publish":             {publish(other), true, false},
		"subscribe":           {subscribe, false, false},
		"open the topic more": {openTopic, false, false},
	} {
		try(t, "anyone: "+what, clientsOf(customer), h, row.do, row.customers)
		try(t, "nobody: "+what, anonymous(customer), h, row.do, row.nobodies)
	}
	block, err := clientsOf(partner).S3(home).GetPublicAccessBlock(t.Context(), &s3.GetPublicAccessBlockInput{Bucket: &h.Bucket})
	if err != nil {
		t.Fatal(err)
	}
	got := block.PublicAccessBlockConfiguration
	if !aws.ToBool(got.BlockPublicAcls) || !aws.ToBool(got.IgnorePublicAcls) || aws.ToBool(got.BlockPublicPolicy) || aws.ToBool(got.RestrictPublicBuckets) {
		t.Errorf("public access block: %+v", *got)
	}
}
