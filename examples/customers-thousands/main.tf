# Thousands of customers in one resource, from a file that another system writes. Terraform's own cost grows with the
# number of resources; a map in one resource costs it an eighth.

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

data "xrole_hub" "main" {
  name = "acme"
}

locals {
  customers = { for c in csvdecode(file("${path.module}/customers.csv")) : c.name => { account_id = c.account_id } }
  role = {
    name                = "AcmeAccess"
    managed_policy_arns = ["arn:aws:iam::aws:policy/SecurityAudit"]
  }
}

resource "xrole_onboardings" "all" {
  hub       = data.xrole_hub.main
  role      = local.role
  customers = local.customers
}

output "not_verified" {
  value = [for name, o in xrole_onboardings.all.onboardings : name if o.status != "verified"]
}
