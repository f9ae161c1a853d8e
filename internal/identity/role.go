package identity

// Role is the template id of a built-in directory role, in lower case, as claim
// wids carries it.
type Role string

// The directory roles that the rules know.
const (
	GlobalAdministrator           Role = "62e90394-69f5-4237-9190-012177145e10"
	ApplicationAdministrator      Role = "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3"
	CloudApplicationAdministrator Role = "158c047a-c907-4556-b7ef-446551a6b5f7"
	HybridIdentityAdministrator   Role = "8ac3fc64-6eca-42ea-9e69-59f4c7b60eb2"
	ApplicationDeveloper          Role = "cf1c38e5-3621-4004-a7cb-879624dced7c"
	PrivilegedRoleAdministrator   Role = "e8611ab8-c189-46e8-94e1-60213ab1f814"
	UserAdministrator             Role = "fe930be7-5e62-47db-91af-98c3a49a38b1"
	GroupsAdministrator           Role = "fdd7a751-b60b-444a-984c-02652fe8fa1c"
	DirectoryReaders              Role = "88d8e3e3-8f55-4a1e-953a-9b9898b8876b"
	GlobalReader                  Role = "f2ef992c-3afb-46b9-b7cf-a126ee74c451"
	ReportsReader                 Role = "4a5d8f65-41da-4de4-8968-e035b65339cf"
	SecurityReader                Role = "5d6b6bb7-de71-4623-b4af-96380a352509"
	SecurityAdministrator         Role = "194ae4cb-b126-40b2-bd5b-6091b380977d"
	SecurityOperator              Role = "5f2222b1-57c3-48ba-8ad5-d4759f1fde6f"
)

// RoleDefinition is a built-in directory role with its display name.
type RoleDefinition struct {
	ID   Role
	Name string
}

// BuiltInRoles returns the directory roles that the rules know.
func BuiltInRoles() []RoleDefinition {
	return []RoleDefinition{
		{GlobalAdministrator, "Global Administrator"},
		{ApplicationAdministrator, "Application Administrator"},
		{CloudApplicationAdministrator, "Cloud Application Administrator"},
		{HybridIdentityAdministrator, "Hybrid Identity Administrator"},
		{ApplicationDeveloper, "Application Developer"},
		{PrivilegedRoleAdministrator, "Privileged Role Administrator"},
		{UserAdministrator, "User Administrator"},
		{GroupsAdministrator, "Groups Administrator"},
		{DirectoryReaders, "Directory Readers"},
		{GlobalReader, "Global Reader"},
		{ReportsReader, "Reports Reader"},
		{SecurityReader, "Security Reader"},
		{SecurityAdministrator, "Security Administrator"},
		{SecurityOperator, "Security Operator"},
	}
}

// Name returns the role's display name, or its id when the rules do not know it.
func (r Role) Name() string {
	for _, d := range BuiltInRoles() {
		if d.ID == r {
			return d.Name
		}
	}
	return string(r)
}

// Action is a resource action that a custom directory role can permit.
type Action string

// The actions that the rules know. Any other action of a custom role opens nothing.
const (
	ReadServicePrincipalSynchronization Action = "microsoft.directory/servicePrincipals/synchronization/standard/read"
	ReadApplicationSynchronization      Action = "microsoft.directory/applications/synchronization/standard/read"
	ManageSynchronizationJobs           Action = "microsoft.directory/servicePrincipals/synchronizationJobs/manage"
	ManageSynchronizationSchema         Action = "microsoft.directory/servicePrincipals/synchronizationSchema/manage"
	ManageSynchronizationCredentials    Action = "microsoft.directory/servicePrincipals/synchronizationCredentials/manage"
	ReadProvisioningLogs                Action = "microsoft.directory/provisioningLogs/allProperties/read"
	InstantiateApplicationTemplate      Action = "microsoft.directory/applicationTemplates/instantiate"
	ReadAppRoleAssignedTo               Action = "microsoft.directory/servicePrincipals/appRoleAssignedTo/read"
	UpdateAppRoleAssignedTo             Action = "microsoft.directory/servicePrincipals/appRoleAssignedTo/update"
)

// Actions returns the custom-role actions that the rules know.
func Actions() []Action {
	return []Action{
		ReadServicePrincipalSynchronization, ReadApplicationSynchronization,
		ManageSynchronizationJobs, ManageSynchronizationSchema, ManageSynchronizationCredentials,
		ReadProvisioningLogs, InstantiateApplicationTemplate,
		ReadAppRoleAssignedTo, UpdateAppRoleAssignedTo,
	}
}
