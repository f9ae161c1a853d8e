package issuer_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/provisor/provisor/internal/identity/issuer"
)

// BenchmarkToken is one client credentials request without the network; nearly all
// of it is the RSA signature.
func BenchmarkToken(b *testing.B) {
	secret := issuer.NewSecret()
	p := &ports{clients: map[string]issuer.Client{appID: {
		AppID: appID, ServicePrincipalID: principal, Secrets: []issuer.Secret{{Digest: issuer.Digest(secret)}},
	}}}
	server, err := issuer.New(issuer.Config{
		Now: start, BaseURLs: []string{"https://provisor.example"}, Tenants: p, DefaultTenant: tenantID,
		Clients: p, Keys: issuer.NewRing(signingKeys()),
	})
	if err != nil {
		b.Fatal(err)
	}
	body := url.Values{"grant_type": {"client_credentials"}, "client_id": {appID}, "client_secret": {secret}, "scope": {graph}}.Encode()
	b.ReportAllocs()
	for b.Loop() {
		r := httptest.NewRequest(http.MethodPost, "/common/oauth2/v2.0/token", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		if server.ServeHTTP(w, r); w.Code != http.StatusOK {
			b.Fatal(w.Body)
		}
	}
}

// FuzzTokenRequest sends any body and any Authorization header: there is an answer,
// it is never a token, and it never repeats what was sent as a secret.
func FuzzTokenRequest(f *testing.F) {
	f.Add("grant_type=client_credentials&client_id=x&client_secret=y&scope=https://graph.microsoft.com/.default", "Basic eDp5")
	f.Add("grant_type=client_credentials&client_id="+appID+"&client_secret=s3cret-s3cret&scope=a//b/.default+.default", "")
	f.Add("grant_type=client_credentials&client_assertion=eyJhbGciOiJub25lIn0.e30.&client_assertion_type="+url.QueryEscape(assertionType), "Bearer x")
	f.Add("grant_type=%zz&&&=;", "Basic !")
	p := &ports{clients: map[string]issuer.Client{appID: {AppID: appID, ServicePrincipalID: principal, Secrets: []issuer.Secret{{Digest: issuer.Digest(issuer.NewSecret())}, {}}}}}
	server, err := issuer.New(issuer.Config{
		Now: start, BaseURLs: []string{"https://provisor.example"}, Tenants: p, DefaultTenant: tenantID,
		Clients: p, Keys: issuer.NewRing(signingKeys()),
	})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body, authorization string) {
		r := httptest.NewRequest(http.MethodPost, "/common/oauth2/v2.0/token", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Authorization", authorization)
		w := httptest.NewRecorder()
		server.ServeHTTP(w, r)
		if w.Code < 400 || w.Code >= 500 {
			t.Fatalf("status %d: %s", w.Code, w.Body)
		}
		secret := r.PostForm.Get("client_secret")
		r.PostForm.Del("client_secret")
		elsewhere := fmt.Sprint(r.PostForm)
		if len(secret) > 10 && strings.Contains(w.Body.String(), secret) && !strings.Contains(elsewhere, secret) {
			t.Fatalf("the answer repeats the secret: %s", w.Body)
		}
	})
}
