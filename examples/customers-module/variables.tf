variable "trusted_principal_arns" {
  description = "The roles of yours that customers' roles let in."
  type        = set(string)
}

variable "customers" {
  description = "Customer name to AWS account, and what differs for that customer."
  type = map(object({
    account_id = string
    region     = optional(string)
  }))
}
