package app

import (
	"context"

	"github.com/provisor/provisor/internal/credential"
	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/graphapi"
	"github.com/provisor/provisor/internal/jobs"
	"github.com/provisor/provisor/internal/synchronization"
)

// graphCredentials gives the surface the credentials in its own words.
type graphCredentials struct{ *credential.Service }

// Put replaces what is stored.
func (g graphCredentials) Put(ctx context.Context, tenant directory.TenantID, sp directory.ObjectID, given []graphapi.Given) error {
	return g.Service.Put(ctx, tenant, sp, credentialsOf(given))
}

// Acquire obtains an access token. Templates bring no settings of their own: those
// of gallery applications would be theirs.
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

// graphJobs gives the surface the jobs in its own words.
type graphJobs struct{ *jobs.Service }

// Get reads a job, with what its cycle is about to read.
func (g graphJobs) Get(ctx context.Context, tenant directory.TenantID, sp directory.ObjectID, id synchronization.JobID) (synchronization.Job, error) {
	j, err := g.Service.Get(ctx, tenant, sp, id)
	if err != nil {
		return j, err
	}
	return g.Foresee(ctx, j)
}

// List reads the jobs of a service principal, with what their cycles are about to read.
func (g graphJobs) List(ctx context.Context, tenant directory.TenantID, sp directory.ObjectID) ([]synchronization.Job, error) {
	all, err := g.Service.List(ctx, tenant, sp)
	for i := 0; err == nil && i < len(all); i++ {
		all[i], err = g.Foresee(ctx, all[i])
	}
	return all, err
}

// ValidateCredentials asks the application.
func (g graphJobs) ValidateCredentials( //nolint:revive // as many arguments as the action has parameters
	ctx context.Context, tenant directory.TenantID, sp directory.ObjectID, templateID string, useSaved bool, given []graphapi.Given,
) error {
	return g.Service.ValidateCredentials(ctx, tenant, sp, templateID, useSaved, credentialsOf(given))
}
