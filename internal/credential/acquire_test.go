package credential_test

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/provisor/provisor/internal/credential"
	"github.com/provisor/provisor/internal/egress"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/oauth"
)

func TestAcquire_AuthorizationCode(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	w.acquire(w.client("Oauth2AuthorizationCode", theCode, "Oauth2RedirectUri", "https://provisor.example/redirect"))

	form := w.app.calls()[0]
	if form.Get("grant_type") != "authorization_code" || form.Get("code") != theCode || form.Get("redirect_uri") != "https://provisor.example/redirect" {
		t.Errorf("the endpoint got %v", form)
	}
	want := map[string]string{
		"BaseAddress": w.app.URL + "/scim", "Oauth2ClientId": "client-1", "Oauth2ClientSecret": theClientSecret, "Oauth2TokenExchangeUri": w.app.URL + "/token?v=1",
		"Oauth2RedirectUri": "https://provisor.example/redirect", "Oauth2AccessToken": "access-token-1", "Oauth2RefreshToken": "refresh-token-1",
		"Oauth2AccessTokenCreationTime": "2026-05-06T07:08:09Z", "TokenExpiration": "2026-05-06T08:08:09Z",
	}
	if diff := cmp.Diff(want, w.graph()); diff != "" {
		t.Errorf("stored (-want +got):\n%s", diff)
	}
	for _, made := range []string{"Oauth2AccessToken", "Oauth2RefreshToken", "Oauth2AccessTokenCreationTime", "TokenExpiration"} {
		delete(want, made)
	}
	want["Oauth2ClientSecret"] = "*"
	if diff := cmp.Diff(want, w.listed()); diff != "" {
		t.Errorf("listed (-want +got):\n%s", diff)
	}
	w.wantToken("access-token-1")
}

func TestAcquire_LifetimeUnknown(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	w.authorized()
	w.app.set(func(a *application) { a.lifetime = 0 })
	w.acquire(nil)
	if got := w.graph(); got["TokenExpiration"] != "" || got["Oauth2AccessToken"] != "access-token-2" {
		t.Errorf("the expiry of the token before is still stored: %v", got["TokenExpiration"])
	}
	w.clock.pass(1000 * time.Hour)
	w.wantToken("access-token-2")
}

func TestAcquire_RefreshTokenStaysWhenNoneComes(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	w.app.rotates = false
	w.authorized()
	w.acquire(nil)
	if got := w.graph(); got["Oauth2RefreshToken"] != "refresh-token-1" || got["Oauth2AccessToken"] != "access-token-2" {
		t.Errorf("stored %v", got)
	}
}

// The request goes over the store, the store over the template; "*" and "" mean
// what is stored.
func TestAcquire_Merge(t *testing.T) {
	t.Parallel()

	template := credential.Settings{
		"Oauth2TokenExchangeUri": "template", credential.Scope: "template-scope", "Oauth2ClientId": "template-id", credential.Audience: "template-audience",
	}
	tests := []struct {
		name           string
		stored, given  []credential.Given
		wantID, wantIn string // the client id that is sent, and the one stored afterwards
	}{
		{"template", nil, nil, "template-id", ""},
		{"store over template", give("Oauth2ClientId", "stored-id"), nil, "stored-id", "stored-id"},
		{"request over store", give("Oauth2ClientId", "stored-id"), give("Oauth2ClientId", "given-id"), "given-id", "given-id"},
		{"request over template", nil, give("Oauth2ClientId", "given-id"), "given-id", "given-id"},
		{"* is what is stored", give("Oauth2ClientId", "stored-id"), give("Oauth2ClientId", "*"), "stored-id", "stored-id"},
		{"nothing is what is stored", give("Oauth2ClientId", "stored-id"), give("Oauth2ClientId", ""), "stored-id", "stored-id"},
		{"* without anything stored", nil, give("Oauth2ClientId", "*"), "template-id", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			w := newWorld(t)
			w.put(append(tt.stored, give("Oauth2ClientSecret", theClientSecret)...))
			settings := maps.Clone(template)
			settings["Oauth2TokenExchangeUri"] = w.app.URL + "/token"
			user := ""
			w.app.check = func(r *http.Request) { user, _, _ = r.BasicAuth() }
			if err := w.Acquire(t.Context(), tenant, sp, settings, tt.given); err != nil {
				t.Fatal(err)
			}
			form := w.app.calls()[0]
			if user != tt.wantID || form.Get("scope") != "template-scope" || form.Get("audience") != "template-audience" {
				t.Errorf("sent as %q with %v, want %q", user, form, tt.wantID)
			}
			if got := w.graph(); got["Oauth2ClientId"] != tt.wantIn || got["Oauth2TokenExchangeUri"] != "" {
				t.Errorf("stored %v, want the client id %q and nothing of the template", got, tt.wantIn)
			}

			w.clock.pass(2 * time.Hour)
			w.wantToken("access-token-2") // renewed with the template's settings
			if user != tt.wantID {
				t.Errorf("renewed as %q, want %q", user, tt.wantID)
			}
		})
	}
}

func TestAcquire_Grant(t *testing.T) {
	t.Parallel()

	codeAndRefresh := []string{"Oauth2AuthorizationCode", theCode, "Oauth2RefreshToken", "refresh-token-0"}
	tests := []struct {
		name  string
		given []string
		want  string
	}{
		{"code first", codeAndRefresh, "authorization_code"},
		{"refresh token next", []string{"Oauth2RefreshToken", "refresh-token-0"}, "refresh_token"},
		{"client credentials last", nil, "client_credentials"},
		{"published name", append(codeAndRefresh, "AuthenticationType", "OAuth2ClientCredentialsGrant"), "client_credentials"},
		{"code by name", append(codeAndRefresh, "AuthenticationType", "OAuth2AuthorizationCodeGrant"), "authorization_code"},
		{"code by name, none left", []string{"Oauth2RefreshToken", "refresh-token-0", "AuthenticationType", "oauth2 authorization code grant"}, "refresh_token"},
		{"refresh by name", append(codeAndRefresh, "AuthenticationType", "refresh_token"), "refresh_token"},
		{"OAuth2 leaves it open", append(codeAndRefresh, "AuthenticationType", "OAuth2"), "authorization_code"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			w := newWorld(t)
			w.app.refresh = "refresh-token-0"
			w.acquire(w.client(tt.given...))
			calls := w.app.calls()
			if got := calls[0].Get("grant_type"); got != tt.want || len(calls) != 1 {
				t.Errorf("grant %q in %d calls, want %q", got, len(calls), tt.want)
			}
			if _, ok := w.graph()["Oauth2AuthorizationCode"]; ok {
				t.Error("the code is stored")
			}
		})
	}
}

func TestAcquire_Missing(t *testing.T) {
	t.Parallel()

	tests := []struct {
		name  string
		given []credential.Given
		code  string
		says  []string
	}{
		{"nothing", nil, "CredentialsMissing", []string{"Oauth2AuthorizationCode", "Oauth2RefreshToken", "Oauth2TokenExchangeUri, Oauth2ClientId and Oauth2ClientSecret are missing"}},
		{"only a bearer token", give("SecretToken", theSecretToken), "CredentialsMissing", []string{"Oauth2ClientId"}},
		{"code alone", give("Oauth2AuthorizationCode", theCode), "CredentialsMissing", []string{"Oauth2TokenExchangeUri and Oauth2ClientId are missing"}},
		{"no secret", give("Oauth2ClientId", "a", "Oauth2TokenExchangeUri", "https://a.example/"), "CredentialsMissing", []string{"Oauth2ClientSecret is missing"}},
		{"no code", give("AuthenticationType", "AuthorizationCode", "Oauth2ClientId", "a", "Oauth2TokenExchangeUri", "https://a.example/"), "CredentialsMissing", []string{"Oauth2AuthorizationCode is missing", "authorization_code"}},
		{"no refresh token", give("AuthenticationType", "RefreshToken", "Oauth2ClientId", "a", "Oauth2TokenExchangeUri", "https://a.example/"), "CredentialsMissing", []string{"Oauth2RefreshToken is missing"}},
		{"static", give("AuthenticationType", "AuthenticationToken", "SecretToken", theSecretToken), "CredentialsMissing", []string{"AuthenticationType"}},
		{"unknown type", give("AuthenticationType", "SyncPolicy"), "RequestParameterInvalid", []string{"SyncPolicy", "OAuth2ClientCredentialsGrant"}},
		{"http", give("Oauth2ClientId", "a", "Oauth2ClientSecret", theClientSecret, "Oauth2TokenExchangeUri", "ftp://a.example/"), "RequestParameterInvalid", []string{"Oauth2TokenExchangeUri: ", "https"}},
		{"metadata", give("Oauth2ClientId", "a", "Oauth2ClientSecret", theClientSecret, "Oauth2TokenExchangeUri", "http://169.254.169.254/"), "RequestParameterInvalid", []string{"metadata", "--egress-allow"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			w := newWorld(t)
			err := w.Acquire(t.Context(), tenant, sp, nil, tt.given)
			w.wantError(err, errs.Invalid, tt.code, tt.says...)
			if len(w.stored()) != 0 || len(w.app.calls()) != 0 {
				t.Errorf("%v is stored after an error, and %d calls were made", w.stored(), len(w.app.calls()))
			}
		})
	}
}

func reply(status int, contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

func hangUp(w http.ResponseWriter, _ *http.Request) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err == nil {
		_ = conn.Close()
	}
}

// Whatever the token endpoint does, the caller gets a 400 that a person understands,
// nothing is stored, and a code is sent once.
func TestAcquire_Trouble(t *testing.T) {
	t.Parallel()

	js := "application/json"
	tests := []struct {
		name    string
		handler http.HandlerFunc
		code    string
		oauth   string
		says    []string
	}{
		{"invalid_grant", reply(400, js, `{"error":"invalid_grant","error_description":"too old."}`), "InvalidCredentials", "invalid_grant", []string{"invalid_grant: too old. "}},
		{"invalid_client", reply(401, js, `{"error":"invalid_client"}`), "InvalidCredentials", "invalid_client", []string{"Oauth2ClientSecret", "provisor.clientAuthentication"}},
		{"unauthorized_client", reply(400, js, `{"error":"unauthorized_client"}`), "InvalidCredentials", "unauthorized_client", []string{"AuthenticationType"}},
		{"invalid_scope", reply(400, js, `{"error":"invalid_scope"}`), "InvalidCredentials", "invalid_scope", []string{"provisor.scope"}},
		{"invalid_target", reply(400, js, `{"error":"invalid_target"}`), "InvalidCredentials", "invalid_target", []string{"provisor.resource"}},
		{"anything else", reply(400, js, `{"error":"teapot"}`), "InvalidCredentials", "teapot", []string{"documentation"}},
		{"temporarily_unavailable", reply(400, js, `{"error":"temporarily_unavailable"}`), "CredentialValidationUnavailable", "temporarily_unavailable", nil},
		{"500", reply(500, "text/html", "<html>"), "CredentialValidationUnavailable", "", []string{"HTTP 500"}},
		{"429", reply(429, js, "{}"), "CredentialValidationUnavailable", "", []string{"later"}},
		{"HTML", reply(200, "text/html", "<html>"), "CredentialValidationUnavailable", "", []string{"web page", "Oauth2TokenExchangeUri"}},
		{"no token", reply(200, js, "{}"), "CredentialValidationUnavailable", "", []string{"access_token"}},
		{"wrong type", reply(200, js, `{"access_token":"a","token_type":"mac"}`), "CredentialValidationUnavailable", "", []string{"Bearer"}},
		{"10 MB", reply(200, js, strings.Repeat(" ", 10<<20)), "CredentialValidationUnavailable", "", nil},
		{"redirect", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://elsewhere.example/", http.StatusTemporaryRedirect)
		}, "CredentialValidationUnavailable", "", []string{"elsewhere.example", "final URL"}},
		{"hang up", hangUp, "CredentialValidationUnavailable", "", []string{"firewall"}},
	}
	for _, tt := range tests {
		for _, grant := range []string{"Oauth2AuthorizationCode", "Oauth2RefreshToken", "client"} {
			t.Run(tt.name+" "+grant, func(t *testing.T) {
				t.Parallel()

				w := newWorld(t)
				w.put(w.client())
				before := w.graph()
				w.app.interpose = tt.handler
				given := give("Domain", "given")
				if grant != "client" {
					given = append(given, give(grant, theCode)...)
				}
				err := w.Acquire(t.Context(), tenant, sp, nil, given)
				typed := w.typed(err, errs.Invalid, tt.code, append(tt.says, w.app.URL+"/token", string(sp))...)
				if tt.oauth != "" && (len(typed.Details) != 1 || typed.Details[0].Code != tt.oauth) {
					t.Errorf("details %+v, want %s", typed.Details, tt.oauth)
				}
				if diff := cmp.Diff(before, w.graph()); diff != "" {
					t.Errorf("an error changed the store (-before +after):\n%s", diff)
				}
				calls := w.app.calls()
				if grant == "Oauth2AuthorizationCode" && (len(calls) != 1 || !strings.Contains(typed.Message, "uthorize again")) {
					t.Errorf("%d calls, message %q", len(calls), typed.Message)
				}
				if f, err := w.Fault(t.Context(), tenant, sp); f != nil || err != nil {
					t.Errorf("a caller's attempt left the fault %+v, %v", f, err)
				}
			})
		}
	}
}

func TestAcquire_RetryAfterTravels(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	w.app.interpose = func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Retry-After", "17")
		rw.WriteHeader(http.StatusTooManyRequests)
	}
	err := w.Acquire(t.Context(), tenant, sp, nil, w.client())
	if typed := w.typed(err, errs.Invalid, "CredentialValidationUnavailable"); typed.RetryAfter != 17*time.Second {
		t.Errorf("RetryAfter %v", typed.RetryAfter)
	}
}

func TestAcquire_CodeIsSentOnce(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	w.put(w.client("Oauth2AuthorizationCode", theCode))
	w.app.interpose = hangUp
	w.wantError(w.Acquire(t.Context(), tenant, sp, nil, nil), errs.Invalid, "CredentialValidationUnavailable", "uthorize again")
	if _, ok := w.graph()["Oauth2AuthorizationCode"]; ok {
		t.Error("a code that was sent is still stored")
	}
	w.app.set(func(a *application) { a.interpose = nil })
	again := give("Oauth2AuthorizationCode", theCode)
	w.wantError(w.Acquire(t.Context(), tenant, sp, nil, again), errs.Invalid, "InvalidCredentials", "already sent", "Authorize again")
	w.wantError(w.process("process 2").Acquire(t.Context(), tenant, sp, nil, again), errs.Invalid, "InvalidCredentials", "already sent")
	if n := len(w.app.calls()); n != 1 {
		t.Errorf("the code was sent %d times", n)
	}
}

func TestAcquire_CodeThatNeverLeftStays(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	w.put(w.client("Oauth2AuthorizationCode", theCode))
	before := w.stored()
	unreachable := give("Oauth2TokenExchangeUri", "http://127.0.0.1:1/token")
	w.wantError(w.Acquire(t.Context(), tenant, sp, nil, unreachable), errs.Invalid, "CredentialValidationUnavailable", "Then acquire again")
	if diff := cmp.Diff(before, w.stored()); diff != "" {
		t.Errorf("(-before +after):\n%s", diff)
	}
	w.acquire(nil)
	w.wantToken("access-token-1")
}

func TestAcquire_SameCodeAtOnce(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	w.put(w.client())
	services := []*credential.Service{w.Service, w.process("process 2"), w.process("process 3")}
	errors := make([]error, 12)
	var all sync.WaitGroup
	for i := range errors {
		all.Go(func() {
			errors[i] = services[i%3].Acquire(t.Context(), tenant, sp, nil, give("Oauth2AuthorizationCode", theCode))
		})
	}
	all.Wait()
	good := 0
	for _, err := range errors {
		if err == nil {
			good++
			continue
		}
		w.wantError(err, errs.Invalid, "InvalidCredentials", "already sent")
	}
	if n := len(w.app.calls()); n != 1 || good != 1 {
		t.Errorf("the code was sent %d times, and %d calls succeeded", n, good)
	}
}

func TestAcquire_GoesOnWithoutItsCaller(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	ctx, cancel := context.WithCancel(t.Context())
	w.app.check = func(*http.Request) { cancel() }
	if err := w.Acquire(ctx, tenant, sp, nil, w.client("Oauth2AuthorizationCode", theCode)); err != nil {
		t.Fatal(err)
	}
	w.wantToken("access-token-1")

	err := w.Acquire(ctx, tenant, sp, nil, nil)
	if err == nil || len(w.app.calls()) != 1 {
		t.Errorf("a caller who is gone began an exchange: %v, %d calls", err, len(w.app.calls()))
	}
}

func TestAcquire_RemembersWhatTheEndpointTakes(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	w.app.wants = oauth.SecretPost
	w.acquire(w.client())
	if n := len(w.app.calls()); n != 2 {
		t.Fatalf("%d calls, want Basic and then the body", n)
	}
	w.acquire(nil)
	if n := len(w.app.calls()); n != 3 {
		t.Errorf("%d further calls, want one: what worked was not remembered", n-2)
	}
	if err := w.Configure(t.Context(), tenant, sp, credential.Settings{credential.ClientAuthentication: "client_secret_basic"}); err != nil {
		t.Fatal(err)
	}
	w.wantError(w.Acquire(t.Context(), tenant, sp, nil, nil), errs.Invalid, "InvalidCredentials")
	if n := len(w.app.calls()); n != 4 {
		t.Errorf("%d calls with a configured method, want one", n-3)
	}
}

func TestAcquire_PrivateKey(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	w.app.interpose = reply(200, "application/json", `{"access_token":"access-by-assertion","token_type":"Bearer"}`)
	if err := w.Configure(t.Context(), tenant, sp, credential.Settings{credential.PrivateKey: ecKey(t), credential.PrivateKeyID: "k1"}); err != nil {
		t.Fatal(err)
	}
	w.acquire(give("Oauth2ClientId", "client-1", "Oauth2TokenExchangeUri", w.app.URL+"/token"))
	form := w.app.calls()[0]
	if form.Get("client_assertion") == "" || form.Get("client_secret") != "" || form.Get("grant_type") != "client_credentials" {
		t.Errorf("the endpoint got %v", form)
	}
	w.wantToken("access-by-assertion")
}

// A name may resolve to an address that is refused; that shows at the moment of
// connecting. Nothing was sent, so the code can be sent once the way is open.
func TestAcquire_EgressPolicyAtTheDial(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	w.put(w.client("Oauth2AuthorizationCode", theCode))
	strict := egress.NewClient(egress.Policy{AllowHTTP: true}, egress.Options{})
	s := w.process("process 2")
	s.OAuth = &oauth.Client{HTTP: strict, Now: w.clock.Now}
	err := s.Acquire(t.Context(), tenant, sp, nil, nil)
	w.wantError(err, errs.Invalid, "RequestParameterInvalid", "Oauth2TokenExchangeUri: ", "127.0.0.1", "--egress-allow")
	if len(w.app.calls()) != 0 {
		t.Error("the request reached a forbidden address")
	}
	w.acquire(nil)
}

func TestAcquire_ClientCertificateOverTLS(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	secure := httptest.NewUnstartedServer(http.HandlerFunc(w.app.token))
	secure.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert}
	secure.StartTLS()
	t.Cleanup(secure.Close)
	w.app.interpose = reply(200, "application/json", `{"access_token":"access-by-certificate","token_type":"Bearer"}`)
	roots, err := egress.Roots(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: secure.Certificate().Raw}))
	if err != nil {
		t.Fatal(err)
	}
	w.OAuth.Certified = func(c *tls.Certificate) *http.Client {
		return egress.NewClient(policy(), egress.Options{Certificate: c, RootCAs: roots})
	}
	if err := w.Configure(t.Context(), tenant, sp, credential.Settings{credential.ClientCertificate: certificate(t)}); err != nil {
		t.Fatal(err)
	}
	w.acquire(give("Oauth2ClientId", "client-1", "Oauth2TokenExchangeUri", secure.URL+"/token"))
	if form := w.app.calls()[0]; form.Get("client_id") != "client-1" || form.Has("client_secret") {
		t.Errorf("the endpoint got %v", form)
	}
	w.wantToken("access-by-certificate")
}

// What is on disk when Acquire returns is what a new process finds.
func TestAcquire_IsDurableBeforeItReturns(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	w.authorized()
	data, err := w.ring.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(fmt.Sprint(w.memory.secrets), string(data)) {
		t.Fatal("the keys are in the store")
	}
	if got := w.token(w.process("process 2")).Token.Reveal(); got != "access-token-1" {
		t.Errorf("another process finds %q", got)
	}
	var spent []string
	if err := json.Unmarshal([]byte(w.stored()["provisor.spentCodes"]), &spent); err != nil || len(spent) != 1 {
		t.Errorf("spent codes %v, %v", spent, err)
	}
}
