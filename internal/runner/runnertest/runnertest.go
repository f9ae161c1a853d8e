// Package runnertest is the conformance suite of runners.
package runnertest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/provisor/provisor/internal/runner"
)

// Process is what the suite asks of one process's runner.
type Process struct {
	Source   runner.Source
	Handlers map[string]runner.Handler
	Workers  int
	Poll     time.Duration // zero means the runner's own
}

// Cluster makes the runners of processes that share one database.
type Cluster func(Process) runner.Runner

// patience is how long the suite waits for what must happen; on a busy machine
// much longer than it takes.
const patience = 20 * time.Second

// Run tries every promise. It calls fresh once for each, for runners that share
// nothing with those of before.
func Run(t *testing.T, fresh func(t *testing.T) Cluster) {
	t.Helper()
	promises := []struct {
		name string
		try  func(t *testing.T, c Cluster)
	}{
		{"what is due is done once", dueIsDone},
		{"a wake is heard at once", wakeIsHeard},
		{"what is due is found without a wake", foundWithoutWake},
		{"one key runs once at a time across processes", neverTwice},
		{"workers are bounded", bounded},
		{"the longest due comes first", longestDueFirst},
		{"turns go round", turnsGoRound},
		{"urgent work does not wait", urgentDoesNotWait},
		{"nothing waits behind slow outward work", outwardHoldsUpNothing},
		{"a stop ends handlers and another process goes on", stopAndGoOn},
		{"errors and panics end one turn only", failuresAreAlone},
		{"the work of a dead process is taken over", takenOver},
		{"a process without workers works not", noWorkers},
	}
	for _, p := range promises {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			p.try(t, fresh(t))
		})
	}
}

// start runs a process until stop is called, which waits for it.
func start(t *testing.T, c Cluster, w *world, workers int, poll time.Duration) (runner.Runner, func()) {
	t.Helper()
	r := c(Process{Source: w, Handlers: map[string]runner.Handler{kind: w.handle}, Workers: workers, Poll: poll})
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	var stopped atomic.Bool
	stop := func() {
		if stopped.Swap(true) {
			return
		}
		cancel()
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("run: %v", err)
			}
		case <-time.After(patience):
			t.Error("the runner does not end")
		}
	}
	t.Cleanup(stop)
	return r, stop
}

func ago(d time.Duration) time.Time { return time.Now().Add(-d) }

func once(context.Context, string) (time.Time, error) { return time.Time{}, nil }

func dueIsDone(t *testing.T, c Cluster) {
	w := newWorld(once)
	for i := range 40 {
		w.add(fmt.Sprint("row", i), ago(time.Second), false)
	}
	w.add("later", time.Now().Add(time.Hour), false)
	start(t, c, w, 4, 100*time.Millisecond)
	for i := range 40 {
		require.Eventually(t, func() bool { return w.runs(fmt.Sprint("row", i)) == 1 }, patience, 5*time.Millisecond)
	}
	time.Sleep(300 * time.Millisecond)
	require.Len(t, w.claims(), 40, "done work is not done again, and what is not due is left")
}

func wakeIsHeard(t *testing.T, c Cluster) {
	w := newWorld(once)
	r, _ := start(t, c, w, 2, time.Hour)
	time.Sleep(200 * time.Millisecond) // it has looked, and found nothing
	w.add("row", ago(0), false)
	r.Wake()
	require.Eventually(t, func() bool { return w.runs("row") == 1 }, patience, 5*time.Millisecond)
}

func foundWithoutWake(t *testing.T, c Cluster) {
	w := newWorld(once)
	start(t, c, w, 2, 100*time.Millisecond)
	w.add("row", time.Now().Add(250*time.Millisecond), false)
	require.Eventually(t, func() bool { return w.runs("row") == 1 }, patience, 5*time.Millisecond)
}

func neverTwice(t *testing.T, c Cluster) {
	var now, most atomic.Int64
	w := newWorld(func(context.Context, string) (time.Time, error) {
		n := now.Add(1)
		defer now.Add(-1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		time.Sleep(5 * time.Millisecond)
		return ago(0), nil
	})
	w.add("row", ago(time.Second), false)
	start(t, c, w, 3, 20*time.Millisecond)
	start(t, c, w, 3, 20*time.Millisecond)
	require.Eventually(t, func() bool { return w.runs("row") >= 5 }, patience, 5*time.Millisecond)
	require.EqualValues(t, 1, most.Load())
}

func bounded(t *testing.T, c Cluster) {
	release := make(chan struct{})
	w := newWorld(func(ctx context.Context, _ string) (time.Time, error) {
		select {
		case <-release:
		case <-ctx.Done():
		}
		return time.Time{}, nil
	})
	for i := range 20 {
		w.add(fmt.Sprint("row", i), ago(time.Second), false)
	}
	start(t, c, w, 3, 50*time.Millisecond)
	require.Eventually(t, func() bool { return len(w.claims()) == 3 }, patience, 5*time.Millisecond)
	time.Sleep(300 * time.Millisecond)
	require.Equal(t, 3, w.highest())
	close(release)
	require.Eventually(t, func() bool { return len(w.claims()) == 20 }, patience, 5*time.Millisecond)
	require.LessOrEqual(t, w.highest(), 3)
}

func longestDueFirst(t *testing.T, c Cluster) {
	w := newWorld(once)
	for i := range 9 {
		w.add(fmt.Sprint("row", i), ago(time.Duration(9-i)*time.Minute), false)
	}
	start(t, c, w, 1, 50*time.Millisecond)
	require.Eventually(t, func() bool { return len(w.claims()) == 9 }, patience, 5*time.Millisecond)
	require.IsIncreasing(t, w.claims())
}

// turnsGoRound: rows that are due again at once get as many turns as each other,
// however many there are.
func turnsGoRound(t *testing.T, c Cluster) {
	w := newWorld(func(context.Context, string) (time.Time, error) {
		time.Sleep(2 * time.Millisecond)
		return time.Now(), nil
	})
	for i := range 5 {
		w.add(fmt.Sprint("row", i), ago(time.Second), false)
	}
	start(t, c, w, 1, 20*time.Millisecond)
	require.Eventually(t, func() bool { return len(w.claims()) >= 50 }, 2*patience, 5*time.Millisecond)
	for i := range 5 {
		require.GreaterOrEqual(t, w.runs(fmt.Sprint("row", i)), 5)
	}
}

func urgentDoesNotWait(t *testing.T, c Cluster) {
	release := make(chan struct{})
	defer close(release)
	w := newWorld(func(ctx context.Context, key string) (time.Time, error) {
		if key != "urgent" {
			select {
			case <-release:
			case <-ctx.Done():
			}
		}
		return time.Time{}, nil
	})
	for i := range 10 {
		w.add(fmt.Sprint("row", i), ago(time.Hour), false)
	}
	r, _ := start(t, c, w, 2, 50*time.Millisecond)
	require.Eventually(t, func() bool { return len(w.claims()) == 2 }, patience, 5*time.Millisecond)
	w.add("urgent", time.Now(), true)
	r.Wake()
	require.Eventually(t, func() bool { return w.runs("urgent") == 1 }, patience, 5*time.Millisecond)
}

func outwardHoldsUpNothing(t *testing.T, c Cluster) {
	release := make(chan struct{})
	defer close(release)
	w := newWorld(func(ctx context.Context, key string) (time.Time, error) {
		if strings.HasPrefix(key, "slow") {
			select {
			case <-release:
			case <-ctx.Done():
			}
		}
		return time.Time{}, nil
	})
	for i := range 40 {
		w.addTo(runner.Outward, fmt.Sprint("slow", i), ago(time.Hour))
	}
	start(t, c, w, 2, 50*time.Millisecond)
	require.Eventually(t, func() bool { return len(w.claims()) == 16 }, patience, 5*time.Millisecond)
	w.add("row", ago(0), false)
	w.add("urgent", ago(0), true)
	require.Eventually(t, func() bool { return w.runs("row") == 1 && w.runs("urgent") == 1 }, patience, 5*time.Millisecond)
	require.Len(t, w.claims(), 18, "outward work is bounded too")
}

func stopAndGoOn(t *testing.T, c Cluster) {
	var second atomic.Bool
	w := newWorld(func(ctx context.Context, _ string) (time.Time, error) {
		if second.Load() {
			return time.Time{}, nil
		}
		<-ctx.Done()
		return ago(0), ctx.Err() // interrupted: due again
	})
	w.add("row", ago(time.Second), false)
	_, stop := start(t, c, w, 2, 50*time.Millisecond)
	require.Eventually(t, func() bool { return len(w.claims()) == 1 }, patience, 5*time.Millisecond)
	stop()
	require.Equal(t, 1, w.runs("row"), "the handler had returned when Run did")
	second.Store(true)
	start(t, c, w, 2, 50*time.Millisecond)
	require.Eventually(t, func() bool { return w.runs("row") == 2 }, patience, 5*time.Millisecond)
}

func failuresAreAlone(t *testing.T, c Cluster) {
	w := newWorld(func(_ context.Context, key string) (time.Time, error) {
		switch key {
		case "error":
			return ago(0), errors.New("it did not work")
		case "panic":
			panic("it went wrong")
		default:
			return ago(0), nil
		}
	})
	for _, key := range []string{"error", "panic", "sound"} {
		w.add(key, ago(time.Second), false)
	}
	start(t, c, w, 1, 20*time.Millisecond)
	require.Eventually(t, func() bool { return w.runs("sound") >= 3 && w.runs("error") >= 2 && w.runs("panic") == 1 },
		patience, 5*time.Millisecond)
}

func takenOver(t *testing.T, c Cluster) {
	w := newWorld(once)
	w.add("row", ago(time.Second), false)
	w.die("row")
	start(t, c, w, 1, 50*time.Millisecond)
	time.Sleep(200 * time.Millisecond)
	require.Empty(t, w.claims(), "a lease is respected")
	w.expire("row")
	require.Eventually(t, func() bool { return w.runs("row") == 1 }, patience, 5*time.Millisecond)
}

func noWorkers(t *testing.T, c Cluster) {
	w := newWorld(once)
	w.add("row", ago(time.Second), false)
	api, _ := start(t, c, w, 0, 50*time.Millisecond)
	api.Wake()
	time.Sleep(300 * time.Millisecond)
	require.Empty(t, w.claims())
	start(t, c, w, 1, 50*time.Millisecond)
	require.Eventually(t, func() bool { return w.runs("row") == 1 }, patience, 5*time.Millisecond)
}
