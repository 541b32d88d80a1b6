# terraform query
# terraform query -generate-config-out=adopted.tf    writes what to import
list "xrole_onboarding" "all" {
  provider = xrole
  limit    = 1000

  config {
    hub = {
      account_id = "111122223333"
      region     = "us-east-1"
      table      = "xrole-acme"
    }
  }
}

# Those with a role that stands, with all attributes.
list "xrole_onboarding" "live" {
  provider         = xrole
  include_resource = true

  config {
    hub = {
      account_id = "111122223333"
      region     = "us-east-1"
      table      = "xrole-acme"
    }
    statuses = ["verified", "leaving"]
  }
}
