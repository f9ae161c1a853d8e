package identity

import "maps"

// This file is the permission table: data only. The first permission of a row is
// the least privileged. Sources: Microsoft's published permission data of August
// 2026 for every path it lists; where it lists none, the row of the same verb on
// the documented sibling. Rows name what the source names and nothing that merely
// seems equivalent (the filter operators, for example, are not open to
// Synchronization.Read.All), with one exception: Directory.ReadWrite.All counts
// wherever Directory.Read.All does.

// table returns the rule of every operation.
func table() map[Operation]rule {
	all := map[Operation]rule{}
	for _, rows := range []map[Operation]rule{
		credentialRules(), jobRules(), schemaRules(), logRules(),
		applicationRules(), assignmentRules(), userRules(), groupRules(), tenantRules(), subscriptionRules(),
	} {
		maps.Copy(all, rows)
	}
	return all
}

// provisioners are the directory roles that administer provisioning. Hybrid
// Identity Administrator is meant for cloud sync, but the published pages name it
// for every operation, on whatever object.
func provisioners() []Role {
	return []Role{ApplicationAdministrator, CloudApplicationAdministrator, HybridIdentityAdministrator}
}

// administer is the standing of those who provision: a role, ownership, or a
// custom role with all actions of one row.
func administer(actions ...[]Action) standing {
	return standing{roles: provisioners(), owner: true, actions: actions}
}

// synchronizationRead admits the readers of provisioning settings.
func synchronizationRead(more ...[]Action) rule {
	actions := [][]Action{{ReadServicePrincipalSynchronization}, {ReadApplicationSynchronization}}
	return rule{
		delegated: access{
			any:   []Permission{SynchronizationRead, SynchronizationReadWrite},
			older: []Permission{DirectoryRead, DirectoryReadWrite},
		},
		standing: administer(append(actions, more...)...),
		application: access{
			any:   []Permission{SynchronizationRead, SynchronizationReadWrite},
			owned: []Permission{ApplicationReadWriteOwnedBy},
			older: []Permission{DirectoryRead, DirectoryReadWrite},
		},
	}
}

// synchronizationWrite admits those who change provisioning; a custom role needs
// all the actions.
func synchronizationWrite(actions ...Action) rule {
	return rule{
		delegated: access{
			any:   []Permission{SynchronizationReadWrite},
			older: []Permission{DirectoryReadWrite},
		},
		standing: administer(actions),
		application: access{
			any:   []Permission{SynchronizationReadWrite},
			owned: []Permission{ApplicationReadWriteOwnedBy},
			older: []Permission{DirectoryReadWrite},
		},
	}
}

func credentialRules() map[Operation]rule {
	return map[Operation]rule{
		AcquireAccessToken:  synchronizationWrite(ManageSynchronizationCredentials),
		PutSecrets:          synchronizationWrite(ManageSynchronizationCredentials),
		ValidateCredentials: synchronizationWrite(ManageSynchronizationCredentials),
		SetSyncAll:          synchronizationWrite(ManageSynchronizationJobs, ManageSynchronizationCredentials),
		ReadSecrets:         synchronizationRead([]Action{ManageSynchronizationCredentials}),
	}
}

func jobRules() map[Operation]rule {
	update := synchronizationWrite(ManageSynchronizationSchema)
	update.application.owned = nil // the one write that Application.ReadWrite.OwnedBy does not open
	return map[Operation]rule{
		ReadSynchronization:    synchronizationRead(),
		ReplaceSynchronization: synchronizationWrite(ManageSynchronizationSchema, ManageSynchronizationCredentials),
		DeleteSynchronization:  synchronizationWrite(ManageSynchronizationSchema, ManageSynchronizationCredentials),
		ListJobs:               synchronizationRead(),
		ReadJob:                synchronizationRead(),
		CreateJob:              synchronizationWrite(ManageSynchronizationSchema),
		UpdateJob:              update,
		DeleteJob:              synchronizationWrite(ManageSynchronizationSchema),
		StartJob:               synchronizationWrite(ManageSynchronizationJobs),
		PauseJob:               synchronizationWrite(ManageSynchronizationJobs),
		RestartJob:             synchronizationWrite(ManageSynchronizationJobs),
		ProvisionOnDemand:      synchronizationWrite(ManageSynchronizationJobs),
		BulkUpload: {
			delegated: access{any: []Permission{SynchronizationDataUpload}},
			standing:  standing{}, // Global Administrator alone
			application: access{
				any:   []Permission{SynchronizationDataUpload},
				owned: []Permission{SynchronizationDataUploadOwnedBy},
			},
		},
	}
}

func schemaRules() map[Operation]rule {
	return map[Operation]rule{
		ReadSchema:          synchronizationRead(),
		PutSchema:           synchronizationWrite(ManageSynchronizationSchema),
		DeleteSchema:        synchronizationWrite(ManageSynchronizationSchema),
		ReadTemplates:       synchronizationRead(),
		WriteTemplates:      synchronizationWrite(ManageSynchronizationSchema),
		ParseExpression:     synchronizationWrite(ManageSynchronizationSchema),
		ReadFilterOperators: synchronizationWrite(ManageSynchronizationSchema),
		ReadFunctions:       synchronizationWrite(ManageSynchronizationSchema),
		DiscoverDirectory: {
			delegated: access{any: []Permission{DirectoryReadWrite}},
			standing:  administer([]Action{ManageSynchronizationSchema}),
			application: access{
				any:   []Permission{DirectoryReadWrite},
				owned: []Permission{ApplicationReadWriteOwnedBy},
			},
		},
	}
}

func logRules() map[Operation]rule {
	read := access{any: []Permission{ProvisioningLogRead, AuditLogRead, DirectoryRead, DirectoryReadWrite}}
	return map[Operation]rule{
		ReadProvisioningLog: {
			delegated: read,
			standing: standing{
				roles: []Role{
					ReportsReader, SecurityReader, SecurityAdministrator, SecurityOperator, GlobalReader,
					ApplicationAdministrator, CloudApplicationAdministrator,
				},
				owner:   true,
				actions: [][]Action{{ReadProvisioningLogs}},
			},
			application: read,
		},
	}
}

func applicationRules() map[Operation]rule {
	admins := []Role{ApplicationAdministrator, CloudApplicationAdministrator}
	owners := standing{roles: admins, owner: true}
	makers := standing{roles: append(admins, ApplicationDeveloper)}
	read := access{any: []Permission{ApplicationRead, ApplicationReadWrite, DirectoryRead, DirectoryReadWrite}}
	list := access{any: append(read.any, ApplicationReadWriteOwnedBy)} // OwnedBy may read what it does not own
	write := access{any: []Permission{ApplicationReadWrite}}
	own := access{any: write.any, owned: []Permission{ApplicationReadWriteOwnedBy}}
	directory := access{any: []Permission{ApplicationReadWrite, DirectoryReadWrite}}
	ownDirectory := access{any: directory.any, owned: own.owned}
	naming := []Permission{DirectoryRead, DirectoryReadWrite} // reading the owner that is named
	return map[Operation]rule{
		ReadApplications:      {read, standing{member: true}, list},
		ReadServicePrincipals: {read, standing{member: true}, list},
		ReadOwners:            {read, standing{member: true}, list},
		CreateApplication: {
			delegated:   access{any: []Permission{AppRegistrationCreate, ApplicationReadWrite}},
			standing:    makers,
			application: access{any: []Permission{AppRegistrationCreate, ApplicationReadWriteOwnedBy, ApplicationReadWrite}},
		},
		UpdateApplication:        {write, owners, own},
		DeleteApplication:        {write, owners, own},
		WriteApplicationPassword: {directory, owners, ownDirectory},
		CreateServicePrincipal:   {directory, owners, ownDirectory},
		UpdateServicePrincipal:   {directory, owners, ownDirectory},
		DeleteServicePrincipal:   {directory, owners, ownDirectory},
		WriteOwners: {
			delegated:   access{any: directory.any, with: naming},
			standing:    owners,
			application: access{any: directory.any, owned: own.owned, with: naming},
		},
		ReadApplicationTemplates: {access{anyone: true}, standing{member: true}, access{anyone: true}},
		InstantiateTemplate: {
			delegated:   directory,
			standing:    standing{roles: admins, actions: [][]Action{{InstantiateApplicationTemplate}}},
			application: access{any: append([]Permission{ApplicationReadWriteOwnedBy}, directory.any...)},
		},
	}
}

func assignmentRules() map[Operation]rule {
	admins := []Role{ApplicationAdministrator, CloudApplicationAdministrator}
	assigners := standing{roles: admins, owner: true, actions: [][]Action{{UpdateAppRoleAssignedTo}}}
	grantors := standing{roles: append([]Role{PrivilegedRoleAdministrator}, admins...)}
	readers := []Permission{ApplicationRead, ApplicationReadWrite, DirectoryRead, DirectoryReadWrite}
	read := access{any: readers}
	create := access{any: []Permission{AppRoleAssignmentReadWrite}, with: readers}
	remove := access{any: create.any}
	grant := access{any: []Permission{DelegatedGrantReadWrite, DirectoryReadWrite}}
	granted := access{any: []Permission{DirectoryRead, DelegatedGrantReadWrite, DirectoryReadWrite}}
	return map[Operation]rule{
		ReadAppRoleAssignments: {
			delegated: read,
			standing: standing{
				roles: append([]Role{DirectoryReaders, GlobalReader}, provisioners()...),
				owner: true, actions: [][]Action{{ReadAppRoleAssignedTo}},
			},
			application: access{any: readers, owned: []Permission{ApplicationReadWriteOwnedBy}},
		},
		CreateAppRoleAssignment:    {create, assigners, create},
		DeleteAppRoleAssignment:    {remove, assigners, remove},
		GrantApplicationPermission: {create, standing{roles: []Role{PrivilegedRoleAdministrator}}, create},
		ReadPermissionGrants:       {granted, standing{roles: append(grantors.roles, DirectoryReaders, GlobalReader)}, granted},
		WritePermissionGrants:      {grant, grantors, grant},
	}
}

func userRules() map[Operation]rule {
	everyone := standing{member: true}
	admins := standing{roles: []Role{UserAdministrator}}
	full := []Permission{UserRead, UserReadWrite, DirectoryRead, DirectoryReadWrite}
	basic := access{any: append([]Permission{UserReadBasic}, full...)}
	read := access{any: full}
	write := access{any: []Permission{UserReadWrite, DirectoryReadWrite}}
	remove := access{any: []Permission{UserReadWrite}}
	return map[Operation]rule{
		ReadMe: {
			delegated: access{any: append([]Permission{UserReadSelf, UserReadWriteSelf}, basic.any...)},
			standing:  everyone,
		},
		ReadUsers:      {basic, everyone, basic},
		ReadUsersDelta: {read, everyone, read},
		CreateUser:     {write, admins, write},
		UpdateUser:     {write, admins, write},
		DeleteUser:     {remove, admins, remove},
	}
}

func groupRules() map[Operation]rule {
	everyone := standing{member: true}
	roles := []Role{GroupsAdministrator, UserAdministrator}
	owners := standing{roles: roles, owner: true}
	read := access{any: []Permission{GroupReadBasic, GroupMemberRead, GroupRead, GroupReadWrite, DirectoryRead, DirectoryReadWrite}}
	members := access{any: append([]Permission{GroupMemberReadBasic, GroupMemberReadWrite}, read.any...)}
	theirOwners := access{any: []Permission{GroupMemberRead, GroupMemberReadWrite, GroupRead, GroupReadWrite, DirectoryRead, DirectoryReadWrite}}
	write := access{any: []Permission{GroupReadWrite, DirectoryReadWrite}}
	remove := access{any: []Permission{GroupReadWrite}}
	join := access{any: []Permission{GroupMemberReadWrite, GroupReadWrite, DirectoryReadWrite}}
	create := access{any: []Permission{GroupCreate, GroupReadWrite, DirectoryReadWrite}}
	return map[Operation]rule{
		ReadGroups:       {read, everyone, read},
		ReadMembers:      {members, everyone, members},
		ReadGroupOwners:  {theirOwners, everyone, theirOwners},
		CreateGroup:      {write, standing{roles: roles}, create},
		UpdateGroup:      {write, owners, write},
		DeleteGroup:      {remove, owners, remove},
		WriteMembers:     {join, owners, join},
		WriteGroupOwners: {write, owners, write},
	}
}

func tenantRules() map[Operation]rule {
	everyone := standing{member: true}
	readers := standing{roles: []Role{DirectoryReaders, GlobalReader, PrivilegedRoleAdministrator}}
	privileged := standing{roles: []Role{PrivilegedRoleAdministrator}}
	objects := access{any: []Permission{DirectoryRead, DirectoryReadWrite}}
	domains := access{any: append([]Permission{DomainRead}, objects.any...)}
	organization := append([]Permission{OrganizationRead, UserRead}, objects.any...)
	roles := access{any: append([]Permission{RoleManagementRead, RoleManagementReadWrite}, objects.any...)}
	assign := access{any: []Permission{RoleManagementReadWrite}}
	return map[Operation]rule{
		ReadDirectoryObjects: {objects, everyone, objects},
		ReadDomains:          {domains, everyone, domains},
		ReadOrganization:     {access{any: append([]Permission{UserReadSelf}, organization...)}, everyone, access{any: organization}},
		ReadRoleAssignments:  {roles, readers, roles},
		ReadRoleDefinitions:  {roles, readers, roles},
		WriteRoleAssignments: {assign, privileged, assign},
		WriteRoleDefinitions: {assign, privileged, assign},
		SendBatch:            {access{anyone: true}, everyone, access{anyone: true}},
	}
}

// subscriptionRules name one permission for each resource, as the pages do: a
// permission to write does not open them.
func subscriptionRules() map[Operation]rule {
	everyone := standing{member: true}
	users, groups := access{any: []Permission{UserRead}}, access{any: []Permission{GroupRead}}
	list := access{any: []Permission{UserRead, GroupRead}}
	listAsUser := access{any: append([]Permission{SubscriptionRead}, list.any...)}
	jobs := synchronizationRead()
	return map[Operation]rule{
		SubscribeUsers:    {users, everyone, users},
		SubscribeGroups:   {groups, everyone, groups},
		SubscribeJobs:     jobs,
		ListSubscriptions: {listAsUser, everyone, list},
		ListEverySubscription: {
			delegated: access{any: append(listAsUser.any, jobs.delegated.any...), older: jobs.delegated.older},
			standing:  everyone,
			application: access{
				any:   append(append(list.any, jobs.application.any...), jobs.application.owned...), // what they see are their own
				older: jobs.application.older,
			},
		},
	}
}
