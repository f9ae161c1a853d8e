package graphapi_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
)

// authorizable stores what an authorization needs.
func (w *world) authorizable(t *testing.T) payroll {
	t.Helper()
	p := w.payroll(t)
	w.connect(t, p, pair("Oauth2AuthorizationUri", "https://app.example/authorize?tenant=7"))
	return p
}

// begin asks for the URL at which to consent, as a program, and prepares the
// application for its challenge.
func (w *world) begin(t *testing.T, p payroll) *url.URL {
	t.Helper()
	answer := w.want(t, http.StatusOK, http.MethodGet, "/provisor/servicePrincipals/"+p.sp+"/authorize", "")
	location, _ := answer["authorizationUrl"].(string)
	u, err := url.Parse(location)
	if err != nil || answer["redirectUri"] != "https://provisor.test/provisor/oauth/callback" {
		t.Fatalf("%v %v", answer, err)
	}
	w.application.expect(u.Query().Get("code_challenge"))
	return u
}

// back is the browser that comes back, without a token.
func (w *world) back(t *testing.T, query url.Values, cookie string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://provisor.test/provisor/oauth/callback?"+query.Encode(), nil)
	if cookie != "" {
		r.Header.Set("Cookie", cookie)
	}
	return w.send(r)
}

// checkPage checks what every page promises.
func checkPage(t *testing.T, rec *httptest.ResponseRecorder, status int, says string) {
	t.Helper()
	page := rec.Body.String()
	if rec.Code != status || !strings.Contains(page, says) || rec.Header().Get("Content-Type") != "text/html; charset=utf-8" {
		t.Errorf("%d %v %s", rec.Code, rec.Header(), page)
	}
	if policy := rec.Header().Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "frame-ancestors 'none'") {
		t.Errorf("policy %q", policy)
	}
	if rec.Header().Get("Referrer-Policy") != "no-referrer" || rec.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("headers %v", rec.Header())
	}
	for _, secret := range []string{theCode, theClientSecret, "access-token", "refresh-token", "<script"} {
		if strings.Contains(page, secret) {
			t.Errorf("the page holds %s", secret)
		}
	}
}

func TestAuthorize(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	p := w.authorizable(t)
	w.want(t, http.StatusNoContent, http.MethodPatch, "/provisor/applications/"+p.app+"/credentialSettings", `{"scope":"scim"}`)
	u := w.begin(t, p)
	for name, want := range map[string]string{
		"tenant": "7", "response_type": "code", "client_id": "client-1", "scope": "scim", "code_challenge_method": "S256",
		"redirect_uri": "https://provisor.test/provisor/oauth/callback",
	} {
		if got := u.Query().Get(name); got != want {
			t.Errorf("%s is %q in %s", name, got, u)
		}
	}
	answer := url.Values{"state": {u.Query().Get("state")}, "code": {theCode}}
	checkPage(t, w.back(t, answer, ""), http.StatusOK, "<h1>Authorized</h1>")
	asked := w.application.asked()
	if len(asked) != 1 || asked[0].Get("grant_type") != "authorization_code" || asked[0].Get("redirect_uri") != u.Query().Get("redirect_uri") {
		t.Errorf("the token endpoint got %v", asked)
	}
	checkPage(t, w.back(t, answer, ""), http.StatusBadRequest, "used before")
	if n := len(w.application.asked()); n != 1 {
		t.Errorf("the code was sent %d times", n)
	}
}

// TestAuthorizeInBrowser: the browser that begins is bound to the one that ends.
func TestAuthorizeInBrowser(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	p := w.authorizable(t)
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://provisor.test/provisor/applications/"+p.app+"/authorize", nil)
	r.Header.Set("Authorization", "Bearer admin")
	r.Header.Set("Accept", "text/html,application/xhtml+xml")
	rec := w.send(r)
	u, err := url.Parse(rec.Header().Get("Location"))
	if err != nil || rec.Code != http.StatusFound || u.Host != "app.example" {
		t.Fatalf("%d %v %v", rec.Code, rec.Header(), err)
	}
	cookie := rec.Result().Cookies()[0]
	if !cookie.HttpOnly || !cookie.Secure || cookie.SameSite != http.SameSiteLaxMode || cookie.Path != "/provisor/oauth/callback" {
		t.Errorf("cookie %v", cookie)
	}
	w.application.expect(u.Query().Get("code_challenge"))
	answer := url.Values{"state": {u.Query().Get("state")}, "code": {theCode}}
	checkPage(t, w.back(t, answer, cookie.Name+"=another"), http.StatusBadRequest, "Another authorization was under way")
	if n := len(w.application.asked()); n != 0 {
		t.Errorf("%d requests to the token endpoint", n)
	}
	rec = w.back(t, answer, cookie.Name+"="+cookie.Value)
	checkPage(t, rec, http.StatusOK, "<h1>Authorized</h1>")
	if left := rec.Result().Cookies(); len(left) != 1 || left[0].MaxAge >= 0 {
		t.Errorf("the cookie stays: %v", left)
	}
}

func TestAuthorizeFails(t *testing.T) {
	t.Parallel()

	for name, c := range map[string]struct {
		change func(answer url.Values)
		says   string
	}{
		"denied by the person": {func(q url.Values) {
			q.Del("code")
			q.Set("error", "access_denied")
			q.Set("error_description", "<script>alert(1)</script> said no")
		}, "<code>access_denied</code>"},
		"no code":             {func(q url.Values) { q.Del("code") }, "without a code"},
		"forged state":        {func(q url.Values) { q.Set("state", "Zm9yZ2Vk") }, "cannot be finished"},
		"state that is none":  {func(q url.Values) { q.Set("state", "!") }, "cannot be finished"},
		"no state":            {func(q url.Values) { q.Del("state") }, "cannot be finished"},
		"code that holds not": {func(q url.Values) { q.Set("code", "another") }, "<code>invalid_grant</code>"},
		"nothing at all":      {func(q url.Values) { clear(q) }, "cannot be finished"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			w := newWorld(t)
			p := w.authorizable(t)
			u := w.begin(t, p)
			answer := url.Values{"state": {u.Query().Get("state")}, "code": {theCode}}
			c.change(answer)
			checkPage(t, w.back(t, answer, ""), http.StatusBadRequest, c.says)
			for _, secret := range w.sealed(t, p) {
				if secret.Key == "Oauth2AccessToken" {
					t.Error("a token was acquired")
				}
			}
		})
	}
}

// TestAuthorizeRefuses: what the way back would need is missed before anybody goes.
func TestAuthorizeRefuses(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	p := w.payroll(t)
	rec := w.do(t, "admin", http.MethodGet, "/provisor/servicePrincipals/"+p.sp+"/authorize", "")
	if code, _, target := fault(t, rec); rec.Code != http.StatusBadRequest || code != "CredentialsMissing" || target != "Oauth2AuthorizationUri" {
		t.Errorf("%d %s", rec.Code, rec.Body)
	}
	if rec := w.do(t, "reader", http.MethodGet, "/provisor/servicePrincipals/"+p.sp+"/authorize", ""); rec.Code != http.StatusForbidden {
		t.Errorf("as reader: %d %s", rec.Code, rec.Body)
	}
}

func TestCredentialSettings(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	p := w.payroll(t)
	key := ecKey(t)
	settings := "/provisor/servicePrincipals/" + p.sp + "/credentialSettings"
	check := func(want string) {
		t.Helper()
		if rec := w.do(t, "admin", http.MethodGet, settings, ""); rec.Code != http.StatusOK || rec.Body.String() != want {
			t.Errorf("%d %s, not %s", rec.Code, rec.Body, want)
		}
	}
	check(`{}`)
	w.want(t, http.StatusNoContent, http.MethodPatch, settings, `{"scope":"scim","audience":"a","privateKey":`+key+`,"clientAuthentication":"client_secret_post"}`)
	check(`{"audience":"a","clientAuthentication":"client_secret_post","privateKey":"*","scope":"scim"}`)
	w.want(t, http.StatusNoContent, http.MethodPatch, settings, `{"@odata.type":"x","provisor.scope":"","audience":null,"privateKey":"*"}`)
	check(`{"clientAuthentication":"client_secret_post","privateKey":"*"}`)
	for body, target := range map[string]string{`{"colour":"red"}`: "colour", `{"clientAuthentication":"telepathy"}`: "client authentication", `{"scope":7}`: "", `[]`: ""} {
		rec := w.do(t, "admin", http.MethodPatch, settings, body)
		if _, message, _ := fault(t, rec); rec.Code != http.StatusBadRequest || !strings.Contains(message, target) {
			t.Errorf("%s: %d %s", body, rec.Code, rec.Body)
		}
	}
	check(`{"clientAuthentication":"client_secret_post","privateKey":"*"}`)
	w.connect(t, p)
	w.want(t, http.StatusNoContent, http.MethodPost, "/v1.0/servicePrincipals/"+p.sp+"/synchronization/acquireAccessToken", "")
	if asked := w.application.asked()[0]; asked.Get("client_secret") != theClientSecret {
		t.Errorf("the setting has no effect: %v", asked)
	}
	if list := w.do(t, "admin", http.MethodGet, "/v1.0/servicePrincipals/"+p.sp+"/synchronization/secrets", "").Body.String(); strings.Contains(list, `"provisor.`) {
		t.Errorf("settings stand among the secrets: %s", list)
	}
}

// ecKey returns a private key in PEM, as a JSON string.
func ecKey(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return strconv.Quote(string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})))
}
