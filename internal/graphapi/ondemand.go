package graphapi

import (
	"context"
	"mime"

	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/synchronization"
)

// bulkUpload answers POST …/jobs/{jobId}/bulkUpload: a body that is no SCIM is refused
// as such, any other goes to otherwise.
func bulkUpload(otherwise handler) handler {
	return func(ctx context.Context, q *request) (answer, error) {
		kind, _, err := mime.ParseMediaType(q.http.Header.Get("Content-Type"))
		if err != nil || kind != "application/scim+json" {
			return answer{}, errs.New(errs.Invalid, "BadRequest", "A bulk upload is a SCIM BulkRequest with the Content-Type application/scim+json.")
		}
		return otherwise(ctx, q)
	}
}

// provisionOnDemand answers POST …/jobs/{jobId}/provisionOnDemand: the objects are
// provisioned now, and the answer tells how, as JSON inside of two strings.
func (a *API) provisionOnDemand(ctx context.Context, q *request) (answer, error) {
	sp, id, err := a.job(ctx, q)
	if err != nil {
		return answer{}, err
	}
	var in struct {
		Parameters []synchronization.OnDemandParameters `json:"parameters"`
	}
	if err := decode(q.body, &in); err != nil {
		return answer{}, err
	}
	result, err := a.Jobs.ProvisionOnDemand(ctx, q.tenant, sp, id, in.Parameters)
	if err != nil {
		return answer{}, err
	}
	pair := synchronization.OnDemandResult.DocumentedPair
	if a.OnDemandArray {
		pair = synchronization.OnDemandResult.LivePair
	}
	wire, err := pair(result)
	if err != nil {
		return answer{}, err
	}
	return entity(q.contextOf("microsoft.graph.stringKeyStringValuePair"), wire, nil)
}
