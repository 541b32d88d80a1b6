package bench_test

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/xrole/terraform-provider-xrole/internal/lab/crowd"
	"github.com/xrole/terraform-provider-xrole/internal/onboarding"
)

// customers is the map that the configuration reads, with the names and accounts of the crowd.
func customers(n int) map[string]string {
	type customer struct {
		AccountID string `json:"account_id"`
	}
	all := map[string]customer{}
	for i := range n {
		all[crowd.Name(i)] = customer{crowd.AccountID(i)}
	}
	raw, err := json.Marshal(all)
	if err != nil {
		panic(err) // strings always encode
	}
	return map[string]string{"customers.json": string(raw)}
}

const head = `
terraform {
  required_providers {
    xrole = { source = "xrole/xrole" }
  }
}
provider "xrole" { region = "us-east-1" }
variable "description" { default = null }
locals {
  customers = jsondecode(file("customers.json"))
}
`

// single is a resource for each customer, by a map.
const single = `
resource "xrole_onboarding" "all" {
  for_each   = local.customers
  name       = each.key
  hub        = local.hub
  account_id = each.value.account_id
  role = {
    name                = "AcmeAccess"
    description         = each.key == "customer-00001" ? var.description : null
    managed_policy_arns = ["arn:aws:iam::aws:policy/SecurityAudit"]
  }
}
`

// builtin is a resource of Terraform's own for each customer, by a map or by a set of names which has to look each one up.
func builtin(each, account string) string {
	return `
locals {
  customers = jsondecode(file("customers.json"))
}
resource "terraform_data" "all" {
  for_each = ` + each + `
  input    = { name = each.key, account_id = ` + account + ` }
}
`
}

// roles reads each customer's role back.
const roles = `
data "xrole_role" "all" {
  for_each = local.customers
  hub      = local.hub
  name     = each.key
}
`

func hubLocal(h onboarding.Hub) string {
	return fmt.Sprintf(`
locals {
  hub = {
    account_id = %q, partition = %q, region = %q, regions = ["%s"], bucket = %q, table = %q, topic_name = %q
    trusted_principal_arns = ["%s"], receiver_role_arn = %q, receiver_function_arn = %q
  }
}
`, h.AccountID, h.Partition, h.Region, strings.Join(h.Regions, `", "`), h.Bucket, h.Table, h.TopicName,
		strings.Join(h.TrustedPrincipalARNs, `", "`), h.ReceiverRoleARN, h.ReceiverFunctionARN)
}
