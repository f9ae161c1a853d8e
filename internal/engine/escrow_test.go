package engine_test

import (
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/scim"
	"github.com/provisor/provisor/internal/synchronization"
)

// refusal stands before a server and answers what a rule names with a status.
type refusal struct {
	mu     sync.Mutex
	method string
	text   string // of the body
	status int
	tried  atomic.Int64
}

func (r *refusal) set(method string, status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.method, r.text, r.status = method, "", status
}

func (r *refusal) before(next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) {
		body := drain(req)
		r.mu.Lock()
		hit := r.status != 0 && req.Method == r.method && strings.Contains(body, r.text)
		status := r.status
		r.mu.Unlock()
		if !hit {
			next.ServeHTTP(rw, req)
			return
		}
		r.tried.Add(1)
		rw.WriteHeader(status)
	})
}

// refusing is a world in which the target refuses something.
func refusing(t *testing.T, method, text string, status int) (*world, *refusal) {
	t.Helper()
	r := &refusal{method: method, text: text, status: status}
	return newWorld(t, terrain{dialect: scim.RFC7644, between: r.before}), r
}

// pass runs one cycle at an instant after the given one.
func (w *world) pass(at time.Time) {
	w.t.Helper()
	w.now = at.Add(-time.Hour) // cycle adds it
	_, err := w.cycle()
	require.NoError(w.t, err)
}

// TestFailuresAreTriedAtTheirInstants over 29 days of cycles every 40 minutes.
func TestFailuresAreTriedAtTheirInstants(t *testing.T) {
	t.Parallel()
	w, r := refusing(t, "POST", "user1@", http.StatusBadRequest)
	w.user(0)
	w.user(1)
	begin := w.now
	var attempts []time.Duration
	step := 40 * time.Minute
	for at := begin; at.Sub(begin) < 29*24*time.Hour; at = at.Add(step) {
		if at.Sub(begin) > 50*time.Hour {
			step = 12 * time.Hour
		}
		before := r.tried.Load()
		w.pass(at)
		if r.tried.Load() > before {
			attempts = append(attempts, at.Sub(begin))
		}
	}
	for i, want := range []time.Duration{0, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour, 48 * time.Hour, 72 * time.Hour} {
		require.GreaterOrEqual(t, attempts[i], want)
		require.Less(t, attempts[i], want+step, "attempt %d", i)
	}
	require.Len(t, attempts, 4+27, "the last at 28 days")
	j := w.state()
	require.True(t, j.Status.EscrowsPruned)
	require.Equal(t, synchronization.Active, j.Status.Code)
	require.EqualValues(t, 1, w.counted(), "the other user is there all the time")

	r.set("", 0)
	w.pass(w.now.Add(48 * time.Hour))
	require.EqualValues(t, 1, w.counted(), "it was given up")
	w.restart(synchronization.ResetDefault)
	w.pass(w.now.Add(time.Hour))
	require.EqualValues(t, 2, w.counted())
	require.False(t, w.state().Status.EscrowsPruned)
}

func (w *world) counted() int {
	users, _ := w.server.Snapshot()
	return len(users)
}

// TestChangedObjectIsTriedAtOnce, however long its failure is to wait, and begins a
// schedule of its own.
func TestChangedObjectIsTriedAtOnce(t *testing.T) {
	t.Parallel()
	w, r := refusing(t, "POST", "user1@", http.StatusBadRequest)
	id := w.user(1)
	begin := w.now
	w.pass(begin)
	w.pass(begin.Add(7 * time.Hour))
	require.EqualValues(t, 2, r.tried.Load())
	w.set(id, "department", "Moved")
	w.pass(begin.Add(8 * time.Hour))
	require.EqualValues(t, 3, r.tried.Load())
	w.pass(begin.Add(13 * time.Hour))
	require.EqualValues(t, 3, r.tried.Load())
	w.pass(begin.Add(14*time.Hour + time.Minute))
	require.EqualValues(t, 4, r.tried.Load(), "six hours after the change")
}

// TestSilenceIsTriedInTheNextCycle for six hours: a target that was down is up again.
func TestSilenceIsTriedInTheNextCycle(t *testing.T) {
	t.Parallel()
	w, r := refusing(t, "POST", "user1@", http.StatusInternalServerError)
	w.user(1)
	begin := w.now
	for i := range 4 {
		w.pass(begin.Add(time.Duration(i) * 40 * time.Minute))
		require.EqualValues(t, i+1, r.tried.Load())
	}
	w.pass(begin.Add(7 * time.Hour))
	require.EqualValues(t, 5, r.tried.Load())
	w.pass(begin.Add(8 * time.Hour))
	require.EqualValues(t, 5, r.tried.Load(), "then as seldom as any failure")
}

// TestRestartFlagsOneByOne: what each lets go of and what it keeps.
func TestRestartFlagsOneByOne(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		scope   synchronization.ResetScope
		retries bool // the failure is tried at once
		reads   bool // the linked user is compared
		matches bool // and looked up anew
	}{
		"None":               {0, false, false, false},
		"Escrows":            {synchronization.ResetEscrows, true, false, false},
		"QuarantineState":    {synchronization.ResetQuarantineState, false, false, false},
		"Watermark":          {synchronization.ResetWatermark, true, true, false},
		"ConnectorDataStore": {synchronization.ResetConnectorDataStore, true, true, true},
		"Full":               {synchronization.ResetFull, true, true, true},
		"ForceDeletes":       {synchronization.ResetForceDeletes, false, false, false},
		"the portal's":       {synchronization.ResetDefault, true, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var gets, finds atomic.Int64
			r := &refusal{method: "POST", text: "user1@", status: http.StatusBadRequest}
			w := newWorld(t, terrain{dialect: scim.RFC7644, between: func(next http.Handler) http.Handler {
				return r.before(http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) {
					switch {
					case req.Method == http.MethodGet && req.URL.RawQuery == "":
						gets.Add(1)
					case req.Method == http.MethodGet && strings.Contains(req.URL.RawQuery, "user0"):
						finds.Add(1)
					}
					next.ServeHTTP(rw, req)
				}))
			}})
			w.user(0)
			w.user(1)
			w.pass(w.now)
			require.EqualValues(t, 1, r.tried.Load())
			finds.Store(0)
			w.restart(test.scope)
			w.pass(w.now.Add(40 * time.Minute))
			require.Equal(t, test.retries, r.tried.Load() == 2, "the failure")
			require.Equal(t, test.matches, finds.Load() == 1, "the look-up")
			require.Equal(t, test.reads, gets.Load() == 1, "the read, or that of the references of one that was found")
			require.Equal(t, 1, w.counted(), "nobody is doubled")
		})
	}
}

// TestRefusedReferencesWaitForTheirTime: a member that the target does not take is not
// sent in every cycle, and a change makes its group due at once.
func TestRefusedReferencesWaitForTheirTime(t *testing.T) {
	t.Parallel()
	w, r := refusing(t, "PATCH", `"members"`, http.StatusBadRequest)
	group := w.group("A", w.user(0))
	begin := w.now
	w.pass(begin)
	require.EqualValues(t, 1, r.tried.Load())
	require.EqualValues(t, 1, w.state().Status.LastExecution.Escrowed)
	w.pass(begin.Add(40 * time.Minute))
	require.EqualValues(t, 1, r.tried.Load(), "not in every cycle")
	last := w.state().Status
	require.EqualValues(t, 1, last.LastExecution.Escrowed, "it is in error all the same, and no cycle says that all is well")
	require.Equal(t, synchronization.EntryLevelErrors, last.LastExecution.Result)
	require.True(t, last.SteadyStateLastAchieved.IsZero())
	w.pass(begin.Add(6*time.Hour + time.Minute))
	require.EqualValues(t, 2, r.tried.Load())
	r.set("", 0)
	w.relate(group, directory.Members, w.user(1))
	w.pass(begin.Add(7 * time.Hour))
	w.verify()
}

// TestRetryAfterBeyondPatienceIsKept: who asks for two hours is left alone for them.
func TestRetryAfterBeyondPatienceIsKept(t *testing.T) {
	t.Parallel()
	var tried atomic.Int64
	w := newWorld(t, terrain{dialect: scim.RFC7644, between: func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) {
			if req.Method == http.MethodPost && tried.Add(1) == 1 {
				rw.Header().Set("Retry-After", "7200")
				rw.WriteHeader(http.StatusTooManyRequests)
				return
			}
			next.ServeHTTP(rw, req)
		})
	}})
	w.user(0)
	begin := w.now
	w.pass(begin)
	w.pass(begin.Add(time.Hour))
	require.EqualValues(t, 1, tried.Load())
	w.pass(begin.Add(121 * time.Minute))
	require.Equal(t, 1, w.counted())
}

// TestDroppedRetriesAreTriedAnew: a restart with Escrows alone moves no watermark, and
// what failed is neither lost nor waited for.
func TestDroppedRetriesAreTriedAnew(t *testing.T) {
	t.Parallel()
	w, r := refusing(t, http.MethodPost, "user1@example.com", http.StatusBadRequest)
	w.users(3)
	_, err := w.cycle()
	require.NoError(t, err)
	require.Equal(t, 2, w.enabled())
	r.set("", 0)
	w.restart(synchronization.ResetEscrows)
	counts, err := w.cycle()
	require.NoError(t, err)
	require.EqualValues(t, 1, counts.Exported)
	w.verify()
	before := w.injector.Requests()
	_, err = w.cycle()
	require.NoError(t, err)
	require.Equal(t, before, w.injector.Requests(), "it is done")
}

// TestRetriesOfOthersAreDroppedWithTheirCause: who left the scope meanwhile is not
// tried again and again.
func TestRetriesOfOthersAreDroppedWithTheirCause(t *testing.T) {
	t.Parallel()
	w, r := refusing(t, http.MethodPost, "user1@example.com", http.StatusBadRequest)
	w.takeAll = false
	person := w.user(1)
	assignment := w.assign(person)
	_, err := w.cycle()
	require.NoError(t, err)
	w.restart(synchronization.ResetEscrows)
	tried := r.tried.Load()
	_, err = w.cycle()
	require.NoError(t, err)
	require.Equal(t, tried+1, r.tried.Load())
	w.restart(synchronization.ResetEscrows)
	w.leave(assignment)
	w.settle()
	require.Equal(t, tried+1, r.tried.Load())
}
