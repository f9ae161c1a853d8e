package app_test

import (
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/AzureAD/microsoft-authentication-library-for-go/apps/public"
	"github.com/stretchr/testify/require"
)

const (
	graphTools = "14d82eec-204b-4c2f-b7e8-296a70dab67e"
	cloudAdmin = "158c047a-c907-4556-b7ef-446551a6b5f7" // Cloud Application Administrator
	adaTypes   = "correct horse battery"
)

// send asks for a path with a JSON body and returns what was answered.
func (s *served) send(t *testing.T, method, path, token, body string) (int, map[string]any) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.GraphEndpoint+path, strings.NewReader(body))
	require.NoError(t, err)
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/json")
	answer, err := s.http.Do(r)
	require.NoError(t, err)
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	var decoded map[string]any
	_ = json.Unmarshal(text, &decoded)
	return answer.StatusCode, decoded
}

// page opens a page, or sends its form back.
func (s *served) page(t *testing.T, address string, form url.Values) string {
	t.Helper()
	method := http.MethodGet
	if form != nil {
		method = http.MethodPost
	}
	if strings.HasPrefix(address, "/") {
		address = s.GraphEndpoint + address
	}
	r, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(form.Encode()))
	require.NoError(t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := s.http.Do(r)
	require.NoError(t, err)
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	return string(text)
}

// filled is the form of a page with what a person typed.
func filled(text string, typed map[string]string) (string, url.Values) {
	form := url.Values{}
	for _, f := range regexp.MustCompile(`type="hidden" name="([^"]*)" value="([^"]*)"`).FindAllStringSubmatch(text, -1) {
		form.Set(html.UnescapeString(f[1]), html.UnescapeString(f[2]))
	}
	for name, value := range typed {
		form.Set(name, value)
	}
	action := regexp.MustCompile(`action="([^"]*)"`).FindStringSubmatch(text)
	if action == nil {
		return "", form
	}
	return html.UnescapeString(action[1]), form
}

func (s *served) person(t *testing.T, admin, name string) string {
	t.Helper()
	status, made := s.send(t, http.MethodPost, "/v1.0/users", admin, fmt.Sprintf(
		`{"accountEnabled":true,"displayName":%q,"mailNickname":%q,"userPrincipalName":"%s@contoso.example","passwordProfile":{"password":%q}}`, name, name, name, adaTypes))
	require.Equal(t, http.StatusCreated, status, made)
	return fmt.Sprint(made["id"])
}

// TestServeSignsPeopleIn goes the whole way with Microsoft's own library: a person
// with a password and a directory role signs in with a device code, and may do what
// permission and role allow together.
func TestServeSignsPeopleIn(t *testing.T) {
	t.Parallel()

	s := serveMade(t, t.TempDir(), "--tls", "auto")
	admin := s.token(t, s.ClientSecret)
	ada, bob := s.person(t, admin, "ada"), s.person(t, admin, "bob")
	status, made := s.send(t, http.MethodPost, "/v1.0/roleManagement/directory/roleAssignments", admin,
		fmt.Sprintf(`{"principalId":%q,"roleDefinitionId":%q,"directoryScopeId":"/"}`, ada, cloudAdmin))
	require.Equal(t, http.StatusCreated, status, made)
	for name, id := range map[string]string{"ada": ada, "bob": bob} {
		client, err := public.New(graphTools, public.WithAuthority(s.GraphEndpoint+"/organizations"), public.WithHTTPClient(s.http), public.WithInstanceDiscovery(false))
		require.NoError(t, err)
		code, err := client.AcquireTokenByDeviceCode(t.Context(), []string{"https://graph.microsoft.com/.default"})
		require.NoError(t, err)
		text := s.page(t, code.Result.VerificationURL, url.Values{"user_code": {code.Result.UserCode}})
		action, form := filled(text, map[string]string{"provisor-user": name + "@contoso.example", "provisor-password": adaTypes})
		require.Contains(t, s.page(t, action, form), "You have signed in")
		got, err := code.AuthenticationResult(t.Context())
		require.NoError(t, err)

		status, me := s.send(t, http.MethodGet, "/v1.0/me", got.AccessToken, "")
		require.Equal(t, http.StatusOK, status, me)
		require.Equal(t, id, me["id"])
		status, refused := s.send(t, http.MethodGet, "/v1.0/me", got.IDToken.RawToken, "")
		require.Equal(t, http.StatusUnauthorized, status, "an ID token opens nothing: %s", refused)
		status, app := s.send(t, http.MethodPost, "/v1.0/applications", got.AccessToken, `{"displayName":"Payroll"}`)
		if name == "ada" {
			require.Equal(t, http.StatusCreated, status, app)
			continue
		}
		require.Equal(t, http.StatusForbidden, status, app)
	}
}

// TestServeAsksForConsent: an application of the directory gets what somebody
// consented to for it.
func TestServeAsksForConsent(t *testing.T) {
	t.Parallel()

	s := serveMade(t, t.TempDir(), "--tls", "auto", "--sign-in", "pick")
	admin := s.token(t, s.ClientSecret)
	s.person(t, admin, "ada")
	_, app := s.send(t, http.MethodPost, "/v1.0/applications", admin, `{"displayName":"Tool","isFallbackPublicClient":true,"publicClient":{"redirectUris":["http://localhost"]}}`)
	_, sp := s.send(t, http.MethodPost, "/v1.0/servicePrincipals", admin, fmt.Sprintf(`{"appId":%q}`, app["appId"]))
	_, graph := s.send(t, http.MethodGet, "/v1.0/servicePrincipals(appId='00000003-0000-0000-c000-000000000000')", admin, "")
	client, err := public.New(fmt.Sprint(app["appId"]), public.WithAuthority(s.Authority), public.WithHTTPClient(s.http), public.WithInstanceDiscovery(false))
	require.NoError(t, err)
	signIn := func() string {
		code, err := client.AcquireTokenByDeviceCode(t.Context(), []string{"User.Read"})
		require.NoError(t, err)
		text := s.page(t, "/devicelogin", url.Values{"user_code": {code.Result.UserCode}})
		action, form := filled(text, map[string]string{"provisor-user": "ada@contoso.example"})
		return s.page(t, action, form)
	}
	require.Contains(t, signIn(), "has not consented")
	status, grant := s.send(t, http.MethodPost, "/v1.0/oauth2PermissionGrants", admin,
		fmt.Sprintf(`{"clientId":%q,"consentType":"AllPrincipals","resourceId":%q,"scope":"User.Read"}`, sp["id"], graph["id"]))
	require.Equal(t, http.StatusCreated, status, grant)
	require.Contains(t, signIn(), "You have signed in")
}

// TestServeRefusesPickForOthers: choosing who one is stays on this machine unless
// the operator says otherwise.
func TestServeRefusesPickForOthers(t *testing.T) {
	t.Parallel()

	code, _, stderr := run(t, "serve", "--data", t.TempDir(), "--listen", "127.0.0.1:0", "--base-url", "https://provisor.example", "--sign-in", "pick")
	require.NotZero(t, code)
	require.Contains(t, stderr, "pick-open")
}

// TestServePicksUnderItsOwnNameOnly: a page whose name was bent to this machine may not
// choose who it is.
func TestServePicksUnderItsOwnNameOnly(t *testing.T) {
	t.Parallel()

	s := serveMade(t, t.TempDir(), "--sign-in", "pick")
	for host, want := range map[string]int{"": http.StatusOK, "localhost": http.StatusOK, "evil.example": http.StatusMisdirectedRequest, "evil.example:8480": http.StatusMisdirectedRequest} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.Authority+"/v2.0/.well-known/openid-configuration", nil)
		require.NoError(t, err)
		r.Host = host
		resp, err := s.http.Do(r)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		require.Equal(t, want, resp.StatusCode, host)
	}
}

// TestTrust says how the authority of --tls auto is trusted, once it is there.
func TestTrust(t *testing.T) {
	t.Parallel()

	dir := t.TempDir()
	code, _, stderr := run(t, "trust", "--data", dir+"/data")
	require.NotZero(t, code)
	require.Contains(t, stderr, "--tls auto")
	s := serve(t, dir, "--tls", "auto")
	require.Contains(t, s.stdout.String(), "NODE_EXTRA_CA_CERTS="+s.CACertificate)
	code, stdout, stderr := run(t, "trust", "--data", dir+"/data")
	require.Zero(t, code, stderr)
	for _, word := range []string{s.CACertificate, "REQUESTS_CA_BUNDLE", "keytool", "SHA-256"} {
		require.Contains(t, stdout, word)
	}
}

// TestServeForClaimsOfAnotherIssuer: what another issuer keeps under names of its own
// counts as if Entra had issued it.
func TestServeForClaimsOfAnotherIssuer(t *testing.T) {
	t.Parallel()

	key := newKey(t)
	issuer := externalIssuer(t, key)
	s := serveMade(t, t.TempDir(), "--trusted-issuer", "issuer="+issuer+",audience=account,oid=sub,roles=realm_access.roles")
	token := signed(t, key, map[string]any{ // a service account of Keycloak
		"iss": issuer, "aud": []string{"account"}, "sub": "7c0b7b3c-0d3c-4c9e-9a37-000000000001", "azp": "tool", "client_id": "tool", "typ": "Bearer",
		"idtyp": "app", "scope": "profile email", "realm_access": map[string]any{"roles": []string{"User.Read.All", "offline_access"}}, "exp": 4102444800, "iat": 1,
	})
	status, body, _ := s.get(t, "/v1.0/users", token)
	require.Equal(t, http.StatusOK, status, body)
	status, body, _ = s.get(t, "/v1.0/applications", token)
	require.Equal(t, http.StatusForbidden, status, body)
}
