package oauth_test

import (
	"crypto/tls"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/provisor/provisor/internal/oauth"
)

func TestExchange_Grants(t *testing.T) {
	t.Parallel()

	want := map[oauth.Grant]url.Values{
		oauth.AuthorizationCode: {
			"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {"https://provisor.example/redirect?x=1"},
			"code_verifier": {verifier}, "resource": {"urn:r"}, "audience": {"aud"},
		},
		oauth.RefreshToken:      {"grant_type": {"refresh_token"}, "refresh_token": {refreshToken}, "resource": {"urn:r"}, "audience": {"aud"}},
		oauth.ClientCredentials: {"grant_type": {"client_credentials"}, "scope": {"scim users"}, "resource": {"urn:r"}, "audience": {"aud"}},
	}
	for _, grant := range grants() {
		t.Run(string(grant), func(t *testing.T) {
			t.Parallel()

			e := plain(t, granted)
			r := request(e, grant)
			r.Resource, r.Audience = "urn:r", "aud"
			token, err := client(e).Exchange(t.Context(), r)
			if err != nil {
				t.Fatal(err)
			}
			got := e.requests()
			if len(got) != 1 {
				t.Fatalf("%d requests, want 1", len(got))
			}
			if diff := cmp.Diff(want[grant], got[0].form); diff != "" {
				t.Errorf("form (-want +got):\n%s", diff)
			}
			if got[0].user != clientID || got[0].pass != clientSecret {
				t.Errorf("Basic carries %q:%q, want the form-encoded halves", got[0].user, got[0].pass)
			}
			if got[0].header.Get("Accept") != "application/json" || got[0].header.Get("Content-Type") != "application/x-www-form-urlencoded" {
				t.Errorf("headers %v", got[0].header)
			}
			wantToken := oauth.Token{AccessToken: accessToken, Obtained: start(), Lifetime: time.Hour, Method: oauth.SecretBasic}
			if token != wantToken || !token.Expiry().Equal(start().Add(time.Hour)) {
				t.Errorf("token %+v expires %v, want %+v", token, token.Expiry(), wantToken)
			}
		})
	}
}

func TestExchange_ClientAuthentication(t *testing.T) {
	t.Parallel()

	key := parseKey(t, ecKey(t), oauth.KeyOptions{})
	tests := []struct {
		name   string
		change func(*oauth.Request)
		want   oauth.Method
		basic  bool
		form   []string // members that the form must carry besides those of the grant
	}{
		{"basic", func(r *oauth.Request) { r.Method = oauth.SecretBasic }, oauth.SecretBasic, true, nil},
		{"post", func(r *oauth.Request) { r.Method = oauth.SecretPost }, oauth.SecretPost, false, []string{"client_id", "client_secret"}},
		{"auto", func(*oauth.Request) {}, oauth.SecretBasic, true, nil},
		{"auto, remembered", func(r *oauth.Request) { r.First = oauth.SecretPost }, oauth.SecretPost, false, []string{"client_id", "client_secret"}},
		{"public client", func(r *oauth.Request) { r.ClientSecret = "" }, oauth.None, false, []string{"client_id"}},
		{"none by configuration", func(r *oauth.Request) { r.Method = oauth.None }, oauth.None, false, []string{"client_id"}},
		{
			"assertion", func(r *oauth.Request) { r.Key = key }, oauth.PrivateKeyJWT, false,
			[]string{"client_id", "client_assertion", "client_assertion_type"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			e := plain(t, granted)
			r := request(e, oauth.ClientCredentials)
			tt.change(&r)
			token, err := client(e).Exchange(t.Context(), r)
			if err != nil || token.Method != tt.want {
				t.Fatalf("method %q, %v; want %q", token.Method, err, tt.want)
			}
			got := e.requests()[0]
			if basic := got.header.Get("Authorization") != ""; basic != tt.basic {
				t.Errorf("an Authorization header is sent: %v, want %v", basic, tt.basic)
			}
			for _, name := range tt.form {
				if !got.form.Has(name) {
					t.Errorf("the form lacks %s", name)
				}
			}
			if want := 2 + len(tt.form); len(got.form) != want {
				t.Errorf("the form has %d members, want %d: more than one method is used", len(got.form), want)
			}
		})
	}
}

// picky takes the client secret in one place only.
func picky(takes oauth.Method, status int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _, basic := r.BasicAuth()
		if basic == (takes == oauth.SecretBasic) {
			granted(w, r)
			return
		}
		respond(status, "application/json", `{"error":"invalid_client"}`)(w, r)
	}
}

func TestExchange_Fallback(t *testing.T) {
	t.Parallel()

	tests := []struct {
		name   string
		grant  oauth.Grant
		method oauth.Method
		first  oauth.Method
		takes  oauth.Method
		status int
		want   oauth.Method // Auto means refused
		calls  int
	}{
		{"refresh, 401", oauth.RefreshToken, oauth.Auto, oauth.Auto, oauth.SecretPost, 401, oauth.SecretPost, 2},
		{"refresh, 400", oauth.RefreshToken, oauth.Auto, oauth.Auto, oauth.SecretPost, 400, oauth.SecretPost, 2},
		{"refresh, 403", oauth.RefreshToken, oauth.Auto, oauth.Auto, oauth.SecretPost, 403, oauth.Auto, 1},
		{"client credentials", oauth.ClientCredentials, oauth.Auto, oauth.Auto, oauth.SecretPost, 401, oauth.SecretPost, 2},
		{"what worked is tried first", oauth.RefreshToken, oauth.Auto, oauth.SecretPost, oauth.SecretPost, 401, oauth.SecretPost, 1},
		{"what worked works no more", oauth.RefreshToken, oauth.Auto, oauth.SecretPost, oauth.SecretBasic, 401, oauth.SecretBasic, 2},
		{"configured", oauth.RefreshToken, oauth.SecretBasic, oauth.Auto, oauth.SecretPost, 401, oauth.Auto, 1},
		{"a code is never sent again", oauth.AuthorizationCode, oauth.Auto, oauth.Auto, oauth.SecretPost, 401, oauth.Auto, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			e := plain(t, picky(tt.takes, tt.status))
			r := request(e, tt.grant)
			r.Method, r.First = tt.method, tt.first
			token, err := client(e).Exchange(t.Context(), r)
			if token.Method != tt.want || (err == nil) != (tt.want != oauth.Auto) {
				t.Errorf("method %q, %v; want %q", token.Method, err, tt.want)
			}
			if got := len(e.requests()); got != tt.calls {
				t.Errorf("%d requests, want %d", got, tt.calls)
			}
		})
	}
}

func TestExchange_ClientCertificate(t *testing.T) {
	t.Parallel()

	e := &endpoint{}
	e.Server = httptest.NewUnstartedServer(e.record(granted))
	e.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert}
	e.StartTLS()
	t.Cleanup(e.Close)

	c := client(e)
	c.Certified = func(certificate *tls.Certificate) *http.Client {
		transport, ok := e.Client().Transport.(*http.Transport)
		if !ok {
			t.Fatal("the test server's client has no transport of net/http")
		}
		transport = transport.Clone()
		transport.TLSClientConfig.Certificates = []tls.Certificate{*certificate}
		return &http.Client{Transport: transport}
	}
	certificate, err := oauth.ParseCertificate(certificatePEM(t))
	if err != nil {
		t.Fatal(err)
	}
	r := request(e, oauth.ClientCredentials)
	r.Certificate, r.ClientSecret = certificate, ""
	token, err := c.Exchange(t.Context(), r)
	if err != nil || token.Method != oauth.TLSClient {
		t.Fatalf("method %q, %v; want %q", token.Method, err, oauth.TLSClient)
	}
	if got := e.requests()[0]; got.certs == 0 || got.form.Get("client_id") != clientID || got.header.Get("Authorization") != "" {
		t.Errorf("%d certificates, form %v, header %v", got.certs, got.form, got.header)
	}
	c.Certified = nil
	_ = wantKind(t, exchange(t, c, r), oauth.Misconfigured, "not offered")
}

func TestParseCertificate_Refuses(t *testing.T) {
	t.Parallel()

	whole := certificatePEM(t)
	_, keyOnly := pem.Decode(whole)
	for name, data := range map[string][]byte{"nothing": nil, "key only": keyOnly, "half": whole[:len(whole)/2]} {
		if _, err := oauth.ParseCertificate(data); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
