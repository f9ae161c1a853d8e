package storetest

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/store"
	"github.com/provisor/provisor/internal/synchronization"
)

func claimChecks() []check {
	return []check{
		{"the longest due job is claimed first, each by one worker", claimedInOrder},
		{"a job that is not due is not claimed", notDue},
		{"a claim ends by itself and passes on with a greater fence", claimExpires},
		{"a renewed claim lasts longer", claimRenewed},
		{"an overtaken worker records nothing", overtaken},
		{"a released claim stores the job and is over", claimReleased},
		{"an order that came meanwhile wins over the release", releaseOvertaken},
		{"workers that claim at once get different jobs", claimedAtOnce},
		{"a job that is not held is seized, due or not", seized},
		{"a job that is held and wanted is let go and not claimed", wanted},
	}
}

// due makes a job due at an instant; zero is never.
func (f *fixture) due(id synchronization.JobID, at time.Time) {
	f.Helper()
	_, err := f.UpdateJob(f.Context(), f.tenant, id, store.Reset{}, func(j synchronization.Job) (synchronization.Job, error) {
		j.NextRun = at
		return j, nil
	})
	f.succeed(err)
}

func claimedInOrder(f *fixture) {
	for i, id := range []string{"c", "a", "b"} {
		f.job(id, f.id())
		f.due(synchronization.JobID(id), f.now.Add(-time.Duration(i)*time.Minute))
	}
	var got []string
	for range 3 {
		got = append(got, string(f.claim().Job.ID))
	}
	f.same(got, []string{"b", "a", "c"}, "order")
	_, ok, err := ClaimNext(f.Context(), f, "worker-2", f.now, time.Minute)
	f.succeed(err)
	f.holds(!ok, "every job is held")
}

func notDue(f *fixture) {
	f.job("a", f.id())
	f.due("a", time.Time{})
	f.job("b", f.id())
	f.due("b", f.now.Add(time.Second))
	_, ok, err := ClaimNext(f.Context(), f, "worker-1", f.now, time.Minute)
	f.succeed(err)
	f.holds(!ok, "none is due")
	c, ok, err := ClaimNext(f.Context(), f, "worker-1", f.now.Add(time.Second), time.Minute)
	f.succeed(err)
	f.holds(ok && c.Job.ID == "b", "one is due a second later")
}

func claimExpires(f *fixture) {
	f.job("a", f.id())
	first := f.claim()
	_, ok, err := ClaimNext(f.Context(), f, "worker-2", f.now.Add(59*time.Second), time.Minute)
	f.succeed(err)
	f.holds(!ok, "it is still held")
	second, ok, err := ClaimNext(f.Context(), f, "worker-2", f.now.Add(time.Minute), time.Minute)
	f.succeed(err)
	f.holds(ok && second.Fence > first.Fence, "it passed on with a greater fence")
	f.fail(f.RenewClaim(f.Context(), first, f.now.Add(time.Hour)), errs.Conflict)
	f.fail(f.ReleaseClaim(f.Context(), first, func(j synchronization.Job) synchronization.Job { return j.Pause() }), errs.Conflict)
	f.fail(f.Record(f.Context(), first, store.Batch{}), errs.Conflict)
	f.succeed(f.Record(f.Context(), second, store.Batch{}))
}

func claimRenewed(f *fixture) {
	f.job("a", f.id())
	c := f.claim()
	f.succeed(f.RenewClaim(f.Context(), c, f.now.Add(time.Hour)))
	_, ok, err := ClaimNext(f.Context(), f, "worker-2", f.now.Add(59*time.Minute), time.Minute)
	f.succeed(err)
	f.holds(!ok, "it is still held")
}

func overtaken(f *fixture) {
	u, g := f.user("ada"), f.group("eng")
	f.relate(g, directory.Members, u)
	f.job("a", f.id())
	c := f.claim()
	f.record(c, linked(u, "t1"), linked(g, "t2"))
	_, err := f.UpdateJob(f.Context(), f.tenant, "a", store.Reset{}, func(j synchronization.Job) (synchronization.Job, error) { return j.Pause(), nil })
	f.succeed(err)
	o := linked(u, "t9")
	o.Log = f.entry("x", f.now)
	change := []store.ReferenceChange{{Referent: u.Key, TargetID: "t1"}}
	for what, err := range map[string]error{
		"Record":            f.Record(f.Context(), c, store.Batch{Outcomes: []store.Outcome{o}, Cycle: synchronization.Cycle{ID: "late"}}),
		"RenewClaim":        f.RenewClaim(f.Context(), c, f.now.Add(time.Hour)),
		"OpenReferences":    f.OpenReferences(f.Context(), c, g.Key, directory.Members, change),
		"BeginObservation":  second(f.BeginObservation(f.Context(), c, g.Key)),
		"SeeReferences":     f.SeeReferences(f.Context(), c, store.Observation{Owner: g.Key, Number: 1}, directory.Members, []string{"t1"}),
		"EndObservation":    second(f.EndObservation(f.Context(), c, store.Observation{Owner: g.Key, Number: 1}, []directory.Relation{directory.Members})),
		"RecordReferences":  f.RecordReferences(f.Context(), c, g.Key, directory.Members, change, nil),
		"StageReferences":   f.StageReferences(f.Context(), c, g.Key),
		"RecheckReferences": f.RecheckReferences(f.Context(), c),
		"CloseReferences":   f.CloseReferences(f.Context(), c, g.Key, 0),
	} {
		f.holds(errs.Is(err, errs.Conflict), what+" is refused")
	}
	_, ok, err := f.LinkedTo(f.Context(), c, directory.User, "t9")
	f.succeed(err)
	f.holds(!ok, "the link was not stored")
	j, err := f.Job(f.Context(), f.tenant, "a")
	f.succeed(err)
	f.holds(j.Cycle == nil, "the cycle was not stored")
	page, err := f.Logs(f.Context(), f.tenant, store.LogQuery{})
	f.succeed(err)
	equal(f, len(page.Entries), 0, "log entries")
	equal(f, len(f.owed(c, g, directory.Members)), 1, "references owed")
}

func claimReleased(f *fixture) {
	f.job("a", f.id())
	c := f.claim()
	f.record(c)
	later := f.now.Add(time.Hour)
	f.succeed(f.ReleaseClaim(f.Context(), c, func(j synchronization.Job) synchronization.Job {
		j.NextRun, j.Watermark, j.Cycle = later, 5, nil
		return j
	}))
	f.fail(f.RenewClaim(f.Context(), c, later), errs.Conflict)
	f.fail(f.Record(f.Context(), c, store.Batch{}), errs.Conflict)
	next, ok, err := ClaimNext(f.Context(), f, "worker-1", later, time.Minute)
	f.succeed(err)
	f.holds(ok && next.Job.Watermark == 5 && next.Job.Cycle == nil && next.Fence > c.Fence, "the next claim sees the job as released")
}

func releaseOvertaken(f *fixture) {
	f.job("a", f.id())
	c := f.claim()
	_, err := f.UpdateJob(f.Context(), f.tenant, "a", store.Reset{}, func(j synchronization.Job) (synchronization.Job, error) {
		return j.Restart(synchronization.ResetFull, f.now), nil
	})
	f.succeed(err)
	f.fail(f.ReleaseClaim(f.Context(), c, func(j synchronization.Job) synchronization.Job {
		j.Watermark = 99
		return j
	}), errs.Conflict)
	next, ok, err := ClaimNext(f.Context(), f, "worker-2", f.now, time.Minute)
	f.succeed(err)
	f.holds(ok, "the lease ended all the same")
	equal(f, next.Job.Watermark, 0, "watermark")
	f.fail(f.ReleaseClaim(f.Context(), c, func(j synchronization.Job) synchronization.Job { return j }), errs.Conflict)
	f.succeed(f.RenewClaim(f.Context(), next, f.now.Add(time.Hour)))
}

func claimedAtOnce(f *fixture) {
	const jobs, workers = 20, 8
	for i := range jobs {
		f.job(fmt.Sprintf("job-%02d", i), f.id())
	}
	claims := make(chan synchronization.JobID, 2*jobs)
	var work sync.WaitGroup
	for w := range workers {
		work.Go(func() { claimAll(f, fmt.Sprint("worker-", w), claims) })
	}
	work.Wait()
	close(claims)
	claimed := map[synchronization.JobID]int{}
	for id := range claims {
		claimed[id]++
	}
	equal(f, len(claimed), jobs, "jobs claimed")
	for id, n := range claimed {
		equal(f, n, 1, "claims of "+string(id))
	}
}

// claimAll claims jobs until none is left.
func claimAll(f *fixture, worker string, claims chan<- synchronization.JobID) {
	for {
		c, ok, err := ClaimNext(f.Context(), f, worker, f.now, time.Minute)
		if err != nil {
			f.Error(err)
		}
		if !ok {
			return
		}
		claims <- c.Job.ID
	}
}

// visit is that of a caller who waits for two seconds.
func visit() store.Visit {
	return store.Visit{Holder: "visitor", Lease: time.Minute, Wish: 2 * time.Second}
}

// seize takes job a for somebody who waits for it.
func (f *fixture) seize(now time.Time) (store.Claim, bool) {
	f.Helper()
	c, ok, err := f.SeizeJob(f.Context(), store.Address{Tenant: f.tenant, Job: "a"}, visit(), now)
	f.succeed(err)
	return c, ok
}

func seized(f *fixture) {
	u := f.user("ada")
	f.job("a", f.id())
	first := f.claim()
	f.succeed(f.Record(f.Context(), first, store.Batch{Cycle: synchronization.Cycle{ID: "c", After: 7}}))
	f.succeed(f.ReleaseClaim(f.Context(), first, func(j synchronization.Job) synchronization.Job { return j }))
	f.due("a", time.Time{})
	c, ok := f.seize(f.now)
	f.holds(ok && c.Fence > first.Fence && c.Job.ID == "a", "it is seized")
	f.record(c, linked(u, "t1"))
	f.succeed(f.RenewClaim(f.Context(), c, f.now.Add(time.Minute)))
	f.succeed(f.ReleaseClaim(f.Context(), c, func(j synchronization.Job) synchronization.Job { return j }))
	j, err := f.Job(f.Context(), f.tenant, "a")
	f.succeed(err)
	f.holds(j.Cycle != nil && j.Cycle.After == 7, "an outcome without a cycle leaves the position")
	_, _, err = f.SeizeJob(f.Context(), store.Address{Tenant: f.tenant, Job: "none"}, visit(), f.now)
	f.fail(err, errs.NotFound)
}

func wanted(f *fixture) {
	f.job("a", f.id())
	worker := f.claim()
	_, ok := f.seize(f.now)
	f.holds(!ok, "it is held")
	err := f.RenewClaim(f.Context(), worker, f.now.Add(time.Hour))
	f.fail(err, errs.Conflict)
	e, _ := errors.AsType[*errs.Error](err)
	equal(f, e.Code, "Wanted", "the code")
	f.succeed(f.Record(f.Context(), worker, store.Batch{Cycle: synchronization.Cycle{ID: "c"}}))
	f.succeed(f.ReleaseClaim(f.Context(), worker, func(j synchronization.Job) synchronization.Job { return j.Interrupted(*j.Cycle, f.now) }))
	_, ok, err = ClaimNext(f.Context(), f, "worker-2", f.now, time.Minute)
	f.succeed(err)
	f.holds(!ok, "no worker takes it from who waits")
	_, ids := f.dueJobs(f.now, 1)
	f.same(ids, []string(nil), "nor is it brought to one")
	c, ok := f.seize(f.now)
	f.holds(ok, "who waits gets it")
	f.succeed(f.ReleaseClaim(f.Context(), c, func(j synchronization.Job) synchronization.Job { return j }))
	worker = f.claim()
	_, ok = f.seize(f.now)
	f.holds(!ok, "it is held again")
	f.succeed(f.ReleaseClaim(f.Context(), worker, func(j synchronization.Job) synchronization.Job { return j }))
	_, ok, err = ClaimNext(f.Context(), f, "worker-2", f.now.Add(time.Second), time.Minute)
	f.succeed(err)
	f.holds(!ok, "who waits may still come")
	_, ok, err = ClaimNext(f.Context(), f, "worker-2", f.now.Add(2*time.Second), time.Minute)
	f.succeed(err)
	f.holds(ok, "who gave up waiting keeps nobody out for long")
}
