output "bucket" {
  description = "The bucket that holds the templates."
  value       = xrole_hub.main.bucket
}

output "invitations" {
  description = "What to send to each customer."
  value       = { for name, o in xrole_onboarding.customer : name => o.launch_url }
}

output "instructions" {
  description = "The same as a page in Markdown, with what to check and what to do if it fails."
  value       = { for name, o in xrole_onboarding.customer : name => provider::xrole::instructions(o, "markdown") }
  sensitive   = true # no secret is in it; this keeps whole pages out of each plan
}

output "roles" {
  description = "What came back so far."
  value       = { for name, o in xrole_onboarding.customer : name => { status = o.status, role_arn = o.role_arn } }
}
