package engine_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/scim"
	"github.com/provisor/provisor/internal/scimserver"
	"github.com/provisor/provisor/internal/store"
	"github.com/provisor/provisor/internal/store/storetest"
	"github.com/provisor/provisor/internal/synchronization"
)

// seer is a store that tells of the page that is read ahead, and of what goes on in it.
type seer struct {
	store.Provisioning
	once           sync.Once
	read, announce func()
	under          atomic.Int64 // calls that have not returned
}

func (s *seer) Candidates(ctx context.Context, q store.CandidateQuery) ([]store.Candidate, error) {
	s.under.Add(1)
	defer s.under.Add(-1)
	if s.read != nil && q.Of == store.Changed && q.Kind == directory.User && q.After > 0 {
		s.once.Do(s.read)
	}
	return s.Provisioning.Candidates(ctx, q)
}

func (s *seer) Announce(ctx context.Context, c store.Claim, a store.Announcement) error {
	s.under.Add(1)
	defer s.under.Add(-1)
	if s.announce != nil && len(a.Objects) < 1000 { // the first page has a thousand
		s.once.Do(s.announce)
	}
	return s.Provisioning.Announce(ctx, c, a)
}

// TestInterruptedWhileThePageBehindIsRead: the worker is told to stop, or loses its
// lease, while the next page is read or announced. Nothing of it goes on when the slice
// has ended, and whoever takes over loses and doubles nothing.
func TestInterruptedWhileThePageBehindIsRead(t *testing.T) {
	t.Parallel()
	for name, where := range map[string]func(s *seer, do func()){
		"read":      func(s *seer, do func()) { s.read = do },
		"announced": func(s *seer, do func()) { s.announce = do },
	} {
		t.Run(name+" cancelled", func(t *testing.T) {
			t.Parallel()
			if testing.Short() && name == "announced" {
				t.Skip("one cancelled and one overtaken")
			}
			ctx, cancel := context.WithCancel(t.Context())
			w := newWorld(t, terrain{dialect: scim.RFC7644, flaws: scimserver.Flaws{AllowDuplicates: true}})
			w.twoPages()
			state, claim, err := w.interrupted(ctx, where, cancel)
			require.ErrorIs(t, err, context.Canceled)
			require.Zero(t, state.Counts.Escrowed)
			w.release(claim, state, nil)
			w.settle()
			w.verify()
		})
		t.Run(name+" overtaken", func(t *testing.T) {
			t.Parallel()
			if testing.Short() && name == "read" {
				t.Skip("one cancelled and one overtaken")
			}
			w := newWorld(t, terrain{dialect: scim.RFC7644, flaws: scimserver.Flaws{AllowDuplicates: true}})
			w.twoPages()
			var other store.Claim
			_, _, err := w.interrupted(t.Context(), where, func() {
				var err error
				if other, _, err = storetest.ClaimNext(t.Context(), w.db, "other", w.now.Add(2*time.Minute), time.Hour); err != nil {
					t.Error(err)
				}
			})
			require.True(t, errs.Is(err, errs.Conflict), "%v", err)
			w.now = w.now.Add(3 * time.Minute)
			state, err := w.engine(t.Context(), other).Run(t.Context(), w.now.Add(time.Minute))
			require.NoError(t, err)
			w.release(other, state, nil)
			w.settle()
			w.verify()
		})
	}
}

// twoPages fills the directory with more than one page of users, and a group.
func (w *world) twoPages() {
	w.t.Helper()
	w.group("Everyone", w.users(1100)[:150]...)
}

// interrupted runs a slice over two pages, in which do is called where the page behind
// is being worked on.
func (w *world) interrupted(ctx context.Context, where func(*seer, func()), do func()) (synchronization.Cycle, store.Claim, error) {
	w.t.Helper()
	s := &seer{Provisioning: w.db}
	where(s, do)
	w.store = s
	claim := w.claim() //nolint:contextcheck // the world has its own context
	state, err := w.engine(ctx, claim).Run(ctx, w.now.Add(time.Minute))
	require.Zero(w.t, s.under.Load(), "what was read ahead has ended with the slice")
	w.store = w.db
	return state, claim, err
}
