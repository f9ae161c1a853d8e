package demo

import (
	"crypto/subtle"
	"errors"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-oauth2/oauth2/v4"
	oautherrors "github.com/go-oauth2/oauth2/v4/errors"
	"github.com/go-oauth2/oauth2/v4/manage"
	"github.com/go-oauth2/oauth2/v4/models"
	"github.com/go-oauth2/oauth2/v4/server"
)

// Scope is the one OAuth scope that the application's tokens have.
const Scope = "scim"

// refreshLifetime is how long a refresh token can be used.
const refreshLifetime = 90 * 24 * time.Hour

// codeLifetime is how long an authorization code can be used (RFC 6749 section
// 4.1.2 recommends ten minutes at most).
const codeLifetime = time.Minute

// authorization is the authorization server: the grants authorization_code with
// or without PKCE, refresh_token with rotation, and client_credentials.
type authorization struct {
	client   Client
	redirect []string
	auto     bool // consent without asking
	server   *server.Server
	// exchange lets one token request in at a time: the library looks a code or a
	// refresh token up and removes it in two steps, and each may be used only once.
	exchange sync.Mutex
}

func newAuthorization(o Options) *authorization {
	a := &authorization{client: o.Client, redirect: o.RedirectURIs, auto: !o.AskConsent}
	tokens := manage.NewManager()
	tokens.SetAuthorizeCodeExp(codeLifetime)
	withRefresh := &manage.Config{AccessTokenExp: o.TokenLifetime, RefreshTokenExp: refreshLifetime, IsGenerateRefresh: true}
	tokens.SetAuthorizeCodeTokenCfg(withRefresh)
	tokens.SetClientTokenCfg(&manage.Config{AccessTokenExp: o.TokenLifetime})
	tokens.SetRefreshTokenCfg(&manage.RefreshingConfig{
		AccessTokenExp: o.TokenLifetime, RefreshTokenExp: refreshLifetime,
		IsGenerateRefresh: true, IsResetRefreshTime: true, IsRemoveAccess: true, IsRemoveRefreshing: true,
	})
	tokens.SetValidateURIHandler(func(_, uri string) error { return a.checkRedirect(uri) })
	tokens.MapAuthorizeGenerate(newCode{})
	tokens.MapAccessGenerate(newTokens{})
	tokens.MapClientStorage(oneClient{models.Client{ID: o.Client.ID, Secret: o.Client.Secret}})
	tokens.MapTokenStorage(newTokenStore(o.Now))

	a.server = server.NewServer(server.NewConfig(), tokens)
	a.server.SetAllowedResponseType(oauth2.Code)
	a.server.SetAllowedGrantType(oauth2.AuthorizationCode, oauth2.Refreshing, oauth2.ClientCredentials)
	a.server.SetClientInfoHandler(a.authenticate)
	a.server.SetClientScopeHandler(func(r *oauth2.TokenGenerateRequest) (bool, error) { return grantScope(r), nil })
	a.server.SetUserAuthorizationHandler(func(http.ResponseWriter, *http.Request) (string, error) { return "demo-administrator", nil })
	a.server.SetAccessTokenResolveHandler(bearer)
	a.server.SetInternalErrorHandler(describe)
	a.server.SetResponseErrorHandler(correctStatus)
	return a
}

// token is the token endpoint (RFC 6749 section 3.2).
func (a *authorization) token(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	a.exchange.Lock()
	defer a.exchange.Unlock()
	if err := a.server.HandleTokenRequest(w, r); err != nil {
		http.Error(w, "the token answer could not be written", http.StatusInternalServerError)
	}
}

// authorize is the authorization endpoint (RFC 6749 section 3.1). What is wrong
// with the client or its redirect URI is told to the person, not sent there.
func (a *authorization) authorize(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	if id := r.FormValue("client_id"); id != a.client.ID {
		showProblem(w, "The client id is not one that this application knows.")
		return
	}
	if err := a.checkRedirect(r.FormValue("redirect_uri")); err != nil {
		showProblem(w, "The redirect URI is not one that this application may send a code to. "+
			"It must be on this machine (127.0.0.1, ::1 or localhost), or be given with --redirect-uri.")
		return
	}
	if !a.auto && r.Method == http.MethodGet {
		showConsent(w, r.URL.Query())
		return
	}
	if err := a.server.HandleAuthorizeRequest(w, r); err != nil {
		showProblem(w, "The authorization request is not complete: "+err.Error()+".")
	}
}

// admit lets only requests with a living access token through (RFC 6750).
func (a *authorization) admit(r *http.Request) error {
	if _, given := bearer(r); !given {
		return errors.New("an access token is needed (Authorization: Bearer …); the token endpoint gives one")
	}
	if _, err := a.server.ValidationBearerToken(r); err != nil {
		return errors.New("the access token is unknown or has expired; ask the token endpoint for another one")
	}
	return nil
}

// authenticate reads and checks the client's credentials, from the header or the
// body (RFC 6749 section 2.3.1), for every grant alike.
func (a *authorization) authenticate(r *http.Request) (string, string, error) {
	id, secret, basic := r.BasicAuth()
	if basic {
		id, secret = formDecoded(id), formDecoded(secret)
	} else {
		id, secret = r.PostFormValue("client_id"), r.PostFormValue("client_secret")
	}
	known := subtle.ConstantTimeCompare([]byte(id), []byte(a.client.ID))
	proven := subtle.ConstantTimeCompare([]byte(secret), []byte(a.client.Secret))
	if known&proven != 1 {
		return "", "", oautherrors.ErrInvalidClient
	}
	return id, secret, nil
}

// formDecoded undoes the form encoding of one half of Basic credentials.
func formDecoded(half string) string {
	plain, err := url.QueryUnescape(half)
	if err != nil {
		return half
	}
	return plain
}

// checkRedirect lets a code go only to this machine, whatever the port (RFC 8252
// section 7.3), or to a registered URI.
func (a *authorization) checkRedirect(uri string) error {
	if slices.Contains(a.redirect, uri) {
		return nil
	}
	u, err := url.Parse(uri)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || u.Fragment != "" {
		return oautherrors.ErrInvalidRedirectURI
	}
	if u.Hostname() == "localhost" || net.ParseIP(u.Hostname()).IsLoopback() {
		return nil
	}
	return oautherrors.ErrInvalidRedirectURI
}

// grantScope refuses scopes that do not exist here and fills the default one.
func grantScope(r *oauth2.TokenGenerateRequest) bool {
	for scope := range strings.FieldsSeq(r.Scope) {
		if scope != Scope && scope != "offline_access" {
			return false
		}
	}
	if r.Scope == "" {
		r.Scope = Scope
	}
	return true
}

func bearer(r *http.Request) (string, bool) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	return token, strings.EqualFold(scheme, "Bearer") && token != ""
}

// describe gives the library's inner errors the code of RFC 6749 section 5.2.
func describe(err error) *oautherrors.Response {
	known := []error{
		oautherrors.ErrInvalidAuthorizeCode, oautherrors.ErrMissingCodeVerifier, oautherrors.ErrMissingCodeChallenge,
		oautherrors.ErrInvalidCodeChallenge, oautherrors.ErrInvalidRedirectURI,
	}
	for _, one := range known {
		if errors.Is(err, one) {
			return &oautherrors.Response{
				Error: oautherrors.ErrInvalidGrant, Description: err.Error(), StatusCode: http.StatusBadRequest,
			}
		}
	}
	return nil
}

// correctStatus answers as RFC 6749 section 5.2 says, where the library answers
// 401 to everything that is wrong with a grant.
func correctStatus(re *oautherrors.Response) {
	switch {
	case errors.Is(re.Error, oautherrors.ErrInvalidClient):
		re.StatusCode = http.StatusUnauthorized
		re.SetHeader("WWW-Authenticate", `Basic realm="token"`)
	case errors.Is(re.Error, oautherrors.ErrServerError):
	default:
		re.StatusCode = http.StatusBadRequest
	}
}
