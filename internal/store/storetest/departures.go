package storetest

import (
	"time"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/store"
)

func departureChecks() []check {
	return []check{
		{"what changed and has a row is selected apart", linkedSelected},
		{"departures are selected and counted until they are released", departing},
		{"a released departure that failed waits for its time or for a change", departureFailed},
		{"objects are selected by name", namedSelected},
		{"references that could not be written wait for their time or for a change", referencesPostponed},
		{"a group in a group is not a member to write, and one written is to be removed", groupsInGroups},
	}
}

// selected returns the ids that a selection of users finds.
func (f *fixture) selected(q store.CandidateQuery) []directory.ObjectID {
	f.Helper()
	q.Kind, q.Limit = directory.User, 10
	found, err := f.Candidates(f.Context(), q)
	f.succeed(err)
	var ids []directory.ObjectID
	for _, c := range found {
		ids = append(ids, c.ID)
	}
	return ids
}

func linkedSelected(f *fixture) {
	f.job("a", f.id())
	c := f.claim()
	ada := f.user("ada")
	f.same(f.selected(store.CandidateQuery{Claim: c, Of: store.Linked, Head: f.head()}), []directory.ObjectID(nil), "no rows")
	from := f.head()
	bob := f.user("bob")
	f.user("cid")
	f.record(c, linked(ada, "t1"), linked(bob, "t2"))
	f.same(f.selected(store.CandidateQuery{Claim: c, Of: store.Linked, Head: f.head()}), []directory.ObjectID{ada.ID, bob.ID}, "all")
	f.same(f.selected(store.CandidateQuery{Claim: c, Of: store.Linked, From: from, Head: f.head()}), []directory.ObjectID{bob.ID}, "changed")
}

// departs is a linked object with a mark.
func departs(o directory.Object, targetID string, d store.Departure) store.Outcome {
	out := linked(o, targetID)
	out.Link.Departure = d
	return out
}

func (f *fixture) standing(c store.Claim) store.Standing {
	f.Helper()
	n, err := f.Standing(f.Context(), c)
	f.succeed(err)
	return n
}

func departing(f *fixture) {
	ada, bob, cid, dan := f.user("ada"), f.user("bob"), f.user("cid"), f.user("dan")
	f.job("a", f.id())
	c := f.claim()
	gone := linked(dan, "t4")
	gone.Link.Disabled = true
	f.record(c, departs(ada, "t1", store.Staged), departs(bob, "t2", store.Held), departs(cid, "t3", store.Released), gone)
	f.same(f.candidate(c, dan).Link, gone.Link, "disabled")
	f.same(f.candidate(c, bob).Link.Departure, store.Held, "the mark")
	q := store.CandidateQuery{Claim: c, Of: store.Departing, From: f.head(), Head: f.head(), Due: f.now}
	f.same(f.selected(q), []directory.ObjectID{ada.ID, bob.ID, cid.ID}, "departing")
	q.After = int64(ada.Key)
	f.same(f.selected(q), []directory.ObjectID{bob.ID, cid.ID}, "the next page")
	f.same(f.standing(c), store.Standing{Departing: 2, Accounts: 3}, "the standing")
	eve := f.user("eve")
	f.record(c, store.Outcome{Object: eve.Key, Kind: eve.Kind, Link: store.Link{Managed: true, Departure: store.Staged}})
	f.same(f.standing(c), store.Standing{Departing: 2, Accounts: 3}, "a create that was begun does not count")
	f.record(c, store.Outcome{Object: eve.Key, Kind: eve.Kind})
	f.record(c, linked(ada, "t1"), linked(bob, "t2"), store.Outcome{Object: cid.Key, Kind: cid.Kind})
	f.same(f.standing(c).Departing, int64(0), "nothing departs")
}

func departureFailed(f *fixture) {
	ada := f.user("ada")
	f.job("a", f.id())
	c := f.claim()
	out := departs(ada, "t1", store.Released)
	out.Link.Failure = &store.Failure{Code: "x", RetryAt: f.now.Add(time.Hour)}
	f.record(c, out)
	from := f.head()
	q := store.CandidateQuery{Claim: c, Of: store.Departing, From: from, Head: from, Due: f.now}
	f.same(f.selected(q), []directory.ObjectID(nil), "not yet")
	q.Due = f.now.Add(time.Hour)
	f.same(f.selected(q), []directory.ObjectID{ada.ID}, "due")
	retried := q
	retried.Of = store.Retried
	f.same(f.selected(retried), []directory.ObjectID(nil), "it is no other retry")
	_, err := f.UpdateObject(f.Context(), f.tenant, store.Ref{ID: ada.ID}, f.now, replaceBy(directory.Attributes{"displayName": "changed"}))
	f.succeed(err)
	q.Due, q.Head = f.now, f.head()
	f.same(f.selected(q), []directory.ObjectID{ada.ID}, "changed")
}

func namedSelected(f *fixture) {
	ada, bob := f.user("ada"), f.user("bob")
	g := f.group("g")
	f.job("a", f.id())
	c := f.claim()
	f.record(c, linked(ada, "t1"))
	f.same(f.selected(store.CandidateQuery{Claim: c, Of: store.Named, Names: []directory.ObjectID{bob.ID, g.ID, "none"}}), []directory.ObjectID{bob.ID}, "by name and kind")
	found, err := f.Candidates(f.Context(), store.CandidateQuery{Claim: c, Kind: directory.User, Of: store.Named, Names: []directory.ObjectID{ada.ID}})
	f.succeed(err)
	f.holds(len(found) == 1 && found[0].Link.TargetID == "t1", "with its link")
}

// dueAt names the owners that are due at an instant.
func (f *fixture) dueAt(c store.Claim, at time.Time) []store.Owner {
	f.Helper()
	owners, err := f.DueReferences(f.Context(), c, at, 0, 10)
	f.succeed(err)
	return owners
}

func referencesPostponed(f *fixture) {
	g, users, c := f.team("ada")
	equal(f, len(f.dueAt(c, f.now)), 1, "due")
	failure := &store.Failure{Code: "x", Reason: "r", Attempts: 2, First: f.now, RetryAt: f.now.Add(time.Hour)}
	f.succeed(f.PostponeReferences(f.Context(), c, g.Key, failure, f.entry(string(f.id()), f.now)))
	equal(f, len(f.dueAt(c, f.now)), 0, "postponed")
	owners := f.dueAt(c, f.now.Add(time.Hour))
	equal(f, len(owners), 1, "due again")
	f.same(owners[0].Failure, failure, "the failure")
	f.succeed(f.PostponeReferences(f.Context(), c, g.Key, nil, nil))
	equal(f, len(f.dueAt(c, f.now.Add(1000*time.Hour))), 0, "given up")
	f.record(c, store.Outcome{Object: users[0].Key, Kind: users[0].Kind})
	f.record(c, linked(users[0], "other"))
	owners = f.dueAt(c, f.now)
	f.holds(len(owners) == 1 && owners[0].Failure == nil, "a change makes it due at once")
}

func groupsInGroups(f *fixture) {
	g, _, c := f.team("ada")
	inner := f.group("inner")
	f.relate(g, directory.Members, inner)
	f.record(c, linked(inner, "g2"))
	equal(f, f.sign(c, g), " +ada", "owed")
	f.succeed(f.RecordReferences(f.Context(), c, g.Key, directory.Members, []store.ReferenceChange{{Referent: inner.Key, TargetID: "g2"}}, nil))
	owed := f.owed(c, g, directory.Members)
	f.holds(len(owed) == 2 && owed[1].Remove && owed[1].TargetID == "g2", "one that was written goes")
}
