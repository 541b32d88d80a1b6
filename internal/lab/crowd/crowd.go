package crowd

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/xrole/terraform-provider-xrole/internal/awsclients"
	"github.com/xrole/terraform-provider-xrole/internal/bucket"
	"github.com/xrole/terraform-provider-xrole/internal/cfn"
	"github.com/xrole/terraform-provider-xrole/internal/hub"
	"github.com/xrole/terraform-provider-xrole/internal/lab"
	"github.com/xrole/terraform-provider-xrole/internal/onboarding"
	"github.com/xrole/terraform-provider-xrole/internal/partition"
	"github.com/xrole/terraform-provider-xrole/internal/registry"
)

// atOnce is how many customers are made at the same time.
const atOnce = 8

// Hub returns what an onboarding must know of a hub.
func Hub(h *hub.Hub) onboarding.Hub {
	return onboarding.Hub{
		AccountID: h.AccountID, Partition: h.Partition, Region: h.Region, Regions: h.Regions, Bucket: h.Bucket, Table: h.Table,
		TopicName: h.TopicName, TrustedPrincipalARNs: h.TrustedPrincipalARNs,
		ReceiverRoleARN: h.ReceiverRoleARN, ReceiverFunctionARN: h.ReceiverFunctionARN,
	}
}

// Service returns the service of one run of the provider on a hub, with clients of its own.
func Service(partner *lab.Account, h onboarding.Hub) *onboarding.Service {
	clients := awsclients.New(partner.Config(h.Region), nil)
	s := &onboarding.Service{
		Registry:  registry.NewStore(clients.DynamoDB(h.Region), h.TableARN()),
		Templates: bucket.NewObjects(clients.S3(h.Region), h.Bucket, h.AccountID),
		Now:       time.Now,
	}
	s.Reader = onboarding.NewReader(s.Registry, s.Templates, s.Now)
	return s
}

// Name is the name of customer i, AccountID its account.
func Name(i int) string { return fmt.Sprintf("customer-%05d", i) }

// AccountID is the account of customer i.
func AccountID(i int) string { return fmt.Sprintf("%012d", 200_000_000_000+i) }

// Inputs are those of customer i as the provider takes them from the smallest useful configuration: name, hub,
// account_id and a role with one managed policy.
func Inputs(h onboarding.Hub, i int) onboarding.Inputs {
	return onboarding.Inputs{
		Offered: onboarding.Offered{
			Name: Name(i), Hub: h, AccountID: AccountID(i), Region: onboarding.DefaultRegion(h), TemplateMode: cfn.Pinned,
			BuiltinVersion: cfn.LatestBuiltin, StackName: "AcmeAccess", ServiceTimeoutSeconds: 600,
			Role: &cfn.Role{Name: "AcmeAccess", ManagedPolicyARNs: []string{"arn:aws:iam::aws:policy/SecurityAudit"}},
		},
		TemplateRetentionDays: 30, ForceDestroy: new(bool), TagsAll: map[string]string{},
	}
}

// Invite makes customers from until below to: offer, reservation and template of each, as an apply makes them.
func Invite(ctx context.Context, s *onboarding.Service, from, to int, inputs func(i int) onboarding.Inputs) ([]*onboarding.Onboarding, error) {
	made := make([]*onboarding.Onboarding, to-from)
	all, ctx := errgroup.WithContext(ctx)
	all.SetLimit(atOnce)
	for i := from; i < to; i++ {
		all.Go(func() error {
			on, err := s.Create(ctx, inputs(i))
			if err != nil {
				return fmt.Errorf("inviting customer %d: %w", i, err)
			}
			made[i-from] = on
			return nil
		})
	}
	return made, all.Wait()
}

// Verify writes what the receiver writes of customers whose roles were proven.
func Verify(ctx context.Context, s *onboarding.Service, invited []*onboarding.Onboarding) error {
	all, ctx := errgroup.WithContext(ctx)
	all.SetLimit(atOnce)
	for _, on := range invited {
		all.Go(func() error {
			if err := s.Registry.PutDelivery(ctx, verified(on, s.Now())); err != nil {
				return fmt.Errorf("verifying %s: %w", on.Record.Offer.Name, err)
			}
			return nil
		})
	}
	return all.Wait()
}

func verified(on *onboarding.Onboarding, at time.Time) registry.Delivery {
	offer := on.Record.Offer
	stackID := partition.ARN("aws", "cloudformation", offer.Region, offer.AccountID, "stack/"+offer.StackName+"/11111111-2222-3333-4444-555555555555")
	sum := sha256.Sum256([]byte(offer.ExternalID))
	d := on.Record.Draft()
	d.Status, d.AccountID, d.RoleARN = registry.Verified, offer.AccountID, partition.ARN("aws", "iam", "", offer.AccountID, "role/AcmeAccess")
	d.StackID, d.LogicalResourceID, d.Region = stackID, on.Publication.CallbackLogicalID, offer.Region
	d.TemplateVersion, d.ProvenExternalIDSHA256 = offer.TemplateVersion, hex.EncodeToString(sum[:])
	d.DeliveredAt, d.VerifiedAt, d.RequestedAt, d.DueAt = at, at, at, at.Add(24*time.Hour)
	d.Answers = []registry.Answer{{
		StackID: stackID, RequestID: "11111111-2222-3333-4444-666666666666", Status: "SUCCESS", TemplateVersion: offer.TemplateVersion,
		PhysicalResourceID: offer.Name + "-0123456789abcdef",
	}}
	return d
}
