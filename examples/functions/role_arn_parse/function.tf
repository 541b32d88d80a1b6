output "account" {
  value = provider::xrole::role_arn_parse("arn:aws:iam::222222222222:role/partners/AcmeAccess").account_id
}
