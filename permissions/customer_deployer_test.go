package permissions_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/xrole/terraform-provider-xrole/internal/lab"
)

const invitations = head + `
variable "hub" { type = any }
variable "customers" { type = map(string) }
variable "first" { type = bool }
resource "xrole_onboarding" "customer" {
  for_each   = var.customers
  name       = each.key
  hub        = var.hub
  account_id = each.value
  role = {
    name                = "AcmeAccess"
    description         = var.first ? "first" : "second"
    managed_policy_arns = var.first ? ["arn:aws:iam::aws:policy/SecurityAudit"] : []
    inline_policies = {
      (var.first ? "costs" : "health") = jsonencode({
        Version   = "2012-10-17"
        Statement = [{ Effect = "Allow", Action = var.first ? "ce:GetCostForecast" : "health:DescribeEvents", Resource = "*" }]
      })
    }
    tags = var.first ? { vendor = "acme" } : {}
  }
}
output "links" { value = { for name, o in xrole_onboarding.customer : name => o.launch_url } }
output "templates" { value = { for name, o in xrole_onboarding.customer : name => o.template_url } }
`

// invited are customers who have a link, and a second template to update to.
type invited struct {
	customers map[string]*lab.Account
	links     map[string]any
	templates map[string]any
	values    map[string]string
}

func invite(t *testing.T, names []string) invited {
	t.Helper()
	l := lab.Shared(t)
	in := invited{customers: map[string]*lab.Account{}}
	w := world{lab: l, partner: l.NewAccount(t)}
	var ids, lines []string
	for i, name := range names {
		in.customers[name] = l.NewAccount(t)
		ids = append(ids, in.customers[name].ID)
		lines = append(lines, fmt.Sprintf("  c%d = %q", i, in.customers[name].ID))
	}
	w.hub = l.DeployHub(t, w.partner, lab.HubOptions{AccountIDs: ids, TrustedPrincipalARNs: []string{"arn:aws:iam::" + w.partner.ID + ":role/ci"}})
	w.customer = w.partner // of no meaning here
	in.values = w.values()
	hub, _, _ := strings.Cut(strings.SplitN(w.hubLocal(), "hub = ", 2)[1], "\n}")
	tf := l.Terraform(t, w.partner, map[string]string{
		"main.tf": invitations, "test.auto.tfvars": "hub = " + hub + "\ncustomers = {\n" + strings.Join(lines, "\n") + "\n}\n",
	})
	tf.Init()
	tf.Apply("-var=first=true")
	in.links = byName(t, names, tf.Outputs()["links"])
	tf.Apply("-var=first=false")
	in.templates = byName(t, names, tf.Outputs()["templates"])
	return in
}

func byName(t *testing.T, names []string, output any) map[string]any {
	t.Helper()
	all, ok := output.(map[string]any)
	if !ok {
		t.Fatalf("%v", output)
	}
	out := map[string]any{}
	for i, name := range names {
		out[name] = all[fmt.Sprintf("c%d", i)]
	}
	return out
}

// launched is the life of a customer's stack: launch, update, delete, up to the first thing that fails.
func launched(ctx context.Context, deployer *lab.Account, link, template string) error {
	stack, err := deployer.Launch(ctx, link)
	if err != nil {
		return err
	}
	if err := settled(ctx, stack, "CREATE_COMPLETE"); err != nil {
		return err
	}
	if err := stack.Update(ctx, template); err != nil {
		return err
	}
	if err := settled(ctx, stack, "UPDATE_COMPLETE"); err != nil {
		return err
	}
	if err := stack.Delete(ctx); err != nil {
		return err
	}
	return settled(ctx, stack, "DELETE_COMPLETE")
}

func settled(ctx context.Context, stack *lab.Stack, want string) error {
	if err := stack.Wait(ctx); err != nil {
		return err
	}
	if stack.Status == want {
		return nil
	}
	reasons := []string{"the stack is " + stack.Status}
	for _, e := range stack.Events {
		if strings.HasSuffix(e.Status, "_FAILED") {
			reasons = append(reasons, e.LogicalResourceID+": "+e.Reason)
		}
	}
	return errors.New(strings.Join(reasons, "; "))
}

// readByCloudFormation are actions that real CloudFormation asks for when it reads back a role, which the lab does not
// do: "aws cloudformation describe-type --type RESOURCE --type-name AWS::IAM::Role" shows them under handlers.
var readByCloudFormation = []string{"iam:GetRolePolicy", "iam:ListAttachedRolePolicies", "iam:ListRolePolicies"}

// CloudFormation passes on S3's answer, which names no action; the instructions say beside the button what it means.
const noTemplate = "S3 error: Access Denied"

func TestCustomerDeployer(t *testing.T) {
	t.Parallel()
	lab.Shared(t)
	rows := slices.DeleteFunc(load(t, "customer-deployer.json", longest).actions(), func(a string) bool { return slices.Contains(readByCloudFormation, a) })
	rows = append(rows, "exact")
	in := invite(t, rows)
	for _, action := range rows {
		t.Run(action, func(t *testing.T) {
			t.Parallel()
			in := in
			in.values = mapsWith(in.values, "customer_account_id", in.customers[action].ID)
			p := load(t, "customer-deployer.json", in.values)
			less := append([]string{action}, readByCloudFormation...)
			deployer := in.customers[action].Principal(t, "deployer", p.without(less...))
			err := launched(t.Context(), deployer, fmt.Sprint(in.links[action]), fmt.Sprint(in.templates[action]))
			switch {
			case action == "exact":
				if err != nil {
					t.Error(err)
				}
			case action == "s3:GetObject":
				if err == nil || !strings.Contains(err.Error(), noTemplate) {
					t.Errorf("without %s: %v", action, err)
				}
			case err == nil || !names(err.Error(), action):
				t.Errorf("without %s: %v", action, err)
			}
		})
	}
}

func mapsWith(values map[string]string, name, value string) map[string]string {
	out := map[string]string{name: value}
	for k, v := range values {
		if k != name {
			out[k] = v
		}
	}
	return out
}
