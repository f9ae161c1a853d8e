package graphapi_test

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/provisor/provisor/internal/graphapi"
	"github.com/provisor/provisor/internal/identity"
)

// urls returns one URL of the row in each of its versions.
func urls(r graphapi.Route) []string {
	path := regexp.MustCompile(`\{[^}]+\}`).ReplaceAllString(r.Pattern, "dddddddd-0000-4000-8000-000000000001")
	var all []string
	for _, v := range []graphapi.Versions{graphapi.V1, graphapi.Beta, graphapi.Own, graphapi.Metadata} {
		if r.Versions&v != 0 {
			all = append(all, "/"+v.String()+"/"+path)
		}
	}
	return all
}

// TestEveryRow: each row can be reached, asks for something, and is closed to who
// shows no token and to who may do nothing.
func TestEveryRow(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	w.callers["powerless"] = identity.Caller{TenantID: tenantID, Kind: identity.Application, ObjectID: "none", AppID: "none"}
	rows := w.api.Routes()
	seen := map[string]bool{}
	for _, row := range rows {
		if row.Public == (row.Operation != "") {
			t.Errorf("%s %s: public %v, operation %q", row.Method, row.Pattern, row.Public, row.Operation)
		}
		for _, u := range urls(row) {
			name := row.Method + " " + u
			if seen[name] {
				t.Errorf("%s stands twice", name)
			}
			seen[name] = true
			if row.Public {
				continue
			}
			if rec := w.do(t, "", row.Method, u, ""); rec.Code != http.StatusUnauthorized || rec.Header().Get("WWW-Authenticate") == "" {
				t.Errorf("%s without token: %d %s", name, rec.Code, rec.Body)
			}
			w.closed(t, row, u)
		}
	}
	for _, entry := range w.seen {
		if strings.Contains(entry, "dddddddd") {
			t.Errorf("a metric named after an object: %s", entry)
		}
	}
}

// closed checks that a caller without rights gets nowhere, whatever the body.
func (w *world) closed(t *testing.T, row graphapi.Route, u string) {
	t.Helper()
	open := []identity.Operation{identity.ReadApplicationTemplates, identity.SendBatch} // to every caller with a token
	rec := w.do(t, "powerless", row.Method, u, "{}")
	if slices.Contains(open, row.Operation) != (rec.Code != http.StatusForbidden) {
		t.Errorf("%s %s as powerless: %d %s", row.Method, u, rec.Code, rec.Body)
	}
}

// TestMethodNotAllowed: a known resource says what it offers.
func TestMethodNotAllowed(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	offered := map[string][]string{}
	for _, row := range w.api.Routes() {
		for _, u := range urls(row) {
			offered[u] = append(offered[u], row.Method)
		}
	}
	for u, methods := range offered {
		slices.Sort(methods)
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions, "PROPFIND"} {
			if slices.Contains(methods, method) {
				continue
			}
			rec := w.do(t, "admin", method, u, "")
			if rec.Code != http.StatusMethodNotAllowed || rec.Header().Get("Allow") != strings.Join(methods, ", ") {
				t.Errorf("%s %s: %d, Allow %q, %s", method, u, rec.Code, rec.Header().Get("Allow"), rec.Body)
			}
		}
	}
}

// TestNotThere: what Graph has and this service has not is 404, with a token.
func TestNotThere(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	for _, request := range []string{
		"GET /v1.0/", "GET /v1.0", "GET /", "GET /v1.0/devices", "GET /beta/users/a/mailFolders",
		"GET /v1.0/servicePrincipals/" + string(adminSP) + "/synchronization/Ping()", "GET /provisor/users", "GET /metadata/users",
	} {
		method, path, _ := strings.Cut(request, " ")
		rec := w.do(t, "admin", method, path, "")
		if code, message, _ := fault(t, rec); rec.Code != http.StatusNotFound || code == "" || message == "" {
			t.Errorf("%s: %d %s", request, rec.Code, rec.Body)
		}
	}
}

// TestHeaders: every answer carries its ids, and the caller's own id comes back.
func TestHeaders(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	for path, caller := range map[string]string{"/v1.0/organization": "admin", "/v1.0/users": "", "/beta/nothing": "admin"} {
		h := w.do(t, caller, http.MethodGet, path, "").Header()
		if id := h.Get("request-id"); id == "" || h.Get("client-request-id") != id {
			t.Errorf("%s: ids %q, %q", path, id, h.Get("client-request-id"))
		}
		for name, want := range map[string]string{
			"OData-Version": "4.0", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Strict-Transport-Security": "",
		} {
			if got := h.Get(name); got != want {
				t.Errorf("%s: %s %q", path, name, got)
			}
		}
		if kind := h.Get("Content-Type"); !strings.HasPrefix(kind, "application/json") {
			t.Errorf("%s: Content-Type %q", path, kind)
		}
	}
}
