package issuer_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/provisor/provisor/internal/identity/issuer"
	"github.com/provisor/provisor/internal/store"
	"github.com/provisor/provisor/internal/store/sqlstore"
)

// FuzzAuthorize sends any query to authorize and any form to the sign-in page: there
// is an answer, nobody is sent to an address that is not registered, nobody is signed
// in, and no mark-up of the query reaches a page.
func FuzzAuthorize(f *testing.F) {
	good, _ := asking(graphTools, "http://localhost:3", everything)
	f.Add(good.Encode())
	f.Add("client_id=" + graphTools + "&redirect_uri=http://localhost.evil.example&response_type=code")
	f.Add("client_id=" + graphTools + "&redirect_uri=http://localhost:80@evil.example&response_type=token")
	f.Add("client_id=" + graphTools + "&redirect_uri=http://localhost:1&login_hint=%22%3E%3Cscript%3E&state=%3Cb%3E&response_mode=form_post&prompt=none")
	f.Add("provisor-user=ada@contoso.example&provisor-password=x&" + good.Encode())
	f.Add("%zz&&&=;")
	db, err := sqlstore.Open(f.Context(), filepath.Join(f.TempDir(), "provisor.db"), sqlstore.Options{})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = db.Close() })
	if err := db.CreateTenant(f.Context(), store.Tenant{ID: tenantID, Domain: domain, Created: start()}); err != nil {
		f.Fatal(err)
	}
	p := &ports{clients: map[string]issuer.Client{}, users: map[string]issuer.User{}}
	server, err := issuer.New(issuer.Config{
		Now: start, BaseURLs: []string{"https://provisor.example"}, Tenants: p, DefaultTenant: tenantID,
		Clients: p, Keys: issuer.NewRing(signingKeys()), Users: p, Issued: db,
	})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, query string) {
		for _, path := range []string{"/common/oauth2/v2.0/authorize", "/common/oauth2/authorize", "/common/login", "/devicelogin"} {
			r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(query))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			w := httptest.NewRecorder()
			server.ServeHTTP(w, r)
			if w.Code != http.StatusOK && w.Code != http.StatusSeeOther && w.Code != http.StatusBadRequest {
				t.Fatalf("%s: %d %s", path, w.Code, w.Body)
			}
			if strings.Contains(w.Body.String(), "code\" value") {
				t.Fatalf("%s: signed in", path)
			}
			checkRedirect(t, w.Header().Get("Location"))
			if text := strings.ToLower(w.Body.String()); strings.Count(text, "<script") != strings.Count(text, "<script>document.forms") || strings.Contains(text, "<img") {
				t.Fatalf("%s: %s", path, w.Body)
			}
		}
	})
}

// checkRedirect holds that a person is only sent to this machine, without a code.
func checkRedirect(t *testing.T, location string) {
	t.Helper()
	if location == "" {
		return
	}
	u, err := url.Parse(location)
	if err != nil || u.Scheme != "http" || u.Hostname() != "localhost" && u.Hostname() != "127.0.0.1" || u.User != nil || u.Query().Get("code") != "" {
		t.Fatalf("sent to %s", location)
	}
}
