output "globex" {
  value = provider::xrole::instructions(local.onboarding, "html")
}

# Usually the resource itself, with what you are called beside it:
# provider::xrole::instructions(merge(xrole_onboarding.globex, { partner = "Acme Inc." }), "html")
locals {
  onboarding = {
    partner    = "Acme Inc."
    name       = "globex"
    account_id = "222222222222"
    launch_url = "https://us-east-1.console.aws.amazon.com/cloudformation/home?region=us-east-1#/stacks/create/review?templateURL=https%3A%2F%2Fxrole-acme-111122223333-us-east-1-an.s3.us-east-1.amazonaws.com%2Ftemplates%2F222222222222%2Fglobex%2F9f86d081.yaml&stackName=AcmeAccess"
  }
}
