package graphapi

import (
	"context"

	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/identity"
	"github.com/provisor/provisor/internal/store"
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
	by, err := a.initiator(ctx, q)
	if err != nil {
		return answer{}, err
	}
	result, err := a.Jobs.ProvisionOnDemand(ctx, q.tenant, sp, id, by, in.Parameters)
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

// initiator is the caller as the provisioning log names it. A caller of a foreign issuer
// need not be in the directory: then its id is its name.
func (a *API) initiator(ctx context.Context, q *request) (synchronization.SummaryInitiator, error) {
	by := synchronization.SummaryInitiator{ID: string(q.caller.ObjectID), DisplayName: string(q.caller.ObjectID), InitiatorType: "user"}
	if q.caller.Kind == identity.Application {
		by.InitiatorType = "application"
	}
	known, err := a.Store.Object(ctx, q.tenant, store.Ref{ID: q.caller.ObjectID})
	switch {
	case errs.Is(err, errs.NotFound):
		return by, nil
	case err != nil:
		return by, err
	}
	if name := known.Attributes.String("displayName"); name != "" {
		by.DisplayName = name
	}
	return by, nil
}
