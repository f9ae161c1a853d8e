package sqlstore

import (
	"context"
	"fmt"
	"io/fs"
	"strings"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/store"
	"github.com/provisor/provisor/internal/synchronization"
)

// ExplainObjects returns how the database finds the objects of a query, a line a step.
func (db *DB) ExplainObjects(ctx context.Context, tenant directory.TenantID, q store.Query) ([]string, error) {
	key, err := db.tenant(ctx, tenant)
	if err != nil {
		return nil, err
	}
	s, err := db.selectObjects(key, q)
	if err != nil {
		return nil, err
	}
	statement, err := s.statement()
	if err != nil {
		return nil, err
	}
	return db.explain(ctx, statement)
}

// ExplainDelta returns how the database finds the objects of a delta.
func (db *DB) ExplainDelta(ctx context.Context, q store.DeltaQuery) ([]string, error) {
	statement, err := db.deltaStatement(1, q)
	if err != nil {
		return nil, err
	}
	return db.explain(ctx, statement)
}

// ExplainLogs returns how the database finds the entries of a query in either table.
func (db *DB) ExplainLogs(ctx context.Context, tenant directory.TenantID, q store.LogQuery) ([]string, error) {
	key, err := db.tenant(ctx, tenant)
	if err != nil {
		return nil, err
	}
	var steps []string
	for _, table := range []logTable{db.records(key), db.earlierRecords()} {
		statement, err := db.selectLogs(table, key, q)
		if err != nil {
			return nil, err
		}
		more, err := db.explain(ctx, statement)
		if err != nil {
			return nil, err
		}
		steps = append(steps, more...)
	}
	return steps, nil
}

// ExplainPages returns, by name, how the database finds a page of what is told of large
// groups.
func (db *DB) ExplainPages(ctx context.Context) (map[string][]string, error) {
	plans := map[string][]string{}
	for name, statement := range map[string]string{
		"references": deltaReferences,
		"groups":     "SELECT reached.key FROM " + nestedGroups + " WHERE o.key = reached.key",
		"members":    "SELECT reached.key FROM " + contained + " WHERE o.key = reached.key ORDER BY reached.key LIMIT 100",
		"horizon":    horizon,
		"missing":    missing,
		"forget":     forget,
	} {
		args := make([]any, strings.Count(statement, "?"))
		for i := range args {
			args[i] = "1" // a plan for NULL would find nothing at once
		}
		steps, err := db.explain(ctx, clause{statement, args})
		if err != nil {
			return nil, err
		}
		plans[name] = steps
	}
	return plans, nil
}

// ExplainCandidates returns how the database finds a page of candidates.
func (db *DB) ExplainCandidates(ctx context.Context, q store.CandidateQuery) ([]string, error) {
	query, args := candidateQuery(q, 1, 1, 1000)
	return db.explain(ctx, clause{query, args})
}

// ExplainRecording returns, by name, how the database finds what the statements of
// recording and reconciling touch.
func (db *DB) ExplainRecording(ctx context.Context) (map[string][]string, error) {
	plans := map[string][]string{}
	for name, statement := range map[string]string{
		"removeLinks":      removeLinks + "(?, ?)",
		"removeDue":        removeDue + "(?, ?)",
		"forgetFrom":       forgetFrom + "(?, ?)",
		"forgetTo":         forgetTo + "(?, ?)",
		"makeOwnersDue":    makeOwnersDue + "(?, ?)" + orAtOnce,
		"makeThemDue":      makeThemDue + "(?, ?)" + orAtOnce,
		"makeUsersDue":     makeUsersDue + "(?, ?)" + orNoted,
		"makeNewDue":       makeNewDue + "(?, ?)" + orAtOnce,
		"makeThemOpen":     makeThemOpen + "(?, ?)" + orOpen,
		"seeReferences":    seeHead + "(?, ?)" + seeTail,
		"dueReferences":    dueReferences,
		"departingCount":   departingCount,
		"noteGained":       noteGained + "(?, ?)" + orNoted,
		"forgetOwner":      forgetOwner + "(?, ?)",
		"forgetChanged":    forgetChanged + "(?, ?)",
		"reconcile":        reconcile,
		"unreconcile":      unreconcile + " AND owner = ?",
		"stageCame":        stageCame,
		"stageWent":        stageWent,
		"stagePending":     stagePending,
		"referenceChanges": referenceChanges(store.ReferenceQuery{}).text,
		"stagedChanges":    referenceChanges(store.ReferenceQuery{Staged: true}).text,
	} {
		args := make([]any, strings.Count(statement, "?"))
		for i := range args {
			args[i] = "1" // a plan for NULL would find nothing at once
		}
		steps, err := db.explain(ctx, clause{statement, args})
		if err != nil {
			return nil, err
		}
		plans[name] = steps
	}
	return plans, nil
}

func (db *DB) explain(ctx context.Context, c clause) ([]string, error) {
	var steps []string
	err := db.read(ctx, func(s *session) error {
		if db.apart != nil { // PostgreSQL
			return s.each(ctx, func(row scanner) error {
				var step string
				err := row.Scan(&step)
				steps = append(steps, step)
				return err
			}, "EXPLAIN "+c.text, c.args...)
		}
		return s.each(ctx, func(row scanner) error {
			var (
				id, parent, unused int
				step               string
			)
			err := row.Scan(&id, &parent, &unused, &step)
			steps = append(steps, step)
			return err
		}, "EXPLAIN QUERY PLAN "+c.text, c.args...)
	})
	return steps, err
}

// Pragma returns the value of a pragma of the writer.
func (db *DB) Pragma(ctx context.Context, name string) (string, error) {
	var value string
	err := db.write(ctx, relaxed, func(s *session) error {
		_, err := s.one(ctx, []any{&value}, "PRAGMA "+name)
		return err
	})
	return value, err
}

// EncodeAttributes writes a document.
func EncodeAttributes(a directory.Attributes) (string, error) { return encodeAttributes(a) }

// DecodeAttributes reads a document.
func DecodeAttributes(document string) (directory.Attributes, error) {
	return decodeAttributes(document, "")
}

// Migrations returns the migrations of a kind of database: sqlite or postgres.
func Migrations(kind string) (fs.FS, error) { return fs.Sub(migrations, "migrations/"+kind) }

// Dump returns every row of the program, in order.
func (db *DB) Dump(ctx context.Context) ([]string, error) {
	tables, err := db.tables(ctx)
	if err != nil {
		return nil, err
	}
	var rows []string
	for _, t := range tables {
		c := &cursor{db: db, table: t}
		for {
			r, err := c.peek(ctx)
			if err != nil {
				return nil, err
			}
			if r == nil {
				break
			}
			rows = append(rows, fmt.Sprintf("%s %v", t.name, r))
			c.next()
		}
	}
	return rows, nil
}

// CreateAndFail creates an object in a change that then fails with an error.
func (db *DB) CreateAndFail(ctx context.Context, tenant directory.TenantID, o directory.Object, fault error) error {
	key, err := db.tenant(ctx, tenant)
	if err != nil {
		return err
	}
	return db.change(ctx, key, func(s *session) error {
		if _, err := s.createObject(ctx, key, o); err != nil {
			return err
		}
		return fault
	})
}

// PackDetails packs the details of a record.
func PackDetails(r synchronization.Record) []byte { return packDetails(&r) }

// UnpackDetails reads them.
func UnpackDetails(details []byte, r *synchronization.Record) error { return unpackDetails(details, r) }

// MadeIDs returns the ids that are made of a key.
func MadeIDs(key int64, tenant, cycle string) (string, string) {
	id, change := idTails(tenant, cycle)
	return madeID(key, id), madeID(key, change)
}

// KeyOfID returns the key of which an id is made.
func KeyOfID(id string) (int64, bool) {
	key, _, ok := partsOfID(id)
	return key, ok
}

// Beginnings writes objects as an announcement keeps them.
func Beginnings(objects []store.Beginning) string { return encodeBeginnings(objects) }
