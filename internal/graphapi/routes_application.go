package graphapi

import (
	"github.com/provisor/provisor/internal/directory"
	id "github.com/provisor/provisor/internal/identity"
)

func (a *API) applicationRoutes() []Route {
	const application = "applications/{id}"
	return about(
		applicationOrSP,
		Route{Method: get, Pattern: "applications", Operation: id.ReadApplications, Options: manyExpanded(), handle: a.list(directory.Application)},
		Route{Method: get, Pattern: "applications/$count", Operation: id.ReadApplications, Options: counting(), handle: a.countAll(directory.Application)},
		Route{Method: post, Pattern: "applications", Operation: id.CreateApplication, body: jsonRequired, handle: a.createApplication},
		Route{Method: get, Pattern: application, Operation: id.ReadApplications, Options: oneExpanded(), handle: a.getOne},
		Route{Method: patch, Pattern: application, Operation: id.UpdateApplication, body: jsonRequired, handle: a.update(directory.Application)},
		Route{Method: remove, Pattern: application, Operation: id.DeleteApplication, handle: a.remove},
		Route{Method: post, Pattern: application + "/addPassword", Operation: id.WriteApplicationPassword, body: jsonOptional, handle: a.addPassword},
		Route{Method: post, Pattern: application + "/removePassword", Operation: id.WriteApplicationPassword, body: jsonRequired, handle: a.removePassword},
		Route{Method: get, Pattern: application + "/owners", Operation: id.ReadOwners, Options: many(), handle: a.related(directory.Owners, forward, "")},
		Route{Method: get, Pattern: application + "/owners/$ref", Operation: id.ReadOwners, Options: paging(), handle: a.relatedLinks(directory.Owners)},
		Route{Method: post, Pattern: application + "/owners/$ref", Operation: id.WriteOwners, body: jsonRequired, handle: a.addReference(directory.Owners)},
		Route{Method: remove, Pattern: application + "/owners/{otherId}/$ref", Operation: id.WriteOwners, handle: a.removeReference(directory.Owners)},
	)
}

func (a *API) servicePrincipalRoutes() []Route {
	const sp = "servicePrincipals/{id}"
	return about(
		applicationOrSP,
		Route{Method: get, Pattern: "servicePrincipals", Operation: id.ReadServicePrincipals, Options: manyExpanded(), handle: a.list(directory.ServicePrincipal)},
		Route{Method: get, Pattern: "servicePrincipals/$count", Operation: id.ReadServicePrincipals, Options: counting(), handle: a.countAll(directory.ServicePrincipal)},
		a.creatingServicePrincipalRoute(),
		Route{Method: get, Pattern: sp, Operation: id.ReadServicePrincipals, Options: oneExpanded(), handle: a.getOne},
		Route{Method: patch, Pattern: sp, Operation: id.UpdateServicePrincipal, body: jsonRequired, handle: a.update(directory.ServicePrincipal)},
		Route{Method: remove, Pattern: sp, Operation: id.DeleteServicePrincipal, handle: a.remove},
		Route{Method: get, Pattern: sp + "/owners", Operation: id.ReadOwners, Options: many(), handle: a.related(directory.Owners, forward, "")},
		Route{Method: get, Pattern: sp + "/owners/$ref", Operation: id.ReadOwners, Options: paging(), handle: a.relatedLinks(directory.Owners)},
		Route{Method: post, Pattern: sp + "/owners/$ref", Operation: id.WriteOwners, body: jsonRequired, handle: a.addReference(directory.Owners)},
		Route{Method: remove, Pattern: sp + "/owners/{otherId}/$ref", Operation: id.WriteOwners, handle: a.removeReference(directory.Owners)},
		Route{Method: get, Pattern: sp + "/memberOf", Operation: id.ReadMembers, Options: many(), handle: a.related(directory.Members, backward, "")},
		Route{Method: get, Pattern: sp + "/appRoleAssignedTo", Operation: id.ReadAppRoleAssignments, Options: paging(), handle: a.listAssignments(asResource)},
		Route{Method: post, Pattern: sp + "/appRoleAssignedTo", Operation: id.CreateAppRoleAssignment, body: jsonRequired, operations: a.assigning, handle: a.createAssignment(asResource)},
		Route{Method: get, Pattern: sp + "/appRoleAssignedTo/{assignmentId}", Operation: id.ReadAppRoleAssignments, Options: one(), handle: a.getAssignment(asResource)},
		Route{Method: remove, Pattern: sp + "/appRoleAssignedTo/{assignmentId}", Operation: id.DeleteAppRoleAssignment, handle: a.deleteAssignment(asResource)},
		Route{Method: get, Pattern: sp + "/appRoleAssignments", Operation: id.ReadAppRoleAssignments, Options: paging(), handle: a.listAssignments(asPrincipal)},
		Route{Method: post, Pattern: sp + "/appRoleAssignments", Operation: id.CreateAppRoleAssignment, body: jsonRequired, operations: a.assigning, handle: a.createAssignment(asPrincipal)},
		Route{Method: get, Pattern: sp + "/appRoleAssignments/{assignmentId}", Operation: id.ReadAppRoleAssignments, Options: one(), handle: a.getAssignment(asPrincipal)},
		Route{Method: remove, Pattern: sp + "/appRoleAssignments/{assignmentId}", Operation: id.DeleteAppRoleAssignment, handle: a.deleteAssignment(asPrincipal)},
	)
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
		Route{Method: get, Pattern: template, Operation: id.ReadApplicationTemplates, Options: one(), handle: a.getGallery},
		Route{Method: post, Pattern: template + "/instantiate", Operation: id.InstantiateTemplate, body: jsonRequired, handle: a.instantiate},
	)
}
