data "xrole_hub" "main" {
  name = "acme"
}

# The credentials live for this run only: they are in neither state nor plan.
ephemeral "xrole_credentials" "globex" {
  hub  = data.xrole_hub.main
  name = "globex"
}

provider "aws" {
  alias      = "globex"
  region     = "us-east-1"
  access_key = ephemeral.xrole_credentials.globex.access_key_id
  secret_key = ephemeral.xrole_credentials.globex.secret_access_key
  token      = ephemeral.xrole_credentials.globex.session_token

  # Without credentials, as in a plan in which the hub is not known yet, this provider would take your own. This line
  # makes sure that it works in the customer's account or not at all.
  allowed_account_ids = ["222222222222"]
}

data "aws_caller_identity" "globex" {
  provider = aws.globex
}

output "session" {
  value = data.aws_caller_identity.globex.arn
}
