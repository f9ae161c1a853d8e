package issuer_test

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/provisor/provisor/internal/identity/issuer"
)

const everything = "https://graph.microsoft.com/.default openid profile offline_access"

func wants(t *testing.T, got answer, status, number int) {
	t.Helper()
	if got.status != status || number != 0 && !slices.Equal(got.Codes, []int{number}) {
		t.Errorf("got %d %v %s, want %d %d", got.status, got.Codes, got.Description, status, number)
	}
}

// TestCodeGivesTokens: the claims that readers of Entra's tokens look for.
func TestCodeGivesTokens(t *testing.T) {
	t.Parallel()

	w := newPeople(t)
	got := w.signedIn(t)
	wants(t, got, http.StatusOK, 0)
	access, id := payload(t, got.Token), payload(t, got.ID)
	for name, want := range map[string]any{
		"aud": "https://graph.microsoft.com", "iss": w.URL + "/" + string(tenantID) + "/v2.0", "tid": string(tenantID), "oid": string(ada),
		"azp": graphTools, "appid": graphTools, "azpacr": "0", "idtyp": "user", "ver": "2.0", "preferred_username": adaName, "upn": adaName, "name": "Ada Lovelace",
	} {
		if access[name] != want {
			t.Errorf("access token: %s is %v, not %v", name, access[name], want)
		}
	}
	if scopes, _ := access["scp"].(string); !strings.Contains(scopes, "Synchronization.ReadWrite.All") || strings.Contains(scopes, "OwnedBy") {
		t.Errorf("scp %q", scopes)
	}
	if wids, _ := access["wids"].([]any); len(wids) != 1 || wids[0] != globalRole {
		t.Errorf("wids %v", access["wids"])
	}
	if access["roles"] != nil {
		t.Errorf("a person has roles %v", access["roles"])
	}
	for name, want := range map[string]any{
		"aud": graphTools, "nonce": "the nonce", "oid": string(ada), "tid": string(tenantID), "sub": access["sub"], "ver": "2.0", "preferred_username": adaName,
	} {
		if id[name] != want {
			t.Errorf("ID token: %s is %v, not %v", name, id[name], want)
		}
	}
	info, err := base64.RawURLEncoding.DecodeString(got.Info)
	if want := `{"uid":"` + string(ada) + `","utid":"` + string(tenantID) + `"}`; err != nil || string(info) != want {
		t.Errorf("client_info %s %v", info, err)
	}
	if !strings.HasPrefix(got.Scope, "https://graph.microsoft.com/.default ") || !strings.Contains(got.Scope, " https://graph.microsoft.com/User.Read.All ") {
		t.Errorf("scope %q", got.Scope)
	}
	if again := w.refresh(t, got.Refresh, "https://graph.microsoft.com/User.Read"); payload(t, again.Token)["scp"] != "User.Read" || again.Refresh == "" {
		t.Errorf("refreshed for less: %+v", again)
	}
}

func TestV1Code(t *testing.T) {
	t.Parallel()

	w := newPeople(t)
	request, verifier := asking(graphTools, "http://localhost:1", "")
	request.Del("scope")
	request.Set("resource", "https://graph.microsoft.com")
	_, text := w.fetch(t, http.MethodGet, "/"+domain+"/oauth2/authorize", request)
	resp, text := w.typed(t, text, adaTypes())
	back, err := resp.Location()
	if err != nil {
		t.Fatal(text)
	}
	got := w.post(t, "/"+domain+"/oauth2/token", url.Values{
		"grant_type": {"authorization_code"}, "client_id": {graphTools}, "redirect_uri": {"http://localhost:1"}, "code": back.Query()["code"], "code_verifier": {verifier},
	})
	wants(t, got, http.StatusOK, 0)
	if c := payload(t, got.Token); c["ver"] != "1.0" || c["iss"] != w.URL+"/"+string(tenantID)+"/" || got.Expires != "3600" || got.Refresh == "" || got.ID == "" {
		t.Errorf("%v %v", c, got)
	}
}

// TestCodeIsRedeemedOnce: of many at once one succeeds, and then everything that
// came of it is void.
func TestCodeIsRedeemedOnce(t *testing.T) {
	t.Parallel()

	w := newPeople(t)
	request, verifier := asking(graphTools, "http://localhost:41234", everything)
	code := w.codeFor(t, request).Get("code")
	var (
		together sync.WaitGroup
		first    atomic.Pointer[answer]
	)
	for range 6 {
		together.Go(func() {
			if got := w.redeem(t, code, request, verifier); got.status == http.StatusOK && !first.CompareAndSwap(nil, &got) {
				t.Error("redeemed twice")
			}
		})
	}
	together.Wait()
	if first.Load() == nil {
		t.Fatal("nobody redeemed it")
	}
	wants(t, w.refresh(t, first.Load().Refresh, ""), http.StatusBadRequest, 50173)
}

// TestCodeRefusals: who redeems a code is who it was given to, in time.
func TestCodeRefusals(t *testing.T) {
	t.Parallel()

	w := newPeople(t)
	request, verifier := asking(graphTools, "http://localhost:41234", everything)
	redeemed := func(edit func(url.Values), headers ...func(*http.Request)) answer {
		given := url.Values{
			"grant_type": {"authorization_code"}, "client_id": {graphTools}, "redirect_uri": {"http://localhost:41234"},
			"code": {w.codeFor(t, request).Get("code")}, "code_verifier": {verifier},
		}
		edit(given)
		return w.post(t, "/common/oauth2/v2.0/token", given, headers...)
	}
	for name, tt := range map[string]struct {
		edit   func(url.Values)
		number int
	}{
		"another client":   {func(v url.Values) { v.Set("client_id", pageApp) }, 700005},
		"another redirect": {func(v url.Values) { v.Set("redirect_uri", "http://localhost:2") }, 50011},
		"no verifier":      {func(v url.Values) { v.Del("code_verifier") }, 900144},
		"another verifier": {func(v url.Values) { v.Set("code_verifier", verifier+"x") }, 501481},
		"no code":          {func(v url.Values) { v.Del("code") }, 900144},
		"an unknown code":  {func(v url.Values) { v.Set("code", "x") }, 9002313},
		"another resource": {func(v url.Values) { v.Set("scope", "https://evil.example/.default") }, 500011},
	} {
		if got := redeemed(tt.edit); !slices.Equal(got.Codes, []int{tt.number}) {
			t.Errorf("%s: %d %v %s", name, got.status, got.Codes, got.Description)
		}
	}
	script := func(r *http.Request) { r.Header.Set("Origin", "https://page.example") }
	wants(t, redeemed(func(url.Values) {}, script), http.StatusBadRequest, 9002326)
	got := redeemed(func(v url.Values) { w.clock.advance(10 * time.Minute) })
	wants(t, got, http.StatusBadRequest, 70008)
}

// TestConfidentialClient: a server proves itself, and gets what was consented to.
func TestConfidentialClient(t *testing.T) {
	t.Parallel()

	w := newPeople(t)
	request, _ := asking(webApp, "https://web.example/cb", "User.Read.All openid")
	request.Del("code_challenge")
	request.Del("code_challenge_method")
	secret := func(r *http.Request) { r.SetBasicAuth(webApp, url.QueryEscape("web secret")) }
	got := w.redeem(t, w.codeFor(t, request).Get("code"), request, "", secret)
	wants(t, got, http.StatusOK, 0)
	if c := payload(t, got.Token); c["scp"] != "User.Read.All" || c["azpacr"] != "1" || got.Refresh != "" {
		t.Errorf("%v", c)
	}
	wants(t, w.redeem(t, w.codeFor(t, request).Get("code"), request, ""), http.StatusUnauthorized, 7000218)
	request.Set("scope", "User.ReadWrite.All")
	if got := w.codeFor(t, request); got.Get("error") != "consent_required" || !strings.Contains(got.Get("error_description"), "AADSTS65001") {
		t.Errorf("more than was consented to: %v", got)
	}
	request.Set("scope", "Mail.Read")
	if got := w.codeFor(t, request); got.Get("error") != "invalid_scope" {
		t.Errorf("what does not exist: %v", got)
	}
	request.Set("scope", "https://graph.microsoft.com/.default")
	got = w.redeem(t, w.codeFor(t, request).Get("code"), request, "", secret)
	if c := payload(t, got.Token); c["scp"] != "Synchronization.Read.All User.Read.All" {
		t.Errorf("everything consented to: %v", c["scp"])
	}
}

// TestSinglePage: a script reads the answer, and its refresh token lasts a day.
func TestSinglePage(t *testing.T) {
	t.Parallel()

	w := newPeople(t)
	script := func(r *http.Request) { r.Header.Set("Origin", "https://page.example") }
	request, verifier := asking(pageApp, "https://page.example/", "User.Read.All offline_access")
	request.Set("response_mode", "fragment")
	_, text := w.fetch(t, http.MethodGet, "/common/oauth2/v2.0/authorize", request)
	resp, _ := w.typed(t, text, adaTypes())
	_, fragment, _ := strings.Cut(resp.Header.Get("Location"), "#")
	back, err := url.ParseQuery(fragment)
	if err != nil || back.Get("state") != "the state" {
		t.Fatalf("%q %v", fragment, err)
	}
	got := w.redeem(t, back.Get("code"), request, verifier, script)
	if got.status != http.StatusOK || got.header.Get("Access-Control-Allow-Origin") != "https://page.example" {
		t.Errorf("%d %v", got.status, got.header)
	}
	preflight, _ := w.fetch(t, http.MethodOptions, "/common/oauth2/v2.0/token", nil, script)
	if preflight.StatusCode != http.StatusNoContent || preflight.Header.Get("Access-Control-Allow-Origin") != "https://page.example" {
		t.Errorf("preflight %v", preflight.Header)
	}
	w.clock.advance(24 * time.Hour)
	wants(t, w.post(t, "/common/oauth2/v2.0/token", url.Values{"grant_type": {"refresh_token"}, "client_id": {pageApp}, "refresh_token": {got.Refresh}}), http.StatusBadRequest, 700082)
}

// TestRefreshRotates: a token is redeemed once, apart from a moment in which its
// answer may have been lost; later use makes the family void.
func TestRefreshRotates(t *testing.T) {
	t.Parallel()

	w := newPeople(t)
	first := w.signedIn(t)
	second := w.refresh(t, first.Refresh, everything)
	wants(t, second, http.StatusOK, 0)
	w.clock.advance(20 * time.Second)
	lost := w.refresh(t, first.Refresh, everything)
	wants(t, lost, http.StatusOK, 0)
	w.clock.advance(20 * time.Second)
	wants(t, w.refresh(t, first.Refresh, everything), http.StatusBadRequest, 50132)
	wants(t, w.refresh(t, second.Refresh, everything), http.StatusBadRequest, 50173)
	wants(t, w.refresh(t, lost.Refresh, everything), http.StatusBadRequest, 50173)
}

// TestRefreshAtOnce: programs that share a cache refresh together and all go on.
func TestRefreshAtOnce(t *testing.T) {
	t.Parallel()

	w := newPeople(t)
	first := w.signedIn(t)
	var together sync.WaitGroup
	for range 6 {
		together.Go(func() { wants(t, w.refresh(t, first.Refresh, everything), http.StatusOK, 0) })
	}
	together.Wait()
}

// TestRefreshEndsWithTheSignIn: what happened to the person since counts.
func TestRefreshEndsWithTheSignIn(t *testing.T) {
	t.Parallel()

	for name, tt := range map[string]struct {
		change func(w *world, u *issuer.User)
		number int
	}{
		"disabled":         {func(_ *world, u *issuer.User) { u.Disabled = true }, 50057},
		"password changed": {func(w *world, u *issuer.User) { u.PasswordSet = w.clock.now().Add(time.Second) }, 50173},
		"deleted":          {func(_ *world, u *issuer.User) { u.ID, u.PrincipalName = "x", "x" }, 50034},
		"too late":         {func(w *world, _ *issuer.User) { w.clock.advance(90 * 24 * time.Hour) }, 700082},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			w := newPeople(t)
			got := w.signedIn(t)
			u := w.ports.users[adaName]
			tt.change(w, &u)
			w.ports.users[adaName] = u
			wants(t, w.refresh(t, got.Refresh, ""), http.StatusBadRequest, tt.number)
		})
	}
}
