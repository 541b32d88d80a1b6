# A hub and one customer: from nothing to the first invitation in one apply.

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
  trusted_principal_arns = ["arn:aws:iam::111122223333:role/acme-collector"]
  customers              = { account_ids = ["222222222222"] }
}

resource "xrole_onboarding" "globex" {
  name       = "globex"
  hub        = xrole_hub.main
  account_id = "222222222222"

  role = {
    name                = "AcmeAccess"
    managed_policy_arns = ["arn:aws:iam::aws:policy/SecurityAudit"]
  }
}

output "invitation" {
  value = xrole_onboarding.globex.launch_url
}

# What came back: a plan shows a change of it only where an output has it.
output "customer" {
  value = {
    status   = xrole_onboarding.globex.status
    role_arn = xrole_onboarding.globex.role_arn
  }
}
