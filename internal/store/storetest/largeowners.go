package storetest

import (
	"fmt"
	"math/rand/v2"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/store"
)

func largeOwnerChecks() []check {
	return []check{
		{"of a large owner that is reconciled, what is staged is all that changed", stagedIsAll},
		{"an owner with few references is whole", wholeOwners},
		{"an owner that was observed is whole", observedOwners},
		{"a restart takes nothing for granted", rechecked},
		{"settling leaves nothing open", referencesSettled},
		{"what was created is remembered until it is not the job's any more", createdOwners},
		{"additions are selected by when they came", additionsByTime},
	}
}

// crowd is more members than any store compares whole for choice.
const crowd = 150

// bigTeam is a linked group with so many linked members that are written.
func (f *fixture) bigTeam() (directory.Object, []directory.Object, store.Claim) {
	f.Helper()
	names := make([]string, crowd)
	for i := range names {
		names[i] = fmt.Sprintf("m%03d", i)
	}
	g, users, c := f.team(names...)
	f.settle(c, g, directory.Members)
	f.succeed(f.CloseReferences(f.Context(), c, g.Key, f.head()))
	return g, users, c
}

// owner returns what is due of an object, which is made due.
func (f *fixture) owner(c store.Claim, o directory.Object) store.Owner {
	f.Helper()
	due := linked(o, "target-"+o.Attributes.String("displayName"))
	due.Link.TargetID, due.Reconcile = f.candidate(c, o).Link.TargetID, true
	f.record(c, due)
	owners, err := f.DueReferences(f.Context(), c, f.now, o.Key-1, 1)
	f.succeed(err)
	f.holds(len(owners) == 1 && owners[0].Key == o.Key, "it is due")
	return owners[0]
}

// staged returns what is owed as far as it is staged.
func (f *fixture) staged(c store.Claim, g directory.Object) []store.ReferenceChange {
	f.Helper()
	f.succeed(f.StageReferences(f.Context(), c, g.Key))
	q := store.ReferenceQuery{Claim: c, Owner: g.Key, Relation: directory.Members, Staged: true, Limit: 7}
	var all []store.ReferenceChange
	for {
		page, err := f.ReferenceChanges(f.Context(), q)
		f.succeed(err)
		if len(page) == 0 {
			return all
		}
		all = append(all, page...)
		q.After = page[len(page)-1].Referent
	}
}

func stagedIsAll(f *fixture) {
	g, users, c := f.bigTeam()
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same life every time
	for i := range 20 {
		users = append(users, f.user(fmt.Sprintf("late%02d", i)))
	}
	for step := range 60 {
		u := users[random.IntN(len(users))]
		switch random.IntN(7) {
		case 0, 1:
			_, _ = f.Relate(f.Context(), f.tenant, g.ID, directory.Members, u.ID)
		case 2, 3:
			_ = f.Unrelate(f.Context(), f.tenant, g.ID, directory.Members, u.ID)
		case 4: // its target object is another one now
			f.record(c, linked(u, fmt.Sprintf("target-%d", step)))
		case 5: // or gone
			f.record(c, store.Outcome{Object: u.Key, Kind: u.Kind})
		case 6:
			_ = f.DeleteObject(f.Context(), f.tenant, store.Ref{ID: u.ID}, f.now)
		}
		if step == 40 {
			f.holds(!f.owner(c, g).Whole, "it was reconciled")
		}
		owed := f.owed(c, g, directory.Members)
		f.same(f.staged(c, g), owed, fmt.Sprint("step ", step))
		if random.IntN(6) == 0 {
			f.succeed(f.OpenReferences(f.Context(), c, g.Key, directory.Members, owed[:len(owed)/2]))
			f.same(f.staged(c, g), owed, "what is pending is staged")
			f.succeed(f.RecordReferences(f.Context(), c, g.Key, directory.Members, owed, nil))
			f.succeed(f.CloseReferences(f.Context(), c, g.Key, f.head()))
		}
	}
}

func wholeOwners(f *fixture) {
	small, _, c := f.team("ada")
	f.holds(f.owner(c, small).Whole, "one that was never closed is whole")
	f.settle(c, small, directory.Members)
	f.succeed(f.CloseReferences(f.Context(), c, small.Key, f.head()))
	f.holds(f.owner(c, small).Whole, "it has few")
}

func observedOwners(f *fixture) {
	g, users, c := f.bigTeam()
	f.holds(!f.owner(c, g).Whole, "it has many")
	f.leave(g, users[0])
	f.observe(c, g)
	f.holds(f.owner(c, g).Whole, "what was seen may be anything")
	equal(f, len(f.owed(c, g, directory.Members)), crowd, "owed: all others, and the removal")
	f.settle(c, g, directory.Members)
	f.holds(f.owner(c, g).Whole, "nobody said up to where it is reconciled")
}

func rechecked(f *fixture) {
	g, _, c := f.bigTeam()
	f.succeed(f.RecheckReferences(f.Context(), c))
	f.holds(f.owner(c, g).Whole, "after a restart")
	f.succeed(f.CloseReferences(f.Context(), c, g.Key, f.head()))
	f.holds(!f.owner(c, g).Whole, "reconciled again")
	moved := linked(g, "another")
	moved.Reconcile = true
	f.record(c, moved)
	f.holds(f.owner(c, g).Whole, "another target object")
}

func referencesSettled(f *fixture) {
	g, users, c := f.team("ada", "bob")
	f.settle(c, g, directory.Members)
	f.leave(g, users[0])
	cid := f.user("cid")
	f.relate(g, directory.Members, cid)
	f.record(c, linked(cid, "target-cid"))
	owed := f.owed(c, g, directory.Members)
	f.succeed(f.OpenReferences(f.Context(), c, g.Key, directory.Members, owed))
	equal(f, f.owners(c), " g!", "open")
	f.succeed(f.SettleReferences(f.Context(), c, g.Key))
	equal(f, f.owners(c), " g", "not open, but due")
	f.same(f.owed(c, g, directory.Members), owed, "owed as before")
}

func createdOwners(f *fixture) {
	g := f.group("g")
	f.relate(g, directory.Members, f.user("ada"))
	f.job("a", f.id())
	c := f.claim()
	begun := store.Outcome{Object: g.Key, Kind: g.Kind, Link: store.Link{Managed: true}}
	f.record(c, begun)
	begun.Created = f.head()
	f.record(c, begun)
	f.record(c, linked(g, "g1"))
	equal(f, f.owner(c, g).Created, begun.Created, "created at")
	f.succeed(f.CloseReferences(f.Context(), c, g.Key, f.head()))
	equal(f, f.owner(c, g).Created, begun.Created, "created at, when closed")
	left := linked(g, "g1")
	left.Link.Managed = false
	f.record(c, left)
	equal(f, f.owner(c, g).Created, 0, "created at, when it came back")
	f.record(c, begun)
	f.record(c, store.Outcome{Object: g.Key, Kind: g.Kind, Link: store.Link{Failure: &store.Failure{RetryAt: f.now}}})
	f.record(c, linked(g, "g2"))
	equal(f, f.owner(c, g).Created, 0, "created at, when it was refused and found later")
	f.record(c, begun)
	f.record(c, linked(g, "g3"))
	equal(f, f.owner(c, g).Created, begun.Created, "created anew")
}

func additionsByTime(f *fixture) {
	g, users, c := f.team("ada", "bob")
	f.settle(c, g, directory.Members)
	f.leave(g, users[0])
	cid, dan := f.user("cid"), f.user("dan")
	f.record(c, linked(cid, "target-cid"), linked(dan, "target-dan"))
	f.relate(g, directory.Members, cid)
	q := store.ReferenceQuery{Claim: c, Owner: g.Key, Relation: directory.Members, AdditionsOnly: true, CameBy: f.head()}
	f.relate(g, directory.Members, dan)
	equal(f, f.sign(c, g), " -ada +cid +dan", "owed")
	for _, through := range []directory.Key{0, cid.Key} {
		q.Through = through
		changes, err := f.ReferenceChanges(f.Context(), q)
		f.succeed(err)
		f.same(changes, []store.ReferenceChange{{Referent: cid.Key, ID: cid.ID, TargetID: "target-cid"}}, "what came by then")
	}
	q.Through = cid.Key - 1
	changes, err := f.ReferenceChanges(f.Context(), q)
	f.succeed(err)
	f.holds(len(changes) == 0, "nothing before it")
}
