package sqlstore

import (
	"context"
	"time"

	"github.com/provisor/provisor/internal/store"
	"github.com/provisor/provisor/internal/synchronization"
)

// The conditions of a job that may be claimed at an instant, and of a claim that
// still holds.
const (
	unheld  = "(job.holder IS NULL OR job.lease_until <= ?)"
	free    = unheld + " AND (job.wanted_until IS NULL OR job.wanted_until <= ?)"
	claimed = "job.key = ? AND job.holder = ? AND job.fence = ?"
	current = claimed + " AND job.generation = ?"
)

func claimedArgs(c store.Claim) []any { return []any{c.JobKey, c.Holder, c.Fence} }

func currentArgs(c store.Claim) []any { return append(claimedArgs(c), c.Job.Generation) }

// SeizeJob gives holder the job, due or not, or makes whoever holds it let go.
func (db *DB) SeizeJob(ctx context.Context, a store.Address, v store.Visit, now time.Time) (store.Claim, bool, error) {
	tenant, err := db.tenant(ctx, a.Tenant)
	if err != nil {
		return store.Claim{}, false, err
	}
	claim, ok := store.Claim{Holder: v.Holder}, false
	err = db.write(ctx, relaxed, func(s *session) error {
		var err error
		if claim.JobKey, claim.Job, err = s.job(ctx, tenant, a.Job); err != nil {
			return err
		}
		if ok, err = s.one(ctx, []any{&claim.Fence}, "UPDATE job SET holder = ?, fence = fence + 1, lease_until = ?, wanted_until = NULL WHERE key = ? AND "+unheld+
			" RETURNING job.fence", v.Holder, micros(now.Add(v.Lease)), claim.JobKey, micros(now)); err != nil {
			return err
		}
		if ok {
			return s.resume(ctx, claim.JobKey, claim.Job.Cycle)
		}
		_, err = s.exec(ctx, "UPDATE job SET wanted_until = ? WHERE key = ?", micros(now.Add(v.Wish)), claim.JobKey)
		return err
	})
	if err != nil || !ok {
		return store.Claim{}, false, err
	}
	return claim, true, nil
}

// RenewClaim extends a claim. Conflict when it was overtaken, or somebody waits for
// the job.
func (db *DB) RenewClaim(ctx context.Context, c store.Claim, until time.Time) error {
	return db.write(ctx, relaxed, func(s *session) error {
		renewed, err := s.exec(ctx, "UPDATE job SET lease_until = ? WHERE "+current+" AND job.wanted_until IS NULL",
			append([]any{micros(until)}, currentArgs(c)...)...)
		if err != nil || renewed > 0 {
			return err
		}
		if err := s.hold(ctx, c); err != nil {
			return err
		}
		return errWanted(c)
	})
}

// ReleaseClaim stores what fn makes of the job and ends the claim. When an order
// has overtaken the claim, the job stays as the order left it.
func (db *DB) ReleaseClaim(ctx context.Context, c store.Claim, fn func(synchronization.Job) synchronization.Job) error {
	overtaken := false
	err := db.write(ctx, relaxed, func(s *session) error {
		overtaken = false
		released, err := s.exec(ctx, "UPDATE job SET holder = NULL, lease_until = NULL WHERE "+claimed, claimedArgs(c)...)
		if err != nil {
			return err
		}
		var row jobRow
		unchanged, err := s.one(ctx, row.dest(), "SELECT "+jobColumns+" FROM job WHERE job.key = ? AND job.generation = ?",
			c.JobKey, c.Job.Generation)
		if err != nil {
			return err
		}
		if released == 0 || !unchanged {
			overtaken = true
			return nil // the end of the lease is to be committed
		}
		before, err := row.decode()
		if err != nil {
			return err
		}
		_, err = s.putJob(ctx, row.key, before, fn(before))
		return err
	})
	if err == nil && overtaken {
		err = errOvertaken(c)
	}
	return err
}

// hold returns Conflict when the claim was overtaken; else nobody can overtake it
// before the transaction ends.
func (s *session) hold(ctx context.Context, c store.Claim) error {
	var one int
	held, err := s.one(ctx, []any{&one}, "SELECT 1 FROM job WHERE "+current+s.dialect.lock, currentArgs(c)...)
	if err == nil && !held {
		err = errOvertaken(c)
	}
	return err
}
