# Another configuration of the vendor: the collector that uses a customer's role.

terraform {
  required_version = ">= 1.11"
  required_providers {
    xrole = {
      source = "xrole/xrole"
    }
  }
}

provider "xrole" {
  region = var.region
}

data "xrole_hub" "main" {
  name = "acme"
}

data "xrole_role" "customer" {
  hub  = data.xrole_hub.main
  name = var.customer
}

data "xrole_roles" "live" {
  hub      = data.xrole_hub.main
  statuses = ["verified"]
}
