# What came back is read from the resource: a data source beside it would be deferred, for all customers, each time
# anything on the hub or on one customer changes.
resource "xrole_onboarding" "customer" {
  for_each = var.customers

  name       = each.key
  hub        = var.hub
  account_id = each.value.account_id
  region     = each.value.region

  role = var.template_body != null ? null : {
    name                     = each.value.role.name != null ? each.value.role.name : var.role.name
    path                     = each.value.role.path != null ? each.value.role.path : var.role.path
    description              = each.value.role.description != null ? each.value.role.description : var.role.description
    max_session_duration     = each.value.role.max_session_duration != null ? each.value.role.max_session_duration : var.role.max_session_duration
    permissions_boundary_arn = each.value.role.permissions_boundary_arn != null ? each.value.role.permissions_boundary_arn : var.role.permissions_boundary_arn
    managed_policy_arns      = each.value.role.managed_policy_arns != null ? each.value.role.managed_policy_arns : var.role.managed_policy_arns
    inline_policies          = each.value.role.inline_policies != null ? each.value.role.inline_policies : var.role.inline_policies
    tags                     = each.value.role.tags != null ? each.value.role.tags : var.role.tags
    allow_session_tags       = var.role.allow_session_tags
    allow_source_identity    = var.role.allow_source_identity
  }

  template_body            = var.template_body
  template_mode            = var.template_mode
  builtin_template_version = var.builtin_template_version
  parameters               = local.parameters[each.key]
  stack_name               = each.value.stack_name

  external_id             = each.value.external_id
  existing_role_arn       = each.value.existing_role_arn
  rotation                = each.value.rotation != null ? each.value.rotation : var.rotation
  rotation_finish         = each.value.rotation_finish
  adopt                   = each.value.adopt
  force_destroy           = each.value.force_destroy != null ? each.value.force_destroy : var.force_destroy
  template_retention_days = var.template_retention_days
  service_timeout_seconds = var.service_timeout_seconds
  tags                    = length(merge(var.tags, each.value.tags)) == 0 ? null : merge(var.tags, each.value.tags)
}

locals {
  parameters = {
    for name, c in var.customers : name => try(length(merge(var.parameters, c.parameters)), 0) == 0 ? null : merge(var.parameters, c.parameters)
  }

  statuses = ["pending", "delivered", "verified", "leaving", "disconnected", "rejected"]
}
