package demo_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/provisor/provisor/internal/demo"
	"github.com/provisor/provisor/internal/scim"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start runs an application on a free port for the length of the test.
func start(t *testing.T, change func(*demo.Options)) demo.Announcement {
	t.Helper()
	o := demo.Options{Client: demo.Client{ID: "provisor:test", Secret: "a secret with / % + & = :"}, Now: time.Now} //nolint:forbidigo // tokens of a running server expire by the wall clock
	if change != nil {
		change(&o)
	}
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	read, write := io.Pipe()
	ended := make(chan error, 1)
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	go func() { ended <- demo.Serve(ctx, listener, o, write) }()
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		stop()
		if err := <-ended; err != nil {
			t.Errorf("the application did not end well: %v", err)
		}
	})
	var a demo.Announcement
	if err := json.NewDecoder(read).Decode(&a); err != nil {
		t.Fatal(err)
	}
	return a
}

func code(a demo.Announcement) *oauth2.Config {
	return &oauth2.Config{
		ClientID: a.ClientID, ClientSecret: a.ClientSecret, Scopes: []string{demo.Scope},
		RedirectURL: "http://127.0.0.1:1/back",
		Endpoint:    oauth2.Endpoint{AuthURL: a.AuthorizationEndpoint, TokenURL: a.TokenEndpoint},
	}
}

func get(t *testing.T, c *http.Client, link string) (int, string, http.Header) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, link, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(body), answer.Header
}

func TestClientCredentialsOpenTheDirectory(t *testing.T) {
	t.Parallel()

	a := start(t, nil)
	for name, style := range map[string]oauth2.AuthStyle{"header": oauth2.AuthStyleInHeader, "body": oauth2.AuthStyleInParams} {
		cc := clientcredentials.Config{ClientID: a.ClientID, ClientSecret: a.ClientSecret, TokenURL: a.TokenEndpoint, AuthStyle: style}
		status, body, _ := get(t, cc.Client(t.Context()), a.SCIMEndpoint+"/Users")
		if status != http.StatusOK || !strings.Contains(body, scim.ListResponseURN) {
			t.Errorf("credentials in the %s: %d %s", name, status, body)
		}
	}
}

func TestTheDirectoryIsClosedWithoutAToken(t *testing.T) {
	t.Parallel()

	a := start(t, nil)
	for name, token := range map[string]string{"none": "", "unknown": "Bearer invented", "client secret": "Basic YTpi"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, a.SCIMEndpoint+"/Users", nil)
			if err != nil {
				t.Fatal(err)
			}
			if token != "" {
				r.Header.Set("Authorization", token)
			}
			answer, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = answer.Body.Close() }()
			if answer.StatusCode != http.StatusUnauthorized || !strings.HasPrefix(answer.Header.Get("WWW-Authenticate"), "Bearer") {
				t.Errorf("%d with WWW-Authenticate %q", answer.StatusCode, answer.Header.Get("WWW-Authenticate"))
			}
		})
	}
}

func TestTokensExpire(t *testing.T) {
	t.Parallel()

	// The library truncates expires_in to seconds and keeps the full lifetime.
	a := start(t, func(o *demo.Options) { o.TokenLifetime = time.Millisecond })
	cc := clientcredentials.Config{ClientID: a.ClientID, ClientSecret: a.ClientSecret, TokenURL: a.TokenEndpoint}
	token, err := cc.Token(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	<-time.After(5 * time.Millisecond)
	status, body, _ := get(t, oauth2.NewClient(t.Context(), oauth2.StaticTokenSource(&oauth2.Token{AccessToken: token.AccessToken})), a.SCIMEndpoint+"/Users")
	if status != http.StatusUnauthorized || !strings.Contains(body, "expired") {
		t.Errorf("%d %s", status, body)
	}
}

// consent follows the authorize redirect and returns what came back.
func consent(t *testing.T, link string) url.Values {
	t.Helper()
	c := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	defer c.CloseIdleConnections()
	status, body, header := get(t, c, link)
	if status != http.StatusFound {
		t.Fatalf("authorize answered %d: %s", status, body)
	}
	back, err := url.Parse(header.Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	return back.Query()
}

func TestAuthorizationCodeWithPKCEThenRefresh(t *testing.T) {
	t.Parallel()

	a := start(t, nil)
	config, verifier := code(a), oauth2.GenerateVerifier()
	back := consent(t, config.AuthCodeURL("state-1", oauth2.S256ChallengeOption(verifier)))
	if back.Get("state") != "state-1" || back.Get("code") == "" {
		t.Fatalf("came back with %v", back)
	}
	token, err := config.Exchange(t.Context(), back.Get("code"), oauth2.VerifierOption(verifier))
	if err != nil {
		t.Fatal(err)
	}
	if token.RefreshToken == "" {
		t.Fatal("no refresh token came with the code grant")
	}
	if _, err := config.Exchange(t.Context(), back.Get("code"), oauth2.VerifierOption(verifier)); !refused(err, "invalid_grant", http.StatusBadRequest) {
		t.Errorf("the code worked twice, or failed otherwise: %v", err)
	}

	expired := &oauth2.Token{RefreshToken: token.RefreshToken, Expiry: time.Unix(1, 0)}
	fresh, err := config.TokenSource(t.Context(), expired).Token()
	if err != nil {
		t.Fatal(err)
	}
	if fresh.RefreshToken == token.RefreshToken || fresh.AccessToken == token.AccessToken {
		t.Error("the refresh did not rotate the tokens")
	}
	if _, err := config.TokenSource(t.Context(), expired).Token(); !refused(err, "invalid_grant", http.StatusBadRequest) {
		t.Errorf("the old refresh token worked again, or failed otherwise: %v", err)
	}
	for name, want := range map[string]int{token.AccessToken: http.StatusUnauthorized, fresh.AccessToken: http.StatusOK} {
		c := oauth2.NewClient(t.Context(), oauth2.StaticTokenSource(&oauth2.Token{AccessToken: name}))
		if status, body, _ := get(t, c, a.SCIMEndpoint+"/Groups"); status != want {
			t.Errorf("%d instead of %d: %s", status, want, body)
		}
	}
}

func TestWrongVerifierIsRefused(t *testing.T) {
	t.Parallel()

	config := code(start(t, nil))
	back := consent(t, config.AuthCodeURL("s", oauth2.S256ChallengeOption(oauth2.GenerateVerifier())))
	for _, option := range [][]oauth2.AuthCodeOption{{oauth2.VerifierOption(oauth2.GenerateVerifier())}, nil} {
		if _, err := config.Exchange(t.Context(), back.Get("code"), option...); !refused(err, "invalid_grant", http.StatusBadRequest) {
			t.Errorf("a code was redeemed without its verifier, or failed otherwise: %v", err)
		}
		back = consent(t, config.AuthCodeURL("s", oauth2.S256ChallengeOption(oauth2.GenerateVerifier())))
	}
}

func TestOnlyOneOfManyRefreshesWins(t *testing.T) {
	t.Parallel()

	config := code(start(t, nil))
	token, err := config.Exchange(t.Context(), consent(t, config.AuthCodeURL("s")).Get("code"))
	if err != nil {
		t.Fatal(err)
	}
	results := make(chan error, 8)
	for range cap(results) {
		go func() {
			_, err := config.TokenSource(t.Context(), &oauth2.Token{RefreshToken: token.RefreshToken, Expiry: time.Unix(1, 0)}).Token()
			results <- err
		}()
	}
	won := 0
	for range cap(results) {
		if err := <-results; err == nil {
			won++
		}
	}
	if won != 1 {
		t.Errorf("%d of %d refreshes with one token succeeded", won, cap(results))
	}
}

func TestTheTokenEndpointRefusesByTheBook(t *testing.T) {
	t.Parallel()

	a := start(t, nil)
	cases := map[string]struct {
		change func(*clientcredentials.Config)
		code   string
		status int
	}{
		"wrong secret":  {func(c *clientcredentials.Config) { c.ClientSecret = "wrong" }, "invalid_client", http.StatusUnauthorized},
		"wrong client":  {func(c *clientcredentials.Config) { c.ClientID = "nobody" }, "invalid_client", http.StatusUnauthorized},
		"unknown scope": {func(c *clientcredentials.Config) { c.Scopes = []string{"admin"} }, "invalid_scope", http.StatusBadRequest},
		"unknown grant": {func(c *clientcredentials.Config) { c.EndpointParams = url.Values{"grant_type": {"urn:example:grant"}} }, "unsupported_grant_type", http.StatusBadRequest},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cc := clientcredentials.Config{ClientID: a.ClientID, ClientSecret: a.ClientSecret, TokenURL: a.TokenEndpoint, AuthStyle: oauth2.AuthStyleInHeader}
			tc.change(&cc)
			if _, err := cc.Token(t.Context()); !refused(err, tc.code, tc.status) {
				t.Errorf("%v", err)
			}
		})
	}
}

func refused(err error, code string, status int) bool {
	answer, ok := errors.AsType[*oauth2.RetrieveError](err)
	return ok && answer.ErrorCode == code && answer.Response.StatusCode == status
}

func TestCodesStayOnThisMachine(t *testing.T) {
	t.Parallel()

	a := start(t, func(o *demo.Options) { o.RedirectURIs = []string{"https://provisor.example.com/back"} })
	for redirect, allowed := range map[string]bool{
		"http://127.0.0.1:9/back": true, "http://localhost/back": true, "http://[::1]:9/": true,
		"https://provisor.example.com/back": true, "https://provisor.example.com/other": false,
		"https://evil.example.net/": false, "http://127.0.0.1.evil.example.net/": false, "javascript:alert(1)": false,
		"http://user@localhost/": false, "": false,
	} {
		c := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		config := code(a)
		config.RedirectURL = redirect
		status, _, header := get(t, c, config.AuthCodeURL("s"))
		c.CloseIdleConnections()
		if sent := status == http.StatusFound; sent != allowed || !allowed && header.Get("Location") != "" {
			t.Errorf("%q: status %d, location %q", redirect, status, header.Get("Location"))
		}
	}
}

func TestConsentIsAskedForWhenWanted(t *testing.T) {
	t.Parallel()

	a := start(t, func(o *demo.Options) { o.AskConsent = true })
	status, page, _ := get(t, http.DefaultClient, code(a).AuthCodeURL(`s"><script>`))
	if status != http.StatusOK || !strings.Contains(page, "<form") || strings.Contains(page, "<script>") {
		t.Fatalf("%d %s", status, page)
	}
	form := url.Values{
		"client_id": {a.ClientID}, "response_type": {"code"}, "redirect_uri": {"http://127.0.0.1:1/back"}, "state": {"s"},
	}
	c := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	defer c.CloseIdleConnections()
	answer, err := c.PostForm(a.AuthorizationEndpoint, form)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusFound || !strings.Contains(answer.Header.Get("Location"), "code=") {
		t.Errorf("%d, location %q", answer.StatusCode, answer.Header.Get("Location"))
	}
}

func TestThePageShowsWhoWasProvisioned(t *testing.T) {
	t.Parallel()

	a := start(t, nil)
	cc := clientcredentials.Config{ClientID: a.ClientID, ClientSecret: a.ClientSecret, TokenURL: a.TokenEndpoint}
	body := `{"schemas":["` + scim.UserURN + `"],"userName":"ada@example.com","displayName":"Ada <b>Dahl</b>","active":false}`
	answer, err := cc.Client(t.Context()).Post(a.SCIMEndpoint+"/Users", scim.MediaType, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusCreated {
		t.Fatalf("%d", answer.StatusCode)
	}
	status, page, _ := get(t, http.DefaultClient, a.Page)
	if status != http.StatusOK || !strings.Contains(page, "1 users") || !strings.Contains(page, "Ada &lt;b&gt;Dahl") {
		t.Errorf("%d %s", status, page)
	}
}

func TestServeSaysWhenNobodyListens(t *testing.T) {
	t.Parallel()

	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	read, write := io.Pipe()
	_ = read.Close()
	err = demo.Serve(t.Context(), listener, demo.Options{Client: demo.NewClient(), Now: time.Now}, write) //nolint:forbidigo // tokens of a running server expire by the wall clock
	if err == nil || !strings.Contains(err.Error(), "nobody reads") {
		t.Errorf("%v", err)
	}
}

func TestClientsAreRandom(t *testing.T) {
	t.Parallel()

	a, b := demo.NewClient(), demo.NewClient()
	if a.ID == b.ID || a.Secret == b.Secret || len(a.Secret) < 40 {
		t.Errorf("%v %v", a, b)
	}
}
