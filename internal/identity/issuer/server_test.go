package issuer_test

import (
	"context"
	"crypto"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/identity/issuer"
)

// TestPublishedClientsSignIn lets golang.org/x/oauth2 fetch a token in each way it
// knows and go-oidc check it by nothing but our discovery document and keys.
func TestPublishedClientsSignIn(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	secret := w.add()
	ctx := context.WithValue(t.Context(), oauth2.HTTPClient, w.Client())
	for name, style := range map[string]oauth2.AuthStyle{
		"header": oauth2.AuthStyleInHeader, "body": oauth2.AuthStyleInParams, "detected": oauth2.AuthStyleAutoDetect,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			token, err := (&clientcredentials.Config{
				ClientID: appID, ClientSecret: secret, AuthStyle: style,
				TokenURL: w.URL + "/" + string(tenantID) + "/oauth2/v2.0/token", Scopes: []string{graph},
			}).Token(ctx)
			if err != nil {
				t.Fatal(err)
			}
			provider, err := oidc.NewProvider(ctx, w.URL+"/"+string(tenantID)+"/v2.0")
			if err != nil {
				t.Fatal(err)
			}
			checked, err := provider.Verifier(&oidc.Config{ClientID: "https://graph.microsoft.com", Now: w.clock.now}).Verify(ctx, token.AccessToken)
			if err != nil {
				t.Fatal(err)
			}
			var got map[string]any
			if err := checked.Claims(&got); err != nil {
				t.Fatal(err)
			}
			for name, want := range map[string]any{
				"aud": "https://graph.microsoft.com", "iss": w.URL + "/" + string(tenantID) + "/v2.0", "tid": string(tenantID),
				"oid": string(principal), "sub": string(principal), "azp": appID, "appid": appID, "azpacr": "1",
				"idtyp": "app", "ver": "2.0", "iat": float64(start().Unix()), "nbf": float64(start().Unix()), "exp": float64(start().Add(time.Hour).Unix()),
			} {
				if got[name] != want {
					t.Errorf("claim %s is %v, want %v", name, got[name], want)
				}
			}
			if roles, ok := got["roles"].([]any); !ok || len(roles) != 2 || roles[0] != "Synchronization.ReadWrite.All" {
				t.Errorf("claim roles is %v", got["roles"])
			}
			if wids, ok := got["wids"].([]any); !ok || len(wids) != 1 {
				t.Errorf("claim wids is %v", got["wids"])
			}
		})
	}
}

// TestTokenRequestOfMSAL sends what azidentity and msal-node send: extra scopes, a
// claims parameter, and a query on the token endpoint.
func TestTokenRequestOfMSAL(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	secret := w.add()
	for _, segment := range []string{string(tenantID), strings.ToUpper(string(tenantID)), domain, "common", "organizations"} {
		got := w.post(t, "/"+segment+"/oauth2/v2.0/token?client-request-id=2f1b7c0c-93f0-4fd2-a1df-0d8a7c7d1c11", url.Values{
			"grant_type": {"client_credentials"}, "client_id": {appID}, "client_secret": {secret},
			"scope":  {graph + " openid offline_access profile"},
			"claims": {`{"access_token":{"xms_cc":{"values":["CP1"]}}}`}, "client_info": {"1"}, "x-client-SKU": {"MSAL.Go"},
		})
		if got.status != http.StatusOK || got.Token == "" || got.Type != "Bearer" || got.Expires != float64(3600) {
			t.Errorf("%s: got %+v", segment, got)
		}
		if got.header.Get("Cache-Control") != "no-store" || !strings.HasPrefix(got.header.Get("Content-Type"), "application/json") {
			t.Errorf("%s: headers %v", segment, got.header)
		}
	}
}

func TestAudienceIsWhatWasAskedFor(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	secret := w.add()
	tests := []struct{ scope, want string }{
		{"https://graph.microsoft.com/.default", "https://graph.microsoft.com"},
		{"https://graph.microsoft.com//.default", "https://graph.microsoft.com/"},
		{"00000003-0000-0000-c000-000000000000/.default", "00000003-0000-0000-c000-000000000000"},
		{".default", "00000003-0000-0000-c000-000000000000"},
		{w.URL + "/.default", w.URL},
		{w.URL + "//.default openid", w.URL + "/"}, // Terraform: the resource id ends in a slash
		{"https://provisor.example/.default", "https://provisor.example"},
	}
	for _, tt := range tests {
		got := w.post(t, "/common/oauth2/v2.0/token", url.Values{
			"grant_type": {"client_credentials"}, "client_id": {appID}, "client_secret": {secret}, "scope": {tt.scope},
		})
		if aud := payload(t, got.Token)["aud"]; aud != tt.want {
			t.Errorf("scope %s: audience %v, want %s (%s)", tt.scope, aud, tt.want, got.Description)
		}
	}
}

func payload(t *testing.T, raw string) map[string]any {
	t.Helper()
	jws, err := jose.ParseSignedCompact(raw, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		t.Fatalf("token %q: %v", raw, err)
	}
	var claims map[string]any
	if err := json.Unmarshal(jws.UnsafePayloadWithoutVerification(), &claims); err != nil {
		t.Fatal(err)
	}
	return claims
}

func TestV1Endpoint(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	secret := w.add()
	for _, resource := range []string{"https://graph.microsoft.com/", "https://graph.microsoft.com", "00000003-0000-0000-c000-000000000000"} {
		got := w.post(t, "/"+domain+"/oauth2/token", url.Values{
			"grant_type": {"client_credentials"}, "client_id": {appID}, "client_secret": {secret}, "resource": {resource},
		})
		if got.status != http.StatusOK || got.Expires != "3600" {
			t.Fatalf("%s: got %+v", resource, got)
		}
		claims := payload(t, got.Token)
		if claims["aud"] != resource || claims["ver"] != "1.0" || claims["iss"] != w.URL+"/"+string(tenantID)+"/" {
			t.Errorf("%s: claims %v", resource, claims)
		}
	}
	ctx := oidc.ClientContext(t.Context(), w.Client())
	if _, err := oidc.NewProvider(ctx, w.URL+"/"+string(tenantID)+"/"); err != nil {
		t.Errorf("discovery of v1: %v", err)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	secret := w.add()
	valid := url.Values{"grant_type": {"client_credentials"}, "client_id": {appID}, "client_secret": {secret}, "scope": {graph}}
	set := func(pairs ...string) url.Values {
		form := url.Values{}
		for k, v := range valid {
			form[k] = slices.Clone(v)
		}
		for i := 0; i < len(pairs); i += 2 {
			if form.Set(pairs[i], pairs[i+1]); pairs[i+1] == "" {
				form.Del(pairs[i])
			}
		}
		return form
	}
	w.ports.clients["unprincipled"] = issuer.Client{AppID: "unprincipled"}
	double := set()
	double.Add("scope", graph)
	basic := func(user, password string) func(*http.Request) {
		return func(r *http.Request) { r.SetBasicAuth(user, password) }
	}
	const v2, v1 = "/common/oauth2/v2.0/token", "/common/oauth2/token"
	tests := []struct {
		name   string
		path   string
		form   url.Values
		edit   func(*http.Request)
		status int
		code   string
		number int
	}{
		{"unknown tenant", "/fabrikam.example/oauth2/v2.0/token", set(), nil, 400, "invalid_request", 90002},
		{"no grant type", v2, set("grant_type", ""), nil, 400, "invalid_request", 900144},
		{"unknown grant type", v2, set("grant_type", "password"), nil, 400, "unsupported_grant_type", 70003},
		{"no client", v2, set("client_id", ""), nil, 400, "invalid_request", 900144},
		{"unknown client", v2, set("client_id", "nobody"), nil, 400, "unauthorized_client", 700016},
		{"no service principal", v2, set("client_id", "unprincipled"), nil, 400, "unauthorized_client", 7000229},
		{"no proof", v2, set("client_secret", ""), nil, 401, "invalid_client", 7000218},
		{"wrong secret", v2, set("client_secret", "wrong"), nil, 401, "invalid_client", 7000215},
		{"wrong secret in header", v2, set("client_secret", ""), basic(appID, "wrong"), 401, "invalid_client", 7000215},
		{"digest instead of secret", v2, set("client_secret", string(issuer.Digest(secret))), nil, 401, "invalid_client", 7000215},
		{"secret in header and body", v2, set(), basic(appID, secret), 400, "invalid_request", 9000411},
		{"two clients", v2, set("client_secret", "", "client_id", "other"), basic(appID, secret), 400, "invalid_request", 9000411},
		{"secret and assertion", v2, set("client_assertion", "x"), nil, 400, "invalid_request", 9000411},
		{"badly encoded header", v2, set("client_secret", ""), basic(appID, "%zz"), 401, "invalid_client", 7000215},
		{"parameter twice", v2, double, nil, 400, "invalid_request", 9000411},
		{"no scope", v2, set("scope", ""), nil, 400, "invalid_request", 900144},
		{"scope without resource", v2, set("scope", "openid profile"), nil, 400, "invalid_scope", 70011},
		{"scope of another service", v2, set("scope", "https://vault.azure.net/.default"), nil, 400, "invalid_resource", 500011},
		{"prefix of a resource", v2, set("scope", "https://graph.microsoft.com.evil/.default"), nil, 400, "invalid_resource", 500011},
		{"two resources", v2, set("scope", graph+" "+w.URL+"/.default"), nil, 400, "invalid_scope", 28000},
		{"single permission", v2, set("scope", "https://graph.microsoft.com/User.Read"), nil, 400, "invalid_scope", 1002012},
		{"no resource in v1", v1, set("scope", ""), nil, 400, "invalid_request", 900144},
		{"unknown resource in v1", v1, set("resource", "https://vault.azure.net"), nil, 400, "invalid_resource", 500011},
		{"form of another type", v2, set(), func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") }, 400, "invalid_request", 900144},
		{"form too long", v2, set("claims", strings.Repeat("x", 70_000)), nil, 400, "invalid_request", 9002313},
		{"secret in the query", v2 + "?client_secret=" + secret, set("client_secret", ""), nil, 401, "invalid_client", 7000218},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			edit := func(r *http.Request) {
				r.Header.Set("client-request-id", "2f1b7c0c-93f0-4fd2-a1df-0d8a7c7d1c11")
				if tt.edit != nil {
					tt.edit(r)
				}
			}
			got := w.post(t, tt.path, tt.form, edit)
			if got.status != tt.status || got.Error != tt.code || !slices.Equal(got.Codes, []int{tt.number}) {
				t.Errorf("got %d %s %v: %s", got.status, got.Error, got.Codes, got.Description)
			}
			if got.Token != "" || strings.Contains(got.Description, secret) {
				t.Errorf("the answer gives away a secret: %+v", got)
			}
			if got.CorrelationID != "2f1b7c0c-93f0-4fd2-a1df-0d8a7c7d1c11" || got.TraceID == "" || got.Timestamp != "2026-11-21 08:00:00Z" {
				t.Errorf("particulars %q %q %q", got.CorrelationID, got.TraceID, got.Timestamp)
			}
			if !strings.HasPrefix(got.Description, "AADSTS") || !strings.Contains(got.Description, "Trace ID: "+got.TraceID) {
				t.Errorf("description %q", got.Description)
			}
			challenged := strings.HasPrefix(got.header.Get("WWW-Authenticate"), "Basic ")
			if want := tt.status == 401 && strings.Contains(tt.name, "header"); challenged != want {
				t.Errorf("WWW-Authenticate %q", got.header.Get("WWW-Authenticate"))
			}
		})
	}
}

func TestFaultsOfThePortsStayInside(t *testing.T) {
	t.Parallel()

	for _, tt := range []struct {
		broken error
		status int
		code   string
	}{
		{errs.New(errs.Unavailable, "x", "database db.internal is gone"), 503, "temporarily_unavailable"},
		{errs.New(errs.Internal, "x", "database db.internal is gone"), 500, "server_error"},
		{context.DeadlineExceeded, 500, "server_error"},
	} {
		w := newWorld(t)
		w.ports.broken = tt.broken
		got := w.post(t, "/"+domain+"/oauth2/v2.0/token", url.Values{"grant_type": {"client_credentials"}})
		if got.status != tt.status || got.Error != tt.code || strings.Contains(got.Description, "db.internal") {
			t.Errorf("%v: got %d %+v", tt.broken, got.status, got)
		}
	}
}

func TestCredentialsHaveAPeriod(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	secret := w.add()
	c := w.ports.clients[appID]
	c.Secrets = []issuer.Secret{{Digest: issuer.Digest(secret), Period: issuer.Period{
		Starts: start().Add(time.Minute), Expires: start().Add(time.Hour),
	}}}
	w.ports.clients[appID] = c
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {appID}, "client_secret": {secret}, "scope": {graph}}
	for _, step := range []struct {
		advance time.Duration
		number  int
	}{{0, 7000215}, {time.Minute, 0}, {59*time.Minute - time.Second, 0}, {time.Second, 7000222}} {
		w.clock.advance(step.advance)
		got := w.post(t, "/common/oauth2/v2.0/token", form)
		if refused := len(got.Codes) == 1; refused != (step.number != 0) || refused && got.Codes[0] != step.number {
			t.Errorf("at %s: got %v %s, want %d", w.clock.now(), got.Codes, got.Description, step.number)
		}
	}
	c.Disabled, c.Secrets[0].Period = true, issuer.Period{}
	w.ports.clients[appID] = c
	if got := w.post(t, "/common/oauth2/v2.0/token", form); !slices.Equal(got.Codes, []int{7000112}) {
		t.Errorf("disabled: got %v %s", got.Codes, got.Description)
	}
}

func TestPrivateKeyJWT(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	w.add(rsaKey().Public(), ecKey().Public())
	endpoint := w.URL + "/" + domain + "/oauth2/v2.0/token"
	claims := func(edit func(*jwt.Claims)) jwt.Claims {
		c := jwt.Claims{
			Issuer: appID, Subject: appID, Audience: jwt.Audience{endpoint}, ID: "1",
			NotBefore: jwt.NewNumericDate(start()), Expiry: jwt.NewNumericDate(start().Add(10 * time.Minute)),
		}
		edit(&c)
		return c
	}
	same := func(*jwt.Claims) {}
	tests := []struct {
		name      string
		algorithm jose.SignatureAlgorithm
		key       crypto.PrivateKey
		claims    jwt.Claims
		number    int // zero means accepted
	}{
		{"RS256", jose.RS256, rsaKey(), claims(same), 0},
		{"PS256", jose.PS256, rsaKey(), claims(same), 0},
		{"ES256", jose.ES256, ecKey(), claims(same), 0},
		{"for the issuer", jose.RS256, rsaKey(), claims(func(c *jwt.Claims) { c.Audience = jwt.Audience{w.URL + "/" + string(tenantID) + "/v2.0"} }), 0},
		{"clock a little ahead", jose.RS256, rsaKey(), claims(func(c *jwt.Claims) { c.NotBefore = jwt.NewNumericDate(start().Add(4 * time.Minute)) }), 0},
		{"for another service", jose.RS256, rsaKey(), claims(func(c *jwt.Claims) { c.Audience = jwt.Audience{"https://login.example/token"} }), 700023},
		{"for nobody", jose.RS256, rsaKey(), claims(func(c *jwt.Claims) { c.Audience = nil }), 700023},
		{"expired", jose.RS256, rsaKey(), claims(func(c *jwt.Claims) { c.Expiry = jwt.NewNumericDate(start().Add(-6 * time.Minute)) }), 700024},
		{"without expiry", jose.RS256, rsaKey(), claims(func(c *jwt.Claims) { c.Expiry = nil }), 700024},
		{"for years", jose.RS256, rsaKey(), claims(func(c *jwt.Claims) { c.Expiry = jwt.NewNumericDate(start().Add(25 * time.Hour)) }), 700024},
		{"not yet", jose.RS256, rsaKey(), claims(func(c *jwt.Claims) { c.NotBefore = jwt.NewNumericDate(start().Add(6 * time.Minute)) }), 700024},
		{"of another issuer", jose.RS256, rsaKey(), claims(func(c *jwt.Claims) { c.Issuer = "x" }), 700021},
		{"HS256 with what is public", jose.HS256, []byte(strings.Repeat("public key bytes", 4)), claims(same), 50027},
		{"RS512", jose.RS512, rsaKey(), claims(same), 50027},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			got := w.post(t, "/"+domain+"/oauth2/v2.0/token", url.Values{
				"grant_type": {"client_credentials"}, "client_id": {appID}, "scope": {graph},
				"client_assertion_type": {assertionType}, "client_assertion": {signed(t, tt.algorithm, tt.key, tt.claims)},
			})
			if tt.number == 0 && (got.status != http.StatusOK || payload(t, got.Token)["azpacr"] != "2") {
				t.Errorf("got %d %s", got.status, got.Description)
			}
			if tt.number != 0 && (got.status != http.StatusUnauthorized || !slices.Equal(got.Codes, []int{tt.number})) {
				t.Errorf("got %d %v %s, want %d", got.status, got.Codes, got.Description, tt.number)
			}
		})
	}
}

func TestAssertionNamesTheClient(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	w.add(ecKey().Public())
	good := signed(t, jose.ES256, ecKey(), jwt.Claims{
		Issuer: appID, Subject: appID, Audience: jwt.Audience{w.URL + "/common/oauth2/v2.0/token"},
		Expiry: jwt.NewNumericDate(start().Add(time.Minute)),
	})
	form := url.Values{
		"grant_type": {"client_credentials"}, "scope": {graph},
		"client_assertion_type": {assertionType}, "client_assertion": {good},
	}
	if got := w.post(t, "/common/oauth2/v2.0/token", form); got.status != http.StatusOK {
		t.Errorf("without client_id: %s", got.Description)
	}
	form.Set("client_assertion_type", "something else")
	if got := w.post(t, "/common/oauth2/v2.0/token", form); !slices.Equal(got.Codes, []int{900144}) {
		t.Errorf("wrong type: %v %s", got.Codes, got.Description)
	}
	form.Set("client_assertion_type", assertionType)
	form.Set("client_assertion", good[:strings.LastIndexByte(good, '.')+1]+strings.Repeat("A", 86))
	if got := w.post(t, "/common/oauth2/v2.0/token", form); !slices.Equal(got.Codes, []int{700027}) {
		t.Errorf("signature of another: %v %s", got.Codes, got.Description)
	}
	form.Set("client_assertion", "no.token.atall")
	if got := w.post(t, "/common/oauth2/v2.0/token", form); !slices.Equal(got.Codes, []int{900144}) {
		t.Errorf("no token: %v %s", got.Codes, got.Description)
	}
	expired := w.ports.clients[appID]
	expired.Keys[0].Expires = start()
	form.Set("client_assertion", good)
	if got := w.post(t, "/common/oauth2/v2.0/token", form); !slices.Equal(got.Codes, []int{700027}) {
		t.Errorf("expired key: %v %s", got.Codes, got.Description)
	}
}

func TestNewRefusesGaps(t *testing.T) {
	t.Parallel()

	if _, err := issuer.New(issuer.Config{}); !errs.Is(err, errs.Invalid) {
		t.Errorf("got %v, want Invalid", err)
	}
}
