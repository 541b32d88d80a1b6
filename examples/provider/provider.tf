terraform {
  required_providers {
    xrole = {
      source = "xrole/xrole"
    }
  }
}

# Credentials and region are found as the AWS CLI finds them; all of this is optional.
provider "xrole" {
  region = "us-east-1"

  default_tags = {
    team = "platform"
  }
}
