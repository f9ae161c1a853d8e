package identity

// Permission is the name of a Graph permission. The same name may exist twice: as
// a delegated scope and as an application permission (an app role of Graph).
type Permission string

// The permissions that the rules know. Any other name in a token is ignored.
const (
	SynchronizationRead              Permission = "Synchronization.Read.All"
	SynchronizationReadWrite         Permission = "Synchronization.ReadWrite.All"
	SynchronizationDataUpload        Permission = "SynchronizationData-User.Upload"
	SynchronizationDataUploadOwnedBy Permission = "SynchronizationData-User.Upload.OwnedBy"
	ProvisioningLogRead              Permission = "ProvisioningLog.Read.All"
	AuditLogRead                     Permission = "AuditLog.Read.All"
	ApplicationRead                  Permission = "Application.Read.All"
	ApplicationReadWrite             Permission = "Application.ReadWrite.All"
	ApplicationReadWriteOwnedBy      Permission = "Application.ReadWrite.OwnedBy"
	AppRegistrationCreate            Permission = "AppRegistration.Create"
	AppRoleAssignmentReadWrite       Permission = "AppRoleAssignment.ReadWrite.All"
	DelegatedGrantReadWrite          Permission = "DelegatedPermissionGrant.ReadWrite.All"
	DirectoryRead                    Permission = "Directory.Read.All"
	DirectoryReadWrite               Permission = "Directory.ReadWrite.All"
	UserReadSelf                     Permission = "User.Read"
	UserReadWriteSelf                Permission = "User.ReadWrite"
	UserReadBasic                    Permission = "User.ReadBasic.All"
	UserRead                         Permission = "User.Read.All"
	UserReadWrite                    Permission = "User.ReadWrite.All"
	GroupCreate                      Permission = "Group.Create"
	GroupReadBasic                   Permission = "Group.ReadBasic.All"
	GroupRead                        Permission = "Group.Read.All"
	GroupReadWrite                   Permission = "Group.ReadWrite.All"
	GroupMemberReadBasic             Permission = "GroupMember.ReadBasic.All"
	GroupMemberRead                  Permission = "GroupMember.Read.All"
	GroupMemberReadWrite             Permission = "GroupMember.ReadWrite.All"
	OrganizationRead                 Permission = "Organization.Read.All"
	DomainRead                       Permission = "Domain.Read.All"
	RoleManagementRead               Permission = "RoleManagement.Read.Directory"
	RoleManagementReadWrite          Permission = "RoleManagement.ReadWrite.Directory"
	SubscriptionRead                 Permission = "Subscription.Read.All"
)

// PermissionDefinition is a permission with the ids under which Graph's own
// service principal offers it. An empty id means that it is not offered in that
// form, or that no id is published.
type PermissionDefinition struct {
	Name Permission
	// ScopeID is the id among oauth2PermissionScopes.
	ScopeID string
	// AppRoleID is the id among appRoles.
	AppRoleID string
}

// Permissions returns every permission the rules know, in the order of the
// constants, with the ids that Microsoft publishes.
func Permissions() []PermissionDefinition {
	return []PermissionDefinition{
		{SynchronizationRead, "7aa02aeb-824f-4fbe-a3f7-611f751f5b55", "5ba43d2f-fa88-4db2-bd1c-a67c5f0fb1ce"},
		{SynchronizationReadWrite, "7bb27fa3-ea8f-4d67-a916-87715b6188bd", "9b50c33d-700f-43b1-b2eb-87e89b703581"},
		{SynchronizationDataUpload, "1a2e7420-4e92-4d2b-94cb-fb2952e9ddf7", "db31e92a-b9ea-4d87-bf6a-75a37a9ca35a"},
		{SynchronizationDataUploadOwnedBy, "", ""},
		{ProvisioningLogRead, "", ""},
		{AuditLogRead, "e4c9e354-4dc5-45b8-9e7c-e1393b0b1a20", "b0afded3-3588-46d8-8b3d-9842eff778da"},
		{ApplicationRead, "c79f8feb-a9db-4090-85f9-90d820caa0eb", "9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30"},
		{ApplicationReadWrite, "bdfbf15f-ee85-4955-8675-146e8e5296b5", "1bfefb4e-e0b5-418b-a88f-73c46d2cc8e9"},
		{ApplicationReadWriteOwnedBy, "", "18a4783c-866b-4cc7-a460-3d5e5662c884"},
		{AppRegistrationCreate, "", ""},
		{AppRoleAssignmentReadWrite, "84bccea3-f856-4a8a-967b-dbe0a3d53a64", "06b708a9-e830-4db3-a914-8e69da51d44f"},
		{DelegatedGrantReadWrite, "41ce6ca6-6826-4807-84f1-1c82854f7ee5", "8e8e4742-1d95-4f68-9d56-6ee75648c72a"},
		{DirectoryRead, "06da0dbc-49e2-44d2-8312-53f166ab848a", "7ab1d382-f21e-4acd-a863-ba3e13f7da61"},
		{DirectoryReadWrite, "c5366453-9fb0-48a5-a156-24f0c49a4b84", "19dbc75e-c2e2-444c-a770-ec69d8559fc7"},
		{UserReadSelf, "e1fe6dd8-ba31-4d61-89e7-88639da4683d", ""},
		{UserReadWriteSelf, "b4e74841-8e56-480b-be8b-910348b18b4c", ""},
		{UserReadBasic, "b340eb25-3456-403f-be2f-af7a0d370277", "97235f07-e226-4f63-ace3-39588e11d3a1"},
		{UserRead, "a154be20-db9c-4678-8ab7-66f6cc099a59", "df021288-bdef-4463-88db-98f22de89214"},
		{UserReadWrite, "204e0828-b5ca-4ad8-b9f3-f32a958e7cc4", "741f803b-c850-494e-b5df-cde7c675a1ca"},
		{GroupCreate, "", "bf7b1a76-6e77-406b-b258-bf5c7720e98f"},
		{GroupReadBasic, "", ""},
		{GroupRead, "5f8c59db-677d-491f-a6b8-5f174b11ec1d", "5b567255-7703-4780-807c-7be8301ae99b"},
		{GroupReadWrite, "4e46008b-f24c-477d-8fff-7bb4ec7aafe0", "62a82d76-70ea-41e2-9197-370581804d09"},
		{GroupMemberReadBasic, "", ""},
		{GroupMemberRead, "bc024368-1153-4739-b217-4326f2e966d0", "98830695-27a2-44f7-8c18-0c3ebc9698f6"},
		{GroupMemberReadWrite, "f81125ac-d3b7-4573-a3b2-7099cc39df9e", "dbaae8cf-10b5-4b86-a4a1-f871c94c6695"},
		{OrganizationRead, "4908d5b9-3fb2-4b1e-9336-1888b7937185", "498476ce-e0fe-48b0-b801-37ba7e2685c6"},
		{DomainRead, "2f9ee017-59c1-4f1d-9472-bd5529a7b311", "dbb9058a-0e50-45d7-ae91-66909b5d4664"},
		{RoleManagementRead, "741c54c3-0c1e-44a1-818b-3f97ab4e8c83", "483bed4a-2ad3-4361-a73b-c83ccdbdc53c"},
		{RoleManagementReadWrite, "d01b97e9-cbc0-49fe-810a-750afd5527a3", "9e3f62cf-ca93-4989-b6ce-bf83c28f9fe8"},
		{SubscriptionRead, "5f88184c-80bb-4d52-9ff2-757288b2e9b7", ""},
	}
}
