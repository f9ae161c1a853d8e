package sqlstore

import (
	"context"
	"log/slog"
	"sync"
)

// growth counts the rows that tables gained. A server plans the statements of an
// empty table to read it whole, and keeps the plans: a first import would get slower
// with every object until the server notices by itself, a minute later. Statistics
// are therefore taken when a table has doubled.
type growth struct {
	mu     sync.Mutex
	tables map[string]gain
}

// gain is what a table gained since it was last looked at, and how much is enough
// to look again.
type gain struct{ rows, enough int }

// fewRows are found quickly in any way.
const fewRows = 500

// add counts rows and reports whether there are enough to look closer.
func (g *growth) add(table string, rows int) (int, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.tables == nil {
		g.tables = map[string]gain{}
	}
	t := g.tables[table]
	t.rows += rows
	enough := t.rows >= max(fewRows, t.enough)
	if enough {
		t.enough = 2 * t.rows // whoever comes next need not look as well
	}
	g.tables[table] = t
	return t.rows, enough
}

// set notes that a table of some rows was looked at.
func (g *growth) set(table string, t gain) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.tables[table] = t
}

// grew tells of rows that were committed. What it does makes later statements
// quicker and nothing else, so an error of it is only logged.
func (db *DB) grew(ctx context.Context, table string, rows int) {
	if db.dialect.catalog.analyze == "" || rows == 0 {
		return
	}
	gained, enough := db.growth.add(table, rows)
	if !enough {
		return
	}
	err := db.lend(ctx, db.apart, func(s *session) error {
		var known int
		if _, err := s.one(ctx, []any{&known}, db.dialect.catalog.rows, table); err != nil {
			return err
		}
		if gained < known {
			db.growth.set(table, gain{rows: gained, enough: known})
			return nil
		}
		db.growth.set(table, gain{enough: known + gained})
		_, err := s.exec(ctx, db.dialect.catalog.analyze+table)
		return err
	})
	if err != nil {
		db.logger.LogAttrs(ctx, slog.LevelWarn, "statistics of a table were not taken", slog.String("table", table), slog.Any("error", err))
	}
}
