package storetest

import (
	"fmt"
	"strings"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/store"
)

func observationChecks() []check {
	return []check{
		{"an observation settles when it ends", observedInRuns},
		{"an observation that begins anew has seen nothing", observedAnew},
		{"GUIDs are seen in any case of their letters, other ids in theirs", observedGUIDs},
		{"a target that shows a part proves no absence", observedInPart},
		{"a target that shows nothing is asked once more", observedNothing},
		{"a target that hides many is taken by what was recorded", observedHidden},
	}
}

// observe notes that a target has references, as a cycle does that reads it back.
func (f *fixture) observe(c store.Claim, owner directory.Object, seen ...string) {
	f.Helper()
	for _, sure := range []bool{false, true} {
		if !f.observing(c, owner, sure, seen...) {
			return
		}
	}
	f.Fatal("an observation that is sure leaves doubt")
}

// observing is one observation, and reports doubt.
func (f *fixture) observing(c store.Claim, owner directory.Object, sure bool, seen ...string) bool {
	f.Helper()
	o, err := f.BeginObservation(f.Context(), c, owner.Key)
	f.succeed(err)
	o.Sure = sure
	f.succeed(f.SeeReferences(f.Context(), c, o, directory.Members, seen))
	doubt, err := f.EndObservation(f.Context(), c, o, []directory.Relation{directory.Members})
	f.succeed(err)
	return doubt
}

func observedInRuns(f *fixture) {
	g, _, c := f.team("ada", "bob", "cid")
	f.settle(c, g, directory.Members)
	o, err := f.BeginObservation(f.Context(), c, g.Key)
	f.succeed(err)
	equal(f, f.owners(c), " g!", "open while it is read")
	f.succeed(f.SeeReferences(f.Context(), c, o, directory.Members, []string{"target-ada", "target-ada", "x"}))
	equal(f, f.sign(c, g), "", "what was not seen yet is not missing")
	f.succeed(f.SeeReferences(f.Context(), c, o, directory.Members, []string{"target-cid", "target-ada"}))
	f.succeed(f.SeeReferences(f.Context(), c, o, directory.Members, nil))
	doubt, err := f.EndObservation(f.Context(), c, o, []directory.Relation{directory.Members})
	f.succeed(err)
	f.holds(!doubt, "something was shown")
	equal(f, f.owners(c), " g", "due and not open")
	equal(f, f.sign(c, g), " +bob", "owed")
}

func observedAnew(f *fixture) {
	g, _, c := f.team("ada", "bob")
	o, err := f.BeginObservation(f.Context(), c, g.Key)
	f.succeed(err)
	f.succeed(f.SeeReferences(f.Context(), c, o, directory.Members, []string{"target-ada", "target-bob"}))
	f.observe(c, g, "target-bob")
	equal(f, f.sign(c, g), " +ada", "owed")
}

func observedGUIDs(f *fixture) {
	g, users, c := f.team("ada", "bob", "cid")
	const guid = "a1b2c3d4-0000-4000-8000-00000000000e"
	f.record(c, linked(users[0], guid), linked(users[1], strings.ToUpper(guid[:35])+"F"), linked(users[2], "target-cid"))
	f.observe(c, g, strings.ToUpper(guid), guid[:35]+"f", "TARGET-CID")
	owed := f.owed(c, g, directory.Members)
	f.holds(len(owed) == 1 && owed[0].Referent == users[2].Key && !owed[0].Remove, "an opaque id is another in other letters")
}

func observedInPart(f *fixture) {
	g, users, c := f.team("ada", "bob", "cid", "dan")
	f.settle(c, g, directory.Members)
	f.leave(g, users[0])
	f.leave(g, users[1])
	f.observe(c, g, "target-bob", "target-cid", "target-dan")
	equal(f, f.sign(c, g), " -bob", "all that is known to be there was shown, so ada is not")
	f.settle(c, g, directory.Members)
	f.relate(g, directory.Members, users[0], users[1])
	f.settle(c, g, directory.Members)
	f.leave(g, users[0])
	f.succeed(f.OpenReferences(f.Context(), c, g.Key, directory.Members, f.owed(c, g, directory.Members)))
	f.observe(c, g, "target-bob", "target-cid")
	equal(f, f.sign(c, g), " -ada +dan", "dan must be there and was not shown, so ada may be")
}

func observedNothing(f *fixture) {
	g, users, c := f.team("ada", "bob")
	f.holds(!f.observing(c, g, false), "nothing is known to be there")
	f.settle(c, g, directory.Members)
	f.leave(g, users[0])
	owed := f.owed(c, g, directory.Members)
	f.succeed(f.OpenReferences(f.Context(), c, g.Key, directory.Members, owed))
	f.holds(f.observing(c, g, false), "bob is known to be there")
	equal(f, f.owners(c), " g!", "in doubt it stays open")
	f.same(f.owed(c, g, directory.Members), owed, "and the record as it was")
	f.holds(!f.observing(c, g, true), "it was asked by name")
	equal(f, f.owners(c), " g", "not open")
	equal(f, f.sign(c, g), " -ada +bob", "of few everything is sent once more")
}

func observedHidden(f *fixture) {
	const many = 1002
	g := f.group("g")
	f.job("a", f.id())
	c := f.claim()
	f.record(c, linked(g, "g1"))
	rows, users := make([]store.ImportRow, 0, 2*many), make([]directory.Object, many)
	for i := range users {
		users[i].ID = f.id()
		rows = append(rows, store.ImportRow{Kind: directory.User, NewID: users[i].ID, Attributes: directory.Attributes{"displayName": fmt.Sprint("u", i), "userPrincipalName": fmt.Sprint("u", i, "@contoso.example")}})
	}
	for i := range users {
		rows = append(rows, store.ImportRow{From: string(g.ID), Relation: directory.Members, To: string(users[i].ID)})
	}
	_, err := f.Import(f.Context(), f.tenant, rows, f.now)
	f.succeed(err)
	outcomes := make([]store.Outcome, many)
	for i := range users {
		users[i], err = f.Object(f.Context(), f.tenant, store.Ref{ID: users[i].ID})
		f.succeed(err)
		outcomes[i] = linked(users[i], fmt.Sprint("target-u", i))
	}
	f.record(c, outcomes...)
	changes, err := f.ReferenceChanges(f.Context(), store.ReferenceQuery{Claim: c, Owner: g.Key, Relation: directory.Members, Limit: 2 * many})
	f.succeed(err)
	equal(f, len(changes), many, "owed at first")
	f.succeed(f.RecordReferences(f.Context(), c, g.Key, directory.Members, changes[:many-1], nil))
	f.leave(g, users[0])
	f.succeed(f.OpenReferences(f.Context(), c, g.Key, directory.Members, f.owed(c, g, directory.Members)))
	f.observe(c, g)
	equal(f, f.owners(c), " g", "not open")
	equal(f, f.sign(c, g), fmt.Sprint(" -u0 +u", many-1), "what was pending counts as not made, the rest as it was recorded")
}

// second is the error of a call with two results.
func second[T any](_ T, err error) error { return err }
