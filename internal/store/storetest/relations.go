package storetest

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/odata"
	"github.com/provisor/provisor/internal/store"
)

func relationChecks() []check {
	return []check{
		{"adding what is there changes nothing", relatedTwice},
		{"a single relation replaces what was there", managerReplaced},
		{"a reference needs two live objects and a relation of the kind", relationRefused},
		{"removing what is not there is not found", unrelated},
		{"related objects are paged, both ways", relatedPaged},
		{"related objects are filtered by kind and filter", relatedFiltered},
		{"transitive relations lead on, and circles end", relatedTransitively},
		{"pages of transitive members neither lose nor repeat anybody while others come and go", transitivePages},
		{"pages of transitive members are what the references say", transitiveModel},
		{"the number of all is counted for the first page, and repeated", countedOnce},
		{"owners come back with a restored object", ownersKept},
	}
}

// related returns the names of all related objects, page by page.
func related(f *fixture, from directory.Object, r directory.Relation, reverse bool, q store.Query) []string {
	f.Helper()
	var names []string
	for {
		page, err := f.Related(f.Context(), f.tenant, from.ID, r, reverse, q)
		f.succeed(err)
		for _, o := range page.Objects {
			names = append(names, o.Attributes.String("displayName"))
		}
		if page.Next == "" {
			return names
		}
		q.After = page.Next
	}
}

func relatedTwice(f *fixture) {
	g, u := f.group("eng"), f.user("ada")
	f.relate(g, directory.Members, u)
	head := f.head()
	added, err := f.Relate(f.Context(), f.tenant, g.ID, directory.Members, u.ID)
	f.succeed(err)
	f.holds(!added, "it is not new")
	equal(f, f.head(), head, "head")
}

func managerReplaced(f *fixture) {
	u, first, second := f.user("ada"), f.user("boss"), f.user("chief")
	f.relate(u, directory.Manager, first, second)
	f.same(related(f, u, directory.Manager, false, store.Query{}), []string{"chief"}, "manager")
	f.same(related(f, first, directory.Manager, true, store.Query{}), []string(nil), "reports of the first")
}

func relationRefused(f *fixture) {
	g, u, gone := f.group("eng"), f.user("ada"), f.user("gone")
	f.succeed(f.DeleteObject(f.Context(), f.tenant, store.Ref{ID: gone.ID}, f.now))
	for _, c := range []struct {
		from directory.ObjectID
		r    directory.Relation
		to   directory.ObjectID
		kind errs.Kind
	}{
		{g.ID, directory.Members, gone.ID, errs.NotFound},
		{gone.ID, directory.Manager, u.ID, errs.NotFound},
		{g.ID, directory.Members, f.id(), errs.NotFound},
		{u.ID, directory.Members, g.ID, errs.Invalid},
		{g.ID, directory.Manager, u.ID, errs.Invalid},
		{u.ID, directory.Owners, u.ID, errs.Invalid},
		{g.ID, "friends", u.ID, errs.Invalid},
	} {
		_, err := f.Relate(f.Context(), f.tenant, c.from, c.r, c.to)
		f.fail(err, c.kind)
	}
	_, err := f.Related(f.Context(), f.tenant, gone.ID, directory.Manager, false, store.Query{})
	f.fail(err, errs.NotFound)
}

func unrelated(f *fixture) {
	g, u := f.group("eng"), f.user("ada")
	f.fail(f.Unrelate(f.Context(), f.tenant, g.ID, directory.Members, u.ID), errs.NotFound)
	f.relate(g, directory.Members, u)
	f.succeed(f.Unrelate(f.Context(), f.tenant, g.ID, directory.Members, u.ID))
	f.fail(f.Unrelate(f.Context(), f.tenant, g.ID, directory.Members, u.ID), errs.NotFound)
}

func relatedPaged(f *fixture) {
	g := f.group("eng")
	var want []string
	for i := range 5 {
		want = append(want, fmt.Sprint("u", i))
		f.relate(g, directory.Members, f.user(want[i]))
	}
	f.same(related(f, g, directory.Members, false, store.Query{Top: 2}), want, "members")
	page, err := f.Related(f.Context(), f.tenant, g.ID, directory.Members, false, store.Query{Top: 2, Count: true})
	f.succeed(err)
	equal(f, page.Count, 5, "count")
	u := page.Objects[0]
	for i := range 3 {
		f.relate(f.group(fmt.Sprint("g", i)), directory.Members, u)
	}
	f.same(related(f, u, directory.Members, true, store.Query{Top: 2}), []string{"eng", "g0", "g1", "g2"}, "groups")
	f.same(related(f, u, directory.Members, true, store.Query{Top: 3, Order: []odata.Order{{Property: "displayName", Descending: true}}}),
		[]string{"g2", "g1", "g0", "eng"}, "groups by name")
}

func relatedFiltered(f *fixture) {
	g := f.group("eng")
	f.relate(g, directory.Members, f.user("ada"), f.user("bob"), f.group("sub"))
	f.same(related(f, g, directory.Members, false, store.Query{Kind: directory.Group}), []string{"sub"}, "groups")
	f.same(related(f, g, directory.Members, false, store.Query{Filter: called("startswith", "displayName", "b")}), []string{"bob"}, "filtered")
}

func relatedTransitively(f *fixture) {
	all, eng, sub := f.group("all"), f.group("eng"), f.group("sub")
	ada, bob := f.user("ada"), f.user("bob")
	f.relate(all, directory.Members, eng, bob)
	f.relate(eng, directory.Members, sub, ada)
	f.relate(sub, directory.Members, ada, eng, bob)
	q := store.Query{Transitive: true, Top: 2}
	f.same(related(f, all, directory.Members, false, q), []string{"eng", "sub", "ada", "bob"}, "members")
	f.same(related(f, sub, directory.Members, false, q), []string{"eng", "ada", "bob"}, "members amid a circle")
	f.same(related(f, bob, directory.Members, true, q), []string{"all", "eng", "sub"}, "groups")
	q.Kind = directory.User
	f.same(related(f, all, directory.Members, false, q), []string{"ada", "bob"}, "members that are users")
	page, err := f.Related(f.Context(), f.tenant, all.ID, directory.Members, false, store.Query{Transitive: true, Count: true, Top: 1})
	f.succeed(err)
	equal(f, page.Count, 4, "count")
}

// nest imports people into groups within groups, at random, and returns all of them.
func (f *fixture) nest(random *rand.Rand, groups, people int) []directory.Object {
	f.Helper()
	all := make([]directory.Object, 0, groups+people)
	for i := range groups {
		all = append(all, f.group(fmt.Sprint("g", i)))
	}
	for i := range people {
		all = append(all, f.user(fmt.Sprint("u", i)))
	}
	var rows []store.ImportRow
	for i := range 3 * people {
		from, to := all[random.IntN(groups)], all[random.IntN(len(all))]
		if i%5 == 0 {
			to = all[random.IntN(groups)]
		}
		rows = append(rows, store.ImportRow{From: string(from.ID), Relation: directory.Members, To: string(to.ID)})
	}
	_, err := f.Import(f.Context(), f.tenant, rows, f.now)
	f.succeed(err)
	return all
}

// reachable returns the keys of who belongs to a group, asked reference by reference.
func (f *fixture) reachable(g directory.Object) map[directory.Key]bool {
	f.Helper()
	reached := map[directory.Key]bool{}
	for next := []directory.ObjectID{g.ID}; len(next) > 0; next = next[1:] {
		page, err := f.Related(f.Context(), f.tenant, next[0], directory.Members, false, store.Query{Top: 999})
		f.succeed(err)
		for _, o := range page.Objects {
			if !reached[o.Key] && o.Kind == directory.Group {
				next = append(next, o.ID)
			}
			reached[o.Key] = true
		}
	}
	delete(reached, g.Key)
	return reached
}

func transitiveModel(f *fixture) {
	random := rand.New(rand.NewPCG(7, 7)) //nolint:gosec // the same every time
	all := f.nest(random, 12, 60)
	for i, g := range all[:12] {
		want := f.reachable(g)
		for _, q := range []store.Query{
			{},
			{Top: 1},
			{Top: 7},
			{Top: 7, Count: true},
			{Kind: directory.User, Top: 5},
			{Kind: directory.Group, Top: 3},
			{Skip: 4, Top: 5},
			{Filter: called("startswith", "displayName", "u1"), Top: 2},
			{Order: []odata.Order{{Property: "displayName"}}, Top: 9},
		} {
			q.Transitive = true
			wanted := 0
			for _, o := range all {
				matches := q.Filter == nil || strings.HasPrefix(o.Attributes.String("displayName"), "u1")
				if want[o.Key] && matches && (q.Kind == "" || q.Kind == o.Kind) {
					wanted++
				}
			}
			names := related(f, g, directory.Members, false, q)
			slices.Sort(names)
			equal(f, len(slices.Compact(names)), max(0, wanted-q.Skip), fmt.Sprintf("members of group %d by %+v", i, q))
			equal(f, len(names), max(0, wanted-q.Skip), fmt.Sprintf("members of group %d by %+v, none twice", i, q))
		}
	}
}

func transitivePages(f *fixture) {
	random := rand.New(rand.NewPCG(8, 8)) //nolint:gosec // the same every time
	all := f.nest(random, 6, 80)
	g := all[0]
	stays := f.reachable(g)
	seen := map[directory.Key]int{}
	for q := (store.Query{Transitive: true, Top: 9}); ; {
		page, err := f.Related(f.Context(), f.tenant, g.ID, directory.Members, false, q)
		f.succeed(err)
		for _, o := range page.Objects {
			seen[o.Key]++
		}
		if q.After = page.Next; page.Next == "" {
			break
		}
		f.relate(all[random.IntN(6)], directory.Members, f.user("new"+page.Next))
		_ = f.Unrelate(f.Context(), f.tenant, all[random.IntN(6)].ID, directory.Members, all[6+random.IntN(80)].ID)
		still := f.reachable(g)
		maps.DeleteFunc(stays, func(key directory.Key, _ bool) bool { return !still[key] })
	}
	for key := range stays {
		equal(f, seen[key], 1, "how often one was told who stayed")
	}
	for key, n := range seen {
		equal(f, n, 1, fmt.Sprint("how often ", key, " was told"))
	}
}

func countedOnce(f *fixture) {
	g := f.group("eng")
	for i := range 5 {
		f.relate(g, directory.Members, f.user(fmt.Sprint("u", i)))
	}
	for _, transitive := range []bool{false, true} {
		first, err := f.Related(f.Context(), f.tenant, g.ID, directory.Members, false, store.Query{Top: 2, Count: true, Transitive: transitive})
		f.succeed(err)
		f.relate(g, directory.Members, f.user(fmt.Sprint("late", transitive)))
		second, err := f.Related(f.Context(), f.tenant, g.ID, directory.Members, false, store.Query{Top: 2, Count: true, Transitive: transitive, After: first.Next})
		f.succeed(err)
		equal(f, second.Count, first.Count, "the number of the first page")
	}
}

func ownersKept(f *fixture) {
	principal, u := f.principal("app-1"), f.user("ada")
	head := f.head()
	f.relate(principal, directory.Owners, u)
	equal(f, f.head(), head, "head: owners are no change")
	f.succeed(f.DeleteObject(f.Context(), f.tenant, store.Ref{ID: principal.ID}, f.now))
	f.same(related(f, u, directory.Owners, true, store.Query{}), []string(nil), "owned while deleted")
	_, err := f.RestoreObject(f.Context(), f.tenant, principal.ID, f.now)
	f.succeed(err)
	f.same(related(f, principal, directory.Owners, false, store.Query{}), []string{"ada"}, "owners")
}
