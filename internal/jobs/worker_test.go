package jobs_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/jobs"
	"github.com/provisor/provisor/internal/store"
	"github.com/provisor/provisor/internal/store/storetest"
	"github.com/provisor/provisor/internal/synchronization"
)

// closing closes the connections that are kept for later before leaks are looked for.
type closing struct{ *testing.M }

func (c closing) Run() int {
	code := c.M.Run()
	http.DefaultClient.CloseIdleConnections()
	return code
}

func TestMain(m *testing.M) { goleak.VerifyTestMain(closing{m}) }

// process starts a service that the test stops itself.
func (w *world) process(holder string) (*jobs.Service, func()) {
	w.t.Helper()
	return running(w.t, jobs.Options{
		Store: w.db, Credentials: secrets{w.base}, Outbound: http.DefaultTransport, Log: slog.New(slog.DiscardHandler), Now: wall, NewID: uuid.NewString,
		Holder: holder, Interval: time.Second, Concurrency: 2,
	})
}

func (w *world) stored(id synchronization.JobID) synchronization.Job {
	w.t.Helper()
	j, err := w.db.Job(w.t.Context(), tenant, id)
	require.NoError(w.t, err)
	return j
}

// links is how many users the job remembers an account of.
func (w *world) links(id synchronization.JobID) int {
	w.t.Helper()
	head, err := w.db.Head(w.t.Context(), tenant)
	require.NoError(w.t, err)
	page, err := w.db.Candidates(w.t.Context(), store.CandidateQuery{Claim: store.Claim{Job: w.stored(id), JobKey: 1}, Kind: directory.User, Head: head})
	require.NoError(w.t, err)
	n := 0
	for _, c := range page {
		if c.Link.TargetID != "" {
			n++
		}
	}
	return n
}

// unstarted makes a job that no worker runs yet.
func (w *world) unstarted(s *jobs.Service) synchronization.JobID {
	w.t.Helper()
	j, err := s.Create(w.t.Context(), tenant, w.sp, "scim")
	require.NoError(w.t, err)
	return j.ID
}

// TestStoppedProcessLetsAnotherGoOn: a graceful stop releases the claim, so that the
// next process need not wait for the lease to end; and nobody is doubled.
func TestStoppedProcessLetsAnotherGoOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 200, 5*time.Millisecond)
	one, stop := w.process("one")
	id := w.job(one)
	require.Eventually(t, func() bool { return w.accounts() > 10 }, 20*time.Second, 5*time.Millisecond)
	stop()
	require.Eventually(t, func() bool { return w.busy.Load() == 0 }, time.Second, time.Millisecond, "a look-up may be left unanswered")
	require.Equal(t, w.accounts(), w.links(id), "what was on its way is finished and recorded")
	j := w.stored(id)
	require.Equal(t, synchronization.Active, j.Status.Code)
	require.NotNil(t, j.Cycle, "the position is kept")
	require.Nil(t, j.Status.LastExecution, "a stop is no failure")
	require.Less(t, w.accounts(), 200)
	claim, ok, err := storetest.ClaimNext(t.Context(), w.db, "test", wall(), time.Minute)
	require.NoError(t, err)
	require.True(t, ok, "nobody holds it")
	require.NoError(t, w.db.ReleaseClaim(t.Context(), claim, func(j synchronization.Job) synchronization.Job { return j }))
	_, stopTwo := w.process("two")
	defer stopTwo()
	require.Eventually(t, func() bool { return w.stored(id).Watermark > 0 }, 30*time.Second, 10*time.Millisecond)
	require.Equal(t, 200, w.accounts())
}

// TestOrderOfAnotherProcessOvertakes: the process that runs the cycle did not get it.
func TestOrderOfAnotherProcessOvertakes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 400, 5*time.Millisecond)
	one := w.service("one")
	id := w.job(one)
	require.Eventually(t, func() bool { return w.accounts() > 5 }, 20*time.Second, 5*time.Millisecond)
	other := jobs.New(jobs.Options{Store: w.db, Credentials: secrets{w.base}, Log: slog.New(slog.DiscardHandler), Now: wall, NewID: uuid.NewString, Holder: "other"})
	require.NoError(t, other.Pause(t.Context(), tenant, w.sp.ID, id))
	before := w.stored(id)
	require.Eventually(t, func() bool {
		n := w.accounts()
		pause := time.NewTimer(100 * time.Millisecond)
		defer pause.Stop()
		<-pause.C
		return w.accounts() == n
	}, 20*time.Second, 10*time.Millisecond, "at its next record the cycle ends")
	require.Equal(t, before, w.stored(id), "and it has recorded nothing since")
	require.NoError(t, other.Start(t.Context(), tenant, w.sp.ID, id))
	require.Eventually(t, func() bool { return w.stored(id).Watermark > 0 }, 30*time.Second, 10*time.Millisecond)
	require.Equal(t, 400, w.accounts())
}

// TestOrderForAnothersJobDoesNothing: not even to a cycle that is running.
func TestOrderForAnothersJobDoesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0, 0)
	s := jobs.New(jobs.Options{Store: w.db, Credentials: secrets{w.base}, Log: slog.New(slog.DiscardHandler), Now: wall, NewID: uuid.NewString, Holder: "one"})
	id := w.unstarted(s)
	before := w.stored(id)
	const stranger = directory.ObjectID("00000000-0000-4000-8000-00000000dead")
	ctx := t.Context()
	for name, err := range map[string]error{
		"start":   s.Start(ctx, tenant, stranger, id),
		"pause":   s.Pause(ctx, tenant, stranger, id),
		"restart": s.Restart(ctx, tenant, stranger, id, synchronization.ResetFull),
		"delete":  s.Delete(ctx, tenant, stranger, id),
		"schema":  s.PutSchema(ctx, tenant, stranger, id, synchronization.DefaultSchema()),
		"reset":   s.ResetSchema(ctx, tenant, stranger, id),
	} {
		require.True(t, errs.Is(err, errs.NotFound), "%s: %v", name, err)
		require.ErrorContains(t, err, string(id))
	}
	_, err := s.SetSettings(ctx, tenant, stranger, id, nil)
	require.True(t, errs.Is(err, errs.NotFound), "%v", err)
	_, err = s.Schema(ctx, tenant, stranger, id)
	require.True(t, errs.Is(err, errs.NotFound), "%v", err)
	require.Equal(t, before, w.stored(id))
}

func TestSchemaAndSettings(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0, 0)
	s := jobs.New(jobs.Options{Store: w.db, Credentials: secrets{w.base}, Log: slog.New(slog.DiscardHandler), Now: wall, NewID: uuid.NewString, Holder: "one"})
	id, ctx := w.unstarted(s), t.Context()
	schema, err := s.Schema(ctx, tenant, w.sp.ID, id)
	require.NoError(t, err)
	require.Equal(t, string(id), schema.ID)

	schema.Rules[0].ObjectMappings[1].AttributeMappings[2].TargetAttributeName = "nickName"
	schema.ID, schema.Version = "somebody else's", "v9.9"
	require.NoError(t, s.PutSchema(ctx, tenant, w.sp.ID, id, schema))
	after, err := s.Schema(ctx, tenant, w.sp.ID, id)
	require.NoError(t, err)
	require.Equal(t, string(id), after.ID)
	require.Equal(t, "v1.2", after.Version)
	require.Equal(t, "nickName", after.Rules[0].ObjectMappings[1].AttributeMappings[2].TargetAttributeName)
	require.Greater(t, w.stored(id).Generation, int64(1), "a running cycle is overtaken")

	schema.Rules[0].ObjectMappings[1].AttributeMappings[2].TargetAttributeName = "not a path"
	err = s.PutSchema(ctx, tenant, w.sp.ID, id, schema)
	require.True(t, errs.Is(err, errs.Invalid), "%v", err)
	again, err := s.Schema(ctx, tenant, w.sp.ID, id)
	require.NoError(t, err)
	require.Equal(t, after, again, "nothing is stored")

	require.NoError(t, s.ResetSchema(ctx, tenant, w.sp.ID, id))
	reset, err := s.Schema(ctx, tenant, w.sp.ID, id)
	require.NoError(t, err)
	want, err := json.Marshal(synchronization.DefaultSchema().Rules)
	require.NoError(t, err)
	got, err := json.Marshal(reset.Rules)
	require.NoError(t, err)
	require.JSONEq(t, string(want), string(got))
	require.Equal(t, "v1.3", reset.Version)

	j, err := s.SetSettings(ctx, tenant, w.sp.ID, id, []synchronization.KeyValue{{Name: synchronization.SettingDialect, Value: "rfc7644"}, {Name: "Free", Value: "1"}})
	require.NoError(t, err)
	require.Equal(t, "rfc7644", j.Setting(synchronization.SettingDialect))
	_, err = s.SetSettings(ctx, tenant, w.sp.ID, id, []synchronization.KeyValue{{Name: synchronization.SettingDialect, Value: "klingon"}})
	require.True(t, errs.Is(err, errs.Invalid), "%v", err)
	require.Equal(t, "rfc7644", w.stored(id).Setting(synchronization.SettingDialect))

	list, err := s.List(ctx, tenant, w.sp.ID)
	require.NoError(t, err)
	require.Len(t, list, 1)
	templates, err := s.Templates(ctx, tenant, w.sp.ID)
	require.NoError(t, err)
	require.Equal(t, synchronization.Templates(), templates)
}

// TestRestartScopes: what each leaves in the store.
func TestRestartScopes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 3, 0)
	s, stop := w.process("one")
	id := w.job(s)
	require.Eventually(t, func() bool { return w.stored(id).Watermark > 0 }, 20*time.Second, 10*time.Millisecond)
	require.NoError(t, s.Pause(t.Context(), tenant, w.sp.ID, id))
	stop()
	require.Equal(t, 3, w.links(id))
	for _, test := range []struct {
		scope     synchronization.ResetScope
		links     int
		watermark bool
	}{
		{0, 3, true},
		{synchronization.ResetEscrows, 3, true},
		{synchronization.ResetQuarantineState, 3, true},
		{synchronization.ResetDefault, 3, false},
		{synchronization.ResetFull, 0, false},
	} {
		require.NoError(t, s.Restart(t.Context(), tenant, w.sp.ID, id, test.scope))
		require.Equal(t, test.links, w.links(id), "%d", test.scope)
		require.Equal(t, test.watermark, w.stored(id).Watermark > 0, "%d", test.scope)
		require.Equal(t, synchronization.Active, w.stored(id).Status.Code, "a restart starts")
	}
}

// outcomes counts what an observer is told.
type outcomes struct {
	mu    sync.Mutex
	seen  map[string]int
	ended map[string]int
}

func (o *outcomes) Outcome(action, status string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.seen[action+" "+status]++
}

func (o *outcomes) CycleEnded(result string, _ time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.ended[result]++
}

func (o *outcomes) count(of map[string]int, key string) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return of[key]
}

func TestObserverHearsOfOutcomesAndCycles(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 7, 0)
	heard := &outcomes{seen: map[string]int{}, ended: map[string]int{}}
	s, stop := running(t, jobs.Options{
		Store: w.db, Credentials: secrets{w.base}, Outbound: http.DefaultTransport, Log: slog.New(slog.DiscardHandler), Now: wall, NewID: uuid.NewString,
		Holder: "one", Interval: time.Hour, Observe: heard,
	})
	w.job(s)
	require.Eventually(t, func() bool { return heard.count(heard.ended, "succeeded") == 1 }, 20*time.Second, 10*time.Millisecond)
	require.Equal(t, 7, heard.count(heard.seen, "create success"))
	stop()
}

// TestFailureThatTimeDoesNotMendIsToldInQuarantine: the status says what is wrong and
// what to do, the job is tried again ever less often, and at once when it is started
// or its credentials change.
func TestFailureThatTimeDoesNotMendIsToldInQuarantine(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1, 0)
	w.base = ""
	s, stop := running(t, jobs.Options{
		Store: w.db, Credentials: secrets{w.base}, Outbound: http.DefaultTransport, Log: slog.New(slog.DiscardHandler), Now: wall, NewID: uuid.NewString,
		Holder: "one", Interval: 40 * time.Minute,
	})
	id := w.job(s)
	failures := func(n int64) func() bool {
		return func() bool { return w.stored(id).Status.CountSuccessiveCompleteFailures == n }
	}
	require.Eventually(t, failures(1), 20*time.Second, 10*time.Millisecond)
	first := w.stored(id)
	require.Equal(t, synchronization.Failed, first.Status.LastExecution.Result)
	require.Contains(t, first.Status.LastExecution.Error.Message, "BaseAddress is missing")
	require.True(t, first.Status.LastExecution.Error.TenantActionable)
	require.Equal(t, synchronization.Quarantine, first.Status.Code)
	require.Equal(t, synchronization.ReasonException, first.Status.Quarantine.Reason)
	require.InDelta(t, 300, first.NextRun.Sub(first.Status.LastExecution.Ended).Seconds(), 1)
	require.NoError(t, s.Start(t.Context(), tenant, w.sp.ID, id), "somebody does not want to wait")
	require.Eventually(t, failures(2), 20*time.Second, 10*time.Millisecond)
	require.NoError(t, s.CredentialsChanged(t.Context(), tenant, w.sp.ID))
	require.Eventually(t, failures(3), 20*time.Second, 10*time.Millisecond)
	require.EqualValues(t, 2, w.stored(id).Status.Quarantine.SeriesCount)
	stop()
}

// TestFaultsOfOursAreNotTold: their text is for the operator's log.
func TestFaultsOfOursAreNotTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1, 0)
	var log strings.Builder
	s, stop := running(t, jobs.Options{
		Store: broken{w.db}, Credentials: secrets{w.base}, Outbound: http.DefaultTransport, Log: slog.New(slog.NewTextHandler(&log, nil)), Now: wall, NewID: uuid.NewString,
		Holder: "one",
	})
	id := w.job(s)
	require.Eventually(t, func() bool { return w.stored(id).Status.LastExecution != nil }, 20*time.Second, 10*time.Millisecond)
	stop()
	fault := w.stored(id).Status.LastExecution.Error
	require.Equal(t, "InternalError", fault.Code)
	require.NotContains(t, fault.Message, "inner secret")
	require.False(t, fault.TenantActionable)
	require.Contains(t, log.String(), "inner secret")
}

// broken is a store that cannot say where the feed ends.
type broken struct{ store.Store }

type innerFault struct{}

func (innerFault) Error() string { return "inner secret of the database" }

func (broken) Head(context.Context, directory.TenantID) (int64, error) { return 0, innerFault{} }

// TestIntervalIsThatOfTheService: a job made under another interval takes the new one
// with its next cycle or order.
func TestIntervalIsThatOfTheService(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1, 0)
	options := jobs.Options{
		Store: w.db, Credentials: secrets{w.base}, Outbound: http.DefaultTransport, Log: slog.New(slog.DiscardHandler), Now: wall, NewID: uuid.NewString,
		Holder: "one", Interval: time.Hour,
	}
	id := w.unstarted(jobs.New(options))
	require.Equal(t, time.Hour, w.stored(id).Schedule.Interval)
	options.Interval = 2 * time.Hour
	s, stop := running(t, options)
	defer stop()
	require.NoError(t, s.Start(t.Context(), tenant, w.sp.ID, id))
	require.Equal(t, 2*time.Hour, w.stored(id).Schedule.Interval)
	require.Eventually(t, func() bool { return w.stored(id).Watermark > 0 }, 20*time.Second, 10*time.Millisecond)
	last := w.stored(id)
	require.Equal(t, 2*time.Hour, last.NextRun.Sub(last.Status.LastExecution.Began).Round(time.Second))
}

// TestNestedGroupsAreAnotherScope: switching them evaluates everybody anew, and what is
// no flag is refused.
func TestNestedGroupsAreAnotherScope(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0, 0)
	s := jobs.New(jobs.Options{Store: w.db, Credentials: secrets{w.base}, Log: slog.New(slog.DiscardHandler), Now: wall, NewID: uuid.NewString, Holder: "one"})
	id, ctx := w.unstarted(s), t.Context()
	for _, step := range []struct {
		value string
		anew  bool
	}{{"false", false}, {"true", true}, {"True", false}, {"0", true}, {"", false}} {
		_, err := w.db.UpdateJob(ctx, tenant, id, store.Reset{}, func(j synchronization.Job) (synchronization.Job, error) {
			j.Watermark = 7
			return j, nil
		})
		require.NoError(t, err)
		before := w.stored(id)
		_, err = s.SetSettings(ctx, tenant, w.sp.ID, id, []synchronization.KeyValue{{Name: synchronization.SettingNestedGroups, Value: step.value}})
		require.NoError(t, err, step.value)
		after := w.stored(id)
		require.Equal(t, step.anew, after.Watermark == 0, step.value)
		require.Equal(t, step.anew, after.Generation > before.Generation, step.value)
	}
	_, err := s.SetSettings(ctx, tenant, w.sp.ID, id, []synchronization.KeyValue{{Name: synchronization.SettingNestedGroups, Value: "perhaps"}})
	require.True(t, errs.Is(err, errs.Invalid), "%v", err)
}
