package graphapi

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/odata"
	"github.com/provisor/provisor/internal/synchronization"
)

// listJobs answers GET …/synchronization/jobs.
func (a *API) listJobs(ctx context.Context, q *request) (answer, error) {
	jobs, err := a.jobsOf(ctx, q)
	if err != nil {
		return answer{}, err
	}
	page, err := pageOf(q, jobs)
	if err != nil {
		return answer{}, err
	}
	page.Context = q.context().Collection(q.synchronizationPath("jobs"), q.options.Select...)
	if q.options.Expand != nil {
		if page.Value, err = a.expandedJobs(ctx, q, page.Value); err != nil {
			return answer{}, err
		}
	}
	return collection(page, withExpanded(q.options))
}

func (a *API) jobsOf(ctx context.Context, q *request) ([]wireJob, error) {
	sp, err := a.servicePrincipal(ctx, q)
	if err != nil {
		return nil, err
	}
	jobs, err := a.Jobs.List(ctx, q.tenant, sp.ID)
	wire := make([]wireJob, 0, len(jobs))
	for _, j := range jobs {
		wire = append(wire, newWireJob(j, a.Now()))
	}
	return wire, err
}

// expandedJobs completes the jobs of a page with what $expand asks for.
func (a *API) expandedJobs(ctx context.Context, q *request, page any) ([]expandedJob, error) {
	jobs, _ := page.([]wireJob)
	sp, err := a.servicePrincipal(ctx, q)
	if err != nil {
		return nil, err
	}
	all := make([]expandedJob, 0, len(jobs))
	for _, j := range jobs {
		one, err := a.expandJob(ctx, q, sp.ID, j)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
}

func (a *API) countJobs(ctx context.Context, q *request) (answer, error) {
	jobs, err := a.jobsOf(ctx, q)
	if err != nil {
		return answer{}, err
	}
	return countOf(q, jobs)
}

// createJob answers POST …/synchronization/jobs.
func (a *API) createJob(ctx context.Context, q *request) (answer, error) {
	sp, err := a.servicePrincipal(ctx, q)
	if err != nil {
		return answer{}, err
	}
	var in struct {
		TemplateID string `json:"templateId"`
	}
	if err := decode(q.body, &in); err != nil {
		return answer{}, err
	}
	if in.TemplateID == "" {
		return answer{}, errs.New(errs.Invalid, "RequestParameterInvalid",
			"A job needs a templateId, such as scim. GET …/synchronization/templates lists what the application offers.").WithTarget("templateId")
	}
	job, err := a.Jobs.Create(ctx, q.tenant, sp, in.TemplateID)
	if err != nil {
		return answer{}, err
	}
	location := q.base + strings.TrimRight(q.http.URL.EscapedPath(), "/") + "/" + url.PathEscape(string(job.ID))
	return created(q.context().Entity(q.synchronizationPath("jobs")), location, newWireJob(job, a.Now()))
}

// job returns the service principal and the job that the path names.
func (a *API) job(ctx context.Context, q *request) (directory.ObjectID, synchronization.JobID, error) {
	sp, err := a.servicePrincipal(ctx, q)
	return sp.ID, synchronization.JobID(q.key("jobId")), err
}

// getJob answers GET …/jobs/{jobId}, with the schema when $expand asks for it.
func (a *API) getJob(ctx context.Context, q *request) (answer, error) {
	sp, id, err := a.job(ctx, q)
	if err != nil {
		return answer{}, err
	}
	job, err := a.Jobs.Get(ctx, q.tenant, sp, id)
	if err != nil {
		return answer{}, err
	}
	wire, err := a.expandJob(ctx, q, sp, newWireJob(job, a.Now()))
	if err != nil {
		return answer{}, err
	}
	out, err := entity(q.context().Entity(q.synchronizationPath("jobs"), q.options.Select...), wire, withExpanded(q.options))
	return out.tagged(jobTag(job)), err
}

// jobTag is the entity tag of a job: it changes with what callers set, not with what
// a cycle does.
func jobTag(j synchronization.Job) string {
	return etagOf(j.ID, j.Settings, j.Schedule.State, j.Created)
}

// withExpanded selects what $expand names besides what $select names (OData 4.01
// URL conventions, 5.1.3); nil still selects everything.
func withExpanded(o odata.Options) []string {
	if o.Select == nil {
		return nil
	}
	selected := slices.Clone(o.Select)
	for _, e := range o.Expand {
		selected = append(selected, e.Name)
	}
	return selected
}

// expandedJob is a job with the navigation properties that were asked for.
type expandedJob struct {
	wireJob
	SchemaContext string          `json:"schema@odata.context,omitempty"`
	Schema        json.RawMessage `json:"schema,omitempty"`
	BulkUpload    json.RawMessage `json:"bulkUpload,omitempty"` // null: there is never one
}

func (a *API) expandJob(ctx context.Context, q *request, sp directory.ObjectID, job wireJob) (expandedJob, error) {
	wire := expandedJob{wireJob: job}
	for _, e := range q.options.Expand {
		switch e.Name {
		case "bulkUpload":
			wire.BulkUpload = json.RawMessage("null")
		case "schema":
			schema, err := a.Jobs.SchemaText(ctx, q.tenant, sp, synchronization.JobID(job.ID))
			if err != nil {
				return wire, err
			}
			if wire.Schema, err = marshal(schema, e.Select); err != nil {
				return wire, err
			}
			wire.SchemaContext = q.context().Entity(q.synchronizationPath("jobs("+odata.Quote(job.ID)+")/schema"), e.Select...)
		default:
			return wire, notExpandable("synchronizationJob", e.Name, "schema and bulkUpload")
		}
	}
	return wire, nil
}

// jobPath names what lies below the path's job, as context URLs do.
func (q *request) jobPath(rest string) string {
	return q.synchronizationPath("jobs(" + odata.Quote(q.key("jobId")) + ")/" + rest)
}

// patchJob answers PATCH …/jobs/{jobId}. Of a job, only its settings can be
// written; members that the service sets are ignored, so that a client may send
// back what it read.
func (a *API) patchJob(ctx context.Context, q *request) (answer, error) {
	sp, id, err := a.job(ctx, q)
	if err != nil {
		return answer{}, err
	}
	var in struct {
		Settings []synchronization.KeyValue `json:"synchronizationJobSettings"`
	}
	if err := decode(q.body, &in); err != nil {
		return answer{}, err
	}
	if err := q.unchanged(a.jobState(ctx, q, sp, id)); err != nil {
		return answer{}, err
	}
	job, err := a.Jobs.SetSettings(ctx, q.tenant, sp, id, in.Settings)
	if err != nil {
		return answer{}, err
	}
	out, err := entity(q.context().Entity(q.synchronizationPath("jobs")), newWireJob(job, a.Now()), nil)
	return out.tagged(jobTag(job)), err
}

// jobState reads the entity tag of a job.
func (a *API) jobState(ctx context.Context, q *request, sp directory.ObjectID, id synchronization.JobID) func() (string, error) {
	return func() (string, error) {
		job, err := a.Jobs.Get(ctx, q.tenant, sp, id)
		return jobTag(job), err
	}
}

// deleteJob answers DELETE …/jobs/{jobId}. Accounts that the job wrote stay.
func (a *API) deleteJob(ctx context.Context, q *request) (answer, error) {
	sp, id, err := a.job(ctx, q)
	if err != nil {
		return answer{}, err
	}
	if err := q.unchanged(a.jobState(ctx, q, sp, id)); err != nil {
		return answer{}, err
	}
	return noContent(), a.Jobs.Delete(ctx, q.tenant, sp, id)
}

// order answers the requests that tell a job to do something and say no more.
func (a *API) order(give func(context.Context, directory.TenantID, directory.ObjectID, synchronization.JobID) error) handler {
	return func(ctx context.Context, q *request) (answer, error) {
		sp, id, err := a.job(ctx, q)
		if err != nil {
			return answer{}, err
		}
		return noContent(), give(ctx, q.tenant, sp, id)
	}
}

// restartJob answers POST …/jobs/{jobId}/restart. Without a body, criteria or
// resetScope everything but the connector's data store is reset.
func (a *API) restartJob(ctx context.Context, q *request) (answer, error) {
	sp, id, err := a.job(ctx, q)
	if err != nil {
		return answer{}, err
	}
	var in struct {
		Criteria struct {
			ResetScope string `json:"resetScope"`
		} `json:"criteria"`
	}
	if len(q.body) > 0 {
		if err := decode(q.body, &in); err != nil {
			return answer{}, err
		}
	}
	scope, err := synchronization.ParseResetScope(in.Criteria.ResetScope)
	if err != nil {
		return answer{}, err
	}
	return noContent(), a.Jobs.Restart(ctx, q.tenant, sp, id, scope)
}

// validateJob answers POST …/jobs/{jobId}/validateCredentials.
func (a *API) validateJob(ctx context.Context, q *request) (answer, error) {
	sp, id, err := a.job(ctx, q)
	if err != nil {
		return answer{}, err
	}
	job, err := a.Jobs.Get(ctx, q.tenant, sp, id)
	if err != nil {
		return answer{}, err
	}
	return a.validate(ctx, q, sp, job.TemplateID)
}

// validateCredentials answers POST …/jobs/validateCredentials, which needs no job.
func (a *API) validateCredentials(ctx context.Context, q *request) (answer, error) {
	sp, err := a.servicePrincipal(ctx, q)
	if err != nil {
		return answer{}, err
	}
	return a.validate(ctx, q, sp.ID, "")
}

// validate tries the credentials of the body, or the stored ones, at the
// application. The body's applicationIdentifier says nothing that is needed here.
func (a *API) validate(ctx context.Context, q *request, sp directory.ObjectID, templateID string) (answer, error) {
	given, err := readPairs(q.body, "credentials")
	if err != nil {
		return answer{}, err
	}
	var in struct {
		TemplateID string `json:"templateId"`
		UseSaved   bool   `json:"useSavedCredentials"`
	}
	if len(q.body) > 0 {
		if err := decode(q.body, &in); err != nil {
			return answer{}, err
		}
	}
	if in.TemplateID != "" && templateID == "" {
		templateID = in.TemplateID
	}
	return noContent(), a.Jobs.ValidateCredentials(ctx, q.tenant, sp, templateID, in.UseSaved, given)
}
