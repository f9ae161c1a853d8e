package graphapi_test

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/graphapi"
)

// sdk is a POST as Microsoft's libraries send it; attempt 0 is the first.
type sdk struct {
	caller, path, body string
	id                 string // empty is oneID
	attempt            int
}

func (w *world) post(t *testing.T, s sdk) *httptest.ResponseRecorder {
	t.Helper()
	return w.send(w.posted(t.Context(), s))
}

func (*world) posted(ctx context.Context, s sdk) *http.Request {
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "http://provisor.test"+s.path, strings.NewReader(s.body))
	r.Header.Set("Authorization", "Bearer "+s.caller)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Client-Request-Id", cmp.Or(s.id, oneID))
	r.Header.Set("SdkVersion", "graph-go/1.89.0")
	if s.attempt > 0 {
		r.Header.Set("Retry-Attempt", fmt.Sprint(s.attempt))
	}
	return r
}

func remembering(t *testing.T) *world {
	t.Helper()
	var w *world
	w = newWorldWith(t, func(c *graphapi.Config) { c.Replies = replies{&w} })
	return w
}

// replies is the database of a world that is not there yet.
type replies struct{ w **world }

func (r replies) BeginReply(ctx context.Context, tenant directory.TenantID, digest []byte, now, expires time.Time) ([]byte, bool, error) {
	return (*r.w).db.BeginReply(ctx, tenant, digest, now, expires)
}

func (r replies) EndReply(ctx context.Context, tenant directory.TenantID, digest, document []byte) error {
	return (*r.w).db.EndReply(ctx, tenant, digest, document)
}

// applications is how many applications there are.
func (w *world) applications(t *testing.T) int {
	t.Helper()
	value, _ := w.want(t, http.StatusOK, http.MethodGet, "/v1.0/applications", "")["value"].([]any)
	return len(value)
}

const (
	oneID   = "92cd20f6-fcc3-4d61-898e-a6dd35e460ef"
	theApps = "/v1.0/applications"
	oneApp  = `{"displayName":"Payroll"}`
)

// TestSentAgain: a request that a library sends again acts once, and gets the first
// answer.
func TestSentAgain(t *testing.T) {
	t.Parallel()

	w := remembering(t)
	first := w.post(t, sdk{caller: "admin", path: theApps, body: oneApp})
	again := w.post(t, sdk{caller: "admin", path: theApps, body: oneApp, attempt: 1})
	if first.Code != http.StatusCreated || again.Code != http.StatusCreated || first.Body.String() != again.Body.String() ||
		first.Header().Get("Location") != again.Header().Get("Location") || again.Header().Get("Provisor-Repeated") != "true" {
		t.Errorf("%d %s, then %d %s", first.Code, first.Body, again.Code, again.Body)
	}
	if first.Header().Get("request-id") == again.Header().Get("request-id") || again.Header().Get("client-request-id") != oneID {
		t.Errorf("ids %v", again.Header())
	}
	if n := w.applications(t); n != 1 {
		t.Errorf("%d applications", n)
	}
}

// leaving is a caller who leaves when the request has begun.
type leaving struct {
	replies

	leave *context.CancelFunc
}

func (l leaving) BeginReply(ctx context.Context, tenant directory.TenantID, digest []byte, now, expires time.Time) ([]byte, bool, error) {
	defer (*l.leave)()
	return l.replies.BeginReply(ctx, tenant, digest, now, expires)
}

// TestSentAgainAfterTheCallerLeft: what was begun is finished, and its answer kept.
func TestSentAgainAfterTheCallerLeft(t *testing.T) {
	t.Parallel()

	var w *world
	ctx, leave := context.WithCancel(t.Context())
	w = newWorldWith(t, func(c *graphapi.Config) { c.Replies = leaving{replies{&w}, &leave} })
	w.send(w.posted(ctx, sdk{caller: "admin", path: theApps, body: oneApp}))
	again := w.post(t, sdk{caller: "admin", path: theApps, body: oneApp, attempt: 1})
	if again.Code != http.StatusCreated || again.Header().Get("Provisor-Repeated") != "true" || w.applications(t) != 1 {
		t.Errorf("%d %s; %d applications", again.Code, again.Body, w.applications(t))
	}
}

// TestBatchSentAgain: what a batch did is not done again either.
func TestBatchSentAgain(t *testing.T) {
	t.Parallel()

	w := remembering(t)
	batch := sdk{caller: "admin", path: "/v1.0/$batch", body: `{"requests":[{"id":"1","method":"POST","url":"/applications","headers":{"Content-Type":"application/json"},"body":` + oneApp + `}]}`}
	first := w.post(t, batch)
	batch.attempt = 1
	again := w.post(t, batch)
	if first.Code != http.StatusOK || again.Body.String() != first.Body.String() || w.applications(t) != 1 {
		t.Errorf("%d %s, then %d %s; %d applications", first.Code, first.Body, again.Code, again.Body, w.applications(t))
	}
}

// TestNotTheSame: whatever differs makes another request, and what is not marked as
// sent again is meant.
func TestNotTheSame(t *testing.T) {
	t.Parallel()

	w := remembering(t)
	w.post(t, sdk{caller: "admin", path: theApps, body: oneApp})
	for name, send := range map[string]func() *httptest.ResponseRecorder{
		"another id": func() *httptest.ResponseRecorder {
			return w.post(t, sdk{caller: "admin", path: theApps, body: oneApp, id: "x" + oneID[1:], attempt: 1})
		},
		"another body": func() *httptest.ResponseRecorder {
			return w.post(t, sdk{caller: "admin", path: theApps, body: `{"displayName":"Payrol"}`, attempt: 1})
		},
		"another caller": func() *httptest.ResponseRecorder {
			return w.post(t, sdk{caller: "human", path: theApps, body: oneApp, attempt: 1})
		},
		"another path": func() *httptest.ResponseRecorder {
			return w.post(t, sdk{caller: "admin", path: "/beta/applications", body: oneApp, attempt: 1})
		},
		"meant a second time": func() *httptest.ResponseRecorder { return w.post(t, sdk{caller: "admin", path: theApps, body: oneApp}) },
		"plain":               func() *httptest.ResponseRecorder { return w.do(t, "admin", http.MethodPost, theApps, oneApp) },
	} {
		before := w.applications(t)
		if rec := send(); rec.Code != http.StatusCreated || rec.Header().Get("Provisor-Repeated") != "" || w.applications(t) != before+1 {
			t.Errorf("%s: %d %s", name, rec.Code, rec.Body)
		}
	}
}

// TestFailuresAreNotKept: what failed or was throttled is carried out when it comes
// again.
func TestFailuresAreNotKept(t *testing.T) {
	t.Parallel()

	clock := now()
	var w *world
	w = newWorldWith(t, func(c *graphapi.Config) {
		c.Replies, c.Now = replies{&w}, func() time.Time { return clock }
		c.Limits = graphapi.Limits{All: graphapi.Rate{Calls: 1, Period: 10 * time.Second}}
	})
	const user = `{"accountEnabled":true,"displayName":"Ada","mailNickname":"ada","userPrincipalName":"ada@contoso.example"}`
	if rec := w.post(t, sdk{caller: "reader", path: "/v1.0/users", body: user}); rec.Code != http.StatusForbidden {
		t.Fatal(rec.Code)
	}
	if rec := w.post(t, sdk{caller: "human", path: "/v1.0/users", body: `{"displayName":"Ada"}`}); rec.Code == http.StatusCreated {
		t.Fatal(rec.Code)
	}
	if rec := w.post(t, sdk{caller: "admin", path: theApps, body: oneApp}); rec.Code != http.StatusCreated {
		t.Fatal(rec.Code)
	}
	if rec := w.post(t, sdk{caller: "admin", path: "/v1.0/users", body: user}); rec.Code != http.StatusTooManyRequests {
		t.Fatal(rec.Code)
	}
	clock = clock.Add(10 * time.Second)
	if rec := w.post(t, sdk{caller: "admin", path: "/v1.0/users", body: user, attempt: 1}); rec.Code != http.StatusCreated || rec.Header().Get("Provisor-Repeated") != "" {
		t.Errorf("after the wait: %d %s", rec.Code, rec.Body)
	}
	clock = clock.Add(10 * time.Second)
	if rec := w.post(t, sdk{caller: "admin", path: "/v1.0/users", body: user, attempt: 2}); rec.Code != http.StatusCreated || rec.Header().Get("Provisor-Repeated") != "true" {
		t.Errorf("its answer was lost: %d %s", rec.Code, rec.Body)
	}
	clock = clock.Add(10 * time.Minute)
	if rec := w.post(t, sdk{caller: "admin", path: "/v1.0/users", body: user, attempt: 3}); rec.Code != http.StatusBadRequest {
		t.Errorf("much later: %d %s", rec.Code, rec.Body)
	}
}

// TestSentAgainMeanwhile: who comes again while the first is under way waits for its
// answer.
func TestSentAgainMeanwhile(t *testing.T) {
	t.Parallel()

	var w *world
	w = newWorldWith(t, func(c *graphapi.Config) {
		c.Replies, c.NewID, c.Log, c.Observe = replies{&w}, uuid.NewString, slog.New(slog.DiscardHandler), nil // for many at once
	})
	p := w.payroll(t)
	w.connect(t, p)
	path := "/v1.0/servicePrincipals/" + p.sp + "/synchronization/acquireAccessToken"
	var together sync.WaitGroup
	for attempt := range 4 {
		together.Go(func() {
			if rec := w.post(t, sdk{caller: "admin", path: path, body: `{"credentials":[]}`, attempt: attempt + 1}); rec.Code != http.StatusNoContent {
				t.Errorf("%d %s", rec.Code, rec.Body)
			}
		})
	}
	together.Wait()
	w.application.mu.Lock()
	defer w.application.mu.Unlock()
	if n := len(w.application.requests); n != 1 {
		t.Errorf("%d exchanges", n)
	}
}
