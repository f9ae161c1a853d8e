package graphapi_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/provisor/provisor/internal/courier"
	"github.com/provisor/provisor/internal/credential"
	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/egress"
	"github.com/provisor/provisor/internal/graphapi"
	"github.com/provisor/provisor/internal/identity"
	"github.com/provisor/provisor/internal/jobs"
	"github.com/provisor/provisor/internal/keyring"
	"github.com/provisor/provisor/internal/oauth"
	"github.com/provisor/provisor/internal/store"
	"github.com/provisor/provisor/internal/store/sqlstore"
	"github.com/provisor/provisor/internal/store/sqlstore/sqltest"
)

const (
	tenantID = directory.TenantID("aaaaaaaa-0000-4000-8000-000000000001")
	graphSP  = directory.ObjectID("bbbbbbbb-0000-4000-8000-000000000001")
	adminSP  = directory.ObjectID("bbbbbbbb-0000-4000-8000-000000000002")
	ownerSP  = directory.ObjectID("bbbbbbbb-0000-4000-8000-000000000003")
)

// world is the surface over a real database, real credentials and real jobs, whose
// workers do not run. Callers have their name as token.
type world struct {
	api         *graphapi.API
	db          *sqlstore.DB
	application *application
	callers     map[string]identity.Caller
	log         *bytes.Buffer
	seen        []string // what Observe was told
	ids         int
}

func newWorld(t *testing.T) *world {
	t.Helper()
	return newWorldWith(t, func(*graphapi.Config) {})
}

func newWorldWith(t *testing.T, adjust func(*graphapi.Config)) *world {
	t.Helper()
	return newWorldOf(t, adjust)
}

func newWorldOf(tb testing.TB, adjust func(*graphapi.Config)) *world {
	tb.Helper()
	db := sqltest.Open(tb)
	w := &world{db: db, application: newApplication(tb), log: &bytes.Buffer{}, callers: callers()}
	w.seed(tb)
	credentials := w.credentials(tb)
	config := graphapi.Config{
		Store: db, Credentials: graphCredentials{credentials}, Connections: credentials, Jobs: graphJobs{w.jobs(credentials)},
		Subscriptions: w.couriers(tb),
		Authenticator: w, Policy: identity.NewPolicy(identity.Options{}),
		Log: slog.New(slog.NewJSONHandler(w.log, nil)), Now: now, NewID: w.newID, PublicURL: "https://provisor.test",
		Observe: func(route string, status int, _ time.Duration) {
			w.seen = append(w.seen, fmt.Sprintf("%s %d", route, status))
		},
	}
	adjust(&config)
	w.api = graphapi.New(config)
	return w
}

func now() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 678_901_200, time.UTC) }

// local lets the tests reach their application.
func local() egress.Policy { return egress.Policy{AllowHTTP: true, AllowLoopback: true} }

func (w *world) credentials(tb testing.TB) *credential.Service {
	tb.Helper()
	ring, err := keyring.New()
	if err != nil {
		tb.Fatal(err)
	}
	s := credential.New(credential.Options{
		Secrets: w.db, Leases: w.db, Keyring: ring, Egress: local(), Holder: "test", Now: now,
		OAuth: &oauth.Client{HTTP: egress.NewClient(local(), egress.Options{}), Now: now},
	})
	tb.Cleanup(func() {
		if err := s.Close(context.WithoutCancel(tb.Context())); err != nil {
			tb.Error(err)
		}
	})
	return s
}

// couriers asks endpoints; nobody delivers.
func (w *world) couriers(tb testing.TB) *courier.Service {
	tb.Helper()
	ring, err := keyring.New()
	if err != nil {
		tb.Fatal(err)
	}
	return courier.New(courier.Options{
		Store: w.db, Keyring: ring, Policy: local(), Outbound: egress.NewTransport(local(), egress.Options{}),
		Log: slog.New(slog.DiscardHandler), Now: now, NewID: w.newID, Holder: "test",
	})
}

func (w *world) jobs(credentials *credential.Service) *jobs.Service {
	return jobs.New(jobs.Options{
		Store: w.db, Credentials: credentials, Outbound: egress.NewTransport(local(), egress.Options{}),
		Log: slog.New(slog.DiscardHandler), Now: now, NewID: w.newID, Holder: "test",
	})
}

// newID counts, so that golden exchanges are the same every time.
func (w *world) newID() string {
	w.ids++
	return fmt.Sprintf("00000000-0000-4000-8000-%012d", w.ids)
}

func (w *world) seed(tb testing.TB) {
	tb.Helper()
	err := w.db.CreateTenant(tb.Context(), store.Tenant{ID: tenantID, DisplayName: "Contoso", Domain: "contoso.example", Created: now()})
	if err != nil {
		tb.Fatal(err)
	}
	w.add(tb, graphapi.MicrosoftGraph(graphSP, now()))
	w.principal(tb, adminSP, "admin")
	w.principal(tb, ownerSP, "owner")
}

// add puts an object straight into the directory.
func (w *world) add(tb testing.TB, o directory.Object) {
	tb.Helper()
	if _, err := w.db.CreateObject(tb.Context(), tenantID, o); err != nil {
		tb.Fatal(err)
	}
}

// principal puts a service principal straight into the directory.
func (w *world) principal(tb testing.TB, id directory.ObjectID, name string) {
	tb.Helper()
	w.add(tb, directory.Object{
		ID: id, Kind: directory.ServicePrincipal, Created: now(),
		Attributes: directory.Attributes{"displayName": name, "appId": appIDOf(id)},
	})
}

// appIDOf is the client id of a service principal of the tests.
func appIDOf(id directory.ObjectID) string { return "cccccccc" + string(id[8:]) }

// do sends one request as the caller; "" sends no token.
func (w *world) do(t *testing.T, caller, method, path, body string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, "http://provisor.test"+strings.ReplaceAll(path, " ", "%20"), strings.NewReader(body))
	if caller != "" {
		r.Header.Set("Authorization", "Bearer "+caller)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	return w.send(r)
}

// want sends one request as admin and fails the test when the status is another.
func (w *world) want(t *testing.T, status int, method, path, body string) map[string]any {
	t.Helper()
	rec := w.do(t, "admin", method, path, body)
	if rec.Code != status {
		t.Fatalf("%s %s: %d, not %d: %s", method, path, rec.Code, status, rec.Body)
	}
	return decoded(rec)
}

func (w *world) send(r *http.Request) *httptest.ResponseRecorder {
	rec := httptest.NewRecorder()
	w.api.ServeHTTP(rec, r)
	return rec
}
