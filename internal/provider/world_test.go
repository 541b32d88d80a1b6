package provider_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/xrole/terraform-provider-xrole/internal/hub"
	"github.com/xrole/terraform-provider-xrole/internal/lab"
	"github.com/xrole/terraform-provider-xrole/internal/provider"
	"github.com/xrole/terraform-provider-xrole/internal/registry"
)

func TestMain(m *testing.M) { os.Exit(lab.Run(m)) }

func factories() map[string]func() (tfprotov6.ProviderServer, error) {
	return map[string]func() (tfprotov6.ProviderServer, error){
		"xrole": func() (tfprotov6.ProviderServer, error) { return provider.NewServer("test")(), nil },
	}
}

// world is a partner with a hub, and the accounts it deals with. Every test has its own.
type world struct {
	lab     *lab.Lab
	partner *lab.Account
	hub     *hub.Hub
}

func newWorld(t *testing.T, customers ...*lab.Account) world {
	t.Helper()
	var ids []string
	for _, c := range customers {
		ids = append(ids, c.ID)
	}
	return deploy(t, lab.HubOptions{AccountIDs: ids})
}

func deploy(t *testing.T, o lab.HubOptions) world {
	t.Helper()
	l := lab.Shared(t)
	partner := l.NewAccount(t)
	o.Name, o.Regions = "acme", []string{"us-east-1", "eu-west-1"}
	o.TrustedPrincipalARNs = []string{"arn:aws:iam::" + partner.ID + ":role/collector"}
	h := l.DeployHub(t, partner, o)
	return world{lab: l, partner: partner, hub: h}
}

// config is a whole configuration: provider block, the hub as a local value, and what the test adds.
func (w world) config(body string) string {
	return fmt.Sprintf(`
provider "xrole" {
  region  = "us-east-1"
  profile = %q
}
%s
%s`, w.partner.Profile, w.hubLocal(), body)
}

func (w world) hubLocal() string {
	h := w.hub
	return fmt.Sprintf(`
locals {
  hub = {
    account_id             = %q
    partition              = %q
    region                 = %q
    regions                = ["%s"]
    bucket                 = %q
    table                  = %q
    topic_name             = %q
    trusted_principal_arns = ["%s"]
    receiver_role_arn      = %q
    receiver_function_arn  = %q
  }
}`, h.AccountID, h.Partition, h.Region, strings.Join(h.Regions, `", "`), h.Bucket, h.Table, h.TopicName,
		strings.Join(h.TrustedPrincipalARNs, `", "`), h.ReceiverRoleARN, h.ReceiverFunctionARN)
}

// applied is a configuration that was applied once.
func (w world) applied(t *testing.T, config string) *lab.Terraform {
	t.Helper()
	tf := w.lab.Terraform(t, w.partner, map[string]string{"main.tf": config})
	tf.Init()
	tf.Apply()
	return tf
}

// globex is an onboarding of that customer; extra lines are added to it.
func globex(accountID string, extra ...string) string {
	return fmt.Sprintf(`
resource "xrole_onboarding" "globex" {
  name       = "globex"
  hub        = local.hub
  account_id = %q
  role = {
    name                = "AcmeAccess"
    managed_policy_arns = ["arn:aws:iam::aws:policy/SecurityAudit"]
  }
  %s
}`, accountID, strings.Join(extra, "\n  "))
}

func (w world) store(t *testing.T) *registry.Store {
	t.Helper()
	return registry.NewStore(w.clients().DynamoDB(w.hub.Region), w.hub.TableARN)
}

func (w world) offer(t *testing.T, name string) *registry.Offer {
	t.Helper()
	rec, err := w.store(t).Get(context.WithoutCancel(t.Context()), name)
	if err != nil {
		t.Fatal(err)
	}
	return rec.Offer
}

// makeRole makes a role of the partner's that its administrator may assume and that may do everything.
func (w world) makeRole(t *testing.T, name string) string {
	t.Helper()
	c := iam.NewFromConfig(w.partner.Config("us-east-1"))
	trust := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + w.partner.ID + `:root"},"Action":"sts:AssumeRole"}]}`
	out, err := c.CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: &trust})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{
		RoleName: &name, PolicyName: aws.String("all"),
		PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	return *out.Role.Arn
}

func (w world) templates(t *testing.T) []string {
	t.Helper()
	out, err := w.s3().ListObjectsV2(ctxOf(t), &s3.ListObjectsV2Input{Bucket: &w.hub.Bucket, Prefix: aws.String("templates/")})
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, o := range out.Contents {
		keys = append(keys, *o.Key)
	}
	return keys
}
