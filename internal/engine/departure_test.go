package engine_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/store"
	"github.com/provisor/provisor/internal/synchronization"
)

// enabled is how many users of the target are active.
func (w *world) enabled() int {
	users, _ := w.server.Snapshot()
	n := 0
	for _, u := range users {
		if active, _ := u.Get("active"); active == true {
			n++
		}
	}
	return n
}

// logged is how many records of the log have an action.
func (w *world) logged(action string) int {
	w.t.Helper()
	n := 0
	q := store.LogQuery{Top: 1000}
	for {
		page, err := w.db.Logs(w.t.Context(), tenant, q)
		require.NoError(w.t, err)
		for _, e := range page.Entries {
			if e.Action == action {
				n++
			}
		}
		if q.After = page.Next; page.Next == "" {
			return n
		}
	}
}

func (w *world) state() synchronization.Job {
	w.t.Helper()
	j, err := w.db.Job(w.t.Context(), tenant, w.job)
	require.NoError(w.t, err)
	return j
}

// staff makes a job of assigned users, all of them provisioned.
func staff(t *testing.T, n int) (*world, []directory.ObjectID, []string) {
	t.Helper()
	w := newWorld(t, strict())
	w.takeAll = false
	people := w.users(n)
	assignments := make([]string, n)
	for i, id := range people {
		assignments[i] = w.assign(id)
	}
	w.settle()
	require.Equal(t, n, w.enabled())
	return w, people, assignments
}

func (w *world) leave(assignments ...string) {
	w.t.Helper()
	for _, a := range assignments {
		require.NoError(w.t, w.db.Unassign(w.t.Context(), tenant, a))
	}
}

// TestThresholdMustBeExceeded: as many as the threshold may go, one more holds all.
func TestThresholdMustBeExceeded(t *testing.T) {
	t.Parallel()
	w, _, assignments := staff(t, 40)
	w.most = 10
	w.leave(assignments[:10]...)
	_, err := w.cycle()
	require.NoError(t, err)
	require.Equal(t, 30, w.enabled())
	require.Equal(t, synchronization.Active, w.state().Status.Code)

	w.leave(assignments[10:21]...)
	joiner := w.user(1000)
	w.assign(joiner)
	_, err = w.cycle()
	require.NoError(t, err)
	require.Equal(t, 31, w.enabled(), "nobody is taken away, and the rest of the cycle goes on")
	require.Equal(t, 11, w.logged(synchronization.ActionStaged))
	j := w.state()
	require.Equal(t, synchronization.Quarantine, j.Status.Code)
	require.Equal(t, synchronization.ReasonTooManyDelete, j.Status.Quarantine.Reason)
	require.Contains(t, j.Status.Quarantine.Error.Message, "11 accounts")
	require.Equal(t, j.Status.Quarantine.NextAttempt, j.NextRun)
	require.True(t, j.Status.Quarantine.NextAttempt.After(w.now))

	w.now = w.now.Add(24 * time.Hour)
	_, err = w.cycle()
	require.NoError(t, err)
	require.Equal(t, 31, w.enabled(), "they stay held, however often the job is tried")
	require.Equal(t, 11, w.logged(synchronization.ActionStaged), "and are told of once")
	require.EqualValues(t, 2, w.state().Status.Quarantine.SeriesCount)

	w.restart(synchronization.ResetForceDeletes)
	_, err = w.cycle()
	require.NoError(t, err)
	require.Equal(t, 20, w.enabled(), "they are let through")
	require.Equal(t, synchronization.Active, w.state().Status.Code)
	require.False(t, w.state().ForceDeletes, "once")
}

// TestRejectedDeparturesComeBack: who is assigned again is not taken away, and nothing
// is sent.
func TestRejectedDeparturesComeBack(t *testing.T) {
	t.Parallel()
	w, people, assignments := staff(t, 30)
	w.most = 5
	w.leave(assignments[:8]...)
	w.cycle() //nolint:errcheck // seen in the state
	require.Equal(t, synchronization.Quarantine, w.state().Status.Code)
	for _, id := range people[:8] {
		w.assign(id)
	}
	w.restart(synchronization.ResetQuarantineState)
	_, err := w.cycle()
	require.NoError(t, err)
	require.Equal(t, synchronization.Active, w.state().Status.Code)
	require.Equal(t, 30, w.enabled())
	w.leave(assignments[20:25]...)
	w.settle()
	require.Equal(t, 25, w.enabled(), "the old marks do not count")
}

// TestSourceThatLooksEmpty is a fault, however high the threshold.
func TestSourceThatLooksEmpty(t *testing.T) {
	t.Parallel()
	w, _, assignments := staff(t, 30)
	w.most = 1_000_000
	w.leave(assignments...)
	_, err := w.cycle()
	require.NoError(t, err)
	require.Equal(t, 30, w.enabled())
	require.Equal(t, "SourceLooksEmpty", w.state().Status.Quarantine.Error.Code)
	w.restart(synchronization.ResetForceDeletes | synchronization.ResetDefault)
	w.settle()
	require.Zero(t, w.enabled())
}

// TestDeletionsAndDisablingsCountTogether, of users and of groups, in a restarted job
// as well.
func TestDeletionsAndDisablingsCountTogether(t *testing.T) {
	t.Parallel()
	w := newWorld(t, strict())
	people := w.users(30)
	groups := []directory.ObjectID{w.group("A"), w.group("B"), w.group("C")}
	w.settle()
	w.most = 5
	w.set(people[0], "accountEnabled", false)
	w.remove(people[1])
	w.remove(people[2])
	w.purge(people[2])
	w.remove(people[3])
	w.purge(people[3])
	w.remove(groups[0])
	w.remove(groups[1])
	before := w.changes.Load()
	_, err := w.cycle()
	require.NoError(t, err)
	require.Equal(t, 6, w.logged(synchronization.ActionStaged))
	require.Equal(t, before, w.changes.Load(), "nothing was sent")
	w.restart(synchronization.ResetDefault)
	_, err = w.cycle()
	require.NoError(t, err)
	require.Equal(t, before, w.changes.Load(), "a restart does not let them through")
	require.Equal(t, synchronization.Quarantine, w.state().Status.Code)
	w.most = 6
	w.restart(synchronization.ResetDefault)
	w.settle()
	users, left := w.server.Snapshot()
	require.Len(t, users, 28)
	require.Len(t, left, 1)
	require.Equal(t, 26, w.enabled())
	w.restart(synchronization.ResetDefault)
	w.most = 0
	w.settle()
	require.Equal(t, synchronization.Active, w.state().Status.Code, "who was disabled does not depart again")
}

// TestMappingThatIsDisabledHoldsNothingBack: what was staged for it is forgotten.
func TestMappingThatIsDisabledHoldsNothingBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, strict())
	people := w.users(4)
	groups := []directory.ObjectID{w.group("A"), w.group("B")}
	w.settle()
	w.remove(groups[0])
	w.remove(groups[1])
	w.most = 1
	_, err := w.cycle()
	require.NoError(t, err)
	require.Equal(t, synchronization.Quarantine, w.state().Status.Code)
	w.edits(func(groups, _ *synchronization.ObjectMapping) { groups.Enabled = false })
	w.set(people[0], "accountEnabled", false)
	w.now = w.now.Add(24 * time.Hour)
	_, err = w.cycle()
	require.NoError(t, err)
	require.Equal(t, synchronization.Active, w.state().Status.Code)
	require.Equal(t, 3, w.enabled())
}

// TestWhoCouldNotBeDisabledIsWeighedLater: while the mapping does not permit Update
// nobody is disabled, so that all of them depart once it does.
func TestWhoCouldNotBeDisabledIsWeighedLater(t *testing.T) {
	t.Parallel()
	w, people, _ := staff(t, 40)
	w.edits(func(_, users *synchronization.ObjectMapping) {
		users.FlowTypes = synchronization.FlowAdd | synchronization.FlowDelete
	})
	for _, id := range people[:12] {
		w.set(id, "accountEnabled", false)
	}
	w.settle()
	require.Equal(t, 40, w.enabled())
	w.most = 10
	w.edits(func(_, users *synchronization.ObjectMapping) {
		users.FlowTypes = synchronization.FlowAdd | synchronization.FlowUpdate | synchronization.FlowDelete
	})
	w.now = w.now.Add(24 * time.Hour)
	_, err := w.cycle()
	require.NoError(t, err)
	require.Equal(t, 40, w.enabled(), "more than the threshold")
	require.Equal(t, synchronization.Quarantine, w.state().Status.Code)
}

// remove deletes an object: a user for 30 days, a group for good.
func (w *world) remove(id directory.ObjectID) {
	w.t.Helper()
	require.NoError(w.t, w.db.DeleteObject(w.t.Context(), tenant, store.Ref{ID: id}, w.now))
}

// purge deletes a user for good.
func (w *world) purge(id directory.ObjectID) {
	w.t.Helper()
	require.NoError(w.t, w.db.PurgeObject(w.t.Context(), tenant, id, w.now))
}
