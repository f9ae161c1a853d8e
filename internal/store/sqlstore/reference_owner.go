package sqlstore

import (
	"context"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/store"
)

// manyReferences is how many an owner has of whom it is remembered up to where they are
// reconciled. Those of the others are compared as quickly as what changed is noted.
const manyReferences = 100

// The statements that remember what is known of owners.
const (
	reconcile = `INSERT INTO reference_owner (job, owner, reconciled)
		SELECT CAST(? AS BIGINT), CAST(? AS BIGINT), CAST(? AS BIGINT)
		WHERE (SELECT count(*) FROM (SELECT 1 FROM reference WHERE job = ? AND owner = ? LIMIT ?) written) = ?
		ON CONFLICT (job, owner) DO UPDATE SET reconciled = excluded.reconciled`
	unreconcile = "UPDATE reference_owner SET reconciled = NULL WHERE reconciled IS NOT NULL AND job = ?"

	// What came, what went, and what is not known of the references of an owner since it
	// was reconciled.
	stageCame = `INSERT INTO reference_changed (job, owner, relation, referent)
		SELECT k.job, k.owner, r.relation, r.referent FROM reference_owner k CROSS JOIN relation r
		WHERE k.job = ? AND k.owner = ? AND r.owner = k.owner AND r.relation IN (1, 2, 3) AND r.sequence > k.reconciled
		ON CONFLICT DO NOTHING`
	stageWent = `INSERT INTO reference_changed (job, owner, relation, referent)
		SELECT k.job, k.owner, d.relation, d.referent FROM reference_owner k CROSS JOIN relation_removed d
		WHERE k.job = ? AND k.owner = ? AND d.owner = k.owner AND d.relation IN (1, 2, 3) AND d.sequence > k.reconciled
		ON CONFLICT DO NOTHING`
	stagePending = `INSERT INTO reference_changed (job, owner, relation, referent)
		SELECT w.job, w.owner, w.relation, w.referent FROM reference w
		WHERE w.job = ? AND w.owner = ? AND w.pending = TRUE
		ON CONFLICT DO NOTHING`
)

// reconcile remembers up to where the references of an owner are reconciled, zero for
// nowhere, and forgets which of them had changed.
func (s *session) reconcile(ctx context.Context, job int64, owner directory.Key, up int64) error {
	known := int64(0)
	var err error
	if up > 0 {
		known, err = s.exec(ctx, reconcile, job, owner, up, job, owner, manyReferences, manyReferences)
	}
	if err != nil {
		return err
	}
	if known == 0 {
		known, err = s.exec(ctx, unreconcile+" AND owner = ?", job, owner)
	}
	if err != nil || known == 0 {
		return err
	}
	_, err = s.exec(ctx, "DELETE FROM reference_changed WHERE job = ? AND owner = ?", job, owner)
	return err
}

// RecheckReferences takes nothing for granted: every owner of the job is compared
// whole when it is due next.
func (db *DB) RecheckReferences(ctx context.Context, c store.Claim) error {
	return db.write(ctx, relaxed, func(s *session) error {
		if err := s.hold(ctx, c); err != nil {
			return err
		}
		_, err := s.exec(ctx, unreconcile, c.JobKey)
		return err
	})
}

// StageReferences notes which references of an owner that is not whole came or went
// since it was closed.
func (db *DB) StageReferences(ctx context.Context, c store.Claim, owner directory.Key) error {
	return db.write(ctx, relaxed, func(s *session) error {
		if err := s.hold(ctx, c); err != nil {
			return err
		}
		for _, statement := range []string{stageCame, stageWent, stagePending} {
			if _, err := s.exec(ctx, statement, c.JobKey, owner); err != nil {
				return err
			}
		}
		return nil
	})
}
