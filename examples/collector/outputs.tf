output "role" {
  description = "What the collector needs to assume the customer's role."
  value = {
    status      = data.xrole_role.customer.status
    role_arn    = data.xrole_role.customer.role_arn
    external_id = data.xrole_role.customer.external_id
  }
}

output "live" {
  description = "The customers whose role is proven."
  value       = keys(data.xrole_roles.live.roles)
}
