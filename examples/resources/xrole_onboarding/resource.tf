resource "xrole_onboarding" "globex" {
  name       = "globex"
  hub        = local.hub
  account_id = "222222222222"

  role = {
    name                = "AcmeAccess"
    managed_policy_arns = ["arn:aws:iam::aws:policy/SecurityAudit"]
  }
}

# The partner's own template, with values for its own parameters in the link.
resource "xrole_onboarding" "initech" {
  name          = "initech"
  hub           = local.hub
  account_id    = "333333333333"
  region        = "eu-west-1"
  stack_name    = "acme-for-initech"
  template_body = file("${path.module}/acme.yaml")
  parameters    = { RetentionDays = "30" }
}

locals {
  hub = {
    account_id             = "111122223333"
    partition              = "aws"
    region                 = "us-east-1"
    regions                = ["us-east-1", "eu-west-1"]
    bucket                 = "xrole-acme-111122223333-us-east-1-an"
    table                  = "xrole-acme"
    topic_name             = "xrole-acme"
    trusted_principal_arns = ["arn:aws:iam::111122223333:role/acme-collector"]
    receiver_role_arn      = "arn:aws:iam::111122223333:role/xrole-acme-receiver"
    receiver_function_arn  = "arn:aws:lambda:us-east-1:111122223333:function:xrole-acme-receiver"
  }
}
