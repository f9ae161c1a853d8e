package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/store"
	"github.com/provisor/provisor/internal/synchronization"
)

// CreateJob stores j with its schema, durably.
func (db *DB) CreateJob(ctx context.Context, j synchronization.Job, schema synchronization.Schema) error {
	tenant, err := db.tenant(ctx, j.Tenant)
	if err != nil {
		return err
	}
	row, err := encodeJob(j)
	if err != nil {
		return err
	}
	text, err := json.Marshal(schema)
	if err != nil {
		return errUnwritable(err, "schema")
	}
	return db.write(ctx, durable, func(s *session) error {
		added, err := s.exec(ctx, `
			INSERT INTO job (tenant, id, service_principal, document, cycle, generation, next_run, schema)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
			tenant, string(j.ID), string(j.ServicePrincipal), row.document, row.cycle, j.Generation, nullMicros(j.NextRun), string(text))
		if err == nil && added == 0 {
			err = errs.New(errs.Conflict, codeConflict, "A synchronization job with the id %s exists already.", j.ID)
		}
		return err
	})
}

// jobRow is a job as it is kept: the cycle apart, because it is written with
// every batch of outcomes.
type jobRow struct {
	key      int64
	document string
	cycle    sql.NullString
}

// jobColumns is what a jobRow receives, of the table job.
const jobColumns = "job.key, job.document, job.cycle"

func (r *jobRow) dest() []any { return []any{&r.key, &r.document, &r.cycle} }

func encodeJob(j synchronization.Job) (jobRow, error) {
	cycle, err := encodeCycle(j.Cycle)
	if err != nil {
		return jobRow{}, err
	}
	j.Cycle = nil
	document, err := json.Marshal(j)
	if err != nil {
		return jobRow{}, errUnwritable(err, "job")
	}
	return jobRow{document: string(document), cycle: cycle}, nil
}

func encodeCycle(c *synchronization.Cycle) (sql.NullString, error) {
	if c == nil {
		return sql.NullString{}, nil
	}
	text, err := json.Marshal(c)
	if err != nil {
		return sql.NullString{}, errUnwritable(err, "cycle")
	}
	return sql.NullString{String: string(text), Valid: true}, nil
}

func (r *jobRow) decode() (synchronization.Job, error) {
	var j synchronization.Job
	if err := json.Unmarshal([]byte(r.document), &j); err != nil {
		return j, errUnreadable(err, "job")
	}
	if r.cycle.Valid {
		if err := json.Unmarshal([]byte(r.cycle.String), &j.Cycle); err != nil {
			return j, errUnreadable(err, "cycle")
		}
	}
	return j, nil
}

func errUnwritable(err error, what string) error {
	return errs.Wrap(err, errs.Internal, "InternalServerError", "The %s cannot be written as JSON.", what)
}

func errNoJob(id synchronization.JobID) error {
	return errs.New(errs.NotFound, codeNotFound, "The synchronization job '%s' does not exist.", id)
}

// Job returns one job.
func (db *DB) Job(ctx context.Context, tenant directory.TenantID, id synchronization.JobID) (synchronization.Job, error) {
	key, err := db.tenant(ctx, tenant)
	if err != nil {
		return synchronization.Job{}, err
	}
	var j synchronization.Job
	err = db.read(ctx, func(s *session) error {
		_, j, err = s.job(ctx, key, id)
		return err
	})
	return j, err
}

func (s *session) job(ctx context.Context, tenant int64, id synchronization.JobID) (int64, synchronization.Job, error) {
	var row jobRow
	found, err := s.one(ctx, row.dest(), "SELECT "+jobColumns+" FROM job WHERE tenant = ? AND id = ?"+s.locked(), tenant, string(id))
	if err == nil && !found {
		err = errNoJob(id)
	}
	if err != nil {
		return 0, synchronization.Job{}, err
	}
	j, err := row.decode()
	return row.key, j, err
}

// Jobs returns those of a service principal, or all of the tenant when it is
// empty, ordered by id.
func (db *DB) Jobs(ctx context.Context, tenant directory.TenantID, servicePrincipal directory.ObjectID) ([]synchronization.Job, error) {
	key, err := db.tenant(ctx, tenant)
	if err != nil {
		return nil, err
	}
	query, args := "SELECT "+jobColumns+" FROM job WHERE tenant = ?", []any{key}
	if servicePrincipal != "" {
		query, args = query+" AND service_principal = ?", append(args, string(servicePrincipal))
	}
	var jobs []synchronization.Job
	err = db.read(ctx, func(s *session) error {
		return s.each(ctx, func(row scanner) error {
			var r jobRow
			if err := row.Scan(r.dest()...); err != nil {
				return err
			}
			j, err := r.decode()
			jobs = append(jobs, j)
			return err
		}, query+" ORDER BY id", args...)
	})
	return jobs, err
}

// UpdateJob stores what fn makes of the job and clears what reset names, durably.
func (db *DB) UpdateJob(ctx context.Context, tenant directory.TenantID, id synchronization.JobID, reset store.Reset, fn func(synchronization.Job) (synchronization.Job, error)) (synchronization.Job, error) {
	tenantKey, err := db.tenant(ctx, tenant)
	if err != nil {
		return synchronization.Job{}, err
	}
	var updated synchronization.Job
	err = db.write(ctx, durable, func(s *session) error {
		key, before, err := s.job(ctx, tenantKey, id)
		if err != nil {
			return err
		}
		after, err := fn(before)
		if err != nil {
			return err
		}
		if updated, err = s.putJob(ctx, key, before, after); err != nil {
			return err
		}
		return s.reset(ctx, key, reset)
	})
	if err != nil {
		return synchronization.Job{}, err
	}
	return updated, nil
}

// putJob stores a job; what names it never changes.
func (s *session) putJob(ctx context.Context, key int64, before, after synchronization.Job) (synchronization.Job, error) {
	after.ID, after.Tenant, after.ServicePrincipal = before.ID, before.Tenant, before.ServicePrincipal
	row, err := encodeJob(after)
	if err != nil {
		return after, err
	}
	_, err = s.exec(ctx, "UPDATE job SET document = ?, cycle = ?, generation = ?, next_run = ? WHERE key = ?",
		row.document, row.cycle, after.Generation, nullMicros(after.NextRun), key)
	return after, err
}

// anew is the failure of what is tried as if it had not failed before.
const anew = `{"retryAt":"1970-01-01T00:00:00Z"}`

// reset clears what a restart names. What failed is not forgotten but due at once: it
// may be neither in the target nor among what changes next.
func (s *session) reset(ctx context.Context, job int64, reset store.Reset) error {
	var statements []string
	switch {
	case reset.Links:
		statements = []string{
			"DELETE FROM link WHERE job = ?",
			"DELETE FROM announcement WHERE job = ?",
			"DELETE FROM reference WHERE job = ?",
			"DELETE FROM reference_due WHERE job = ?",
			"DELETE FROM reference_owner WHERE job = ?",
			"DELETE FROM reference_changed WHERE job = ?",
		}
	case reset.Failures:
		statements = []string{
			"UPDATE link SET failure = '" + anew + "', retry_at = 0 WHERE job = ? AND retry_at IS NOT NULL",
			"UPDATE reference_due SET failure = NULL, retry_at = NULL WHERE job = ? AND retry_at IS NOT NULL",
		}
	}
	for _, statement := range statements {
		if _, err := s.exec(ctx, statement, job); err != nil {
			return err
		}
	}
	return nil
}

// DeleteJob removes the job and everything recorded for it but its log, durably.
func (db *DB) DeleteJob(ctx context.Context, tenant directory.TenantID, id synchronization.JobID) error {
	tenantKey, err := db.tenant(ctx, tenant)
	if err != nil {
		return err
	}
	return db.write(ctx, durable, func(s *session) error {
		key, _, err := s.job(ctx, tenantKey, id)
		if err != nil {
			return err
		}
		if err := s.reset(ctx, key, store.Reset{Links: true}); err != nil {
			return err
		}
		_, err = s.exec(ctx, "DELETE FROM job WHERE key = ?", key)
		return err
	})
}

// Schema returns the job's schema.
func (db *DB) Schema(ctx context.Context, tenant directory.TenantID, id synchronization.JobID) (synchronization.Schema, error) {
	var schema synchronization.Schema
	key, err := db.tenant(ctx, tenant)
	if err != nil {
		return schema, err
	}
	var text string
	err = db.read(ctx, func(s *session) error {
		found, err := s.one(ctx, []any{&text}, "SELECT schema FROM job WHERE tenant = ? AND id = ?", key, string(id))
		if err == nil && !found {
			err = errNoJob(id)
		}
		return err
	})
	if err != nil {
		return schema, err
	}
	if err := json.Unmarshal([]byte(text), &schema); err != nil {
		return schema, errUnreadable(err, "schema")
	}
	return schema, nil
}

// PutSchema replaces the schema and stores what fn makes of the job, durably.
func (db *DB) PutSchema(ctx context.Context, tenant directory.TenantID, id synchronization.JobID, schema synchronization.Schema, fn func(synchronization.Job) synchronization.Job) error {
	tenantKey, err := db.tenant(ctx, tenant)
	if err != nil {
		return err
	}
	text, err := json.Marshal(schema)
	if err != nil {
		return errUnwritable(err, "schema")
	}
	return db.write(ctx, durable, func(s *session) error {
		key, before, err := s.job(ctx, tenantKey, id)
		if err != nil {
			return err
		}
		if _, err := s.putJob(ctx, key, before, fn(before)); err != nil {
			return err
		}
		_, err = s.exec(ctx, "UPDATE job SET schema = ? WHERE key = ?", string(text), key)
		return err
	})
}
