package graphapi_test

import (
	"net/http"
	"strings"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/identity"
)

// callers are the people and programs of the tests.
func callers() map[string]identity.Caller {
	everything := []identity.Permission{}
	for _, p := range identity.Permissions() {
		everything = append(everything, p.Name)
	}
	app := func(id directory.ObjectID, roles ...identity.Permission) identity.Caller {
		return identity.Caller{
			TenantID: tenantID, Kind: identity.Application, ObjectID: id, ServicePrincipalID: id,
			AppID: appIDOf(id), Roles: roles,
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
