package sqlstore

import (
	"cmp"
	"context"
	"hash/fnv"
	"slices"
	"time"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/store"
)

// logRow is an entry ready to be stored.
type logRow struct {
	place   logPlace
	entry   *store.LogEntry
	details []byte
}

// logRows makes entries ready, before the transaction that stores them begins.
func (db *DB) logRows(ctx context.Context, tenant int64, entries ...*store.LogEntry) ([]logRow, error) {
	rows := make([]logRow, 0, len(entries))
	for _, e := range entries {
		if e == nil {
			continue
		}
		place, err := db.logPlace(ctx, tenant, e)
		if err != nil {
			return nil, err
		}
		rows = append(rows, logRow{place, e, packDetails(&e.Record)})
	}
	return rows, nil
}

// insertLogs appends entries in their order: those with ids of their own apart from
// the others, which lack these columns.
func (s *session) insertLogs(ctx context.Context, tenant int64, rows []logRow) error {
	for len(rows) > 0 {
		own := rows[0].own()
		n := slices.IndexFunc(rows, func(r logRow) bool { return r.own() != own })
		if n < 0 {
			n = len(rows)
		}
		if err := s.insertLogsAlike(ctx, tenant, rows[:n]); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

func (s *session) insertLogsAlike(ctx context.Context, tenant int64, rows []logRow) error {
	own := rows[0].own()
	b := bulk{
		head: s.dialect.insert + `provisioning_record (tenant, time, job, cycle, context, source, source_name, target_id, target_name, duration, details`,
		types: []string{
			"bigint", "bigint", "bigint", "bigint", "bigint", "bigint", "text", "text", "text", "bigint", "bytea",
		},
	}
	if own {
		b.head += ", id, change_id, source_id"
		b.types = append(b.types, "text", "text", "text")
	}
	b.head += ")"
	values := make([]any, 0, len(b.types)*len(rows))
	for i := range rows {
		values = rows[i].values(values, tenant)
		if own {
			values = rows[i].ids(values)
		}
	}
	return s.execRows(ctx, b, values)
}

// own reports whether an entry has ids of its own: its, or that of a source that the
// directory does not have.
func (r *logRow) own() bool { return r.entry.ID != "" || r.entry.Source == 0 && r.entry.SourceID != "" }

func (r *logRow) values(values []any, tenant int64) []any {
	e := r.entry
	source, targetName := int64(e.Source), any(nil)
	if source == 0 && e.SourceID != "" {
		source = stranger(e.SourceID)
	}
	if e.TargetName != e.SourceName {
		targetName = plain(e.TargetName)
	}
	return append(values, tenant, micros(e.Time), r.place.job, r.place.cycle, r.place.context, source,
		plain(e.SourceName), plain(e.TargetID), targetName, int64(e.Duration), r.details)
}

func (r *logRow) ids(values []any) []any {
	e := r.entry
	id, change, source := any(nil), any(nil), any(nil)
	if e.ID != "" {
		id, change = e.ID, e.ChangeID
	}
	if e.Source == 0 && e.SourceID != "" {
		source = plain(e.SourceID)
	}
	return append(values, id, change, source)
}

// stranger is what stands for a source that the directory does not have: a negative
// number made of its id.
func stranger(id string) int64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(id)) // never fails
	return -1 - int64(h.Sum64()>>1)
}

// Logs returns a page of entries, whichever table has them.
func (db *DB) Logs(ctx context.Context, tenant directory.TenantID, q store.LogQuery) (store.LogPage, error) {
	key, err := db.tenant(ctx, tenant)
	if err != nil {
		return store.LogPage{}, err
	}
	var found []foundLog
	for _, table := range []logTable{db.records(key), db.earlierRecords()} {
		statement, err := db.selectLogs(table, key, q)
		if err != nil {
			return store.LogPage{}, err
		}
		if err := db.read(ctx, func(s *session) error {
			return s.each(ctx, func(row scanner) error {
				f, err := table.scan(row)
				found = append(found, f)
				return err
			}, statement.text, statement.args...)
		}); err != nil {
			return store.LogPage{}, err
		}
	}
	return page(found, q), nil
}

// foundLog is an entry and what orders it.
type foundLog struct {
	time, key int64
	entry     store.LogEntry
}

// page puts what was found in order and cuts it to the length of a page.
func page(found []foundLog, q store.LogQuery) store.LogPage {
	slices.SortFunc(found, func(a, b foundLog) int {
		if !q.Ascending {
			a, b = b, a
		}
		return cmp.Or(cmp.Compare(a.time, b.time), cmp.Compare(a.key, b.key))
	})
	var p store.LogPage
	for i, f := range found {
		if i == cmp.Or(q.Top, 100) {
			last := found[i-1]
			p.Next = position{Value: last.time, Key: last.key}.token()
			break
		}
		p.Entries = append(p.Entries, f.entry)
	}
	return p
}

// logTable is a table of entries, as l.
type logTable struct {
	name    string
	columns string
	resolve resolver
	scan    func(scanner) (foundLog, error)
}

// records are the entries of this version.
func (db *DB) records(tenant int64) logTable {
	known := contexts{}
	return logTable{
		name: "provisioning_record",
		columns: `l.key, l.time, l.source, COALESCE(l.source_id, (SELECT o.id FROM object o WHERE o.key = l.source), ''), l.source_name,
			l.target_id, COALESCE(l.target_name, l.source_name), l.duration, l.details, COALESCE(l.id, ''), COALESCE(l.change_id, ''),
			COALESCE((SELECT c.document FROM provisioning_context c WHERE c.key = l.context), '{}')`,
		resolve: recordFilter{db.dialect, tenant}.property,
		scan:    known.scan,
	}
}

func (known contexts) scan(row scanner) (foundLog, error) {
	var (
		f        foundLog
		details  []byte
		document string
		e        = &f.entry
	)
	if err := row.Scan(&f.key, &f.time, &e.Source, &e.SourceID, &e.SourceName, &e.TargetID, &e.TargetName, &e.Duration, &details,
		&e.ID, &e.ChangeID, &document); err != nil {
		return f, err
	}
	e.Source, e.Time = max(e.Source, 0), instant(f.time)
	var err error
	if e.RecordContext, err = known.read(document); err != nil {
		return f, err
	}
	if e.ID == "" {
		id, change := idTails(e.TenantID, e.CycleID)
		e.ID, e.ChangeID = madeID(f.key, id), madeID(f.key, change)
	}
	if err := unpackDetails(details, &e.Record); err != nil {
		return f, errUnreadable(err, "log entry "+e.ID)
	}
	return f, nil
}

// selectLogs returns the query of a page, for one row more than it holds.
func (db *DB) selectLogs(table logTable, tenant int64, q store.LogQuery) (clause, error) {
	condition, err := filter{dialect: db.dialect, resolve: table.resolve}.translate(q.Filter)
	if err != nil {
		return clause{}, err
	}
	s := selection{where: clause{"l.tenant = ?", []any{tenant}}}
	s.and(condition)
	order := ordering{expression: "l.time", key: "l.key", descending: !q.Ascending}
	if q.After != "" {
		after, err := order.after(q.After)
		if err != nil {
			return clause{}, err
		}
		s.and(after)
	}
	return clause{
		"SELECT " + table.columns + " FROM " + table.name + " l WHERE " + s.where.text + " ORDER BY " + order.text() + " LIMIT ?",
		append(s.where.args, cmp.Or(q.Top, 100)+1),
	}, nil
}

// pruneBatch bounds the entries that one transaction removes, so that others can
// write between.
const pruneBatch = 10_000

// PruneLogs removes entries older than the instant, and what only they had in common.
func (db *DB) PruneLogs(ctx context.Context, tenant directory.TenantID, before time.Time) (int, error) {
	key, err := db.tenant(ctx, tenant)
	if err != nil {
		return 0, err
	}
	total := 0
	for _, table := range []string{"provisioning_log", "provisioning_record"} {
		n, err := db.pruneLogs(ctx, table, key, before)
		total += n
		if err != nil {
			return total, err
		}
	}
	return total, db.pruneContexts(ctx, key, before)
}

// pruneContexts removes contexts without entries. One to which a cycle may be writing
// was used later than that.
func (db *DB) pruneContexts(ctx context.Context, tenant int64, before time.Time) error {
	return db.write(ctx, relaxed, func(s *session) error {
		_, err := s.exec(ctx, `DELETE FROM provisioning_context WHERE tenant = ? AND time < ?
			AND NOT EXISTS (SELECT 1 FROM provisioning_record r WHERE r.cycle = provisioning_context.cycle)`,
			tenant, micros(before.Add(-2*contextUse)))
		return err
	})
}

func (db *DB) pruneLogs(ctx context.Context, table string, tenant int64, before time.Time) (int, error) {
	total := 0
	for {
		var n int64
		err := db.write(ctx, relaxed, func(s *session) error {
			var err error
			n, err = s.exec(ctx, `DELETE FROM `+table+` WHERE key IN (
				SELECT key FROM `+table+` WHERE tenant = ? AND time < ? ORDER BY time LIMIT ?)`,
				tenant, micros(before), pruneBatch)
			return err
		})
		total += int(n)
		if err != nil || n < pruneBatch {
			return total, err
		}
	}
}
