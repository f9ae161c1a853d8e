// Package oauth asks OAuth 2.0 token endpoints for access tokens (RFC 6749), and
// builds the URL of the authorization request that precedes a code.
//
// It knows the grants that a service without a user's browser needs: an
// authorization code with PKCE (RFC 7636), a refresh token, and client
// credentials; and the ways in which a client proves who it is: a secret in the
// header or in the body, a signed assertion (private_key_jwt, RFC 7523), and a TLS
// certificate (RFC 8705). It does not know where tokens are kept.
//
// Three laws: an authorization code is sent once, whatever happens. No redirect is
// followed. No error and no printed value holds a secret.
package oauth

import (
	"crypto/tls"
	"log/slog"
	"net/url"
)

// Grant is a grant_type.
type Grant string

// The grants (RFC 6749 sections 4.1, 6 and 4.4).
const (
	AuthorizationCode Grant = "authorization_code"
	RefreshToken      Grant = "refresh_token"
	ClientCredentials Grant = "client_credentials"
)

// Method is a way of client authentication, named as token_endpoint_auth_method is
// (RFC 7591 section 2). The zero Method is Auto.
type Method string

// The methods.
const (
	// Auto takes an assertion when there is a key, the secret when there is one
	// (see [Request.First]), and else says the client_id alone.
	Auto          Method = ""
	SecretBasic   Method = "client_secret_basic"
	SecretPost    Method = "client_secret_post"
	PrivateKeyJWT Method = "private_key_jwt"
	TLSClient     Method = "tls_client_auth"
	None          Method = "none"
)

// ParseMethod returns the method of that name, and false when there is none.
func ParseMethod(name string) (Method, bool) {
	switch m := Method(name); m {
	case Auto, SecretBasic, SecretPost, PrivateKeyJWT, TLSClient, None:
		return m, true
	default:
		return Auto, false
	}
}

// Request is what is asked of a token endpoint. Printing it shows no secret.
type Request struct {
	Endpoint string // the token endpoint's URL
	Grant    Grant

	ClientID     string
	ClientSecret string
	Key          *Key             // signs assertions; nil when there is none
	Certificate  *tls.Certificate // shown in the TLS handshake, whatever the Method; nil shows none

	// Method is how the client authenticates.
	Method Method
	// First is the secret's method that Auto tries first: what worked the last time.
	// Zero means SecretBasic. When the endpoint answers invalid_client to a refresh
	// or to client credentials, Auto tries the other one, once. A code is never
	// sent again.
	First Method
	// AssertionAudience is the assertion's aud; empty means Endpoint.
	AssertionAudience string

	Code         string // for AuthorizationCode
	RedirectURI  string // for AuthorizationCode: that of the authorization request, to the byte
	CodeVerifier string // for AuthorizationCode: PKCE; may be empty
	RefreshToken string // for RefreshToken

	Scope    string // for ClientCredentials: space-separated; may be empty
	Resource string // RFC 8707; may be empty
	Audience string // of some servers; may be empty
}

// String names the request without its secrets.
func (r Request) String() string {
	return string(r.Grant) + " of " + r.ClientID + " at " + show(r.Endpoint)
}

// GoString is String.
func (r Request) GoString() string { return r.String() }

// LogValue is String.
func (r Request) LogValue() slog.Value { return slog.StringValue(r.String()) }

// method is the method to use at the first attempt.
func (r Request) method() Method {
	switch {
	case r.Method != Auto:
		return r.Method
	case r.Key != nil:
		return PrivateKeyJWT
	case r.ClientSecret != "" && r.First == SecretPost:
		return SecretPost
	case r.ClientSecret != "":
		return SecretBasic
	case r.Certificate != nil:
		return TLSClient
	default:
		return None
	}
}

// fallback is the method to use after tried failed with err, if there is one.
func (r Request) fallback(tried Method, err error) (Method, bool) {
	if r.Method != Auto || r.Grant == AuthorizationCode || !refusesClient(err) {
		return Auto, false
	}
	if tried == SecretBasic {
		return SecretPost, true
	}
	return SecretBasic, tried == SecretPost
}

// missing names the first thing that the request lacks, or returns "".
func (r Request) missing(m Method) string {
	switch {
	case r.Endpoint == "":
		return "the token endpoint"
	case r.ClientID == "":
		return "the client id"
	case r.Grant == AuthorizationCode && r.Code == "":
		return "the authorization code"
	case r.Grant == RefreshToken && r.RefreshToken == "":
		return "the refresh token"
	case (m == SecretBasic || m == SecretPost) && r.ClientSecret == "":
		return "the client secret, which " + string(m) + " needs"
	case m == PrivateKeyJWT && r.Key == nil:
		return "the private key, which private_key_jwt needs"
	case m == TLSClient && r.Certificate == nil:
		return "the client certificate, which tls_client_auth needs"
	}
	return ""
}

// form is the body of the request without client authentication.
func (r Request) form() url.Values {
	form := url.Values{"grant_type": {string(r.Grant)}}
	set := func(name, value string) {
		if value != "" {
			form.Set(name, value)
		}
	}
	switch r.Grant {
	case AuthorizationCode:
		set("code", r.Code)
		set("redirect_uri", r.RedirectURI)
		set("code_verifier", r.CodeVerifier)
	case RefreshToken:
		set("refresh_token", r.RefreshToken)
	case ClientCredentials:
		set("scope", r.Scope)
	}
	set("resource", r.Resource)
	set("audience", r.Audience)
	return form
}

// show prints a URL without user, query and fragment, which may hold secrets.
func show(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return "(unreadable URL)"
	}
	shown := url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}
	return shown.String()
}
