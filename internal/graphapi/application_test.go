package graphapi_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/provisor/provisor/internal/scimserver"
)

const (
	theClientSecret = "the-client-secret-4711"
	theCode         = "the-authorization-code-0815"
	theSecretToken  = "the-secret-token-42"
)

// application is what is provisioned: a token endpoint that knows one client and
// one code, and a SCIM endpoint that is open to its tokens and to theSecretToken.
type application struct {
	*httptest.Server
	people    http.Handler // below /scim
	mu        sync.Mutex
	serial    int
	challenge string // what the code's verifier must hash to; empty wants none
	spent     bool   // the code was redeemed
	requests  []url.Values
	probes    []string // requests to the SCIM endpoint
}

func newApplication(tb testing.TB) *application {
	tb.Helper()
	a := &application{}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /token", a.token)
	mux.HandleFunc("/scim/", a.scim)
	a.Server = httptest.NewUnstartedServer(mux)
	a.people = scimserver.New(scimserver.Options{BaseURL: "http://" + a.Listener.Addr().String() + "/scim"})
	a.Start()
	tb.Cleanup(a.Close)
	return a
}

func (a *application) token(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	status, answer := a.grant(r)
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(answer)
}

func (a *application) grant(r *http.Request) (int, map[string]any) {
	_ = r.ParseForm()
	a.requests = append(a.requests, r.PostForm)
	_, secret, basic := r.BasicAuth()
	if !basic {
		secret = r.PostForm.Get("client_secret")
	}
	if secret != theClientSecret {
		return http.StatusUnauthorized, map[string]any{"error": "invalid_client", "error_description": "unknown client"}
	}
	if r.PostForm.Get("grant_type") == "authorization_code" && !a.redeem(r.PostForm) {
		return http.StatusBadRequest, map[string]any{"error": "invalid_grant", "error_description": "the code does not hold"}
	}
	a.serial++
	return http.StatusOK, map[string]any{
		"access_token": fmt.Sprintf("access-token-%d", a.serial), "refresh_token": fmt.Sprintf("refresh-token-%d", a.serial),
		"token_type": "Bearer", "expires_in": 3600,
	}
}

// redeem accepts the code once.
func (a *application) redeem(form url.Values) bool {
	sum := sha256.Sum256([]byte(form.Get("code_verifier")))
	if a.spent || form.Get("code") != theCode || a.challenge != "" && a.challenge != base64.RawURLEncoding.EncodeToString(sum[:]) {
		return false
	}
	a.spent = true
	return true
}

func (a *application) scim(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.probes = append(a.probes, r.Method+" "+r.URL.Path)
	bearer := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	if bearer != theSecretToken && !strings.HasPrefix(bearer, "access-token-") {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	a.people.ServeHTTP(w, r)
}

// asked returns the requests to the token endpoint.
func (a *application) asked() []url.Values {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.requests)
}

// expect makes the code hold only with the verifier of a challenge.
func (a *application) expect(challenge string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.challenge = challenge
}
