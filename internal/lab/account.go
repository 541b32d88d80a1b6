package lab

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/smithy-go/middleware"

	"github.com/xrole/terraform-provider-xrole/internal/awsapi"
)

// Account is an actor in an AWS account of the lab: its administrator, or a principal with few permissions.
type Account struct {
	// ID is the account's twelve digits.
	ID string
	// ARN is the role's or user's, as policies name it.
	ARN string
	// Profile is the actor's name in the lab's AWS_SHARED_CREDENTIALS_FILE.
	Profile         string
	AccessKeyID     string
	SecretAccessKey string
	SessionToken    string

	lab *Lab
}

// Config returns the configuration with which SDK clients act as this account. It needs no environment.
func (a *Account) Config(region string) aws.Config {
	return aws.Config{
		Region:      region,
		Credentials: credentials.NewStaticCredentialsProvider(a.AccessKeyID, a.SecretAccessKey, a.SessionToken),
		HTTPClient:  a.lab.client,
		APIOptions:  []func(*middleware.Stack) error{awsapi.PlainBodies},
	}
}

// Visitor returns an account of a lab that another process runs, by a profile of the environment which that lab exports.
func Visitor(ctx context.Context, profile string) (*Account, error) {
	cfg, err := config.LoadDefaultConfig(ctx, config.WithSharedConfigProfile(profile))
	if err != nil {
		return nil, fmt.Errorf("reading the lab's environment (source dist/lab.env): %w", err)
	}
	keys, err := cfg.Credentials.Retrieve(ctx)
	if err != nil {
		return nil, fmt.Errorf("taking the keys of %s: %w", profile, err)
	}
	return &Account{
		Profile: profile, AccessKeyID: keys.AccessKeyID, SecretAccessKey: keys.SecretAccessKey, SessionToken: keys.SessionToken,
		lab: &Lab{client: awshttp.NewBuildableClient()},
	}, nil
}

// NewAccount makes an account that nobody else uses and returns its administrator. At the test's end the test fails
// if the lab was asked for something by this account that it cannot do.
func (l *Lab) NewAccount(tb testing.TB) *Account {
	tb.Helper()
	return l.NewAccountIn(tb, "")
}

// NewAccountIn is NewAccount in another partition than "aws", such as "aws-cn": its keys work there only.
func (l *Lab) NewAccountIn(tb testing.TB, partitionID string) *Account {
	tb.Helper()
	id := fmt.Sprintf("%012d", rand.Int64N(1e12)) //nolint:gosec // an account id is no secret
	a, err := l.actor(tb.Context(), "lab-"+id, actorRequest{Account: id, Partition: partitionID})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		for _, what := range l.proxy.log.takeBroken(id, "") {
			tb.Errorf("the lab cannot do this: %s", what)
		}
	})
	return a
}

// Account returns the administrator of an account with a given id, under a profile name of its own.
func (l *Lab) Account(ctx context.Context, id, profile string) (*Account, error) {
	return l.actor(ctx, profile, actorRequest{Account: id})
}

// nothingMuch is a policy that grants what nobody needs a grant for.
const nothingMuch = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:GetCallerIdentity","Resource":"*"}]}`

// Principal returns a principal of the same account that may do just what the given identity policies allow: nothing,
// without any. The name is "role/path/name" or "user/name"; a name alone is a role's.
func (a *Account) Principal(tb testing.TB, name string, policyJSON ...string) *Account {
	tb.Helper()
	if !strings.Contains(name, "/") {
		name = "role/" + name
	}
	if len(policyJSON) == 0 {
		policyJSON = []string{nothingMuch}
	}
	profile := a.Profile + "-" + strings.ReplaceAll(name, "/", "-")
	p, err := a.lab.actor(tb.Context(), profile, actorRequest{Account: a.ID, Principal: name, Policies: policyJSON})
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

type actorRequest struct {
	Account   string   `json:"account"`
	Partition string   `json:"partition,omitempty"`
	Principal string   `json:"principal,omitempty"`
	Policies  []string `json:"policies,omitempty"`
}

func (l *Lab) actor(ctx context.Context, profile string, req actorRequest) (*Account, error) {
	var keys struct {
		AccessKeyID     string `json:"access_key_id"`
		SecretAccessKey string `json:"secret_access_key"`
		SessionToken    string `json:"session_token"`
		ARN             string `json:"arn"`
	}
	if err := l.control(ctx, http.MethodPost, "/lab/account", req, &keys); err != nil {
		return nil, fmt.Errorf("making account %s: %w", req.Account, err)
	}
	a := &Account{
		ID: req.Account, ARN: keys.ARN, Profile: profile,
		AccessKeyID: keys.AccessKeyID, SecretAccessKey: keys.SecretAccessKey, SessionToken: keys.SessionToken, lab: l,
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.keys[a.AccessKeyID] = a.ID
	l.accounts = append(l.accounts, a)
	return a, l.writeCredentials()
}

// writeCredentials replaces the whole file at once, since another test's process may be reading it.
func (l *Lab) writeCredentials() error {
	var b bytes.Buffer
	for _, a := range l.accounts {
		fmt.Fprintf(&b, "[%s]\naws_access_key_id = %s\naws_secret_access_key = %s\n", a.Profile, a.AccessKeyID, a.SecretAccessKey)
		if a.SessionToken != "" {
			fmt.Fprintf(&b, "aws_session_token = %s\n", a.SessionToken)
		}
	}
	next := l.path("aws-credentials.next")
	if err := os.WriteFile(next, b.Bytes(), 0o600); err != nil {
		return fmt.Errorf("writing the lab's profiles: %w", err)
	}
	if err := os.Rename(next, l.path("aws-credentials")); err != nil {
		return fmt.Errorf("writing the lab's profiles: %w", err)
	}
	return nil
}
