# For a customer who makes the role with Terraform, or for a template of your own.
output "assume_role_policy" {
  value = provider::xrole::trust_policy({
    external_id            = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    partner_account_id     = "111122223333"
    trusted_principal_arns = ["arn:aws:iam::111122223333:role/acme/collector-*"]
    receiver_role_arn      = "arn:aws:iam::111122223333:role/xrole-acme-receiver"
  })
}
