output "invitations" {
  description = "Customer name to launch link: what to send. Null in a partition without a public console."
  value       = { for name, o in xrole_onboarding.customer : name => o.launch_url }
}

output "onboardings" {
  description = "Customer name to the whole xrole_onboarding, for provider functions such as instructions, or for one attribute more."
  value       = xrole_onboarding.customer
}

output "roles" {
  description = "Customer name to role ARN, of the customers whose role is verified."
  value       = { for name, o in xrole_onboarding.customer : name => o.role_arn if o.status == "verified" }
}

output "by_status" {
  description = "Status to customer names, sorted; every status is there, also those that nobody has."
  value       = { for status in local.statuses : status => sort([for name, o in xrole_onboarding.customer : name if o.status == status]) }
}
