package graphapi

import (
	"github.com/provisor/provisor/internal/directory"
	id "github.com/provisor/provisor/internal/identity"
)

func (a *API) userRoutes() []Route {
	const user = "users/{id}"
	return about(userSubject, join(
		[]Route{
			{Method: get, Pattern: "users", Operation: id.ReadUsers, Options: manyExpanded(), handle: a.list(directory.User)},
			{Method: get, Pattern: "users/$count", Operation: id.ReadUsers, Options: counting(), handle: a.countAll(directory.User)},
			{Method: get, Pattern: "users/delta", Operation: id.ReadUsersDelta, Options: changing(), handle: a.delta(directory.User)},
			{Method: post, Pattern: "users", Operation: id.CreateUser, body: jsonRequired, handle: a.createUser},
			{Method: get, Pattern: user, Operation: id.ReadUsers, Options: oneExpanded(), handle: a.getOne},
			{Method: patch, Pattern: user, Operation: id.UpdateUser, body: jsonRequired, handle: a.update(directory.User)},
			{Method: remove, Pattern: user, Operation: id.DeleteUser, handle: a.remove},
			{Method: get, Pattern: user + "/manager", Operation: id.ReadUsersDelta, Options: one(), handle: a.getManager},
			{Method: get, Pattern: user + "/manager/$ref", Operation: id.ReadUsersDelta, handle: a.getManagerLink},
			{Method: put, Pattern: user + "/manager/$ref", Operation: id.UpdateUser, body: jsonRequired, handle: a.putManager},
			{Method: remove, Pattern: user + "/manager/$ref", Operation: id.UpdateUser, handle: a.deleteManager},
			{Method: get, Pattern: user + "/oauth2PermissionGrants", Operation: id.ReadPermissionGrants, Options: short(), handle: a.listGrants(asPrincipal)},
		},
		a.userViews(user, id.ReadUsersDelta, id.ReadMembers, id.ReadDirectoryObjects),
		a.principalRoutes(user),
		a.membershipRoutes(user, id.ReadMembers),
	)...)
}

// userViews are the relations of a user, asked for under the operations given: its
// reports, its groups, what it owns.
func (a *API) userViews(user string, reports, groups, owned id.Operation) []Route {
	return join(
		a.viewRoutes(user+"/directReports", reports, view{relation: directory.Manager, direction: backward}, directory.User),
		a.viewRoutes(user+"/transitiveReports", reports, view{relation: directory.Manager, direction: backward, transitive: true}, directory.User),
		a.viewRoutes(user+"/memberOf", groups, memberOf(), groupTypes()...),
		a.viewRoutes(user+"/transitiveMemberOf", groups, transitively(memberOf()), groupTypes()...),
		a.viewRoutes(user+"/ownedObjects", owned, view{relation: directory.Owners, direction: backward}, directory.Group, directory.Application, directory.ServicePrincipal),
	)
}

// meRoutes show the signed-in user what is its own.
func (a *API) meRoutes() []Route {
	rows := join(
		[]Route{
			{Method: get, Pattern: "me", Operation: id.ReadMe, Options: oneExpanded(), handle: a.me},
			{Method: get, Pattern: "me/manager", Operation: id.ReadMe, Options: one(), handle: a.getManager},
			{Method: get, Pattern: "me/manager/$ref", Operation: id.ReadMe, handle: a.getManagerLink},
			{Method: get, Pattern: "me/appRoleAssignments", Operation: id.ReadMe, Options: paging(), handle: a.listAssignments(asPrincipal)},
			{Method: get, Pattern: "me/oauth2PermissionGrants", Operation: id.ReadMe, Options: short(), handle: a.listGrants(asPrincipal)},
		},
		a.userViews("me", id.ReadMe, id.ReadMe, id.ReadMe),
		a.membershipRoutes("me", id.ReadMe),
	)
	for i := range rows {
		rows[i].subject = callerSubject
	}
	return graph(rows...)
}

func (a *API) groupRoutes() []Route {
	const group = "groups/{id}"
	members := view{relation: directory.Members}
	return about(groupSubject, join(
		[]Route{
			{Method: get, Pattern: "groups", Operation: id.ReadGroups, Options: manyExpanded(), handle: a.list(directory.Group)},
			{Method: get, Pattern: "groups/$count", Operation: id.ReadGroups, Options: counting(), handle: a.countAll(directory.Group)},
			{Method: get, Pattern: "groups/delta", Operation: id.ReadMembers, Options: changing(), handle: a.delta(directory.Group)},
			{Method: post, Pattern: "groups", Operation: id.CreateGroup, body: jsonRequired, handle: a.createGroup},
			{Method: get, Pattern: group, Operation: id.ReadGroups, Options: oneExpanded(), handle: a.getOne},
			{Method: patch, Pattern: group, Operation: id.UpdateGroup, body: jsonRequired, handle: a.update(directory.Group)},
			{Method: remove, Pattern: group, Operation: id.DeleteGroup, handle: a.remove},
			{Method: post, Pattern: group + "/members/$ref", Operation: id.WriteMembers, body: jsonRequired, handle: a.addReference(directory.Members)},
			{Method: remove, Pattern: group + "/members/{otherId}/$ref", Operation: id.WriteMembers, handle: a.removeReference(directory.Members)},
			{Method: post, Pattern: group + "/owners/$ref", Operation: id.WriteGroupOwners, body: jsonRequired, handle: a.addReference(directory.Owners)},
			{Method: remove, Pattern: group + "/owners/{otherId}/$ref", Operation: id.WriteGroupOwners, handle: a.removeReference(directory.Owners)},
		},
		a.viewRoutes(group+"/members", id.ReadMembers, members, memberTypes()...),
		a.viewRoutes(group+"/transitiveMembers", id.ReadMembers, transitively(members), memberTypes()...),
		a.viewRoutes(group+"/memberOf", id.ReadMembers, memberOf(), groupTypes()...),
		a.viewRoutes(group+"/transitiveMemberOf", id.ReadMembers, transitively(memberOf()), groupTypes()...),
		a.viewRoutes(group+"/owners", id.ReadGroupOwners, view{relation: directory.Owners}, directory.User, directory.ServicePrincipal),
		a.principalRoutes(group),
		a.membershipRoutes(group, id.ReadMembers),
	)...)
}

// memberTypes are the types to which clients narrow members. Devices and contacts are
// none of this directory's, so there are never any.
func memberTypes() []directory.Kind {
	return []directory.Kind{directory.User, directory.Group, directory.ServicePrincipal, "device", "orgContact"}
}

// groupTypes are the types to which clients narrow memberOf. There are no
// administrative units here.
func groupTypes() []directory.Kind { return []directory.Kind{directory.Group, "administrativeUnit"} }

// groupsOnly is how memberOf differs from Graph's, which has directory roles among the
// groups.
const groupsOnly = "Groups; directory roles are under roleManagement/directory/roleAssignments"

func memberOf() view { return view{relation: directory.Members, direction: backward} }

func transitively(v view) view {
	v.transitive = true
	return v
}

// viewRoutes are the rows of one relation: the objects, how many they are, the
// references to them, and the same narrowed to each of some kinds.
func (a *API) viewRoutes(path string, operation id.Operation, v view, kinds ...directory.Kind) []Route {
	rows := []Route{
		{Method: get, Pattern: path, Operation: operation, Options: manyExpanded(), handle: a.related(v)},
		{Method: get, Pattern: path + "/$count", Operation: operation, Options: counting(), handle: a.countRelated(v)},
		{Method: get, Pattern: path + "/$ref", Operation: operation, Options: many(), handle: a.relatedLinks(v)},
	}
	if v.relation == directory.Members && v.direction == backward {
		for i := range rows {
			rows[i].Parity, rows[i].Note = Differs, groupsOnly
		}
	}
	for _, kind := range kinds {
		cast := path + "/" + string(kind)
		rows = append(
			rows,
			Route{Method: get, Pattern: cast, Operation: operation, Options: manyExpanded(), handle: a.related(v.of(kind))},
			Route{Method: get, Pattern: cast + "/$count", Operation: operation, Options: counting(), handle: a.countRelated(v.of(kind))},
		)
	}
	return rows
}

// principalRoutes are the app role assignments of a principal.
func (a *API) principalRoutes(path string) []Route {
	path += "/appRoleAssignments"
	return []Route{
		{Method: get, Pattern: path, Operation: id.ReadAppRoleAssignments, Options: assignmentOptions(), handle: a.listAssignments(asPrincipal)},
		{Method: post, Pattern: path, Operation: id.CreateAppRoleAssignment, body: jsonRequired, operations: a.assigning, handle: a.createAssignment(asPrincipal)},
		{Method: get, Pattern: path + "/{assignmentId}", Operation: id.ReadAppRoleAssignments, Options: one(), handle: a.getAssignment(asPrincipal)},
		{Method: remove, Pattern: path + "/{assignmentId}", Operation: id.DeleteAppRoleAssignment, handle: a.deleteAssignment(asPrincipal)},
	}
}

// membershipRoutes ask to which groups an object belongs, directly or not.
func (a *API) membershipRoutes(path string, operation id.Operation) []Route {
	return []Route{
		{Method: post, Pattern: path + "/checkMemberGroups", Operation: operation, body: jsonRequired, handle: a.checkMembership("groupIds")},
		{Method: post, Pattern: path + "/checkMemberObjects", Operation: operation, body: jsonRequired, Parity: Differs, Note: groupsOnly, handle: a.checkMembership("ids")},
		{Method: post, Pattern: path + "/getMemberGroups", Operation: operation, body: jsonOptional, handle: a.getMembership},
		{Method: post, Pattern: path + "/getMemberObjects", Operation: operation, body: jsonOptional, Parity: Differs, Note: groupsOnly, handle: a.getMembership},
	}
}

func (a *API) tenantRoutes() []Route {
	const deleted = "directory/deletedItems/{id}"
	return join(
		about(
			deletedSubject,
			Route{Method: get, Pattern: "directory/deletedItems/user", Operation: id.ReadUsers, Options: many(), handle: a.listDeleted(directory.User)},
			Route{Method: get, Pattern: "directory/deletedItems/group", Operation: id.ReadGroups, Options: many(), handle: a.listDeleted(directory.Group)},
			Route{Method: get, Pattern: "directory/deletedItems/application", Operation: id.ReadApplications, Options: many(), handle: a.listDeleted(directory.Application)},
			Route{Method: get, Pattern: "directory/deletedItems/servicePrincipal", Operation: id.ReadServicePrincipals, Options: many(), handle: a.listDeleted(directory.ServicePrincipal)},
			Route{Method: get, Pattern: deleted, Operation: id.ReadDirectoryObjects, Options: one(), operations: a.onDeleted(looking), handle: a.getAny},
			Route{Method: post, Pattern: deleted + "/restore", Operation: id.UpdateUser, operations: a.onDeleted(restoring), handle: a.restore},
			Route{Method: remove, Pattern: deleted, Operation: id.DeleteUser, operations: a.onDeleted(purging), handle: a.purge},
		),
		about(
			directorySubject,
			join(
				[]Route{
					{Method: get, Pattern: "directoryObjects/{id}", Operation: id.ReadDirectoryObjects, Options: one(), handle: a.getAny},
					{Method: remove, Pattern: "directoryObjects/{id}", Operation: id.DeleteUser, operations: a.deletingAny, handle: a.remove},
				},
				a.membershipRoutes("directoryObjects/{id}", id.ReadDirectoryObjects),
			)...,
		),
		graph(
			Route{Method: post, Pattern: "directoryObjects/getByIds", Operation: id.ReadDirectoryObjects, Options: one(), body: jsonRequired, handle: a.getByIDs("")},
			Route{Method: post, Pattern: "users/getByIds", Operation: id.ReadUsers, Options: one(), body: jsonRequired, handle: a.getByIDs(directory.User)},
			Route{Method: post, Pattern: "groups/getByIds", Operation: id.ReadGroups, Options: one(), body: jsonRequired, handle: a.getByIDs(directory.Group)},
			Route{Method: post, Pattern: "applications/getByIds", Operation: id.ReadApplications, Options: one(), body: jsonRequired, handle: a.getByIDs(directory.Application)},
			Route{Method: post, Pattern: "servicePrincipals/getByIds", Operation: id.ReadServicePrincipals, Options: one(), body: jsonRequired, handle: a.getByIDs(directory.ServicePrincipal)},
			Route{Method: get, Pattern: "organization", Operation: id.ReadOrganization, Options: paging(), handle: a.listOrganizations},
			Route{Method: get, Pattern: "organization/{id}", Operation: id.ReadOrganization, Options: one(), handle: a.getOrganization},
			Route{Method: get, Pattern: "domains", Operation: id.ReadDomains, Options: short(), handle: a.listDomains},
			Route{Method: get, Pattern: "domains/{id}", Operation: id.ReadDomains, Options: one(), handle: a.getDomain},
			Route{Method: get, Pattern: "endpoints", Versions: Metadata, Public: true, handle: a.endpoints},
		),
	)
}
