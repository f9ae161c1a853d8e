package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/store"
)

// LinkedTo returns the source object of kind that the job has linked to the
// target object.
func (db *DB) LinkedTo(ctx context.Context, c store.Claim, kind directory.Kind, targetID string) (directory.ObjectID, bool, error) {
	var id directory.ObjectID
	ok := false
	if targetID == "" {
		return id, false, nil
	}
	err := db.read(ctx, func(s *session) error {
		var err error
		ok, err = s.one(ctx, []any{&id}, `
			SELECT o.id FROM link l JOIN object o ON o.key = l.object
			WHERE l.job = ? AND l.kind = ? AND l.target_id = ? AND (o.presence < 2 OR l.managed = TRUE)
			ORDER BY l.object LIMIT 1`,
			c.JobKey, kindCode(kind), targetID)
		return err
	})
	return id, ok && err == nil, err
}

// DueReferences returns a page of linked objects whose references may differ from
// what was written. Purged ones are left out: they have no references.
func (db *DB) DueReferences(ctx context.Context, c store.Claim, due time.Time, after directory.Key, limit int) ([]store.Owner, error) {
	var owners []store.Owner
	err := db.read(ctx, func(s *session) error {
		return s.each(ctx, func(row scanner) error {
			o, err := scanOwner(row)
			owners = append(owners, o)
			return err
		}, dueReferences, c.JobKey, after, micros(due), cmp.Or(limit, 100))
	})
	return owners, err
}

func scanOwner(row scanner) (store.Owner, error) {
	var (
		o       store.Owner
		kind    int
		failure sql.NullString
	)
	err := row.Scan(&o.Key, &o.ID, &kind, &o.TargetID, &o.Managed, &o.Name, &o.Open, &failure, &o.Whole, &o.Created)
	o.Kind = kindOf(kind)
	if err == nil && failure.Valid {
		if err := json.Unmarshal([]byte(failure.String), &o.Failure); err != nil {
			return o, errUnreadable(err, "failure")
		}
	}
	return o, err
}

const dueReferences = `SELECT o.key, o.id, o.kind, l.target_id, l.managed, COALESCE(o.document ->> 'displayName', ''),
		d.open = TRUE OR EXISTS (SELECT 1 FROM reference w WHERE w.job = d.job AND w.owner = d.owner AND w.pending = TRUE), d.failure,
		k.reconciled IS NULL, COALESCE(k.created, 0)
	FROM reference_due d JOIN link l ON l.job = d.job AND l.object = d.owner JOIN object o ON o.key = d.owner
	LEFT JOIN reference_owner k ON k.job = d.job AND k.owner = d.owner
	WHERE d.job = ? AND d.owner > ? AND (d.retry_at IS NULL OR d.retry_at <= ?) AND l.target_id IS NOT NULL AND o.presence < 2
	ORDER BY d.owner LIMIT ?`

// What must be written of an owner's references. Where STAGED stands, the references
// that were noted as changed come first, so that no other is looked at. The plus keeps
// the statements on the index that has the order of the pages.
const (
	additions = `SELECT r.referent AS referent, l.target_id AS target_id, FALSE AS remove
		FROM STAGED relation r CROSS JOIN link l
		WHERE r.owner = ? AND r.relation = ? AND r.referent > ? AND r.referent <= ? AND +r.sequence <= ?
			AND l.job = ? AND l.object = r.referent AND l.target_id IS NOT NULL AND l.managed = TRUE
			AND (l.kind = 1 OR r.relation <> 1)
			AND NOT EXISTS (SELECT 1 FROM reference w
				WHERE w.job = l.job AND w.owner = r.owner AND w.relation = r.relation AND w.referent = r.referent
					AND w.written = TRUE)
		ORDER BY r.referent LIMIT ?`

	removals = `SELECT w.referent AS referent, w.target_id AS target_id, TRUE AS remove
		FROM STAGED reference w
		WHERE w.job = ? AND w.owner = ? AND w.relation = ? AND w.referent > ? AND w.referent <= ? AND w.written = TRUE
			AND NOT EXISTS (SELECT 1 FROM relation r JOIN object m ON m.key = r.referent
				WHERE r.owner = w.owner AND r.relation = w.relation AND r.referent = w.referent
					AND (m.kind = 1 OR r.relation <> 1))
		ORDER BY w.referent LIMIT ?`

	// stagedChanges is what stands in front then.
	stagedChanges = `(SELECT referent FROM reference_changed
		WHERE job = ? AND owner = ? AND relation = ? AND referent > ? AND referent <= ?) c CROSS JOIN`
)

// changeOrder and changeColumns make pages of what must be written.
const (
	changeColumns = "SELECT q.referent, o.id, q.target_id, q.remove FROM ("
	changeOrder   = ") q JOIN object o ON o.key = q.referent ORDER BY q.referent LIMIT ?"
)

// referenceChanges is the statement of a query.
func referenceChanges(q store.ReferenceQuery) clause {
	q.Limit = cmp.Or(q.Limit, 1000)
	q.Through = cmp.Or(q.Through, math.MaxInt64)
	add := narrowed(q, additions, "r")
	add.args = append(add.args, q.Owner, relationCode(q.Relation), q.After, q.Through, cmp.Or(q.CameBy, math.MaxInt64), q.Claim.JobKey, q.Limit)
	if q.AdditionsOnly {
		return clause{changeColumns + add.text + changeOrder, append(add.args, q.Limit)}
	}
	remove := narrowed(q, removals, "w")
	remove.args = append(remove.args, q.Claim.JobKey, q.Owner, relationCode(q.Relation), q.After, q.Through, q.Limit)
	return clause{
		changeColumns + "SELECT * FROM (" + add.text + ") a UNION ALL SELECT * FROM (" + remove.text + ") b" + changeOrder,
		slices.Concat(add.args, remove.args, []any{q.Limit}),
	}
}

// narrowed puts what was noted as changed in front of a statement whose row has the name,
// when the query asks for that.
func narrowed(q store.ReferenceQuery, statement, name string) clause {
	if !q.Staged {
		return clause{strings.Replace(statement, "STAGED ", "", 1), nil}
	}
	statement = strings.Replace(statement, "STAGED", stagedChanges, 1)
	return clause{
		strings.Replace(statement, "WHERE "+name+".", "WHERE "+name+".referent = c.referent AND "+name+".", 1),
		[]any{q.Claim.JobKey, q.Owner, relationCode(q.Relation), q.After, q.Through},
	}
}

// ReferenceChanges returns, ordered by referent, what must be written so that the
// target has the references of the directory.
func (db *DB) ReferenceChanges(ctx context.Context, q store.ReferenceQuery) ([]store.ReferenceChange, error) {
	statement := referenceChanges(q)
	var changes []store.ReferenceChange
	err := db.read(ctx, func(s *session) error {
		return s.each(ctx, func(row scanner) error {
			var change store.ReferenceChange
			err := row.Scan(&change.Referent, &change.ID, &change.TargetID, &change.Remove)
			changes = append(changes, change)
			return err
		}, statement.text, statement.args...)
	})
	return changes, err
}
