package tasks_test

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/runner"
	"github.com/provisor/provisor/internal/runner/local"
	"github.com/provisor/provisor/internal/store"
	"github.com/provisor/provisor/internal/store/sqlstore"
	"github.com/provisor/provisor/internal/store/sqlstore/sqltest"
	"github.com/provisor/provisor/internal/tasks"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// process is one process on a shared database.
type process struct {
	*tasks.Service
	stop func()
}

func database(t *testing.T) *sqlstore.DB {
	t.Helper()
	return sqltest.Open(t)
}

func start(t *testing.T, db store.Tasks, workers int, kinds map[string]tasks.Func) *process {
	t.Helper()
	var r runner.Runner
	log := slog.New(slog.DiscardHandler)
	s := tasks.New(tasks.Options{
		Store: db, Now: time.Now, Holder: t.Name(), Log: log, Wake: func() { r.Wake() }, Kinds: kinds, //nolint:forbidigo // real runners need the real clock
		Lease: 300 * time.Millisecond, Retry: 50 * time.Millisecond, Patience: 5 * time.Second,
	})
	r = local.New(runner.Options{
		Source: s, Handlers: s.Handlers(), Log: log, Now: time.Now, Workers: workers, Poll: 50 * time.Millisecond, //nolint:forbidigo // as above
	})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	var stopped atomic.Bool
	p := &process{s, func() {
		if !stopped.Swap(true) {
			cancel()
			require.NoError(t, <-ended)
		}
	}}
	t.Cleanup(p.stop)
	return p
}

func TestCall(t *testing.T) {
	t.Parallel()

	db := database(t)
	echo := map[string]tasks.Func{"echo": func(_ context.Context, t store.Task) (tasks.Done, error) {
		return tasks.Done{Answer: append([]byte("heard "), t.Payload...)}, nil
	}}
	start(t, db, 1, echo)
	api := start(t, db, 0, echo)
	answer, err := api.Call(t.Context(), "echo", []byte("hello"))
	require.NoError(t, err)
	require.Equal(t, "heard hello", string(answer))
	pruned, err := db.PruneTasks(t.Context(), time.Now().Add(time.Hour)) //nolint:forbidigo // later than any put
	require.NoError(t, err)
	require.Zero(t, pruned, "an answer that was heard is not kept")
}

func TestCallWithoutWorkers(t *testing.T) {
	t.Parallel()

	db := database(t)
	var runs atomic.Int64
	echo := map[string]tasks.Func{"echo": func(context.Context, store.Task) (tasks.Done, error) {
		runs.Add(1)
		return tasks.Done{Answer: []byte("late")}, nil
	}}
	api := start(t, db, 0, echo)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	_, err := api.Call(ctx, "echo", nil)
	require.True(t, errs.Is(err, errs.Unavailable), "%v", err)
	require.ErrorContains(t, err, "--workers")
	start(t, db, 1, echo)
	require.NoError(t, api.Put(t.Context(), "echo", "next", time.Now())) //nolint:forbidigo // due at once
	require.Eventually(t, func() bool { return runs.Load() > 0 }, 10*time.Second, 5*time.Millisecond)
	time.Sleep(200 * time.Millisecond) //nolint:forbidigo // several polls
	require.EqualValues(t, 1, runs.Load(), "what nobody waits for any more is not begun")
}

// TestCallerDies leaves a call behind; it is not carried out when nobody can be
// waiting any more.
func TestCallerDies(t *testing.T) {
	t.Parallel()

	db := database(t)
	now := time.Now() //nolint:forbidigo // as the runner's
	require.NoError(t, db.PutTask(t.Context(), store.Task{Kind: "echo", Key: "left", Due: now.Add(-time.Hour), Expires: now.Add(-time.Minute), Urgent: true}))
	ran := make(chan string, 2)
	p := start(t, db, 1, map[string]tasks.Func{"echo": func(_ context.Context, t store.Task) (tasks.Done, error) {
		ran <- t.Key
		return tasks.Done{}, nil
	}})
	require.NoError(t, p.Put(t.Context(), "echo", "next", now))
	require.Equal(t, "next", <-ran)
}

// TestCallOutlastsItsCaller: what a worker has begun when its caller leaves is ended.
func TestCallOutlastsItsCaller(t *testing.T) {
	t.Parallel()

	begun, left := make(chan struct{}), make(chan struct{})
	ended := make(chan error, 1)
	p := start(t, database(t), 1, map[string]tasks.Func{"long": func(ctx context.Context, _ store.Task) (tasks.Done, error) {
		close(begun)
		<-left
		time.Sleep(400 * time.Millisecond) //nolint:forbidigo // longer than the lease
		ended <- ctx.Err()
		return tasks.Done{Answer: []byte("late")}, nil
	}})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-begun
		cancel()
	}()
	_, err := p.Call(ctx, "long", nil)
	require.True(t, errs.Is(err, errs.Unavailable), "%v", err)
	close(left)
	require.NoError(t, <-ended)
}

// TestPayloadOfNoUse is tried a few times and then ends, and its caller is told.
func TestPayloadOfNoUse(t *testing.T) {
	t.Parallel()

	var runs atomic.Int64
	p := start(t, database(t), 1, map[string]tasks.Func{"echo": func(context.Context, store.Task) (tasks.Done, error) {
		runs.Add(1)
		return tasks.Done{}, errs.New(errs.Internal, "InternalError", "The payload cannot be read.")
	}})
	_, err := p.Call(t.Context(), "echo", []byte("?"))
	require.True(t, errs.Is(err, errs.Internal), "%v", err)
	require.EqualValues(t, 3, runs.Load())
}

func TestAgainAndAgain(t *testing.T) {
	t.Parallel()

	var runs atomic.Int64
	p := start(t, database(t), 1, map[string]tasks.Func{"tick": func(context.Context, store.Task) (tasks.Done, error) {
		switch runs.Add(1) {
		case 1:
			return tasks.Done{}, errors.New("the first time fails")
		case 2:
			return tasks.Done{Again: time.Now()}, nil //nolint:forbidigo // due at once
		default:
			return tasks.Done{}, nil
		}
	}})
	require.NoError(t, p.Ensure(t.Context(), "tick", "x", time.Now())) //nolint:forbidigo // due at once
	require.Eventually(t, func() bool { return runs.Load() == 3 }, 10*time.Second, 5*time.Millisecond)
	require.Eventually(t, func() bool {
		_, err := p.Store.Task(t.Context(), "tick", "x")
		return errs.Is(err, errs.NotFound)
	}, 10*time.Second, 5*time.Millisecond, "a task without another time is removed")
}

// TestInterrupted stops the process that carries out a task; another one does it.
func TestInterrupted(t *testing.T) {
	t.Parallel()

	db := database(t)
	begun := make(chan struct{})
	first := start(t, db, 1, map[string]tasks.Func{"long": func(ctx context.Context, _ store.Task) (tasks.Done, error) {
		close(begun)
		<-ctx.Done()
		return tasks.Done{}, ctx.Err()
	}})
	require.NoError(t, first.Put(t.Context(), "long", "x", time.Now())) //nolint:forbidigo // due at once
	<-begun
	time.Sleep(500 * time.Millisecond) //nolint:forbidigo // longer than the lease: it is renewed
	first.stop()
	done := make(chan struct{})
	start(t, db, 1, map[string]tasks.Func{"long": func(context.Context, store.Task) (tasks.Done, error) {
		close(done)
		return tasks.Done{}, nil
	}})
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		t.Fatal("nobody went on")
	}
}
