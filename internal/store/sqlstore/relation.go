package sqlstore

import (
	"context"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
)

// edge is a reference between two live objects.
type edge struct {
	relation directory.Relation
	from, to directory.Key
	toKind   directory.Kind
}

// Relate adds a reference, durably.
func (db *DB) Relate(ctx context.Context, tenant directory.TenantID, from directory.ObjectID, r directory.Relation, to directory.ObjectID) (bool, error) {
	key, err := db.tenant(ctx, tenant)
	if err != nil {
		return false, err
	}
	added := false
	err = db.change(ctx, key, func(s *session) error {
		e, err := s.edge(ctx, key, from, r, to)
		if err != nil {
			return err
		}
		added, err = s.relate(ctx, key, e)
		return err
	})
	if err != nil || !added {
		return false, err
	}
	db.grew(ctx, "relation", 1)
	return true, nil
}

// Unrelate removes a reference, durably. NotFound when there is none.
func (db *DB) Unrelate(ctx context.Context, tenant directory.TenantID, from directory.ObjectID, r directory.Relation, to directory.ObjectID) error {
	key, err := db.tenant(ctx, tenant)
	if err != nil {
		return err
	}
	return db.change(ctx, key, func(s *session) error {
		e, err := s.edge(ctx, key, from, r, to)
		if err != nil {
			return err
		}
		removed, err := s.removeReferences(ctx, key, "owner = ? AND relation = ? AND referent = ?", e.from, relationCode(r), e.to)
		if err != nil {
			return err
		}
		if removed == 0 {
			return errNotFound(string(to))
		}
		return s.bumpEdge(ctx, key, e)
	})
}

// edge finds both ends of a reference. NotFound when one is not live, Invalid
// when the kind of from has no such relation.
func (s *session) edge(ctx context.Context, tenant int64, from directory.ObjectID, r directory.Relation, to directory.ObjectID) (edge, error) {
	owner, kind, err := s.liveKey(ctx, tenant, from)
	if err != nil {
		return edge{}, err
	}
	referent, toKind, err := s.liveKey(ctx, tenant, to)
	if err != nil {
		return edge{}, err
	}
	if !has(kind, r) {
		return edge{}, errNoRelation(kind, r)
	}
	return edge{relation: r, from: owner, to: referent, toKind: toKind}, nil
}

func errNoRelation(k directory.Kind, r directory.Relation) error {
	return errs.New(errs.Invalid, codeBadRequest, "A %s has no relation named %q.", k, r)
}

// has reports whether objects of a kind have a relation.
func has(k directory.Kind, r directory.Relation) bool {
	switch r {
	case directory.Members:
		return k == directory.Group
	case directory.Manager:
		return k == directory.User
	case directory.Owners:
		return k != directory.User
	default:
		return false
	}
}

// relate adds a reference, numbers what changes with it, and reports whether it
// is new.
func (s *session) relate(ctx context.Context, tenant int64, e edge) (bool, error) {
	added, err := s.addReference(ctx, tenant, e)
	if err != nil || !added {
		return false, err
	}
	return true, s.bumpEdge(ctx, tenant, e)
}

// bumpEdge numbers what changes with a reference.
func (s *session) bumpEdge(ctx context.Context, tenant int64, e edge) error {
	if err := s.bump(ctx, tenant, e.changes()...); err != nil || !e.nests() {
		return err
	}
	return s.bumpNested(ctx, tenant, e.to)
}

// bumpNested numbers the users in groups that became members of a group, or ceased to
// be, where that counts for some job.
func (s *session) bumpNested(ctx context.Context, tenant int64, groups ...directory.Key) error {
	counts, err := s.countsNested(ctx, tenant)
	if err != nil || !counts {
		return err
	}
	for _, group := range groups {
		if err := s.bumpAll(ctx, tenant, nestedMembers, group); err != nil {
			return err
		}
	}
	return nil
}

// nests reports whether the reference makes a group a member of a group.
func (e edge) nests() bool { return e.relation == directory.Members && e.toKind == directory.Group }

// addReference adds a reference and reports whether it is new. A single relation
// loses what it had.
func (s *session) addReference(ctx context.Context, tenant int64, e edge) (bool, error) {
	coming := s.coming(tenant)
	added, err := s.exec(ctx, `
		INSERT INTO relation (owner, relation, referent, tenant, sequence)
		VALUES (?, ?, ?, ?, `+coming.text+`)
		ON CONFLICT DO NOTHING`,
		append([]any{e.from, relationCode(e.relation), e.to, tenant}, coming.args...)...)
	if err != nil || added == 0 {
		return false, err
	}
	if e.relation.Single() {
		_, err = s.removeReferences(ctx, tenant, "owner = ? AND relation = ? AND referent <> ?",
			e.from, relationCode(e.relation), e.to)
	}
	if err != nil {
		return false, err
	}
	return true, s.nest(ctx, e)
}

// nest marks a reference that makes a group a member of a group: those are few, and all
// that a walk from group to group looks at.
func (s *session) nest(ctx context.Context, e edge) error {
	if !e.nests() {
		return nil
	}
	_, err := s.exec(ctx, "UPDATE relation SET nested = TRUE WHERE owner = ? AND relation = ? AND referent = ?", e.from, relationCode(e.relation), e.to)
	return err
}

// addEdges adds the edges at some places, each named once and none of them the second
// of an owner under a single relation, and returns the places of those that are new.
func (s *session) addEdges(ctx context.Context, tenant int64, edges []edge, places []int) ([]int, error) {
	if len(places) == 0 {
		return nil, nil
	}
	coming, err := s.comingSequence(ctx, tenant)
	if err != nil {
		return nil, err
	}
	type name struct {
		from, to directory.Key
		relation int
	}
	known, rows := make(map[name]int, len(places)), make([]any, 0, 5*len(places))
	for _, n := range places {
		e := edges[n]
		known[name{e.from, e.to, relationCode(e.relation)}] = n
		rows = append(rows, e.from, relationCode(e.relation), e.to, tenant, coming)
	}
	var added []int
	var owners []any // that have a referent of a single relation now
	err = s.eachRow(ctx, func(row scanner) error {
		var at name
		err := row.Scan(&at.from, &at.relation, &at.to)
		n := known[at]
		added = append(added, n)
		if edges[n].relation.Single() {
			owners = append(owners, at.from)
		}
		return err
	}, bulk{
		head:  "INSERT INTO relation (owner, relation, referent, tenant, sequence)",
		types: []string{"bigint", "smallint", "bigint", "bigint", "bigint"},
		tail:  " ON CONFLICT DO NOTHING RETURNING owner, relation, referent",
	}, rows)
	if err != nil {
		return nil, err
	}
	for _, n := range added {
		if err := s.nest(ctx, edges[n]); err != nil {
			return nil, err
		}
	}
	return added, s.loseReplaced(ctx, tenant, coming, owners)
}

// loseReplaced removes what owners had under single relations before a feed number.
func (s *session) loseReplaced(ctx context.Context, tenant, coming int64, owners []any) error {
	var replaced [][]any
	err := s.eachAmong(ctx, func(row scanner) error {
		var owner, relation, referent int64
		err := row.Scan(&owner, &relation, &referent)
		replaced = append(replaced, []any{owner, relation, referent})
		return err
	}, among{
		head:   "SELECT owner, relation, referent FROM relation WHERE relation = ? AND sequence < ? AND owner IN ",
		before: []any{relationManager, coming}, values: owners,
	})
	if err != nil {
		return err
	}
	for _, one := range replaced {
		if _, err := s.removeReferences(ctx, tenant, "owner = ? AND relation = ? AND referent = ?", one...); err != nil {
			return err
		}
	}
	return nil
}

// removeReferences removes the references that a condition describes, remembers
// for the delta of their owners that they went, and returns how many that were.
func (s *session) removeReferences(ctx context.Context, tenant int64, condition string, args ...any) (int64, error) {
	coming := s.coming(tenant)
	if _, err := s.exec(ctx, `
		INSERT INTO relation_removed (owner, relation, referent, sequence)
		SELECT owner, relation, referent, `+coming.text+`
		FROM relation WHERE `+condition+`
		ON CONFLICT (owner, relation, referent) DO UPDATE SET sequence = excluded.sequence`,
		append(coming.args, args...)...); err != nil {
		return 0, err
	}
	return s.exec(ctx, "DELETE FROM relation WHERE "+condition, args...)
}

// changes returns the objects that change with a reference.
func (e edge) changes() []directory.Key {
	switch {
	case e.relation == directory.Owners:
		return nil
	case e.relation == directory.Members && e.toKind == directory.User:
		return []directory.Key{e.from, e.to}
	default:
		return []directory.Key{e.from}
	}
}
