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

data "xrole_role" "globex" {
  hub  = data.xrole_hub.main
  name = "globex"
}

# Proves the role now: with the External ID, without one, and with a wrong one.
data "xrole_trust_check" "globex" {
  hub  = data.xrole_hub.main
  name = "globex"
}

output "globex" {
  value = {
    role_arn = data.xrole_role.globex.role_arn
    status   = data.xrole_role.globex.status
    check    = data.xrole_trust_check.globex.passed ? "safe" : join("; ", data.xrole_trust_check.globex.findings)
  }
}
