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
  region = var.hub.region
}

data "xrole_role" "customer" {
  hub  = var.hub
  name = var.customer
}

data "xrole_roles" "live" {
  hub      = var.hub
  statuses = ["verified"]
}
