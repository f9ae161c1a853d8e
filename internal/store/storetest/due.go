package storetest

import (
	"context"
	"time"

	"github.com/provisor/provisor/internal/store"
	"github.com/provisor/provisor/internal/synchronization"
)

// ClaimNext claims the longest due job as a runner and a worker do together, for tests.
// It returns ok false when none is due and free.
func ClaimNext(ctx context.Context, s store.DueJobs, holder string, now time.Time, ttl time.Duration) (store.Claim, bool, error) {
	for {
		due, err := s.DueJobs(ctx, now, 1)
		if err != nil || len(due) == 0 {
			return store.Claim{}, false, err
		}
		if c, ok, err := s.ClaimDue(ctx, due[0], holder, now, ttl); err != nil || ok {
			return c, ok, err
		}
	}
}

// dueJobs lists the ids of what is due at an instant.
func (f *fixture) dueJobs(at time.Time, limit int) ([]store.DueJob, []string) {
	f.Helper()
	due, err := f.DueJobs(f.Context(), at, limit)
	f.succeed(err)
	var ids []string
	for _, d := range due {
		equal(f, d.Tenant, f.tenant, "tenant")
		ids = append(ids, string(d.Job))
	}
	return due, ids
}

func dueChecks() []check {
	return []check{
		{"due jobs are listed, the longest due first", func(f *fixture) {
			for i, id := range []synchronization.JobID{"c", "a", "b", "later", "never"} {
				f.job(string(id), f.id())
				f.due(id, f.now.Add(-time.Duration(i)*time.Minute))
			}
			f.due("later", f.now.Add(time.Minute))
			f.due("never", time.Time{})
			due, ids := f.dueJobs(f.now, 10)
			f.same(ids, []string{"b", "a", "c"}, "order")
			equal(f, due[0].NextRun, f.now.Add(-2*time.Minute), "next run")
			_, ids = f.dueJobs(f.now, 2)
			f.same(ids, []string{"b", "a"}, "bounded")
		}},
		{"a turn is claimed once", func(f *fixture) {
			f.job("a", f.id())
			f.due("a", f.now)
			due, _ := f.dueJobs(f.now, 1)
			c, ok, err := f.ClaimDue(f.Context(), due[0], "worker-1", f.now, time.Minute)
			f.succeed(err)
			f.holds(ok && c.Job.ID == "a" && c.Holder == "worker-1" && c.Fence > due[0].Turn, "it is claimed with the next turn")
			f.succeed(f.Record(f.Context(), c, store.Batch{}))
			_, ids := f.dueJobs(f.now, 1)
			f.same(ids, []string(nil), "listed while held")
			_, ok, err = f.ClaimDue(f.Context(), due[0], "worker-2", f.now.Add(time.Hour), time.Minute)
			f.succeed(err)
			f.holds(!ok, "an old turn is refused")
			again, _ := f.dueJobs(f.now.Add(time.Hour), 1)
			_, ok, err = f.ClaimDue(f.Context(), again[0], "worker-2", f.now.Add(time.Hour), time.Minute)
			f.succeed(err)
			f.holds(ok, "the turn after the lease ended is taken")
		}},
		{"what is no longer due is not claimed", func(f *fixture) {
			f.job("a", f.id())
			f.due("a", f.now)
			due, _ := f.dueJobs(f.now, 1)
			f.due("a", f.now.Add(time.Hour))
			_, ok, err := f.ClaimDue(f.Context(), due[0], "worker-1", f.now, time.Minute)
			f.succeed(err)
			f.holds(!ok, "it was put off")
		}},
	}
}
