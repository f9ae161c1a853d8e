package storetest

import (
	"fmt"
	"strings"
	"time"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/odata"
	"github.com/provisor/provisor/internal/store"
)

func queryChecks() []check {
	return []check{
		{"pages hold every object once, by key", pagedByKey},
		{"pages neither repeat nor lose an object when others come and go", pagesStable},
		{"pages follow the order asked for, both ways", pagesOrdered},
		{"an order by anything else is invalid and named", orderRefused},
		{"the count is of all pages", counted},
		{"skip passes over the first objects once", skipped},
		{"a search matches the beginning of words of displayName", searched},
		{"a page mark that is not one is invalid", badMark},
		{"the deleted are a list of their own", deletedListed},
	}
}

// all collects the names of every page.
func all(f *fixture, q store.Query) []string {
	f.Helper()
	var names []string
	for {
		page, err := f.Objects(f.Context(), f.tenant, q)
		f.succeed(err)
		for _, o := range page.Objects {
			names = append(names, o.Attributes.String("displayName"))
		}
		f.holds(len(page.Objects) <= max(q.Top, 100), "the page is no longer than asked for")
		if page.Next == "" {
			return names
		}
		q.After = page.Next
	}
}

func pagedByKey(f *fixture) {
	var want []string
	for i := range 7 {
		want = append(want, fmt.Sprint("u", i))
		f.user(want[i])
		f.group(fmt.Sprint("g", i))
	}
	for top := 1; top <= 8; top++ {
		f.same(all(f, store.Query{Kind: directory.User, Top: top}), want, "users")
	}
	equal(f, len(all(f, store.Query{Top: 3})), 14, "objects of every kind")
}

func pagesStable(f *fixture) {
	users := map[string]directory.Object{}
	for _, name := range []string{"b", "d", "f", "h"} {
		users[name] = f.user(name)
	}
	q := store.Query{Kind: directory.User, Order: []odata.Order{{Property: "displayName"}}, Top: 2}
	first, err := f.Objects(f.Context(), f.tenant, q)
	f.succeed(err)
	equal(f, len(first.Objects), 2, "first page")
	f.user("a")
	f.user("e")
	f.succeed(f.DeleteObject(f.Context(), f.tenant, store.Ref{ID: users["b"].ID}, f.now))
	f.succeed(f.DeleteObject(f.Context(), f.tenant, store.Ref{ID: users["d"].ID}, f.now))
	q.After = first.Next
	f.same(all(f, q), []string{"e", "f", "h"}, "the pages after")
}

func pagesOrdered(f *fixture) {
	for i, name := range []string{"Bob", "ada", "Cid", "ada", "bob"} {
		f.now = f.now.Add(time.Minute)
		f.create(directory.User, directory.Attributes{"displayName": name, "userPrincipalName": fmt.Sprintf("%d@x", 9-i)})
	}
	f.create(directory.User, directory.Attributes{"displayName": "nameless"})
	for _, c := range []struct {
		order odata.Order
		want  string
	}{
		{odata.Order{Property: "displayName"}, "ada ada Bob bob Cid nameless"},
		{odata.Order{Property: "displayName", Descending: true}, "nameless Cid bob Bob ada ada"},
		{odata.Order{Property: "createdDateTime"}, "Bob ada Cid ada bob nameless"},
		{odata.Order{Property: "createdDateTime", Descending: true}, "nameless bob ada Cid ada Bob"},
		{odata.Order{Property: "userPrincipalName"}, "nameless bob ada Cid ada Bob"},
		{odata.Order{Property: "userPrincipalName", Descending: true}, "Bob ada Cid ada bob nameless"},
	} {
		for top := 1; top <= 7; top++ {
			q := store.Query{Kind: directory.User, Order: []odata.Order{c.order}, Top: top}
			equal(f, strings.Join(all(f, q), " "), c.want, fmt.Sprint(c.order, " by ", top))
		}
	}
}

func orderRefused(f *fixture) {
	_, err := f.Objects(f.Context(), f.tenant, store.Query{Kind: directory.User, Order: []odata.Order{{Property: "shoeSize"}}})
	f.fail(err, errs.Invalid)
	f.holds(strings.Contains(err.Error(), "shoeSize"), "the message names the property")
}

func counted(f *fixture) {
	for i := range 5 {
		f.user(fmt.Sprint("u", i))
	}
	q := store.Query{Kind: directory.User, Top: 2, Count: true}
	page, err := f.Objects(f.Context(), f.tenant, q)
	f.succeed(err)
	equal(f, page.Count, 5, "count on the first page")
	q.After = page.Next
	page, err = f.Objects(f.Context(), f.tenant, q)
	f.succeed(err)
	equal(f, page.Count, 5, "count on the second page")
}

func skipped(f *fixture) {
	for i := range 7 {
		f.user(fmt.Sprint("u", i))
	}
	f.same(all(f, store.Query{Kind: directory.User, Top: 2, Skip: 3}), []string{"u3", "u4", "u5", "u6"}, "users")
}

func searched(f *fixture) {
	for _, name := range []string{"Ada Lovelace", "Adam Smith", "Grace Ada-Hopper", "Madame Curie"} {
		f.create(directory.User, directory.Attributes{"displayName": name})
	}
	f.same(all(f, store.Query{Kind: directory.User, Search: "ada"}), []string{"Ada Lovelace", "Adam Smith", "Grace Ada-Hopper"}, "ada")
	f.same(all(f, store.Query{Kind: directory.User, Search: "LOVE a"}), []string{"Ada Lovelace"}, "LOVE a")
	f.same(all(f, store.Query{Kind: directory.User, Search: "ada-h"}), []string{"Grace Ada-Hopper"}, "ada-h")
}

func badMark(f *fixture) {
	for _, mark := range []string{"nonsense", "e30x", "eyJ2IjpbXX0", "eyJ2Ijoic"} {
		_, err := f.Objects(f.Context(), f.tenant, store.Query{After: mark})
		f.fail(err, errs.Invalid)
	}
}

func deletedListed(f *fixture) {
	a := f.user("a")
	f.user("b")
	f.succeed(f.DeleteObject(f.Context(), f.tenant, store.Ref{ID: a.ID}, f.now))
	f.same(all(f, store.Query{Kind: directory.User}), []string{"b"}, "live")
	f.same(all(f, store.Query{Kind: directory.User, Deleted: true}), []string{"a"}, "deleted")
}
