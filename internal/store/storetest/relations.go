package storetest

import (
	"fmt"

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
