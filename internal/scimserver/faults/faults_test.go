package faults_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/provisor/provisor/internal/scim"
	"github.com/provisor/provisor/internal/scimserver"
	"github.com/provisor/provisor/internal/scimserver/faults"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// rig is a SCIM server behind faults.
type rig struct {
	*faults.Injector

	target *scimserver.Server
	url    string
	client *http.Client
}

func newRig(tb testing.TB, s faults.Schedule) *rig {
	tb.Helper()
	var ids atomic.Int64
	target := scimserver.New(scimserver.Options{NewID: func() string { return fmt.Sprint(ids.Add(1)) }})
	injector := faults.Wrap(target, s)
	h := httptest.NewUnstartedServer(injector)
	h.Config.ErrorLog = nil
	h.Start()
	tb.Cleanup(h.Close)
	client := h.Client()
	client.Timeout = 2 * time.Second
	return &rig{injector, target, h.URL, client}
}

// answer is what the client saw.
type answer struct {
	status int
	header http.Header
	body   string
	err    error // of the exchange, or of reading the body
}

func (r *rig) do(ctx context.Context, method, path, body string) answer {
	req, err := http.NewRequestWithContext(ctx, method, r.url+path, strings.NewReader(body))
	if err != nil {
		return answer{err: err}
	}
	req.Header.Set("Content-Type", scim.MediaType)
	res, err := r.client.Do(req)
	if err != nil {
		return answer{err: err}
	}
	defer func() { _ = res.Body.Close() }()
	data, err := io.ReadAll(res.Body)
	return answer{res.StatusCode, res.Header, string(data), err}
}

func (r *rig) users() int {
	users, _ := r.target.Snapshot()
	return len(users)
}

func user(name string) string {
	return `{"schemas": ["` + scim.UserURN + `"], "userName": "` + name + `"}`
}

func TestEachFault(t *testing.T) {
	t.Parallel()

	isReset := func(a answer) bool { return errors.Is(a.err, syscall.ECONNRESET) }
	timedOut := func(a answer) bool {
		e, ok := errors.AsType[net.Error](a.err)
		return ok && e.Timeout()
	}
	for _, tt := range []struct {
		fault   faults.Fault
		applied bool
		seen    func(answer) bool
	}{
		{faults.Fault{Kind: faults.TooManyRequests}, false, func(a answer) bool { return a.status == 429 && a.header["Retry-After"] == nil }},
		{faults.Fault{Kind: faults.TooManyRequests, RetryAfter: 1500 * time.Millisecond}, false, func(a answer) bool { return a.status == 429 && a.header.Get("Retry-After") == "2" }},
		{faults.Fault{Kind: faults.InternalError}, false, func(a answer) bool { return a.status == 500 && strings.Contains(a.body, scim.ErrorURN) }},
		{faults.Fault{Kind: faults.Unavailable, RetryAfter: time.Second}, false, func(a answer) bool { return a.status == 503 && a.header.Get("Retry-After") == "1" }},
		{faults.Fault{Kind: faults.ResetBefore}, false, isReset},
		{faults.Fault{Kind: faults.ResetAfter}, true, isReset},
		{faults.Fault{Kind: faults.HalfBody}, true, func(a answer) bool { return a.status == 201 && a.err != nil && a.body != "" }},
		{faults.Fault{Kind: faults.HangBefore}, false, timedOut},
		{faults.Fault{Kind: faults.HangAfter}, true, timedOut},
		{faults.Fault{Kind: faults.HangBefore, Delay: time.Millisecond}, false, isReset},
		{faults.Fault{Kind: faults.HangAfter, Delay: time.Millisecond}, true, isReset},
		{faults.Fault{Kind: faults.HTML}, false, func(a answer) bool { return a.status == 200 && strings.Contains(a.body, "<h1>") }},
		{faults.Fault{Kind: faults.Slow, Delay: time.Millisecond}, true, func(a answer) bool { return a.status == 201 && a.err == nil && strings.Contains(a.body, `"ann"`) }},
	} {
		t.Run(fmt.Sprintf("%s %v", tt.fault.Kind, tt.fault.Delay+tt.fault.RetryAfter), func(t *testing.T) {
			t.Parallel()

			r := newRig(t, faults.Schedule{Rules: []faults.Rule{{Number: 1, Fault: tt.fault}}})
			if tt.fault.Delay == 0 {
				r.client.Timeout = 100 * time.Millisecond
			}
			if a := r.do(t.Context(), http.MethodPost, "/Users", user("ann")); !tt.seen(a) {
				t.Errorf("the client saw %+v", a)
			}
			if applied := r.users() == 1; applied != tt.applied || tt.fault.Kind.Applies() != tt.applied {
				t.Errorf("applied = %t", applied)
			}
			trace := r.Trace()
			if len(trace) != 1 || trace[0].Fault != tt.fault || trace[0].Applied != tt.applied || trace[0].Method != http.MethodPost || trace[0].URL != "/Users" {
				t.Errorf("trace %+v", trace)
			}
			r.client.Timeout = 2 * time.Second
			if a := r.do(t.Context(), http.MethodGet, "/Users", ""); a.status != 200 || a.err != nil {
				t.Errorf("the next request saw %+v", a)
			}
		})
	}
}

// TestAnswerLost is the case for which look-ups before a repeated POST exist.
func TestAnswerLost(t *testing.T) {
	t.Parallel()

	r := newRig(t, faults.Schedule{Rules: []faults.Rule{{Method: "POST", Path: "/Users", Attempt: 1, Fault: faults.Fault{Kind: faults.ResetAfter}}}})
	if a := r.do(t.Context(), "POST", "/Users", user("ann")); a.err == nil {
		t.Fatalf("the client saw %+v", a)
	}
	if a := r.do(t.Context(), "POST", "/Users", user("ann")); a.status != http.StatusConflict {
		t.Errorf("the repeated POST saw %+v", a)
	}
	if got := r.Trace()[0].Status; got != http.StatusCreated {
		t.Errorf("the lost answer was %d", got)
	}
}

func TestNoContentCanBeLostToo(t *testing.T) {
	t.Parallel()

	r := newRig(t, faults.Schedule{Rules: []faults.Rule{{Method: "DELETE", Fault: faults.Fault{Kind: faults.HalfBody}}}})
	r.do(t.Context(), "POST", "/Users", user("ann"))
	if a := r.do(t.Context(), "DELETE", "/Users/1", ""); a.err == nil {
		t.Errorf("the client saw %+v", a)
	}
	if r.users() != 0 {
		t.Error("the user is still there")
	}
}

// TestImpatientClient: a slow request whose client goes first is not carried out.
func TestImpatientClient(t *testing.T) {
	t.Parallel()

	r := newRig(t, faults.Schedule{Rules: []faults.Rule{{Number: 1, Fault: faults.Fault{Kind: faults.Slow, Delay: time.Minute}}}})
	r.client.Timeout = 50 * time.Millisecond
	if a := r.do(t.Context(), "POST", "/Users", user("ann")); a.err == nil {
		t.Errorf("the client saw %+v", a)
	}
	deadline := time.NewTimer(5 * time.Second)
	defer deadline.Stop()
	poll := time.NewTicker(time.Millisecond)
	defer poll.Stop()
	for r.Trace()[0].Applied {
		select {
		case <-poll.C:
		case <-deadline.C:
			t.Fatal("the trace says that the request was carried out")
		}
	}
	if r.users() != 0 {
		t.Error("the request was carried out")
	}
}

func TestRulesSelect(t *testing.T) {
	t.Parallel()

	refuse := faults.Fault{Kind: faults.Unavailable}
	r := newRig(t, faults.Schedule{Rules: []faults.Rule{
		{Method: "GET", Path: "/Users/{id}", Match: 2, Fault: refuse},
		{Method: "POST", Attempt: 2, Fault: refuse},
		{Number: 6, Fault: faults.Fault{Kind: faults.InternalError}},
	}})
	var got []int
	for _, request := range [][2]string{
		{"POST", "/Users"}, {"GET", "/Users"}, {"GET", "/Users/1"}, {"GET", "/Users/1"}, {"POST", "/Users"}, {"GET", "/Users"}, {"GET", "/Users/1"},
	} {
		body := ""
		if request[0] == "POST" {
			body = user("ann")
		}
		got = append(got, r.do(t.Context(), request[0], request[1], body).status)
	}
	if diff := cmp.Diff([]int{201, 200, 200, 503, 503, 500, 200}, got); diff != "" {
		t.Error(diff)
	}
	if r.Requests() != 7 {
		t.Errorf("%d requests", r.Requests())
	}
}

// TestChanceIsRepeatable sends the same requests, in another order and side by side,
// and demands the same faults.
func TestChanceIsRepeatable(t *testing.T) {
	t.Parallel()

	faultsOf := func(seed uint64, reverse bool) map[string]faults.Kind {
		r := newRig(t, faults.Random(seed, faults.Uniform(0.5)))
		var wg sync.WaitGroup
		for i := range 40 {
			if reverse {
				i = 39 - i
			}
			wg.Go(func() { r.do(t.Context(), "GET", fmt.Sprint("/Users?startIndex=", i), "") })
		}
		wg.Wait()
		met := map[string]faults.Kind{}
		for _, in := range r.Trace() {
			met[fmt.Sprint(in.URL, " ", in.Attempt)] = in.Fault.Kind
		}
		return met
	}
	first := faultsOf(1, false)
	if len(first) < 10 {
		t.Fatalf("at a rate of a half, 40 requests met %d faults", len(first))
	}
	firstAttempts(first)
	second := faultsOf(1, true)
	firstAttempts(second)
	if diff := cmp.Diff(first, second); diff != "" {
		t.Errorf("the same seed:\n%s", diff)
	}
	other := faultsOf(2, false)
	firstAttempts(other)
	if cmp.Equal(first, other) {
		t.Error("another seed made the same faults")
	}
}

// firstAttempts drops what followed from retries of the HTTP client, which depend
// on the connection that a request gets.
func firstAttempts(met map[string]faults.Kind) {
	for k := range met {
		if !strings.HasSuffix(k, " 1") {
			delete(met, k)
		}
	}
}

// TestPersistenceGetsThrough: whatever the seed, a client that repeats a request
// succeeds after MaxAttempts faults at the most.
func TestPersistenceGetsThrough(t *testing.T) {
	t.Parallel()

	rapid.Check(t, func(rt *rapid.T) {
		limit := rapid.IntRange(1, 4).Draw(rt, "limit")
		rates := faults.Uniform(1)
		rates.MaxAttempts = limit
		handler := faults.Wrap(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }),
			faults.Random(rapid.Uint64().Draw(rt, "seed"), rates))
		for attempt := 1; attempt <= limit+1; attempt++ {
			w := httptest.NewRecorder()
			clean := serve(handler, w, httptest.NewRequestWithContext(t.Context(), "GET", "/x", nil))
			if passed := clean && w.Code == http.StatusNoContent; passed != (attempt == limit+1) {
				rt.Fatalf("attempt %d passed: %t", attempt, passed)
			}
		}
		if got := len(handler.Trace()); got != limit {
			rt.Fatalf("%d faults, want %d", got, limit)
		}
	})
}

// serve reports whether the handler came to an end without breaking the connection.
func serve(h http.Handler, w http.ResponseWriter, r *http.Request) (clean bool) { //nolint:nonamedreturns // the deferred function decides
	defer func() { clean = recover() == nil }()
	h.ServeHTTP(w, r)
	return true
}

func TestZeroScheduleInjectsNothing(t *testing.T) {
	t.Parallel()

	r := newRig(t, faults.Schedule{})
	for i := range 20 {
		if a := r.do(t.Context(), "POST", "/Users", user(fmt.Sprint(i))); a.status != 201 {
			t.Fatalf("%+v", a)
		}
	}
	if len(r.Trace()) != 0 || r.users() != 20 {
		t.Errorf("%v", r.Trace())
	}
}

func TestKindsHaveNames(t *testing.T) {
	t.Parallel()

	seen := map[string]bool{"": true, faults.Kind(200).String(): true}
	for _, k := range append(faults.Kinds(), faults.None) {
		if seen[k.String()] {
			t.Errorf("%d has no name of its own: %s", k, k)
		}
		seen[k.String()] = true
	}
}
