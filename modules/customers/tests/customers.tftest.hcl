# Plans with a provider that makes no request: what the module hands to each onboarding.

mock_provider "xrole" {
  override_during = plan

  mock_resource "xrole_onboarding" {
    defaults = {
      launch_url = "https://console.example/launch"
      status     = "pending"
      role_arn   = null
    }
  }
}

variables {
  hub = {
    account_id             = "111122223333"
    partition              = "aws"
    region                 = "us-east-1"
    regions                = ["us-east-1", "eu-west-1"]
    bucket                 = "xrole-acme-111122223333-us-east-1-an"
    table                  = "xrole-acme"
    topic_name             = "xrole-acme"
    trusted_principal_arns = ["arn:aws:iam::111122223333:role/acme-collector"]
    receiver_role_arn      = "arn:aws:iam::111122223333:role/xrole-acme-receiver"
    receiver_function_arn  = "arn:aws:lambda:us-east-1:111122223333:function:xrole-acme-receiver"
  }

  role = {
    name                = "AcmeAccess"
    managed_policy_arns = ["arn:aws:iam::aws:policy/SecurityAudit"]
    tags                = { vendor = "acme" }
  }

  tags     = { team = "platform" }
  rotation = "2026-Q4"

  customers = {
    globex = { account_id = "222222222222" }
    initech = {
      account_id    = "333333333333"
      region        = "eu-west-1"
      force_destroy = true
      rotation      = "after-the-leak"
      tags          = { tier = "gold" }
      role = {
        name                = "AcmeReadOnly"
        managed_policy_arns = ["arn:aws:iam::aws:policy/ReadOnlyAccess"]
      }
    }
  }
}

run "each_customer_has_an_onboarding" {
  command = plan

  assert {
    condition     = join(" ", keys(xrole_onboarding.customer)) == "globex initech"
    error_message = "There must be one onboarding for each customer, by name."
  }

  assert {
    condition     = xrole_onboarding.customer["globex"].name == "globex" && xrole_onboarding.customer["globex"].account_id == "222222222222"
    error_message = "Name and account must be the customer's."
  }

  assert {
    condition     = xrole_onboarding.customer["initech"].region == "eu-west-1"
    error_message = "The region must be the customer's."
  }
}

run "shared_settings_are_defaults" {
  command = plan

  assert {
    condition     = xrole_onboarding.customer["globex"].role.name == "AcmeAccess" && xrole_onboarding.customer["initech"].role.name == "AcmeReadOnly"
    error_message = "A customer's own role name must win over the shared one."
  }

  assert {
    condition     = xrole_onboarding.customer["initech"].role.managed_policy_arns == toset(["arn:aws:iam::aws:policy/ReadOnlyAccess"])
    error_message = "A customer's own policies must take the place of the shared ones."
  }

  assert {
    condition     = xrole_onboarding.customer["initech"].role.tags == tomap({ vendor = "acme" })
    error_message = "What a customer's role leaves out must be as shared."
  }

  assert {
    condition     = xrole_onboarding.customer["globex"].tags == tomap({ team = "platform" }) && xrole_onboarding.customer["initech"].tags == tomap({ team = "platform", tier = "gold" })
    error_message = "A customer's tags must be added to the shared ones."
  }

  assert {
    condition     = xrole_onboarding.customer["initech"].force_destroy && !xrole_onboarding.customer["globex"].force_destroy
    error_message = "force_destroy must be the customer's own where it is set."
  }

  assert {
    condition     = xrole_onboarding.customer["initech"].rotation == "after-the-leak" && xrole_onboarding.customer["globex"].rotation == "2026-Q4"
    error_message = "rotation must be the customer's own where it is set."
  }
}

run "a_template_of_the_partners_own" {
  command = plan

  variables {
    role          = {}
    template_body = "Resources: {}"
    template_mode = "parameters"
    parameters    = { Plan = "basic", Zone = "a" }
    customers     = { globex = { account_id = "222222222222", parameters = { Plan = "gold" } } }
  }

  assert {
    condition     = xrole_onboarding.customer["globex"].role == null && xrole_onboarding.customer["globex"].template_body == "Resources: {}"
    error_message = "A template of the partner's own takes the place of the role."
  }

  assert {
    condition     = xrole_onboarding.customer["globex"].parameters == tomap({ Plan = "gold", Zone = "a" })
    error_message = "A customer's parameters must win over the shared ones."
  }
}

run "outputs_before_anything_came_back" {
  command = plan

  assert {
    condition     = output.invitations == { globex = "https://console.example/launch", initech = "https://console.example/launch" }
    error_message = "Each customer must have its link."
  }

  assert {
    condition     = length(output.roles) == 0
    error_message = "A role that did not come back must not be there."
  }

  assert {
    condition     = join(" ", output.by_status.pending) == "globex initech" && length(output.by_status.verified) == 0
    error_message = "Customers must be listed under their status."
  }
}

run "outputs_once_a_role_is_verified" {
  command = plan

  override_resource {
    target          = xrole_onboarding.customer["globex"]
    override_during = plan
    values = {
      launch_url = "https://console.example/launch"
      status     = "verified"
      role_arn   = "arn:aws:iam::222222222222:role/AcmeAccess"
    }
  }

  override_resource {
    target          = xrole_onboarding.customer["initech"]
    override_during = plan
    values = {
      launch_url = "https://console.example/launch"
      status     = "delivered"
      role_arn   = "arn:aws:iam::333333333333:role/AcmeReadOnly"
    }
  }

  assert {
    condition     = output.roles == { globex = "arn:aws:iam::222222222222:role/AcmeAccess" }
    error_message = "Only verified roles may be given out."
  }

  assert {
    condition     = join(" ", output.by_status.verified) == "globex" && join(" ", output.by_status.delivered) == "initech"
    error_message = "Customers must be listed under their status."
  }
}

run "no_customers" {
  command = plan

  variables {
    customers = {}
  }

  assert {
    condition     = length(xrole_onboarding.customer) == 0 && length(output.by_status.pending) == 0
    error_message = "A hub without customers is no fault."
  }
}
