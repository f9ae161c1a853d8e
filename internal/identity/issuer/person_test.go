package issuer_test

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/identity/issuer"
	"github.com/provisor/provisor/internal/store"
	"github.com/provisor/provisor/internal/store/sqlstore/sqltest"
)

const (
	graphTools = "14d82eec-204b-4c2f-b7e8-296a70dab67e"
	webApp     = "aaaaaaaa-0000-4000-8000-000000000002"
	pageApp    = "aaaaaaaa-0000-4000-8000-000000000003"
	ada        = directory.ObjectID("dddddddd-0000-4000-8000-000000000001")
	adaName    = "ada@contoso.example"
	password   = "correct horse battery"
	globalRole = "62e90394-69f5-4237-9190-012177145e10"
)

func adaDigest() []byte { return issuer.CheapPasswordDigest(password) }

// newPeople is an authority where people sign in.
func newPeople(t *testing.T, adjust ...func(*issuer.Config)) *world {
	t.Helper()
	db := sqltest.Open(t)
	if err := db.CreateTenant(t.Context(), store.Tenant{ID: tenantID, Domain: domain, Created: start()}); err != nil {
		t.Fatal(err)
	}
	var p *ports
	w := newWorld(t, append([]func(*issuer.Config){func(c *issuer.Config) {
		c.Issued = db
		p, _ = c.Clients.(*ports) // the world put it there
		c.Users = p
	}}, adjust...)...)
	p.users[adaName] = issuer.User{
		ID: ada, PrincipalName: adaName, Name: "Ada Lovelace", Given: "Ada", Surname: "Lovelace", Email: "ada@mail.example",
		Password: adaDigest(), PasswordSet: start().Add(-time.Hour), DirectoryRoles: []string{globalRole},
	}
	p.clients[webApp] = issuer.Client{
		AppID: webApp, ServicePrincipalID: "principal-of-web", Name: "Web", Secrets: []issuer.Secret{{Digest: issuer.Digest("web secret")}},
		Redirects: []issuer.Redirect{{URI: "https://web.example/cb", Kind: issuer.Web}},
	}
	p.clients[pageApp] = issuer.Client{
		AppID: pageApp, ServicePrincipalID: "principal-of-page", Name: "Page",
		Redirects: []issuer.Redirect{{URI: "https://page.example/", Kind: issuer.SinglePage}},
	}
	p.consented = []string{"User.Read.All", "Synchronization.Read.All"}
	return w
}

// reply is what a browser is told.
type reply struct {
	Status     string
	StatusCode int
	Header     http.Header
}

// Location is where it is sent.
func (r reply) Location() (*url.URL, error) {
	if r.Header.Get("Location") == "" {
		return nil, http.ErrNoLocation
	}
	return url.Parse(r.Header.Get("Location"))
}

// fetch sends a request as a browser would and does not follow where it leads.
func (w *world) fetch(t *testing.T, method, path string, form url.Values, edit ...func(*http.Request)) (reply, string) {
	t.Helper()
	if method == http.MethodGet && form != nil {
		path += "?" + form.Encode()
	}
	target := path
	if !strings.HasPrefix(path, "https://") {
		target = w.URL + path
	}
	r, err := http.NewRequestWithContext(t.Context(), method, target, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for _, e := range edit {
		e(r)
	}
	client := *w.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{resp.Status, resp.StatusCode, resp.Header}, string(text)
}

// typed fills the form of a page in and sends it.
func (w *world) typed(t *testing.T, text string, typed url.Values, edit ...func(*http.Request)) (reply, string) {
	t.Helper()
	action := regexp.MustCompile(`action="([^"]*)"`).FindStringSubmatch(text)
	if action == nil {
		t.Fatalf("no form in %s", text)
	}
	form := hidden(text)
	for name := range typed {
		form.Set(name, typed.Get(name))
	}
	return w.fetch(t, http.MethodPost, html.UnescapeString(action[1]), form, edit...)
}

func hidden(text string) url.Values {
	form := url.Values{}
	for _, f := range regexp.MustCompile(`type="hidden" name="([^"]*)" value="([^"]*)"`).FindAllStringSubmatch(text, -1) {
		form.Set(html.UnescapeString(f[1]), html.UnescapeString(f[2]))
	}
	return form
}

func adaTypes() url.Values {
	return url.Values{"provisor-user": {adaName}, "provisor-password": {password}}
}

func challengeOf(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// asking is what a client sends to authorize, and the verifier it keeps.
func asking(client, redirect, scope string) (url.Values, string) {
	verifier := rand.Text() + rand.Text()
	return url.Values{
		"client_id": {client}, "redirect_uri": {redirect}, "response_type": {"code"}, "scope": {scope}, "state": {"the state"},
		"nonce": {"the nonce"}, "code_challenge": {challengeOf(verifier)}, "code_challenge_method": {"S256"}, "client_info": {"1"},
	}, verifier
}

// codeFor signs Ada in and returns what the client is told.
func (w *world) codeFor(t *testing.T, request url.Values) url.Values {
	t.Helper()
	_, text := w.fetch(t, http.MethodGet, "/common/oauth2/v2.0/authorize", request)
	resp, text := w.typed(t, text, adaTypes())
	back, err := resp.Location()
	if err != nil {
		t.Fatalf("%s: %s", resp.Status, text)
	}
	return back.Query()
}

// signedIn is the token answer of a whole sign-in of Ada.
func (w *world) signedIn(t *testing.T) answer {
	t.Helper()
	request, verifier := asking(graphTools, "http://localhost:41234", everything)
	return w.redeem(t, w.codeFor(t, request).Get("code"), request, verifier)
}

func (w *world) redeem(t *testing.T, code string, request url.Values, verifier string, edit ...func(*http.Request)) answer {
	t.Helper()
	form := url.Values{
		"grant_type": {"authorization_code"}, "client_id": request["client_id"], "redirect_uri": request["redirect_uri"],
		"code": {code}, "client_info": {"1"},
	}
	if verifier != "" {
		form.Set("code_verifier", verifier)
	}
	return w.post(t, "/common/oauth2/v2.0/token?client-request-id=11111111-1111-4111-8111-111111111111", form, edit...)
}

func (w *world) refresh(t *testing.T, token, scope string) answer {
	t.Helper()
	form := url.Values{"grant_type": {"refresh_token"}, "client_id": {graphTools}, "refresh_token": {token}, "client_info": {"1"}}
	if scope != "" {
		form.Set("scope", scope)
	}
	return w.post(t, "/common/oauth2/v2.0/token", form)
}
