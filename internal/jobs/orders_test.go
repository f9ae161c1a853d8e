package jobs_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/provisor/provisor/internal/credential"
	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/jobs"
	"github.com/provisor/provisor/internal/runner"
	"github.com/provisor/provisor/internal/runner/local"
	"github.com/provisor/provisor/internal/scim"
	"github.com/provisor/provisor/internal/scimserver"
	"github.com/provisor/provisor/internal/store"
	"github.com/provisor/provisor/internal/store/sqlstore/sqltest"
	"github.com/provisor/provisor/internal/synchronization"
)

const tenant = directory.TenantID("6f1f7a0e-0000-4000-8000-000000000001")

// secrets stands for the credential service, which has its own tests: a base
// address, everybody in scope, and no token.
type secrets struct{ base string }

func (s secrets) List(context.Context, directory.TenantID, directory.ObjectID) ([]synchronization.SecretPair, error) {
	return []synchronization.SecretPair{{Key: synchronization.SecretBaseAddress, Value: s.base}, {Key: synchronization.SecretSyncAll, Value: "True"}}, nil
}

func (s secrets) Try(context.Context, directory.TenantID, directory.ObjectID, credential.Trial) (credential.Tried, error) {
	return credential.Tried{BaseAddress: s.base}, nil
}

func (s secrets) Transport(_ directory.TenantID, _ directory.ObjectID, base http.RoundTripper) http.RoundTripper {
	return base
}

// world is a real store and a real target with services between them.
type world struct {
	t      *testing.T
	db     store.Store
	sp     directory.Object
	target *scimserver.Server
	base   string
	// refuses: the application refuses everything.
	refuses atomic.Bool
	// busy is how many requests are at the target; most the highest it was.
	busy, most atomic.Int64
}

func newWorld(t *testing.T, people int, delay time.Duration) *world {
	t.Helper()
	w := &world{t: t, target: scimserver.New(scimserver.Options{Mode: scim.Tolerant, MaxResults: 10000})}
	db := sqltest.Open(t)
	w.db = db
	require.NoError(t, db.CreateTenant(t.Context(), store.Tenant{ID: tenant, Domain: "example.com", Created: wall()}))
	w.sp = w.object(directory.ServicePrincipal, directory.Attributes{"displayName": "App", "appId": uuid.NewString()})
	for i := range people {
		w.object(directory.User, directory.Attributes{"accountEnabled": true, "displayName": fmt.Sprint("User ", i), "userPrincipalName": fmt.Sprintf("user%d@example.com", i)})
	}
	listener := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.most.Store(max(w.most.Load(), w.busy.Add(1)))
		defer w.busy.Add(-1)
		timer := time.NewTimer(delay)
		defer timer.Stop()
		<-timer.C
		if w.refuses.Load() {
			rw.WriteHeader(http.StatusBadRequest)
			return
		}
		w.target.ServeHTTP(rw, r)
	}))
	t.Cleanup(listener.Close)
	w.base = listener.URL
	return w
}

// wall is the clock of the tests: workers wait on timers, which follow it.
func wall() time.Time { return time.Now() } //nolint:forbidigo // see above

func (w *world) object(kind directory.Kind, a directory.Attributes) directory.Object {
	w.t.Helper()
	o, err := w.db.CreateObject(w.t.Context(), tenant, directory.Object{ID: directory.ObjectID(uuid.NewString()), Kind: kind, Created: wall(), Attributes: a})
	require.NoError(w.t, err)
	return o
}

// service starts a service with its workers; it stops with the test.
func (w *world) service(holder string) *jobs.Service {
	w.t.Helper()
	s, stop := w.process(holder)
	w.t.Cleanup(stop)
	return s
}

// running starts a service and a runner that brings it its jobs, until the function
// that it returns is called.
func running(t *testing.T, o jobs.Options) (*jobs.Service, func()) {
	t.Helper()
	var r runner.Runner
	o.Notify = func() { r.Wake() }
	s := jobs.New(o)
	r = local.New(runner.Options{Source: s, Handlers: s.Handlers(), Log: o.Log, Now: o.Now, Workers: 4})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	return s, func() {
		t.Helper()
		cancel()
		require.NoError(t, <-ended)
	}
}

func (w *world) job(s *jobs.Service) synchronization.JobID {
	w.t.Helper()
	j, err := s.Create(w.t.Context(), tenant, w.sp, "scim")
	require.NoError(w.t, err)
	require.Equal(w.t, synchronization.ScheduleDisabled, j.Schedule.State)
	require.NoError(w.t, s.Start(w.t.Context(), tenant, w.sp.ID, j.ID))
	return j.ID
}

func (w *world) accounts() int {
	users, _ := w.target.Snapshot()
	return len(users)
}

func TestOneJobOfATemplate(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0, 0)
	s := w.service("one")
	id := w.job(s)
	_, err := s.Create(t.Context(), tenant, w.sp, "scim")
	require.True(t, errs.Is(err, errs.Invalid), "%v", err)
	_, err = s.Create(t.Context(), tenant, w.sp, "nonsense")
	require.True(t, errs.Is(err, errs.Invalid), "%v", err)
	_, err = s.Get(t.Context(), tenant, "00000000-0000-0000-0000-00000000dead", id)
	require.True(t, errs.Is(err, errs.NotFound), "of another service principal: %v", err)
	require.NoError(t, s.Delete(t.Context(), tenant, w.sp.ID, id))
	_, err = s.Get(t.Context(), tenant, w.sp.ID, id)
	require.True(t, errs.Is(err, errs.NotFound), "%v", err)
}

func TestStartedJobRunsCycleAfterCycle(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 20, 0)
	s := w.service("one")
	id := w.job(s)
	require.Eventually(t, func() bool { return w.accounts() == 20 }, 20*time.Second, 20*time.Millisecond)
	w.object(directory.User, directory.Attributes{"accountEnabled": true, "displayName": "Late", "userPrincipalName": "late@example.com"})
	require.Eventually(t, func() bool { return w.accounts() == 21 }, 20*time.Second, 20*time.Millisecond)
	require.Eventually(t, func() bool {
		j, err := s.Get(t.Context(), tenant, w.sp.ID, id)
		return err == nil && j.Status.LastSuccessfulExecutionWithExports != nil && !j.Status.SteadyStateFirstAchieved.IsZero()
	}, 20*time.Second, 20*time.Millisecond)
}

func TestPauseEndsACycleWithinASecond(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 100, 10*time.Millisecond)
	s := w.service("one")
	id := w.job(s)
	require.Eventually(t, func() bool { return w.accounts() > 5 }, 20*time.Second, 10*time.Millisecond)
	require.NoError(t, s.Pause(t.Context(), tenant, w.sp.ID, id))
	require.Eventually(t, func() bool { return w.busy.Load() == 0 }, time.Second, 10*time.Millisecond)
	before := w.accounts()
	require.Less(t, before, 100)
	require.Never(t, func() bool { return w.accounts() != before }, 1500*time.Millisecond, 100*time.Millisecond)

	require.NoError(t, s.Start(t.Context(), tenant, w.sp.ID, id))
	require.Eventually(t, func() bool { return w.accounts() == 100 }, 30*time.Second, 20*time.Millisecond)
}

func TestTwoProcessesNeverRunOneJobTogether(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 100, 5*time.Millisecond)
	one := w.service("one")
	w.service("two")
	w.job(one)
	require.Eventually(t, func() bool { return w.accounts() == 100 }, 30*time.Second, 20*time.Millisecond)
	require.LessOrEqual(t, w.most.Load(), int64(2), "one worker's requests at a time")
}

func TestFaultyCycleIsToldAndTriedAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1, 0)
	w.base = "http://127.0.0.1:9"
	s := w.service("one")
	id := w.job(s)
	require.NoError(t, s.Restart(t.Context(), tenant, w.sp.ID, id, synchronization.ResetDefault))
	require.Eventually(t, func() bool {
		j, err := s.Get(t.Context(), tenant, w.sp.ID, id)
		return err == nil && j.Status.LastExecution != nil && j.Status.LastExecution.Result != synchronization.Succeeded && !j.NextRun.IsZero()
	}, 20*time.Second, 20*time.Millisecond)
}
