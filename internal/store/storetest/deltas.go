package storetest

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/odata"
	"github.com/provisor/provisor/internal/store"
)

func deltaChecks() []check {
	return []check{
		{"the first round tells what there is, and no more of what went", deltaFirst},
		{"a later round tells what changed, came and went", deltaLater},
		{"the members of a group come over as many pages as they need", deltaPaged},
		{"a group that changes amid its members goes on where it was", deltaOvertaken},
		{"a group that is deleted amid its members is told to be", deltaDeletedAmid},
		{"large groups that never stop changing are told once, and whole", deltaRestless},
		{"a manager that changes is told", deltaManager},
		{"a filter narrows a round to some objects", deltaFiltered},
		{"members that are imported are told", deltaImported},
		{"every way of losing a member is told", deltaLosses},
	}
}

// round reads a round to its end. Each change is a word: a name, its presence when
// it went, and its references with a sign.
func round(f *fixture, q store.DeltaQuery) (string, int64) {
	f.Helper()
	if q.From == 0 {
		q.Start = f.head()
	} else {
		q.Start = q.From
	}
	var words []string
	for range 1000 {
		page, err := f.Delta(f.Context(), f.tenant, q)
		f.succeed(err)
		for _, d := range page.Changes {
			words = append(words, deltaWord(f, d))
		}
		if page.Done {
			return strings.Join(words, " "), page.Head
		}
		q.After = page.Next
	}
	f.Fatal("the round does not end")
	return "", 0
}

func deltaWord(f *fixture, d store.Delta) string {
	f.Helper()
	word := d.Attributes.String("displayName")
	if d.Presence != directory.Live {
		word = fmt.Sprint("gone", d.Presence)
	}
	for _, r := range d.References {
		sign := "+"
		if r.Gone {
			sign = "-"
		}
		o, err := f.Object(f.Context(), f.tenant, store.Ref{ID: r.ID})
		name := o.Attributes.String("displayName")
		if err != nil {
			name = "?"
		}
		word += sign + name
	}
	return word
}

func users(from int64) store.DeltaQuery { return store.DeltaQuery{Kind: directory.User, From: from} }

func groups(from int64, top int) store.DeltaQuery {
	return store.DeltaQuery{Kind: directory.Group, From: from, Relation: directory.Members, Top: top}
}

func deltaFirst(f *fixture) {
	gone := f.user("gone")
	f.succeed(f.DeleteObject(f.Context(), f.tenant, store.Ref{ID: gone.ID}, f.now))
	g := f.group("eng")
	f.relate(g, directory.Members, f.user("ada"), f.user("bob"))
	f.succeed(f.Unrelate(f.Context(), f.tenant, g.ID, directory.Members, f.only("bob").ID))
	words, head := round(f, users(0))
	equal(f, words, "ada bob", "users")
	equal(f, head, f.head(), "head")
	words, _ = round(f, groups(0, 0))
	equal(f, words, "eng+ada", "groups")
	words, _ = round(f, users(head))
	equal(f, words, "", "nothing changed")
}

// only returns the one user of a name.
func (f *fixture) only(name string) directory.Object {
	f.Helper()
	page, err := f.Objects(f.Context(), f.tenant, store.Query{Kind: directory.User, Filter: is("displayName", name)})
	f.succeed(err)
	equal(f, len(page.Objects), 1, "users named "+name)
	return page.Objects[0]
}

func deltaLater(f *fixture) {
	ada, bob, g := f.user("ada"), f.user("bob"), f.group("eng")
	f.relate(g, directory.Members, ada)
	_, from := round(f, users(0))
	f.user("cid")
	f.succeed(f.DeleteObject(f.Context(), f.tenant, store.Ref{ID: bob.ID}, f.now))
	words, head := round(f, users(from))
	equal(f, words, "cid gone1", "users")
	f.succeed(f.PurgeObject(f.Context(), f.tenant, bob.ID, f.now))
	words, _ = round(f, users(head))
	equal(f, words, "gone2", "after the purge")
	f.succeed(f.DeleteObject(f.Context(), f.tenant, store.Ref{ID: g.ID}, f.now))
	words, _ = round(f, groups(from, 0))
	equal(f, words, "gone2", "groups")
}

func deltaPaged(f *fixture) {
	g := f.group("eng")
	var want []string
	for i := range 7 {
		u := f.user(fmt.Sprint("u", i))
		f.relate(g, directory.Members, u)
		want = append(want, fmt.Sprint("+u", i))
	}
	f.group("empty")
	for top := range 9 {
		words, _ := round(f, groups(0, top+1))
		words = strings.ReplaceAll(words, " eng", "")
		equal(f, words, "eng"+strings.Join(want, "")+" empty", fmt.Sprint("pages of ", top+1))
	}
}

func deltaOvertaken(f *fixture) {
	g := f.group("eng")
	f.relate(g, directory.Members, f.user("a"), f.user("b"), f.user("c"))
	q := groups(0, 2)
	q.Start = f.head()
	page, err := f.Delta(f.Context(), f.tenant, q)
	f.succeed(err)
	equal(f, deltaWord(f, page.Changes[0]), "eng+a", "the first page")
	f.succeed(f.Unrelate(f.Context(), f.tenant, g.ID, directory.Members, f.only("a").ID))
	q.After, q.Top = page.Next, 100
	page, err = f.Delta(f.Context(), f.tenant, q)
	f.succeed(err)
	f.holds(page.Done, "the round ends")
	equal(f, deltaWord(f, page.Changes[0]), "eng+b+c-a", "the rest, and what changed")
	equal(f, len(page.Changes), 1, "objects: it does not come again")
}

func deltaDeletedAmid(f *fixture) {
	g := f.group("eng")
	f.relate(g, directory.Members, f.user("a"), f.user("b"), f.user("c"))
	q := groups(0, 2)
	q.Start = f.head()
	page, err := f.Delta(f.Context(), f.tenant, q)
	f.succeed(err)
	f.succeed(f.DeleteObject(f.Context(), f.tenant, store.Ref{ID: g.ID}, f.now))
	q.After = page.Next
	page, err = f.Delta(f.Context(), f.tenant, q)
	f.succeed(err)
	f.holds(page.Done && len(page.Changes) == 1, "the round ends")
	equal(f, deltaWord(f, page.Changes[0]), "gone2", "what became of it")
}

// reader merges pages as clients of Graph do: the same object may come on any of them,
// and what is told later counts.
type reader map[directory.ObjectID]map[directory.ObjectID]bool

func (r reader) merge(changes []store.Delta) {
	for _, d := range changes {
		if r[d.ID] == nil {
			r[d.ID] = map[directory.ObjectID]bool{}
		}
		for _, ref := range d.References {
			if delete(r[d.ID], ref.ID); !ref.Gone {
				r[d.ID][ref.ID] = true
			}
		}
	}
}

// follow reads a round to its end, a few at a time, and returns what comes next.
func (r reader) follow(f *fixture, q store.DeltaQuery, between func()) store.DeltaQuery {
	f.Helper()
	for range 80 {
		page, err := f.Delta(f.Context(), f.tenant, q)
		f.succeed(err)
		r.merge(page.Changes)
		told := 0
		for _, d := range page.Changes {
			told += 1 + len(d.References)
		}
		f.holds(told <= q.Top+1, "a page is bounded")
		if page.Done {
			next := groups(page.Head, q.Top)
			next.Start = page.Head
			return next
		}
		q.After = page.Next
		between()
	}
	f.Fatal("the round does not end")
	return q
}

func deltaRestless(f *fixture) {
	random := rand.New(rand.NewPCG(3, 3)) //nolint:gosec // the same every time
	var teams, people []directory.Object
	var rows []store.ImportRow
	for i := range 60 {
		people = append(people, f.user(fmt.Sprint("u", i)))
	}
	for i := range 3 {
		teams = append(teams, f.group(fmt.Sprint("g", i)))
		for _, u := range people[:50] {
			rows = append(rows, store.ImportRow{From: string(teams[i].ID), Relation: directory.Members, To: string(u.ID)})
		}
	}
	_, err := f.Import(f.Context(), f.tenant, rows, f.now)
	f.succeed(err)
	toggle := func() {
		g, u := teams[random.IntN(3)], people[random.IntN(60)]
		if f.Unrelate(f.Context(), f.tenant, g.ID, directory.Members, u.ID) != nil {
			f.relate(g, directory.Members, u)
		}
	}
	known, q := reader{}, groups(0, 6)
	q.Start = f.head()
	q = known.follow(f, q, func() { toggle(); toggle() })
	known.follow(f, q, func() {})
	for _, g := range teams {
		page, err := f.Related(f.Context(), f.tenant, g.ID, directory.Members, false, store.Query{Top: 999})
		f.succeed(err)
		want := map[directory.ObjectID]bool{}
		for _, o := range page.Objects {
			want[o.ID] = true
		}
		f.same(known[g.ID], want, "members that a reader knows")
	}
}

func deltaManager(f *fixture) {
	ada, bob, cid := f.user("ada"), f.user("bob"), f.user("cid")
	_, from := round(f, users(0))
	f.relate(ada, directory.Manager, bob)
	q := users(from)
	q.Relation = directory.Manager
	words, from := round(f, q)
	equal(f, words, "ada+bob", "a first manager")
	f.relate(ada, directory.Manager, cid)
	q.From = from
	words, _ = round(f, q)
	equal(f, words, "ada-bob+cid", "another manager")
}

func deltaFiltered(f *fixture) {
	f.user("ada")
	bob := f.user("bob")
	q := users(0)
	q.Filter = is("id", string(bob.ID))
	words, _ := round(f, q)
	equal(f, words, "bob", "one object")
	q.Filter = is("shoeSize", "44")
	_, err := f.Delta(f.Context(), f.tenant, q)
	f.holds(err != nil && strings.Contains(err.Error(), "shoeSize"), "the error names the property")
	q.Filter = odata.In{Property: "id", Values: []odata.Literal{"x"}}
	words, _ = round(f, q)
	equal(f, words, "", "none")
}

func deltaLosses(f *fixture) {
	g := f.group("eng")
	removed, deleted, sub := f.user("removed"), f.user("deleted"), f.group("sub")
	back := f.user("back")
	f.relate(g, directory.Members, removed, deleted, sub, back)
	_, from := round(f, groups(0, 0))
	f.succeed(f.Unrelate(f.Context(), f.tenant, g.ID, directory.Members, removed.ID))
	f.succeed(f.DeleteObject(f.Context(), f.tenant, store.Ref{ID: deleted.ID}, f.now))
	f.succeed(f.DeleteObject(f.Context(), f.tenant, store.Ref{ID: sub.ID}, f.now))
	f.succeed(f.Unrelate(f.Context(), f.tenant, g.ID, directory.Members, back.ID))
	f.relate(g, directory.Members, back)
	words, _ := round(f, groups(from, 0))
	f.holds(strings.Contains(words, "eng-removed-?-?+back"), "what was told: "+words)
}

func deltaImported(f *fixture) {
	f.group("eng")
	_, from := round(f, groups(0, 0))
	results, err := f.Import(f.Context(), f.tenant, []store.ImportRow{
		{Kind: directory.User, NewID: f.id(), Attributes: directory.Attributes{"displayName": "ada", "userPrincipalName": "ada@x.example"}},
		{From: "eng", Relation: directory.Members, To: "ada@x.example"},
	}, f.now)
	f.succeed(err)
	for _, r := range results {
		f.succeed(r.Err)
	}
	words, from := round(f, groups(from, 0))
	equal(f, words, "eng+ada", "after the import")
	words, _ = round(f, groups(from, 0))
	equal(f, words, "", "and then")
}
