package local_test

import (
	"log/slog"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/provisor/provisor/internal/runner"
	"github.com/provisor/provisor/internal/runner/local"
	"github.com/provisor/provisor/internal/runner/runnertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConformance(t *testing.T) {
	t.Parallel()

	runnertest.Run(t, func(t *testing.T) runnertest.Cluster {
		t.Helper()
		return func(p runnertest.Process) runner.Runner {
			return local.New(runner.Options{
				Source: p.Source, Handlers: p.Handlers, Log: slog.New(slog.DiscardHandler), Now: wall, Workers: p.Workers, Poll: p.Poll,
			})
		}
	})
}

// wall is the clock of the suite: runners wait on timers, which follow it.
func wall() time.Time { return time.Now() } //nolint:forbidigo // see above
