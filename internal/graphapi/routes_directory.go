package graphapi

import (
	"github.com/provisor/provisor/internal/directory"
	id "github.com/provisor/provisor/internal/identity"
)

func (a *API) userRoutes() []Route {
	const user = "users/{id}"
	return about(
		userSubject,
		Route{Method: get, Pattern: "users", Operation: id.ReadUsers, Options: manyExpanded(), handle: a.list(directory.User)},
		Route{Method: get, Pattern: "users/$count", Operation: id.ReadUsers, Options: counting(), handle: a.countAll(directory.User)},
		Route{Method: post, Pattern: "users", Operation: id.CreateUser, body: jsonRequired, handle: a.createUser},
		Route{Method: get, Pattern: user, Operation: id.ReadUsers, Options: oneExpanded(), handle: a.getOne},
		Route{Method: patch, Pattern: user, Operation: id.UpdateUser, body: jsonRequired, handle: a.update(directory.User)},
		Route{Method: remove, Pattern: user, Operation: id.DeleteUser, handle: a.remove},
		Route{Method: get, Pattern: user + "/manager", Operation: id.ReadUsersDelta, Options: one(), handle: a.getManager},
		Route{Method: get, Pattern: user + "/manager/$ref", Operation: id.ReadUsersDelta, handle: a.getManagerLink},
		Route{Method: put, Pattern: user + "/manager/$ref", Operation: id.UpdateUser, body: jsonRequired, handle: a.putManager},
		Route{Method: remove, Pattern: user + "/manager/$ref", Operation: id.UpdateUser, handle: a.deleteManager},
		Route{Method: get, Pattern: user + "/directReports", Operation: id.ReadUsersDelta, Options: many(), handle: a.related(directory.Manager, backward, directory.User)},
		Route{Method: get, Pattern: user + "/memberOf", Operation: id.ReadMembers, Options: many(), handle: a.related(directory.Members, backward, "")},
		Route{Method: get, Pattern: user + "/memberOf/$count", Operation: id.ReadMembers, Options: counting(), handle: a.countRelated(directory.Members, backward)},
		Route{Method: get, Pattern: user + "/ownedObjects", Operation: id.ReadDirectoryObjects, Options: many(), handle: a.related(directory.Owners, backward, "")},
		Route{Method: get, Pattern: user + "/appRoleAssignments", Operation: id.ReadAppRoleAssignments, Options: paging(), handle: a.listAssignments(asPrincipal)},
		Route{Method: post, Pattern: user + "/appRoleAssignments", Operation: id.CreateAppRoleAssignment, body: jsonRequired, operations: a.assigning, handle: a.createAssignment(asPrincipal)},
		Route{Method: remove, Pattern: user + "/appRoleAssignments/{assignmentId}", Operation: id.DeleteAppRoleAssignment, handle: a.deleteAssignment(asPrincipal)},
		Route{Method: get, Pattern: "me", Operation: id.ReadMe, Options: one(), handle: a.me},
	)
}

func (a *API) groupRoutes() []Route {
	const group = "groups/{id}"
	return about(
		groupSubject,
		Route{Method: get, Pattern: "groups", Operation: id.ReadGroups, Options: manyExpanded(), handle: a.list(directory.Group)},
		Route{Method: get, Pattern: "groups/$count", Operation: id.ReadGroups, Options: counting(), handle: a.countAll(directory.Group)},
		Route{Method: post, Pattern: "groups", Operation: id.CreateGroup, body: jsonRequired, handle: a.createGroup},
		Route{Method: get, Pattern: group, Operation: id.ReadGroups, Options: oneExpanded(), handle: a.getOne},
		Route{Method: patch, Pattern: group, Operation: id.UpdateGroup, body: jsonRequired, handle: a.update(directory.Group)},
		Route{Method: remove, Pattern: group, Operation: id.DeleteGroup, handle: a.remove},
		Route{Method: get, Pattern: group + "/members", Operation: id.ReadMembers, Options: many(), handle: a.related(directory.Members, forward, "")},
		Route{Method: get, Pattern: group + "/members/$count", Operation: id.ReadMembers, Options: counting(), handle: a.countRelated(directory.Members, forward)},
		Route{Method: get, Pattern: group + "/members/$ref", Operation: id.ReadMembers, Options: paging(), handle: a.relatedLinks(directory.Members)},
		Route{Method: get, Pattern: group + "/members/user", Operation: id.ReadMembers, Options: many(), handle: a.related(directory.Members, forward, directory.User)},
		Route{Method: get, Pattern: group + "/members/group", Operation: id.ReadMembers, Options: many(), handle: a.related(directory.Members, forward, directory.Group)},
		Route{Method: post, Pattern: group + "/members/$ref", Operation: id.WriteMembers, body: jsonRequired, handle: a.addReference(directory.Members)},
		Route{Method: remove, Pattern: group + "/members/{otherId}/$ref", Operation: id.WriteMembers, handle: a.removeReference(directory.Members)},
		Route{Method: get, Pattern: group + "/memberOf", Operation: id.ReadMembers, Options: many(), handle: a.related(directory.Members, backward, "")},
		Route{Method: get, Pattern: group + "/owners", Operation: id.ReadGroupOwners, Options: many(), handle: a.related(directory.Owners, forward, "")},
		Route{Method: post, Pattern: group + "/owners/$ref", Operation: id.WriteGroupOwners, body: jsonRequired, handle: a.addReference(directory.Owners)},
		Route{Method: remove, Pattern: group + "/owners/{otherId}/$ref", Operation: id.WriteGroupOwners, handle: a.removeReference(directory.Owners)},
		Route{Method: get, Pattern: group + "/appRoleAssignments", Operation: id.ReadAppRoleAssignments, Options: paging(), handle: a.listAssignments(asPrincipal)},
		Route{Method: post, Pattern: group + "/appRoleAssignments", Operation: id.CreateAppRoleAssignment, body: jsonRequired, operations: a.assigning, handle: a.createAssignment(asPrincipal)},
		Route{Method: remove, Pattern: group + "/appRoleAssignments/{assignmentId}", Operation: id.DeleteAppRoleAssignment, handle: a.deleteAssignment(asPrincipal)},
	)
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
			Route{Method: get, Pattern: "directoryObjects/{id}", Operation: id.ReadDirectoryObjects, Options: one(), handle: a.getAny},
		),
		graph(
			Route{Method: get, Pattern: "organization", Operation: id.ReadOrganization, Options: one(), handle: a.organization},
			Route{Method: get, Pattern: "endpoints", Versions: Metadata, Public: true, handle: a.endpoints},
		),
	)
}
