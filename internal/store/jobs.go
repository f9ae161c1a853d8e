package store

import (
	"context"
	"time"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/synchronization"
)

// Jobs keeps synchronization jobs and lets workers hold them. The job row with its
// lease, state and generation is the truth; a job engine only wakes workers.
type Jobs interface {
	// CreateJob stores j with its schema, durably. Conflict when the id is taken.
	CreateJob(ctx context.Context, j synchronization.Job, s synchronization.Schema) error
	// Job returns one job.
	Job(ctx context.Context, tenant directory.TenantID, id synchronization.JobID) (synchronization.Job, error)
	// Jobs returns those of a service principal, or all of the tenant when it is
	// empty, ordered by id.
	Jobs(ctx context.Context, tenant directory.TenantID, servicePrincipal directory.ObjectID) ([]synchronization.Job, error)
	// UpdateJob stores what fn makes of the job and clears what reset names, in one
	// durable transaction. An error of fn aborts and is returned.
	UpdateJob(ctx context.Context, tenant directory.TenantID, id synchronization.JobID, reset Reset, fn func(synchronization.Job) (synchronization.Job, error)) (synchronization.Job, error)
	// DeleteJob removes the job and everything recorded for it, but its log.
	DeleteJob(ctx context.Context, tenant directory.TenantID, id synchronization.JobID) error
	// Schema returns the job's schema.
	Schema(ctx context.Context, tenant directory.TenantID, id synchronization.JobID) (synchronization.Schema, error)
	// PutSchema replaces the schema and stores what fn makes of the job, in one
	// durable transaction.
	PutSchema(ctx context.Context, tenant directory.TenantID, id synchronization.JobID, s synchronization.Schema, fn func(synchronization.Job) synchronization.Job) error

	// SeizeJob gives a visitor the job, due or not, for the time of his lease. When
	// somebody else holds it, ok is false, that claim cannot be renewed any more, and
	// no worker can take the job before the wish ends: ask again before that. NotFound
	// when there is no such job.
	SeizeJob(ctx context.Context, a Address, v Visit, now time.Time) (c Claim, ok bool, err error)
	// RenewClaim extends a claim. Conflict when it was overtaken: the lease went to
	// another holder, the job's generation grew, or the job is gone. Conflict with the
	// code Wanted when somebody waits for the job: the claim holds as long as it did,
	// and is to be released soon.
	RenewClaim(ctx context.Context, c Claim, until time.Time) error
	// ReleaseClaim stores what fn makes of the job and ends the claim. Conflict as
	// above, with the lease ended all the same when c still holds it.
	ReleaseClaim(ctx context.Context, c Claim, fn func(synchronization.Job) synchronization.Job) error
}

// Address names one job.
type Address struct {
	Tenant directory.TenantID
	Job    synchronization.JobID
}

// Visit is how somebody takes a job out of its turn.
type Visit struct {
	Holder string
	Lease  time.Duration // how long the job is held
	Wish   time.Duration // how long it is kept from others for who waits
}

// Reset says what an order clears of a job's state.
type Reset struct {
	Links bool // links, written references and escrows
	// Failures: those that are to be retried are due at once and counted anew; a
	// creation that was begun stays begun.
	Failures bool
}

// Claim is one worker's hold on one job. Everything it records is checked
// against Fence and the job's generation.
type Claim struct {
	Job    synchronization.Job
	JobKey int64
	Holder string
	Fence  int64
}
