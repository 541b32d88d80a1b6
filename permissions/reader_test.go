package permissions_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/xrole/terraform-provider-xrole/internal/awsapi"
	"github.com/xrole/terraform-provider-xrole/internal/lab"
	"github.com/xrole/terraform-provider-xrole/internal/registry"
)

const strongID = "5c0f3f6e-8a1b-4d52-9b7e-2f6d1c9a7e30"

// role is one of the customer's that lets the partner in with an External ID.
func (w world) role(t *testing.T, name, externalID string) string {
	t.Helper()
	trust := fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"arn:aws:iam::%s:root"},`+
		`"Condition":{"StringEquals":{"sts:ExternalId":%q}}}]}`, w.partner.ID, externalID)
	out, err := iam.NewFromConfig(w.customer.Config(home)).CreateRole(t.Context(), &iam.CreateRoleInput{
		RoleName: aws.String(name), AssumeRolePolicyDocument: &trust,
	})
	if err != nil {
		t.Fatal(err)
	}
	return *out.Role.Arn
}

// deliver records an onboarding whose stack has reported a role that nobody has proven yet.
func (w world) deliver(t *testing.T, name, roleARN, externalID string) {
	t.Helper()
	store := registry.NewStore(clientsOf(w.partner).DynamoDB(home), w.hub.TableARN)
	err := store.CreateOffer(t.Context(), registry.Offer{
		Name: name, OfferID: name, Revision: name + ":1", AccountID: w.customer.ID, Region: home, ExternalID: externalID, Inputs: json.RawMessage("{}"),
		TemplateKey: "templates/" + w.customer.ID + "/" + name + "/0.yaml", StackName: "Acme",
	})
	if err != nil {
		t.Fatal(err)
	}
	claim := registry.Claim{
		StackID:           "arn:aws:cloudformation:us-east-1:" + w.customer.ID + ":stack/Acme/1a2b3c4d-0000-0000-0000-000000000000",
		LogicalResourceID: "Callback", RoleARN: roleARN, AccountID: w.customer.ID, Region: home,
	}
	err = store.PutDelivery(t.Context(), registry.Delivery{Name: name, OfferID: name, Status: registry.Delivered, Claims: []registry.Claim{claim}})
	if err != nil {
		t.Fatal(err)
	}
}

const readers = head + `
data "xrole_hub" "main" {
  name = "acme"
}
data "xrole_role" "one" {
  hub  = data.xrole_hub.main
  name = "globex"
  wait = { status = "verified", timeout = "1m" }
}
data "xrole_roles" "all" {
  hub      = data.xrole_hub.main
  statuses = ["verified", "delivered"]
}
ephemeral "xrole_credentials" "one" {
  hub  = data.xrole_hub.main
  name = data.xrole_role.one.name
}
data "xrole_trust_check" "one" {
  hub  = data.xrole_hub.main
  name = data.xrole_role.one.name
  lifecycle {
    postcondition {
      condition     = self.passed
      error_message = join("; ", self.findings)
    }
  }
}
`

// read reads what other configurations read, and returns what was printed.
func (w world) read(t *testing.T, who *lab.Account) (passed bool, output string) {
	t.Helper()
	tf := w.lab.Terraform(t, who, map[string]string{"main.tf": readers})
	tf.Init()
	result := tf.Run("plan")
	return result.Code == 0, flat(result.Output)
}

func TestReader(t *testing.T) {
	t.Parallel()
	lab.Shared(t)
	for _, action := range append(load(t, "reader.json", longest).actions(), "") {
		name := "without " + action
		if action == "" {
			name = "exact"
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.deliver(t, "globex", w.role(t, "AcmeAccess", strongID), strongID)
			p := load(t, "reader.json", w.values())
			reader := w.partner.Principal(t, "ci", p.without(action))
			passed, output := w.read(t, reader)
			if passed != (action == "") || !names(output, action) {
				t.Errorf("passed: %v\n%s", passed, output)
			}
			if refused := w.refused(); action == "" && len(refused) > 0 {
				t.Errorf("refused: %+v", refused)
			}
		})
	}
}

// A pattern for customers' roles opens none of the partner's own that trusts its whole account.
func TestReader_ownRole(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	values := w.values()
	values["role_name"] = "Acme*"
	reader := w.partner.Principal(t, "ci", load(t, "reader.json", values).without())
	document := fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"arn:aws:iam::%s:root"}}]}`, w.partner.ID)
	for name, row := range map[string]struct {
		owner  *lab.Account
		denied bool
	}{"a customer's": {w.customer, false}, "the partner's": {w.partner, true}} {
		role, err := iam.NewFromConfig(row.owner.Config(home)).CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: aws.String("AcmeAdmin"), AssumeRolePolicyDocument: &document})
		if err != nil {
			t.Fatal(err)
		}
		_, err = sts.NewFromConfig(reader.Config(home)).AssumeRole(t.Context(), &sts.AssumeRoleInput{RoleArn: role.Role.Arn, RoleSessionName: aws.String("ci")})
		if awsapi.IsAccessDenied(err) != row.denied || err != nil && !row.denied {
			t.Errorf("%s role: %v", name, err)
		}
	}
}
