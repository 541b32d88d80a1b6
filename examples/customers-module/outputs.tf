output "invitations" {
  description = "What to send to each customer."
  value       = module.customers.invitations
}

output "instructions" {
  description = "The same as a page in Markdown."
  value       = { for name, o in module.customers.onboardings : name => provider::xrole::instructions(o, "markdown") }
  sensitive   = true # no secret is in it; this keeps whole pages out of each plan
}

output "waiting" {
  description = "Customers who have not pressed the button yet."
  value       = module.customers.by_status.pending
}
