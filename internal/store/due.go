package store

import (
	"context"
	"time"
)

// DueJob is a job that is due and that nobody holds.
type DueJob struct {
	Address

	NextRun time.Time
	// Turn is the fence of the claim before; it grows with every claim.
	Turn int64
}

// DueJobs finds jobs for a job engine to bring to workers.
type DueJobs interface {
	// DueJobs returns jobs that are due at now and free, the longest due first, at
	// most limit.
	DueJobs(ctx context.Context, now time.Time, limit int) ([]DueJob, error)
	// ClaimDue gives holder the job until now+ttl, if it is still due and free at its
	// turn; else ok is false.
	ClaimDue(ctx context.Context, d DueJob, holder string, now time.Time, ttl time.Duration) (c Claim, ok bool, err error)
}
