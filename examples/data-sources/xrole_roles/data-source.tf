data "xrole_roles" "live" {
  hub      = local.hub
  statuses = ["verified"]
}

output "live" {
  value = { for name, role in data.xrole_roles.live.roles : name => role.role_arn }
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
