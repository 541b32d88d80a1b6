# What is refused before any request is made.

mock_provider "xrole" {}

variables {
  hub = {
    account_id             = "111122223333"
    partition              = "aws"
    region                 = "us-east-1"
    regions                = ["us-east-1"]
    bucket                 = "xrole-acme-111122223333-us-east-1-an"
    table                  = "xrole-acme"
    topic_name             = "xrole-acme"
    trusted_principal_arns = ["arn:aws:iam::111122223333:role/acme-collector"]
    receiver_role_arn      = "arn:aws:iam::111122223333:role/xrole-acme-receiver"
    receiver_function_arn  = "arn:aws:lambda:us-east-1:111122223333:function:xrole-acme-receiver"
  }

  role = { name = "AcmeAccess", managed_policy_arns = ["arn:aws:iam::aws:policy/SecurityAudit"] }
}

run "a_name_with_a_space" {
  command         = plan
  expect_failures = [var.customers]

  variables {
    customers = { "Globex Inc" = { account_id = "222222222222" } }
  }
}

run "an_account_id_that_lost_its_zeros" {
  command         = plan
  expect_failures = [var.customers]

  variables {
    customers = { globex = { account_id = 1234567890 } }
  }
}

run "a_region_without_a_topic" {
  command         = plan
  expect_failures = [var.customers]

  variables {
    customers = { globex = { account_id = "222222222222", region = "eu-west-1" } }
  }
}

run "the_same_role_twice_in_an_account" {
  command         = plan
  expect_failures = [var.customers]

  variables {
    customers = {
      globex-dev  = { account_id = "222222222222" }
      globex-prod = { account_id = "222222222222" }
    }
  }
}

run "two_roles_of_an_account" {
  command = plan

  variables {
    customers = {
      globex-dev  = { account_id = "222222222222" }
      globex-prod = { account_id = "222222222222", role = { name = "AcmeAccessProd" } }
    }
  }
}

run "a_role_to_take_over_of_no_account" {
  command         = plan
  expect_failures = [var.customers]

  variables {
    customers = { globex = { external_id = "5c0f3f6e-8a1b-4d52-9b7e-2f6d1c9a7e30", existing_role_arn = "arn:aws:iam::222222222222:role/old" } }
  }
}

run "a_role_that_may_do_nothing" {
  command         = plan
  expect_failures = [var.customers]

  variables {
    role      = { name = "AcmeAccess" }
    customers = { globex = { account_id = "222222222222" } }
  }
}

run "a_role_and_a_template" {
  command         = plan
  expect_failures = [var.role]

  variables {
    template_body = "Resources: {}"
    customers     = { globex = { account_id = "222222222222" } }
  }
}

run "an_unknown_template_mode" {
  command         = plan
  expect_failures = [var.template_mode]

  variables {
    template_mode = "both"
    customers     = {}
  }
}
