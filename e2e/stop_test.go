//go:build e2e

package e2e_test

import (
	"fmt"
	"net/http/httptest"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/provisor/provisor/internal/scim"
	"github.com/provisor/provisor/internal/scimserver"
)

// TestStopDropsNoRequest stops the program while it answers requests and runs a
// cycle: what it had begun to answer is answered, it exits with 0, and after the
// start the cycle goes on where it was.
func TestStopDropsNoRequest(t *testing.T) {
	t.Parallel()
	tokens, tokenURL := newAuthorizationServer(t)
	tokens.delay = 2 * time.Second
	target := scimserver.New(scimserver.Options{
		MaxResults: 10000, Flaws: scimserver.Flaws{AllowDuplicates: true, RepeatMembers: true}, Mode: scim.Tolerant,
	})
	listener := httptest.NewServer(slowly(target, 100*time.Millisecond))
	t.Cleanup(listener.Close)

	p := newProgram(t)
	const people = 300
	for i := range people {
		p.user(i)
	}
	_, sp := p.application()
	base := "/v1.0/servicePrincipals/" + sp + "/synchronization"
	p.must("PUT", base+"/secrets", map[string]any{"value": pairs("BaseAddress", listener.URL, "SecretToken", "anything", "SyncAll", "true")})
	job := p.must("POST", base+"/jobs", map[string]any{"templateId": "scim"}).id()
	p.must("POST", base+"/jobs/"+job+"/start", nil)
	_, other := p.application()
	given := map[string]any{"credentials": pairs("Oauth2AuthorizationCode", firstCode, "Oauth2RedirectUri", "https://portal.example/authorize",
		"Oauth2ClientId", "me", "Oauth2ClientSecret", clientSecret, "Oauth2TokenExchangeUri", tokenURL)}

	var answering sync.WaitGroup
	var acquired answer
	var failure error
	answering.Go(func() {
		acquired, failure = p.do(t.Context(), "POST", "/v1.0/servicePrincipals/"+other+"/synchronization/acquireAccessToken", given)
	})
	require.Eventually(t, func() bool {
		tokens.mu.Lock()
		defer tokens.mu.Unlock()
		users, _ := target.Snapshot()
		return tokens.requests == 1 && len(users) > 0
	}, 30*time.Second, 5*time.Millisecond, "a request is being answered, and a cycle runs")
	require.NoError(t, p.cmd.Process.Signal(syscall.SIGTERM))
	answering.Wait()
	require.NoError(t, failure, "the connection was not cut")
	require.Equal(t, 204, acquired.Status, acquired.Text)
	require.NoError(t, p.cmd.Wait(), "a graceful stop exits with 0")
	p.cmd = nil
	users, _ := target.Snapshot()
	require.Less(t, len(users), people, "the cycle was interrupted")

	p.start()
	require.Eventually(t, func() bool {
		users, _ := target.Snapshot()
		return len(users) >= people
	}, time.Minute, 50*time.Millisecond, "the cycle goes on")
	time.Sleep(2 * time.Second)
	users, _ = target.Snapshot()
	seen := map[string]bool{}
	for _, u := range users {
		require.False(t, seen[u.ExternalID()], fmt.Sprint(u.ExternalID(), " is doubled"))
		seen[u.ExternalID()] = true
	}
	p.must("POST", "/v1.0/servicePrincipals/"+other+"/synchronization/acquireAccessToken", map[string]any{"credentials": []any{}})
	require.Equal(t, map[string]int{firstCode: 1}, tokens.codes)
	p.stop()
}
