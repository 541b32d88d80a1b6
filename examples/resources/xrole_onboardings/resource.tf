data "xrole_hub" "main" {
  name = "acme"
}

resource "xrole_onboardings" "customers" {
  hub = data.xrole_hub.main

  # For all who do not set it themselves.
  role = {
    name                = "AcmeAccess"
    managed_policy_arns = ["arn:aws:iam::aws:policy/SecurityAudit"]
  }

  customers = {
    globex   = { account_id = "222222222222" }
    initech  = { account_id = "333333333333", region = "us-east-1" }
    umbrella = { account_id = "444455556666", rotation = "2026-Q4" }
  }
}

# An element of "onboardings" has what came out, not what was given. The function "instructions" wants account, role and hub
# merged in: the guide "Thousands of customers" shows how.
output "invitations" {
  value = { for name, o in xrole_onboardings.customers.onboardings : name => o.launch_url }
}
