package sqlstore

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/store"
)

const (
	// deltaObjects are the objects of a kind that changed behind a position; those
	// that went count only when they went after the round began.
	deltaObjects = " FROM object o WHERE o.tenant = ? AND o.kind = ? AND o.sequence > ? AND (o.presence = 0 OR o.sequence > ?)"

	// deltaReferences are the references of an owner that came or went behind a place, in
	// the order in which they did.
	deltaReferences = `
		SELECT * FROM (SELECT r.sequence AS sequence, x.key AS key, x.id, x.kind, FALSE AS gone FROM relation r CROSS JOIN object x
			WHERE r.owner = ? AND r.relation = ? AND (r.sequence, r.referent) > (?, ?) AND x.key = r.referent
			ORDER BY r.sequence, r.referent LIMIT ?) came
		UNION ALL
		SELECT * FROM (SELECT d.sequence AS sequence, x.key AS key, x.id, x.kind, TRUE AS gone FROM relation_removed d CROSS JOIN object x
			WHERE d.owner = ? AND d.relation = ? AND (d.sequence, d.referent) > (?, ?) AND x.key = d.referent
			AND NOT EXISTS (SELECT 1 FROM relation r WHERE r.owner = d.owner AND r.relation = d.relation AND r.referent = d.referent)
			ORDER BY d.sequence, d.referent LIMIT ?) went
		ORDER BY 1, 2 LIMIT ?`
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
	r := deltaReader{query: q, room: cmp.Or(q.Top, deltaTop), told: slices.Clone(q.After.Told)}
	r.page.Next = store.DeltaPosition{Sequence: q.After.Sequence, Told: r.told}
	err = db.snapshot(ctx, func(s *session) error {
		if _, err := s.one(ctx, []any{&r.page.Head}, "SELECT sequence FROM tenant WHERE key = ?", key); err != nil {
			return err
		}
		if more, err := r.resume(ctx, s); more || err != nil {
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
// another follows.
func (db *DB) deltaStatement(tenant int64, q store.DeltaQuery) (clause, error) {
	after := max(q.After.Sequence, q.From)
	if q.After.Referent != 0 && q.After.Owner == 0 {
		after = q.After.Sequence - 1 // a place of an earlier version: the object is told anew
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
	told  []store.Told
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
		upto := r.upto(o.Key)
		if o.Sequence <= upto && o.Presence == directory.Live {
			r.page.Next.Sequence = o.Sequence
			continue
		}
		amid, err := r.tell(ctx, s, o, referencePlace{Sequence: max(r.came(), upto), Referent: math.MaxInt64})
		if err != nil {
			return err
		}
		r.page.Next.Sequence = o.Sequence
		if amid {
			return nil
		}
		if upto > 0 {
			r.note(o.Key)
		}
	}
	r.page.Done = true
	return nil
}

// referencePlace is behind a reference, in the order in which they came and went.
type referencePlace struct {
	Sequence int64
	Referent directory.Key
}

// resume tells more references of the owner amid which the page before ended, wherever
// in the feed it is by now, and reports whether there are still more.
func (r *deltaReader) resume(ctx context.Context, s *session) (bool, error) {
	after := r.query.After
	if after.Owner == 0 {
		return false, nil
	}
	owner, err := s.changed(ctx, clause{"SELECT " + objectColumns + ", o.altered FROM object o WHERE o.key = ? AND o.presence = 0", []any{after.Owner}})
	if err != nil || len(owner) == 0 {
		return false, err // it went, which is told where it is in the feed
	}
	r.room--
	amid, err := r.tell(ctx, s, owner[0], referencePlace{after.Came, after.Referent})
	if err != nil || amid {
		return amid, err
	}
	if owner[0].Sequence > after.Sequence || r.upto(after.Owner) > 0 {
		r.note(after.Owner)
	}
	return false, nil
}

// mostTold is how many owners a place remembers.
const mostTold = 20

// upto is up to where an owner was told in this round; zero when that is not known.
func (r *deltaReader) upto(owner directory.Key) int64 {
	for _, t := range r.told {
		if t.Owner == owner {
			return t.Upto
		}
	}
	return 0
}

// note remembers that an owner is told up to now. The one that was noted longest ago is
// forgotten when there are too many.
func (r *deltaReader) note(owner directory.Key) {
	r.told = slices.DeleteFunc(r.told, func(t store.Told) bool { return t.Owner == owner })
	r.told = append(r.told, store.Told{Owner: owner, Upto: r.page.Head})
	r.told = r.told[max(0, len(r.told)-mostTold):]
	r.page.Next.Told = r.told
}

// tell adds an object with its changed references behind a place to the page, and reports
// whether the page ends amid them.
func (r *deltaReader) tell(ctx context.Context, s *session, o changed, behind referencePlace) (bool, error) {
	d := store.Delta{Object: o.Object, Altered: o.altered > r.query.From}
	last, more, err := r.references(ctx, s, &d, behind)
	if err != nil {
		return false, err
	}
	r.page.Changes = append(r.page.Changes, d)
	if more {
		r.page.Next.Owner, r.page.Next.Came, r.page.Next.Referent = o.Key, last.Sequence, last.Referent
	}
	return more, nil
}

// references reads the changed references of an object behind a place as far as they
// fit. It returns the last of them, and whether more follow.
func (r *deltaReader) references(ctx context.Context, s *session, d *store.Delta, behind referencePlace) (referencePlace, bool, error) {
	if r.query.Relation == "" || d.Presence != directory.Live || r.owners != nil && !r.owners[d.Key] {
		return behind, false, nil
	}
	went := behind
	if went.Sequence < r.query.Start {
		went = referencePlace{r.query.Start, math.MaxInt64}
	}
	relation := relationCode(r.query.Relation)
	limit := max(r.room, 1)
	last, more := behind, false
	err := s.each(ctx, func(row scanner) error {
		if len(d.References) == limit {
			more = true
			return nil
		}
		var (
			change store.ReferenceDelta
			kind   int
		)
		if err := row.Scan(&last.Sequence, &last.Referent, &change.ID, &kind, &change.Gone); err != nil {
			return err
		}
		change.Kind = kindOf(kind)
		d.References = append(d.References, change)
		return nil
	}, deltaReferences,
		d.Key, relation, behind.Sequence, behind.Referent, limit+1,
		d.Key, relation, went.Sequence, went.Referent, limit+1, limit+1)
	r.room -= len(d.References)
	return last, more, err
}
