# A role that a customer made without xrole.
data "xrole_trust_check" "legacy" {
  role_arn    = "arn:aws:iam::222222222222:role/LegacyAccess"
  external_id = "LEGACY-7Q4M2ZK3"
}

output "legacy" {
  value = data.xrole_trust_check.legacy.passed ? "proven" : join("; ", data.xrole_trust_check.legacy.findings)
}

# A role in use, watched by every plan and apply: a customer who loosens it is a warning here.
data "xrole_hub" "main" {
  name = "acme"
}

check "globex" {
  data "xrole_trust_check" "globex" {
    hub  = data.xrole_hub.main
    name = "globex"
  }

  assert {
    condition     = data.xrole_trust_check.globex.passed
    error_message = join("; ", data.xrole_trust_check.globex.findings)
  }
}
