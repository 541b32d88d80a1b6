# The configuration as it was, and beside it the import of what the registry holds. The map says who the customers are.

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

variable "customers" {
  description = "Each customer's account, by name."
  type        = map(object({ account_id = string }))
  default     = {}
}

data "xrole_hub" "main" {
  name = "acme"
}

resource "xrole_onboarding" "customer" {
  for_each = var.customers

  name       = each.key
  hub        = data.xrole_hub.main
  account_id = each.value.account_id

  role = {
    name                = "AcmeAccess"
    managed_policy_arns = ["arn:aws:iam::aws:policy/SecurityAudit"]
  }
}

# Remove it when it has been applied.
import {
  for_each = var.customers

  to = xrole_onboarding.customer[each.key]
  id = "acme,${each.key}"
}
