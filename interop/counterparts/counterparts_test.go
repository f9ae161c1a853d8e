//go:build interop

// Package counterparts_test runs Provisor against third-party servers from npm: the
// OpenID provider oidc-provider, and scimmy's SCIM service.
package counterparts_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "provisor-interop")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "provisor")
	out, err := exec.Command("go", "build", "-o", path, "github.com/provisor/provisor/cmd/provisor").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return path, nil
})

// started is the JSON line that a server prints when it listens.
type started map[string]string

// node starts one of the servers of this folder.
func node(t *testing.T, script string, env ...string) started {
	t.Helper()
	cmd := exec.Command("node", script)
	cmd.Env = append(os.Environ(), env...)
	var log bytes.Buffer
	cmd.Stderr = &log
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("%s printed: %s", script, &log)
		}
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err, "%s", &log)
	var s started
	require.NoError(t, json.Unmarshal([]byte(line), &s))
	return s
}

// server is a running Provisor.
type server struct {
	t     *testing.T
	graph string
	token string
}

func serve(t *testing.T) *server {
	t.Helper()
	path, err := binary()
	require.NoError(t, err)
	dir := t.TempDir()
	file := filepath.Join(dir, "bootstrap.json")
	cmd := exec.Command(path, "serve", "--data", filepath.Join(dir, "data"), "--listen", "127.0.0.1:0", "--bootstrap-file", file, "--interval", "1s")
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("provisor printed: %s", &log)
		}
	})
	var boot map[string]string
	require.Eventually(t, func() bool {
		text, err := os.ReadFile(file)
		return err == nil && json.Unmarshal(text, &boot) == nil
	}, 30*time.Second, 20*time.Millisecond)
	resp, err := http.PostForm(boot["authority"]+"/oauth2/v2.0/token", url.Values{
		"grant_type": {"client_credentials"}, "client_id": {boot["clientId"]}, "client_secret": {boot["clientSecret"]}, "scope": {"https://graph.microsoft.com/.default"},
	})
	require.NoError(t, err)
	defer resp.Body.Close()
	var token map[string]any
	require.NoError(t, json.NewDecoder(resp.Body).Decode(&token))
	return &server{t: t, graph: boot["graphEndpoint"], token: fmt.Sprint(token["access_token"])}
}

func (s *server) do(method, path string, body any) (int, map[string]any) {
	s.t.Helper()
	var reader io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		require.NoError(s.t, err)
		reader = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.graph+path, reader)
	require.NoError(s.t, err)
	req.Header.Set("Authorization", "Bearer "+s.token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	require.NoError(s.t, err)
	defer resp.Body.Close()
	var answer map[string]any
	_ = json.NewDecoder(resp.Body).Decode(&answer)
	return resp.StatusCode, answer
}

func (s *server) must(method, path string, body any) map[string]any {
	s.t.Helper()
	status, answer := s.do(method, path, body)
	require.Less(s.t, status, 300, "%s %s: %v", method, path, answer)
	return answer
}

// explain shows the newest failures of the provisioning log when the test failed.
func (s *server) explain() {
	if !s.t.Failed() {
		return
	}
	req, err := http.NewRequest("GET", s.graph+"/v1.0/auditLogs/provisioning?$top=2&$filter="+url.QueryEscape("provisioningStatusInfo/status eq 'failure'"), nil)
	if err != nil {
		return
	}
	req.Header.Set("Authorization", "Bearer "+s.token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(resp.Body)
	s.t.Logf("the newest failures: %s", text)
}

// application makes an application and returns its service principal's id and the
// path of its synchronization.
func (s *server) application() (string, string) {
	s.t.Helper()
	made := s.must("POST", "/v1.0/applicationTemplates/8adf8e6e-67b2-4cf2-a259-e3dc5476c621/instantiate", map[string]any{"displayName": "Interop"})
	sp, _ := made["servicePrincipal"].(map[string]any)
	id := fmt.Sprint(sp["id"])
	return id, "/v1.0/servicePrincipals/" + id + "/synchronization"
}

func pairs(keyValues ...string) []map[string]string {
	var list []map[string]string
	for i := 0; i+1 < len(keyValues); i += 2 {
		list = append(list, map[string]string{"key": keyValues[i], "value": keyValues[i+1]})
	}
	return list
}

// requests returns the token requests that the OpenID provider has seen.
func requests(t *testing.T, oidc started) []map[string]any {
	t.Helper()
	resp, err := http.Get(oidc["issuer"] + "/requests")
	require.NoError(t, err)
	defer resp.Body.Close()
	var list []map[string]any
	require.NoError(t, json.NewDecoder(resp.Body).Decode(&list))
	return list
}

// browser follows redirects with cookies, up to an address that begins with stop.
func browser(t *testing.T, stop string) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	return &http.Client{Jar: jar, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if stop != "" && strings.HasPrefix(r.URL.String(), stop) {
			return http.ErrUseLastResponse
		}
		return nil
	}}
}

func TestCodeGrantAndRotation(t *testing.T) {
	t.Parallel()
	const redirect = "http://127.0.0.1:9/callback"
	oidc := node(t, "oidc.mjs", `OPTIONS={"redirectUris":["`+redirect+`"]}`)
	s := serve(t)
	_, base := s.application()

	authorize := oidc["authorizationEndpoint"] + "?" + url.Values{
		"response_type": {"code"}, "client_id": {oidc["clientId"]}, "redirect_uri": {redirect}, "scope": {"openid offline_access"}, "prompt": {"consent"},
	}.Encode()
	resp, err := browser(t, redirect).Get(authorize)
	require.NoError(t, err)
	defer resp.Body.Close()
	landed, err := resp.Location()
	require.NoError(t, err)

	given := map[string]any{"credentials": pairs(
		"Oauth2AuthorizationCode", landed.Query().Get("code"), "Oauth2RedirectUri", redirect,
		"Oauth2ClientId", oidc["clientId"], "Oauth2ClientSecret", oidc["clientSecret"], "Oauth2TokenExchangeUri", oidc["tokenEndpoint"])}
	s.must("POST", base+"/acquireAccessToken", given)
	for range 5 { // rotates each time: an old token coming again would revoke all
		s.must("POST", base+"/acquireAccessToken", map[string]any{"credentials": []any{}})
	}
	status, refused := s.do("POST", base+"/acquireAccessToken", given)
	require.Equal(t, 400, status, "a code that was used is not accepted: %v", refused)

	var codes, refreshes int
	for _, r := range requests(t, oidc) {
		if r["ok"] == true && r["grant"] == "authorization_code" {
			codes++
		}
		if r["ok"] == true && r["grant"] == "refresh_token" {
			refreshes++
		}
	}
	require.Equal(t, 1, codes)
	require.Equal(t, 5, refreshes)
}

func TestClientCredentials(t *testing.T) {
	t.Parallel()
	oidc := node(t, "oidc.mjs")
	s := serve(t)
	_, base := s.application()
	s.must("POST", base+"/acquireAccessToken", map[string]any{"credentials": pairs(
		"AuthenticationType", "OAuth2ClientCredentialsGrant",
		"Oauth2ClientId", oidc["clientId"], "Oauth2ClientSecret", oidc["clientSecret"], "Oauth2TokenExchangeUri", oidc["tokenEndpoint"])})
	status, answer := s.do("POST", base+"/acquireAccessToken", map[string]any{"credentials": pairs("Oauth2ClientSecret", "wrong")})
	require.Equal(t, 400, status)
	require.Contains(t, fmt.Sprint(answer), "invalid_client")
	require.NotContains(t, fmt.Sprint(answer), oidc["clientSecret"])
}

func TestPrivateKeyJWT(t *testing.T) {
	t.Parallel()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	public, err := key.PublicKey.ECDH()
	require.NoError(t, err)
	point := public.Bytes()[1:]
	jwk := fmt.Sprintf(`{"kty":"EC","crv":"P-256","alg":"ES256","use":"sig","kid":"k1","x":%q,"y":%q}`,
		base64.RawURLEncoding.EncodeToString(point[:32]), base64.RawURLEncoding.EncodeToString(point[32:]))
	oidc := node(t, "oidc.mjs", `OPTIONS={"jwks":{"keys":[`+jwk+`]}}`)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	text := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))

	s := serve(t)
	sp, base := s.application()
	s.must("PATCH", "/provisor/servicePrincipals/"+sp+"/credentialSettings", map[string]any{
		"clientAuthentication": "private_key_jwt", "privateKey": text, "privateKeyId": "k1", "privateKeyAlgorithm": "ES256",
	})
	shown := s.must("GET", "/provisor/servicePrincipals/"+sp+"/credentialSettings", nil)
	require.Equal(t, "*", shown["privateKey"], "write-only")
	s.must("POST", base+"/acquireAccessToken", map[string]any{"credentials": pairs("Oauth2ClientId", "signer", "Oauth2TokenExchangeUri", oidc["tokenEndpoint"])})
}

// TestAuthorizeLeg goes the way of an administrator's browser: to Provisor, to the
// provider, and back.
func TestAuthorizeLeg(t *testing.T) {
	t.Parallel()
	s := serve(t)
	sp, base := s.application()
	oidc := node(t, "oidc.mjs", `OPTIONS={"redirectUris":["`+s.graph+`/provisor/oauth/callback"]}`)
	s.must("PUT", base+"/secrets", map[string]any{"value": pairs(
		"Oauth2ClientId", oidc["clientId"], "Oauth2ClientSecret", oidc["clientSecret"],
		"Oauth2TokenExchangeUri", oidc["tokenEndpoint"], "Oauth2AuthorizationUri", oidc["authorizationEndpoint"]+"?prompt=consent")})
	s.must("PATCH", "/provisor/servicePrincipals/"+sp+"/credentialSettings", map[string]any{"scope": "openid offline_access"})
	started := s.must("GET", "/provisor/servicePrincipals/"+sp+"/authorize", nil)
	address := fmt.Sprint(started["authorizationUrl"])
	require.Contains(t, address, "code_challenge_method=S256")
	resp, err := browser(t, "").Get(address)
	require.NoError(t, err)
	defer resp.Body.Close()
	page, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.Equal(t, 200, resp.StatusCode, "%s", page)
	require.Contains(t, resp.Header.Get("Content-Type"), "text/html")
	s.must("POST", base+"/acquireAccessToken", map[string]any{"credentials": []any{}}) // refreshes
	require.Len(t, requests(t, oidc), 2)
}

// TestCycleIntoSCIMMY provisions people and groups into scimmy, with tokens of
// oidc-provider that scimmy introspects and that expire while it goes on.
func TestCycleIntoSCIMMY(t *testing.T) {
	t.Parallel()
	oidc := node(t, "oidc.mjs", `OPTIONS={"accessTokenTTL":4}`)
	target := node(t, "scimmy.mjs", "INTROSPECTION="+oidc["introspectionEndpoint"], "CLIENT_ID="+oidc["clientId"], "CLIENT_SECRET="+oidc["clientSecret"])
	s := serve(t)
	const people = 60
	users := make([]string, people)
	for i := range users {
		name := fmt.Sprintf("user%d", i)
		users[i] = fmt.Sprint(s.must("POST", "/v1.0/users", map[string]any{
			"accountEnabled": true, "displayName": "User " + name, "mailNickname": name, "userPrincipalName": name + "@example.com", "mail": name + "@example.com",
			"givenName": "User", "surname": name, "department": "Sales", "city": "Bern", "mobilePhone": "+41 00 000 00 00",
			"passwordProfile": map[string]any{"password": "Not-kept-1"},
		})["id"])
	}
	for _, id := range users[1:] {
		s.must("PUT", "/v1.0/users/"+id+"/manager/$ref", map[string]any{"@odata.id": s.graph + "/v1.0/users/" + users[0]})
	}
	group := fmt.Sprint(s.must("POST", "/v1.0/groups", map[string]any{"displayName": "Everyone", "mailEnabled": false, "mailNickname": "everyone", "securityEnabled": true})["id"])
	for _, id := range users {
		s.must("POST", "/v1.0/groups/"+group+"/members/$ref", map[string]any{"@odata.id": s.graph + "/v1.0/directoryObjects/" + id})
	}
	_, base := s.application()
	s.must("PUT", base+"/secrets", map[string]any{"value": pairs("BaseAddress", target["baseUrl"], "SyncAll", "true", "AuthenticationType", "OAuth2ClientCredentialsGrant",
		"Oauth2ClientId", oidc["clientId"], "Oauth2ClientSecret", oidc["clientSecret"], "Oauth2TokenExchangeUri", oidc["tokenEndpoint"])})
	s.must("POST", base+"/acquireAccessToken", map[string]any{"credentials": []any{}})
	job := fmt.Sprint(s.must("POST", base+"/jobs", map[string]any{"templateId": "scim"})["id"])
	s.must("PATCH", base+"/jobs/"+job, map[string]any{"synchronizationJobSettings": []map[string]string{{"name": "ProvisorDialect", "value": "rfc7644"}}})
	s.must("POST", base+"/jobs/"+job+"/start", nil)
	t.Cleanup(func() { s.explain() })
	app := &application{t: t, base: target["baseUrl"], oidc: oidc}
	require.Eventually(t, func() bool { return app.settled(people) }, 60*time.Second, 500*time.Millisecond)

	// The token has expired by now; leavers, movers and a member that goes.
	time.Sleep(5 * time.Second)
	s.must("PATCH", "/v1.0/users/"+users[1], map[string]any{"department": "Research", "accountEnabled": false})
	s.must("DELETE", "/v1.0/groups/"+group+"/members/"+users[2]+"/$ref", nil)
	require.Eventually(t, func() bool {
		moved := app.list(`/Users?filter=` + url.QueryEscape(`userName eq "user1@example.com"`))
		groups := app.list("/Groups")
		return len(moved) == 1 && moved[0]["active"] == false && len(groups) == 1 && len(members(groups[0])) == people-1
	}, 60*time.Second, 500*time.Millisecond)
}

// application reads what the SCIM service holds, with a token of its own.
type application struct {
	t    *testing.T
	base string
	oidc started
}

func (a *application) list(path string) []map[string]any {
	a.t.Helper()
	ctx, cancel := context.WithTimeout(a.t.Context(), 10*time.Second)
	defer cancel()
	token := a.token(ctx)
	req, err := http.NewRequestWithContext(ctx, "GET", a.base+path, nil)
	require.NoError(a.t, err)
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(a.t, err)
	defer resp.Body.Close()
	var answer struct{ Resources []map[string]any }
	require.NoError(a.t, json.NewDecoder(resp.Body).Decode(&answer))
	return answer.Resources
}

func (a *application) token(ctx context.Context) string {
	a.t.Helper()
	req, err := http.NewRequestWithContext(ctx, "POST", a.oidc["tokenEndpoint"], strings.NewReader("grant_type=client_credentials"))
	require.NoError(a.t, err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth(a.oidc["clientId"], a.oidc["clientSecret"])
	resp, err := http.DefaultClient.Do(req)
	require.NoError(a.t, err)
	defer resp.Body.Close()
	var answer map[string]any
	require.NoError(a.t, json.NewDecoder(resp.Body).Decode(&answer))
	return fmt.Sprint(answer["access_token"])
}

// settled reports whether everybody is there once, with manager and membership.
func (a *application) settled(people int) bool {
	users, groups := a.list("/Users?count=500"), a.list("/Groups")
	if len(users) != people || len(groups) != 1 || len(members(groups[0])) != people {
		return false
	}
	managed := 0
	for _, u := range users {
		enterprise, _ := u["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"].(map[string]any)
		if enterprise["manager"] != nil {
			managed++
		}
	}
	return managed == people-1
}

func members(group map[string]any) []any {
	list, _ := group["members"].([]any)
	return list
}
