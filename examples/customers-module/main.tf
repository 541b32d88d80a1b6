# The same customers by the module, as most partners keep them: what they share is said once.

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

resource "xrole_hub" "main" {
  name                   = "acme"
  regions                = ["us-east-1", "eu-west-1"]
  trusted_principal_arns = var.trusted_principal_arns

  customers = {
    account_ids = distinct([for c in var.customers : c.account_id])
  }
}

module "customers" {
  source = "../../modules/customers"

  hub       = xrole_hub.main
  customers = var.customers

  role = {
    name                = "AcmeAccess"
    description         = "Lets Acme read configuration."
    managed_policy_arns = ["arn:aws:iam::aws:policy/SecurityAudit"]
  }
}
