package sqlstore

import (
	"context"
	"slices"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/store"
)

// named is an object as a row of an import refers to it.
type named struct {
	key       directory.Key
	kind      directory.Kind
	ambiguous bool
}

// references adds references; objects that changed get one number each.
func (i *importer) references(ctx context.Context, rows []importRow, results []store.ImportResult) error {
	names, err := i.resolve(ctx, rows)
	if err != nil {
		return err
	}
	edges := make([]edge, len(rows))
	for n, row := range rows {
		edges[n], results[n].Err = connect(names, row)
	}
	added, err := i.addReferences(ctx, edges)
	if err != nil {
		return err
	}
	var changed, nested changedSet
	for _, n := range added {
		e := edges[n]
		results[n].Action = store.ImportCreated
		changed.add(e.changes()...)
		if e.nests() {
			nested.add(e.to)
		}
	}
	if err := i.session.bump(ctx, i.tenant, changed.keys...); err != nil {
		return err
	}
	return i.session.bumpNested(ctx, i.tenant, nested.keys...)
}

// addReferences adds references and returns the places of those that are new, in order.
// The zero edge stands for none.
func (i *importer) addReferences(ctx context.Context, edges []edge) ([]int, error) {
	together, turns := separate(edges)
	added, err := i.session.addEdges(ctx, i.tenant, edges, together)
	if err != nil {
		return nil, err
	}
	for _, n := range turns {
		isNew, err := i.session.addReference(ctx, i.tenant, edges[n])
		if err != nil {
			return nil, err
		}
		if isNew {
			added = append(added, n)
		}
	}
	slices.Sort(added)
	return added, nil
}

// separate returns the places of edges that can be added at once, and of those that are
// added one after the other: several of one owner under a single relation, of which the
// last one counts.
func separate(edges []edge) ([]int, []int) {
	single := map[directory.Key]int{}
	for _, e := range edges {
		if e.relation.Single() {
			single[e.from]++
		}
	}
	var together, turns []int
	seen := make(map[edge]bool, len(edges))
	for n, e := range edges {
		switch {
		case e == edge{}:
		case e.relation.Single() && single[e.from] > 1:
			turns = append(turns, n)
		case !seen[e]:
			together = append(together, n)
		}
		seen[e] = true
	}
	return together, turns
}

// changedSet is a set of keys in the order of their first mention.
type changedSet struct {
	keys []directory.Key
	seen map[directory.Key]bool
}

func (c *changedSet) add(keys ...directory.Key) {
	if c.seen == nil {
		c.seen = map[directory.Key]bool{}
	}
	for _, key := range keys {
		if !c.seen[key] {
			c.seen[key] = true
			c.keys = append(c.keys, key)
		}
	}
}

// connect returns the reference of a row.
func connect(names map[string]named, row importRow) (edge, error) {
	if row.err != nil {
		return edge{}, row.err
	}
	from, err := pick(names, row.From)
	if err != nil {
		return edge{}, err
	}
	to, err := pick(names, row.To)
	if err != nil {
		return edge{}, err
	}
	if !has(from.kind, row.Relation) {
		return edge{}, errNoRelation(from.kind, row.Relation)
	}
	return edge{relation: row.Relation, from: from.key, to: to.key, toKind: to.kind}, nil
}

func pick(names map[string]named, name string) (named, error) {
	found, ok := names[fold(name)]
	switch {
	case !ok:
		return named{}, errNotFound(name)
	case found.ambiguous:
		return named{}, errs.New(errs.Conflict, codeConflict, "Several groups have the displayName %s. Name the id of one.", name)
	default:
		return found, nil
	}
}

// resolve finds every object that the rows name: by id, or else by
// userPrincipalName, or else by the displayName of a group.
func (i *importer) resolve(ctx context.Context, rows []importRow) (map[string]named, error) {
	wanted := map[string]bool{}
	for _, row := range rows {
		if row.err == nil {
			wanted[fold(row.From)], wanted[fold(row.To)] = true, true
		}
	}
	names := make(map[string]named, len(wanted))
	for _, query := range []string{
		"SELECT o.id, o.key, o.kind FROM object o WHERE o.tenant = ? AND o.presence = 0 AND o.id IN ",
		"SELECT o.user_principal_name, o.key, o.kind FROM object o WHERE o.tenant = ? AND o.presence = 0 AND o.kind = 1 AND o.user_principal_name IN ",
		"SELECT o.display_name, o.key, o.kind FROM object o WHERE o.tenant = ? AND o.presence = 0 AND o.kind = 2 AND o.display_name IN ",
	} {
		if err := i.lookUp(ctx, query, wanted, names); err != nil {
			return nil, err
		}
		for name := range names {
			delete(wanted, name)
		}
	}
	return names, nil
}

func (i *importer) lookUp(ctx context.Context, query string, wanted map[string]bool, names map[string]named) error {
	values := make([]any, 0, len(wanted))
	for name := range wanted {
		values = append(values, name)
	}
	return i.session.eachAmong(ctx, func(row scanner) error {
		var (
			name string
			n    named
			kind int
		)
		if err := row.Scan(&name, &n.key, &kind); err != nil {
			return err
		}
		n.kind = kindOf(kind)
		_, n.ambiguous = names[fold(name)]
		names[fold(name)] = n
		return nil
	}, among{head: query, before: []any{i.tenant}, values: values})
}
