package sqlstore

import (
	"context"
	"time"

	"github.com/provisor/provisor/internal/store"
)

// DueJobs returns jobs that are due at now and free, the longest due first.
func (db *DB) DueJobs(ctx context.Context, now time.Time, limit int) ([]store.DueJob, error) {
	var due []store.DueJob
	err := db.read(ctx, func(s *session) error {
		due = nil
		return s.each(ctx, func(row scanner) error {
			var d store.DueJob
			var next int64
			err := row.Scan(&d.Tenant, &d.Job, &next, &d.Turn)
			d.NextRun = instant(next)
			due = append(due, d)
			return err
		}, `SELECT t.id, job.id, job.next_run, job.fence FROM job JOIN tenant t ON t.key = job.tenant
			WHERE job.next_run <= ? AND `+free+` ORDER BY job.next_run, job.key LIMIT ?`,
			micros(now), micros(now), micros(now), limit)
	})
	return due, err
}

// ClaimDue gives holder the job, if it is still due and free at its turn.
func (db *DB) ClaimDue(ctx context.Context, d store.DueJob, holder string, now time.Time, ttl time.Duration) (store.Claim, bool, error) {
	tenant, err := db.tenant(ctx, d.Tenant)
	if err != nil {
		return store.Claim{}, false, err
	}
	claim, ok := store.Claim{Holder: holder}, false
	err = db.write(ctx, relaxed, func(s *session) error {
		var row jobRow
		var err error
		ok, err = s.one(ctx, append(row.dest(), &claim.Fence), `
			UPDATE job SET holder = ?, fence = fence + 1, lease_until = ?, wanted_until = NULL
			WHERE job.tenant = ? AND job.id = ? AND job.fence = ? AND job.next_run <= ? AND `+free+`
			RETURNING `+jobColumns+`, job.fence`,
			holder, micros(now.Add(ttl)), tenant, string(d.Job), d.Turn, micros(now), micros(now), micros(now))
		if err != nil || !ok {
			return err
		}
		claim.JobKey = row.key
		if claim.Job, err = row.decode(); err != nil {
			return err
		}
		return s.resume(ctx, claim.JobKey, claim.Job.Cycle)
	})
	if err != nil || !ok {
		return store.Claim{}, false, err
	}
	return claim, true, nil
}
