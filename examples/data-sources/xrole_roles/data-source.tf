data "xrole_hub" "main" {
  name = "acme"
}

data "xrole_roles" "live" {
  hub      = data.xrole_hub.main
  statuses = ["verified"]
}

output "live" {
  value = { for name, role in data.xrole_roles.live.roles : name => role.role_arn }
}
