package graphapi

import (
	id "github.com/provisor/provisor/internal/identity"
)

func (a *API) credentialRoutes() []Route {
	return []Route{
		{Method: get, Pattern: "{c}/synchronization", Operation: id.ReadSynchronization, Options: one(), handle: a.getSynchronization},
		{Method: put, Pattern: "{c}/synchronization", Operation: id.ReplaceSynchronization, handle: notOffered(
			"Replacing the whole synchronization resource is not offered. PUT its secrets, and create its jobs one by one.",
		)},
		{Method: remove, Pattern: "{c}/synchronization", Operation: id.DeleteSynchronization, handle: notOffered(
			"Deleting the whole synchronization resource is not offered. DELETE its jobs, and PUT an empty array of secrets.",
		)},
		{Method: get, Pattern: "{c}/synchronization/ping", Versions: Beta, Operation: id.ReadSynchronization, handle: a.ping},
		{
			Method: post, Pattern: "{c}/synchronization/acquireAccessToken", Operation: id.AcquireAccessToken, Deprecated: true,
			body: jsonOptional, handle: a.acquireAccessToken,
		},
		{Method: get, Pattern: "{c}/synchronization/secrets", Operation: id.ReadSecrets, Deprecated: true, Options: short(), handle: a.getSecrets},
		{Method: get, Pattern: "{c}/synchronization/secrets/$count", Operation: id.ReadSecrets, Deprecated: true, Options: shortCount(), handle: a.countSecrets},
		{
			Method: put, Pattern: "{c}/synchronization/secrets", Operation: id.PutSecrets, Deprecated: true,
			body: jsonRequired, operations: a.puttingSecrets, handle: a.putSecrets,
		},
	}
}

func (a *API) jobRoutes() []Route {
	const job = "{c}/synchronization/jobs/{jobId}"
	return []Route{
		{Method: get, Pattern: "{c}/synchronization/jobs", Operation: id.ListJobs, Options: short(), handle: a.listJobs},
		{Method: get, Pattern: "{c}/synchronization/jobs/$count", Operation: id.ListJobs, Options: shortCount(), handle: a.countJobs},
		{Method: post, Pattern: "{c}/synchronization/jobs", Operation: id.CreateJob, body: jsonRequired, handle: a.createJob},
		{
			Method: post, Pattern: "{c}/synchronization/jobs/validateCredentials", Operation: id.ValidateCredentials, Deprecated: true,
			body: jsonOptional, handle: a.validateCredentials,
		},
		{Method: get, Pattern: job, Operation: id.ReadJob, Options: oneExpanded(), handle: a.getJob},
		{Method: patch, Pattern: job, Operation: id.UpdateJob, body: jsonRequired, handle: a.patchJob},
		{Method: remove, Pattern: job, Operation: id.DeleteJob, handle: a.order(a.Jobs.Delete)},
		{Method: post, Pattern: job + "/start", Operation: id.StartJob, handle: a.order(a.Jobs.Start)},
		{Method: post, Pattern: job + "/pause", Operation: id.PauseJob, handle: a.order(a.Jobs.Pause)},
		{Method: post, Pattern: job + "/restart", Operation: id.RestartJob, body: jsonOptional, handle: a.restartJob},
		{
			Method: post, Pattern: job + "/validateCredentials", Operation: id.ValidateCredentials, Deprecated: true,
			body: jsonOptional, handle: a.validateJob,
		},
		{Method: post, Pattern: job + "/provisionOnDemand", Operation: id.ProvisionOnDemand, handle: notOffered(
			"Provisioning on demand is not offered by this version. Start the job: a cycle provisions the same object.",
		)},
		{Method: post, Pattern: job + "/bulkUpload", Operation: id.BulkUpload, handle: notOffered(
			"Bulk upload is not offered by this version. Create users by POST /users, or import a file with provisor directory import.",
		)},
	}
}

func (a *API) schemaRoutes() []Route {
	const schema = "{c}/synchronization/jobs/{jobId}/schema"
	return append([]Route{
		{Method: get, Pattern: schema, Operation: id.ReadSchema, Options: oneExpanded(), handle: a.getSchema},
		{Method: put, Pattern: schema, Operation: id.PutSchema, body: jsonLarge, handle: a.putSchema},
		{Method: patch, Pattern: schema, Operation: id.PutSchema, body: jsonLarge, handle: a.putSchema},
		{Method: remove, Pattern: schema, Operation: id.DeleteSchema, handle: a.order(a.Jobs.ResetSchema)},
	}, schemaTools(schema)...)
}

// schemaTools are the functions bound to a schema, of a job or of a template.
func schemaTools(schema string) []Route {
	return []Route{
		{Method: get, Pattern: schema + "/filterOperators", Operation: id.ReadFilterOperators, handle: notOffered(
			"Listing the filter operators is not offered by this version.",
		)},
		{Method: get, Pattern: schema + "/functions", Operation: id.ReadFunctions, handle: notOffered(
			"Listing the mapping functions is not offered by this version.",
		)},
		{Method: post, Pattern: schema + "/parseExpression", Operation: id.ParseExpression, handle: notOffered(
			"Parsing an expression is not offered by this version. A schema with a faulty expression is refused when it is PUT, with the reason.",
		)},
		{Method: post, Pattern: schema + "/directories/{directoryId}/discover", Operation: id.DiscoverDirectory, handle: notOffered(
			"Discovering a directory's schema is not offered by this version. PUT the schema with the attributes that the application has.",
		)},
	}
}

func (a *API) templateRoutes() []Route {
	const template = "{c}/synchronization/templates/{templateId}"
	return append([]Route{
		{Method: get, Pattern: "{c}/synchronization/templates", Operation: id.ReadTemplates, Options: append(short(), oneExpanded()[1]), handle: a.listTemplates},
		{Method: get, Pattern: "{c}/synchronization/templates/$count", Operation: id.ReadTemplates, Options: shortCount(), handle: a.countTemplates},
		{Method: get, Pattern: template, Operation: id.ReadTemplates, Options: oneExpanded(), handle: a.getTemplate},
		{Method: get, Pattern: template + "/schema", Operation: id.ReadTemplates, Options: oneExpanded(), handle: a.getTemplateSchema},
	}, append(templateWrites(template), schemaTools(template+"/schema")...)...)
}

// templateWrites are those that Graph has for the makers of gallery applications.
func templateWrites(template string) []Route {
	refuse := notOffered("Templates cannot be changed in this version. PUT the schema of the job instead, which is its own copy.")
	row := func(method, pattern string) Route {
		return Route{Method: method, Pattern: pattern, Operation: id.WriteTemplates, handle: refuse}
	}
	return []Route{
		row(post, "{c}/synchronization/templates"),
		row(put, template), row(patch, template), row(remove, template),
		row(put, template+"/schema"), row(patch, template+"/schema"), row(remove, template+"/schema"),
	}
}
