package credential

import (
	"context"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/oauth"
	"github.com/provisor/provisor/internal/synchronization"
)

// Trial says what to try, as Graph's action validateCredentials does.
type Trial struct {
	Template Settings // below what is stored
	Stored   bool     // what is stored takes part
	Given    []Given  // over what is stored
}

// Tried is where to try it, and with what.
type Tried struct {
	BaseAddress string
	Bearer      Bearer
}

// Try returns the address and the token that a trial is about. Nothing that was
// given is stored. Client credentials are exchanged for a token; an authorization
// code and a refresh token are not, because that would use them up: acquire first.
// The errors are those of [Service.Acquire] and [Service.Token].
func (s *Service) Try(ctx context.Context, tenant directory.TenantID, sp directory.ObjectID, t Trial) (Tried, error) {
	o := Owner{tenant, sp}
	if err := check(t.Given); err != nil {
		return Tried{}, err
	}
	stored := vault{}
	if t.Stored {
		var err error
		if stored, err = s.load(ctx, o); err != nil {
			return Tried{}, err
		}
	}
	settings := stored.over(t.Template, t.Given)
	bearer, err := s.tryBearer(ctx, o, settings, t)
	return Tried{BaseAddress: settings[KeyOf(synchronization.SecretBaseAddress)], Bearer: bearer}, err
}

func (s *Service) tryBearer(ctx context.Context, o Owner, settings Settings, t Trial) (Bearer, error) {
	given := vault{}
	given.take(t.Given)
	switch {
	case given[secretToken].value != "" && settings.flow() != flowClient:
		return Bearer{Token: Secret(given[secretToken].value), Static: true}, nil
	case given[accessToken].value != "":
		return Bearer{Token: Secret(given[accessToken].value)}, nil
	case t.Stored && !given.concernsOAuth():
		return s.token(ctx, o, "")
	}
	g, err := settings.grant()
	if err != nil {
		return Bearer{}, err
	}
	if g != oauth.ClientCredentials {
		return Bearer{}, errs.New(errs.Invalid, missing,
			"A trial would use the %s up. Call …/synchronization/acquireAccessToken with it, then validate the saved credentials.", g)
	}
	r, err := s.request(settings)
	if err != nil {
		return Bearer{}, err
	}
	token, err := s.OAuth.Exchange(ctx, r)
	if err != nil {
		return Bearer{}, o.trouble(r, err)
	}
	return Bearer{Token: Secret(token.AccessToken), Expiry: token.Expiry()}, nil
}

// concernsOAuth reports whether v holds anything on which a grant depends.
func (v vault) concernsOAuth() bool {
	for _, key := range []Key{clientID, clientSecret, tokenURI, code, refreshToken, authentication} {
		if v[key].value != "" {
			return true
		}
	}
	return false
}
