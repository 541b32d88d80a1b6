package provider_test

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/xrole/terraform-provider-xrole/internal/cfn"
	"github.com/xrole/terraform-provider-xrole/internal/lab"
	"github.com/xrole/terraform-provider-xrole/internal/registry"
)

// In the middle of a rotation a role may go back to the former External ID, or already ask for the new one, before the
// registry knows: neither costs anybody access.
func TestCredentials_rotating(t *testing.T) {
	t.Parallel()
	customer := lab.Shared(t).NewAccount(t)
	admin := newWorld(t, customer)
	w := admin.collector(t)
	var steps []resource.TestStep
	for name, accepts := range map[string]string{"rolled-back": "OLD-", "ahead": "NEW-"} {
		trust := strings.ReplaceAll(admin.trustPolicy(t, cfn.Role{}), externalID, accepts+name)
		arn := role(t, customer, name, trust)
		admin.record(t, registry.Offer{Name: name, AccountID: customer.ID, ExternalID: "NEW-" + name, PreviousExternalID: "OLD-" + name},
			registry.Delivery{Status: registry.Verified, RoleARN: arn, AccountID: customer.ID})
		if accepts == "OLD-" {
			rec, err := admin.store(t).Get(t.Context(), name)
			if err != nil {
				t.Fatal(err)
			}
			d := rec.Draft()
			d.Prove(d.Owner(), "NEW-"+name, d.VerifiedAt)
			if err := admin.store(t).PutDelivery(t.Context(), d); err != nil {
				t.Fatal(err)
			}
		}
		label := strings.ReplaceAll(name, "-", "")
		steps = append(steps, resource.TestStep{Config: w.open(label, byName(name)...), ConfigStateChecks: []statecheck.StateCheck{
			echoed(label, "role_arn", knownvalue.StringExact(arn)), echoed(label, "session_token", knownvalue.NotNull()),
		}})
	}
	resource.UnitTest(t, resource.TestCase{ProtoV6ProviderFactories: withEcho(), Steps: steps})
}
