package storetest

import (
	"fmt"
	"testing"

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
		{"owners come back with a restored object", ownersKept},
	}
}

// related returns the names of all related objects, page by page.
func related(t *testing.T, f *fixture, from directory.Object, r directory.Relation, reverse bool, q store.Query) []string {
	t.Helper()
	var names []string
	for {
		page, err := f.Related(t.Context(), f.tenant, from.ID, r, reverse, q)
		succeed(t, err)
		for _, o := range page.Objects {
			names = append(names, o.Attributes.String("displayName"))
		}
		if page.Next == "" {
			return names
		}
		q.After = page.Next
	}
}

func relatedTwice(t *testing.T, f *fixture) {
	g, u := f.group(t, "eng"), f.user(t, "ada")
	f.relate(t, g, directory.Members, u)
	head := f.head(t)
	added, err := f.Relate(t.Context(), f.tenant, g.ID, directory.Members, u.ID)
	succeed(t, err)
	holds(t, !added, "it is not new")
	equal(t, f.head(t), head, "head")
}

func managerReplaced(t *testing.T, f *fixture) {
	u, first, second := f.user(t, "ada"), f.user(t, "boss"), f.user(t, "chief")
	f.relate(t, u, directory.Manager, first, second)
	same(t, related(t, f, u, directory.Manager, false, store.Query{}), []string{"chief"}, "manager")
	same(t, related(t, f, first, directory.Manager, true, store.Query{}), []string(nil), "reports of the first")
}

func relationRefused(t *testing.T, f *fixture) {
	g, u, gone := f.group(t, "eng"), f.user(t, "ada"), f.user(t, "gone")
	succeed(t, f.DeleteObject(t.Context(), f.tenant, store.Ref{ID: gone.ID}, f.now))
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
		_, err := f.Relate(t.Context(), f.tenant, c.from, c.r, c.to)
		fail(t, err, c.kind)
	}
	_, err := f.Related(t.Context(), f.tenant, gone.ID, directory.Manager, false, store.Query{})
	fail(t, err, errs.NotFound)
}

func unrelated(t *testing.T, f *fixture) {
	g, u := f.group(t, "eng"), f.user(t, "ada")
	fail(t, f.Unrelate(t.Context(), f.tenant, g.ID, directory.Members, u.ID), errs.NotFound)
	f.relate(t, g, directory.Members, u)
	succeed(t, f.Unrelate(t.Context(), f.tenant, g.ID, directory.Members, u.ID))
	fail(t, f.Unrelate(t.Context(), f.tenant, g.ID, directory.Members, u.ID), errs.NotFound)
}

func relatedPaged(t *testing.T, f *fixture) {
	g := f.group(t, "eng")
	var want []string
	for i := range 5 {
		want = append(want, fmt.Sprint("u", i))
		f.relate(t, g, directory.Members, f.user(t, want[i]))
	}
	same(t, related(t, f, g, directory.Members, false, store.Query{Top: 2}), want, "members")
	page, err := f.Related(t.Context(), f.tenant, g.ID, directory.Members, false, store.Query{Top: 2, Count: true})
	succeed(t, err)
	equal(t, page.Count, 5, "count")
	u := page.Objects[0]
	for i := range 3 {
		f.relate(t, f.group(t, fmt.Sprint("g", i)), directory.Members, u)
	}
	same(t, related(t, f, u, directory.Members, true, store.Query{Top: 2}), []string{"eng", "g0", "g1", "g2"}, "groups")
	same(t, related(t, f, u, directory.Members, true, store.Query{Top: 3, Order: []odata.Order{{Property: "displayName", Descending: true}}}),
		[]string{"g2", "g1", "g0", "eng"}, "groups by name")
}

func relatedFiltered(t *testing.T, f *fixture) {
	g := f.group(t, "eng")
	f.relate(t, g, directory.Members, f.user(t, "ada"), f.user(t, "bob"), f.group(t, "sub"))
	same(t, related(t, f, g, directory.Members, false, store.Query{Kind: directory.Group}), []string{"sub"}, "groups")
	same(t, related(t, f, g, directory.Members, false, store.Query{Filter: called("startswith", "displayName", "b")}), []string{"bob"}, "filtered")
}

func ownersKept(t *testing.T, f *fixture) {
	principal, u := f.principal(t, "app-1"), f.user(t, "ada")
	head := f.head(t)
	f.relate(t, principal, directory.Owners, u)
	equal(t, f.head(t), head, "head: owners are no change")
	succeed(t, f.DeleteObject(t.Context(), f.tenant, store.Ref{ID: principal.ID}, f.now))
	same(t, related(t, f, u, directory.Owners, true, store.Query{}), []string(nil), "owned while deleted")
	_, err := f.RestoreObject(t.Context(), f.tenant, principal.ID, f.now)
	succeed(t, err)
	same(t, related(t, f, principal, directory.Owners, false, store.Query{}), []string{"ada"}, "owners")
}
