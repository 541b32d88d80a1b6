variable "hub" {
  description = "The partner's side: bucket, table, topics and receiver."
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
  description = "Customer name to AWS account and the region in which it launches its stack."
  type = map(object({
    account_id = string
    region     = optional(string)
  }))
}
