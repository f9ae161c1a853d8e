# A non-gallery application, who is assigned to it, and its provisioning: what this service is for.

data "azuread_application_template" "custom" {
  display_name = "Custom"
}

resource "azuread_application_from_template" "target" {
  display_name = "Target"
  template_id  = data.azuread_application_template.custom.template_id
}

data "azuread_application" "target" {
  object_id = azuread_application_from_template.target.application_object_id
}

data "azuread_service_principal" "target" {
  object_id = azuread_application_from_template.target.service_principal_object_id
}

resource "azuread_app_role_assignment" "staff" {
  app_role_id         = one([for role in data.azuread_service_principal.target.app_roles : role.id if role.display_name == "User"])
  principal_object_id = azuread_group.staff.object_id
  resource_object_id  = data.azuread_service_principal.target.object_id
}

# The application is strict; the flag makes PATCH requests those of RFC 7644.
resource "azuread_synchronization_secret" "target" {
  service_principal_id = data.azuread_service_principal.target.id

  credential {
    key   = "BaseAddress"
    value = "${var.scim.endpoint}?aadOptscim062020"
  }
  credential {
    key   = "Oauth2TokenExchangeUri"
    value = var.scim.token_endpoint
  }
  credential {
    key   = "Oauth2ClientId"
    value = var.scim.client_id
  }
  credential {
    key   = "Oauth2ClientSecret"
    value = var.scim.client_secret
  }
}

resource "azuread_synchronization_job" "target" {
  service_principal_id = data.azuread_service_principal.target.id
  template_id          = "scim"
  enabled              = var.enabled

  depends_on = [azuread_synchronization_secret.target, azuread_app_role_assignment.staff]
}

resource "azuread_synchronization_job_provision_on_demand" "ada" {
  service_principal_id   = data.azuread_service_principal.target.id
  synchronization_job_id = azuread_synchronization_job.target.id

  parameter {
    rule_id = "03f7d90d-bf71-41b1-bda6-aaf0ddbee5d8"
    subject {
      object_id        = azuread_user.ada.object_id
      object_type_name = "User"
    }
  }

  # Again whenever it would say something else.
  triggers = {
    job_title = azuread_user.ada.job_title
  }
}
