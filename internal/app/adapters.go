package app

import (
	"context"

	"github.com/provisor/provisor/internal/credential"
	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/graphapi"
	"github.com/provisor/provisor/internal/jobs"
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

// ValidateCredentials asks the application.
func (g graphJobs) ValidateCredentials( //nolint:revive // as many arguments as the action has parameters
	ctx context.Context, tenant directory.TenantID, sp directory.ObjectID, templateID string, useSaved bool, given []graphapi.Given,
) error {
	return g.Service.ValidateCredentials(ctx, tenant, sp, templateID, useSaved, credentialsOf(given))
}
