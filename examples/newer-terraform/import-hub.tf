import {
  to = xrole_hub.main
  identity = {
    account_id = "111122223333" # default: the credentials' own
    region     = "us-east-1"    # default: the provider's
    name       = "acme"
  }
}
