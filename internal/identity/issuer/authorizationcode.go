package issuer

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"

	"github.com/provisor/provisor/internal/errs"
)

// authorizationCode is the grant of RFC 6749 section 4.1 with the proof key of
// RFC 7636.
type authorizationCode struct{ s *Server }

func (authorizationCode) name() string { return "authorization_code" }
func (authorizationCode) open() bool   { return true }

func (g authorizationCode) permit(ctx context.Context, r *request, c Client, m authMethod) (permit, error) {
	code := r.form.Get("code")
	if code == "" {
		return permit{}, missing("code")
	}
	sign, kept, err := g.s.find(ctx, r.tenant, codeKind, code)
	if errs.Is(err, errs.NotFound) {
		return permit{}, fault(invalidGrant, 9002313, "The authorization code is unknown or was revoked. Sign in again.")
	}
	if err != nil {
		return permit{}, err
	}
	if err := checkCode(r, c, m, sign); err != nil {
		return permit{}, err
	}
	if !g.s.cfg.Now().Before(kept.Expires) {
		return permit{}, fault(invalidGrant, 70008, "The provided authorization code has expired. Sign in again.")
	}
	return g.s.permitUser(ctx, r, c, sign, func(t target) (string, error) { return g.s.redeem(ctx, r.tenant, kept, sign, t) })
}

// checkCode checks that who redeems a code is who it was given to.
func checkCode(r *request, c Client, m authMethod, sign session) error {
	verifier := r.form.Get("code_verifier")
	switch {
	case sign.Client != c.AppID:
		return fault(invalidGrant, 700005, "The provided authorization code is intended to use against another client.")
	case sign.Redirect != r.form.Get("redirect_uri"):
		return fault(invalidGrant, 50011, "The redirect URI '%s' is not the one for which the authorization code was given.", shown(r.form.Get("redirect_uri")))
	case sign.RedirectKind == Web && m == byNothing:
		return unproven()
	case r.origin != "" && sign.RedirectKind != SinglePage:
		return fault(invalidRequest, 9002326, "Cross-origin token redemption is permitted only for the 'Single-Page Application' client-type. Request origin: '%s'.", shown(r.origin))
	case sign.Challenge == "" && verifier == "":
		return nil // of a client that proved itself: authorize asks all others for a challenge
	case verifier == "":
		return missing("code_verifier")
	case subtle.ConstantTimeCompare([]byte(challenge(verifier)), []byte(sign.Challenge)) != 1:
		return fault(invalidGrant, 501481, "The Code_Verifier does not match the code_challenge supplied in the authorization request.")
	}
	return nil
}

// challenge is the S256 transformation (RFC 7636 section 4.2).
func challenge(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// permitUser is the end of every grant that a person stands behind: what may the
// client do, is the person still there, and the grant is taken back.
func (s *Server) permitUser(ctx context.Context, r *request, c Client, sign session, take func(target) (string, error)) (permit, error) {
	t, err := s.userTarget(r.orElse(sign))
	if err != nil {
		return permit{}, err
	}
	u, err := s.user(ctx, r.tenant, sign)
	if err != nil {
		return permit{}, err
	}
	scopes, err := s.delegated(ctx, r.tenant, c, u.ID, t)
	if err != nil {
		return permit{}, err
	}
	refresh, err := take(t)
	if err != nil {
		return permit{}, err
	}
	return permit{
		target: t, session: &sign, scopes: scopes, refresh: refresh,
		subject: subject{id: u.ID, identityType: "user", directoryRoles: u.DirectoryRoles, user: u},
	}, nil
}

// orElse is what the sign-in asked for, where the request asks for nothing.
func (a asked) orElse(sign session) asked {
	if a.scope == "" && a.resource == "" {
		a.scope, a.resource = sign.Scope, sign.Resource
	}
	return a
}
