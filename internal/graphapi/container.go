package graphapi

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/identity"
	"github.com/provisor/provisor/internal/synchronization"
)

// synchronizationResource is Graph's synchronization: what an application has of
// provisioning. There is one of each, so its id is that of the path.
type synchronizationResource struct {
	ID               string                       `json:"id"`
	Secrets          []synchronization.SecretPair `json:"secrets"`
	JobsContext      string                       `json:"jobs@odata.context,omitempty"`
	Jobs             json.RawMessage              `json:"jobs,omitempty"`
	TemplatesContext string                       `json:"templates@odata.context,omitempty"`
	Templates        json.RawMessage              `json:"templates,omitempty"`
}

// getSynchronization answers GET …/synchronization, with jobs and templates when
// $expand asks for them.
func (a *API) getSynchronization(ctx context.Context, q *request) (answer, error) {
	wire, err := a.synchronizationOf(ctx, q)
	if err != nil {
		return answer{}, err
	}
	for _, e := range q.options.Expand {
		switch e.Name {
		case "jobs":
			wire.JobsContext = q.context().Collection(q.synchronizationPath("jobs"), e.Select...)
			wire.Jobs, err = expanded(a.jobsOf(ctx, q))(e.Select)
		case "templates":
			wire.TemplatesContext = q.context().Collection(q.synchronizationPath("templates"), e.Select...)
			wire.Templates, err = expanded(a.templates(ctx, q))(e.Select)
		default:
			err = notExpandable("synchronization", e.Name, "jobs and templates")
		}
		if err != nil {
			return answer{}, err
		}
	}
	out, err := entity(q.context().Entity(q.synchronizationPath(), q.options.Select...), wire, withExpanded(q.options))
	return out.tagged(etagOf(wire.Secrets)), err
}

// expanded writes a list that $expand asks for, with the members of its $select.
func expanded(list any, err error) func(selected []string) (json.RawMessage, error) {
	return func(selected []string) (json.RawMessage, error) {
		if err != nil {
			return nil, err
		}
		return marshal(list, selected)
	}
}

func notExpandable(kind, name, offered string) error {
	return errs.New(errs.Invalid, "BadRequest",
		"Parsing OData Select and Expand failed: Could not find a property named '%s' on type 'microsoft.graph.%s' that can be expanded; %s can.", name, kind, offered)
}

func (a *API) synchronizationOf(ctx context.Context, q *request) (synchronizationResource, error) {
	stored, err := a.secretsOf(ctx, q)
	return synchronizationResource{ID: q.key("id"), Secrets: stored}, err
}

// ping answers GET …/synchronization/Ping(), which beta has.
func (a *API) ping(ctx context.Context, q *request) (answer, error) {
	if _, err := a.servicePrincipal(ctx, q); err != nil {
		return answer{}, err
	}
	return entity(q.context().Collection("Edm.String"), map[string]string{"value": "Provisor"}, nil)
}

// putSynchronization answers PUT …/synchronization. Of the resource, its secrets are
// replaced; without that member they stay, so that nothing is lost by a client that
// left it out. Jobs and templates, which have a life of their own, may be given as
// they are, so that a client can send back what it read.
func (a *API) putSynchronization(ctx context.Context, q *request) (answer, error) {
	sp, err := a.servicePrincipal(ctx, q)
	if err != nil {
		return answer{}, err
	}
	if err := a.sameParts(ctx, q); err != nil {
		return answer{}, err
	}
	given, err := readReplacement(q.body, "secrets")
	if err != nil {
		return answer{}, err
	}
	if replacesSecrets(q.body) {
		if err := a.Credentials.Put(ctx, q.tenant, sp.ID, given); err != nil {
			return answer{}, err
		}
	}
	wire, err := a.synchronizationOf(ctx, q)
	if err != nil {
		return answer{}, err
	}
	out, err := entity(q.context().Entity(q.synchronizationPath()), wire, nil)
	return out.tagged(etagOf(wire.Secrets)), err
}

func replacesSecrets(body []byte) bool {
	object, err := readMembers(body)
	_, given := object.get("secrets")
	return err == nil && given
}

// puttingSynchronization decides what a PUT of the container asks for.
func (a *API) puttingSynchronization(ctx context.Context, q *request) ([]identity.Operation, error) {
	operations := []identity.Operation{identity.ReplaceSynchronization}
	given, err := readReplacement(q.body, "secrets")
	if err != nil {
		return operations, nil //nolint:nilerr // who may not do it is told so before what is wrong with the body
	}
	more, err := a.settingSyncAll(ctx, q, given)
	return append(operations, more...), err
}

// sameParts refuses jobs and templates that are not those there are.
func (a *API) sameParts(ctx context.Context, q *request) error {
	var in struct {
		Jobs      []named `json:"jobs"`
		Templates []named `json:"templates"`
	}
	if err := decode(q.body, &in); err != nil {
		return err
	}
	if in.Jobs != nil {
		jobs, err := a.jobsOf(ctx, q)
		if err != nil {
			return err
		}
		if !sameIDs(in.Jobs, jobs, func(j wireJob) string { return j.ID }) {
			return notReplaceable("jobs", "POST …/synchronization/jobs makes one, DELETE …/jobs/{jobId} removes one")
		}
	}
	if in.Templates != nil {
		templates, err := a.templates(ctx, q)
		if err != nil {
			return err
		}
		if !sameIDs(in.Templates, templates, func(t wireTemplate) string { return t.ID }) {
			return notReplaceable("templates", "POST …/synchronization/templates makes one, DELETE …/templates/{templateId} removes one")
		}
	}
	return nil
}

type named struct {
	ID string `json:"id"`
}

func sameIDs[T any](given []named, have []T, id func(T) string) bool {
	var one, other []string
	for _, n := range given {
		one = append(one, n.ID)
	}
	for _, h := range have {
		other = append(other, id(h))
	}
	slices.Sort(one)
	slices.Sort(other)
	return slices.Equal(one, other)
}

func notReplaceable(member, how string) error {
	return errs.New(errs.Invalid, "RequestParameterInvalid",
		"The %s of the body are not those there are, and they cannot be replaced with the whole resource: %s. Leave the member out.", member, how).WithTarget(member)
}

// deleteSynchronization answers DELETE …/synchronization: the jobs go, then the
// secrets with the token. Accounts that were written stay. A request that was cut off
// can be sent again.
func (a *API) deleteSynchronization(ctx context.Context, q *request) (answer, error) {
	sp, err := a.servicePrincipal(ctx, q)
	if err != nil {
		return answer{}, err
	}
	if err := q.unchanged(func() (string, error) {
		wire, err := a.synchronizationOf(ctx, q)
		return etagOf(wire.Secrets), err
	}); err != nil {
		return answer{}, err
	}
	if err := a.deleteJobs(ctx, q, sp.ID); err != nil {
		return answer{}, err
	}
	return noContent(), a.Credentials.Clear(ctx, q.tenant, sp.ID)
}

func (a *API) deleteJobs(ctx context.Context, q *request, sp directory.ObjectID) error {
	jobs, err := a.Jobs.List(ctx, q.tenant, sp)
	if err != nil {
		return err
	}
	for _, j := range jobs {
		if err := a.Jobs.Delete(ctx, q.tenant, sp, j.ID); err != nil && !errs.Is(err, errs.NotFound) {
			return err
		}
	}
	return nil
}
