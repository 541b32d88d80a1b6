package compat_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/xrole/terraform-provider-xrole/internal/awsclients"
	"github.com/xrole/terraform-provider-xrole/internal/bucket"
	"github.com/xrole/terraform-provider-xrole/internal/hub"
	"github.com/xrole/terraform-provider-xrole/internal/lab"
)

var record = flag.String("record", "", "the folder of testdata that TestRecord writes")

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(lab.Run(m))
}

const region = "us-east-1"

// message is what SNS handed to the receiver.
type message struct {
	TopicARN string `json:"topic_arn"`
	Message  string `json:"message"`
}

// fixture is what one version left behind.
type fixture struct {
	dir string
	// Items are the registry's, by key.
	Items map[string]item `json:"items"`
	// Messages are of one stack's life, by request type.
	Messages map[string]message `json:"messages"`
	// Templates are the bucket's, by key; Links are what customers were sent, by name.
	Templates map[string]string `json:"templates"`
	Links     map[string]string `json:"links"`
}

// fixtures are all recordings.
func fixtures(t *testing.T) map[string]fixture {
	t.Helper()
	found := map[string]fixture{}
	paths, err := filepath.Glob("testdata/*/recorded.json")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no recordings: %v", err)
	}
	for _, path := range paths {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		f := fixture{dir: filepath.Dir(path)}
		if err := json.Unmarshal(raw, &f); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		found[filepath.Base(f.dir)] = f
	}
	return found
}

func (f fixture) read(t *testing.T, name string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(f.dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// world is the partner of a recording, with a hub of today, and its customers.
type world struct {
	partner, globex, umbrella, initech *lab.Account
	hub                                *hub.Hub
}

// newWorld makes the accounts of a recording, such as "v1". Hashes of templates depend on their numbers, and no other
// recording has them.
func newWorld(t *testing.T, version string) world {
	t.Helper()
	number, err := strconv.Atoi(strings.TrimPrefix(version, "v"))
	if err != nil {
		t.Fatalf("recording %q: want a name such as v2", version)
	}
	account := func(digits string) *lab.Account {
		id := fmt.Sprintf("%s%02d", digits, number)
		a, err := lab.Shared(t).Account(t.Context(), id, "compat-"+id)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	w := world{partner: account("1111222233"), globex: account("2222222222"), umbrella: account("4444555566"), initech: account("7777888899")}
	w.hub = lab.Shared(t).DeployHub(t, w.partner, lab.HubOptions{
		Name: "acme", Regions: []string{region, "eu-west-1"}, AccountIDs: []string{w.globex.ID, w.umbrella.ID, w.initech.ID},
		TrustedPrincipalARNs: []string{"arn:aws:iam::" + w.partner.ID + ":role/collector"},
	})
	return w
}

func (w world) table() *dynamodb.Client { return dynamodb.NewFromConfig(w.partner.Config(region)) }

func (w world) templates() *bucket.Objects {
	return bucket.NewObjects(awsclients.New(w.partner.Config(region), nil).S3(region), w.hub.Bucket, w.partner.ID)
}

// items reads the whole registry.
func (w world) items(t *testing.T) map[string]item {
	t.Helper()
	out, err := w.table().Scan(t.Context(), &dynamodb.ScanInput{TableName: &w.hub.TableARN, ConsistentRead: aws.Bool(true)})
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]item{}
	for _, it := range out.Items {
		pk, ok := it["pk"].(*types.AttributeValueMemberS)
		if !ok {
			t.Fatalf("an item without a key: %v", it)
		}
		all[pk.Value] = item{}
		for name, value := range it {
			all[pk.Value][name] = notation(t, value)
		}
	}
	return all
}

// put writes a recorded item as it was, in DynamoDB's own words: no code of ours comes between.
func (w world) put(t *testing.T, it item) {
	t.Helper()
	raw, err := json.Marshal(it)
	if err != nil {
		t.Fatal(err)
	}
	var plain map[string]json.RawMessage
	if err := json.Unmarshal(raw, &plain); err != nil {
		t.Fatal(err)
	}
	if _, err := w.table().PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &w.hub.TableARN, Item: values(t, plain)}); err != nil {
		t.Fatal(err)
	}
}

// config is the partner's configuration.
func (w world) config(more string) string {
	onboarding := func(name, id, extra string) string {
		return fmt.Sprintf(`
resource "xrole_onboarding" %q {
  name       = %q
  hub        = data.xrole_hub.main
  account_id = %q
  role = {
    name                = "AcmeAccess"
    managed_policy_arns = ["arn:aws:iam::aws:policy/SecurityAudit"]
    inline_policies = {
      read-costs = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "ce:GetCostAndUsage", Resource = "*" }] })
    }
  }
  %s
}
output %q { value = xrole_onboarding.%s.launch_url }
`, name, name, id, extra, name, name)
	}
	return strings.Join([]string{
		`terraform {
  required_providers {
    xrole = { source = "xrole/xrole" }
  }
}
provider "xrole" {
  region = "` + region + `"
}
data "xrole_hub" "main" {
  name = "acme"
}`,
		onboarding("globex", w.globex.ID, `rotation = "second"
  tags     = { tier = "gold" }`),
		onboarding("umbrella", w.umbrella.ID, `builtin_template_version = 1
  service_timeout_seconds = 900`), more,
	}, "\n")
}
