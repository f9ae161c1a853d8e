package graphapi

import (
	"context"

	"github.com/provisor/provisor/internal/synchronization"
)

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
