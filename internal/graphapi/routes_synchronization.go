package graphapi

import (
	id "github.com/provisor/provisor/internal/identity"
	"github.com/provisor/provisor/internal/odata"
)

// synchronizationRoutes are the rows below both containers.
func (a *API) synchronizationRoutes() []Route {
	const job, template = "{c}/synchronization/jobs/{jobId}", "{c}/synchronization/templates/{templateId}"
	return join(
		a.credentialRoutes(),
		a.jobRoutes(),
		a.jobActionRoutes(job),
		a.bulkUploadRoutes(job),
		[]Route{
			{Method: post, Pattern: job + "/schema/directories/{directoryId}/discover", Operation: id.DiscoverDirectory, handle: a.discover},
			{
				Method: post, Pattern: template + "/schema/directories/{directoryId}/discover", Operation: id.DiscoverDirectory,
				Parity: NotOffered, Note: "Only a job is connected to an application that could be asked",
				handle: notOffered("A template is connected to no application. POST …/jobs/{jobId}/schema/directories/{directoryId}/discover asks that of a job."),
			},
		},
		a.schemaRoutes(job+"/schema", a.jobSchema(), schemaOperations{id.ReadSchema, id.PutSchema, id.DeleteSchema}),
		a.templateRoutes(template),
		a.schemaRoutes(template+"/schema", a.templateSchema(), schemaOperations{id.ReadTemplates, id.WriteTemplates, id.WriteTemplates}),
	)
}

func (a *API) credentialRoutes() []Route {
	const root = "{c}/synchronization"
	return []Route{
		{Method: get, Pattern: root, Operation: id.ReadSynchronization, Options: oneExpanded(), handle: a.getSynchronization},
		{
			Method: put, Pattern: root, Operation: id.ReplaceSynchronization,
			body: jsonRequired, operations: a.puttingSynchronization, handle: a.putSynchronization,
			Parity: Differs, Note: "Replaces the secrets; jobs and templates are taken only as they are",
		},
		{Method: remove, Pattern: root, Operation: id.DeleteSynchronization, handle: a.deleteSynchronization},
		{Method: get, Pattern: root + "/ping", Versions: Beta, Operation: id.ReadSynchronization, handle: a.ping},
		{
			Method: post, Pattern: root + "/acquireAccessToken", Operation: id.AcquireAccessToken, Deprecated: true,
			body: jsonOptional, handle: a.acquireAccessToken,
			Note: "The error of the token endpoint comes back in details",
		},
		{Method: get, Pattern: root + "/secrets", Operation: id.ReadSecrets, Deprecated: true, Options: few(), handle: a.getSecrets},
		{Method: get, Pattern: root + "/secrets/$count", Operation: id.ReadSecrets, Deprecated: true, Options: counting(), handle: a.countSecrets},
		{
			Method: put, Pattern: root + "/secrets", Operation: id.PutSecrets, Deprecated: true,
			body: jsonRequired, operations: a.puttingSecrets, handle: a.putSecrets,
		},
		{
			Method: patch, Pattern: root + "/connectivityParameters", Operation: id.PutSecrets, Parity: NotOffered, Note: noSuchSchema,
			handle: notOffered("The shape of connectivityParameters is published nowhere. PUT …/synchronization/secrets stores the same."),
		},
	}
}

// noSuchSchema is the note of the successors of the deprecated secrets.
const noSuchSchema = "Graph publishes the path and its permission but no schema; none is invented. Use secrets and validateCredentials"

func (a *API) jobRoutes() []Route {
	const jobs, job = "{c}/synchronization/jobs", "{c}/synchronization/jobs/{jobId}"
	return []Route{
		{Method: get, Pattern: jobs, Operation: id.ListJobs, Options: fewExpanded(), handle: a.listJobs},
		{Method: get, Pattern: jobs + "/$count", Operation: id.ListJobs, Options: counting(), handle: a.countJobs},
		{
			Method: post, Pattern: jobs, Operation: id.CreateJob, body: jsonRequired, handle: a.createJob,
			Note: "201; a second job of one template is 400",
		},
		{
			Method: post, Pattern: jobs + "/validateCredentials", Operation: id.ValidateCredentials, Deprecated: true,
			body: jsonOptional, handle: a.validateCredentials,
		},
		{Method: get, Pattern: job, Operation: id.ReadJob, Options: oneExpanded(), handle: a.getJob},
		{
			Method: patch, Pattern: job, Operation: id.UpdateJob, body: jsonRequired, handle: a.patchJob,
			Note: "Writes synchronizationJobSettings, by name; members that the service sets are ignored",
		},
		{Method: remove, Pattern: job, Operation: id.DeleteJob, handle: a.deleteJob},
		{
			Method: get, Pattern: job + "/objectConnections/{objectId}", Versions: Beta, Operation: id.ReadJob,
			handle: a.getConnection,
		},
		{
			Method: remove, Pattern: job + "/objectConnections/{objectId}", Versions: Beta, Operation: id.RestartJob,
			handle: a.deleteConnection,
		},
		{Method: get, Pattern: job + "/objectConnections", Versions: Beta, Operation: id.ReadJob, handle: a.listConnections},
	}
}

func (a *API) jobActionRoutes(job string) []Route {
	const twoShapes = "Two shapes are published; --graph-on-demand-answer chooses the other one"
	return []Route{
		{Method: post, Pattern: job + "/start", Operation: id.StartJob, handle: a.order(a.Jobs.Start)},
		{Method: post, Pattern: job + "/pause", Operation: id.PauseJob, handle: a.order(a.Jobs.Pause)},
		{Method: post, Pattern: job + "/restart", Operation: id.RestartJob, body: jsonOptional, handle: a.restartJob},
		{
			Method: post, Pattern: job + "/validateCredentials", Operation: id.ValidateCredentials, Deprecated: true,
			body: jsonOptional, handle: a.validateJob,
		},
		{
			Method: post, Pattern: job + "/validateConnectivity", Operation: id.ValidateCredentials, Parity: NotOffered, Note: noSuchSchema,
			handle: notOffered("The shape of validateConnectivity is published nowhere. POST …/validateCredentials does the same."),
		},
		{Method: post, Pattern: job + "/provisionOnDemand", Operation: id.ProvisionOnDemand, body: jsonRequired, handle: a.provisionOnDemand, Note: twoShapes},
	}
}

// bulkUploadRoutes are those of inbound provisioning, which is not there: no success
// is made up.
func (a *API) bulkUploadRoutes(job string) []Route {
	refuse := notOffered("Bulk upload is not offered. Create users by POST /users, or import a file with provisor directory import.")
	row := func(method, pattern string) Route {
		return Route{Method: method, Pattern: job + pattern, Operation: id.BulkUpload, Parity: NotOffered, Note: "Inbound provisioning is not there yet", handle: refuse}
	}
	return []Route{
		row(post, "/bulkUpload"), row(get, "/bulkUpload"), row(patch, "/bulkUpload"), row(remove, "/bulkUpload"),
		row(get, "/bulkUpload/$value"), row(put, "/bulkUpload/$value"), row(remove, "/bulkUpload/$value"),
	}
}

// schemaOperations are what the resources of a schema ask for.
type schemaOperations struct{ read, put, reset id.Operation }

// schemaRoutes are the rows of a schema, of a job or of a template, and of what is
// below it.
func (a *API) schemaRoutes(schema string, h home, op schemaOperations) []Route {
	const replaces = "PATCH works like PUT: what the body has is replaced, what it lacks stays. The original answers 404, and so does this with --graph-strict-schema-patch"
	const bothNames = "The model has id and the examples have name: both are there"
	directories := schema + "/directories"
	return []Route{
		{Method: get, Pattern: schema, Operation: op.read, Options: oneExpanded(), handle: a.getSchema(h)},
		{Method: put, Pattern: schema, Operation: op.put, body: jsonLarge, handle: a.putSchema(h)},
		{Method: patch, Pattern: schema, Operation: op.put, body: jsonLarge, handle: a.patchSchema(h), Parity: Better, Note: replaces},
		{Method: remove, Pattern: schema, Operation: op.reset, handle: a.resetSchema(h)},
		{Method: get, Pattern: schema + "/filterOperators", Operation: id.ReadFilterOperators, Options: few(), handle: a.filterOperators(h), Note: bothNames},
		{Method: get, Pattern: schema + "/functions", Operation: id.ReadFunctions, Options: few(), handle: a.functions(h), Note: bothNames},
		{Method: post, Pattern: schema + "/parseExpression", Operation: id.ParseExpression, body: jsonRequired, handle: a.parseExpression(h)},
		{Method: get, Pattern: directories, Operation: op.read, Options: few(), handle: a.listDirectories(h)},
		{Method: get, Pattern: directories + "/$count", Operation: op.read, Options: counting(), handle: a.countDirectories(h)},
		{Method: post, Pattern: directories, Operation: op.put, body: jsonLarge, handle: a.createDirectory(h)},
		{Method: get, Pattern: directories + "/{directoryId}", Operation: op.read, Options: one(), handle: a.getDirectory(h)},
		{Method: patch, Pattern: directories + "/{directoryId}", Operation: op.put, body: jsonLarge, handle: a.patchDirectory(h)},
		{Method: remove, Pattern: directories + "/{directoryId}", Operation: op.put, handle: a.deleteDirectory(h)},
	}
}

func (a *API) templateRoutes(template string) []Route {
	const templates = "{c}/synchronization/templates"
	return []Route{
		{Method: get, Pattern: templates, Operation: id.ReadTemplates, Options: fewExpanded(), handle: a.listTemplates},
		{Method: get, Pattern: templates + "/$count", Operation: id.ReadTemplates, Options: counting(), handle: a.countTemplates},
		{Method: post, Pattern: templates, Operation: id.WriteTemplates, body: jsonLarge, handle: a.createTemplate},
		{Method: get, Pattern: template, Operation: id.ReadTemplates, Options: oneExpanded(), handle: a.getTemplate},
		{Method: put, Pattern: template, Operation: id.WriteTemplates, body: jsonLarge, handle: a.putTemplate},
		{
			Method: patch, Pattern: template, Operation: id.WriteTemplates, body: jsonLarge, handle: a.putTemplate,
			Note: "Replaces, as the documentation of PATCH has it here: members that are left out are erased",
		},
		{
			Method: remove, Pattern: template, Operation: id.WriteTemplates, handle: a.deleteTemplate,
			Parity: Differs, Note: "Those that come with the service stay; DELETE of the schema takes changes back",
		},
	}
}

// few are the options of a collection that is read whole and paged in memory.
func few() []odata.Option { return many() }

func fewExpanded() []odata.Option { return manyExpanded() }

// logRoutes are those of the provisioning log, which has no count: it is never known
// how much of it there is.
func (a *API) logRoutes() []Route {
	paged := []odata.Option{odata.FilterOption, odata.OrderByOption, odata.SelectOption, odata.TopOption, odata.SkipTokenOption}
	return graph(
		Route{
			Method: get, Pattern: "auditLogs/provisioning", Operation: id.ReadProvisioningLog, Options: paged, handle: a.listLogs,
			Parity: Better, Note: "Records are visible at once, not after minutes; they are kept as long as --log-retention says",
		},
		Route{Method: get, Pattern: "auditLogs/provisioning/{logId}", Operation: id.ReadProvisioningLog, Options: one(), handle: a.getLog},
	)
}
