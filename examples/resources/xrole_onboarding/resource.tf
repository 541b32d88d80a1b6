resource "xrole_hub" "main" {
  name                   = "acme"
  regions                = ["us-east-1", "eu-west-1"]
  trusted_principal_arns = ["arn:aws:iam::111122223333:role/acme-collector"]
  customers              = { account_ids = ["222222222222", "333333333333"] }
}

resource "xrole_onboarding" "globex" {
  name       = "globex"
  hub        = xrole_hub.main
  account_id = "222222222222"
  rotation   = "2026-Q4" # another value makes a new External ID

  role = {
    name                = "AcmeAccess"
    managed_policy_arns = ["arn:aws:iam::aws:policy/SecurityAudit"]
  }
}

# The partner's own template, with values for its own parameters in the link.
resource "xrole_onboarding" "initech" {
  name          = "initech"
  hub           = xrole_hub.main
  account_id    = "333333333333"
  region        = "eu-west-1"
  stack_name    = "acme-for-initech"
  template_body = file("${path.module}/acme.yaml")
  parameters    = { RetentionDays = "30" }
}
