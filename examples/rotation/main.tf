# External IDs that are rotated each quarter. "rotation" says for which quarter an External ID is made, and
# "rotation_finish" is set for a customer who has updated its stack since.

terraform {
  required_version = ">= 1.11"
  required_providers {
    xrole = {
      source = "xrole/xrole"
    }
  }
}

provider "xrole" {
  region = "us-east-1"
}

locals {
  customers = {
    globex   = { account_id = "222222222222", rotation = "2026-Q4", finish = false } # has to update its stack
    initech  = { account_id = "333333333333", rotation = "2026-Q4", finish = true }  # has updated it once
    umbrella = { account_id = "444444444444", rotation = "2026-Q3", finish = false } # comes next
  }
}

resource "xrole_hub" "main" {
  name                   = "acme"
  trusted_principal_arns = ["arn:aws:iam::111122223333:role/acme-collector"]
  customers              = { account_ids = [for c in local.customers : c.account_id] }
}

resource "xrole_onboarding" "customer" {
  for_each = local.customers

  name            = each.key
  hub             = xrole_hub.main
  account_id      = each.value.account_id
  rotation        = each.value.rotation
  rotation_finish = each.value.finish

  role = {
    name                = "AcmeAccess"
    managed_policy_arns = ["arn:aws:iam::aws:policy/SecurityAudit"]
  }
}

output "waiting_for" {
  description = "The customers whose stacks still run a former template."
  value       = [for name, o in xrole_onboarding.customer : name if o.outdated]
}
