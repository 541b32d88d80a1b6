# All onboardings of a hub, by the hub's name:
terraform import xrole_onboardings.customers acme

# Of a hub that was made by hand, by region and table:
terraform import xrole_onboardings.customers us-east-1,xrole-acme
