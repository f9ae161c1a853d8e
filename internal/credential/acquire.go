package credential

import (
	"context"
	"maps"
	"net/url"
	"slices"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/oauth"
)

// Acquire obtains an access token for a service principal, as Graph's action
// acquireAccessToken does. What is given goes over what is stored, and that over
// template; "*" and an absent value mean the stored one. The grant is what
// AuthenticationType says, else that of a code, of a refresh token, or of client
// credentials, whichever there is first.
//
// When Acquire returns nil, the tokens, their times and what was given are sealed
// and on disk, and the code is gone. When it returns an error, nothing was stored,
// except that a code which may have reached the token endpoint is gone too: it is
// never sent twice. The errors are errs.Invalid with the codes CredentialsMissing,
// RequestParameterInvalid, InvalidCredentials and CredentialValidationUnavailable,
// the last two with OAuth's own error in the details, and those of the store.
//
// A caller who goes away does not stop an exchange that has begun.
func (s *Service) Acquire(ctx context.Context, tenant directory.TenantID, sp directory.ObjectID, template Settings, given []Given) error {
	return s.acquire(ctx, Owner{tenant, sp}, acquisition{template: template, given: given})
}

// acquisition is what an acquisition starts from, besides the store.
type acquisition struct {
	template Settings
	given    []Given
	finished Settings // of an authorization that has just ended; never stored
}

func (s *Service) acquire(ctx context.Context, o Owner, a acquisition) error {
	event := Event{Action: ActionAcquire, Time: s.Now(), Keys: keys(a.given)}
	r, err := s.acquireAlone(ctx, o, a)
	event.Grant, event.Endpoint = r.Grant, withoutQuery(r.Endpoint)
	s.audit(ctx, o, event, err)
	return err
}

func (s *Service) acquireAlone(ctx context.Context, o Owner, a acquisition) (oauth.Request, error) {
	if err := check(a.given); err != nil {
		return oauth.Request{}, err
	}
	release, err := s.alone(ctx, o, func() bool { return false })
	if err != nil {
		return oauth.Request{}, err
	}
	defer release()
	if ctx.Err() != nil {
		return oauth.Request{}, interrupted(ctx)
	}
	s.running.Add(1)
	defer s.running.Done()
	return s.exchange(context.WithoutCancel(ctx), o, a)
}

// exchange is an acquisition by the only one who acquires.
func (s *Service) exchange(ctx context.Context, o Owner, a acquisition) (oauth.Request, error) {
	v, err := s.load(ctx, o)
	if err != nil {
		return oauth.Request{}, err
	}
	r, err := s.request(s.effective(v, a))
	if err != nil {
		return r, err
	}
	claimed, err := s.claim(ctx, o, r)
	if err != nil {
		return r, err
	}
	token, err := s.OAuth.Exchange(ctx, r)
	if err != nil {
		return r, s.acquisitionFailed(ctx, o, claimed, err)
	}
	err = s.persist(ctx, o, func(v vault) error {
		v.take(a.given)
		return v.acquired(a, r, token)
	})
	if err != nil {
		s.notes.keepPending(o, r, token)
		return r, lost(o, r, err)
	}
	s.notes.forget(o)
	return r, nil
}

// effective returns the settings of an acquisition. An authorization under way
// brings its verifier and its redirect URI.
func (s *Service) effective(v vault, a acquisition) Settings {
	template := a.template
	if template == nil {
		template = v.remembered()
	}
	settings := v.over(template, a.given)
	pending, live := v.pending(s.Now())
	if !live {
		delete(settings, codeVerifier)
	} else if !slices.Contains(keys(a.given), string(redirectURI)) {
		settings[redirectURI] = pending.RedirectURI
	}
	maps.Copy(settings, a.finished)
	return settings
}

// take stores what a caller gave, but for the code.
func (v vault) take(given []Given) {
	for _, g := range given {
		key := KeyOf(g.Key)
		if g.absent() || g.Value == keep || key == code {
			continue
		}
		v.set(key, g.Value)
		v.list(key)
	}
}

// acquired stores what an acquisition yielded.
func (v vault) acquired(a acquisition, r oauth.Request, token oauth.Token) error {
	v.granted(r, token)
	for _, key := range []Key{code, codeVerifier, authorization} {
		delete(v, key)
	}
	v.set(authenticates, "oauth")
	if len(a.template) == 0 {
		return nil
	}
	return v.encode(templateUsed, a.template)
}

// granted stores tokens and their times. A refresh token that did not come leaves
// the old one valid.
func (v vault) granted(r oauth.Request, token oauth.Token) {
	v.set(accessToken, token.AccessToken)
	v.set(creationTime, timestamp(token.Obtained))
	ends := ""
	if token.Lifetime > 0 {
		ends = timestamp(token.Expiry())
	}
	v.set(expiration, ends)
	if token.RefreshToken != "" {
		v.set(refreshToken, token.RefreshToken)
	}
	if r.Method == oauth.Auto {
		v.set(methodUsed, string(token.Method))
	}
	delete(v, fault)
}

func withoutQuery(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	shown := url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}
	return shown.String()
}
