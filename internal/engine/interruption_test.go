package engine_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/scim"
	"github.com/provisor/provisor/internal/scimserver"
	"github.com/provisor/provisor/internal/scimserver/faults"
	"github.com/provisor/provisor/internal/store"
	"github.com/provisor/provisor/internal/store/storetest"
	"github.com/provisor/provisor/internal/synchronization"
)

// forgetful is a store that loses chosen transactions, as one does that cannot be
// reached for a moment.
type forgetful struct {
	store.Provisioning
	records atomic.Int64
	lost    func(n int64) bool
}

var errLost = errors.New("the database does not answer")

func (f *forgetful) Record(ctx context.Context, c store.Claim, b store.Batch) error {
	if f.lost(f.records.Add(1)) {
		return errLost
	}
	return f.Provisioning.Record(ctx, c, b)
}

func (f *forgetful) Announce(ctx context.Context, c store.Claim, a store.Announcement) error {
	if f.lost(f.records.Add(1)) {
		return errLost
	}
	return f.Provisioning.Announce(ctx, c, a)
}

// TestPositionNeverPassesWhatIsNotRecorded loses one transaction of a cycle after
// the other and goes on with the state that the cycle reported. Contract point 4.
func TestPositionNeverPassesWhatIsNotRecorded(t *testing.T) {
	t.Parallel()
	for n := int64(1); n <= 6; n++ {
		if testing.Short() && n != 3 {
			continue // one in the middle
		}
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, terrain{dialect: scim.RFC7644, flaws: scimserver.Flaws{AllowDuplicates: true}})
			people := w.users(800)
			w.group("Everyone", people[:20]...)
			w.store = &forgetful{Provisioning: w.db, lost: func(k int64) bool { return k == n || k == n+1 }} // the second try, too
			_, err := w.cycle()
			require.ErrorIs(t, err, errLost)
			w.store = w.db
			w.settle()
			w.verify()
		})
	}
}

// onRequest calls do at the nth request whose method is the given one, before the
// server sees it.
func onRequest(method string, n int64, do func()) func(http.Handler) http.Handler {
	var seen atomic.Int64
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if r.Method == method && seen.Add(1) == n {
				do()
			}
			next.ServeHTTP(rw, r)
		})
	}
}

// TestCancelledCycleIsTakenOver cancels a cycle in the middle of a page, as a
// worker does that is told to stop, and lets another go on. Nothing is doubled
// although the target would take it, nothing is lost, and no failure is recorded.
func TestCancelledCycleIsTakenOver(t *testing.T) {
	t.Parallel()
	for _, at := range []struct {
		method string
		n      int64
	}{{"GET", 1}, {"GET", 40}, {"POST", 1}, {"POST", 139}, {"POST", 200}, {"PATCH", 1}, {"PATCH", 2}} {
		if testing.Short() && at.n%2 == 1 {
			continue // one of each method
		}
		t.Run(fmt.Sprint(at.method, at.n), func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			w := newWorld(t, terrain{dialect: scim.RFC7644, flaws: scimserver.Flaws{AllowDuplicates: true, RepeatMembers: true}, between: onRequest(at.method, at.n, cancel)})
			people := w.users(200)
			w.group("Everyone", people...)
			w.relate(people[1], directory.Manager, people[0])
			claim := w.claim()
			state, err := w.engine(ctx, claim).Run(ctx, w.now.Add(time.Minute))
			require.ErrorIs(t, err, context.Canceled)
			require.Zero(t, state.Counts.Escrowed, "a caller that gives up is no fault of the target")
			require.NoError(t, w.db.ReleaseClaim(t.Context(), claim, func(j synchronization.Job) synchronization.Job { return j.Interrupted(state, w.now) }))
			w.settle()
			w.verify()
		})
	}
}

// TestPauseOvertakesInTheMiddleOfAPage: from the order on nothing is recorded, and
// what was sent meanwhile is found again after the start.
func TestPauseOvertakesInTheMiddleOfAPage(t *testing.T) {
	t.Parallel()
	for _, at := range []int64{1, 150, 230} {
		if testing.Short() && at != 150 {
			continue // one in the middle
		}
		t.Run(fmt.Sprint(at), func(t *testing.T) {
			t.Parallel()
			var w *world
			w = newWorld(t, terrain{dialect: scim.RFC7644, flaws: scimserver.Flaws{AllowDuplicates: true}, between: onRequest("POST", at, func() {
				_, err := w.db.UpdateJob(w.t.Context(), tenant, w.job, store.Reset{}, func(j synchronization.Job) (synchronization.Job, error) { return j.Pause(), nil })
				if err != nil {
					t.Error(err)
				}
			})})
			w.users(250)
			_, err := w.cycle()
			require.True(t, errs.Is(err, errs.Conflict), "%v", err)
			job, err := w.db.Job(t.Context(), tenant, w.job)
			require.NoError(t, err)
			require.Equal(t, synchronization.Paused, job.Status.Code)
			require.Zero(t, job.Watermark)
			_, ok, err := storetest.ClaimNext(t.Context(), w.db, "other", w.now.Add(time.Hour), time.Minute)
			require.NoError(t, err)
			require.False(t, ok, "a paused job is not run")
			_, err = w.db.UpdateJob(t.Context(), tenant, w.job, store.Reset{}, func(j synchronization.Job) (synchronization.Job, error) { return j.Start(w.now), nil })
			require.NoError(t, err)
			w.settle()
			w.verify()
		})
	}
}

// TestSliceEndsInTheMiddleOfAPage: one page may take longer than a slice has time.
// No request is sent twice for it.
func TestSliceEndsInTheMiddleOfAPage(t *testing.T) {
	t.Parallel()
	var passed atomic.Int64
	w := newWorld(t, terrain{dialect: scim.RFC7644, between: func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			passed.Add(int64(time.Second))
			next.ServeHTTP(rw, r)
		})
	}})
	people := w.users(300)
	w.group("Everyone", people[:5]...)
	for i := range 40 {
		w.relate(people[i+1], directory.Manager, people[0])
	}
	w.clock = func() time.Time { return w.now.Add(time.Duration(passed.Load())) }
	slices := 0
	for phase := synchronization.PhaseRetryUsers; phase != synchronization.PhaseDone; slices++ {
		claim := w.claim()
		state, err := w.engine(t.Context(), claim).Run(t.Context(), w.clock().Add(time.Minute))
		require.NoError(t, err)
		phase = state.Phase
		w.now = w.clock()
		passed.Store(0)
		w.release(claim, state, nil)
		require.Less(t, slices, 50)
	}
	require.Greater(t, slices, 8, "about 680 s of work in slices of 60 s")
	require.Equal(t, 300+300+1+1+40+1, w.injector.Requests(), "each look-up, each create, each reference once")
	w.verify()
}

// lostCreate makes the answer of the first POST and every look-up after it be lost,
// at a target that has carried the POST out.
func lostCreate(path string) faults.Schedule {
	s := faults.Schedule{Rules: []faults.Rule{{Method: "POST", Match: 1, Fault: faults.Fault{Kind: faults.ResetAfter}}}}
	for n := 2; n <= 5; n++ {
		s.Rules = append(s.Rules, faults.Rule{Method: "GET", Path: path, Match: n, Fault: faults.Fault{Kind: faults.Unavailable}})
	}
	return s
}

// TestNobodyKeepsAnAccountBecauseAnAnswerWasLost: the object leaves the scope while
// it is not known whether its account was created.
func TestNobodyKeepsAnAccountBecauseAnAnswerWasLost(t *testing.T) {
	t.Parallel()
	for name, leave := range map[string]func(w *world, person directory.ObjectID, assignment string){
		"unassigned": func(w *world, _ directory.ObjectID, assignment string) {
			require.NoError(w.t, w.db.Unassign(w.t.Context(), tenant, assignment))
		},
		"disabled": func(w *world, person directory.ObjectID, _ string) { w.set(person, "accountEnabled", false) },
		"deleted": func(w *world, person directory.ObjectID, _ string) {
			require.NoError(w.t, w.db.DeleteObject(w.t.Context(), tenant, store.Ref{ID: person}, w.now))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, terrain{dialect: scim.RFC7644, schedule: lostCreate("/Users")})
			w.takeAll = false
			person := w.user(1)
			assignment := w.assign(person)
			counts, err := w.cycle()
			require.NoError(t, err)
			require.EqualValues(t, 1, counts.Escrowed)
			require.True(t, w.active(person), "the target has carried it out")
			leave(w, person, assignment)
			w.settle()
			require.False(t, w.active(person))
			users, _ := w.server.Snapshot()
			require.Len(t, users, 1)
		})
	}
}

// TestNobodyIsReactivatedBecauseAnAnswerWasLost: who comes back and leaves again
// while it is not known whether the account was given back.
func TestNobodyIsReactivatedBecauseAnAnswerWasLost(t *testing.T) {
	t.Parallel()
	for _, kind := range []faults.Kind{faults.ResetAfter, faults.HalfBody} {
		w := newWorld(t, terrain{dialect: scim.RFC7644, schedule: faults.Schedule{Rules: []faults.Rule{{Method: "PATCH", Match: 2, Fault: faults.Fault{Kind: kind}}}}})
		w.takeAll = false
		person := w.user(1)
		first := w.assign(person)
		w.settle()
		require.NoError(t, w.db.Unassign(t.Context(), tenant, first))
		w.settle()
		require.False(t, w.active(person))
		second := w.assign(person)
		counts, err := w.cycle()
		require.NoError(t, err)
		require.EqualValues(t, 1, counts.Escrowed)
		require.True(t, w.active(person), "the target has carried it out")
		require.NoError(t, w.db.Unassign(t.Context(), tenant, second))
		w.settle()
		require.False(t, w.active(person))
	}
}

func TestNoGroupIsKeptBecauseAnAnswerWasLost(t *testing.T) {
	t.Parallel()
	w := newWorld(t, terrain{dialect: scim.RFC7644, schedule: lostCreate("/Groups")})
	w.takeAll = false
	assignment := w.assign(w.group("Lost"))
	_, err := w.cycle()
	require.NoError(t, err)
	_, groups := w.server.Snapshot()
	require.Len(t, groups, 1)
	require.NoError(t, w.db.Unassign(t.Context(), tenant, assignment))
	w.settle()
	_, groups = w.server.Snapshot()
	require.Empty(t, groups)
}

// TestWorkerThatDiedInACreateLeavesNoAccountBehind: the process ends with the POST
// on its way, so nothing can be recorded of its outcome any more.
func TestWorkerThatDiedInACreateLeavesNoAccountBehind(t *testing.T) {
	t.Parallel()
	ctx, kill := context.WithCancel(t.Context())
	w := newWorld(t, terrain{dialect: scim.RFC7644, between: onRequest("POST", 5, kill)})
	w.takeAll = false
	people := w.users(10)
	assignments := map[directory.ObjectID]string{}
	for _, person := range people {
		assignments[person] = w.assign(person)
	}
	dying := w.claim()
	w.store = &dead{Provisioning: w.db, ctx: ctx}
	_, err := w.engine(ctx, dying).Run(ctx, w.now.Add(time.Minute))
	require.Error(t, err)
	w.store = w.db
	users, _ := w.server.Snapshot()
	require.NotEmpty(t, users)
	for _, person := range people {
		require.NoError(t, w.db.Unassign(t.Context(), tenant, assignments[person]))
	}
	_, err = w.cycle() // ends the cycle that had begun before all that
	require.NoError(t, err)
	w.settle()
	users, _ = w.server.Snapshot()
	for _, u := range users {
		require.False(t, w.active(directory.ObjectID(u.ExternalID())), "%s", u.ExternalID())
	}
}

// TestWorkerThatDiedGivingAnAccountBack: likewise for a PATCH.
func TestWorkerThatDiedGivingAnAccountBack(t *testing.T) {
	t.Parallel()
	ctx, kill := context.WithCancel(t.Context())
	w := newWorld(t, terrain{dialect: scim.RFC7644, between: onRequest("PATCH", 2, kill)})
	w.takeAll = false
	person := w.user(1)
	first := w.assign(person)
	w.settle()
	require.NoError(t, w.db.Unassign(t.Context(), tenant, first))
	w.settle()
	second := w.assign(person)
	w.now = w.now.Add(time.Hour)
	dying := w.claim()
	w.store = &dead{Provisioning: w.db, ctx: ctx}
	_, err := w.engine(ctx, dying).Run(ctx, w.now.Add(time.Minute))
	require.Error(t, err)
	w.store = w.db
	require.True(t, w.active(person), "the target has carried it out")
	require.NoError(t, w.db.Unassign(t.Context(), tenant, second))
	_, err = w.cycle() // ends the cycle that had begun before
	require.NoError(t, err)
	w.settle()
	require.False(t, w.active(person))
}

// dead is the store of a process that is no more once ctx has ended.
type dead struct {
	store.Provisioning
	ctx context.Context //nolint:containedctx // the life of the process
}

func (d *dead) Record(ctx context.Context, c store.Claim, b store.Batch) error {
	if d.ctx.Err() != nil {
		return errLost
	}
	return d.Provisioning.Record(ctx, c, b)
}

func (d *dead) Announce(ctx context.Context, c store.Claim, a store.Announcement) error {
	if d.ctx.Err() != nil {
		return errLost
	}
	return d.Provisioning.Announce(ctx, c, a)
}

// TestCertainRefusalIsNoCreateBegun: who was refused and then leaves is not looked
// for.
func TestCertainRefusalIsNoCreateBegun(t *testing.T) {
	t.Parallel()
	w := newWorld(t, terrain{dialect: scim.RFC7644, between: refuse(http.MethodPost, http.StatusForbidden, "user1@example.com")})
	w.takeAll = false
	person := w.user(1)
	assignment := w.assign(person)
	counts, err := w.cycle()
	require.NoError(t, err)
	require.EqualValues(t, 1, counts.Escrowed)
	require.NoError(t, w.db.Unassign(t.Context(), tenant, assignment))
	before := w.injector.Requests()
	w.settle()
	require.Equal(t, before, w.injector.Requests())
}

// refuse answers requests of the method whose body holds the text with the status.
func refuse(method string, status int, text string) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			body := drain(r)
			if r.Method == method && strings.Contains(body, text) {
				rw.WriteHeader(status)
				return
			}
			next.ServeHTTP(rw, r)
		})
	}
}

// TestOneObjectThatMayNotBeWrittenStopsNoOther: 403 for one entry.
func TestOneObjectThatMayNotBeWrittenStopsNoOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t, terrain{dialect: scim.RFC7644, between: refuse(http.MethodPost, http.StatusForbidden, "user3@example.com")})
	w.users(10)
	counts, err := w.cycle()
	require.NoError(t, err)
	require.EqualValues(t, 1, counts.Escrowed)
	require.EqualValues(t, 9, counts.Exported)
}

// TestSeveralWorkersAtOneJobAreOneAtATime: claims of two processes on one database.
func TestSeveralWorkersAtOneJobAreOneAtATime(t *testing.T) {
	t.Parallel()
	w := newWorld(t, strict())
	w.users(5)
	var mu sync.Mutex
	held := 0
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			_, ok, err := storetest.ClaimNext(t.Context(), w.db, fmt.Sprint(i), w.now, time.Minute)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
			}
			if ok {
				held++
			}
		})
	}
	group.Wait()
	require.Equal(t, 1, held)
}
