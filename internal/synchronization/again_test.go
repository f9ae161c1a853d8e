package synchronization_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/provisor/provisor/internal/synchronization"
)

// TestStartInACycleThatFailed: the cycle goes on, and what failed in it so far is tried
// again as soon as it has ended.
func TestStartInACycleThatFailed(t *testing.T) {
	t.Parallel()
	failed := synchronization.Cycle{ID: "c", Failed: 3}
	failed.Counts.Began = at(0)
	j := created().Start(at(0)).Failing(failed, synchronization.ExecutionError{Code: "Timeout"}, at(1))
	require.True(t, j.NextRun.After(at(1)), "it waits")
	started := j.Start(at(1))
	require.Equal(t, at(1), started.NextRun)
	require.Equal(t, at(2), started.Finished(*started.Cycle, at(2)).NextRun)
	require.True(t, j.Finished(*j.Cycle, at(2)).NextRun.After(at(2)), "nobody asked for more")
	running := j.Start(at(1)).Start(at(2))
	require.True(t, running.Runs(at(2)))
	require.False(t, j.Cycle.Again, "the cycle of the job before is as it was")
}
