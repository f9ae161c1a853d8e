package storetest

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/store"
)

// task puts a task that is due now and returns it as it is listed.
func (f *fixture) task(key string) store.Task {
	f.Helper()
	f.succeed(f.PutTask(f.Context(), store.Task{Kind: "refresh", Key: key, Due: f.now, Payload: []byte(key)}))
	t, err := f.Task(f.Context(), "refresh", key)
	f.succeed(err)
	return t
}

func (f *fixture) claimTask(t store.Task, holder string) (store.Task, bool) {
	f.Helper()
	claimed, ok, err := f.ClaimTask(f.Context(), t, holder, f.now, f.now.Add(time.Minute))
	f.succeed(err)
	return claimed, ok
}

func (f *fixture) dueTasks(at time.Time) []string {
	f.Helper()
	tasks, err := f.DueTasks(f.Context(), at, 10)
	f.succeed(err)
	var keys []string
	for _, t := range tasks {
		keys = append(keys, t.Key)
	}
	return keys
}

func taskChecks() []check {
	return slices.Concat(taskListChecks(), taskClaimChecks(), taskExpiryChecks())
}

func taskListChecks() []check {
	return []check{
		{"one that is not there is not found", func(f *fixture) {
			_, err := f.Task(f.Context(), "refresh", "x")
			f.fail(err, errs.NotFound)
			f.succeed(f.RemoveTask(f.Context(), "refresh", "x", f.now))
		}},
		{"the urgent come first, then the longest due", func(f *fixture) {
			for key, t := range map[string]store.Task{
				"late": {Due: f.now.Add(-time.Minute)}, "later": {Due: f.now.Add(-time.Second)}, "soon": {Due: f.now.Add(time.Second)},
				"urgent": {Due: f.now, Urgent: true},
			} {
				t.Kind, t.Key = "refresh", key
				f.succeed(f.PutTask(f.Context(), t))
			}
			f.same(f.dueTasks(f.now), []string{"urgent", "late", "later"}, "due")
		}},
		{"the limit is of each lane", func(f *fixture) {
			for _, key := range []string{"a", "b"} {
				f.succeed(f.PutTask(f.Context(), store.Task{Kind: "x", Key: key, Due: f.now}))
				f.succeed(f.PutTask(f.Context(), store.Task{Kind: "y", Key: key, Due: f.now, Urgent: true}))
			}
			tasks, err := f.DueTasks(f.Context(), f.now, 1)
			f.succeed(err)
			equal(f, len(tasks), 2, "number of tasks")
			f.holds(tasks[0].Kind == "y" && tasks[1].Kind == "x", "one of each")
		}},
		{"answered ones are pruned, others not", func(f *fixture) {
			f.task("waits")
			claimed, _ := f.claimTask(f.task("done"), "a")
			claimed.Due, claimed.Answer = time.Time{}, []byte("yes")
			f.succeed(f.EndTask(f.Context(), claimed))
			n, err := f.PruneTasks(f.Context(), f.now)
			f.succeed(err)
			equal(f, n, 0, "pruned too early")
			n, err = f.PruneTasks(f.Context(), f.now.Add(time.Second))
			f.succeed(err)
			equal(f, n, 1, "pruned")
			f.same(f.dueTasks(f.now), []string{"waits"}, "due")
		}},
	}
}

func taskClaimChecks() []check {
	return append([]check{
		{"one claim holds until it ends", func(f *fixture) {
			t := f.task("k")
			first, ok := f.claimTask(t, "a")
			f.holds(ok && first.Turn > t.Turn && string(first.Payload) == "k", "the task is claimed with its next turn")
			_, ok = f.claimTask(t, "b")
			f.holds(!ok, "a held task is refused")
			f.same(f.dueTasks(f.now), []string(nil), "due while held")
			f.succeed(f.RenewTask(f.Context(), first, f.now.Add(2*time.Minute)))
			f.same(f.dueTasks(f.now.Add(time.Minute)), []string(nil), "due after the renewal")
			f.same(f.dueTasks(f.now.Add(2*time.Minute)), []string{"k"}, "due when the lease ended")
		}},
		{"an overtaken turn can do nothing", func(f *fixture) {
			first, _ := f.claimTask(f.task("k"), "a")
			f.now = f.now.Add(time.Hour)
			second, ok := f.claimTask(first, "b")
			f.holds(ok, "the ended lease is taken")
			f.fail(f.RenewTask(f.Context(), first, f.now.Add(time.Hour)), errs.Conflict)
			first.Answer = []byte("late")
			f.fail(f.EndTask(f.Context(), first), errs.Conflict)
			second.Due = f.now.Add(time.Hour)
			f.succeed(f.EndTask(f.Context(), second))
			f.fail(f.EndTask(f.Context(), second), errs.Conflict)
			f.same(f.dueTasks(f.now), []string(nil), "due")
			f.same(f.dueTasks(f.now.Add(time.Hour)), []string{"k"}, "due an hour later")
		}},
	}, taskEndChecks()...)
}

func taskEndChecks() []check {
	return []check{
		{"an end keeps the answer or removes the task", func(f *fixture) {
			kept, _ := f.claimTask(f.task("kept"), "a")
			kept.Due, kept.Answer = time.Time{}, []byte("42")
			f.succeed(f.EndTask(f.Context(), kept))
			t, err := f.Task(f.Context(), "refresh", "kept")
			f.succeed(err)
			f.holds(string(t.Answer) == "42" && t.Due.IsZero(), "the answer is kept")
			gone, _ := f.claimTask(f.task("gone"), "a")
			gone.Due = time.Time{}
			f.succeed(f.EndTask(f.Context(), gone))
			_, err = f.Task(f.Context(), "refresh", "gone")
			f.fail(err, errs.NotFound)
		}},
		{"a put while it is done is not undone by the end", func(f *fixture) {
			claimed, _ := f.claimTask(f.task("k"), "a")
			f.succeed(f.PutTask(f.Context(), store.Task{Kind: "refresh", Key: "k", Due: f.now, Payload: []byte("new")}))
			claimed.Due = time.Time{}
			f.succeed(f.EndTask(f.Context(), claimed))
			f.same(f.dueTasks(f.now), []string{"k"}, "due")
			t, err := f.Task(f.Context(), "refresh", "k")
			f.succeed(err)
			f.same(string(t.Payload), "new", "payload")
		}},
		{"of many claims of one turn one succeeds", func(f *fixture) {
			t := f.task("k")
			var won atomic.Int64
			var group sync.WaitGroup
			for range 16 {
				group.Go(func() {
					if _, ok, err := f.ClaimTask(f.Context(), t, "h", f.now, f.now.Add(time.Minute)); err == nil && ok {
						won.Add(1)
					}
				})
			}
			group.Wait()
			equal(f, won.Load(), int64(1), "claims that succeeded")
		}},
	}
}

func taskExpiryChecks() []check {
	// brief is a task that expires after a minute.
	brief := func(f *fixture) store.Task {
		f.succeed(f.PutTask(f.Context(), store.Task{Kind: "refresh", Key: "brief", Due: f.now, Expires: f.now.Add(time.Minute), Urgent: true}))
		t, err := f.Task(f.Context(), "refresh", "brief")
		f.succeed(err)
		return t
	}
	return []check{
		{"an expired one is neither due nor claimed", func(f *fixture) {
			t := brief(f)
			f.same(t.Expires, f.now.Add(time.Minute), "expires")
			f.same(f.dueTasks(f.now.Add(time.Minute-time.Microsecond)), []string{"brief"}, "due before")
			f.same(f.dueTasks(f.now.Add(time.Minute)), []string(nil), "due after")
			f.now = f.now.Add(time.Minute)
			_, ok := f.claimTask(t, "a")
			f.holds(!ok, "an expired task is refused")
			n, err := f.PruneTasks(f.Context(), f.now)
			f.succeed(err)
			equal(f, n, 0, "pruned too early")
			n, err = f.PruneTasks(f.Context(), f.now.Add(time.Second))
			f.succeed(err)
			equal(f, n, 1, "pruned")
		}},
		{"one that was begun in time ends later", func(f *fixture) {
			claimed, ok := f.claimTask(brief(f), "a")
			f.holds(ok, "it has not expired")
			f.same(claimed.Expires, f.now.Add(time.Minute), "expires")
			f.now = f.now.Add(time.Hour)
			claimed.Due, claimed.Answer = time.Time{}, []byte("late")
			f.succeed(f.EndTask(f.Context(), claimed))
		}},
		{"a removal leaves what somebody has", func(f *fixture) {
			claimed, _ := f.claimTask(brief(f), "a")
			f.succeed(f.RemoveTask(f.Context(), "refresh", "brief", f.now))
			f.succeed(f.RenewTask(f.Context(), claimed, f.now.Add(2*time.Minute)))
			f.succeed(f.RemoveTask(f.Context(), "refresh", "brief", f.now.Add(2*time.Minute)))
			f.fail(f.RenewTask(f.Context(), claimed, f.now.Add(3*time.Minute)), errs.Conflict)
			brief(f)
			f.succeed(f.RemoveTask(f.Context(), "refresh", "brief", f.now))
			_, err := f.Task(f.Context(), "refresh", "brief")
			f.fail(err, errs.NotFound)
		}},
	}
}
