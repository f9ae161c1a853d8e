package jobs_test

import (
	"context"
	"log/slog"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/jobs"
	"github.com/provisor/provisor/internal/store"
	"github.com/provisor/provisor/internal/synchronization"
)

// unrenewed is a store that does not answer to renewals.
type unrenewed struct {
	store.Store

	released *atomic.Int64
}

func (unrenewed) RenewClaim(ctx context.Context, _ store.Claim, _ time.Time) error {
	<-ctx.Done()
	return errs.New(errs.Unavailable, "ServiceUnavailable", "The database does not answer.")
}

func (u unrenewed) ReleaseClaim(ctx context.Context, c store.Claim, fn func(synchronization.Job) synchronization.Job) error {
	u.released.Add(1)
	return u.Store.ReleaseClaim(ctx, c, fn)
}

// TestLeaseThatCannotBeRenewedEndsTheSlice: another worker takes over when the lease
// has ended, and two would write to the application then.
func TestLeaseThatCannotBeRenewedEndsTheSlice(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 400, 100*time.Millisecond)
	var released atomic.Int64
	s, stop := running(t, jobs.Options{
		Store: unrenewed{w.db, &released}, Credentials: secrets{w.base}, Outbound: http.DefaultTransport, Log: slog.New(slog.DiscardHandler),
		Now: wall, NewID: uuid.NewString, Holder: "one", Concurrency: 2, Lease: 900 * time.Millisecond,
	})
	defer stop()
	id := w.job(s)
	require.Eventually(t, func() bool { return released.Load() > 1 }, 20*time.Second, 10*time.Millisecond)
	require.Zero(t, w.stored(id).Watermark, "the slice was not at its end")
	require.Nil(t, w.stored(id).Status.LastExecution, "and it is no failure of the cycle")
}
