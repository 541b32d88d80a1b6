# One hub, at home in us-east-1, with customers that launch in three regions. A region more is one stack more; no customer's
# template or link changes.

terraform {
  required_version = ">= 1.11"
  required_providers {
    xrole = {
      source = "xrole/xrole"
    }
  }
}

provider "xrole" {
  region       = "us-east-1"
  default_tags = { team = "platform" }
}

variable "customers" {
  description = "Customer name to AWS account and the region in which it launches its stack."
  type = map(object({
    account_id = string
    region     = string
  }))
  default = {
    globex   = { account_id = "222222222222", region = "eu-west-1" }
    initech  = { account_id = "333333333333", region = "us-east-1" }
    umbrella = { account_id = "444444444444", region = "ap-southeast-2" }
  }
}

resource "xrole_hub" "main" {
  name                   = "acme"
  regions                = toset(concat(["us-east-1"], [for c in var.customers : c.region]))
  trusted_principal_arns = ["arn:aws:iam::111122223333:role/acme-collector"]
  customers              = { account_ids = [for c in var.customers : c.account_id] }

  # CloudWatch tells topics of its own region only.
  alarm_topic_arn  = "arn:aws:sns:us-east-1:111122223333:on-call"
  alarm_topic_arns = { "eu-west-1" = "arn:aws:sns:eu-west-1:111122223333:on-call" }
}

resource "xrole_onboarding" "customer" {
  for_each = var.customers

  name       = each.key
  hub        = xrole_hub.main
  account_id = each.value.account_id
  region     = each.value.region

  role = {
    name                = "AcmeAccess"
    managed_policy_arns = ["arn:aws:iam::aws:policy/SecurityAudit"]
  }
}

output "invitations" {
  value = { for name, o in xrole_onboarding.customer : name => o.launch_url }
}
