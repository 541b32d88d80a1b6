data "xrole_hub" "main" {
  name = "acme"
}

data "xrole_role" "globex" {
  hub  = data.xrole_hub.main
  name = "globex"

  # Leave this out to see what there is without waiting.
  wait = {
    status  = "verified"
    timeout = "10m"
  }
}

output "globex_role_arn" {
  value = data.xrole_role.globex.role_arn
}
