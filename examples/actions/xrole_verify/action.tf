data "xrole_hub" "main" {
  name = "acme"
}

# terraform apply -invoke=action.xrole_verify.globex
action "xrole_verify" "globex" {
  config {
    hub  = data.xrole_hub.main
    name = "globex"
  }
}

# Before each release, which must not start while the role is not in order.
resource "terraform_data" "release" {
  input = "v1.4.0"

  lifecycle {
    action_trigger {
      events  = [before_create, before_update]
      actions = [action.xrole_verify.globex]
    }
  }
}
