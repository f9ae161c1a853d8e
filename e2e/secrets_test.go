//go:build e2e

package e2e_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// noSecretIn fails when a secret of the suite can be read.
func noSecretIn(t *testing.T, text string) {
	t.Helper()
	at := strings.Index(text, "that-must-not-be-found")
	if at >= 0 {
		t.Fatalf("a secret can be read: …%q…", text[max(0, at-60):min(len(text), at+40)])
	}
}

// TestNoSecretIsEverReadable plants secrets of every kind, makes every kind of
// trouble with them, and reads everything that the program shows or keeps.
func TestNoSecretIsEverReadable(t *testing.T) {
	t.Parallel()
	echo := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// A malicious or clumsy endpoint repeats what it was sent.
		body, _ := io.ReadAll(r.Body)
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(`{"error":"invalid_request","error_description":"` + strings.ReplaceAll(string(body), `"`, "") + ` ` + r.Header.Get("Authorization") + `"}`))
	}))
	t.Cleanup(echo.Close)
	p := newProgram(t)
	_, sp := p.application()
	base := "/v1.0/servicePrincipals/" + sp + "/synchronization"
	p.must("PUT", base+"/secrets", map[string]any{"value": pairs(
		"BaseAddress", echo.URL, "SecretToken", "secret-token-that-must-not-be-found", "Password", "password-that-must-not-be-found",
		"ConnectionString", "connection-that-must-not-be-found", "Oauth2ClientId", "me", "Oauth2ClientSecret", clientSecret, "Oauth2TokenExchangeUri", echo.URL)})
	var shown strings.Builder
	for _, call := range []struct {
		method, path string
		body         any
	}{
		{"GET", base + "/secrets", nil},
		{"GET", base, nil},
		{"POST", base + "/acquireAccessToken", map[string]any{"credentials": []any{}}},
		{"POST", base + "/acquireAccessToken", map[string]any{"credentials": pairs("Oauth2AuthorizationCode", firstCode, "Oauth2RedirectUri", "https://portal.example/x")}},
		{"POST", base + "/acquireAccessToken", map[string]any{"credentials": pairs("Oauth2RefreshToken", "refresh-token-that-must-not-be-found")}},
		{"POST", base + "/acquireAccessToken", map[string]any{"credentials": pairs("NoSuchKey", "value-that-must-not-be-found")}},
		{"POST", base + "/acquireAccessToken", map[string]any{"credentials": pairs("Password", "a-that-must-not-be-found", "Password", "b-that-must-not-be-found")}},
		{"POST", base + "/acquireAccessToken", map[string]any{"credentials": "string-that-must-not-be-found"}},
	} {
		a, err := p.do(t.Context(), call.method, call.path, call.body)
		require.NoError(t, err)
		shown.WriteString(a.Text)
	}
	for _, path := range []string{"/metrics", "/healthz", "/readyz"} {
		a, err := p.do(t.Context(), "GET", path, nil)
		require.NoError(t, err)
		require.Equal(t, 200, a.Status, "%s: %s", path, a.Text)
		shown.WriteString(a.Text)
	}
	noSecretIn(t, shown.String())
	p.stop()
	noSecretIn(t, p.everything())
	require.NotContains(t, p.everything(), "Never-kept-", "the passwords of users are not kept")
}
