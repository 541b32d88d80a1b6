# A bucket, a table, topics and a receiver that were made by other means, such as the company's own modules. The hub is
# written out: an object with just these attributes. What each of them must allow is in the stacks of internal/hub/stacks.

terraform {
  required_version = ">= 1.11"
  required_providers {
    xrole = {
      source = "xrole/xrole"
    }
  }
}

provider "xrole" {
  region = "eu-central-1"
}

locals {
  hub = {
    account_id             = "111122223333"
    partition              = "aws"
    region                 = "eu-central-1"
    regions                = ["eu-central-1", "eu-west-1"]
    bucket                 = "acme-templates-111122223333"
    table                  = "acme-onboarding"
    topic_name             = "acme-onboarding"
    trusted_principal_arns = ["arn:aws:iam::111122223333:role/acme-collector"]
    receiver_role_arn      = "arn:aws:iam::111122223333:role/acme-onboarding"
    receiver_function_arn  = "arn:aws:lambda:eu-central-1:111122223333:function:acme-onboarding"
  }
}

resource "xrole_onboarding" "globex" {
  name       = "globex"
  hub        = local.hub
  account_id = "222222222222"

  role = {
    name                = "AcmeAccess"
    managed_policy_arns = ["arn:aws:iam::aws:policy/SecurityAudit"]
  }
}

output "invitation" {
  value = xrole_onboarding.globex.launch_url
}
