package app_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"io"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/stretchr/testify/require"
)

func signed(t *testing.T, key *rsa.PrivateKey, claims map[string]any) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: key, KeyID: "one"}}, nil)
	require.NoError(t, err)
	token, err := jwt.Signed(signer).Claims(claims).Serialize()
	require.NoError(t, err)
	return token
}

func newKey(t *testing.T) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	return key
}

// externalIssuer publishes a key as OpenID Connect discovery wants it.
func externalIssuer(t *testing.T, key *rsa.PrivateKey) string {
	t.Helper()
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	answer := func(path string, body any) {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_ = json.NewEncoder(w).Encode(body)
		})
	}
	answer("/.well-known/openid-configuration", map[string]any{
		"issuer": server.URL, "jwks_uri": server.URL + "/keys", "authorization_endpoint": server.URL + "/authorize",
		"token_endpoint": server.URL + "/token", "id_token_signing_alg_values_supported": []string{"RS256"},
	})
	answer("/keys", jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: key.Public(), KeyID: "one", Algorithm: "RS256", Use: "sig"}}})
	return server.URL
}

// TestServeForCallersOfAnotherIssuer: tokens of a trusted issuer count, those of
// anybody else do not.
func TestServeForCallersOfAnotherIssuer(t *testing.T) {
	t.Parallel()

	key := newKey(t)
	issuer := externalIssuer(t, key)
	s := serveMade(t, t.TempDir(), "--trusted-issuer", "issuer="+issuer+",audience=provisor")
	claims := func(change map[string]any) map[string]any {
		all := map[string]any{
			"iss": issuer, "aud": "provisor", "sub": "caller", "oid": "caller", "azp": "client", "idtyp": "app",
			"roles": []string{"User.Read.All"}, "iat": time.Now().Unix(), "exp": time.Now().Add(time.Hour).Unix(),
		}
		maps.Copy(all, change)
		return all
	}
	for name, tc := range map[string]struct {
		key    *rsa.PrivateKey
		change map[string]any
		want   int
	}{
		"trusted":          {key, nil, http.StatusOK},
		"without the role": {key, map[string]any{"roles": []string{}}, http.StatusForbidden},
		"for another":      {key, map[string]any{"aud": "somebody"}, http.StatusUnauthorized},
		"expired":          {key, map[string]any{"exp": time.Now().Add(-time.Hour).Unix()}, http.StatusUnauthorized},
		"of a stranger":    {newKey(t), nil, http.StatusUnauthorized},
	} {
		status, body, _ := s.get(t, "/v1.0/users", signed(t, tc.key, claims(tc.change)))
		require.Equal(t, tc.want, status, "%s: %s", name, body)
	}
}

// TestServeSignsInByCertificate: a certificate that was added to an application over
// the Graph API opens the token endpoint.
func TestServeSignsInByCertificate(t *testing.T) {
	t.Parallel()

	s := serveMade(t, t.TempDir())
	key := newKey(t)
	certificate := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "provisor"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, certificate, certificate, key.Public(), key)
	require.NoError(t, err)

	second := newKey(t)
	other, err := x509.CreateCertificate(rand.Reader, certificate, certificate, second.Public(), second)
	require.NoError(t, err)
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: other}) // as Terraform writes it
	body, err := json.Marshal(map[string]any{"keyCredentials": []map[string]any{
		{
			"type": "AsymmetricX509Cert", "usage": "Verify", "key": base64.StdEncoding.EncodeToString(der),
			"endDateTime": certificate.NotAfter.UTC().Format(time.RFC3339),
		},
		{"type": "AsymmetricX509Cert", "usage": "Verify", "key": base64.StdEncoding.EncodeToString(text)},
	}})
	require.NoError(t, err)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPatch, s.GraphEndpoint+"/v1.0/applications(appId='"+s.ClientID+"')", strings.NewReader(string(body)))
	require.NoError(t, err)
	r.Header.Set("Authorization", "Bearer "+s.token(t, s.ClientSecret))
	r.Header.Set("Content-Type", "application/json")
	answer, err := s.http.Do(r)
	require.NoError(t, err)
	said, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	require.Equal(t, http.StatusNoContent, answer.StatusCode, string(said))

	endpoint := s.Authority + "/oauth2/v2.0/token"
	assertion := map[string]any{
		"iss": s.ClientID, "sub": s.ClientID, "aud": endpoint, "jti": "1", "exp": time.Now().Add(time.Minute).Unix(),
	}
	require.Equal(t, http.StatusOK, s.exchange(t, endpoint, signed(t, key, assertion)))
	require.Equal(t, http.StatusOK, s.exchange(t, endpoint, signed(t, second, assertion)), "a key in PEM form")
	require.Equal(t, http.StatusUnauthorized, s.exchange(t, endpoint, signed(t, newKey(t), assertion)), "another key")
}

func (s *served) exchange(t *testing.T, endpoint, assertion string) int {
	t.Helper()
	answer, err := s.http.PostForm(endpoint, url.Values{
		"grant_type": {"client_credentials"}, "client_id": {s.ClientID}, "scope": {"https://graph.microsoft.com/.default"},
		"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}, "client_assertion": {assertion},
	})
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	return answer.StatusCode
}

// TestImportWhileTheServiceRuns: both work on one database, and the service sees
// what was imported.
func TestImportWhileTheServiceRuns(t *testing.T) {
	t.Parallel()

	dir := t.TempDir()
	s := serveMade(t, dir)
	file := dir + "/people.csv"
	writeText(t, file, "userPrincipalName,displayName,accountEnabled\nada@example.com,Ada,True\n")
	code, stdout, stderr := run(t, "directory", "import", file, "--data", dir+"/data")
	require.Zero(t, code, stderr)
	require.Regexp(t, `Users +1 +0 +0 +0`, stdout)
	status, body, _ := s.get(t, "/v1.0/users", s.token(t, s.ClientSecret))
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, body, "ada@example.com")
}
