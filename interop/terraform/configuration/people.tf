resource "azuread_user" "manager" {
  user_principal_name = "charles@example.com"
  mail_nickname       = "charles"
  display_name        = "Charles Babbage"
  password            = "Not-kept-1"
}

resource "azuread_user" "ada" {
  user_principal_name   = "ada@example.com"
  mail_nickname         = "ada"
  display_name          = "Ada Lovelace"
  given_name            = "Ada"
  surname               = "Lovelace"
  job_title             = var.job_title
  department            = "Engines"
  company_name          = "Analytical"
  employee_id           = "1815"
  office_location       = "London"
  usage_location        = "GB"
  preferred_language    = "en-GB"
  mobile_phone          = "+44 20 7946 0001"
  business_phones       = ["+44 20 7946 0002"]
  other_mails           = ["ada@example.org"]
  manager_id            = azuread_user.manager.object_id
  password              = "Not-kept-1"
  force_password_change = true
}

resource "azuread_group" "staff" {
  display_name     = "Staff"
  description      = var.description
  security_enabled = true
  owners           = [data.azuread_client_config.current.object_id]
  members          = [azuread_user.manager.object_id, azuread_user.ada.object_id]
}

resource "azuread_group_without_members" "readers" {
  display_name     = "Readers"
  security_enabled = true
}

resource "azuread_group_member" "reader" {
  group_object_id  = azuread_group_without_members.readers.object_id
  member_object_id = azuread_user.ada.object_id
}

data "azuread_user" "ada" {
  user_principal_name = azuread_user.ada.user_principal_name
}

data "azuread_users" "both" {
  user_principal_names = [azuread_user.ada.user_principal_name, azuread_user.manager.user_principal_name]
}

data "azuread_group" "staff" {
  display_name     = azuread_group.staff.display_name
  security_enabled = true
}

data "azuread_groups" "readers" {
  display_names = [azuread_group_without_members.readers.display_name]
}

data "azuread_domains" "all" {}
