package provider_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/xrole/terraform-provider-xrole/internal/cfn"
	"github.com/xrole/terraform-provider-xrole/internal/lab"
	"github.com/xrole/terraform-provider-xrole/internal/registry"
)

const (
	allowAll   = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`
	externalID = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
)

// collector is the same world, seen by the role that the hub trusts. Without policies it may do everything.
func (w world) collector(t *testing.T, policies ...string) world {
	t.Helper()
	if len(policies) == 0 {
		policies = []string{allowAll}
	}
	w.partner = w.partner.Principal(t, "collector", policies...)
	return w
}

// trustPolicy is what xrole's template says for a role of this world.
func (w world) trustPolicy(t *testing.T, role cfn.Role) string {
	t.Helper()
	document, findings := cfn.TrustPolicy(role, cfn.Values{
		ExternalIDs: []string{externalID}, PartnerAccountID: w.partner.ID, Partition: "aws", TrustedPrincipalARNs: w.hub.TrustedPrincipalARNs,
	})
	if document == "" {
		t.Fatal(findings)
	}
	return document
}

// role makes a role of the customer's, as another tool than xrole would.
func role(t *testing.T, customer *lab.Account, name, trustPolicy string, policies ...string) string {
	t.Helper()
	c := iam.NewFromConfig(customer.Config("us-east-1"))
	out, err := c.CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: &trustPolicy})
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range policies {
		_, err := c.PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{RoleName: &name, PolicyName: aws.String(fmt.Sprint("p", i)), PolicyDocument: &p})
		if err != nil {
			t.Fatal(err)
		}
	}
	return *out.Role.Arn
}

// record puts an onboarding into the registry as it may stand there; a delivery without a status is none.
func (w world) record(t *testing.T, o registry.Offer, d registry.Delivery) {
	t.Helper()
	o.OfferID, o.Revision = "o", "o:1"
	if o.ExternalID == "" {
		o.ExternalID = o.Name + "-" + externalID
	}
	if o.Inputs == nil {
		o.Inputs = json.RawMessage("{}")
	}
	store := w.store(t)
	if err := store.CreateOffer(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if d.Status == "" {
		return
	}
	d.Name, d.OfferID = o.Name, "o"
	if err := store.PutDelivery(t.Context(), d); err != nil {
		t.Fatal(err)
	}
}
