variable "region" {
  description = "The hub's home region."
  type        = string
  default     = "us-east-1"
}

variable "regions" {
  description = "The regions in which customers may launch."
  type        = set(string)
  default     = ["us-east-1", "eu-west-1"]
}

variable "trusted_principal_arns" {
  description = "The roles of yours that customers' roles let in, the one that runs Terraform among them if it shall use those roles."
  type        = set(string)
}

variable "architecture" {
  description = "The receiver's processor: arm64 or x86_64."
  type        = string
  default     = "arm64"
}

variable "customers" {
  description = "Customer name to AWS account and the region in which it launches its stack."
  type = map(object({
    account_id = string
    region     = optional(string)
  }))
}
