package issuer_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/provisor/provisor/internal/identity/issuer"
)

// TestAuthorizeRefusals: before it is known where answers go, the person is told;
// afterwards, the client.
func TestAuthorizeRefusals(t *testing.T) {
	t.Parallel()

	w := newPeople(t)
	disabled := w.ports.clients[webApp]
	disabled.AppID, disabled.Disabled = appID, true
	w.ports.clients[appID] = disabled
	for name, tt := range map[string]struct {
		path  string
		edit  func(url.Values)
		shown string // to the person
		told  string // to the client
	}{
		"no client":          {edit: func(v url.Values) { v.Del("client_id") }, shown: "AADSTS900144"},
		"unknown client":     {edit: func(v url.Values) { v.Set("client_id", "x") }, shown: "AADSTS700016"},
		"unknown tenant":     {path: "/fabrikam.example", edit: func(url.Values) {}, shown: "AADSTS90002"},
		"personal accounts":  {path: "/consumers", edit: func(url.Values) {}, shown: "AADSTS9002332"},
		"redirect":           {edit: func(v url.Values) { v.Set("redirect_uri", "https://evil.example") }, shown: "AADSTS50011"},
		"loopback elsewhere": {edit: func(v url.Values) { v.Set("redirect_uri", "http://localhost.evil.example") }, shown: "AADSTS50011"},
		"mode":               {edit: func(v url.Values) { v.Set("response_mode", "smoke") }, shown: "AADSTS70007"},
		"no type":            {edit: func(v url.Values) { v.Del("response_type") }, told: "invalid_request"},
		"implicit":           {edit: func(v url.Values) { v.Set("response_type", "token") }, told: "unsupported_response_type"},
		"no challenge":       {edit: func(v url.Values) { v.Del("code_challenge") }, told: "invalid_request"},
		"plain challenge":    {edit: func(v url.Values) { v.Set("code_challenge_method", "plain") }, told: "invalid_request"},
		"short challenge":    {edit: func(v url.Values) { v.Set("code_challenge", "x") }, told: "invalid_request"},
		"resource":           {edit: func(v url.Values) { v.Set("scope", "https://evil.example/.default") }, told: "invalid_resource"},
		"silently":           {edit: func(v url.Values) { v.Set("prompt", "none") }, told: "login_required"},
		"disabled":           {edit: func(v url.Values) { v.Set("client_id", appID); v.Set("redirect_uri", "https://web.example/cb") }, told: "unauthorized_client"},
	} {
		request, _ := asking(graphTools, "http://localhost:3", everything)
		tt.edit(request)
		if tt.path == "" {
			tt.path = "/common"
		}
		resp, text := w.fetch(t, http.MethodGet, tt.path+"/oauth2/v2.0/authorize", request)
		if tt.shown != "" {
			if resp.StatusCode != http.StatusBadRequest || !strings.Contains(text, tt.shown) || resp.Header.Get("Location") != "" {
				t.Errorf("%s: %s %s", name, resp.Status, text)
			}
			continue
		}
		back, err := resp.Location()
		if err != nil || back.Query().Get("error") != tt.told || back.Query().Get("state") != "the state" {
			t.Errorf("%s: %s %v %s", name, resp.Status, back, text)
		}
	}
}

// TestPage: nothing of what was sent becomes part of the page, and nothing from
// elsewhere is loaded or may frame it.
func TestPage(t *testing.T) {
	t.Parallel()

	w := newPeople(t)
	request, _ := asking(graphTools, "http://localhost:3", everything)
	request.Set("login_hint", `"><script>alert(1)</script>`)
	request.Set("state", `'"><img src=x>`)
	resp, text := w.fetch(t, http.MethodGet, "/common/oauth2/v2.0/authorize", request)
	if strings.Contains(text, "<script>") || strings.Contains(text, "<img") {
		t.Errorf("the page repeats what was sent: %s", text)
	}
	policy := resp.Header.Get("Content-Security-Policy")
	if !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "form-action 'self' http://localhost:3") || !strings.Contains(policy, "frame-ancestors 'none'") {
		t.Errorf("policy %s", policy)
	}
	if hidden(text).Get("state") != request.Get("state") {
		t.Errorf("the state is %q", hidden(text).Get("state"))
	}
	// Another page cannot sign a browser in.
	resp, text = w.typed(t, text, adaTypes(), func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") })
	if resp.StatusCode != http.StatusForbidden {
		t.Errorf("%s %s", resp.Status, text)
	}
}

func TestFormPost(t *testing.T) {
	t.Parallel()

	w := newPeople(t)
	request, verifier := asking(graphTools, "http://localhost:3", everything)
	request.Set("response_mode", "form_post")
	_, text := w.fetch(t, http.MethodPost, "/common/oauth2/v2.0/authorize", request)
	resp, text := w.typed(t, text, adaTypes())
	if resp.StatusCode != http.StatusOK || !strings.Contains(text, `action="http://localhost:3"`) || !strings.Contains(resp.Header.Get("Content-Security-Policy"), "script-src 'sha256-") {
		t.Fatalf("%s %s", resp.Status, text)
	}
	form := hidden(text)
	if form.Get("state") != "the state" {
		t.Errorf("%v", form)
	}
	wants(t, w.redeem(t, form.Get("code"), request, verifier), http.StatusOK, 0)
}

// TestPasswordInTheAddress is none: proxies log it.
func TestPasswordInTheAddress(t *testing.T) {
	t.Parallel()

	w := newPeople(t)
	request, _ := asking(graphTools, "http://localhost:3", everything)
	_, text := w.fetch(t, http.MethodGet, "/common/oauth2/v2.0/authorize", request)
	resp, text := w.typed(t, text, nil, func(r *http.Request) { r.URL.RawQuery = adaTypes().Encode() })
	if resp.StatusCode != http.StatusBadRequest || !strings.Contains(text, "Enter the name of an account.") {
		t.Errorf("%s: %s", resp.Status, text)
	}
}

// TestWrongPasswords: a name and a password that do not fit look alike, and guessing
// ends after ten attempts for a minute.
func TestWrongPasswords(t *testing.T) {
	t.Parallel()

	w := newPeople(t)
	w.ports.users["bob"] = issuer.User{ID: "b", PrincipalName: "bob@contoso.example"}
	w.ports.users["eve"] = issuer.User{ID: "e", PrincipalName: "eve@contoso.example", Password: adaDigest(), Disabled: true}
	request, _ := asking(graphTools, "http://localhost:3", everything)
	_, text := w.fetch(t, http.MethodGet, "/common/oauth2/v2.0/authorize", request)
	try := func(name, word string) string {
		resp, text := w.typed(t, text, url.Values{"provisor-user": {name}, "provisor-password": {word}})
		if resp.Header.Get("Location") != "" {
			return "in"
		}
		if resp.StatusCode != http.StatusBadRequest {
			t.Errorf("%s", resp.Status)
		}
		return text
	}
	const wrong = "The account or the password is incorrect."
	for name, word := range map[string]string{"nobody@contoso.example": password, "bob@contoso.example": "", adaName: password + "x"} {
		if got := try(name, word); !strings.Contains(got, wrong) {
			t.Errorf("%s: %s", name, got)
		}
	}
	if got := try("eve@contoso.example", password); !strings.Contains(got, "disabled") {
		t.Error(got)
	}
	for range 9 {
		try(strings.ToUpper(adaName), "guess")
	}
	if got := try(adaName, password); !strings.Contains(got, "locked") {
		t.Error(got)
	}
	w.clock.advance(time.Minute)
	if got := try(adaName, password); got != "in" {
		t.Error(got)
	}
}

// TestPick: where the operator allows it, people choose who they are.
func TestPick(t *testing.T) {
	t.Parallel()

	w := newPeople(t, func(c *issuer.Config) { c.Pick = true })
	request, verifier := asking(graphTools, "http://localhost:3", everything)
	_, text := w.fetch(t, http.MethodGet, "/common/oauth2/v2.0/authorize", request)
	if !strings.Contains(text, `value="`+adaName+`"`) || strings.Contains(text, `type="password"`) {
		t.Fatal(text)
	}
	resp, _ := w.typed(t, text, url.Values{"provisor-user": {adaName}})
	back, err := resp.Location()
	if err != nil {
		t.Fatal(err)
	}
	wants(t, w.redeem(t, back.Query().Get("code"), request, verifier), http.StatusOK, 0)
	if resp, _ := w.typed(t, text, url.Values{"provisor-user": {"nobody@contoso.example"}}); resp.StatusCode != http.StatusBadRequest {
		t.Error(resp.Status)
	}
}

func TestLogout(t *testing.T) {
	t.Parallel()

	w := newPeople(t)
	path := "/common/oauth2/v2.0/logout"
	resp, _ := w.fetch(t, http.MethodGet, path, url.Values{"client_id": {webApp}, "post_logout_redirect_uri": {"https://web.example/cb"}, "state": {"s"}})
	if resp.Header.Get("Location") != "https://web.example/cb?state=s" {
		t.Errorf("%s %v", resp.Status, resp.Header)
	}
	got := w.signedIn(t)
	resp, _ = w.fetch(t, http.MethodGet, path, url.Values{"id_token_hint": {got.ID}, "post_logout_redirect_uri": {"http://localhost:5"}})
	if resp.Header.Get("Location") != "http://localhost:5" {
		t.Errorf("%s %v", resp.Status, resp.Header)
	}
	resp, text := w.fetch(t, http.MethodGet, path, url.Values{"client_id": {webApp}, "post_logout_redirect_uri": {"https://evil.example"}})
	if resp.StatusCode != http.StatusOK || resp.Header.Get("Location") != "" || !strings.Contains(text, "signed out") {
		t.Errorf("%s %v", resp.Status, resp.Header)
	}
}

// TestPeopleSwitchedOff: without a directory of people nobody signs in.
func TestPeopleSwitchedOff(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	request, _ := asking(graphTools, "http://localhost:3", everything)
	if resp, text := w.fetch(t, http.MethodGet, "/common/oauth2/v2.0/authorize", request); resp.StatusCode != http.StatusBadRequest || !strings.Contains(text, "switched off") {
		t.Errorf("%s %s", resp.Status, text)
	}
	wants(t, w.post(t, "/common/oauth2/v2.0/devicecode", url.Values{"client_id": {graphTools}, "scope": {everything}}), http.StatusBadRequest, 700054)
	wants(t, w.refresh(t, "x", ""), http.StatusBadRequest, 700054)
}
