package identity

// Operation is something a caller can ask for, named the same on both containers
// (applications and servicePrincipals) and in both versions of the API.
type Operation string

// Synchronization, apart from jobs and their schema.
const (
	AcquireAccessToken     Operation = "synchronization.acquireAccessToken"
	ReadSynchronization    Operation = "synchronization.read" // the container, and Ping
	ReplaceSynchronization Operation = "synchronization.replace"
	DeleteSynchronization  Operation = "synchronization.delete"
	ReadSecrets            Operation = "synchronization.secrets.read" // keys; values are masked
	PutSecrets             Operation = "synchronization.secrets.put"
	SetSyncAll             Operation = "synchronization.secrets.setSyncAll" // in addition, when the SyncAll entry changes
	ReadTemplates          Operation = "synchronization.templates.read"     // their schema too
	WriteTemplates         Operation = "synchronization.templates.write"    // their schema too
	ReadProvisioningLog    Operation = "auditLogs.provisioning.read"
	BulkUpload             Operation = "synchronization.jobs.bulkUpload"
	ParseExpression        Operation = "synchronization.schema.parseExpression"
	ReadFilterOperators    Operation = "synchronization.schema.filterOperators"
	ReadFunctions          Operation = "synchronization.schema.functions"
	DiscoverDirectory      Operation = "synchronization.schema.discover"
	ReadSchema             Operation = "synchronization.schema.read"  // directories too
	PutSchema              Operation = "synchronization.schema.put"   // PATCH and directories too
	DeleteSchema           Operation = "synchronization.schema.reset" // back to the template's
	ListJobs               Operation = "synchronization.jobs.list"
	ReadJob                Operation = "synchronization.jobs.read"
	CreateJob              Operation = "synchronization.jobs.create"
	UpdateJob              Operation = "synchronization.jobs.update"
	DeleteJob              Operation = "synchronization.jobs.delete"
	StartJob               Operation = "synchronization.jobs.start"
	PauseJob               Operation = "synchronization.jobs.pause"
	RestartJob             Operation = "synchronization.jobs.restart"
	ValidateCredentials    Operation = "synchronization.jobs.validateCredentials"
	ProvisionOnDemand      Operation = "synchronization.jobs.provisionOnDemand"
)

// Applications, service principals and what hangs on them. Looking among the
// deleted is reading; restoring is updating; deleting for good is deleting.
const (
	ReadApplications         Operation = "applications.read"
	CreateApplication        Operation = "applications.create"
	UpdateApplication        Operation = "applications.update"
	DeleteApplication        Operation = "applications.delete"
	WriteApplicationPassword Operation = "applications.password.write" // add and remove
	ReadServicePrincipals    Operation = "servicePrincipals.read"
	CreateServicePrincipal   Operation = "servicePrincipals.create" // Object is the application
	UpdateServicePrincipal   Operation = "servicePrincipals.update" // passwords too
	DeleteServicePrincipal   Operation = "servicePrincipals.delete"
	ReadOwners               Operation = "owners.read" // of applications and service principals
	WriteOwners              Operation = "owners.write"
	ReadApplicationTemplates Operation = "applicationTemplates.read"
	InstantiateTemplate      Operation = "applicationTemplates.instantiate"
	ReadAppRoleAssignments   Operation = "appRoleAssignedTo.read"
	CreateAppRoleAssignment  Operation = "appRoleAssignedTo.create"
	DeleteAppRoleAssignment  Operation = "appRoleAssignedTo.delete"
	// GrantApplicationPermission is creating an app role assignment whose resource
	// is Graph itself: it hands out application permissions, so that who may assign
	// people to applications cannot make itself administrator.
	GrantApplicationPermission Operation = "appRoleAssignedTo.grantPermission"
	ReadPermissionGrants       Operation = "oauth2PermissionGrants.read"
	WritePermissionGrants      Operation = "oauth2PermissionGrants.write"
)

// Users, groups and the tenant.
const (
	ReadMe               Operation = "me.read"
	ReadUsers            Operation = "users.read"
	ReadUsersDelta       Operation = "users.delta" // manager too, which basic reading leaves out
	CreateUser           Operation = "users.create"
	UpdateUser           Operation = "users.update" // manager too
	DeleteUser           Operation = "users.delete"
	ReadGroups           Operation = "groups.read"
	ReadMembers          Operation = "groups.members.read" // transitive members and delta too
	WriteMembers         Operation = "groups.members.write"
	ReadGroupOwners      Operation = "groups.owners.read"
	WriteGroupOwners     Operation = "groups.owners.write"
	CreateGroup          Operation = "groups.create"
	UpdateGroup          Operation = "groups.update"
	DeleteGroup          Operation = "groups.delete"
	ReadDirectoryObjects Operation = "directoryObjects.read"
	ReadOrganization     Operation = "organization.read"
	ReadDomains          Operation = "domains.read"
	ReadRoleAssignments  Operation = "roleAssignments.read"
	WriteRoleAssignments Operation = "roleAssignments.write"
	ReadRoleDefinitions  Operation = "roleDefinitions.read"
	WriteRoleDefinitions Operation = "roleDefinitions.write"
	SendBatch            Operation = "batch" // each request in it is weighed for itself
)

// Subscriptions to change notifications: what is asked for is making, reading,
// changing and removing one, by what it is about.
const (
	SubscribeUsers    Operation = "subscriptions.users"
	SubscribeGroups   Operation = "subscriptions.groups"
	SubscribeJobs     Operation = "subscriptions.jobs" // which Graph does not have
	ListSubscriptions Operation = "subscriptions.list"
	// ListEverySubscription is the same, those to jobs included.
	ListEverySubscription Operation = "subscriptions.listEvery"
)
