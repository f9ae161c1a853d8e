package credential

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/oauth"
)

// authorizeFor is how long an administrator may take to consent.
const authorizeFor = 10 * time.Minute

// pendingAuthorization is an authorization under way, as it is stored.
type pendingAuthorization struct {
	Nonce       string    `json:"nonce"`
	RedirectURI string    `json:"redirectUri"`
	Expires     time.Time `json:"expires"`
}

// state is what the browser carries to the application and back, sealed.
type state struct {
	Tenant           directory.TenantID `json:"t"`
	ServicePrincipal directory.ObjectID `json:"s"`
	Nonce            string             `json:"n"`
}

// statePlace is the associated data of a sealed state.
func statePlace() []byte { return []byte("provisor authorization state") }

// BeginAuthorize returns the URL at which an administrator of the application
// consents (RFC 6749 section 4.1.1, with PKCE). The answer goes to redirect, or to
// Oauth2RedirectUri when redirect is empty, and must reach [Service.FinishAuthorize]
// within ten minutes. It is the last begun authorization that counts.
//
// The URL holds a state that names the owner and is sealed. Bind the browser to it
// (with a cookie) before sending the browser there.
func (s *Service) BeginAuthorize(ctx context.Context, tenant directory.TenantID, sp directory.ObjectID, template Settings, redirect string) (string, error) {
	o := Owner{tenant, sp}
	location, err := s.beginAuthorize(ctx, o, template, redirect)
	s.audit(ctx, o, Event{Action: ActionAuthorize}, err)
	return location, err
}

func (s *Service) beginAuthorize(ctx context.Context, o Owner, template Settings, redirect string) (string, error) {
	v, err := s.load(ctx, o)
	if err != nil {
		return "", err
	}
	settings := v.over(template, nil)
	if redirect != "" {
		settings[redirectURI] = redirect
	}
	if err := s.authorizable(settings); err != nil {
		return "", err
	}
	nonce, verifier := oauth.NewState(), oauth.NewVerifier()
	carried, err := s.sealState(state{o.Tenant, o.ServicePrincipal, nonce})
	if err != nil {
		return "", err
	}
	location, err := oauth.AuthorizationURL(oauth.Authorization{
		Endpoint: settings[authorizeURI], ClientID: settings[clientID], RedirectURI: settings[redirectURI], State: carried,
		CodeVerifier: verifier, Scope: settings[Scope], Resource: settings[Resource], Audience: settings[Audience],
	})
	if err != nil {
		return "", errs.New(errs.Invalid, invalid, "Oauth2AuthorizationUri is no absolute URL. Give one such as https://app.example.com/oauth/authorize.").WithTarget(string(authorizeURI))
	}
	pending := pendingAuthorization{Nonce: nonce, RedirectURI: settings[redirectURI], Expires: s.Now().Add(authorizeFor).UTC()}
	return location, s.update(ctx, o, func(v vault) error {
		v.set(codeVerifier, verifier)
		if len(template) > 0 {
			if err := v.encode(templateUsed, template); err != nil {
				return err
			}
		}
		return v.encode(authorization, pending)
	})
}

// authorizable refuses settings with which the authorization would fail later.
func (s *Service) authorizable(settings Settings) error {
	for _, key := range []Key{authorizeURI, clientID, redirectURI, tokenURI} {
		if settings[key] == "" {
			return errs.New(errs.Invalid, missing,
				"The application cannot be authorized: %s is missing. PUT it to …/synchronization/secrets.", key).WithTarget(string(key))
		}
	}
	if strings.HasPrefix(strings.ToLower(settings[authorizeURI]), "http:") && !s.Egress.AllowHTTP {
		return errs.New(errs.Invalid, invalid,
			"Oauth2AuthorizationUri is without TLS, and the code would travel readable. Use https, or start Provisor with --allow-http.").WithTarget(string(authorizeURI))
	}
	if _, err := s.Egress.CheckURL(settings[tokenURI]); err != nil {
		return forbidden(tokenURI, err)
	}
	_, err := clientOf(settings)
	return err
}

// Callback is what the authorization server answered through the browser (RFC 6749
// sections 4.1.2 and 4.1.2.1).
type Callback struct {
	State       string
	Code        string
	Error       string // such as access_denied; empty after consent
	Description string // error_description
}

// FinishAuthorize redeems the code of an authorization that [Service.BeginAuthorize]
// began, and tells whose it was. A state counts once. The errors are those of
// [Service.Acquire], and errs.Invalid for a state that is forged, used, or too old;
// the owner is zero when the state does not tell it.
func (s *Service) FinishAuthorize(ctx context.Context, c Callback) (Owner, error) {
	carried, err := s.openState(c.State)
	if err != nil {
		return Owner{}, err
	}
	o := Owner{carried.Tenant, carried.ServicePrincipal}
	finished, err := s.redeemState(ctx, o, carried.Nonce)
	if err == nil {
		err = c.refusal(o)
	}
	s.audit(ctx, o, Event{Action: ActionAuthorize}, err)
	if err != nil {
		return o, err
	}
	finished[code] = c.Code
	return o, s.acquire(ctx, o, acquisition{finished: finished})
}

// redeemState ends the authorization under way and returns what its code needs.
func (s *Service) redeemState(ctx context.Context, o Owner, nonce string) (Settings, error) {
	var finished Settings
	err := s.update(ctx, o, func(v vault) error {
		pending, live := v.pending(s.Now())
		if subtle.ConstantTimeCompare([]byte(pending.Nonce), []byte(nonce)) != 1 {
			return stateError("it was used before, or a later authorization took its place")
		}
		if !live {
			return stateError("it took longer than ten minutes")
		}
		finished = Settings{redirectURI: pending.RedirectURI, codeVerifier: v[codeVerifier].value}
		delete(v, codeVerifier)
		delete(v, authorization)
		return nil
	})
	return finished, err
}

// pending returns the authorization under way, and whether it still counts.
func (v vault) pending(now time.Time) (pendingAuthorization, bool) {
	var p pendingAuthorization
	if v.decode(authorization, &p) != nil {
		return pendingAuthorization{}, false // none is under way
	}
	return p, now.Before(p.Expires)
}

// refusal words the authorization server's error.
func (c Callback) refusal(o Owner) error {
	switch {
	case len(c.Code) > maxValue:
		return errs.New(errs.Invalid, invalid, "The code is longer than %d bytes. Authorize again.", maxValue)
	case c.Error == "" && c.Code != "":
		return nil
	case c.Error == "":
		return errs.New(errs.Invalid, invalid, "The application sent the browser back without a code for service principal %s. Authorize again.", o.ServicePrincipal)
	}
	name, description := fmt.Sprintf("%.64s", c.Error), fmt.Sprintf("%.300s", c.Description)
	return errs.New(errs.Invalid, refused,
		"The application did not authorize service principal %s: %q %q. Authorize again as somebody who may consent.", o.ServicePrincipal, name, description).
		WithDetails(errs.Detail{Code: name, Message: description})
}

func stateError(why string) error {
	return errs.New(errs.Invalid, invalid, "The authorization cannot be finished: %s. Begin it again.", why).WithTarget("state")
}

func (s *Service) sealState(carried state) (string, error) {
	plain, err := json.Marshal(carried)
	if err != nil {
		return "", errs.Wrap(err, errs.Internal, internalFailure, "The state of an authorization cannot be written.")
	}
	sealed, err := s.Keyring.Seal(plain, statePlace())
	if err != nil {
		return "", errs.Wrap(err, errs.Internal, internalFailure, "The state of an authorization cannot be sealed.")
	}
	return base64.RawURLEncoding.EncodeToString(sealed), nil
}

func (s *Service) openState(text string) (state, error) {
	var carried state
	sealed, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return carried, stateError("its state is not one of this service")
	}
	plain, err := s.Keyring.Open(sealed, statePlace())
	if err != nil || json.Unmarshal(plain, &carried) != nil {
		return carried, stateError("its state is not one of this service")
	}
	return carried, nil
}
