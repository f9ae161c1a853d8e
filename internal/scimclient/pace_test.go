package scimclient //nolint:testpackage // the pace is not public

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// TestPaceGrowsWhileLatencyHolds up to the cap, and no further than the target's
// speed.
func TestPaceGrowsWhileLatencyHolds(t *testing.T) {
	t.Parallel()
	p := newPace(64)
	require.Equal(t, 8, p.allowed())
	for range 300 {
		p.answered(20 * time.Millisecond)
	}
	require.Equal(t, 64, p.allowed())

	p = newPace(64)
	for range 5000 { // a target that serves eight at a time: more only wait
		p.answered(time.Duration(max(p.allowed(), 8)) * 10 * time.Millisecond)
	}
	require.Less(t, p.allowed(), 25)
}

// TestPaceHalvesOnceForEachOverload and then grows by ones.
func TestPaceHalvesOnceForEachOverload(t *testing.T) {
	t.Parallel()
	p := newPace(64)
	for range 300 {
		p.answered(time.Millisecond)
	}
	for range 64 {
		p.throttled() // all that were under way
	}
	require.Equal(t, 32, p.allowed())
	p.throttled()
	require.Equal(t, 16, p.allowed())
	for range 32 + 16 {
		p.answered(time.Millisecond)
	}
	require.Equal(t, 18, p.allowed())
	for range 1000 {
		p.throttled()
	}
	require.Equal(t, 1, p.allowed(), "one request is always allowed")
}

func TestPaceStaysWithinItsBounds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		most := rapid.IntRange(1, 100).Draw(t, "most")
		p := newPace(most)
		for range rapid.IntRange(0, 500).Draw(t, "answers") {
			if rapid.IntRange(0, 9).Draw(t, "throttled") == 0 {
				p.throttled()
			} else {
				p.answered(time.Duration(rapid.IntRange(0, 1000).Draw(t, "ms")) * time.Millisecond)
			}
			if p.allowed() < 1 || p.allowed() > most {
				t.Fatalf("%d of %d", p.allowed(), most)
			}
		}
	})
}

// TestSlots: never more than allowed, none lost, and who gives up holds up nobody.
func TestSlots(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &slots{pace: newPace(3)}
		require.NoError(t, s.take(t.Context()))
		require.NoError(t, s.take(t.Context()))
		require.NoError(t, s.take(t.Context()))
		ctx, cancel := context.WithCancel(t.Context())
		gone := make(chan error, 1)
		go func() { gone <- s.take(ctx) }()
		synctest.Wait()
		served := make(chan error, 1)
		go func() { served <- s.take(t.Context()) }()
		synctest.Wait()
		cancel()
		require.ErrorIs(t, <-gone, context.Canceled)
		s.give(time.Millisecond, nil)
		require.NoError(t, <-served)
		for range 3 {
			s.give(time.Millisecond, nil)
		}
		require.Zero(t, s.busy)
		require.Empty(t, s.waiting)
	})
}
