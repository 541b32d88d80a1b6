# A hub for each product: other principals, other customers, other alarms. It is also the way out when one hub is full.

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
  products = {
    scanner = {
      role      = "arn:aws:iam::111122223333:role/scanner"
      customers = { globex = "222222222222", initech = "333333333333" }
    }
    backup = {
      role      = "arn:aws:iam::111122223333:role/backup"
      customers = { globex = "222222222222" }
    }
  }
  invitations = merge([
    for product, p in local.products : {
      for customer, account_id in p.customers : "${product}-${customer}" => { product = product, account_id = account_id }
    }
  ]...)
}

resource "xrole_hub" "product" {
  for_each = local.products

  name                   = each.key
  trusted_principal_arns = [each.value.role]
  customers              = { account_ids = values(each.value.customers) }
}

resource "xrole_onboarding" "customer" {
  for_each = local.invitations

  name       = each.key
  hub        = xrole_hub.product[each.value.product]
  account_id = each.value.account_id

  role = {
    name                = "Acme-${each.value.product}"
    managed_policy_arns = ["arn:aws:iam::aws:policy/SecurityAudit"]
  }
}

output "invitations" {
  value = { for name, o in xrole_onboarding.customer : name => o.launch_url }
}
