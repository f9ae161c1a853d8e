package sqlstore

import (
	"context"
	"database/sql"
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

// ClaimJob gives holder the longest due job that no one holds, until now+ttl.
func (db *DB) ClaimJob(ctx context.Context, holder string, now time.Time, ttl time.Duration) (store.Claim, bool, error) {
	// Idle workers ask often: looking first spares the only writer.
	if due, ok, err := db.NextDue(ctx, now); err != nil || !ok || due.After(now) {
		return store.Claim{}, false, err
	}
	claim, ok := store.Claim{Holder: holder}, false
	err := db.write(ctx, relaxed, func(s *session) error {
		var row jobRow
		var err error
		ok, err = s.one(ctx, append(row.dest(), &claim.Fence), `
			UPDATE job SET holder = ?, fence = fence + 1, lease_until = ?, wanted_until = NULL WHERE key = (
				SELECT job.key FROM job WHERE job.next_run <= ? AND `+free+` ORDER BY job.next_run, job.key LIMIT 1`+s.dialect.lockFree+`)
			RETURNING `+jobColumns+`, job.fence`,
			holder, micros(now.Add(ttl)), micros(now), micros(now), micros(now))
		if err != nil || !ok {
			return err
		}
		claim.JobKey = row.key
		claim.Job, err = row.decode()
		return err
	})
	if err != nil || !ok {
		return store.Claim{}, false, err
	}
	return claim, true, nil
}

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
			" RETURNING job.fence", v.Holder, micros(now.Add(v.Lease)), claim.JobKey, micros(now)); err != nil || ok {
			return err
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

// NextDue returns the earliest next run of all jobs that nobody holds at now.
func (db *DB) NextDue(ctx context.Context, now time.Time) (time.Time, bool, error) {
	var due sql.NullInt64
	err := db.read(ctx, func(s *session) error {
		_, err := s.one(ctx, []any{&due},
			"SELECT min(job.next_run) FROM job WHERE job.next_run IS NOT NULL AND "+free, micros(now), micros(now))
		return err
	})
	if err != nil || !due.Valid {
		return time.Time{}, false, err
	}
	return instant(due.Int64), true, nil
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
