package app_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

// put sends a document and returns the status and body of the answer.
func (s *served) put(t *testing.T, path, token, document string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPut, s.GraphEndpoint+path, bytes.NewReader([]byte(document)))
	require.NoError(t, err)
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/json")
	answer, err := s.http.Do(r)
	require.NoError(t, err)
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	return answer.StatusCode, string(body)
}

// ownPrincipal returns the path of the administrator's service principal.
func (s *served) ownPrincipal(t *testing.T, token string) string {
	t.Helper()
	status, body, _ := s.get(t, "/v1.0/servicePrincipals(appId='"+s.ClientID+"')", token)
	require.Equal(t, http.StatusOK, status, body)
	var principal struct{ ID string }
	require.NoError(t, json.Unmarshal([]byte(body), &principal))
	return "/v1.0/servicePrincipals/" + principal.ID
}

// TestKeysAreRotatedWhileTheServiceRuns: the service opens what is sealed with the new
// key, seals with it, and starts with the new key alone.
func TestKeysAreRotatedWhileTheServiceRuns(t *testing.T) {
	t.Parallel()

	dir := t.TempDir()
	data, keys := filepath.Join(dir, "data"), filepath.Join(dir, "data", "keys.json")
	s := serve(t, dir)
	token := s.token(t, s.ClientSecret)
	secrets := s.ownPrincipal(t, token) + "/synchronization/secrets"
	const document = `{"value":[{"key":"BaseAddress","value":"http://127.0.0.1:1/scim"},{"key":"SecretToken","value":"hush"}]}`
	status, body := s.put(t, secrets, token, document)
	require.Equal(t, http.StatusNoContent, status, body)
	before, err := os.ReadFile(keys)
	require.NoError(t, err)

	code, list, stderr := run(t, "keys", "list", "--data", data)
	require.Zero(t, code, stderr)
	old := regexp.MustCompile(`(\d+) +seals and opens +(\d+)`).FindStringSubmatch(list)
	require.NotNil(t, old, list)

	code, stdout, stderr := run(t, "keys", "rotate", "--data", data)
	require.Zero(t, code, stderr)
	require.Contains(t, stdout, old[2]+" values were sealed anew")
	after, err := os.ReadFile(keys)
	require.NoError(t, err)
	require.NotEqual(t, string(before), string(after))

	status, body, _ = s.get(t, secrets, token)
	require.Equal(t, http.StatusOK, status, "the service opens what the new key has sealed: %s", body)
	status, body = s.put(t, secrets, token, document)
	require.Equal(t, http.StatusNoContent, status, body)

	code, _, stderr = run(t, "keys", "retire", "1", "--data", data)
	require.NotZero(t, code)
	require.Contains(t, stderr, "cannot be removed")
	code, _, stderr = run(t, "keys", "retire", old[1], "--data", data)
	require.Zero(t, code, stderr)
	code, list, _ = run(t, "keys", "list", "--data", data)
	require.Zero(t, code)
	require.NotContains(t, list, old[1])
	require.Regexp(t, `\d+ +seals and opens +`+old[2], list)
	require.Zero(t, s.stop())

	s = serve(t, dir)
	status, body, _ = s.get(t, secrets, s.token(t, s.ClientSecret))
	require.Equal(t, http.StatusOK, status, body)
}
