package sqlstore

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/odata"
	"github.com/provisor/provisor/internal/store"
)

// selection is a query over objects in the making.
type selection struct {
	from  string // what follows FROM, with the object as o
	where clause
	key   string // the expression that orders by key
	order ordering
	query store.Query
}

// Objects returns a page of a tenant's objects.
func (db *DB) Objects(ctx context.Context, tenant directory.TenantID, q store.Query) (store.Page, error) {
	key, err := db.tenant(ctx, tenant)
	if err != nil {
		return store.Page{}, err
	}
	s, err := db.selectObjects(key, q)
	if err != nil {
		return store.Page{}, err
	}
	return db.page(ctx, s)
}

func (db *DB) selectObjects(tenant int64, q store.Query) (selection, error) {
	s := selection{from: "object o", key: "o.key", query: q, where: clause{"o.tenant = ?", []any{tenant}}}
	if err := db.narrow(&s, tenant); err != nil {
		return s, err
	}
	if len(q.Order) == 0 && !q.Deleted {
		s.order.expression, _ = db.rangeOf(q.Filter)
		s.order.present = !isOrderColumn(s.order.expression)
	}
	return s, nil
}

// rangeOf returns the column of which a filter asks for a range, if nothing in the
// filter asks for one value. Objects without an order are then ordered by it: the
// index gives the first page without finding, and sorting, everything that matches.
func (db *DB) rangeOf(e odata.Expr) (string, bool) {
	switch e := e.(type) {
	case odata.And:
		left, plain := db.rangeOf(e.Left)
		right, alsoPlain := db.rangeOf(e.Right)
		if !plain || !alsoPlain {
			return "", false
		}
		return cmp.Or(left, right), true
	case odata.Call:
		if e.Function == "startswith" && e.Value != "" {
			return db.columnOf(e.Property), true
		}
	case odata.Compare:
		switch e.Op {
		case odata.Eq:
			return "", db.columnOf(e.Property) == ""
		case odata.Gt, odata.Ge, odata.Lt, odata.Le:
			return db.columnOf(e.Property), true
		case odata.Ne:
		}
	case odata.In, odata.Any:
		return "", false
	}
	return "", true
}

// columnOf returns the column of a text or an instant; empty when there is none.
func (db *DB) columnOf(p odata.Property) string {
	o, ok := db.objectResolver(p)
	if !ok || o.ignores != "" || o.element != "" || o.holds == holdsBoolean {
		return ""
	}
	return o.text
}

// Related returns a page of the live objects that from refers to; with reverse,
// of those that refer to it.
func (db *DB) Related(ctx context.Context, tenant directory.TenantID, from directory.ObjectID, r directory.Relation, reverse bool, q store.Query) (store.Page, error) { //nolint:revive // the contract has the flag
	key, err := db.tenant(ctx, tenant)
	if err != nil {
		return store.Page{}, err
	}
	var start directory.Key
	if err := db.read(ctx, func(s *session) error {
		start, _, err = s.liveKey(ctx, key, from)
		return err
	}); err != nil {
		return store.Page{}, err
	}
	q.Deleted = false
	s := selection{query: q}
	near, far := "r.owner", "r.referent"
	if reverse {
		near, far = far, near
	}
	switch {
	case q.Transitive && r == directory.Members && !reverse:
		return db.within(ctx, key, start, q)
	case q.Transitive:
		s.reach(near, far, start, relationCode(r))
	default:
		s.from, s.key = "relation r CROSS JOIN object o", far
		s.where = clause{near + " = ? AND r.relation = ? AND o.key = " + far, []any{start, relationCode(r)}}
	}
	if err := db.narrow(&s, key); err != nil {
		return store.Page{}, err
	}
	return db.page(ctx, s)
}

// reach makes a selection of what can be reached from start along a relation, but
// not start itself, to which a circle may lead back.
func (s *selection) reach(near, far string, start directory.Key, relation int) {
	s.from = `(WITH RECURSIVE reach (key) AS (
			SELECT ` + far + ` FROM relation r WHERE ` + near + ` = ? AND r.relation = ?
			UNION SELECT ` + far + ` FROM reach CROSS JOIN relation r WHERE ` + near + ` = reach.key AND r.relation = ?
		) SELECT key FROM reach) reached CROSS JOIN object o`
	s.key = "reached.key"
	s.where = clause{"o.key = reached.key AND reached.key <> ?", []any{start, relation, relation, start}}
}

// narrow adds to a selection what its query asks for.
func (db *DB) narrow(s *selection, tenant int64) error {
	q := s.query
	// Kind and presence are spelled out: the partial indexes need them so.
	scope := fmt.Sprintf("o.presence = %d", directory.Live)
	if q.Deleted {
		scope = fmt.Sprintf("o.presence = %d", directory.SoftDeleted)
	}
	if q.Kind != "" {
		scope += fmt.Sprintf(" AND o.kind = %d", kindCode(q.Kind))
	}
	s.and(clause{text: scope})
	f := filter{dialect: db.dialect, resolve: db.objectResolver, any: db.objectAny(tenant), scope: scope + " AND "}
	condition, err := f.translate(q.Filter)
	if err != nil {
		return err
	}
	s.and(condition)
	if q.Search != "" {
		s.and(f.search(operand{text: "o.display_name", folded: true}, q.Search))
	}
	s.order, err = orderBy(q.Order, s.key)
	return err
}

func (s *selection) and(c clause) {
	if c.text == "" {
		return
	}
	s.where = clause{s.where.text + " AND " + c.text, append(s.where.args, c.args...)}
}

// page runs a selection.
func (db *DB) page(ctx context.Context, s selection) (store.Page, error) {
	var page store.Page
	lend := db.read
	if s.query.Count {
		lend = db.snapshot // the number and the page are of one state
	}
	err := lend(ctx, func(conn *session) error {
		if err := s.count(ctx, conn, &page); err != nil {
			return err
		}
		return s.fill(ctx, conn, &page)
	})
	if err != nil {
		return store.Page{}, err
	}
	return page, nil
}

// count counts everything for the first page, if that is asked for. Later pages repeat
// the number: to count once more for each would cost the whole for each.
func (s *selection) count(ctx context.Context, conn *session, page *store.Page) error {
	if !s.query.Count {
		return nil
	}
	if s.query.After != "" {
		mark, err := parsePosition(s.query.After)
		if err != nil {
			return err
		}
		if mark.Count != nil {
			page.Count = *mark.Count
			return nil
		}
	}
	query := "SELECT count(*) FROM " + s.from + " WHERE " + s.where.text
	_, err := conn.one(ctx, []any{&page.Count}, query, s.where.args...)
	return err
}

// mark is where a page ends so far, and where the next one begins when it is full.
func (s *selection) mark(page *store.Page) position {
	var mark position
	if n := len(page.Objects); n > 0 {
		mark.Key = int64(page.Objects[n-1].Key)
	}
	if s.query.Count {
		mark.Count = &page.Count
	}
	return mark
}

// fill reads one row more than the page holds, to know whether another follows.
func (s *selection) fill(ctx context.Context, conn *session, page *store.Page) error {
	statement, err := s.statement()
	if err != nil {
		return err
	}
	mark := s.mark(page)
	return conn.each(ctx, func(row scanner) error {
		if len(page.Objects) == s.top() {
			page.Next = mark.token()
			return nil
		}
		var r objectRow
		if err := row.Scan(append(r.dest(), &mark.Value)...); err != nil {
			return err
		}
		o, err := r.decode()
		mark.Key = int64(o.Key)
		page.Objects = append(page.Objects, o)
		return err
	}, statement.text, statement.args...)
}

func (s *selection) top() int { return cmp.Or(s.query.Top, 100) }

// statement returns the query of the page.
func (s *selection) statement() (clause, error) {
	where, skip := s.where, s.query.Skip
	if s.query.After != "" {
		after, err := s.order.after(s.query.After)
		if err != nil {
			return clause{}, err
		}
		where = clause{where.text + " AND " + after.text, slices.Concat(where.args, after.args)}
		skip = 0 // it was skipped before the first page
	}
	return clause{
		"SELECT " + objectColumns + ", " + s.order.column() + " FROM " + s.from +
			" WHERE " + where.text + " ORDER BY " + s.order.text() + " LIMIT ? OFFSET ?",
		slices.Concat(where.args, []any{s.top() + 1, skip}),
	}, nil
}

// orderBy returns the ordering of $orderby.
func orderBy(order []odata.Order, key string) (ordering, error) {
	switch len(order) {
	case 0:
		return ordering{key: key}, nil
	case 1:
		column, ok := orderColumn(order[0].Property)
		if !ok {
			return ordering{}, errs.New(errs.Invalid, codeUnsupportedQuery,
				"Sorting not supported for property '%s'. Objects are ordered by displayName, userPrincipalName, createdDateTime or deletedDateTime.", order[0].Property).
				WithTarget(string(order[0].Property))
		}
		return ordering{key: key, expression: column, descending: order[0].Descending}, nil
	default:
		return ordering{}, errs.New(errs.Invalid, codeUnsupportedQuery,
			"Sorting not supported for property '%s': objects are ordered by one property.", order[1].Property).
			WithTarget(string(order[1].Property))
	}
}

// isOrderColumn reports whether a column is one that $orderby takes, whose indexes
// order missing values first.
func isOrderColumn(column string) bool {
	return slices.Contains([]string{"o.display_name", "o.user_principal_name", "o.created"}, column)
}

func orderColumn(p odata.Property) (string, bool) {
	switch strings.ToLower(string(p)) {
	case "displayname":
		return "o.display_name", true
	case "userprincipalname":
		return "o.user_principal_name", true
	case "createddatetime":
		return "o.created", true
	case "deleteddatetime":
		return "o.deleted", true
	default:
		return "", false
	}
}
