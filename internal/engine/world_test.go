package engine_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/engine"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/http1"
	"github.com/provisor/provisor/internal/mapping"
	"github.com/provisor/provisor/internal/scim"
	"github.com/provisor/provisor/internal/scimclient"
	"github.com/provisor/provisor/internal/scimserver"
	"github.com/provisor/provisor/internal/scimserver/faults"
	"github.com/provisor/provisor/internal/store"
	"github.com/provisor/provisor/internal/store/sqlstore/sqltest"
	"github.com/provisor/provisor/internal/store/storetest"
	"github.com/provisor/provisor/internal/synchronization"
)

const tenant = directory.TenantID("6f1f7a0e-0000-4000-8000-000000000001")

// closing closes the connections that are kept for later before leaks are looked for.
type closing struct{ *testing.M }

func (c closing) Run() int {
	code := c.M.Run()
	http.DefaultClient.CloseIdleConnections()
	return code
}

func TestMain(m *testing.M) { goleak.VerifyTestMain(closing{m}) }

// world is a directory in a real database, a real SCIM server on loopback behind
// faults, and a job between them.
type world struct {
	t        testing.TB
	db       store.Store
	sp       directory.ObjectID
	job      synchronization.JobID
	server   *scimserver.Server
	injector *faults.Injector
	target   *scimclient.Client
	takeAll  bool
	roles    any // appRoles of the application
	keepOut  bool
	most     int64 // that a cycle may take away
	matching synchronization.Matching
	now      time.Time
	changes  atomic.Int64                      // requests that change something and reached the target
	waited   atomic.Int64                      // nanoseconds that the client would have waited
	store    store.Provisioning                // what cycles use: the database, or something in front of it
	side     func(engine.Target) engine.Target // what cycles write to: the client, or something in front of it
	clock    func() time.Time                  // of cycles
	compiled struct {
		sync.Mutex

		text     []byte
		mappings []*mapping.Mapping
	}
}

// terrain says how the other side of a world behaves.
type terrain struct {
	dialect  scim.Dialect
	schedule faults.Schedule
	flaws    scimserver.Flaws
	mode     scim.Mode
	timeout  time.Duration
	// between stands before the server, behind the faults.
	between func(http.Handler) http.Handler
}

func newWorld(tb testing.TB, g terrain) *world {
	tb.Helper()
	ctx := tb.Context()
	w := &world{t: tb, takeAll: true, most: synchronization.DefaultDeleteThreshold, matching: synchronization.MatchByLookUp, now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	db := sqltest.Open(tb)
	w.db, w.store = db, db
	w.clock = func() time.Time { return w.now }
	w.side = func(t engine.Target) engine.Target { return t }
	require.NoError(tb, db.CreateTenant(ctx, store.Tenant{ID: tenant, DisplayName: "Test", Domain: "example.com", Created: w.now}))
	w.sp = w.create(directory.ServicePrincipal, directory.Attributes{"displayName": "App", "appId": uuid.NewString()})
	w.server = scimserver.New(scimserver.Options{Flaws: g.flaws, Mode: g.mode, MaxResults: 1 << 20})
	if g.between == nil {
		g.between = func(h http.Handler) http.Handler { return h }
	}
	counted := http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet {
			w.changes.Add(1)
		}
		w.server.ServeHTTP(rw, r)
	})
	w.injector = faults.Wrap(g.between(counted), g.schedule)
	listener := httptest.NewServer(w.injector)
	tb.Cleanup(listener.Close)
	if g.timeout == 0 {
		g.timeout = 10 * time.Second
	}
	var dialer net.Dialer
	transport := http1.New(http1.Options{Dial: dialer.DialContext, Now: time.Now}) //nolint:forbidigo // connections grow old by the wall clock
	tb.Cleanup(transport.CloseIdleConnections)
	var err error
	w.target, err = scimclient.New(scimclient.Options{
		BaseURL: listener.URL, Dialect: g.dialect, HTTP: &http.Client{Timeout: g.timeout, Transport: transport},
		Now:  func() time.Time { return w.now.Add(time.Duration(w.waited.Load())) },
		Wait: func(_ context.Context, d time.Duration) error { w.waited.Add(int64(d)); return nil },
	})
	require.NoError(tb, err)
	w.createJob()
	return w
}

func (w *world) createJob() {
	w.t.Helper()
	template, _ := synchronization.TemplateNamed("scim")
	w.job = synchronization.NewJobID("scim", tenant, uuid.NewString())
	job := synchronization.Job{
		ID: w.job, Tenant: tenant, ServicePrincipal: w.sp, TemplateID: "scim", Generation: 1, Created: w.now,
		Schedule: synchronization.Schedule{State: synchronization.ScheduleActive, Interval: 40 * time.Minute},
		Status:   synchronization.Status{Code: synchronization.Active}, NextRun: w.now,
	}
	require.NoError(w.t, w.db.CreateJob(w.t.Context(), job, template.Schema))
}

func (w *world) create(kind directory.Kind, a directory.Attributes) directory.ObjectID {
	w.t.Helper()
	o, err := w.db.CreateObject(w.t.Context(), tenant, directory.Object{
		ID: directory.ObjectID(uuid.NewString()), Kind: kind, Created: w.now, Modified: w.now, Attributes: a,
	})
	require.NoError(w.t, err)
	return o.ID
}

// person is what the directory knows of the nth user.
func person(n int) directory.Attributes {
	return directory.Attributes{
		"accountEnabled": true, "userPrincipalName": fmt.Sprintf("user%d@example.com", n), "displayName": fmt.Sprintf("User %d", n),
		"mail": fmt.Sprintf("user%d@example.com", n), "givenName": "User", "surname": fmt.Sprint(n), "department": "Sales", "city": "Bern",
	}
}

// user creates the nth user.
func (w *world) user(n int) directory.ObjectID { return w.create(directory.User, person(n)) }

// users creates the first n users in one transaction.
func (w *world) users(n int) []directory.ObjectID {
	w.t.Helper()
	ids, rows := make([]directory.ObjectID, n), make([]store.ImportRow, n)
	for i := range ids {
		ids[i] = directory.ObjectID(uuid.NewString())
		rows[i] = store.ImportRow{Kind: directory.User, NewID: ids[i], Attributes: person(i)}
	}
	w.load(rows)
	return ids
}

func (w *world) group(name string, members ...directory.ObjectID) directory.ObjectID {
	w.t.Helper()
	id := w.create(directory.Group, directory.Attributes{"displayName": name, "securityEnabled": true, "mailEnabled": false, "mailNickname": name})
	w.join(id, members...)
	return id
}

// join adds members to a group in one transaction.
func (w *world) join(group directory.ObjectID, members ...directory.ObjectID) {
	w.t.Helper()
	rows := make([]store.ImportRow, len(members))
	for i, m := range members {
		rows[i] = store.ImportRow{From: string(group), Relation: directory.Members, To: string(m)}
	}
	w.load(rows)
}

// load imports rows, none of which may fail.
func (w *world) load(rows []store.ImportRow) {
	w.t.Helper()
	results, err := w.db.Import(w.t.Context(), tenant, rows, w.now)
	require.NoError(w.t, err)
	for _, r := range results {
		require.NoError(w.t, r.Err)
	}
}

func (w *world) relate(from directory.ObjectID, r directory.Relation, to directory.ObjectID) {
	w.t.Helper()
	_, err := w.db.Relate(w.t.Context(), tenant, from, r, to)
	require.NoError(w.t, err)
}

func (w *world) unrelate(from directory.ObjectID, r directory.Relation, to directory.ObjectID) {
	w.t.Helper()
	require.NoError(w.t, w.db.Unrelate(w.t.Context(), tenant, from, r, to))
}

func (w *world) set(id directory.ObjectID, name string, value any) {
	w.t.Helper()
	_, err := w.db.UpdateObject(w.t.Context(), tenant, store.Ref{ID: id}, w.now, func(a directory.Attributes) (directory.Attributes, error) {
		a[name] = value
		return a, nil
	})
	require.NoError(w.t, err)
}

func (w *world) assign(principal directory.ObjectID) string {
	w.t.Helper()
	o, err := w.db.Object(w.t.Context(), tenant, store.Ref{ID: principal})
	require.NoError(w.t, err)
	a := directory.AppRoleAssignment{ID: uuid.NewString(), Principal: principal, PrincipalKind: o.Kind, Resource: w.sp, AppRoleID: directory.DefaultAppRole, Created: w.now}
	require.NoError(w.t, w.db.Assign(w.t.Context(), tenant, a))
	return a.ID
}

// cycle runs one whole cycle and returns its counts and the error that ended it.
func (w *world) cycle() (synchronization.TaskExecution, error) {
	w.t.Helper()
	ctx := w.t.Context()
	w.now = w.now.Add(time.Hour)
	claim := w.claim()
	state, runErr := w.engine(ctx, claim).Run(ctx, w.now.Add(time.Minute))
	w.release(claim, state, runErr)
	return state.Counts, runErr
}

func (w *world) claim() store.Claim {
	w.t.Helper()
	claim, ok, err := storetest.ClaimNext(w.t.Context(), w.db, "test", w.now, time.Minute)
	require.NoError(w.t, err)
	require.True(w.t, ok, "the job is due")
	return claim
}

// release writes what a slice came to, as a worker does. An order may have
// overtaken it.
func (w *world) release(claim store.Claim, state synchronization.Cycle, runErr error) {
	w.t.Helper()
	err := w.db.ReleaseClaim(w.t.Context(), claim, func(j synchronization.Job) synchronization.Job {
		switch {
		case runErr != nil:
			return j.Failing(state, synchronization.ExecutionError{Message: runErr.Error()}, w.now)
		case state.Phase == synchronization.PhaseDone:
			return j.Finished(state, w.now)
		default:
			return j.Interrupted(state, w.now)
		}
	})
	if !errs.Is(err, errs.Conflict) {
		require.NoError(w.t, err)
	}
}

func (w *world) engine(ctx context.Context, claim store.Claim) *engine.Cycle {
	w.t.Helper()
	return engine.New(engine.Options{
		Store: w.store, Target: w.side(w.target), Mappings: w.mappings(ctx), TakeAll: w.takeAll, KeepOutOfScope: w.keepOut, DeleteThreshold: w.most, Matching: w.matching, Concurrency: 8, DefaultDomain: "example.com", AppRoles: mapping.NewAppRoles(w.roles),
		ServicePrincipal: synchronization.SummaryServicePrincipal{ID: string(w.sp), DisplayName: "App"},
		Now:              w.clock, NewID: uuid.NewString,
	}, claim)
}

// mappings returns the compiled schema of the job, which many cycles have in common.
func (w *world) mappings(ctx context.Context) []*mapping.Mapping {
	w.t.Helper()
	text, err := w.db.SchemaText(ctx, tenant, w.job)
	require.NoError(w.t, err)
	w.compiled.Lock()
	defer w.compiled.Unlock()
	if !bytes.Equal(text, w.compiled.text) {
		var schema synchronization.Schema
		require.NoError(w.t, json.Unmarshal(text, &schema))
		w.compiled.mappings, err = mapping.Compile(schema)
		require.NoError(w.t, err)
		w.compiled.text = text
	}
	return w.compiled.mappings
}

// settle runs cycles, a day apart so that every failure is due again, until one sends
// nothing.
func (w *world) settle() {
	w.t.Helper()
	for range 30 {
		before := w.injector.Requests()
		w.now = w.now.Add(23 * time.Hour)
		_, err := w.cycle()
		if err == nil && w.injector.Requests() == before {
			return
		}
	}
	w.t.Fatal("30 cycles did not reach a steady state")
}

// restart orders a restart.
func (w *world) restart(scope synchronization.ResetScope) {
	w.t.Helper()
	reset := store.Reset{Links: scope.Has(synchronization.ResetConnectorDataStore), Failures: scope.Has(synchronization.ResetEscrows)}
	_, err := w.db.UpdateJob(w.t.Context(), tenant, w.job, reset, func(j synchronization.Job) (synchronization.Job, error) { return j.Restart(scope, w.now), nil })
	require.NoError(w.t, err)
}

// account is what the oracle compares of one target user.
type account struct {
	UserName, DisplayName, Department, Manager string
	Active                                     bool
}

// expected derives the end state from the directory alone.
func (w *world) expected() (map[string]account, map[string][]string) {
	w.t.Helper()
	ctx := w.t.Context()
	accounts, groups := map[string]account{}, map[string][]string{}
	for _, o := range w.all(directory.User) {
		a := account{
			UserName: o.Attributes.String("userPrincipalName"), DisplayName: o.Attributes.String("displayName"),
			Department: o.Attributes.String("department"), Active: o.Attributes["accountEnabled"] != false,
		}
		page, err := w.db.Related(ctx, tenant, o.ID, directory.Manager, false, store.Query{})
		require.NoError(w.t, err)
		if len(page.Objects) > 0 {
			a.Manager = page.Objects[0].Attributes.String("userPrincipalName")
		}
		accounts[a.UserName] = a
	}
	for _, o := range w.all(directory.Group) {
		var members []string
		q := store.Query{Top: 999}
		for {
			page, err := w.db.Related(ctx, tenant, o.ID, directory.Members, false, q)
			require.NoError(w.t, err)
			for _, m := range page.Objects {
				members = append(members, m.Attributes.String("userPrincipalName"))
			}
			if q.After = page.Next; page.Next == "" {
				break
			}
		}
		slices.Sort(members)
		groups[o.Attributes.String("displayName")] = members
	}
	return accounts, groups
}

func (w *world) all(kind directory.Kind) []directory.Object {
	w.t.Helper()
	var all []directory.Object
	q := store.Query{Kind: kind, Top: 999}
	for {
		page, err := w.db.Objects(w.t.Context(), tenant, q)
		require.NoError(w.t, err)
		all = append(all, page.Objects...)
		if q.After = page.Next; page.Next == "" {
			return all
		}
	}
}

// verify compares the target with the oracle: nothing doubled, nothing lost.
func (w *world) verify() {
	w.t.Helper()
	users, groups := w.server.Snapshot()
	names := map[string]string{}
	for _, u := range users {
		name, _ := u.Get("userName")
		names[u.ID()] = fmt.Sprint(name)
	}
	gotAccounts := map[string]account{}
	for _, u := range users {
		a := w.observed(u, names)
		_, doubled := gotAccounts[a.UserName]
		require.False(w.t, doubled, "user %s exists twice at the target", a.UserName)
		gotAccounts[a.UserName] = a
	}
	gotGroups := map[string][]string{}
	for _, g := range groups {
		name, _ := g.Get("displayName")
		_, doubled := gotGroups[fmt.Sprint(name)]
		require.False(w.t, doubled, "group %v exists twice at the target", name)
		var members []string
		for _, id := range g.MemberIDs() {
			members = append(members, names[id])
		}
		slices.Sort(members)
		gotGroups[fmt.Sprint(name)] = members
	}
	wantAccounts, wantGroups := w.expected()
	require.Equal(w.t, wantAccounts, gotAccounts)
	require.Equal(w.t, wantGroups, gotGroups)
}

func (w *world) observed(u scim.Resource, names map[string]string) account {
	text := func(path string) string {
		v, ok := u.Get(path)
		if !ok {
			return ""
		}
		return fmt.Sprint(v)
	}
	a := account{
		UserName: text("userName"), DisplayName: text("displayName"),
		Department: text("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department"), Active: text("active") == "true",
	}
	if v, ok := u.Get("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager"); ok {
		id, _ := scim.ReferenceID(v)
		a.Manager = names[id]
	}
	return a
}

// drain reads a request's body and leaves it to be read again.
func drain(r *http.Request) string {
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	return string(body)
}
