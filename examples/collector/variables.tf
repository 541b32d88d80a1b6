variable "region" {
  description = "The hub's home region."
  type        = string
  default     = "us-east-1"
}

variable "customer" {
  description = "The customer's name."
  type        = string
}
