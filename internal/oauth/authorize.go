package oauth

import (
	"crypto/rand"
	"errors"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/oauth2"
)

// Authorization is an authorization request: what the browser carries to the
// authorization endpoint (RFC 6749 section 4.1.1).
type Authorization struct {
	Endpoint     string // may have a query, which is kept
	ClientID     string
	RedirectURI  string
	State        string
	CodeVerifier string // PKCE; its S256 challenge is sent; empty sends none
	Scope        string // space-separated; may be empty
	Resource     string // RFC 8707; may be empty
	Audience     string // of some servers; may be empty
}

// AuthorizationURL returns the URL at which the user consents. Parameters that
// Endpoint has already are kept as they stand, but for those that a names itself.
func AuthorizationURL(a Authorization) (string, error) {
	u, err := url.Parse(a.Endpoint)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return "", errors.New("build an authorization URL: the authorization endpoint is no absolute URL of the web")
	}
	parameters := [][2]string{
		{"response_type", "code"},
		{"client_id", a.ClientID},
		{"redirect_uri", a.RedirectURI},
		{"scope", a.Scope},
		{"state", a.State},
		{"resource", a.Resource},
		{"audience", a.Audience},
	}
	if a.CodeVerifier != "" {
		parameters = append(parameters,
			[2]string{"code_challenge", oauth2.S256ChallengeFromVerifier(a.CodeVerifier)},
			[2]string{"code_challenge_method", "S256"})
	}
	u.RawQuery = merge(u.RawQuery, parameters)
	u.Fragment, u.RawFragment = "", ""
	return u.String(), nil
}

// merge appends the parameters that have a value to query, and removes what query
// said of them.
func merge(query string, parameters [][2]string) string {
	var pairs []string
	for pair := range strings.SplitSeq(query, "&") {
		name, _, _ := strings.Cut(pair, "=")
		if decoded, err := url.QueryUnescape(name); err == nil {
			name = decoded
		}
		ours := slices.ContainsFunc(parameters, func(p [2]string) bool { return p[0] == name && p[1] != "" })
		if pair != "" && !ours {
			pairs = append(pairs, pair)
		}
	}
	for _, p := range parameters {
		if p[1] != "" {
			pairs = append(pairs, p[0]+"="+url.QueryEscape(p[1]))
		}
	}
	return strings.Join(pairs, "&")
}

// NewVerifier returns a fresh PKCE code verifier (RFC 7636 section 4.1).
func NewVerifier() string { return oauth2.GenerateVerifier() }

// NewState returns a fresh unguessable value of 26 characters.
func NewState() string { return rand.Text() }
