package onboarding_test

import (
	"os"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/xrole/terraform-provider-xrole/internal/awsapi"
	"github.com/xrole/terraform-provider-xrole/internal/awsclients"
	"github.com/xrole/terraform-provider-xrole/internal/bucket"
	"github.com/xrole/terraform-provider-xrole/internal/cfn"
	"github.com/xrole/terraform-provider-xrole/internal/lab"
	"github.com/xrole/terraform-provider-xrole/internal/onboarding"
	"github.com/xrole/terraform-provider-xrole/internal/registry"
)

func TestMain(m *testing.M) { os.Exit(lab.Run(m)) }

// world is a hub and the service on it.
type world struct {
	lab      *lab.Lab
	partner  *lab.Account
	customer *lab.Account
	hub      onboarding.Hub
	clock    time.Time
}

func newWorld(t *testing.T) *world {
	t.Helper()
	l := lab.Shared(t)
	w := &world{lab: l, partner: l.NewAccount(t), customer: l.NewAccount(t), clock: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)}
	h := l.DeployHub(t, w.partner, lab.HubOptions{TrustedPrincipalARNs: []string{w.partner.ARN}, AccountIDs: []string{w.customer.ID}})
	w.hub = onboarding.Hub{
		AccountID: h.AccountID, Partition: h.Partition, Region: h.Region, Regions: h.Regions, Bucket: h.Bucket, Table: h.Table,
		TopicName: h.TopicName, TrustedPrincipalARNs: h.TrustedPrincipalARNs, ReceiverRoleARN: h.ReceiverRoleARN, ReceiverFunctionARN: h.ReceiverFunctionARN,
	}
	return w
}

// service makes one as a fresh process of the provider would, with clients of its own.
func (w *world) service(t *testing.T) *onboarding.Service {
	t.Helper()
	cfg, err := awsapi.Load(t.Context(), awsapi.Options{Region: w.hub.Region, Profile: w.partner.Profile})
	if err != nil {
		t.Fatal(err)
	}
	clients := awsclients.New(cfg, nil)
	s := &onboarding.Service{
		Registry:  registry.NewStore(clients.DynamoDB(w.hub.Region), w.hub.TableARN()),
		Templates: bucket.NewObjects(clients.S3(w.hub.Region), w.hub.Bucket, w.hub.AccountID),
		Now:       func() time.Time { return w.clock },
	}
	s.Reader = onboarding.NewReader(s.Registry, s.Templates, s.Now)
	return s
}

func (w *world) inputs(name string) onboarding.Inputs {
	return onboarding.Inputs{
		Offered: onboarding.Offered{
			Name: name, Hub: w.hub, AccountID: w.customer.ID, Region: w.hub.Region, TemplateMode: cfn.Pinned, BuiltinVersion: cfn.LatestBuiltin,
			Role:      &cfn.Role{Name: "Acme", ManagedPolicyARNs: []string{"arn:aws:iam::aws:policy/SecurityAudit"}},
			StackName: "acme", ServiceTimeoutSeconds: 600,
		},
		Rotation: "first", TemplateRetentionDays: 30,
	}
}

// templates are the keys of all templates of an onboarding in the bucket.
func (w *world) templates(t *testing.T, name string) []string {
	t.Helper()
	out, err := s3.NewFromConfig(w.partner.Config(w.hub.Region)).ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{
		Bucket: &w.hub.Bucket, Prefix: aws.String("templates/" + w.customer.ID + "/" + name + "/"),
	})
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, o := range out.Contents {
		keys = append(keys, *o.Key)
	}
	return keys
}
