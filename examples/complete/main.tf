# A hub, and customers of Acme, each with an invitation of its own: one apply from an empty account.

terraform {
  required_version = ">= 1.11"
  required_providers {
    xrole = {
      source = "xrole/xrole"
    }
  }
}

provider "xrole" {
  region = var.region
}

resource "xrole_hub" "main" {
  name                   = "acme"
  regions                = var.regions
  trusted_principal_arns = var.trusted_principal_arns
  architecture           = var.architecture

  customers = {
    account_ids = [for c in var.customers : c.account_id]
  }
}

# A map, not a set of names: the key is the customer's name, and its settings are beside it.
resource "xrole_onboarding" "customer" {
  for_each = var.customers

  name       = each.key
  hub        = xrole_hub.main
  account_id = each.value.account_id
  region     = each.value.region

  role = {
    name                 = "AcmeAccess"
    description          = "Lets Acme read configuration and costs."
    max_session_duration = 3600
    managed_policy_arns  = ["arn:aws:iam::aws:policy/SecurityAudit"]
    inline_policies = {
      read-costs = jsonencode({
        Version = "2012-10-17"
        Statement = [{
          Sid      = "ReadCosts"
          Effect   = "Allow"
          Action   = ["ce:GetCostAndUsage", "ce:GetCostForecast"]
          Resource = "*"
        }]
      })
    }
  }
}
