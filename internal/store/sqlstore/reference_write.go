package sqlstore

import (
	"context"
	"math"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/store"
)

// OpenReferences remembers, before they are sent, the changes that are about to
// be. It is durable: if a loss of power took the mark back, a change that the
// target has made would count as not made, and its opposite as not needed.
func (db *DB) OpenReferences(ctx context.Context, c store.Claim, owner directory.Key, r directory.Relation, pending []store.ReferenceChange) error {
	err := db.write(ctx, durable, func(s *session) error {
		if err := s.hold(ctx, c); err != nil {
			return err
		}
		if err := s.makeDue(ctx, c.JobKey, owner); err != nil {
			return err
		}
		return s.putReferences(ctx, place(c, owner, r), pending, pendingState)
	})
	if err != nil {
		return err
	}
	db.grew(ctx, "reference", len(pending))
	return nil
}

// place names the references of an owner under a relation.
func place(c store.Claim, owner directory.Key, r directory.Relation) []any {
	return []any{c.JobKey, owner, relationCode(r)}
}

// pendingState is the record of a change that may have been made: what it was
// before, and pending.
func pendingState(change store.ReferenceChange) (written, pending bool) { //nolint:nonamedreturns // two values of one type
	return change.Remove, true
}

// writtenState is the record of an addition that was made.
func writtenState(store.ReferenceChange) (written, pending bool) { //nolint:nonamedreturns // two values of one type
	return true, false
}

// makeDue makes the references of owner due.
func (s *session) makeDue(ctx context.Context, job int64, owner directory.Key) error {
	_, err := s.exec(ctx, "INSERT INTO reference_due (job, owner, open) VALUES (?, ?, FALSE) ON CONFLICT DO NOTHING", job, owner)
	return err
}

// putReferences creates or replaces records of references.
func (s *session) putReferences(ctx context.Context, place []any, changes []store.ReferenceChange, state func(store.ReferenceChange) (bool, bool)) error {
	rows := make([]any, 0, 7*len(changes))
	for _, change := range changes {
		written, pending := state(change)
		rows = append(append(rows, place...), change.Referent, change.TargetID, written, pending)
	}
	return s.execRows(ctx, bulk{
		head:  "INSERT INTO reference (job, owner, relation, referent, target_id, written, pending)",
		types: []string{"bigint", "bigint", "smallint", "bigint", "text", "boolean", "boolean"},
		tail: ` ON CONFLICT (job, owner, relation, referent) DO UPDATE SET
			target_id = excluded.target_id, written = excluded.written, pending = excluded.pending`,
	}, rows)
}

// RecordReferences stores what was written at the target, and the log entry if
// there is one.
func (db *DB) RecordReferences(ctx context.Context, c store.Claim, owner directory.Key, r directory.Relation, written []store.ReferenceChange, log *store.LogEntry) error { //nolint:revive // the contract has six
	tenant, err := db.tenant(ctx, c.Job.Tenant)
	if err != nil {
		return err
	}
	logs, err := db.logRows(ctx, tenant, log)
	if err != nil {
		return err
	}
	var (
		added   []store.ReferenceChange
		removed []any
	)
	for _, change := range written {
		if change.Remove {
			removed = append(removed, change.Referent)
			continue
		}
		added = append(added, change)
	}
	return db.write(ctx, relaxed, func(s *session) error {
		if err := s.hold(ctx, c); err != nil {
			return err
		}
		if err := s.dropReferences(ctx, place(c, owner, r), removed); err != nil {
			return err
		}
		if err := s.putReferences(ctx, place(c, owner, r), added, writtenState); err != nil {
			return err
		}
		return s.insertLogs(ctx, tenant, logs)
	})
}

func (s *session) dropReferences(ctx context.Context, place, referents []any) error {
	return s.execAmong(ctx, among{
		head: "DELETE FROM reference WHERE job = ? AND owner = ? AND relation = ? AND referent IN ", before: place, values: referents,
	})
}

// PostponeReferences keeps why references could not be written and when they are
// tried again.
func (db *DB) PostponeReferences(ctx context.Context, c store.Claim, owner directory.Key, f *store.Failure, log *store.LogEntry) error {
	tenant, err := db.tenant(ctx, c.Job.Tenant)
	if err != nil {
		return err
	}
	logs, err := db.logRows(ctx, tenant, log)
	if err != nil {
		return err
	}
	failure, retryAt, err := encodeFailure(f)
	if err != nil {
		return err
	}
	if f == nil {
		retryAt = int64(math.MaxInt64)
	}
	return db.write(ctx, relaxed, func(s *session) error {
		if err := s.hold(ctx, c); err != nil {
			return err
		}
		if _, err := s.exec(ctx, "UPDATE reference_due SET failure = ?, retry_at = ? WHERE job = ? AND owner = ?", failure, retryAt, c.JobKey, owner); err != nil {
			return err
		}
		return s.insertLogs(ctx, tenant, logs)
	})
}

// SettleReferences says that changes of owner that are pending were not made.
func (db *DB) SettleReferences(ctx context.Context, c store.Claim, owner directory.Key) error {
	return db.write(ctx, relaxed, func(s *session) error {
		if err := s.hold(ctx, c); err != nil {
			return err
		}
		return s.dropPending(ctx, c.JobKey, owner)
	})
}

// dropPending makes changes of an owner that are pending count as not made.
func (s *session) dropPending(ctx context.Context, job int64, owner directory.Key) error {
	for _, statement := range []string{
		"DELETE FROM reference WHERE job = ? AND owner = ? AND pending = TRUE AND written = FALSE",
		"UPDATE reference SET pending = FALSE WHERE job = ? AND owner = ? AND pending = TRUE",
	} {
		if _, err := s.exec(ctx, statement, job, owner); err != nil {
			return err
		}
	}
	return nil
}

// CloseReferences ends the reconciliation of owner: it is no longer due or open,
// and changes still pending count as not made.
func (db *DB) CloseReferences(ctx context.Context, c store.Claim, owner directory.Key, reconciled int64) error {
	return db.write(ctx, relaxed, func(s *session) error {
		if err := s.hold(ctx, c); err != nil {
			return err
		}
		if _, err := s.exec(ctx, "DELETE FROM reference_due WHERE job = ? AND owner = ?", c.JobKey, owner); err != nil {
			return err
		}
		if err := s.dropPending(ctx, c.JobKey, owner); err != nil {
			return err
		}
		return s.reconcile(ctx, c.JobKey, owner, reconciled)
	})
}
