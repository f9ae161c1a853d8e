package engine_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/scim"
	"github.com/provisor/provisor/internal/scimserver"
	"github.com/provisor/provisor/internal/scimserver/faults"
	"github.com/provisor/provisor/internal/store"
	"github.com/provisor/provisor/internal/synchronization"
)

// TestLargeGroupUnderFaults: members come and go, get accounts and lose them, in a group
// of which only what changed is compared. Contract points 3 and 10.
func TestLargeGroupUnderFaults(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		if testing.Short() && seed > 0 {
			break
		}
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(seed, 41))
			w := newWorld(t, terrain{
				dialect: scim.RFC7644, schedule: faults.Random(seed, faults.Uniform(0.1)), timeout: 2 * time.Second,
				// An account that was lost may be added before it is found to be lost. A target
				// that keeps the id of nobody shows it for ever, and nobody is it.
				flaws: scimserver.Flaws{AllowDuplicates: true, RepeatMembers: true, PassOverUnknown: true},
			})
			w.matching = synchronization.MatchByListing
			people := w.users(180)
			group := w.group("Everyone", people[:160]...)
			w.cycle() //nolint:errcheck // a cycle may fail; the end counts
			for round := range 6 {
				for range 8 {
					w.stir(random, group, people)
				}
				people = append(people, w.user(1000+round))
				w.relate(group, directory.Members, people[len(people)-1])
				if round == 4 {
					w.restart(synchronization.ResetDefault)
				}
				w.now = w.now.Add(12 * time.Hour)
				w.cycle() //nolint:errcheck // a cycle may fail; the end counts
			}
			w.settle()
			w.verify()
		})
	}
}

// stir changes a group or one of its members. What cannot be done is not.
func (w *world) stir(random *rand.Rand, group directory.ObjectID, people []directory.ObjectID) {
	w.t.Helper()
	who, ctx := people[random.IntN(len(people))], w.t.Context()
	switch random.IntN(5) {
	case 0, 1:
		_, _ = w.db.Relate(ctx, tenant, group, directory.Members, who)
	case 2, 3:
		_ = w.db.Unrelate(ctx, tenant, group, directory.Members, who)
	case 4: // the account is lost at the target, and found to be by the next change
		users, _ := w.server.Snapshot()
		for _, u := range users {
			if u.ExternalID() == string(who) {
				_ = w.target.Delete(ctx, scim.UserType, u.ID())
			}
		}
		_, _ = w.db.UpdateObject(ctx, tenant, store.Ref{ID: who}, w.now, func(a directory.Attributes) (directory.Attributes, error) {
			a["department"] = fmt.Sprint("D", random.Int32())
			return a, nil
		})
	}
}

// TestLargeGroupCostsWhatChanged: of a group of which much was written, the cycle after a
// few changes asks for those only, and sends them.
func TestLargeGroupCostsWhatChanged(t *testing.T) {
	t.Parallel()
	w := newWorld(t, strict())
	people := w.users(600)
	group := w.group("Everyone", people[:590]...)
	w.settle()
	w.unrelate(group, directory.Members, people[0])
	w.join(group, people[590:]...)
	asked := &questions{Provisioning: w.db}
	w.store = asked
	before := w.injector.Requests()
	counts, err := w.cycle()
	require.NoError(t, err)
	require.EqualValues(t, 11, counts.ImportedReferenceDeltas)
	require.Equal(t, before+1, w.injector.Requests())
	require.NotEmpty(t, asked.queries)
	for _, q := range asked.queries {
		require.True(t, q.Staged, "%+v", q)
	}
	w.store = w.db
	w.verify()
}

// questions is a store that remembers what was asked of references.
type questions struct {
	store.Provisioning
	mu      sync.Mutex
	queries []store.ReferenceQuery
}

func (s *questions) ReferenceChanges(ctx context.Context, q store.ReferenceQuery) ([]store.ReferenceChange, error) {
	s.mu.Lock()
	s.queries = append(s.queries, q)
	s.mu.Unlock()
	return s.Provisioning.ReferenceChanges(ctx, q)
}

// TestSliceEndsWithinAGroup: the members of one group may take longer than a slice. The
// cycle goes on where it was, and no request is sent twice.
func TestSliceEndsWithinAGroup(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("2600 members")
	}
	var passed atomic.Int64
	w := newWorld(t, terrain{dialect: scim.RFC7644, between: func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPatch {
				passed.Add(int64(10 * time.Second))
			}
			next.ServeHTTP(rw, r)
		})
	}})
	w.clock = func() time.Time { return w.now.Add(time.Duration(passed.Load())) }
	people := w.users(2600)
	small, large := w.group("Small", people[:5]...), w.group("Large", people...)
	slices := 0
	for phase := synchronization.PhaseRetryUsers; phase != synchronization.PhaseDone; slices++ {
		claim := w.claim()
		state, err := w.engine(t.Context(), claim).Run(t.Context(), w.clock().Add(time.Minute))
		require.NoError(t, err)
		phase = state.Phase
		w.now = w.clock()
		passed.Store(0)
		w.release(claim, state, nil)
		require.Less(t, slices, 10)
	}
	require.GreaterOrEqual(t, slices, 3, "270 s of work in slices of 60 s, a thousand members at a time")
	require.Len(t, w.account(small).MemberIDs(), 5)
	require.Len(t, w.account(large).MemberIDs(), 2600)
	require.Equal(t, 1+26, w.server.Requests()["PATCH /Groups/{id}"])
}
