package credential_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/provisor/provisor/internal/credential"
	"github.com/provisor/provisor/internal/errs"
)

const redirect = "https://provisor.example/redirect"

// consent is the browser: it visits the authorization URL and brings the code back.
func (w *world) consent(location string) credential.Callback {
	w.t.Helper()
	u, err := url.Parse(location)
	if err != nil {
		w.t.Fatal(err)
	}
	q := u.Query()
	if q.Get("response_type") != "code" || q.Get("client_id") != "client-1" || q.Get("code_challenge_method") != "S256" || q.Get("redirect_uri") != redirect {
		w.t.Errorf("authorization URL %s", location)
	}
	w.app.set(func(a *application) { a.codes[theCode] = q.Get("code_challenge") })
	return credential.Callback{State: q.Get("state"), Code: theCode}
}

func (w *world) begin(to string) string {
	w.t.Helper()
	location, err := w.BeginAuthorize(w.t.Context(), tenant, sp, nil, to)
	if err != nil {
		w.t.Fatal(err)
	}
	return location
}

func (w *world) authorizable() {
	w.t.Helper()
	w.put(w.client("Oauth2AuthorizationUri", "https://app.example/authorize?tenant=7", "Oauth2RedirectUri", redirect))
}

func TestAuthorize(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	w.authorizable()
	if err := w.Configure(t.Context(), tenant, sp, credential.Settings{credential.Scope: "scim"}); err != nil {
		t.Fatal(err)
	}
	location := w.begin("")
	if !strings.HasPrefix(location, "https://app.example/authorize?tenant=7&") || !strings.Contains(location, "&scope=scim&") {
		t.Errorf("location %s", location)
	}
	back := w.consent(location)
	// The browser may come back to another process.
	owner, err := w.process("process 2").FinishAuthorize(t.Context(), back)
	if err != nil || owner != (credential.Owner{Tenant: tenant, ServicePrincipal: sp}) {
		t.Fatalf("owner %v, %v", owner, err)
	}
	w.wantToken("access-token-1")
	if form := w.app.calls()[0]; form.Get("redirect_uri") != redirect || form.Get("code_verifier") == "" {
		t.Errorf("the endpoint got %v", form)
	}
	for _, key := range []string{"provisor.codeVerifier", "provisor.authorization", "Oauth2AuthorizationCode"} {
		if _, ok := w.stored()[key]; ok {
			t.Errorf("%s is still stored", key)
		}
	}
	_, err = w.FinishAuthorize(t.Context(), back)
	w.wantError(err, errs.Invalid, "RequestParameterInvalid", "used before")
	if n := len(w.app.calls()); n != 1 {
		t.Errorf("%d calls", n)
	}
}

// The front end may post the code to Graph's action itself: the verifier that is
// kept goes with it, and the redirect URI of the first leg.
func TestAuthorize_ThenAcquire(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	w.put(w.client("Oauth2AuthorizationUri", "https://app.example/authorize", "Oauth2RedirectUri", "https://other.example/"))
	w.consent(w.begin(redirect))
	w.acquire(give("Oauth2AuthorizationCode", theCode))
	if form := w.app.calls()[0]; form.Get("redirect_uri") != redirect {
		t.Errorf("the endpoint got %v", form)
	}
	if _, ok := w.stored()["provisor.codeVerifier"]; ok {
		t.Error("the verifier is still stored")
	}
}

func TestAuthorize_OldVerifierIsNotUsed(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	w.authorizable()
	w.begin("")
	w.clock.pass(11 * time.Minute)
	w.acquire(give("Oauth2AuthorizationCode", theCode))
	if form := w.app.calls()[0]; form.Has("code_verifier") {
		t.Error("a verifier of an authorization that ended was sent with another code")
	}
}

func TestAuthorize_WithTemplate(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	w.put(give("Oauth2ClientId", "client-1", "Oauth2ClientSecret", theClientSecret))
	template := credential.Settings{
		"Oauth2AuthorizationUri": "https://app.example/authorize", "Oauth2TokenExchangeUri": w.app.URL + "/token", credential.Scope: "scim.write",
	}
	location, err := w.BeginAuthorize(t.Context(), tenant, sp, template, redirect)
	if err != nil || !strings.Contains(location, "scope=scim.write") {
		t.Fatal(location, err)
	}
	if _, err := w.FinishAuthorize(t.Context(), w.consent(location)); err != nil {
		t.Fatal(err)
	}
	w.clock.pass(2 * time.Hour)
	w.wantToken("access-token-2")
}

func TestBeginAuthorize_Refuses(t *testing.T) {
	t.Parallel()

	good := []string{"Oauth2ClientId", "a", "Oauth2AuthorizationUri", "https://a.example/", "Oauth2TokenExchangeUri", "https://a.example/token", "Oauth2RedirectUri", redirect}
	with := func(key, value string) []credential.Given {
		all := give(good...)
		for i := range all {
			if all[i].Key.String() == key {
				all[i].Value = value
			}
		}
		return all
	}
	tests := []struct {
		given []credential.Given
		code  string
		says  string
	}{
		{with("Oauth2ClientId", ""), "CredentialsMissing", "Oauth2ClientId"},
		{with("Oauth2AuthorizationUri", ""), "CredentialsMissing", "Oauth2AuthorizationUri"},
		{with("Oauth2TokenExchangeUri", ""), "CredentialsMissing", "Oauth2TokenExchangeUri"},
		{with("Oauth2RedirectUri", ""), "CredentialsMissing", "Oauth2RedirectUri"},
		{with("Oauth2AuthorizationUri", "/authorize"), "RequestParameterInvalid", "Oauth2AuthorizationUri"},
		{with("Oauth2AuthorizationUri", "javascript://a/%0aalert(1)"), "RequestParameterInvalid", "Oauth2AuthorizationUri"},
		{with("Oauth2TokenExchangeUri", "http://169.254.169.254/"), "RequestParameterInvalid", "metadata"},
	}
	for _, tt := range tests {
		t.Run(tt.says, func(t *testing.T) {
			t.Parallel()

			w := newWorld(t)
			w.put(tt.given)
			_, err := w.BeginAuthorize(t.Context(), tenant, sp, nil, "")
			w.wantError(err, errs.Invalid, tt.code, tt.says)
			if _, ok := w.stored()["provisor.codeVerifier"]; ok {
				t.Error("a refused authorization left a verifier")
			}
		})
	}
}

func TestFinishAuthorize_Refuses(t *testing.T) {
	t.Parallel()

	tests := []struct {
		name   string
		change func(w *world, c *credential.Callback)
		code   string
		says   string
		owner  bool
	}{
		{"no state", func(_ *world, c *credential.Callback) { c.State = "" }, "RequestParameterInvalid", "not one of this service", false},
		{"forged", func(_ *world, c *credential.Callback) { c.State = "Zm9yZ2Vk" }, "RequestParameterInvalid", "not one of this service", false},
		{"not base64", func(_ *world, c *credential.Callback) { c.State = "%%%" }, "RequestParameterInvalid", "not one of this service", false},
		{"altered", func(_ *world, c *credential.Callback) { c.State = "B" + c.State[1:] }, "RequestParameterInvalid", "not one of this service", false},
		{"too late", func(w *world, _ *credential.Callback) { w.clock.pass(10 * time.Minute) }, "RequestParameterInvalid", "ten minutes", true},
		{"overtaken", func(w *world, _ *credential.Callback) { w.begin("") }, "RequestParameterInvalid", "later authorization", true},
		{"denied", func(_ *world, c *credential.Callback) {
			c.Code, c.Error, c.Description = "", "access_denied", "no\x00"+strings.Repeat("o", 1000)
		}, "InvalidCredentials", "access_denied", true},
		{"no code", func(_ *world, c *credential.Callback) { c.Code = "" }, "RequestParameterInvalid", "without a code", true},
		{"endless code", func(_ *world, c *credential.Callback) { c.Code = strings.Repeat("x", 70000) }, "RequestParameterInvalid", "longer than", true},
		{"code that does not hold", func(_ *world, c *credential.Callback) { c.Code = "wrong" }, "InvalidCredentials", "invalid_grant", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			w := newWorld(t)
			w.authorizable()
			back := w.consent(w.begin(""))
			tt.change(w, &back)
			owner, err := w.FinishAuthorize(t.Context(), back)
			typed := w.typed(err, errs.Invalid, tt.code, tt.says)
			if len(typed.Message) > 900 {
				t.Errorf("a message of %d bytes", len(typed.Message))
			}
			if (owner != credential.Owner{}) != tt.owner {
				t.Errorf("owner %v", owner)
			}
			if w.graph()["Oauth2AccessToken"] != "" {
				t.Error("a token is stored")
			}
		})
	}
}

func TestTry(t *testing.T) {
	t.Parallel()

	static := give("BaseAddress", "https://given.example/scim", "SecretToken", theSecretToken)
	tests := []struct {
		name    string
		trial   func(w *world) credential.Trial
		token   string
		address string
		code    string
	}{
		{"given static", func(*world) credential.Trial { return credential.Trial{Given: static} }, theSecretToken, "https://given.example/scim", ""},
		{"given token", func(*world) credential.Trial {
			return credential.Trial{Given: give("Oauth2AccessToken", "seeded-token")}
		}, "seeded-token", "", ""},
		{"saved", func(*world) credential.Trial { return credential.Trial{Stored: true} }, "access-token-1", "APP/scim", ""},
		{"saved, other address", func(*world) credential.Trial {
			return credential.Trial{Stored: true, Given: give("BaseAddress", "https://given.example/scim")}
		}, "access-token-1", "https://given.example/scim", ""},
		{"client credentials", func(w *world) credential.Trial { return credential.Trial{Given: w.client()} }, "access-token-2", "APP/scim", ""},
		{"nothing", func(*world) credential.Trial { return credential.Trial{} }, "", "", "CredentialsMissing"},
		{"code", func(w *world) credential.Trial {
			return credential.Trial{Given: w.client("Oauth2AuthorizationCode", "other-code")}
		}, "", "APP/scim", "CredentialsMissing"},
		{"wrong secret", func(w *world) credential.Trial {
			return credential.Trial{Stored: true, Given: give("Oauth2ClientSecret", "mistyped", "AuthenticationType", "ClientCredentials")}
		}, "", "APP/scim", "InvalidCredentials"},
		{"unknown type", func(*world) credential.Trial { return credential.Trial{Given: give("AuthenticationType", "x")} }, "", "", "RequestParameterInvalid"},
		{"twice", func(*world) credential.Trial { return credential.Trial{Given: give("Domain", "x", "Domain", "y")} }, "", "", "RequestParameterInvalid"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			w := newWorld(t)
			w.authorized()
			before := w.graph()
			got, err := w.Try(t.Context(), tenant, sp, tt.trial(w))
			if tt.code != "" {
				w.wantError(err, errs.Invalid, tt.code)
			} else if err != nil {
				t.Fatal(err)
			}
			if want := strings.ReplaceAll(tt.address, "APP", w.app.URL); got.BaseAddress != want || got.Bearer.Token.Reveal() != tt.token {
				t.Errorf("got %q at %q, want %q at %q", got.Bearer.Token.Reveal(), got.BaseAddress, tt.token, want)
			}
			for key, value := range before {
				if w.graph()[key] != value {
					t.Errorf("a trial changed %s", key)
				}
			}
		})
	}
}

func TestClose_EndsWithItsContext(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	w.authorized()
	w.clock.pass(time.Hour)
	release := make(chan struct{})
	entered := make(chan struct{})
	w.app.check = func(*http.Request) {
		close(entered)
		<-release
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = w.Token(t.Context(), tenant, sp)
	}()
	<-entered
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := w.Close(ctx); !errs.Is(err, errs.Unavailable) {
		t.Errorf("Close = %v while an exchange is under way", err)
	}
	close(release)
	<-done
}
