# By the hub's name, in the provider's region.
terraform import 'xrole_onboarding.globex' 'acme,globex'

# By region and table, for a hub made by hand.
terraform import 'xrole_onboarding.globex' 'us-east-1,xrole-acme,globex'
