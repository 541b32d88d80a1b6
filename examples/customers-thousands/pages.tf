# The pages for those who have not launched yet. An element of "onboardings" has what came out; account, role and hub are
# merged in, so that the page shows them.
output "pages" {
  value = {
    for name, o in xrole_onboardings.all.onboardings : name => provider::xrole::instructions(
      merge(o, { name = name, hub = data.xrole_hub.main, role = local.role }, local.customers[name]), "html"
    ) if o.status == "pending"
  }
  sensitive = true # no secret is in it; this keeps the pages out of each plan
}
