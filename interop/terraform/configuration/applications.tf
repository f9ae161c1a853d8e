# The rest of the directory: an interface, a tool that uses it, and who may what.

data "azuread_application_published_app_ids" "well_known" {}

resource "azuread_service_principal" "graph" {
  client_id    = data.azuread_application_published_app_ids.well_known.result.MicrosoftGraph
  use_existing = true
}

resource "azuread_application" "interface" {
  display_name    = "Interface"
  description     = var.description
  identifier_uris = ["api://example.com/interface"]
  owners          = [data.azuread_client_config.current.object_id]
  notes           = "Made by a configuration"

  api {
    requested_access_token_version = 2

    oauth2_permission_scope {
      id                         = "6c1f4a0e-7b5c-4f0f-9a39-0d4a1b0e2c11"
      value                      = "calculate"
      type                       = "User"
      admin_consent_display_name = "Calculate"
      admin_consent_description  = "Calculate with the engine"
      user_consent_display_name  = "Calculate"
      user_consent_description   = "Calculate with the engine"
    }
  }

  app_role {
    id                   = "6c1f4a0e-7b5c-4f0f-9a39-0d4a1b0e2c12"
    value                = "Engine.Read"
    display_name         = "Read"
    description          = "Read the engine"
    allowed_member_types = ["Application", "User"]
  }

  web {
    homepage_url  = "https://interface.example.com"
    redirect_uris = ["https://interface.example.com/callback"]
  }

  optional_claims {
    access_token {
      name = "groups"
    }
  }
}

resource "azuread_service_principal" "interface" {
  client_id                    = azuread_application.interface.client_id
  app_role_assignment_required = true
  owners                       = [data.azuread_client_config.current.object_id]
}

resource "azuread_application_registration" "tool" {
  display_name = "Tool"
  description  = var.description
}

resource "azuread_application_api_access" "tool" {
  application_id = azuread_application_registration.tool.id
  api_client_id  = azuread_application.interface.client_id
  role_ids       = [azuread_application.interface.app_role_ids["Engine.Read"]]
  scope_ids      = [azuread_application.interface.oauth2_permission_scope_ids["calculate"]]
}

resource "azuread_application_redirect_uris" "tool" {
  application_id = azuread_application_registration.tool.id
  type           = "Web"
  redirect_uris  = ["https://tool.example.com/callback"]
}

resource "azuread_application_owner" "tool" {
  application_id  = azuread_application_registration.tool.id
  owner_object_id = azuread_user.ada.object_id
}

resource "azuread_application_password" "tool" {
  application_id = azuread_application_registration.tool.id
  display_name   = "for the tool"
}

resource "azuread_service_principal" "tool" {
  client_id  = azuread_application_registration.tool.client_id
  depends_on = [azuread_application_api_access.tool]
}

resource "azuread_service_principal_password" "tool" {
  service_principal_id = azuread_service_principal.tool.id
}

resource "azuread_app_role_assignment" "tool" {
  app_role_id         = azuread_service_principal.interface.app_role_ids["Engine.Read"]
  principal_object_id = azuread_service_principal.tool.object_id
  resource_object_id  = azuread_service_principal.interface.object_id
}

resource "azuread_app_role_assignment" "graph" {
  app_role_id         = azuread_service_principal.graph.app_role_ids["User.Read.All"]
  principal_object_id = azuread_service_principal.tool.object_id
  resource_object_id  = azuread_service_principal.graph.object_id
}

resource "azuread_service_principal_delegated_permission_grant" "tool" {
  service_principal_object_id          = azuread_service_principal.tool.object_id
  resource_service_principal_object_id = azuread_service_principal.interface.object_id
  claim_values                         = ["calculate"]
}

resource "azuread_directory_role" "reader" {
  display_name = "Directory Readers"
}

resource "azuread_directory_role_assignment" "reader" {
  role_id             = azuread_directory_role.reader.template_id
  principal_object_id = azuread_user.ada.object_id
}
