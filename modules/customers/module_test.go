// Package customers_test runs the module's own tests and applies it on the lab.
package customers_test

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/xrole/terraform-provider-xrole/internal/lab"
)

func TestMain(m *testing.M) { os.Exit(lab.Run(m)) }

// module reads the module's files, each under a folder.
func module(t *testing.T, under string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) == ".go" {
			return err
		}
		raw, err := os.ReadFile(path)
		files[filepath.Join(under, path)] = string(raw)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// The tests in tests/*.tftest.hcl, with the schema of the provider as it is built here.
func TestModule_plans(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	partner := l.NewAccount(t)
	tf := l.Terraform(t, partner, module(t, "."))
	tf.Init()
	result := tf.Run("test")
	if result.Code != 0 || !strings.Contains(result.Output, "Success! 15 passed, 0 failed.") {
		t.Errorf("terraform test: exit code %d\n%s", result.Code, result.Output)
	}
	if asked := l.Requests(lab.Filter{AccountID: partner.ID}); len(asked) > 0 {
		t.Errorf("AWS was asked %d times, first %+v", len(asked), asked[0])
	}
}

// What is wrong with a customer is said with the customer's name.
func TestModule_namesTheCustomer(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	tf := l.Terraform(t, l.NewAccount(t), module(t, "."))
	tf.Write(map[string]string{"test.auto.tfvars": `
hub = {
  account_id = "111122223333", partition = "aws", region = "us-east-1", regions = ["us-east-1"], bucket = "b", table = "xrole-acme"
  topic_name = "xrole-acme", trusted_principal_arns = ["arn:aws:iam::111122223333:role/collector"]
  receiver_role_arn = "arn:aws:iam::111122223333:role/r", receiver_function_arn = "arn:aws:lambda:us-east-1:111122223333:function:r"
}
customers = {
  "Globex Inc" = { account_id = "222222222222", role = { name = "A", inline_policies = {} } }
  initech      = { account_id = "0333", role = { name = "B", inline_policies = {} } }
  umbrella     = { account_id = "444444444444", region = "eu-west-1", role = { name = "C", inline_policies = {} } }
  hooli-eu     = { account_id = "555555555555", role = { name = "D", inline_policies = {} } }
  hooli-us     = { account_id = "555555555555", role = { name = "D", inline_policies = {} } }
  wayne        = { existing_role_arn = "arn:aws:iam::666666666666:role/x", role = { inline_policies = {} } }
}`})
	tf.Init()
	result := tf.Run("plan")
	output := strings.Join(strings.Fields(strings.ReplaceAll(result.Output, "│", "")), " ")
	for _, want := range []string{
		`Not so: "Globex Inc".`, `Not so: initech ("0333").`, `one of the hub's regions, us-east-1; add`, `Not so: umbrella (eu-west-1).`,
		`The same: hooli-eu, hooli-us.`, `Missing for: wayne.`,
	} {
		if result.Code != 1 || !strings.Contains(output, want) {
			t.Errorf("exit code %d, without %q:\n%s", result.Code, want, result.Output)
		}
	}
}

const root = `
terraform {
  required_providers {
    xrole = { source = "xrole/xrole" }
  }
}
provider "xrole" {
  region = "us-east-1"
}
variable "hub" { type = any }
variable "customers" { type = any }
module "customers" {
  source    = "./modules/customers"
  hub       = var.hub
  customers = var.customers
  role = {
    name                = "AcmeAccess"
    managed_policy_arns = ["arn:aws:iam::aws:policy/SecurityAudit"]
  }
}
output "invitations" { value = module.customers.invitations }
output "roles" { value = module.customers.roles }
output "by_status" { value = module.customers.by_status }
output "page" { value = provider::xrole::instructions(module.customers.onboardings["globex"], "markdown") }
`

func TestModule_applied(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	partner, globex, initech := l.NewAccount(t), l.NewAccount(t), l.NewAccount(t)
	h := l.DeployHub(t, partner, lab.HubOptions{
		Regions: []string{"us-east-1", "eu-west-1"}, AccountIDs: []string{globex.ID, initech.ID},
		TrustedPrincipalARNs: []string{"arn:aws:iam::" + partner.ID + ":role/collector"},
	})
	files := module(t, "modules/customers")
	maps.Copy(files, map[string]string{"main.tf": root, "test.auto.tfvars": `
hub = {
  account_id = "` + h.AccountID + `", partition = "aws", region = "us-east-1", regions = ["us-east-1", "eu-west-1"]
  bucket = "` + h.Bucket + `", table = "` + h.Table + `", topic_name = "` + h.TopicName + `"
  trusted_principal_arns = ["` + h.TrustedPrincipalARNs[0] + `"]
  receiver_role_arn = "` + h.ReceiverRoleARN + `", receiver_function_arn = "` + h.ReceiverFunctionARN + `"
}
customers = {
  globex  = { account_id = "` + globex.ID + `" }
  initech = { account_id = "` + initech.ID + `", region = "eu-west-1" }
}`})
	tf := l.Terraform(t, partner, files)
	tf.Init()
	tf.Apply()
	before := tf.Outputs()
	links, ok := before["invitations"].(map[string]any)
	if !ok || len(links) != 2 {
		t.Fatalf("invitations: %v", before["invitations"])
	}
	link, ok := links["globex"].(string)
	if !ok {
		t.Fatalf("globex has no link: %v", links)
	}
	stack, err := globex.Launch(t.Context(), link)
	if err != nil {
		t.Fatal(err)
	}
	if err := stack.Wait(t.Context()); err != nil || stack.Status != "CREATE_COMPLETE" {
		t.Fatalf("the customer's stack is %s (%s): %v", stack.Status, stack.Reason, err)
	}
	tf.Apply()
	after := tf.Outputs()
	want := map[string]any{"globex": "arn:aws:iam::" + globex.ID + ":role/AcmeAccess"}
	if diff := cmp.Diff(want, after["roles"]); diff != "" {
		t.Errorf("roles (-want +got):\n%s", diff)
	}
	statuses := map[string]any{
		"pending": []any{"initech"}, "delivered": []any{}, "verified": []any{"globex"}, "leaving": []any{}, "disconnected": []any{}, "rejected": []any{},
	}
	if diff := cmp.Diff(statuses, after["by_status"]); diff != "" {
		t.Errorf("by_status (-want +got):\n%s", diff)
	}
	if changes, output := tf.Plan(); changes {
		t.Errorf("there is something to do:\n%s", output)
	}
}
