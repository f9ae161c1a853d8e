# Where Provisor is and who signs in stands in the environment: ARM_METADATA_HOSTNAME,
# ARM_TENANT_ID, ARM_CLIENT_ID, ARM_CLIENT_SECRET, and SSL_CERT_FILE for its certificate
# authority. Nothing else differs from a configuration for Microsoft Entra.
terraform {
  required_providers {
    azuread = {
      source  = "hashicorp/azuread"
      version = "~> 3.9"
    }
  }
}

provider "azuread" {}

data "azuread_client_config" "current" {}

variable "scim" {
  description = "The application that people are provisioned into."
  type = object({
    endpoint       = string
    token_endpoint = string
    client_id      = string
    client_secret  = string
  })
  sensitive = true
}

# What the second apply changes.

variable "job_title" {
  type    = string
  default = "Programmer"
}

variable "enabled" {
  type    = bool
  default = true
}

variable "description" {
  type    = string
  default = "before"
}
