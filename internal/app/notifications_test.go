package app_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/provisor/provisor/internal/pgtest"
)

// subscriber is an endpoint that consents, and hands on what it is told.
func subscriber(t *testing.T) (string, <-chan map[string]any) {
	t.Helper()
	told := make(chan map[string]any, 100)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if token := r.URL.Query().Get("validationToken"); token != "" {
			w.Header().Set("Content-Type", "text/plain")
			_, _ = io.WriteString(w, token)
			return
		}
		var body struct{ Value []map[string]any }
		if json.NewDecoder(r.Body).Decode(&body) == nil {
			for _, n := range body.Value {
				told <- n
			}
		}
		w.WriteHeader(http.StatusAccepted)
	}))
	t.Cleanup(server.Close)
	return server.URL, told
}

// TestNotifications subscribes to users through the API of a running service, whose
// workers deliver, before and after a rotation of the sealing keys and a restart.
func TestNotifications(t *testing.T) {
	t.Parallel()

	dir := t.TempDir()
	s := serveMade(t, dir)
	token := s.token(t, s.ClientSecret)
	address, told := subscriber(t)
	until := time.Now().Add(24 * time.Hour).UTC().Format(time.RFC3339)
	made, _ := s.post(t, token, "/v1.0/subscriptions",
		`{"changeType":"updated,deleted","notificationUrl":"`+address+`?code=x","resource":"users","expirationDateTime":"`+until+`","clientState":"our word"}`)
	create := func(s *served, token, name string) string {
		id, _ := s.post(t, token, "/v1.0/users", `{"accountEnabled":true,"displayName":"`+name+`","mailNickname":"`+name+
			`","userPrincipalName":"`+name+`@provisor.internal","passwordProfile":{"password":"Correct-horse-7"}}`)
		return id
	}
	known := map[string]bool{}
	expect := func(id string) {
		select {
		case n := <-told:
			for known[fmt.Sprint(n["id"])] { // told again, which may happen
				n = <-told
			}
			known[fmt.Sprint(n["id"])] = true
			require.Equal(t, "Users/"+id, n["resource"])
			require.Equal(t, "our word", n["clientState"])
			require.Equal(t, made, n["subscriptionId"])
			require.Equal(t, s.TenantID, n["tenantId"])
		case <-time.After(20 * time.Second):
			t.Fatalf("nobody told of %s: %s", id, &s.stderr)
		}
	}
	expect(create(s, token, "ada"))

	code, stdout, stderr := run(t, "keys", "rotate", "--data", filepath.Join(dir, "data"))
	require.Zero(t, code, "%s %s", stdout, stderr)
	expect(create(s, token, "bob"))
	require.NotContains(t, s.stderr.String(), "our word")
	require.Zero(t, s.stop())

	s = serve(t, dir)
	expect(create(s, s.token(t, s.ClientSecret), "cleo"))
}

// TestNotificationsOfSeveralProcesses: on one PostgreSQL, each change is told once, by
// whichever process.
func TestNotificationsOfSeveralProcesses(t *testing.T) {
	t.Parallel()
	pgtest.Need(t)

	address := postgres.Server(t).Database(t)
	dir := t.TempDir()
	one := serve(t, dir, "--database", address)
	tokens := []string{one.token(t, one.ClientSecret)}
	keys := filepath.Join(dir, "data", "keys.json")
	two := serve(t, t.TempDir(), "--database", address, "--sealing-key-file", keys)
	hook, told := subscriber(t)
	tokens = append(tokens, two.token(t, two.ClientSecret))
	until := time.Now().Add(24 * time.Hour).UTC().Format(time.RFC3339)
	one.post(t, tokens[0], "/v1.0/subscriptions", `{"changeType":"updated","notificationUrl":"`+hook+`","resource":"groups","expirationDateTime":"`+until+`"}`)
	want := map[string]bool{}
	for i := range 20 {
		at := []*served{one, two}[i%2]
		id, _ := at.post(t, tokens[i%2], "/v1.0/groups", fmt.Sprintf(`{"displayName":"team %d","mailEnabled":false,"mailNickname":"team%d","securityEnabled":true}`, i, i))
		want["Groups/"+id] = true
		time.Sleep(100 * time.Millisecond)
	}
	for len(want) > 0 {
		select {
		case n := <-told:
			resource := fmt.Sprint(n["resource"])
			require.True(t, want[resource], "told twice, or never made: %s", resource)
			delete(want, resource)
		case <-time.After(20 * time.Second):
			t.Fatalf("nobody told of %v: %s %s", want, &one.stderr, &two.stderr)
		}
	}
}
