package courier_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/provisor/provisor/internal/courier"
	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/egress"
	"github.com/provisor/provisor/internal/keyring"
	"github.com/provisor/provisor/internal/store"
	"github.com/provisor/provisor/internal/store/sqlstore"
	"github.com/provisor/provisor/internal/subscription"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const tenant = directory.TenantID("11111111-1111-4111-8111-111111111111")

// world is a database, a courier and a clock that stands until it is moved.
type world struct {
	*testing.T

	db      *sqlstore.DB
	file    string
	ring    *keyring.Keyring
	courier *courier.Service
	log     *bytes.Buffer
	mu      sync.Mutex
	now     time.Time
	ids     int
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{T: t, file: filepath.Join(t.TempDir(), "provisor.db"), log: &bytes.Buffer{}, now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	var err error
	w.db, err = sqlstore.Open(t.Context(), w.file, sqlstore.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, w.db.Close()) })
	require.NoError(t, w.db.CreateTenant(t.Context(), store.Tenant{ID: tenant, DisplayName: "Contoso", Domain: "contoso.example", Created: w.now}))
	w.ring, err = keyring.New()
	require.NoError(t, err)
	w.courier = w.process("one", http.DefaultTransport)
	return w
}

// process is a courier among those that share the database.
func (w *world) process(holder string, outbound http.RoundTripper) *courier.Service {
	w.Helper()
	policy := egress.Policy{AllowHTTP: true, AllowLoopback: true}
	if outbound == http.DefaultTransport {
		t := egress.NewTransport(policy, egress.Options{})
		w.Cleanup(t.CloseIdleConnections)
		outbound = t
	}
	return courier.New(courier.Options{
		Store: w.db, Keyring: w.ring, Policy: policy, Outbound: outbound, Now: w.clock, NewID: w.newID, Holder: holder,
		Log: slog.New(slog.NewJSONHandler(w.log, nil)), Timeout: time.Minute, // on a busy machine; brief where an endpoint hangs
	})
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

func (w *world) newID() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ids++
	return fmt.Sprintf("00000000-0000-4000-8000-%012d", w.ids)
}

// run carries out what is due, as a runner does, and returns how much that was.
func (w *world) run(s *courier.Service) int {
	w.Helper()
	due, err := s.Due(w.Context(), w.clock(), 100)
	require.NoError(w, err)
	for _, work := range due {
		require.NoError(w, s.Handlers()[courier.KindNotify](w.Context(), work))
	}
	return len(due)
}

func (w *world) user(name string) directory.Object {
	w.Helper()
	o, err := w.db.CreateObject(w.Context(), tenant, directory.Object{
		ID: directory.ObjectID(w.newID()), Kind: directory.User, Created: w.clock(),
		Attributes: directory.Attributes{"userPrincipalName": name + "@contoso.example", "displayName": name},
	})
	require.NoError(w, err)
	return o
}

func (w *world) group(name string) directory.Object {
	w.Helper()
	o, err := w.db.CreateObject(w.Context(), tenant, directory.Object{
		ID: directory.ObjectID(w.newID()), Kind: directory.Group, Created: w.clock(), Attributes: directory.Attributes{"displayName": name},
	})
	require.NoError(w, err)
	return o
}

func (w *world) rename(o directory.Object, name string) {
	w.Helper()
	_, err := w.db.UpdateObject(w.Context(), tenant, store.Ref{ID: o.ID}, w.clock(), func(a directory.Attributes) (directory.Attributes, error) {
		a["displayName"] = name
		return a, nil
	})
	require.NoError(w, err)
}

// subscribe makes a subscription of the longest life.
func (w *world) subscribe(resource string, to *endpoint, adjust ...func(*subscription.Subscription)) subscription.Subscription {
	w.Helper()
	about, err := subscription.ReadResource(resource)
	require.NoError(w, err)
	s := subscription.Subscription{
		Tenant: tenant, Application: "app", Creator: "creator", Resource: resource, Subject: about, ChangeType: "updated,deleted", NotificationURL: to.URL,
	}
	for _, fn := range adjust {
		fn(&s)
	}
	s, err = s.Renew(w.clock().Add(subscription.LongestLife), w.clock())
	require.NoError(w, err)
	state := "state of " + resource
	s, err = w.courier.Subscribe(w.Context(), s, &state)
	require.NoError(w, err)
	return s
}

// endpoint is a subscriber's server.
type endpoint struct {
	*httptest.Server

	mu       sync.Mutex
	accepted []subscription.Notification
	posts    int
	flaky    bool             // every other notification is refused
	respond  http.HandlerFunc // to notifications; nil accepts them
	validate http.HandlerFunc // to tokens; nil gives them back
}

func newEndpoint(t *testing.T) *endpoint {
	t.Helper()
	e := &endpoint{}
	e.Server = httptest.NewServer(e)
	t.Cleanup(e.Close)
	return e
}

// answer sets how notifications are answered from now on; nil accepts them.
func (e *endpoint) answer(fn http.HandlerFunc) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.respond = fn
}

func (e *endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if token := r.URL.Query().Get("validationToken"); token != "" {
		if e.validate != nil {
			e.validate(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/plain")
		_, _ = io.WriteString(w, token)
		return
	}
	body, _ := io.ReadAll(r.Body)
	e.mu.Lock()
	e.posts++
	respond := e.respond
	if e.flaky && e.posts%2 == 0 {
		respond = status(http.StatusInternalServerError)
	}
	e.mu.Unlock()
	if respond != nil {
		respond(w, r)
		return
	}
	var n subscription.Notifications
	if json.Unmarshal(body, &n) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	e.mu.Lock()
	e.accepted = append(e.accepted, n.Value...)
	e.mu.Unlock()
	w.WriteHeader(http.StatusAccepted)
}

// took returns what was accepted since the last time.
func (e *endpoint) took() []subscription.Notification {
	e.mu.Lock()
	defer e.mu.Unlock()
	taken := e.accepted
	e.accepted = nil
	return taken
}

// told is what was accepted, in short: change and resource.
func (e *endpoint) told() []string {
	var all []string
	for _, n := range e.took() {
		text := n.ChangeType + n.LifecycleEvent + " " + n.Resource
		if n.ResourceData != nil {
			for _, m := range n.ResourceData.Members {
				text += " " + m.ID + m.Removed
			}
		}
		all = append(all, text)
	}
	slices.Sort(all)
	return all
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

// brief is how long one waits for an endpoint that hangs.
const brief = 300 * time.Millisecond

func hang(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 5*time.Second)
	defer cancel()
	<-ctx.Done()
	w.WriteHeader(http.StatusAccepted)
}
