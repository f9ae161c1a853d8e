package jobs_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
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

// timed notes how long claims were held.
type timed struct {
	unrenewed

	claimed *atomic.Int64
	longest *atomic.Int64
}

func (s timed) ClaimDue(ctx context.Context, d store.DueJob, holder string, now time.Time, ttl time.Duration) (store.Claim, bool, error) {
	c, ok, err := s.unrenewed.ClaimDue(ctx, d, holder, now, ttl)
	if ok {
		s.claimed.Store(now.UnixNano())
	}
	return c, ok, err
}

func (s timed) ReleaseClaim(ctx context.Context, c store.Claim, fn func(synchronization.Job) synchronization.Job) error {
	s.longest.Store(max(s.longest.Load(), wall().UnixNano()-s.claimed.Load()))
	return s.unrenewed.ReleaseClaim(ctx, c, fn)
}

// TestWriteUnderWayIsWaitedForWithinTheLease: an application that does not answer holds
// nobody beyond the time at which another may begin.
func TestWriteUnderWayIsWaitedForWithinTheLease(t *testing.T) {
	t.Parallel()
	const lease = 3 * time.Second
	w := newWorld(t, 1, 0)
	gone := make(chan struct{})
	target := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet {
			<-gone
		}
		rw.Header().Set("Content-Type", "application/scim+json")
		_, _ = rw.Write([]byte(`{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":0,"Resources":[]}`))
	}))
	defer target.Close()
	defer close(gone)
	var released, claimed, longest atomic.Int64
	s, stop := running(t, jobs.Options{
		Store: timed{unrenewed{w.db, &released}, &claimed, &longest}, Credentials: secrets{target.URL}, Outbound: http.DefaultTransport, Log: slog.New(slog.DiscardHandler),
		Now: wall, NewID: uuid.NewString, Holder: "one", Concurrency: 2, Lease: lease,
	})
	defer stop()
	w.job(s)
	require.Eventually(t, func() bool { return released.Load() > 0 }, 20*time.Second, 10*time.Millisecond)
	require.Less(t, time.Duration(longest.Load()), lease)
}
