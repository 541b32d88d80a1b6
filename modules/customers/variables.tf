variable "hub" {
  description = "The partner's side: an xrole_hub, or an object with these attributes."
  nullable    = false
  type = object({
    account_id             = string
    partition              = string
    region                 = string
    regions                = set(string)
    bucket                 = string
    table                  = string
    topic_name             = string
    trusted_principal_arns = set(string)
    receiver_role_arn      = string
    receiver_function_arn  = string
  })
}

variable "customers" {
  description = <<-EOT
    The customers, by name. What a customer's `role` says takes the place of the same attribute of `role`; everything
    else left out is `xrole_onboarding`'s default. `account_id` may be left out only in a hub that is open to anyone.
  EOT
  nullable    = false
  type = map(object({
    account_id = optional(string)
    region     = optional(string)
    role = optional(object({
      name                     = optional(string)
      path                     = optional(string)
      description              = optional(string)
      max_session_duration     = optional(number)
      permissions_boundary_arn = optional(string)
      managed_policy_arns      = optional(set(string))
      inline_policies          = optional(map(string))
      tags                     = optional(map(string))
    }), {})
    parameters        = optional(map(string))
    stack_name        = optional(string)
    external_id       = optional(string)
    existing_role_arn = optional(string)
    rotation          = optional(string)
    rotation_finish   = optional(bool)
    adopt             = optional(bool)
    force_destroy     = optional(bool)
    tags              = optional(map(string), {})
  }))

  validation {
    condition = alltrue([for name in keys(var.customers) : can(regex("^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$", name))])
    error_message = format(
      "The key of each customer is its name: 1 to 64 letters, digits, dots, hyphens or underscores, the first a letter or digit. Not so: %s.",
      join(", ", [for name in keys(var.customers) : jsonencode(name) if !can(regex("^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$", name))]),
    )
  }

  validation {
    condition = alltrue([for c in values(var.customers) : c.account_id == null || can(regex("^[0-9]{12}$", c.account_id))])
    error_message = format(
      "An AWS account id has twelve digits; write it in quotes, so that leading zeros stay. Not so: %s.",
      join(", ", [for name, c in var.customers : "${name} (${jsonencode(c.account_id)})" if c.account_id != null && !can(regex("^[0-9]{12}$", c.account_id))]),
    )
  }

  validation {
    condition = alltrue([for c in values(var.customers) : c.region == null || contains(var.hub.regions, coalesce(c.region, "-"))])
    error_message = format(
      "A customer launches in one of the hub's regions, %s; add the region to the hub or choose one of these. Not so: %s.",
      join(", ", sort(var.hub.regions)),
      join(", ", [for name, c in var.customers : "${name} (${c.region})" if c.region != null && !contains(var.hub.regions, coalesce(c.region, "-"))]),
    )
  }

  validation {
    condition = alltrue([for c in values(var.customers) : c.existing_role_arn == null || c.account_id != null])
    error_message = format(
      "existing_role_arn takes over a role that a customer gave before, so it needs the account_id that the role is in. Missing for: %s.",
      join(", ", [for name, c in var.customers : name if c.existing_role_arn != null && c.account_id == null]),
    )
  }

  # Names of roles are unique in an account, whatever their path.
  validation {
    condition = alltrue([for names in values({
      for name, c in var.customers : "${c.account_id} ${try(coalesce(c.role.name, var.role.name), "")}" => name...
      if c.account_id != null && c.role.name != null || c.account_id != null && var.role.name != null
    }) : length(names) == 1])
    error_message = format(
      "Two customers with the same account_id need roles of different names: give each a role.name of its own. The same: %s.",
      join("; ", [for names in values({
        for name, c in var.customers : "${c.account_id} ${try(coalesce(c.role.name, var.role.name), "")}" => name...
        if c.account_id != null && c.role.name != null || c.account_id != null && var.role.name != null
      }) : join(", ", names) if length(names) > 1]),
    )
  }

  validation {
    condition = var.template_body != null || alltrue([
      for c in values(var.customers) : c.role.managed_policy_arns != null || c.role.inline_policies != null ||
      var.role.managed_policy_arns != null || var.role.inline_policies != null
    ])
    error_message = "A role without a policy may do nothing: set managed_policy_arns or inline_policies in role, or in each customer's role, or give a template_body."
  }
}

variable "role" {
  description = "The role that each customer is asked for, as `role` of xrole_onboarding. Leave it out with `template_body`."
  nullable    = false
  default     = {}
  type = object({
    name                     = optional(string)
    path                     = optional(string)
    description              = optional(string)
    max_session_duration     = optional(number)
    permissions_boundary_arn = optional(string)
    managed_policy_arns      = optional(set(string))
    inline_policies          = optional(map(string))
    tags                     = optional(map(string))
    allow_session_tags       = optional(bool)
    allow_source_identity    = optional(bool)
  })

  validation {
    condition     = var.template_body == null || alltrue([for value in values(var.role) : value == null])
    error_message = "template_body says itself what role it makes: give either it or role."
  }
}

variable "template_body" {
  description = "A CloudFormation template of your own for all customers, in place of `role`."
  type        = string
  default     = null
}

variable "template_mode" {
  description = "How values get into the template: `pinned` or `parameters`."
  type        = string
  default     = "pinned"
  nullable    = false

  validation {
    condition     = contains(["pinned", "parameters"], var.template_mode)
    error_message = "template_mode is \"pinned\" or \"parameters\"."
  }
}

variable "builtin_template_version" {
  description = "The version of the built-in template; each customer keeps the one it was made with until another is set."
  type        = number
  default     = null
}

variable "parameters" {
  description = "Values for the parameters of `template_body`, for all customers. They are visible in the links: never a secret."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "rotation" {
  description = "Any text, such as 2026-Q4: changing it gives every customer a new External ID. A customer's own value wins."
  type        = string
  default     = null
}

variable "template_retention_days" {
  description = "How many days a superseded template stays, so that a link sent before goes on working."
  type        = number
  default     = 30
  nullable    = false
}

variable "service_timeout_seconds" {
  description = "How many seconds a customer's stack waits for the receiver's answer, 300 to 3600."
  type        = number
  default     = 600
  nullable    = false
}

variable "force_destroy" {
  description = "Whether customers may be removed while their roles may stand. A customer's own value wins."
  type        = bool
  default     = false
  nullable    = false
}

variable "tags" {
  description = "Tags of every template's object in S3. A customer's own are added."
  type        = map(string)
  default     = {}
  nullable    = false
}
