package engine_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/scim"
	"github.com/provisor/provisor/internal/scimserver"
	"github.com/provisor/provisor/internal/scimserver/faults"
	"github.com/provisor/provisor/internal/store/storetest"
	"github.com/provisor/provisor/internal/synchronization"
)

// TestFaultsLoseAndDoubleNothing runs a life of joiners, movers and leavers against
// targets that fail in every way, and compares the end with what the directory
// alone says. Contract points 1, 2, 3, 5 and 10.
func TestFaultsLoseAndDoubleNothing(t *testing.T) {
	t.Parallel()
	kinds := map[string]faults.Rates{
		"throttled":    {TooManyRequests: 0.3, RetryAfter: time.Second},
		"unavailable":  {Unavailable: 0.2, InternalError: 0.1},
		"reset before": {ResetBefore: 0.2},
		"reset after":  {ResetAfter: 0.2},
		"half bodies":  {HalfBody: 0.2},
		"html":         {HTML: 0.15},
		"everything":   faults.Uniform(0.3),
	}
	flaws := map[string]scimserver.Flaws{
		"strict":             {},
		"duplicates":         {AllowDuplicates: true, RepeatMembers: true},
		"members not spared": {IgnoreExcluded: true, RepeatMembers: true},
	}
	for kind, rates := range kinds {
		for flaw, sloppy := range flaws {
			if testing.Short() && kind != map[string]string{"strict": "everything", "duplicates": "reset after", "members not spared": "throttled"}[flaw] {
				continue // each server with one kind
			}
			t.Run(kind+" "+flaw, func(t *testing.T) {
				t.Parallel()
				seed := uint64(len(kind) + len(flaw))
				w := newWorld(t, terrain{dialect: scim.RFC7644, flaws: sloppy, schedule: faults.Random(seed, rates), timeout: 2 * time.Second})
				if seed%2 == 0 {
					w.matching = synchronization.MatchByListing
				}
				w.life(rand.New(rand.NewPCG(seed, 7)))
				require.NotEmpty(t, w.injector.Trace(), "faults were injected")
			})
		}
	}
}

// renameTo gives a user another name, by which the target looks it up.
func (w *world) renameTo(person directory.ObjectID, name string) {
	w.t.Helper()
	w.set(person, "userPrincipalName", name)
	w.set(person, "mail", name)
}

// life changes the directory between cycles and verifies the end.
func (w *world) life(random *rand.Rand) {
	w.t.Helper()
	people := w.users(40)
	groups := []directory.ObjectID{w.group("A", people[:25]...), w.group("B", people[20:]...), w.group("C")}
	w.cycle() //nolint:errcheck // a cycle may fail; the end counts
	for round := range 4 {
		for range 10 {
			person := people[random.IntN(len(people))]
			group := groups[random.IntN(len(groups))]
			switch random.IntN(5) {
			case 0:
				w.set(person, "department", fmt.Sprint("D", random.IntN(5)))
			case 1:
				w.relate(group, directory.Members, person)
			case 2:
				_ = w.db.Unrelate(w.t.Context(), tenant, group, directory.Members, person) // may not be there
			case 3:
				if boss := people[random.IntN(len(people))]; boss != person {
					w.relate(person, directory.Manager, boss)
				}
			case 4: // perhaps before it is known whether its account was created
				w.renameTo(person, fmt.Sprintf("renamed%d.%d@example.com", round, random.Int32()))
			}
		}
		people = append(people, w.user(1000+round))
		w.cycle() //nolint:errcheck // a cycle may fail; the end counts
	}
	w.settle()
	w.verify()
}

// TestLostAnswersOfCreatesAreResolvedByLookUp loses the answer of every first POST
// at a target that would take a duplicate.
func TestLostAnswersOfCreatesAreResolvedByLookUp(t *testing.T) {
	t.Parallel()
	for _, kind := range []faults.Kind{faults.ResetAfter, faults.HalfBody, faults.HangAfter} {
		t.Run(kind.String(), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, terrain{
				dialect: scim.RFC7644, flaws: scimserver.Flaws{AllowDuplicates: true}, timeout: time.Second,
				schedule: faults.Schedule{Rules: []faults.Rule{{Method: "POST", Attempt: 1, Fault: faults.Fault{Kind: kind, Delay: 1500 * time.Millisecond}}}},
			})
			w.users(16)
			counts, err := w.cycle()
			require.NoError(t, err)
			require.Zero(t, counts.Escrowed, "each was found again in the same cycle")
			w.settle()
			w.verify()
		})
	}
}

// TestFailedLookUpNeverMeansAbsent: contract point 1.
func TestFailedLookUpNeverMeansAbsent(t *testing.T) {
	t.Parallel()
	for _, kind := range []faults.Kind{faults.TooManyRequests, faults.InternalError, faults.Unavailable, faults.ResetBefore, faults.HalfBody, faults.HTML} {
		t.Run(kind.String(), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, terrain{
				dialect: scim.RFC7644, flaws: scimserver.Flaws{AllowDuplicates: true},
				schedule: faults.Schedule{Rules: []faults.Rule{{Method: "GET", Path: "/Users", Fault: faults.Fault{Kind: kind}}}},
			})
			_, err := w.target.Create(t.Context(), scim.UserType, scim.Resource{"userName": "user0@example.com"})
			require.NoError(t, err)
			w.users(3)
			counts, err := w.cycle()
			require.NoError(t, err)
			require.EqualValues(t, 3, counts.Escrowed)
			users, _ := w.server.Snapshot()
			require.Len(t, users, 1, "nothing was created")
		})
	}
}

// TestNotFoundOnEmptyIsNotAbsence: a 404 to a filter is an incompatible target.
func TestNotFoundOnEmptyIsNotAbsence(t *testing.T) {
	t.Parallel()
	w := newWorld(t, terrain{dialect: scim.RFC7644, flaws: scimserver.Flaws{NotFoundOnEmpty: true}})
	w.users(2)
	counts, err := w.cycle()
	require.NoError(t, err)
	require.EqualValues(t, 2, counts.Escrowed)
}

// TestTargetThatIsDownEndsTheCycle: it does not wear out every object, and the
// watermark stays.
func TestTargetThatIsDownEndsTheCycle(t *testing.T) {
	t.Parallel()
	w := newWorld(t, terrain{dialect: scim.RFC7644, schedule: faults.Schedule{Rules: []faults.Rule{{Fault: faults.Fault{Kind: faults.Unavailable}}}}})
	w.users(1000)
	_, err := w.cycle()
	require.Error(t, err)
	require.Less(t, w.injector.Requests(), 1000)
	job, err := w.db.Job(t.Context(), tenant, w.job)
	require.NoError(t, err)
	require.Zero(t, job.Watermark, "contract point 4")
}

// TestOvertakenWorkerRecordsNothing: fencing.
func TestOvertakenWorkerRecordsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, strict())
	w.users(5)
	ctx := t.Context()
	stale, ok, err := storetest.ClaimNext(ctx, w.db, "slow", w.now, time.Minute)
	require.NoError(t, err)
	require.True(t, ok)
	w.restart(synchronization.ResetDefault)
	_, err = w.engine(ctx, stale).Run(ctx, w.now.Add(time.Minute))
	require.Error(t, err)
	w.now = w.now.Add(time.Hour)
	w.settle()
	w.verify()
}
