package graphapi_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/graphapi"
	"github.com/provisor/provisor/internal/identity"
	"github.com/provisor/provisor/internal/identity/issuer"
	"github.com/provisor/provisor/internal/identity/token"
	"github.com/provisor/provisor/internal/store"
)

// The objects of people and programs that appear in the table below.
const (
	somebody  = directory.ObjectID("bbbbbbbb-0000-4000-8000-0000000000aa")
	something = directory.ObjectID("bbbbbbbb-0000-4000-8000-0000000000bb")
)

// TestWhoMayAcquire asks for the action over HTTP as callers of every kind. The
// whole table of permissions has its test in package identity; this one shows that
// the surface asks it, with the object's owners and the caller's roles.
func TestWhoMayAcquire(t *testing.T) {
	t.Parallel()

	user := func(scopes ...identity.Permission) identity.Caller {
		return identity.Caller{TenantID: tenantID, Kind: identity.DelegatedUser, ObjectID: somebody, AppID: "cli", Scopes: scopes}
	}
	with := func(c identity.Caller, roles ...identity.Role) identity.Caller {
		c.DirectoryRoles = roles
		return c
	}
	personal := func(c identity.Caller) identity.Caller {
		c.Personal = true
		return c
	}
	app := func(roles ...identity.Permission) identity.Caller {
		return identity.Caller{TenantID: tenantID, Kind: identity.Application, ObjectID: something, ServicePrincipalID: something, AppID: appIDOf(something), Roles: roles}
	}
	const write = identity.SynchronizationReadWrite
	for name, c := range map[string]struct {
		caller identity.Caller
		owns   string // "app" or "sp"
		custom string // an action of a custom role, and where: "action tenant", "action sp", "action app"
		legacy bool
		status int
	}{
		"user, scope and Application Administrator":          {caller: with(user(write), identity.ApplicationAdministrator), status: 204},
		"user, scope and Cloud Application Administrator":    {caller: with(user(write), identity.CloudApplicationAdministrator), status: 204},
		"user, scope and Hybrid Identity Administrator":      {caller: with(user(write), identity.HybridIdentityAdministrator), status: 204},
		"user, scope and Global Administrator":               {caller: with(user(write), identity.GlobalAdministrator), status: 204},
		"user, scope and a reader's role":                    {caller: with(user(write), identity.GlobalReader), status: 403},
		"user, scope without role":                           {caller: user(write), status: 403},
		"user, scope, owner of the service principal":        {caller: user(write), owns: "sp", status: 204},
		"user, scope, owner of the application":              {caller: user(write), owns: "app", status: 204},
		"user, scope, custom role in the tenant":             {caller: user(write), custom: "synchronizationCredentials/manage tenant", status: 204},
		"user, scope, custom role on the service principal":  {caller: user(write), custom: "synchronizationCredentials/manage sp", status: 204},
		"user, scope, custom role on the application":        {caller: user(write), custom: "synchronizationCredentials/manage app", status: 204},
		"user, scope, custom role with another action":       {caller: user(write), custom: "synchronizationJobs/manage tenant", status: 403},
		"user, custom role without scope":                    {caller: user(), custom: "synchronizationCredentials/manage tenant", status: 403},
		"user, role without scope":                           {caller: with(user(), identity.ApplicationAdministrator), status: 403},
		"user, reading scope and role":                       {caller: with(user(identity.SynchronizationRead), identity.ApplicationAdministrator), status: 403},
		"user, application's permission as scope":            {caller: with(user(identity.ApplicationReadWriteOwnedBy), identity.ApplicationAdministrator), status: 403},
		"user, older scope and role":                         {caller: with(user(identity.DirectoryReadWrite), identity.ApplicationAdministrator), status: 403},
		"user, older scope and role, older tables":           {caller: with(user(identity.DirectoryReadWrite), identity.ApplicationAdministrator), legacy: true, status: 204},
		"personal account with everything":                   {caller: personal(with(user(write), identity.GlobalAdministrator)), owns: "sp", legacy: true, status: 403},
		"application, Synchronization.ReadWrite.All":         {caller: app(write), status: 204},
		"application, Synchronization.Read.All":              {caller: app(identity.SynchronizationRead), status: 403},
		"application, OwnedBy, owner of the sp":              {caller: app(identity.ApplicationReadWriteOwnedBy), owns: "sp", status: 204},
		"application, OwnedBy, owner of the application":     {caller: app(identity.ApplicationReadWriteOwnedBy), owns: "app", status: 204},
		"application, OwnedBy, foreign":                      {caller: app(identity.ApplicationReadWriteOwnedBy), status: 403},
		"application, owner without permission":              {caller: app(), owns: "sp", status: 403},
		"application, Application.ReadWrite.All":             {caller: app(identity.ApplicationReadWrite), owns: "sp", status: 403},
		"application, Directory.ReadWrite.All":               {caller: app(identity.DirectoryReadWrite), status: 403},
		"application, Directory.ReadWrite.All, older tables": {caller: app(identity.DirectoryReadWrite), legacy: true, status: 204},
		"application, Directory.Read.All, older tables":      {caller: app(identity.DirectoryRead), legacy: true, status: 403},
		"application, a permission that nobody knows":        {caller: app("Everything.All"), legacy: true, status: 403},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			w := newWorldWith(t, func(g *graphapi.Config) { g.Policy = identity.NewPolicy(identity.Options{Legacy: c.legacy}) })
			w.callers["caller"] = c.caller
			w.principal(t, something, "something")
			w.add(t, directory.Object{ID: somebody, Kind: directory.User, Created: now(), Attributes: directory.Attributes{
				"displayName": "Somebody", "userPrincipalName": "somebody@contoso.example", "mailNickname": "somebody", "accountEnabled": true,
			}})
			p := w.payroll(t)
			w.connect(t, p)
			w.give(t, p, c.caller.ObjectID, c.owns, c.custom)
			before := w.sealed(t, p)
			for _, path := range []string{"/v1.0/servicePrincipals/" + p.sp, "/beta/applications/" + p.app} {
				rec := w.do(t, "caller", http.MethodPost, path+"/synchronization/acquireAccessToken", `{"credentials":[{"key":"UserName","value":"x"}]}`)
				if rec.Code != c.status {
					t.Errorf("%s: %d %s", path, rec.Code, rec.Body)
				}
				if c.status != http.StatusForbidden {
					continue
				}
				if code, message, _ := fault(t, rec); code != "Authorization_RequestDenied" || !strings.HasPrefix(message, "Insufficient privileges to complete the operation.") {
					t.Errorf("%s: %s", path, rec.Body)
				}
			}
			if asked := len(w.application.asked()); c.status == http.StatusForbidden && (asked > 0 || !reflect.DeepEqual(before, w.sealed(t, p))) {
				t.Errorf("a refused request had %d consequences", asked)
			}
		})
	}
}

// give makes principal an owner, or gives it a custom role.
func (w *world) give(t *testing.T, p payroll, principal directory.ObjectID, owns, custom string) {
	t.Helper()
	objects := map[string]directory.ObjectID{"app": directory.ObjectID(p.app), "sp": directory.ObjectID(p.sp)}
	if owns != "" {
		if _, err := w.db.Relate(t.Context(), tenantID, objects[owns], directory.Owners, principal); err != nil {
			t.Fatal(err)
		}
	}
	if custom == "" {
		return
	}
	action, where, _ := strings.Cut(custom, " ")
	err := w.db.PutRoleDefinition(t.Context(), tenantID, store.RoleDefinition{
		ID: "eeeeeeee-0000-4000-8000-000000000001", DisplayName: "Custom", Actions: []string{"microsoft.directory/servicePrincipals/" + action},
	})
	if err != nil {
		t.Fatal(err)
	}
	err = w.db.AddRoleAssignment(t.Context(), tenantID, store.RoleAssignment{
		ID: "eeeeeeee-0000-4000-8000-000000000002", Principal: principal, DefinitionID: "eeeeeeee-0000-4000-8000-000000000001",
		Scope: "/" + string(objects[where]),
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestWithoutToken: who shows no token learns nothing but where to get one.
func TestWithoutToken(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	p := w.payroll(t)
	for _, path := range []string{"/v1.0/servicePrincipals/" + p.sp + "/synchronization/acquireAccessToken", "/v1.0/servicePrincipals/none/synchronization/acquireAccessToken", "/v1.0/nothing"} {
		for _, caller := range []string{"", "nobody"} {
			rec := w.do(t, caller, http.MethodPost, path, `{"credentials":7}`)
			code, _, _ := fault(t, rec)
			if rec.Code != http.StatusUnauthorized || code != "InvalidAuthenticationToken" || !strings.HasPrefix(rec.Header().Get("WWW-Authenticate"), "Bearer ") {
				t.Errorf("%s: %d %v %s", path, rec.Code, rec.Header(), rec.Body)
			}
		}
	}
}

// TestCompatUnknownError401: as the original answers a caller who may not.
func TestCompatUnknownError401(t *testing.T) {
	t.Parallel()

	w := newWorldWith(t, func(g *graphapi.Config) { g.CompatUnknownError401 = true })
	p := w.payroll(t)
	rec := w.do(t, "reader", http.MethodPost, "/v1.0/servicePrincipals/"+p.sp+"/synchronization/acquireAccessToken", "")
	code, message, _ := fault(t, rec)
	if rec.Code != http.StatusUnauthorized || code != "UnknownError" || message != "" {
		t.Errorf("%d %s", rec.Code, rec.Body)
	}
	if rec := w.do(t, "reader", http.MethodGet, "/v1.0/servicePrincipals/"+p.sp+"/synchronization/jobs", ""); rec.Code != http.StatusOK {
		t.Errorf("what the caller may do: %d %s", rec.Code, rec.Body)
	}
}

// TestSyncAllNeedsMore: the switch that says who is provisioned is stored among
// the secrets, but a custom role for credentials alone does not reach it.
func TestSyncAllNeedsMore(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	w.add(t, directory.Object{ID: somebody, Kind: directory.User, Created: now(), Attributes: directory.Attributes{"displayName": "Somebody"}})
	w.callers["clerk"] = identity.Caller{
		TenantID: tenantID, Kind: identity.DelegatedUser, ObjectID: somebody, AppID: "cli", Scopes: []identity.Permission{identity.SynchronizationReadWrite},
	}
	p := w.payroll(t)
	w.give(t, p, somebody, "", "synchronizationCredentials/manage tenant")
	for body, status := range map[string]int{
		`{"value":[` + pair("SyncAll", "true") + `]}`:  http.StatusForbidden,
		`{"value":[` + pair("SyncAll", "false") + `]}`: http.StatusNoContent, // nothing changes: that is the default
		`{"value":[` + pair("UserName", "u") + `]}`:    http.StatusNoContent,
	} {
		rec := w.do(t, "clerk", http.MethodPut, "/v1.0/servicePrincipals/"+p.sp+"/synchronization/secrets", body)
		if rec.Code != status {
			t.Errorf("%s: %d %s", body, rec.Code, rec.Body)
		}
	}
}

// authority is the directory as the built-in issuer and the validator see it.
type authority struct{ secret string }

func (authority) Tenant(context.Context, string) (directory.TenantID, error) { return tenantID, nil }

func (authority) KnownTenant(_ context.Context, id directory.TenantID) (bool, error) {
	return id == tenantID, nil
}

func (a authority) Client(_ context.Context, _ directory.TenantID, appID string) (issuer.Client, error) {
	if appID != appIDOf(adminSP) {
		return issuer.Client{}, errs.New(errs.NotFound, "Request_ResourceNotFound", "no such client")
	}
	return issuer.Client{
		AppID: appID, ServicePrincipalID: adminSP, Roles: []string{string(identity.SynchronizationReadWrite), string(identity.ApplicationReadWrite)},
		Secrets: []issuer.Secret{{Digest: issuer.Digest(a.secret), Period: issuer.Period{Expires: now().Add(time.Hour)}}},
	}, nil
}

func (authority) Consented(context.Context, directory.TenantID, issuer.Client, directory.ObjectID) ([]string, error) {
	return nil, nil
}

// TestBuiltInAuthority goes the whole way of a program: token, then the action.
func TestBuiltInAuthority(t *testing.T) {
	t.Parallel()

	keys, err := issuer.NewKeySet(now())
	if err != nil {
		t.Fatal(err)
	}
	const base = "https://provisor.test"
	clock := now()
	ring, known := issuer.NewRing(keys), authority{secret: issuer.NewSecret()}
	tokens, err := issuer.New(issuer.Config{Now: func() time.Time { return clock }, BaseURLs: []string{base}, Tenants: known, DefaultTenant: tenantID, Clients: known, Keys: ring})
	if err != nil {
		t.Fatal(err)
	}
	validator, err := token.NewValidator(token.Config{Now: func() time.Time { return clock }, Tenants: known, BaseURLs: []string{base}, Keys: ring})
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t)
	p := w.payroll(t)
	w.connect(t, p)
	config := w.api.Config
	config.Authenticator = validator
	w.api = graphapi.New(config)

	form := url.Values{
		"grant_type": {"client_credentials"}, "client_id": {appIDOf(adminSP)}, "client_secret": {known.secret}, "scope": {"https://graph.microsoft.com/.default"},
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, fmt.Sprintf("%s/%s/oauth2/v2.0/token", base, tenantID), strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	rec := httptest.NewRecorder()
	tokens.ServeHTTP(rec, r)
	var granted struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.Unmarshal(rec.Body.Bytes(), &granted); err != nil || granted.AccessToken == "" {
		t.Fatalf("%d %s", rec.Code, rec.Body)
	}
	const action = "/synchronization/acquireAccessToken"
	if rec := w.do(t, granted.AccessToken, http.MethodPost, "/v1.0/servicePrincipals/"+p.sp+action, "{}"); rec.Code != http.StatusNoContent {
		t.Errorf("%d %s", rec.Code, rec.Body)
	}
	if rec := w.do(t, granted.AccessToken, http.MethodGet, "/v1.0/users", ""); rec.Code != http.StatusForbidden {
		t.Errorf("what was not granted: %d %s", rec.Code, rec.Body)
	}
	clock = clock.Add(2 * time.Hour)
	for name, bearer := range map[string]string{"expired": granted.AccessToken, "torn": granted.AccessToken[:len(granted.AccessToken)-9], "none": ""} {
		rec := w.do(t, bearer, http.MethodPost, "/v1.0/servicePrincipals/"+p.sp+action, "{}")
		if challenge := rec.Header().Get("WWW-Authenticate"); rec.Code != http.StatusUnauthorized || !strings.Contains(challenge, "Bearer") || !strings.Contains(challenge, "authorization_uri=") {
			t.Errorf("%s: %d %q %s", name, rec.Code, challenge, rec.Body)
		}
	}
}
