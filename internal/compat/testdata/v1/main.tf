terraform {
  required_providers {
    xrole = { source = "xrole/xrole" }
  }
}
provider "xrole" {
  region = "us-east-1"
}
data "xrole_hub" "main" {
  name = "acme"
}

resource "xrole_onboarding" "globex" {
  name       = "globex"
  hub        = data.xrole_hub.main
  account_id = "222222222201"
  role = {
    name                = "AcmeAccess"
    managed_policy_arns = ["arn:aws:iam::aws:policy/SecurityAudit"]
    inline_policies = {
      read-costs = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "ce:GetCostAndUsage", Resource = "*" }] })
    }
  }
  rotation = "second"
  tags     = { tier = "gold" }
}
output "globex" { value = xrole_onboarding.globex.launch_url }


resource "xrole_onboarding" "umbrella" {
  name       = "umbrella"
  hub        = data.xrole_hub.main
  account_id = "444455556601"
  role = {
    name                = "AcmeAccess"
    managed_policy_arns = ["arn:aws:iam::aws:policy/SecurityAudit"]
    inline_policies = {
      read-costs = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "ce:GetCostAndUsage", Resource = "*" }] })
    }
  }
  builtin_template_version = 1
  service_timeout_seconds = 900
}
output "umbrella" { value = xrole_onboarding.umbrella.launch_url }

