package storetest

import (
	"fmt"
	"testing"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/store"
)

func referenceChecks() []check {
	return []check{
		{"additions and removals are owed until they are recorded", referencesOwed},
		{"what is owed is paged by referent", referencesPaged},
		{"a pending change is open and counts as not made", referencesPending},
		{"observing settles what the target has", referencesObserved},
		{"observing leaves what others made out of the record", referencesOfOthers},
		{"closing drops what is pending", referencesClosed},
		{"an adopted owner is open until it was observed", referencesAdopted},
		{"jobs keep records of their own", referencesApart},
		{"references are recorded with their log entry", referencesLogged},
	}
}

// owed returns everything that must be written for an owner.
func (f *fixture) owed(t *testing.T, c store.Claim, owner directory.Object, r directory.Relation) []store.ReferenceChange {
	t.Helper()
	changes, err := f.ReferenceChanges(t.Context(), c, owner.Key, r, 0, 1000)
	succeed(t, err)
	return changes
}

// settle writes what an owner owes, as a cycle does.
func (f *fixture) settle(t *testing.T, c store.Claim, owner directory.Object, r directory.Relation) {
	t.Helper()
	changes := f.owed(t, c, owner, r)
	succeed(t, f.OpenReferences(t.Context(), c, owner.Key, r, changes))
	succeed(t, f.RecordReferences(t.Context(), c, owner.Key, r, changes, nil))
	f.close(t, c, owner)
}

// team is a linked group with linked members.
func (f *fixture) team(t *testing.T, members ...string) (directory.Object, []directory.Object, store.Claim) {
	t.Helper()
	g := f.group(t, "g")
	f.job(t, "a", f.id())
	c := f.claim(t)
	f.record(t, c, linked(g, "g1"))
	var users []directory.Object
	for _, name := range members {
		u := f.user(t, name)
		f.relate(t, g, directory.Members, u)
		f.record(t, c, linked(u, "target-"+name))
		users = append(users, u)
	}
	return g, users, c
}

func (f *fixture) leave(t *testing.T, g, u directory.Object) {
	t.Helper()
	succeed(t, f.Unrelate(t.Context(), f.tenant, g.ID, directory.Members, u.ID))
}

// sign writes changes as "+ada -bob".
func (f *fixture) sign(t *testing.T, c store.Claim, g directory.Object) string {
	t.Helper()
	text := ""
	for _, change := range f.owed(t, c, g, directory.Members) {
		mark := " +"
		if change.Remove {
			mark = " -"
		}
		text += mark + change.TargetID[len("target-"):]
	}
	return text
}

func referencesOwed(t *testing.T, f *fixture) {
	g, users, c := f.team(t, "ada", "bob")
	stranger := f.user(t, "stranger")
	f.relate(t, g, directory.Members, stranger)
	same(t, f.owed(t, c, g, directory.Members), []store.ReferenceChange{
		{Referent: users[0].Key, ID: users[0].ID, TargetID: "target-ada"}, {Referent: users[1].Key, ID: users[1].ID, TargetID: "target-bob"},
	}, "additions, without the referent that has no target id")
	f.settle(t, c, g, directory.Members)
	equal(t, f.sign(t, c, g), "", "owed when written")
	f.leave(t, g, users[0])
	same(t, f.owed(t, c, g, directory.Members), []store.ReferenceChange{
		{Referent: users[0].Key, ID: users[0].ID, TargetID: "target-ada", Remove: true},
	}, "the removal")
	f.settle(t, c, g, directory.Members)
	equal(t, f.sign(t, c, g), "", "owed when removed")
	f.relate(t, g, directory.Members, users[0])
	equal(t, f.sign(t, c, g), " +ada", "owed when added again")
	f.remove(t, users[1])
	equal(t, f.sign(t, c, g), " +ada -bob", "owed when a member was deleted")
}

func referencesPaged(t *testing.T, f *fixture) {
	g, users, c := f.team(t, "a", "b", "c", "d", "e", "f")
	f.settle(t, c, g, directory.Members)
	for i := range users {
		if i%2 == 0 {
			f.leave(t, g, users[i])
		}
	}
	for i := range 3 {
		u := f.user(t, fmt.Sprint("new", i))
		f.relate(t, g, directory.Members, u)
		f.record(t, c, linked(u, "target-"+fmt.Sprint("new", i)))
	}
	want := f.owed(t, c, g, directory.Members)
	equal(t, len(want), 6, "changes")
	for limit := 1; limit < 7; limit++ {
		var got []store.ReferenceChange
		var after directory.Key
		for {
			page, err := f.ReferenceChanges(t.Context(), c, g.Key, directory.Members, after, limit)
			succeed(t, err)
			if len(page) == 0 {
				break
			}
			holds(t, len(page) <= limit, "the page is no longer than asked for")
			got = append(got, page...)
			after = page[len(page)-1].Referent
		}
		same(t, got, want, "changes")
	}
}

func referencesPending(t *testing.T, f *fixture) {
	g, users, c := f.team(t, "ada", "bob")
	f.settle(t, c, g, directory.Members)
	f.leave(t, g, users[0])
	f.relate(t, g, directory.Members, f.user(t, "x"))
	u := f.user(t, "cid")
	f.relate(t, g, directory.Members, u)
	f.record(t, c, linked(u, "target-cid"))
	equal(t, f.sign(t, c, g), " -ada +cid", "owed")
	equal(t, f.owners(t, c), " g", "due")
	owed := f.owed(t, c, g, directory.Members)
	succeed(t, f.OpenReferences(t.Context(), c, g.Key, directory.Members, owed))
	equal(t, f.owners(t, c), " g!", "open while pending")
	equal(t, f.sign(t, c, g), " -ada +cid", "pending counts as not made")
	succeed(t, f.RecordReferences(t.Context(), c, g.Key, directory.Members, owed[:1], nil))
	equal(t, f.owners(t, c), " g!", "open while one is pending")
	succeed(t, f.RecordReferences(t.Context(), c, g.Key, directory.Members, owed[1:], nil))
	equal(t, f.owners(t, c), " g", "not open when all is recorded, but due")
	equal(t, f.sign(t, c, g), "", "owed when recorded")
}

func referencesObserved(t *testing.T, f *fixture) {
	g, users, c := f.team(t, "ada", "bob", "cid", "dan")
	ada, bob, cid := users[0], users[1], users[2]
	f.settle(t, c, g, directory.Members)
	eve := f.user(t, "eve")
	f.relate(t, g, directory.Members, eve)
	f.record(t, c, linked(eve, "target-eve"))
	f.leave(t, g, ada)
	f.leave(t, g, bob)
	succeed(t, f.OpenReferences(t.Context(), c, g.Key, directory.Members, f.owed(t, c, g, directory.Members)))
	equal(t, f.sign(t, c, g), " -ada -bob +eve", "pending")
	// The target did remove ada and add eve, and has lost cid for reasons of its own.
	succeed(t, f.ObserveReferences(t.Context(), c, g.Key, directory.Members, []string{"target-bob", "target-dan", "target-eve"}))
	equal(t, f.owners(t, c), " g", "no longer open, still due")
	equal(t, f.sign(t, c, g), " -bob +cid", "owed by what was seen")
	// A pending addition that the directory took back meanwhile.
	succeed(t, f.OpenReferences(t.Context(), c, g.Key, directory.Members, []store.ReferenceChange{{Referent: cid.Key, ID: cid.ID, TargetID: "target-cid"}}))
	f.leave(t, g, cid)
	equal(t, f.sign(t, c, g), " -bob", "a pending addition counts as not made")
	succeed(t, f.ObserveReferences(t.Context(), c, g.Key, directory.Members, []string{"target-bob", "target-cid", "target-dan", "target-eve"}))
	equal(t, f.sign(t, c, g), " -bob -cid", "the addition was made and must go")
}

func referencesOfOthers(t *testing.T, f *fixture) {
	g, _, c := f.team(t, "ada")
	outsider := f.user(t, "outsider")
	f.record(t, c, linked(outsider, "target-outsider"))
	succeed(t, f.ObserveReferences(t.Context(), c, g.Key, directory.Members, []string{"target-outsider", "target-unknown", "target-ada"}))
	equal(t, f.sign(t, c, g), "", "owed: nothing that others made is removed")
	succeed(t, f.ObserveReferences(t.Context(), c, g.Key, directory.Members, nil))
	equal(t, f.sign(t, c, g), " +ada", "owed when nothing is seen")
}

func referencesClosed(t *testing.T, f *fixture) {
	g, users, c := f.team(t, "ada", "bob")
	succeed(t, f.OpenReferences(t.Context(), c, g.Key, directory.Members, f.owed(t, c, g, directory.Members)[:1]))
	f.close(t, c, g)
	equal(t, f.owners(t, c), "", "due")
	equal(t, f.sign(t, c, g), " +ada +bob", "a pending addition was not made")
	f.settle(t, c, g, directory.Members)
	f.leave(t, g, users[1])
	succeed(t, f.OpenReferences(t.Context(), c, g.Key, directory.Members, f.owed(t, c, g, directory.Members)))
	f.close(t, c, g)
	equal(t, f.sign(t, c, g), " -bob", "a pending removal was not made")
	f.relate(t, g, directory.Members, users[1])
	equal(t, f.sign(t, c, g), "", "so its opposite is not needed")
}

func referencesAdopted(t *testing.T, f *fixture) {
	g, u := f.group(t, "g"), f.user(t, "ada")
	f.relate(t, g, directory.Members, u)
	f.job(t, "a", f.id())
	c := f.claim(t)
	adopted := linked(g, "g1")
	adopted.Adopted = true
	f.record(t, c, linked(u, "target-ada"), adopted)
	equal(t, f.owners(t, c), " g!", "due and open")
	succeed(t, f.ObserveReferences(t.Context(), c, g.Key, directory.Members, []string{"target-ada"}))
	equal(t, f.owners(t, c), " g", "due")
	equal(t, f.sign(t, c, g), "", "owed")
	f.close(t, c, g)
	equal(t, f.owners(t, c), "", "closed")
}

func referencesApart(t *testing.T, f *fixture) {
	g, users, c := f.team(t, "ada")
	f.settle(t, c, g, directory.Members)
	f.job(t, "b", f.id())
	other := f.claim(t)
	equal(t, string(other.Job.ID), "b", "the other job")
	f.record(t, other, linked(g, "g9"), linked(users[0], "target-zed"))
	equal(t, f.owners(t, c)+f.owners(t, other), " g", "due for the other job only")
	equal(t, f.sign(t, other, g), " +zed", "owed by the other job")
	equal(t, f.sign(t, c, g), "", "owed by the first")
}

func referencesLogged(t *testing.T, f *fixture) {
	g, _, c := f.team(t, "ada")
	entry := store.LogEntry{ID: "log-1", Time: f.now, SourceID: string(g.ID)}
	succeed(t, f.RecordReferences(t.Context(), c, g.Key, directory.Members, f.owed(t, c, g, directory.Members), &entry))
	page, err := f.Logs(t.Context(), f.tenant, store.LogQuery{})
	succeed(t, err)
	same(t, page.Entries, []store.LogEntry{entry}, "log")
}
