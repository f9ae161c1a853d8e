package oauth_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/provisor/provisor/internal/oauth"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The secrets of all tests. Those in need of encoding show that they are encoded.
const (
	clientID     = "client:id/1"
	clientSecret = "s3cret:+&=% ü/value"
	code         = "code-Xy12+/="
	verifier     = "verifier-0123456789-0123456789-0123456789-0123"
	refreshToken = "refresh-AbC/+="
	accessToken  = "access-9f8e7d"
)

func secrets() []string {
	return []string{clientSecret, code, verifier, refreshToken, accessToken, url.QueryEscape(clientSecret), url.QueryEscape(code), url.QueryEscape(refreshToken)}
}

// seen is one request as the endpoint got it.
type seen struct {
	form   url.Values
	header http.Header
	user   string // of Basic, decoded as RFC 6749 section 2.3.1 says
	pass   string
	certs  int
}

// endpoint is a token endpoint that records what it gets.
type endpoint struct {
	*httptest.Server
	mu   sync.Mutex
	seen []seen
}

func (e *endpoint) requests() []seen {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]seen(nil), e.seen...)
}

func (e *endpoint) record(handler http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		s := seen{form: r.PostForm, header: r.Header.Clone()}
		if user, pass, ok := r.BasicAuth(); ok {
			s.user, _ = url.QueryUnescape(user)
			s.pass, _ = url.QueryUnescape(pass)
		}
		if r.TLS != nil {
			s.certs = len(r.TLS.PeerCertificates)
		}
		e.mu.Lock()
		e.seen = append(e.seen, s)
		e.mu.Unlock()
		handler(w, r)
	})
}

func plain(t *testing.T, handler http.HandlerFunc) *endpoint {
	t.Helper()
	e := &endpoint{}
	e.Server = httptest.NewServer(e.record(handler))
	t.Cleanup(e.Close)
	return e
}

func respond(status int, contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

func granted(w http.ResponseWriter, r *http.Request) {
	respond(http.StatusOK, "application/json", `{"access_token":"`+accessToken+`","token_type":"Bearer","expires_in":3600}`)(w, r)
}

func start() time.Time { return time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC) }

func client(e *endpoint) *oauth.Client {
	return &oauth.Client{HTTP: e.Client(), Now: start, Timeout: 5 * time.Second}
}

func request(e *endpoint, grant oauth.Grant) oauth.Request {
	r := oauth.Request{Endpoint: e.URL + "/token", Grant: grant, ClientID: clientID, ClientSecret: clientSecret}
	switch grant {
	case oauth.AuthorizationCode:
		r.Code, r.RedirectURI, r.CodeVerifier = code, "https://provisor.example/redirect?x=1", verifier
	case oauth.RefreshToken:
		r.RefreshToken = refreshToken
	case oauth.ClientCredentials:
		r.Scope = "scim users"
	}
	return r
}

func grants() []oauth.Grant {
	return []oauth.Grant{oauth.AuthorizationCode, oauth.RefreshToken, oauth.ClientCredentials}
}
