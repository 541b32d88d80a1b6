package registry_test

import (
	"bytes"
	"hash/crc32"
	"io"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

	"github.com/xrole/terraform-provider-xrole/internal/awsapi"
	"github.com/xrole/terraform-provider-xrole/internal/awsclients"
	"github.com/xrole/terraform-provider-xrole/internal/lab"
	"github.com/xrole/terraform-provider-xrole/internal/registry"
)

const region = "eu-west-1"

// fixture is one account of the lab with a registry table in it.
type fixture struct {
	lab      *lab.Lab
	account  *lab.Account
	cfg      aws.Config
	tableARN string
	store    *registry.Store
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	l := lab.Shared(t)
	f := &fixture{lab: l, account: l.NewAccount(t)}
	f.cfg = f.config(t, f.account)
	f.tableARN = makeTable(t, f.cfg)
	f.store = f.storeOf(f.cfg)
	return f
}

// config is the configuration as shipped, except that it does not wait between the tries.
func (f *fixture) config(t *testing.T, a *lab.Account) aws.Config {
	t.Helper()
	cfg, err := awsapi.Load(t.Context(), awsapi.Options{Region: region, Profile: a.Profile})
	if err != nil {
		t.Fatal(err)
	}
	cfg.Retryer = func() aws.Retryer {
		return retry.NewStandard(func(o *retry.StandardOptions) {
			o.MaxAttempts = awsapi.DefaultMaxRetries
			o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return time.Millisecond, nil })
		})
	}
	return cfg
}

func (f *fixture) storeOf(cfg aws.Config) *registry.Store {
	return registry.NewStore(awsclients.New(cfg, nil).DynamoDB(region), f.tableARN)
}

func attribute(name string) types.AttributeDefinition {
	return types.AttributeDefinition{AttributeName: &name, AttributeType: types.ScalarAttributeTypeS}
}

func makeTable(t *testing.T, cfg aws.Config) string {
	t.Helper()
	out, err := dynamodb.NewFromConfig(cfg).CreateTable(t.Context(), &dynamodb.CreateTableInput{
		TableName:            aws.String("xrole-acme"),
		BillingMode:          types.BillingModePayPerRequest,
		KeySchema:            []types.KeySchemaElement{{AttributeName: aws.String("pk"), KeyType: types.KeyTypeHash}},
		AttributeDefinitions: []types.AttributeDefinition{attribute("pk"), attribute("due"), attribute("due_at")},
		GlobalSecondaryIndexes: []types.GlobalSecondaryIndex{{
			IndexName:  aws.String("due"),
			KeySchema:  []types.KeySchemaElement{{AttributeName: aws.String("due"), KeyType: types.KeyTypeHash}, {AttributeName: aws.String("due_at"), KeyType: types.KeyTypeRange}},
			Projection: &types.Projection{ProjectionType: types.ProjectionTypeKeysOnly},
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return aws.ToString(out.TableDescription.TableArn)
}

// operations are what the account asked for while do ran.
func (f *fixture) operations(do func()) []string {
	before := len(f.lab.Requests(lab.Filter{AccountID: f.account.ID}))
	do()
	var operations []string
	for _, r := range f.lab.Requests(lab.Filter{AccountID: f.account.ID})[before:] {
		operations = append(operations, r.Operation)
	}
	return operations
}

func (f *fixture) create(t *testing.T, o registry.Offer) {
	t.Helper()
	if err := f.store.CreateOffer(t.Context(), o); err != nil {
		t.Fatal(err)
	}
}

func (f *fixture) want(t *testing.T, name string, want registry.Record) {
	t.Helper()
	got, err := f.store.Get(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("registry entry %q: %s", name, diff)
	}
}

func offer(name, externalID, revision string) registry.Offer {
	o := fullOffer()
	o.Name, o.ExternalID, o.Revision = name, externalID, revision
	return o
}

// between stands between the SDK and the lab: it keeps what was sent, and answers the first request itself if it has an
// answer. The lab injects errors; this is for answers that only a busy DynamoDB gives.
type between struct {
	next   aws.HTTPClient
	mu     sync.Mutex
	bodies [][]byte
	status int
	answer string
}

func (b *between) Do(req *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	req.Body = io.NopCloser(bytes.NewReader(body))
	b.mu.Lock()
	b.bodies = append(b.bodies, body)
	answer := b.answer
	b.answer = ""
	b.mu.Unlock()
	if answer == "" {
		return b.next.Do(req)
	}
	header := http.Header{}
	header.Set("Content-Type", "application/x-amz-json-1.0")
	header.Set("X-Amz-Crc32", strconv.FormatUint(uint64(crc32.ChecksumIEEE([]byte(answer))), 10))
	return &http.Response{StatusCode: b.status, Header: header, Body: io.NopCloser(bytes.NewBufferString(answer)), Request: req}, nil
}

func (f *fixture) storeBehind(b *between) *registry.Store {
	cfg := f.cfg.Copy()
	b.next = cfg.HTTPClient
	cfg.HTTPClient = b
	return f.storeOf(cfg)
}

func sorted[K ~string, V any](m map[K]V) []K {
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
