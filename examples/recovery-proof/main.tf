data "xrole_hub" "main" {
  name = "acme"
}

resource "xrole_onboarding" "globex" {
  name       = "globex"
  hub        = data.xrole_hub.main
  account_id = "222222222222"

  role = {
    name                = "AcmeAccess"
    managed_policy_arns = ["arn:aws:iam::aws:policy/SecurityAudit"]
  }

  # The role that stands, and the External ID that it asks for.
  existing_role_arn = "arn:aws:iam::222222222222:role/AcmeAccess"
  external_id       = "4CJARG6R5PP65KN4C5YBYMVZMK"
}
