resource "xrole_hub" "main" {
  name                   = "acme"
  regions                = ["us-east-1", "eu-west-1"]
  trusted_principal_arns = ["arn:aws:iam::111122223333:role/acme-collector"]

  customers = {
    account_ids = ["222222222222", "333333333333"]
  }

  alarm_topic_arn = "arn:aws:sns:us-east-1:111122223333:on-call"
  tags            = { team = "platform" }
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
