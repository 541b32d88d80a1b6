package permissions_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/xrole/terraform-provider-xrole/internal/hub"
	"github.com/xrole/terraform-provider-xrole/internal/lab"
)

// world is a partner with a hub, made by its administrator, and a customer with a role to take over.
type world struct {
	lab               *lab.Lab
	partner, customer *lab.Account
	hub               *hub.Hub
}

func newWorld(t *testing.T) world {
	t.Helper()
	l := lab.Shared(t)
	w := world{lab: l, partner: l.NewAccount(t), customer: l.NewAccount(t)}
	w.hub = l.DeployHub(t, w.partner, lab.HubOptions{
		AccountIDs: []string{w.customer.ID}, TrustedPrincipalARNs: []string{"arn:aws:iam::" + w.partner.ID + ":role/ci"},
	})
	return w
}

func (w world) values() map[string]string {
	return map[string]string{
		"partition": "aws", "account_id": w.partner.ID, "hub": w.hub.Name, "region": w.hub.Region, "role_name": "Acme*",
		"customer_account_id": w.customer.ID, "launch_region": "us-east-1", "stack_name": "AcmeAccess", "dns_suffix": "amazonaws.com",
		"managed_policy_arn": "arn:aws:iam::aws:policy/SecurityAudit",
	}
}

const head = `
terraform {
  required_providers {
    xrole = { source = "xrole/xrole" }
  }
}
provider "xrole" { region = "us-east-1" }
`

func (w world) hubLocal() string {
	h := w.hub
	return fmt.Sprintf(`
locals {
  hub = {
    account_id = %q, partition = %q, region = %q, regions = ["us-east-1"], bucket = %q, table = %q, topic_name = %q
    trusted_principal_arns = ["%s"], receiver_role_arn = %q, receiver_function_arn = %q
  }
}
`, h.AccountID, h.Partition, h.Region, h.Bucket, h.Table, h.TopicName, h.TrustedPrincipalARNs[0], h.ReceiverRoleARN, h.ReceiverFunctionARN)
}

func (w world) onboardings(tags, formerRole string) string {
	return head + w.hubLocal() + fmt.Sprintf(`
resource "xrole_onboarding" "new" {
  name       = "globex"
  hub        = local.hub
  account_id = %[1]q
  role       = { name = "AcmeAccess", managed_policy_arns = ["arn:aws:iam::aws:policy/SecurityAudit"] }
  tags       = %[2]s
}
resource "xrole_onboarding" "former" {
  name              = "former"
  hub               = local.hub
  account_id        = %[1]q
  external_id       = %[4]q
  existing_role_arn = %[3]q
  role              = { name = "AcmeNew", managed_policy_arns = ["arn:aws:iam::aws:policy/SecurityAudit"] }
  force_destroy     = true
}
output "key" { value = replace(xrole_onboarding.new.template_url, "/^.*[.]com\\//", "") }
output "link" { value = xrole_onboarding.new.launch_url }
`, w.customer.ID, tags, formerRole, strongID)
}

// live runs the life of two onboardings: create, change, refresh, repair, destroy, up to the first run that fails. It
// returns what was printed.
func (w world) live(t *testing.T, who *lab.Account) (passed bool, output string) {
	t.Helper()
	former := w.role(t, "AcmeFormer", strongID)
	tf := w.lab.Terraform(t, who, map[string]string{"main.tf": w.onboardings(`{ team = "platform" }`, former)})
	tf.Init()
	steps := []func() lab.Result{
		func() lab.Result { return tf.Run("apply", "-auto-approve") },
		func() lab.Result {
			tf.Write(map[string]string{"main.tf": w.onboardings(`{}`, former)})
			return tf.Run("apply", "-auto-approve")
		},
		func() lab.Result {
			w.loseTemplate(t, fmt.Sprint(tf.Outputs()["key"]))
			return tf.Run("apply", "-auto-approve")
		},
		func() lab.Result { return tf.Run("destroy", "-auto-approve") },
	}
	for _, step := range steps {
		result := step()
		output += flat(result.Output) + "\n"
		if result.Code != 0 {
			return false, output
		}
	}
	return true, output
}

// flat takes the frame and the line breaks out of Terraform's messages.
func flat(output string) string {
	return strings.Join(strings.Fields(strings.NewReplacer("│", "", "╵", "", "╷", "").Replace(output)), " ")
}

// loseTemplate deletes a template behind Terraform's back.
func (w world) loseTemplate(t *testing.T, key string) {
	t.Helper()
	client := s3.NewFromConfig(w.partner.Config(w.hub.Region))
	if _, err := client.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: &w.hub.Bucket, Key: &key}); err != nil {
		t.Fatal(err)
	}
}

// refused are the requests of the account that AWS said no to, those of the receiver's probes left out.
func (w world) refused() []lab.Request {
	var out []lab.Request
	for _, r := range w.lab.Requests(lab.Filter{AccountID: w.partner.ID}) {
		if (r.Status == 403 || r.Status == 401) && r.Service != "sts" {
			out = append(out, r)
		}
	}
	return out
}

func TestOnboardings_exact(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := load(t, "onboardings.json", w.values())
	passed, output := w.live(t, w.partner.Principal(t, "ci", p.without()))
	if !passed || strings.Contains(output, "Warning:") {
		t.Error(output)
	}
	if refused := w.refused(); len(refused) > 0 {
		t.Errorf("refused: %+v", refused)
	}
}

// A role that is taken over but cannot be proven is a warning: the onboarding stands, and the customer may launch its
// template as well.
func TestOnboardings_oneLess(t *testing.T) {
	t.Parallel()
	warned := map[string]bool{"lambda:InvokeFunction": true}
	lab.Shared(t)
	for _, action := range load(t, "onboardings.json", longest).actions() {
		if action == "dynamodb:Scan" {
			continue // it saves requests: without it onboardings are read one by one, as TestReader_mayNotList shows
		}
		t.Run(action, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			p := load(t, "onboardings.json", w.values())
			passed, output := w.live(t, w.partner.Principal(t, "ci", p.without(action)))
			if warned[action] != passed || !names(output, action) {
				t.Errorf("without %s: passed: %v\n%s", action, passed, output)
			}
		})
	}
}
