package storetest

import (
	"fmt"
	"strings"

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
func (f *fixture) owed(c store.Claim, owner directory.Object, r directory.Relation) []store.ReferenceChange {
	f.Helper()
	changes, err := f.ReferenceChanges(f.Context(), store.ReferenceQuery{Claim: c, Owner: owner.Key, Relation: r})
	f.succeed(err)
	return changes
}

// settle writes what an owner owes, as a cycle does.
func (f *fixture) settle(c store.Claim, owner directory.Object, r directory.Relation) {
	f.Helper()
	changes := f.owed(c, owner, r)
	f.succeed(f.OpenReferences(f.Context(), c, owner.Key, r, changes))
	f.succeed(f.RecordReferences(f.Context(), c, owner.Key, r, changes, nil))
	f.close(c, owner)
}

// team is a linked group with linked members.
func (f *fixture) team(members ...string) (directory.Object, []directory.Object, store.Claim) {
	f.Helper()
	g := f.group("g")
	f.job("a", f.id())
	c := f.claim()
	f.record(c, linked(g, "g1"))
	var users []directory.Object
	for _, name := range members {
		u := f.user(name)
		f.relate(g, directory.Members, u)
		f.record(c, linked(u, "target-"+name))
		users = append(users, u)
	}
	return g, users, c
}

func (f *fixture) leave(g, u directory.Object) {
	f.Helper()
	f.succeed(f.Unrelate(f.Context(), f.tenant, g.ID, directory.Members, u.ID))
}

// sign writes changes as "+ada -bob".
func (f *fixture) sign(c store.Claim, g directory.Object) string {
	f.Helper()
	var text strings.Builder
	for _, change := range f.owed(c, g, directory.Members) {
		mark := " +"
		if change.Remove {
			mark = " -"
		}
		text.WriteString(mark + change.TargetID[len("target-"):])
	}
	return text.String()
}

func referencesOwed(f *fixture) {
	g, users, c := f.team("ada", "bob")
	stranger := f.user("stranger")
	f.relate(g, directory.Members, stranger)
	f.same(f.owed(c, g, directory.Members), []store.ReferenceChange{
		{Referent: users[0].Key, ID: users[0].ID, TargetID: "target-ada"}, {Referent: users[1].Key, ID: users[1].ID, TargetID: "target-bob"},
	}, "additions, without the referent that has no target id")
	f.settle(c, g, directory.Members)
	equal(f, f.sign(c, g), "", "owed when written")
	f.leave(g, users[0])
	f.same(f.owed(c, g, directory.Members), []store.ReferenceChange{
		{Referent: users[0].Key, ID: users[0].ID, TargetID: "target-ada", Remove: true},
	}, "the removal")
	f.settle(c, g, directory.Members)
	equal(f, f.sign(c, g), "", "owed when removed")
	f.relate(g, directory.Members, users[0])
	equal(f, f.sign(c, g), " +ada", "owed when added again")
	f.remove(users[1])
	equal(f, f.sign(c, g), " +ada -bob", "owed when a member was deleted")
}

func referencesPaged(f *fixture) {
	g, users, c := f.team("a", "b", "c", "d", "e", "f")
	f.settle(c, g, directory.Members)
	for i := range users {
		if i%2 == 0 {
			f.leave(g, users[i])
		}
	}
	for i := range 3 {
		u := f.user(fmt.Sprint("new", i))
		f.relate(g, directory.Members, u)
		f.record(c, linked(u, "target-"+fmt.Sprint("new", i)))
	}
	want := f.owed(c, g, directory.Members)
	equal(f, len(want), 6, "changes")
	for limit := 1; limit < 7; limit++ {
		var got []store.ReferenceChange
		var after directory.Key
		for {
			page, err := f.ReferenceChanges(f.Context(), store.ReferenceQuery{Claim: c, Owner: g.Key, Relation: directory.Members, After: after, Limit: limit})
			f.succeed(err)
			if len(page) == 0 {
				break
			}
			f.holds(len(page) <= limit, "the page is no longer than asked for")
			got = append(got, page...)
			after = page[len(page)-1].Referent
		}
		f.same(got, want, "changes")
	}
}

func referencesPending(f *fixture) {
	g, users, c := f.team("ada", "bob")
	f.settle(c, g, directory.Members)
	f.leave(g, users[0])
	f.relate(g, directory.Members, f.user("x"))
	u := f.user("cid")
	f.relate(g, directory.Members, u)
	f.record(c, linked(u, "target-cid"))
	equal(f, f.sign(c, g), " -ada +cid", "owed")
	equal(f, f.owners(c), " g", "due")
	owed := f.owed(c, g, directory.Members)
	f.succeed(f.OpenReferences(f.Context(), c, g.Key, directory.Members, owed))
	equal(f, f.owners(c), " g!", "open while pending")
	equal(f, f.sign(c, g), " -ada +cid", "pending counts as not made")
	f.succeed(f.RecordReferences(f.Context(), c, g.Key, directory.Members, owed[:1], nil))
	equal(f, f.owners(c), " g!", "open while one is pending")
	f.succeed(f.RecordReferences(f.Context(), c, g.Key, directory.Members, owed[1:], nil))
	equal(f, f.owners(c), " g", "not open when all is recorded, but due")
	equal(f, f.sign(c, g), "", "owed when recorded")
}

func referencesObserved(f *fixture) {
	g, users, c := f.team("ada", "bob", "cid", "dan")
	ada, bob, cid := users[0], users[1], users[2]
	f.settle(c, g, directory.Members)
	eve := f.user("eve")
	f.relate(g, directory.Members, eve)
	f.record(c, linked(eve, "target-eve"))
	f.leave(g, ada)
	f.leave(g, bob)
	f.succeed(f.OpenReferences(f.Context(), c, g.Key, directory.Members, f.owed(c, g, directory.Members)))
	equal(f, f.sign(c, g), " -ada -bob +eve", "pending")
	// The target did remove ada and add eve, and has lost cid for reasons of its own.
	f.observe(c, g, "target-bob", "target-dan", "target-eve")
	equal(f, f.owners(c), " g", "no longer open, still due")
	equal(f, f.sign(c, g), " -ada -bob +cid", "owed by what was seen, which was not all that it should")
	// A pending addition that the directory took back meanwhile.
	f.succeed(f.OpenReferences(f.Context(), c, g.Key, directory.Members, []store.ReferenceChange{{Referent: cid.Key, ID: cid.ID, TargetID: "target-cid"}}))
	f.leave(g, cid)
	equal(f, f.sign(c, g), " -ada -bob", "a pending addition counts as not made")
	f.observe(c, g, "target-bob", "target-cid", "target-dan", "target-eve")
	equal(f, f.sign(c, g), " -bob -cid", "the addition was made and must go, and ada is gone")
}

func referencesOfOthers(f *fixture) {
	g, _, c := f.team("ada")
	outsider := f.user("outsider")
	f.record(c, linked(outsider, "target-outsider"))
	f.observe(c, g, "target-outsider", "target-unknown", "target-ada")
	equal(f, f.sign(c, g), "", "owed: nothing that others made is removed")
	f.observe(c, g)
	equal(f, f.sign(c, g), " +ada", "owed when nothing is seen")
}

func referencesClosed(f *fixture) {
	g, users, c := f.team("ada", "bob")
	f.succeed(f.OpenReferences(f.Context(), c, g.Key, directory.Members, f.owed(c, g, directory.Members)[:1]))
	f.close(c, g)
	equal(f, f.owners(c), "", "due")
	equal(f, f.sign(c, g), " +ada +bob", "a pending addition was not made")
	f.settle(c, g, directory.Members)
	f.leave(g, users[1])
	f.succeed(f.OpenReferences(f.Context(), c, g.Key, directory.Members, f.owed(c, g, directory.Members)))
	f.close(c, g)
	equal(f, f.sign(c, g), " -bob", "a pending removal was not made")
	f.relate(g, directory.Members, users[1])
	equal(f, f.sign(c, g), "", "so its opposite is not needed")
}

func referencesAdopted(f *fixture) {
	g, u := f.group("g"), f.user("ada")
	f.relate(g, directory.Members, u)
	f.job("a", f.id())
	c := f.claim()
	adopted := linked(g, "g1")
	adopted.Adopted = true
	f.record(c, linked(u, "target-ada"), adopted)
	equal(f, f.owners(c), " g!", "due and open")
	f.observe(c, g, "target-ada")
	equal(f, f.owners(c), " g", "due")
	equal(f, f.sign(c, g), "", "owed")
	f.close(c, g)
	equal(f, f.owners(c), "", "closed")
}

func referencesApart(f *fixture) {
	g, users, c := f.team("ada")
	f.settle(c, g, directory.Members)
	f.job("b", f.id())
	other := f.claim()
	equal(f, string(other.Job.ID), "b", "the other job")
	f.record(other, linked(g, "g9"), linked(users[0], "target-zed"))
	equal(f, f.owners(c)+f.owners(other), " g", "due for the other job only")
	equal(f, f.sign(other, g), " +zed", "owed by the other job")
	equal(f, f.sign(c, g), "", "owed by the first")
}

func referencesLogged(f *fixture) {
	g, _, c := f.team("ada")
	entry := f.entry("log-1", f.now)
	entry.Source, entry.SourceID = g.Key, string(g.ID)
	f.succeed(f.RecordReferences(f.Context(), c, g.Key, directory.Members, f.owed(c, g, directory.Members), entry))
	page, err := f.Logs(f.Context(), f.tenant, store.LogQuery{})
	f.succeed(err)
	f.same(page.Entries, []store.LogEntry{*entry}, "log")
}
