# In a configuration other than the one that made the hub.
data "xrole_hub" "main" {
  name = "acme"
}

data "xrole_role" "globex" {
  hub  = data.xrole_hub.main
  name = "globex"
}
