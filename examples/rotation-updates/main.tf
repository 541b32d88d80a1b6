# What to send to the customers whose stacks run a former template, from a configuration of its own.

terraform {
  required_version = ">= 1.11"
  required_providers {
    xrole = {
      source = "xrole/xrole"
    }
  }
}

provider "xrole" {
  region = "us-east-1"
}

data "xrole_hub" "main" {
  name = "acme"
}

data "xrole_roles" "live" {
  hub      = data.xrole_hub.main
  statuses = ["verified"]
}

output "updates" {
  description = "The console's page and the AWS CLI command with which each of them updates its stack."
  value = {
    for name, role in data.xrole_roles.live.roles : name => { page = role.update_url, command = role.update_command } if role.outdated
  }
}
