output "link" {
  value = provider::xrole::launch_url({
    region       = "eu-west-1"
    stack_name   = "AcmeAccess"
    template_url = "https://acme-templates.s3.eu-west-1.amazonaws.com/access.yaml"
    parameters   = { Team = "platform & data" }
  })
}
