package storetest

import (
	"fmt"
	"sync"
	"testing"
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
		{"the next due run is the earliest that nobody holds", nextDue},
		{"workers that claim at once get different jobs", claimedAtOnce},
	}
}

// due makes a job due at an instant; zero is never.
func (f *fixture) due(t *testing.T, id synchronization.JobID, at time.Time) {
	t.Helper()
	_, err := f.UpdateJob(t.Context(), f.tenant, id, store.Reset{}, func(j synchronization.Job) (synchronization.Job, error) {
		j.NextRun = at
		return j, nil
	})
	succeed(t, err)
}

func claimedInOrder(t *testing.T, f *fixture) {
	for i, id := range []string{"c", "a", "b"} {
		f.job(t, id, f.id())
		f.due(t, synchronization.JobID(id), f.now.Add(-time.Duration(i)*time.Minute))
	}
	got := ""
	for range 3 {
		got += string(f.claim(t).Job.ID)
	}
	equal(t, got, "bac", "order")
	_, ok, err := f.ClaimJob(t.Context(), "worker-2", f.now, time.Minute)
	succeed(t, err)
	holds(t, !ok, "every job is held")
}

func notDue(t *testing.T, f *fixture) {
	f.job(t, "a", f.id())
	f.due(t, "a", time.Time{})
	f.job(t, "b", f.id())
	f.due(t, "b", f.now.Add(time.Second))
	_, ok, err := f.ClaimJob(t.Context(), "worker-1", f.now, time.Minute)
	succeed(t, err)
	holds(t, !ok, "none is due")
	c, ok, err := f.ClaimJob(t.Context(), "worker-1", f.now.Add(time.Second), time.Minute)
	succeed(t, err)
	holds(t, ok && c.Job.ID == "b", "one is due a second later")
}

func claimExpires(t *testing.T, f *fixture) {
	f.job(t, "a", f.id())
	first := f.claim(t)
	_, ok, err := f.ClaimJob(t.Context(), "worker-2", f.now.Add(59*time.Second), time.Minute)
	succeed(t, err)
	holds(t, !ok, "it is still held")
	second, ok, err := f.ClaimJob(t.Context(), "worker-2", f.now.Add(time.Minute), time.Minute)
	succeed(t, err)
	holds(t, ok && second.Fence > first.Fence, "it passed on with a greater fence")
	fail(t, f.RenewClaim(t.Context(), first, f.now.Add(time.Hour)), errs.Conflict)
	fail(t, f.ReleaseClaim(t.Context(), first, func(j synchronization.Job) synchronization.Job { return j.Pause() }), errs.Conflict)
	fail(t, f.Record(t.Context(), first, store.Batch{}), errs.Conflict)
	succeed(t, f.Record(t.Context(), second, store.Batch{}))
}

func claimRenewed(t *testing.T, f *fixture) {
	f.job(t, "a", f.id())
	c := f.claim(t)
	succeed(t, f.RenewClaim(t.Context(), c, f.now.Add(time.Hour)))
	_, ok, err := f.ClaimJob(t.Context(), "worker-2", f.now.Add(59*time.Minute), time.Minute)
	succeed(t, err)
	holds(t, !ok, "it is still held")
}

func overtaken(t *testing.T, f *fixture) {
	u, g := f.user(t, "ada"), f.group(t, "eng")
	f.relate(t, g, directory.Members, u)
	f.job(t, "a", f.id())
	c := f.claim(t)
	f.record(t, c, linked(u, "t1"), linked(g, "t2"))
	_, err := f.UpdateJob(t.Context(), f.tenant, "a", store.Reset{}, func(j synchronization.Job) (synchronization.Job, error) { return j.Pause(), nil })
	succeed(t, err)
	o := linked(u, "t9")
	o.Log = &store.LogEntry{ID: "x", Time: f.now}
	change := []store.ReferenceChange{{Referent: u.Key, TargetID: "t1"}}
	for what, err := range map[string]error{
		"Record":            f.Record(t.Context(), c, store.Batch{Outcomes: []store.Outcome{o}, Cycle: synchronization.Cycle{ID: "late"}}),
		"RenewClaim":        f.RenewClaim(t.Context(), c, f.now.Add(time.Hour)),
		"OpenReferences":    f.OpenReferences(t.Context(), c, g.Key, directory.Members, change),
		"ObserveReferences": f.ObserveReferences(t.Context(), c, g.Key, directory.Members, []string{"t1"}),
		"RecordReferences":  f.RecordReferences(t.Context(), c, g.Key, directory.Members, change, nil),
		"CloseReferences":   f.CloseReferences(t.Context(), c, g.Key),
	} {
		holds(t, errs.Is(err, errs.Conflict), what+" is refused")
	}
	_, ok, err := f.LinkedTo(t.Context(), c, directory.User, "t9")
	succeed(t, err)
	holds(t, !ok, "the link was not stored")
	j, err := f.Job(t.Context(), f.tenant, "a")
	succeed(t, err)
	equal(t, j.Cycle.ID, "", "the cycle")
	page, err := f.Logs(t.Context(), f.tenant, store.LogQuery{})
	succeed(t, err)
	equal(t, len(page.Entries), 0, "log entries")
	equal(t, len(f.owed(t, c, g, directory.Members)), 1, "references owed")
}

func claimReleased(t *testing.T, f *fixture) {
	f.job(t, "a", f.id())
	c := f.claim(t)
	f.record(t, c)
	later := f.now.Add(time.Hour)
	succeed(t, f.ReleaseClaim(t.Context(), c, func(j synchronization.Job) synchronization.Job {
		j.NextRun, j.Watermark, j.Cycle = later, 5, nil
		return j
	}))
	fail(t, f.RenewClaim(t.Context(), c, later), errs.Conflict)
	fail(t, f.Record(t.Context(), c, store.Batch{}), errs.Conflict)
	next, ok, err := f.ClaimJob(t.Context(), "worker-1", later, time.Minute)
	succeed(t, err)
	holds(t, ok && next.Job.Watermark == 5 && next.Job.Cycle == nil && next.Fence > c.Fence, "the next claim sees the job as released")
}

func releaseOvertaken(t *testing.T, f *fixture) {
	f.job(t, "a", f.id())
	c := f.claim(t)
	_, err := f.UpdateJob(t.Context(), f.tenant, "a", store.Reset{}, func(j synchronization.Job) (synchronization.Job, error) {
		return j.Restart(synchronization.ResetFull, f.now), nil
	})
	succeed(t, err)
	fail(t, f.ReleaseClaim(t.Context(), c, func(j synchronization.Job) synchronization.Job {
		j.Watermark = 99
		return j
	}), errs.Conflict)
	next, ok, err := f.ClaimJob(t.Context(), "worker-2", f.now, time.Minute)
	succeed(t, err)
	holds(t, ok, "the lease ended all the same")
	equal(t, next.Job.Watermark, 0, "watermark")
	fail(t, f.ReleaseClaim(t.Context(), c, func(j synchronization.Job) synchronization.Job { return j }), errs.Conflict)
	succeed(t, f.RenewClaim(t.Context(), next, f.now.Add(time.Hour)))
}

func nextDue(t *testing.T, f *fixture) {
	_, ok, err := f.NextDue(t.Context(), f.now)
	succeed(t, err)
	holds(t, !ok, "there is none")
	for i, id := range []string{"a", "b"} {
		f.job(t, id, f.id())
		f.due(t, synchronization.JobID(id), f.now.Add(time.Duration(i-1)*time.Minute))
	}
	due, ok, err := f.NextDue(t.Context(), f.now)
	succeed(t, err)
	holds(t, ok && due.Equal(f.now.Add(-time.Minute)), "the earliest is due")
	f.claim(t)
	due, ok, err = f.NextDue(t.Context(), f.now)
	succeed(t, err)
	holds(t, ok && due.Equal(f.now), "the held one does not count")
	due, ok, err = f.NextDue(t.Context(), f.now.Add(time.Minute))
	succeed(t, err)
	holds(t, ok && due.Equal(f.now.Add(-time.Minute)), "it counts when its lease has ended")
}

func claimedAtOnce(t *testing.T, f *fixture) {
	const jobs, workers = 20, 8
	for i := range jobs {
		f.job(t, fmt.Sprintf("job-%02d", i), f.id())
	}
	var (
		mu      sync.Mutex
		claimed = map[synchronization.JobID]int{}
		work    sync.WaitGroup
	)
	for w := range workers {
		work.Go(func() {
			for {
				c, ok, err := f.ClaimJob(t.Context(), fmt.Sprint("worker-", w), f.now, time.Minute)
				if err != nil {
					t.Error(err)
				}
				if err != nil || !ok {
					return
				}
				mu.Lock()
				claimed[c.Job.ID]++
				mu.Unlock()
			}
		})
	}
	work.Wait()
	equal(t, len(claimed), jobs, "jobs claimed")
	for id, n := range claimed {
		equal(t, n, 1, "claims of "+string(id))
	}
}
