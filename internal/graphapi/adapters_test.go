package graphapi_test

import (
	"context"

	"github.com/provisor/provisor/internal/credential"
	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/graphapi"
	"github.com/provisor/provisor/internal/jobs"
	"github.com/provisor/provisor/internal/synchronization"
)

// graphCredentials and graphJobs fit the services to the ports of the surface, as
// the program does.
type graphCredentials struct{ *credential.Service }

func (g graphCredentials) Put(ctx context.Context, tenant directory.TenantID, sp directory.ObjectID, given []graphapi.Given) error {
	return g.Service.Put(ctx, tenant, sp, credentialsOf(given))
}

func (g graphCredentials) Acquire(ctx context.Context, tenant directory.TenantID, sp directory.ObjectID, given []graphapi.Given) error {
	return g.Service.Acquire(ctx, tenant, sp, nil, credentialsOf(given))
}

func credentialsOf(given []graphapi.Given) []credential.Given {
	out := make([]credential.Given, len(given))
	for i, one := range given {
		out[i] = credential.Given{Key: one.Key, Null: one.Value == nil}
		if one.Value != nil {
			out[i].Value = *one.Value
		}
	}
	return out
}

type graphJobs struct{ *jobs.Service }

func (g graphJobs) ValidateCredentials(ctx context.Context, tenant directory.TenantID, sp directory.ObjectID, template string, saved bool, given []graphapi.Given) error { //nolint:revive // the port's arguments
	return g.Service.ValidateCredentials(ctx, tenant, sp, template, saved, credentialsOf(given))
}

func (g graphJobs) ProvisionOnDemand(ctx context.Context, tenant directory.TenantID, sp directory.ObjectID, id synchronization.JobID, by synchronization.SummaryInitiator, parameters []synchronization.OnDemandParameters) (synchronization.OnDemandResult, error) { //nolint:revive // the port's arguments
	return g.Service.ProvisionOnDemand(ctx, jobs.OnDemandCall{Tenant: tenant, ServicePrincipal: sp, Job: id, By: by, Parameters: parameters})
}
