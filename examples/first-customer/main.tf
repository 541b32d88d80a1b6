terraform {
  required_providers {
    xrole = { source = "xrole/xrole" }
  }
}

provider "xrole" {
  region = "us-east-1"
}

# Your side: a bucket, a table, the receiver, and a topic in each region in which customers may launch.
resource "xrole_hub" "main" {
  name = "acme"

  # Who works in your customers' accounts: the role that your product runs as.
  trusted_principal_arns = ["arn:aws:iam::111111111111:role/lab/Admin"]

  # Who may launch and call back.
  customers = { account_ids = ["222222222222"] }

  # On the lab the receiver runs on this machine. Leave this line out on AWS, and on a machine with an ARM processor.
  architecture = "x86_64"

  # A hub that customers' stacks call guards itself, and so does an onboarding whose role may still stand. Whoever parts
  # for good says so first.
  force_destroy = var.part
}

# One customer's invitation.
resource "xrole_onboarding" "globex" {
  name       = "globex"
  hub        = xrole_hub.main
  account_id = "222222222222"

  role = {
    name                = "AcmeAccess"
    managed_policy_arns = ["arn:aws:iam::aws:policy/SecurityAudit"]
  }

  force_destroy = var.part
}

variable "part" {
  type    = bool
  default = false
}

# What the customer gets.
output "invitation" {
  value = xrole_onboarding.globex.launch_url
}

output "page" {
  value     = provider::xrole::instructions(merge(xrole_onboarding.globex, { partner = "Acme Inc." }), "html")
  sensitive = true # no secret is in it; this keeps a whole page out of each plan
}

# What came back.
output "customer" {
  value = {
    status   = xrole_onboarding.globex.status
    role_arn = xrole_onboarding.globex.role_arn
  }
}
