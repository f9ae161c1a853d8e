package storetest

import (
	"time"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/store"
	"github.com/provisor/provisor/internal/synchronization"
)

func announcementChecks() []check {
	return []check{
		{"whoever claims the job next finds what was announced and has no outcome", announced},
		{"a position that covers the page settles it", announcedAndCovered},
		{"an object behind the position of an unfinished page is settled", announcedAndBehind},
		{"an object that is done ahead of the position is settled", announcedAndAhead},
		{"a page that was covered is forgotten when its cycle has ended", announcedAndEnded},
		{"an announcement of what a job has forgotten still counts", announcedAndRestarted},
		{"an overtaken claim announces nothing", announcedTooLate},
		{"an object that is provisioned on demand is found begun", announcedOnDemand},
		{"a new link is recorded without a look at the old one", unlinkedRecorded},
	}
}

// beginning is what is announced of an object.
func beginning(o directory.Object) store.Beginning {
	return store.Beginning{Object: o.Key, Kind: o.Kind, Position: o.Sequence, Begun: []store.MatchingValue{{Path: "userName", Value: string(o.ID)}}}
}

// begun is the link that an announcement becomes.
func begun(o directory.Object) store.Link {
	return store.Link{Managed: true, Begun: beginning(o).Begun}
}

// at is a position of the first cycle.
func at(after int64) synchronization.Cycle {
	return synchronization.Cycle{ID: "first", Phase: synchronization.PhaseUsers, After: after, Head: 100}
}

func (f *fixture) announce(c store.Claim, cycle synchronization.Cycle, objects ...directory.Object) {
	f.Helper()
	a := store.Announcement{Cycle: cycle, Upto: objects[len(objects)-1].Sequence}
	for _, o := range objects {
		a.Objects = append(a.Objects, beginning(o))
	}
	f.succeed(f.Announce(f.Context(), c, a))
}

// successor gives the job to the next worker, long after the last one was heard of.
func (f *fixture) successor() store.Claim {
	f.Helper()
	f.now = f.now.Add(time.Hour)
	return f.claim()
}

func announced(f *fixture) {
	f.job("a", f.id())
	c := f.claim()
	ada, bob, cid, dan := f.user("ada"), f.user("bob"), f.user("cid"), f.user("dan")
	f.announce(c, at(0), ada, bob, cid, dan)
	f.same(f.candidate(c, bob).Link, store.Link{}, "the one who announced it knows it himself")
	f.succeed(f.Record(f.Context(), c, store.Batch{Outcomes: []store.Outcome{linked(ada, "t1")}, Cycle: at(ada.Sequence)}))
	f.record(c, linked(cid, "t3"))
	next := f.successor()
	f.same(f.candidate(next, ada).Link, linked(ada, "t1").Link, "recorded, and covered")
	f.same(f.candidate(next, bob).Link, begun(bob), "announced only")
	f.same(f.candidate(next, cid).Link, linked(cid, "t3").Link, "recorded before the position came there")
	f.same(f.candidate(next, dan).Link, begun(dan), "announced only")
	f.record(next, store.Outcome{Object: bob.Key, Kind: bob.Kind}, linked(dan, "t4"))
	last := f.successor()
	f.same(f.candidate(last, bob).Link, store.Link{}, "what was found begun and settled is not begun again")
	f.same(f.candidate(last, dan).Link, linked(dan, "t4").Link, "linked by the next")
}

func announcedAndCovered(f *fixture) {
	f.job("a", f.id())
	c := f.claim()
	ada, bob, cid := f.user("ada"), f.user("bob"), f.user("cid")
	f.announce(c, at(0), ada, bob)
	f.announce(c, at(0), cid) // read ahead
	// Nothing came of ada and bob: no link is recorded for either.
	f.succeed(f.Record(f.Context(), c, store.Batch{Cycle: at(bob.Sequence)}))
	next := f.successor()
	f.same(f.candidate(next, ada).Link, store.Link{}, "covered")
	f.same(f.candidate(next, bob).Link, store.Link{}, "covered")
	f.same(f.candidate(next, cid).Link, begun(cid), "beyond")
}

// announcedAndBehind: nothing came of the first object of a page that was not finished.
func announcedAndBehind(f *fixture) {
	f.job("a", f.id())
	c := f.claim()
	ada, bob := f.user("ada"), f.user("bob")
	f.announce(c, at(0), ada, bob)
	f.succeed(f.Record(f.Context(), c, store.Batch{Cycle: at(ada.Sequence)}))
	next := f.successor()
	f.same(f.candidate(next, ada).Link, store.Link{}, "behind the position")
	f.same(f.candidate(next, bob).Link, begun(bob), "not reached")
}

// announcedAndAhead: nothing came of the second object of a page, of which the first is not
// done.
func announcedAndAhead(f *fixture) {
	f.job("a", f.id())
	c := f.claim()
	ada, bob := f.user("ada"), f.user("bob")
	f.announce(c, at(0), ada, bob)
	reached := at(0)
	reached.Beyond = []int64{bob.Sequence}
	f.succeed(f.Record(f.Context(), c, store.Batch{Cycle: reached}))
	next := f.successor()
	f.same(f.candidate(next, ada).Link, begun(ada), "not done")
	f.same(f.candidate(next, bob).Link, store.Link{}, "done ahead of it")
}

// announcedAndEnded: the cycle of a page that is covered ends, and the next knows
// nothing of it.
func announcedAndEnded(f *fixture) {
	j := f.job("a", f.id())
	c := f.claim()
	ada := f.user("ada")
	f.announce(c, at(0), ada)
	f.succeed(f.Record(f.Context(), c, store.Batch{Cycle: at(ada.Sequence)}))
	_, err := f.UpdateJob(f.Context(), f.tenant, j.ID, store.Reset{}, func(j synchronization.Job) (synchronization.Job, error) {
		j.Cycle, j.Generation = nil, j.Generation+1
		return j, nil
	})
	f.succeed(err)
	f.same(f.candidate(f.successor(), ada).Link, store.Link{}, "settled")
}

func announcedAndRestarted(f *fixture) {
	j := f.job("a", f.id())
	c := f.claim()
	ada := f.user("ada")
	f.succeed(f.Record(f.Context(), c, store.Batch{Cycle: at(0)}))
	f.announce(c, at(0), ada)
	_, err := f.UpdateJob(f.Context(), f.tenant, j.ID, store.Reset{}, func(j synchronization.Job) (synchronization.Job, error) {
		j.Cycle, j.Watermark, j.Generation = nil, 0, j.Generation+1
		return j, nil
	})
	f.succeed(err)
	f.same(f.candidate(f.successor(), ada).Link, begun(ada), "a cycle that was given up had begun it")
	f.succeed(f.DeleteJob(f.Context(), f.tenant, j.ID))
}

func announcedTooLate(f *fixture) {
	f.job("a", f.id())
	old := f.claim()
	ada := f.user("ada")
	next := f.successor()
	f.fail(f.Announce(f.Context(), old, store.Announcement{Cycle: at(0), Upto: ada.Sequence, Objects: []store.Beginning{beginning(ada)}}), errs.Conflict)
	f.same(f.candidate(next, ada).Link, store.Link{}, "nothing was stored")
	f.same(f.candidate(f.successor(), ada).Link, store.Link{}, "nor is it later")
}

func announcedOnDemand(f *fixture) {
	j := f.job("a", f.id())
	c := f.claim()
	ada := f.user("ada")
	f.announce(c, at(0), ada)
	f.now = f.now.Add(time.Hour)
	seized, ok, err := f.SeizeJob(f.Context(), store.Address{Tenant: f.tenant, Job: j.ID}, store.Visit{Holder: "on-demand", Lease: time.Minute, Wish: time.Second}, f.now)
	f.succeed(err)
	f.holds(ok, "the lease is over")
	f.same(f.candidate(seized, ada).Link, begun(ada), "announced by a worker that died")
}

func unlinkedRecorded(f *fixture) {
	f.job("a", f.id())
	c := f.claim()
	ada, bob, everyone := f.user("ada"), f.user("bob"), f.group("everyone")
	f.relate(everyone, directory.Members, ada)
	anew := func(o directory.Object, targetID string) store.Outcome {
		out := linked(o, targetID)
		out.Unlinked = true
		return out
	}
	f.record(c, anew(everyone, "g1"))
	f.record(c, anew(ada, "t1"), anew(bob, "t2"))
	f.same(f.candidate(c, ada).Link, linked(ada, "t1").Link, "ada")
	f.same(f.candidate(c, bob).Link, linked(bob, "t2").Link, "bob")
	due, err := f.DueReferences(f.Context(), c, f.now, 0, 10)
	f.succeed(err)
	equal(f, len(due), 1, "owners that are due, because a member was linked")
	equal(f, due[0].Key, everyone.Key, "the owner")
	cid, dan, few := f.user("cid"), f.user("dan"), f.group("few")
	f.relate(cid, directory.Manager, ada)
	f.relate(few, directory.Members, ada)
	later := []store.Outcome{anew(cid, "t3"), anew(dan, "t4"), anew(few, "g2")}
	for i := range later {
		later[i].Reconcile = true
	}
	f.record(c, later...)
	due, err = f.DueReferences(f.Context(), c, f.now, everyone.Key, 10)
	f.succeed(err)
	equal(f, len(due), 2, "of those who are new, who refers to somebody")
	equal(f, due[0].Key, cid.Key, "a user with a manager")
	equal(f, due[1].Key, few.Key, "a group with a member")
}
