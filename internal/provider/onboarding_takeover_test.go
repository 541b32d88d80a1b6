package provider_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/xrole/terraform-provider-xrole/internal/lab"
)

// A customer who gave a role before is taken over without being asked to do anything: its role is proven at once. One
// whose trust policy does not ask for the External ID is not believed.
func TestOnboardingResource_takeover(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		condition, status string
	}{
		"right": {`,"Condition":{"StringEquals":{"sts:ExternalId":"issued-in-2019-7f3a"}}`, "verified"},
		"other": {`,"Condition":{"StringEquals":{"sts:ExternalId":"somebody-elses-id"}}`, "pending"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			customer := lab.Shared(t).NewAccount(t)
			w := newWorld(t, customer)
			trust := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + w.partner.ID + `:root"},"Action":"sts:AssumeRole"` + row.condition + `}]}`
			roleName := "VendorAccess"
			if _, err := iam.NewFromConfig(customer.Config("us-east-1")).CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: &roleName, AssumeRolePolicyDocument: &trust}); err != nil {
				t.Fatal(err)
			}
			role := "arn:aws:iam::" + customer.ID + ":role/" + roleName
			resource.UnitTest(t, resource.TestCase{
				ProtoV6ProviderFactories: factories(),
				Steps: []resource.TestStep{
					{
						Config:      w.config(globex(customer.ID, `external_id = "issued-in-2019-7f3a"`, `existing_role_arn = "arn:aws:iam::999999999999:role/x"`)),
						ExpectError: regexp.MustCompile(`Existing role of another account`),
					},
					{
						Config:      w.config(globex(customer.ID, `existing_role_arn = "`+role+`"`)),
						ExpectError: regexp.MustCompile(`external_id`),
					},
					{
						Config: w.config(globex(customer.ID, `external_id = "issued-in-2019-7f3a"`, `existing_role_arn = "`+role+`"`, "force_destroy = true")),
						ConfigStateChecks: []statecheck.StateCheck{
							statecheck.ExpectKnownValue(address, at("status"), knownvalue.StringExact(row.status)),
							statecheck.ExpectKnownValue(address, at("outdated"), knownvalue.Bool(false)),
						},
						ConfigPlanChecks: resource.ConfigPlanChecks{PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}},
					},
				},
			})
		})
	}
}

// Who has a wrong External ID or ARN in the sheet is pointed at them.
func TestOnboardingResource_takeoverOfAnother(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	customer := l.NewAccount(t)
	w := newWorld(t, customer)
	tf := l.Terraform(t, w.partner, map[string]string{"main.tf": requireXrole + w.config(globex(customer.ID,
		`external_id = "issued-in-2019-7f3a"`, `existing_role_arn = "arn:aws:iam::`+customer.ID+`:role/Missing"`))})
	tf.Init()
	out := unwrap(tf.Apply())
	for _, want := range []string{"may ask for another External ID", "there is no role of that ARN", "Compare `existing_role_arn` and `external_id`"} {
		if !strings.Contains(out, want) {
			t.Errorf("the apply does not say %q:\n%s", want, out)
		}
	}
}
