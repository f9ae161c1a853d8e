package river_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/provisor/provisor/internal/pgtest"
	"github.com/provisor/provisor/internal/runner"
	"github.com/provisor/provisor/internal/runner/river"
	"github.com/provisor/provisor/internal/runner/runnertest"
)

var postgres pgtest.Shared // one server for the tests of the package

func TestMain(m *testing.M) {
	code := m.Run()
	if err := postgres.Stop(context.Background()); err != nil { //nolint:forbidigo // after the tests there is no other
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(code)
}

func pool(t *testing.T, database string) *pgxpool.Pool {
	t.Helper()
	p, err := pgxpool.New(t.Context(), database)
	require.NoError(t, err)
	t.Cleanup(p.Close)
	return p
}

func TestConformance(t *testing.T) {
	t.Parallel()

	server := postgres.Server(t)
	runnertest.Run(t, func(t *testing.T) runnertest.Cluster {
		t.Helper()
		database := server.Database(t)
		require.NoError(t, river.Migrate(t.Context(), pool(t, database)))
		return func(p runnertest.Process) runner.Runner {
			r, err := river.New(river.Options{Pool: pool(t, database), Options: runner.Options{
				Source: p.Source, Handlers: p.Handlers, Log: slog.New(slog.DiscardHandler), Now: wall, Workers: p.Workers, Poll: p.Poll,
			}})
			require.NoError(t, err)
			return r
		}
	})
}

func TestProcessesMigrateTogether(t *testing.T) {
	t.Parallel()

	database := postgres.Server(t).Database(t)
	errors := make(chan error)
	for range 4 {
		p := pool(t, database)
		go func() { errors <- river.Migrate(t.Context(), p) }()
	}
	for range 4 {
		require.NoError(t, <-errors)
	}
}

// wall is the clock of the suite: runners wait on timers, which follow it.
func wall() time.Time { return time.Now() } //nolint:forbidigo // see above
