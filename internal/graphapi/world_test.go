package graphapi_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/graphapi"
	"github.com/provisor/provisor/internal/identity"
	"github.com/provisor/provisor/internal/store"
	"github.com/provisor/provisor/internal/store/sqlstore"
	"github.com/provisor/provisor/internal/synchronization"
)

const (
	tenantID = directory.TenantID("aaaaaaaa-0000-4000-8000-000000000001")
	graphSP  = directory.ObjectID("bbbbbbbb-0000-4000-8000-000000000001")
	adminSP  = directory.ObjectID("bbbbbbbb-0000-4000-8000-000000000002")
	ownerSP  = directory.ObjectID("bbbbbbbb-0000-4000-8000-000000000003")
)

// world is the surface over a real database, with callers whose token is their name.
type world struct {
	api     *graphapi.API
	db      *sqlstore.DB
	secrets *secretBook
	callers map[string]identity.Caller
	log     *bytes.Buffer
	seen    []string // what Observe was told
	ids     int
}

func newWorld(t *testing.T) *world {
	t.Helper()
	return newWorldWith(t, func(*graphapi.Config) {})
}

func newWorldWith(t *testing.T, adjust func(*graphapi.Config)) *world {
	t.Helper()
	db, err := sqlstore.Open(t.Context(), filepath.Join(t.TempDir(), "provisor.db"), sqlstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	w := &world{db: db, secrets: &secretBook{}, log: &bytes.Buffer{}, callers: callers()}
	w.seed(t)
	config := graphapi.Config{
		Store: db, Credentials: w.secrets, Jobs: &jobBook{db: db}, Authenticator: w, Policy: identity.NewPolicy(identity.Options{}),
		Log: slog.New(slog.NewJSONHandler(w.log, nil)), Now: now, NewID: w.newID, PublicURL: "https://provisor.test",
		Observe: func(route string, status int, _ time.Duration) { w.seen = append(w.seen, fmt.Sprintf("%s %d", route, status)) },
	}
	adjust(&config)
	w.api = graphapi.New(config)
	return w
}

func now() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 678_901_200, time.UTC) }

// newID counts, so that golden exchanges are the same every time.
func (w *world) newID() string {
	w.ids++
	return fmt.Sprintf("00000000-0000-4000-8000-%012d", w.ids)
}

func (w *world) seed(t *testing.T) {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(w.db.CreateTenant(t.Context(), store.Tenant{ID: tenantID, DisplayName: "Contoso", Domain: "contoso.example", Created: now()}))
	_, err := w.db.CreateObject(t.Context(), tenantID, graphapi.MicrosoftGraph(graphSP, now()))
	must(err)
	for name, id := range map[string]directory.ObjectID{"admin": adminSP, "owner": ownerSP} {
		_, err := w.db.CreateObject(t.Context(), tenantID, directory.Object{
			ID: id, Kind: directory.ServicePrincipal, Created: now(),
			Attributes: directory.Attributes{"displayName": name, "appId": "cccccccc" + string(id[8:])},
		})
		must(err)
	}
}

// callers are the people and programs of the tests.
func callers() map[string]identity.Caller {
	everything := []identity.Permission{}
	for _, p := range identity.Permissions() {
		everything = append(everything, p.Name)
	}
	app := func(id directory.ObjectID, roles ...identity.Permission) identity.Caller {
		return identity.Caller{
			TenantID: tenantID, Kind: identity.Application, ObjectID: id, ServicePrincipalID: id,
			AppID: "cccccccc" + string(id[8:]), Roles: roles,
		}
	}
	return map[string]identity.Caller{
		"admin":    app(adminSP, everything...),
		"owner":    app(ownerSP, identity.ApplicationReadWriteOwnedBy),
		"reader":   app("bbbbbbbb-0000-4000-8000-000000000004", identity.SynchronizationRead),
		"powerful": app("bbbbbbbb-0000-4000-8000-000000000005"),
		"human": {
			TenantID: tenantID, Kind: identity.DelegatedUser, ObjectID: "bbbbbbbb-0000-4000-8000-000000000006", AppID: "cccccccc-0000-4000-8000-000000000006",
			Scopes: everything, DirectoryRoles: []identity.Role{identity.CloudApplicationAdministrator},
		},
		"guest": {
			TenantID: tenantID, Kind: identity.DelegatedUser, ObjectID: "bbbbbbbb-0000-4000-8000-000000000007", AppID: "cccccccc-0000-4000-8000-000000000007",
			Scopes: everything,
		},
	}
}

// Authenticate reads the caller's name as a token.
func (w *world) Authenticate(r *http.Request) (identity.Caller, error) {
	name := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	caller, ok := w.callers[name]
	if !ok {
		return identity.Caller{}, errs.New(errs.Unauthenticated, "InvalidAuthenticationToken", "Access token is empty.")
	}
	return caller, nil
}

func (w *world) Challenge(*http.Request) string {
	return `Bearer realm="", authorization_uri="https://provisor.test/common/oauth2/authorize", client_id="` + identity.GraphAppID + `"`
}

// do sends one request as the caller.
func (w *world) do(t *testing.T, caller, method, path, body string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, "http://provisor.test"+path, strings.NewReader(body))
	if caller != "" {
		r.Header.Set("Authorization", "Bearer "+caller)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	return w.send(r)
}

func (w *world) send(r *http.Request) *httptest.ResponseRecorder {
	rec := httptest.NewRecorder()
	w.api.ServeHTTP(rec, r)
	return rec
}

// secretBook stands in for the credential service, which has its own tests: it
// remembers what it was given.
type secretBook struct {
	mu       sync.Mutex
	stored   map[directory.ObjectID][]synchronization.SecretPair
	acquired []graphapi.Given
	calls    int
	fail     error
}

func (b *secretBook) List(_ context.Context, _ directory.TenantID, sp directory.ObjectID) ([]synchronization.SecretPair, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.stored[sp], b.fail
}

func (b *secretBook) Put(_ context.Context, _ directory.TenantID, sp directory.ObjectID, given []graphapi.Given) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.stored == nil {
		b.stored = map[directory.ObjectID][]synchronization.SecretPair{}
	}
	b.stored[sp] = nil
	for _, g := range given {
		if g.Value == nil || *g.Value == "" {
			continue
		}
		value := *g.Value
		if g.Key.Sensitive() {
			value = "*"
		}
		b.stored[sp] = append(b.stored[sp], synchronization.SecretPair{Key: g.Key, Value: value})
	}
	return b.fail
}

func (b *secretBook) Acquire(_ context.Context, _ directory.TenantID, _ directory.ObjectID, given []graphapi.Given) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.acquired, b.calls = given, b.calls+1
	return b.fail
}

// jobBook keeps jobs in the real database with the pure rules of their orders; the
// job service, which wakes workers besides, has its own tests.
type jobBook struct {
	db        *sqlstore.DB
	validated []graphapi.Given
}

func (b *jobBook) Create(ctx context.Context, tenant directory.TenantID, sp directory.Object, templateID string) (synchronization.Job, error) {
	template, ok := synchronization.TemplateNamed(templateID)
	if !ok {
		return synchronization.Job{}, errs.New(errs.Invalid, "RequestParameterInvalid", "There is no template %q.", templateID)
	}
	j := synchronization.Job{
		ID: synchronization.NewJobID(template.ID, tenant, sp.Attributes.String("appId")), Tenant: tenant, ServicePrincipal: sp.ID, TemplateID: template.ID,
		Schedule: synchronization.Schedule{State: synchronization.ScheduleDisabled, Interval: synchronization.DefaultInterval},
		Status:   synchronization.Status{Code: synchronization.NotConfigured}, Created: now(), Generation: 1,
	}
	return j, b.db.CreateJob(ctx, j, template.Schema)
}

func (b *jobBook) List(ctx context.Context, tenant directory.TenantID, sp directory.ObjectID) ([]synchronization.Job, error) {
	return b.db.Jobs(ctx, tenant, sp)
}

func (b *jobBook) Get(ctx context.Context, tenant directory.TenantID, _ directory.ObjectID, id synchronization.JobID) (synchronization.Job, error) {
	return b.db.Job(ctx, tenant, id)
}

func (b *jobBook) Delete(ctx context.Context, tenant directory.TenantID, _ directory.ObjectID, id synchronization.JobID) error {
	return b.db.DeleteJob(ctx, tenant, id)
}

func (b *jobBook) change(ctx context.Context, tenant directory.TenantID, id synchronization.JobID, fn func(synchronization.Job) synchronization.Job) (synchronization.Job, error) {
	return b.db.UpdateJob(ctx, tenant, id, store.Reset{}, func(j synchronization.Job) (synchronization.Job, error) { return fn(j), nil })
}

func (b *jobBook) Start(ctx context.Context, tenant directory.TenantID, _ directory.ObjectID, id synchronization.JobID) error {
	_, err := b.change(ctx, tenant, id, func(j synchronization.Job) synchronization.Job { return j.Start(now()) })
	return err
}

func (b *jobBook) Pause(ctx context.Context, tenant directory.TenantID, _ directory.ObjectID, id synchronization.JobID) error {
	_, err := b.change(ctx, tenant, id, synchronization.Job.Pause)
	return err
}

func (b *jobBook) Restart(ctx context.Context, tenant directory.TenantID, _ directory.ObjectID, id synchronization.JobID, scope synchronization.ResetScope) error {
	_, err := b.change(ctx, tenant, id, func(j synchronization.Job) synchronization.Job { return j.Restart(scope, now()) })
	return err
}

func (b *jobBook) SetSettings(ctx context.Context, tenant directory.TenantID, _ directory.ObjectID, id synchronization.JobID, settings []synchronization.KeyValue) (synchronization.Job, error) {
	return b.change(ctx, tenant, id, func(j synchronization.Job) synchronization.Job {
		j.Settings = synchronization.MergeSettings(j.Settings, settings)
		return j
	})
}

func (b *jobBook) Schema(ctx context.Context, tenant directory.TenantID, _ directory.ObjectID, id synchronization.JobID) (synchronization.Schema, error) {
	return b.db.Schema(ctx, tenant, id)
}

func (b *jobBook) PutSchema(ctx context.Context, tenant directory.TenantID, _ directory.ObjectID, id synchronization.JobID, s synchronization.Schema) error {
	return b.db.PutSchema(ctx, tenant, id, s, func(j synchronization.Job) synchronization.Job { return j.SchemaChanged(now()) })
}

func (b *jobBook) ResetSchema(ctx context.Context, tenant directory.TenantID, sp directory.ObjectID, id synchronization.JobID) error {
	return b.PutSchema(ctx, tenant, sp, id, synchronization.DefaultSchema())
}

func (b *jobBook) Templates(context.Context, directory.Object) []synchronization.Template {
	return synchronization.Templates()
}

func (b *jobBook) ValidateCredentials(_ context.Context, _ directory.TenantID, _ directory.ObjectID, _ string, _ bool, given []graphapi.Given) error {
	b.validated = given
	return nil
}

func bodyOf(t *testing.T, rec *httptest.ResponseRecorder) string {
	t.Helper()
	b, err := io.ReadAll(rec.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
