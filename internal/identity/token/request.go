package token

import (
	"net/http"
	"strings"

	"github.com/provisor/provisor/internal/identity"
)

// Authenticate returns whom the request's bearer token speaks for. Errors are those
// of [Validator.Validate]. A token anywhere but in the one Authorization header is
// not looked for (RFC 6750 section 2.1).
func (v *Validator) Authenticate(r *http.Request) (identity.Caller, error) {
	headers := r.Header.Values("Authorization")
	switch len(headers) {
	case 0:
		return identity.Caller{}, refuse("The request carries no access token; send it as Authorization: Bearer <token>.")
	case 1:
	default:
		return identity.Caller{}, refuse("The request carries %d Authorization headers; send one.", len(headers))
	}
	scheme, raw, _ := strings.Cut(strings.TrimSpace(headers[0]), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return identity.Caller{}, refuse("The Authorization header is not of scheme Bearer; send Authorization: Bearer <token>.")
	}
	return v.Validate(r.Context(), strings.TrimSpace(raw))
}

// Challenge returns the value of WWW-Authenticate for a request that was refused
// with 401: where to sign in and, when a token was sent, that it is the token that
// does not hold (RFC 6750 section 3).
func (v *Validator) Challenge(r *http.Request) string {
	challenge := `Bearer realm="", authorization_uri="` + v.cfg.BaseURLs[0] + `/common/oauth2/authorize", client_id="` + identity.GraphAppID + `"`
	if r.Header.Get("Authorization") != "" {
		challenge += `, error="invalid_token"`
	}
	return challenge
}
