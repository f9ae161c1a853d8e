package sqlstore

import (
	"context"
	"database/sql"
	"math"
	"slices"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/store"
)

// The groups within a group, itself included, found by the references from group to group
// alone; and from them everybody who belongs to it by one of them.
const (
	containers = `WITH RECURSIVE container (key) AS (
			SELECT CAST(? AS BIGINT)
			UNION SELECT r.referent FROM container c CROSS JOIN relation r
				WHERE r.owner = c.key AND r.nested = TRUE)`
	contained = `(` + containers + `
		SELECT DISTINCT r.referent AS key FROM container c CROSS JOIN relation r
		WHERE r.owner = c.key AND r.relation = 1 AND r.referent > ? AND r.referent <= ?) reached CROSS JOIN object o`
	nestedGroups = `(` + containers + `
		SELECT key FROM container) reached CROSS JOIN object o`

	// horizon is up to where every group has shown so many of its members behind a place;
	// nothing when all have shown all.
	horizon = containers + `
		SELECT min(w.ends) FROM (SELECT (SELECT r.referent FROM relation r
			WHERE r.owner = c.key AND r.relation = 1 AND r.referent > ? ORDER BY r.referent LIMIT 1 OFFSET ?) AS ends
			FROM container c) w`
)

// widest bounds the members that are looked at at once, in all groups together.
const widest = 8192

// within returns a page of those who belong to a group, directly or by groups within it.
// In the order of their keys, a page costs what it shows and the groups that there are,
// wherever it begins: it is read in windows, each as far as all groups have been read.
func (db *DB) within(ctx context.Context, tenant int64, start directory.Key, q store.Query) (store.Page, error) {
	s := selection{key: "reached.key", query: q}
	bounds := []any{0, int64(math.MaxInt64)}
	s.from = contained
	if q.Kind == directory.Group {
		s.from, bounds = nestedGroups, nil
	}
	s.where = clause{"o.key = reached.key AND reached.key <> ?", slices.Concat([]any{start}, bounds, []any{start})}
	if err := db.narrow(&s, tenant); err != nil {
		return store.Page{}, err
	}
	if bounds == nil || len(q.Order) > 0 || q.Skip > 0 && q.After == "" {
		return db.page(ctx, s)
	}
	var page store.Page
	err := db.snapshot(ctx, func(conn *session) error {
		if err := s.count(ctx, conn, &page); err != nil {
			return err
		}
		return s.windows(ctx, conn, start, &page)
	})
	if err != nil {
		return store.Page{}, err
	}
	return page, nil
}

// windows fills a page window by window. Each is twice as wide as the one before.
func (s *selection) windows(ctx context.Context, conn *session, start directory.Key, page *store.Page) error {
	after := int64(0)
	if s.query.After != "" {
		mark, err := parsePosition(s.query.After)
		if err != nil {
			return err
		}
		after = mark.Key
	}
	groups := 1
	if _, err := conn.one(ctx, []any{&groups}, containers+" SELECT count(*) FROM container", start); err != nil {
		return err
	}
	s.query.After, s.query.Skip = "", 0 // the windows begin where the page does
	for width := s.top()/groups + 1; ; width = min(2*width, max(1, widest/groups)) {
		var ends sql.NullInt64
		if _, err := conn.one(ctx, []any{&ends}, horizon, start, after, width); err != nil {
			return err
		}
		if !ends.Valid {
			ends.Int64 = math.MaxInt64
		}
		s.where.args[1], s.where.args[2] = after, ends.Int64
		if err := s.fill(ctx, conn, page); err != nil || page.Next != "" || !ends.Valid {
			return err
		}
		after = ends.Int64
	}
}
