package jobs_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestForesee: while the first page of a cycle is under way, and nothing of it is
// recorded, the total is known already.
func TestForesee(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 7, 2*time.Second)
	s := w.service("one")
	id := w.unstarted(s)
	idle, err := s.Foresee(t.Context(), w.stored(id))
	require.NoError(t, err)
	require.Nil(t, idle.Cycle, "it was not started")
	require.NoError(t, s.Start(t.Context(), tenant, w.sp.ID, id))
	require.Eventually(t, func() bool { return w.busy.Load() > 0 }, 20*time.Second, time.Millisecond)
	stored := w.stored(id)
	require.Nil(t, stored.Cycle, "nothing is recorded at the beginning")
	seen, err := s.Foresee(t.Context(), stored)
	require.NoError(t, err)
	require.EqualValues(t, 7, seen.Cycle.Total)
	require.Zero(t, seen.Cycle.Counts.Imported)
	require.True(t, seen.Cycle.Initial)
}
