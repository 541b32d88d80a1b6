import {
  to = xrole_onboarding.globex
  identity = {
    account_id = "111122223333" # of the hub; default: the credentials' own
    region     = "us-east-1"    # of the hub; default: the provider's
    table      = "xrole-acme"
    name       = "globex"
  }
}
