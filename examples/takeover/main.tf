# From a spreadsheet of customers to xrole: their roles stay as they are, and each is proven.

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
    for row in csvdecode(file("${path.module}/customers.csv")) :
    # Names hold letters, digits and any of "._-".
    trim(replace(row.customer, "/[^A-Za-z0-9._-]+/", "-"), "-") => {
      # Spreadsheets drop the zeros that an account id begins with.
      account_id  = format("%012d", row.account_id)
      external_id = row.external_id
      role_arn    = row.role_arn
    }
  }
}

resource "xrole_hub" "main" {
  name                   = "acme"
  trusted_principal_arns = ["arn:aws:iam::111122223333:role/acme-collector"]
  customers              = { account_ids = [for c in local.customers : c.account_id] }

  # An External ID stays with the row that took it first, so a copied row is found before any is taken.
  lifecycle {
    precondition {
      condition     = length(distinct([for c in local.customers : c.external_id])) == length(local.customers)
      error_message = "Two rows of customers.csv have the same External ID."
    }
  }
}

resource "xrole_onboarding" "customer" {
  for_each = local.customers

  name              = each.key
  hub               = xrole_hub.main
  account_id        = each.value.account_id
  external_id       = each.value.external_id
  existing_role_arn = each.value.role_arn

  role = {
    name                = "AcmeAccess"
    managed_policy_arns = ["arn:aws:iam::aws:policy/SecurityAudit"]
  }
}

output "not_proven" {
  description = "The customers whose roles did not pass the trust check, and why."
  value       = { for name, o in xrole_onboarding.customer : name => o.reason if o.status != "verified" }
}
