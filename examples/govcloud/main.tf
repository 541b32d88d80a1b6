# A hub in AWS GovCloud (US). Nothing crosses a partition: it has an account, principals and customers of its own.

terraform {
  required_version = ">= 1.11"
  required_providers {
    xrole = {
      source = "xrole/xrole"
    }
  }
}

provider "xrole" {
  region = "us-gov-west-1"
}

resource "xrole_hub" "main" {
  name                   = "acme"
  regions                = ["us-gov-west-1", "us-gov-east-1"]
  trusted_principal_arns = ["arn:aws-us-gov:iam::111122223333:role/acme-collector"]
  customers              = { account_ids = ["222222222222"] }
}

resource "xrole_onboarding" "globex" {
  name       = "globex"
  hub        = xrole_hub.main
  account_id = "222222222222"
  region     = "us-gov-east-1"

  role = {
    name                = "AcmeAccess"
    managed_policy_arns = ["arn:aws-us-gov:iam::aws:policy/SecurityAudit"]
  }
}

output "invitation" {
  value = xrole_onboarding.globex.launch_url
}
