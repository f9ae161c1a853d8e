package graphapi_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/provisor/provisor/internal/graphapi"
)

// FuzzRequest: no path and no body brings the surface to fail itself.
func FuzzRequest(f *testing.F) {
	for _, path := range []string{
		"/v1.0/users", "/v1.0/users/x", "/v1.0/users?$filter=displayName eq 'x'&$top=1", "/v1.0/servicePrincipals(appId='{appId}')/synchronization/acquireAccessToken",
		"/beta/applications/{app}/synchronization/secrets", "/v1.0/groups/x/members/$ref", "/", "//", "/v1.0/users('", "/v1.0/%zz", "/v1.0/users(a='b',c='d')",
		"/v1.0/directory/deletedItems/x/restore", "/provisor/oauth/callback?state=x&code=y", "/metadata/endpoints", "/v1.0/users?$skiptoken=AAAA",
	} {
		f.Add(http.MethodGet, path, "")
		f.Add(http.MethodPost, path, `{"credentials":[{"key":"UserName","value":"u"}]}`)
		f.Add(http.MethodPut, path, `{"value":[{"key":"UserName","value":null}]}`)
		f.Add(http.MethodPatch, path, `{"displayName":"x","members@odata.bind":["y"]}`)
	}
	w := newWorldOf(f, func(*graphapi.Config) {})
	f.Fuzz(func(t *testing.T, method, path, body string) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://provisor.test/", strings.NewReader(body))
		u, err := r.URL.Parse("http://provisor.test" + path)
		if err != nil {
			t.Skip("not a URL")
		}
		r.Method, r.URL = method, u
		r.Header.Set("Authorization", "Bearer admin")
		if rec := w.send(r); rec.Code >= http.StatusInternalServerError && rec.Code != http.StatusNotImplemented {
			t.Errorf("%s %q %q: %d %s", method, path, body, rec.Code, rec.Body)
		}
	})
}
