# The hub's name; it is looked for in the provider's region. What it was applied with is kept in its registry, and fills
# the state.
terraform import xrole_hub.main acme
