package graphapi

import (
	"github.com/provisor/provisor/internal/directory"
	id "github.com/provisor/provisor/internal/identity"
)

func (a *API) applicationRoutes() []Route {
	const application = "applications/{id}"
	return about(applicationOrSP, join(
		[]Route{
			{Method: get, Pattern: "applications", Operation: id.ReadApplications, Options: manyExpanded(), handle: a.list(directory.Application)},
			{Method: get, Pattern: "applications/$count", Operation: id.ReadApplications, Options: counting(), handle: a.countAll(directory.Application)},
			{Method: get, Pattern: "applications/delta", Operation: id.ReadApplications, Options: changing(), handle: a.delta(directory.Application)},
			{Method: post, Pattern: "applications", Operation: id.CreateApplication, body: jsonRequired, handle: a.createApplication},
			{Method: get, Pattern: application, Operation: id.ReadApplications, Options: oneExpanded(), handle: a.getOne},
			{Method: patch, Pattern: application, Operation: id.UpdateApplication, body: jsonRequired, handle: a.updateApplication},
			{Method: remove, Pattern: application, Operation: id.DeleteApplication, handle: a.remove},
		},
		a.passwordRoutes(application, id.WriteApplicationPassword),
		a.ownerRoutes(application),
		a.extensionRoutes(application+"/extensionProperties"),
	)...)
}

// passwordRoutes make and remove client secrets.
func (a *API) passwordRoutes(path string, operation id.Operation) []Route {
	return []Route{
		{Method: post, Pattern: path + "/addPassword", Operation: operation, body: jsonOptional, handle: a.addPassword},
		{Method: post, Pattern: path + "/removePassword", Operation: operation, body: jsonRequired, handle: a.removePassword},
	}
}

// ownerRoutes are the owners of an application or a service principal.
func (a *API) ownerRoutes(path string) []Route {
	path += "/owners"
	return append(
		a.viewRoutes(path, id.ReadOwners, view{relation: directory.Owners}, directory.User, directory.ServicePrincipal),
		Route{Method: post, Pattern: path + "/$ref", Operation: id.WriteOwners, body: jsonRequired, handle: a.addReference(directory.Owners)},
		Route{Method: remove, Pattern: path + "/{otherId}/$ref", Operation: id.WriteOwners, handle: a.removeReference(directory.Owners)},
	)
}

func (a *API) servicePrincipalRoutes() []Route {
	const sp = "servicePrincipals/{id}"
	return about(applicationOrSP, join(
		[]Route{
			{Method: get, Pattern: "servicePrincipals", Operation: id.ReadServicePrincipals, Options: manyExpanded(), handle: a.list(directory.ServicePrincipal)},
			{Method: get, Pattern: "servicePrincipals/$count", Operation: id.ReadServicePrincipals, Options: counting(), handle: a.countAll(directory.ServicePrincipal)},
			{Method: get, Pattern: "servicePrincipals/delta", Operation: id.ReadServicePrincipals, Options: changing(), handle: a.delta(directory.ServicePrincipal)},
			a.creatingServicePrincipalRoute(),
			{Method: get, Pattern: sp, Operation: id.ReadServicePrincipals, Options: oneExpanded(), handle: a.getOne},
			{Method: patch, Pattern: sp, Operation: id.UpdateServicePrincipal, body: jsonRequired, handle: a.update(directory.ServicePrincipal)},
			{Method: remove, Pattern: sp, Operation: id.DeleteServicePrincipal, handle: a.remove},
			{Method: get, Pattern: sp + "/appRoleAssignedTo", Operation: id.ReadAppRoleAssignments, Options: assignmentOptions(), handle: a.listAssignments(asResource)},
			{Method: post, Pattern: sp + "/appRoleAssignedTo", Operation: id.CreateAppRoleAssignment, body: jsonRequired, operations: a.assigning, handle: a.createAssignment(asResource)},
			{Method: get, Pattern: sp + "/appRoleAssignedTo/{assignmentId}", Operation: id.ReadAppRoleAssignments, Options: one(), handle: a.getAssignment(asResource)},
			{Method: remove, Pattern: sp + "/appRoleAssignedTo/{assignmentId}", Operation: id.DeleteAppRoleAssignment, handle: a.deleteAssignment(asResource)},
			{Method: get, Pattern: sp + "/oauth2PermissionGrants", Operation: id.ReadPermissionGrants, Options: short(), handle: a.listGrants(asResource)},
		},
		a.passwordRoutes(sp, id.UpdateServicePrincipal),
		a.ownerRoutes(sp),
		a.viewRoutes(sp+"/memberOf", id.ReadMembers, memberOf(), groupTypes()...),
		a.viewRoutes(sp+"/transitiveMemberOf", id.ReadMembers, transitively(memberOf()), groupTypes()...),
		a.viewRoutes(sp+"/ownedObjects", id.ReadDirectoryObjects, view{relation: directory.Owners, direction: backward}, directory.Group, directory.Application, directory.ServicePrincipal),
		a.principalRoutes(sp),
		a.membershipRoutes(sp, id.ReadMembers),
	)...)
}

// creatingServicePrincipalRoute has the application in its body as its subject.
func (a *API) creatingServicePrincipalRoute() Route {
	return Route{
		Method: post, Pattern: "servicePrincipals", Operation: id.CreateServicePrincipal, subject: applicationOrSP,
		body: jsonRequired, operations: a.creatingServicePrincipal, handle: a.createServicePrincipal,
	}
}

func (a *API) galleryRoutes() []Route {
	const template = "applicationTemplates/{id}"
	return graph(
		Route{Method: get, Pattern: "applicationTemplates", Operation: id.ReadApplicationTemplates, Options: short(), handle: a.listGallery},
		Route{Method: get, Pattern: "applicationTemplates/$count", Operation: id.ReadApplicationTemplates, Options: shortCount(), handle: a.countGallery},
		Route{Method: get, Pattern: template, Operation: id.ReadApplicationTemplates, Options: one(), handle: a.getGallery},
		Route{Method: post, Pattern: template + "/instantiate", Operation: id.InstantiateTemplate, body: jsonRequired, handle: a.instantiate},
	)
}
