package sqlstore

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/store"
)

const (
	// deltaObjects are the objects of a kind that changed behind a position; those
	// that went count only when they went after the round began.
	deltaObjects = " FROM object o WHERE o.tenant = ? AND o.kind = ? AND o.sequence > ? AND (o.presence = 0 OR o.sequence > ?)"

	// deltaReferences are the references of an owner that came or went.
	deltaReferences = `
		SELECT x.key, x.id, x.kind, FALSE AS gone FROM relation r CROSS JOIN object x
		WHERE r.owner = ? AND r.relation = ? AND r.referent > ? AND r.sequence > ? AND x.key = r.referent
		UNION ALL
		SELECT x.key, x.id, x.kind, TRUE AS gone FROM relation_removed d CROSS JOIN object x
		WHERE d.owner = ? AND d.relation = ? AND d.referent > ? AND d.sequence > ? AND x.key = d.referent
			AND NOT EXISTS (SELECT 1 FROM relation r WHERE r.owner = d.owner AND r.relation = d.relation AND r.referent = d.referent)
		ORDER BY 1 LIMIT ?`
)

// deltaTop is how many objects and references a page has unless asked otherwise.
const deltaTop = 200

// Delta returns the next page of a round.
func (db *DB) Delta(ctx context.Context, tenant directory.TenantID, q store.DeltaQuery) (store.DeltaPage, error) {
	key, err := db.tenant(ctx, tenant)
	if err != nil {
		return store.DeltaPage{}, err
	}
	statement, err := db.deltaStatement(key, q)
	if err != nil {
		return store.DeltaPage{}, err
	}
	r := deltaReader{query: q, room: cmp.Or(q.Top, deltaTop)}
	err = db.snapshot(ctx, func(s *session) error {
		if _, err := s.one(ctx, []any{&r.page.Head}, "SELECT sequence FROM tenant WHERE key = ?", key); err != nil {
			return err
		}
		objects, err := s.changed(ctx, statement)
		if err != nil {
			return err
		}
		if err := r.seek(ctx, s, objects); err != nil {
			return err
		}
		return r.fill(ctx, s, objects)
	})
	if err != nil {
		return store.DeltaPage{}, err
	}
	return r.page, nil
}

// deltaStatement asks for one object more than a page holds, to know whether
// another follows. The object amid whose references a page begins comes again.
func (db *DB) deltaStatement(tenant int64, q store.DeltaQuery) (clause, error) {
	after := max(q.After.Sequence, q.From)
	if q.After.Referent != 0 {
		after = q.After.Sequence - 1
	}
	c := clause{"SELECT " + objectColumns + ", o.altered" + deltaObjects, []any{tenant, kindCode(q.Kind), after, q.Start}}
	condition, err := filter{dialect: db.dialect, resolve: db.objectResolver, any: db.objectAny(tenant)}.translate(q.Filter)
	if err != nil {
		return clause{}, err
	}
	if condition.text != "" {
		c.text += " AND " + condition.text
		c.args = append(c.args, condition.args...)
	}
	return clause{c.text + " ORDER BY o.sequence LIMIT ?", append(c.args, cmp.Or(q.Top, deltaTop)+1)}, nil
}

// changed is an object, and where in the feed it was altered.
type changed struct {
	directory.Object

	altered int64
}

// changed returns the objects of a statement over objectColumns and altered.
func (s *session) changed(ctx context.Context, statement clause) ([]changed, error) {
	var all []changed
	err := s.each(ctx, func(row scanner) error {
		var (
			r   objectRow
			one changed
		)
		err := row.Scan(append(r.dest(), &one.altered)...)
		if err == nil {
			one.Object, err = r.decode()
		}
		all = append(all, one)
		return err
	}, statement.text, statement.args...)
	return all, err
}

// deltaReader fills one page.
type deltaReader struct {
	query store.DeltaQuery
	room  int // objects and references that still fit
	page  store.DeltaPage
	// owners are those whose references changed; nil: they were not looked for.
	owners map[directory.Key]bool
}

// changedOwners are those of some owners of whom a reference came or went.
const changedOwners = `
	SELECT r.owner FROM relation r WHERE r.relation = ? AND r.sequence > ? AND r.owner IN (KEYS)
	UNION ALL
	SELECT d.owner FROM relation_removed d WHERE d.relation = ? AND d.sequence > ? AND d.owner IN (KEYS)`

// seek finds, a few statements for all, the owners whose single reference changed.
// Owners of many references are looked at one by one.
func (r *deltaReader) seek(ctx context.Context, s *session, objects []changed) error {
	if !r.query.Relation.Single() {
		return nil
	}
	r.owners = map[directory.Key]bool{}
	keys := make([]any, len(objects))
	for i, o := range objects {
		keys[i] = o.Key
	}
	relation := relationCode(r.query.Relation)
	for _, run := range chunks(keys) {
		args := slices.Concat([]any{relation, r.came()}, run, []any{relation, r.query.Start}, run)
		err := s.each(ctx, func(row scanner) error {
			var owner directory.Key
			err := row.Scan(&owner)
			r.owners[owner] = true
			return err
		}, strings.ReplaceAll(changedOwners, "KEYS", list(len(run))), args...)
		if err != nil {
			return err
		}
	}
	return nil
}

// came is the number behind which a reference is new to the reader.
func (r *deltaReader) came() int64 {
	if r.query.From == 0 {
		return -1 // everything, and also what is older than the numbers
	}
	return r.query.From
}

func (r *deltaReader) fill(ctx context.Context, s *session, objects []changed) error {
	for _, o := range objects {
		if r.room <= 0 {
			return nil
		}
		r.room--
		d := store.Delta{Object: o.Object, Altered: o.altered > r.query.From}
		last, err := r.references(ctx, s, &d)
		if err != nil {
			return err
		}
		r.page.Changes = append(r.page.Changes, d)
		r.page.Next = store.DeltaPosition{Sequence: o.Sequence, Referent: last}
		if last != 0 {
			return nil
		}
	}
	r.page.Done = true
	return nil
}

// references reads the changed references of an object as far as they fit, and
// returns the last of them when more follow.
func (r *deltaReader) references(ctx context.Context, s *session, d *store.Delta) (directory.Key, error) {
	if r.query.Relation == "" || d.Presence != directory.Live || r.owners != nil && !r.owners[d.Key] {
		return 0, nil
	}
	var after directory.Key
	if d.Sequence == r.query.After.Sequence {
		after = r.query.After.Referent
	}
	relation := relationCode(r.query.Relation)
	limit := max(r.room, 1)
	var last directory.Key
	more := false
	err := s.each(ctx, func(row scanner) error {
		if len(d.References) == limit {
			more = true
			return nil
		}
		var (
			change store.ReferenceDelta
			kind   int
		)
		if err := row.Scan(&last, &change.ID, &kind, &change.Gone); err != nil {
			return err
		}
		change.Kind = kindOf(kind)
		d.References = append(d.References, change)
		return nil
	}, deltaReferences, d.Key, relation, after, r.came(), d.Key, relation, after, r.query.Start, limit+1)
	r.room -= len(d.References)
	if !more {
		last = 0
	}
	return last, err
}
