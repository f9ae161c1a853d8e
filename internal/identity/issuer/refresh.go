package issuer

import (
	"context"

	"github.com/provisor/provisor/internal/errs"
)

// refreshToken is the grant of RFC 6749 section 6. Every refresh gives a new refresh
// token and takes the old one back (RFC 9700 section 4.14.2).
type refreshToken struct{ s *Server }

func (refreshToken) name() string { return "refresh_token" }
func (refreshToken) open() bool   { return true }

func (g refreshToken) permit(ctx context.Context, r *request, c Client, m authMethod) (permit, error) {
	token := r.form.Get("refresh_token")
	if token == "" {
		return permit{}, missing("refresh_token")
	}
	sign, kept, err := g.s.find(ctx, r.tenant, refreshKind, token)
	switch {
	case errs.Is(err, errs.NotFound):
		return permit{}, revoked()
	case err != nil:
		return permit{}, err
	case sign.Client != c.AppID:
		return permit{}, fault(invalidGrant, 700005, "The provided refresh token is intended to use against another client.")
	case m == byNothing && !c.open(sign):
		return permit{}, unproven()
	case !g.s.cfg.Now().Before(kept.Expires):
		return permit{}, fault(invalidGrant, 700082, "The refresh token has expired due to inactivity. Sign in again.")
	}
	return g.s.permitUser(ctx, r, c, sign, func(t target) (string, error) {
		t.signIn = append(t.signIn, "offline_access") // it was asked for at the sign-in
		return g.s.redeem(ctx, r.tenant, kept, sign, t)
	})
}

// open reports whether the sign-in was one that needs no proof of the client.
func (c Client) open(sign session) bool {
	return sign.RedirectKind != Web || c.Public && sign.Redirect == ""
}
