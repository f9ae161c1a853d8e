//go:build e2e

package e2e_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/provisor/provisor/internal/scim"
	"github.com/provisor/provisor/internal/scimserver"
)

// authorizationServer is a token endpoint that rotates refresh tokens and, as RFC
// 6749 section 10.4 advises, revokes everything when an old one comes again.
type authorizationServer struct {
	mu       sync.Mutex
	serial   int
	refresh  string // the only one that is good; empty before the code, or revoked
	access   map[string]bool
	reused   bool
	codes    map[string]int
	delay    time.Duration
	requests int
}

const (
	clientSecret = "client-secret-that-must-not-be-found"
	firstCode    = "authorization-code-that-must-not-be-found"
)

func newAuthorizationServer(t *testing.T) (*authorizationServer, string) {
	t.Helper()
	s := &authorizationServer{access: map[string]bool{}, codes: map[string]int{}}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return s, server.URL
}

func (s *authorizationServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	delay := s.delay
	ok := s.grant(r)
	access, refresh := fmt.Sprintf("access-token-that-must-not-be-found-%d", s.serial), s.refresh
	s.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	if !ok {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(`{"error":"invalid_grant"}`))
		return
	}
	select {
	case <-time.After(delay):
	case <-r.Context().Done():
	}
	_, _ = fmt.Fprintf(w, `{"access_token":%q,"refresh_token":%q,"token_type":"Bearer","expires_in":3600}`, access, refresh)
}

// grant checks the request and issues the next pair. The lock is held.
func (s *authorizationServer) grant(r *http.Request) bool {
	s.requests++
	switch r.FormValue("grant_type") {
	case "authorization_code":
		s.codes[r.FormValue("code")]++
		if s.codes[r.FormValue("code")] > 1 {
			return false
		}
	case "refresh_token":
		if s.refresh == "" || r.FormValue("refresh_token") != s.refresh {
			s.reused, s.refresh = true, ""
			return false
		}
	}
	s.serial++
	s.refresh = fmt.Sprintf("refresh-token-that-must-not-be-found-%d", s.serial)
	s.access[fmt.Sprintf("access-token-that-must-not-be-found-%d", s.serial)] = true
	return true
}

func (s *authorizationServer) authenticate(r *http.Request) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.access[r.Header.Get("Authorization")[min(len("Bearer "), len(r.Header.Get("Authorization"))):]] {
		return fmt.Errorf("unknown token")
	}
	return nil
}

// TestKillInMidCycle kills the program again and again while it provisions, and
// compares the target with the directory in the end.
func TestKillInMidCycle(t *testing.T) {
	t.Parallel()
	tokens, tokenURL := newAuthorizationServer(t)
	target := scimserver.New(scimserver.Options{
		Authenticate: tokens.authenticate, MaxResults: 10000,
		Flaws: scimserver.Flaws{AllowDuplicates: true, RepeatMembers: true}, Mode: scim.Tolerant,
	})
	listener := httptest.NewServer(slowly(target, 3*time.Millisecond))
	t.Cleanup(listener.Close)

	p := newProgram(t)
	const people = 150
	members := make([]string, people)
	for i := range members {
		members[i] = p.user(i)
	}
	group := p.must("POST", "/v1.0/groups", map[string]any{"displayName": "Everyone", "mailEnabled": false, "mailNickname": "everyone", "securityEnabled": true}).id()
	for _, id := range members {
		p.must("POST", "/v1.0/groups/"+group+"/members/$ref", map[string]any{"@odata.id": p.boot.GraphEndpoint + "/v1.0/directoryObjects/" + id})
	}
	_, sp := p.application()
	base := "/v1.0/servicePrincipals/" + sp + "/synchronization"
	p.must("PUT", base+"/secrets", map[string]any{"value": pairs("BaseAddress", listener.URL, "SyncAll", "true")})
	p.must("POST", base+"/acquireAccessToken", map[string]any{"credentials": pairs("Oauth2AuthorizationCode", firstCode, "Oauth2RedirectUri", "https://portal.example/authorize",
		"Oauth2ClientId", "me", "Oauth2ClientSecret", clientSecret, "Oauth2TokenExchangeUri", tokenURL)})
	job := p.must("POST", base+"/jobs", map[string]any{"templateId": "scim"}).id()
	p.must("POST", base+"/jobs/"+job+"/start", nil)

	random := rand.New(rand.NewPCG(1, 2))
	for range 6 {
		time.Sleep(time.Duration(100+random.IntN(300)) * time.Millisecond)
		p.kill()
		p.start()
	}
	require.Eventually(t, func() bool {
		users, groups := target.Snapshot()
		return len(users) >= people && len(groups) >= 1 && len(groups[0].MemberIDs()) >= people
	}, 90*time.Second, 200*time.Millisecond)
	time.Sleep(3 * time.Second) // cycles that would double something run now

	users, groups := target.Snapshot()
	require.Len(t, users, people, "nobody lost, nobody doubled")
	require.Len(t, groups, 1)
	require.Len(t, groups[0].MemberIDs(), people, "no member lost, none doubled")
	seen := map[string]bool{}
	for _, u := range users {
		require.False(t, seen[u.ExternalID()], "doubled")
		seen[u.ExternalID()] = true
	}
	require.Equal(t, map[string]int{firstCode: 1}, tokens.codes, "the code was sent once")
	p.stop()
	noSecretIn(t, p.everything())
}

// slowly delays every answer, so that a kill finds requests under way.
func slowly(h http.Handler, d time.Duration) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(d)
		h.ServeHTTP(w, r)
	})
}

// TestKillInMidExchange kills the program while a token endpoint is answering, and
// then asks it to refresh: the refresh token it has must be one that is still good,
// or it must say that it has none.
func TestKillInMidExchange(t *testing.T) {
	t.Parallel()
	tokens, tokenURL := newAuthorizationServer(t)
	p := newProgram(t)
	_, sp := p.application()
	path := "/v1.0/servicePrincipals/" + sp + "/synchronization/acquireAccessToken"
	given := map[string]any{"credentials": pairs("Oauth2AuthorizationCode", firstCode, "Oauth2RedirectUri", "https://portal.example/authorize",
		"Oauth2ClientId", "me", "Oauth2ClientSecret", clientSecret, "Oauth2TokenExchangeUri", tokenURL)}
	p.must("POST", path, given)

	// A 204 is durable: after a kill the refresh token works.
	p.kill()
	p.start()
	p.must("POST", path, map[string]any{"credentials": []any{}})
	require.False(t, tokens.reused)

	// A kill between the exchange and its record loses the rotated token: that is
	// for the authorization server to judge, and for us to say.
	tokens.mu.Lock()
	tokens.delay = time.Minute
	tokens.mu.Unlock()
	failed := make(chan error, 1)
	go func() {
		_, err := p.do(t.Context(), "POST", path, map[string]any{"credentials": []any{}})
		failed <- err
	}()
	require.Eventually(t, func() bool {
		tokens.mu.Lock()
		defer tokens.mu.Unlock()
		return tokens.requests == 3
	}, 10*time.Second, 10*time.Millisecond)
	p.kill()
	require.Error(t, <-failed)
	tokens.mu.Lock()
	tokens.delay = 0
	tokens.mu.Unlock()
	p.start()
	a, err := p.do(t.Context(), "POST", path, map[string]any{"credentials": []any{}})
	require.NoError(t, err)
	require.Equal(t, 400, a.Status)
	require.Contains(t, a.Text, "invalid_grant")
	require.Equal(t, map[string]int{firstCode: 1}, tokens.codes, "the code was sent once")

	// The administrator authorizes anew, and all is well.
	given["credentials"] = pairs("Oauth2AuthorizationCode", "second-"+firstCode)
	p.must("POST", path, given)
	p.must("POST", path, map[string]any{"credentials": []any{}})
	p.stop()
	noSecretIn(t, p.everything())
}
