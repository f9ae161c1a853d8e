package credential

import (
	"context"
	"errors"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/oauth"
)

// Token returns what authenticates requests to the application: SecretToken, or the
// OAuth token, renewed first when it is about to end. A renewal uses the refresh
// token, or client credentials when there is none or AuthenticationType says so.
//
// While the endpoint gives no new token, the old one serves until it ends. The
// errors are those of [Service.Acquire], but errs.Unavailable when a later attempt
// may succeed by itself. After a failure, the endpoint is left alone for a while,
// unless the secrets change.
func (s *Service) Token(ctx context.Context, tenant directory.TenantID, sp directory.ObjectID) (Bearer, error) {
	return s.token(ctx, Owner{tenant, sp}, "")
}

// token returns a token other than rejected.
func (s *Service) token(ctx context.Context, o Owner, rejected Secret) (Bearer, error) {
	now := s.Now()
	if w, ok := s.cache.get(o, now); ok && w.serves(rejected, now) {
		return w.bearer, nil
	}
	w, err := s.look(ctx, o)
	if err != nil {
		return Bearer{}, err
	}
	if w.serves(rejected, now) || w.bearer.Static {
		return w.bearer, nil
	}
	renewed, err := s.join(ctx, o, w.bearer.Token)
	if err != nil && w.lasts(rejected, s.Now()) {
		return w.bearer, nil
	}
	return renewed, err
}

// look reads the token from the store.
func (s *Service) look(ctx context.Context, o Owner) (view, error) {
	v, err := s.load(ctx, o)
	if err != nil {
		return view{}, err
	}
	w := v.view()
	s.cache.put(o, w, s.Now())
	return w, nil
}

// join takes part in the one renewal of stale that this process makes. A caller who
// goes away does not stop it: what the endpoint grants must be stored.
func (s *Service) join(ctx context.Context, o Owner, stale Secret) (Bearer, error) {
	s.running.Add(1)
	name := string(o.Tenant) + "/" + string(o.ServicePrincipal) + "/" + digest(stale.Reveal())
	flight := s.flights.DoChan(name, func() (any, error) {
		return s.renew(context.WithoutCancel(ctx), o, stale)
	})
	select {
	case landed := <-flight:
		s.running.Done()
		bearer, ok := landed.Val.(Bearer)
		if !ok && landed.Err == nil {
			return Bearer{}, interrupted(ctx)
		}
		return bearer, landed.Err
	case <-ctx.Done():
		go func() {
			<-flight
			s.running.Done()
		}()
		return Bearer{}, interrupted(ctx)
	}
}

// renew replaces stale, unless somebody else did.
func (s *Service) renew(ctx context.Context, o Owner, stale Secret) (Bearer, error) {
	var w view
	var failed error
	settled := func() bool {
		w, failed = s.look(ctx, o)
		return failed == nil && (w.serves(stale, s.Now()) || w.bearer.Static)
	}
	release, err := s.alone(ctx, o, settled)
	if err != nil {
		return Bearer{}, err
	}
	if release == nil {
		return w.bearer, nil
	}
	defer release()
	if err := s.flush(ctx, o); err != nil {
		return Bearer{}, err
	}
	if settled() || failed != nil {
		return w.bearer, failed
	}
	return s.ask(ctx, o, w)
}

// ask makes the exchange, unless there is nothing to make it with, or the last one
// failed a moment ago.
func (s *Service) ask(ctx context.Context, o Owner, w view) (Bearer, error) {
	r, err := s.request(w.settings)
	if err != nil {
		return Bearer{}, ended(o, w, err)
	}
	if err := s.notes.held(o, w.fingerprint(), s.Now()); err != nil {
		return Bearer{}, err
	}
	event := Event{Action: ActionRefresh, Time: s.Now(), Grant: r.Grant, Endpoint: withoutQuery(r.Endpoint)}
	token, err := s.OAuth.Exchange(ctx, r)
	var bearer Bearer
	if err != nil {
		bearer, err = s.renewalFailed(ctx, o, w, renewal{r, err})
	} else {
		bearer, err = s.keepRenewal(ctx, o, r, token)
	}
	s.audit(ctx, o, event, err)
	return bearer, err
}

// keepRenewal stores what a renewal yielded, before anybody uses it.
func (s *Service) keepRenewal(ctx context.Context, o Owner, r oauth.Request, token oauth.Token) (Bearer, error) {
	err := s.persist(ctx, o, func(v vault) error { return v.renewed(r, token) })
	switch {
	case errors.Is(err, errSuperseded):
		return s.superseded(ctx, o)
	case err != nil:
		s.notes.keepPending(o, r, token)
		return Bearer{}, lost(o, r, err)
	}
	s.notes.succeeded(o)
	return Bearer{Token: Secret(token.AccessToken), Expiry: token.Expiry()}, nil
}

// superseded returns the token that somebody else stored meanwhile.
func (s *Service) superseded(ctx context.Context, o Owner) (Bearer, error) {
	w, err := s.look(ctx, o)
	if err == nil && !w.serves("", s.Now()) {
		err = errs.New(errs.Unavailable, unavailable, "The secrets of service principal %s were changed while its token was renewed. Try again.", o.ServicePrincipal)
	}
	return w.bearer, err
}

// ended tells that a token cannot be renewed for want of anything to renew it with.
func ended(o Owner, w view, err error) error {
	typed, ok := errors.AsType[*errs.Error](err)
	if !ok || typed.Code != missing {
		return err
	}
	if w.bearer.Token == "" {
		return errs.Wrap(err, errs.Invalid, missing,
			"Service principal %s has no token for the application: SecretToken is not stored, and no access token was acquired. PUT SecretToken to …/synchronization/secrets, or call …/synchronization/acquireAccessToken.", o.ServicePrincipal)
	}
	return errs.Wrap(err, errs.Invalid, missing,
		"The access token of service principal %s cannot be renewed. %s", o.ServicePrincipal, typed.Message)
}

// renewal is a renewal that failed.
type renewal struct {
	request oauth.Request
	err     error
}

// renewalFailed records a refusal, and makes the next attempt wait. When another
// process renewed the token meanwhile, theirs is returned.
func (s *Service) renewalFailed(ctx context.Context, o Owner, w view, f renewal) (Bearer, error) {
	told := o.trouble(f.request, f.err)
	failed, ok := errors.AsType[*oauth.Error](f.err)
	if !ok {
		return Bearer{}, told
	}
	if failed.Temporary() {
		told = later(told)
		s.notes.hold(o, w.fingerprint(), told, s.Now().Add(max(holdOutage, failed.RetryAfter)))
		return Bearer{}, told
	}
	s.notes.hold(o, w.fingerprint(), told, s.Now().Add(holdRefusal))
	if failed.Kind != oauth.Refused {
		return Bearer{}, told
	}
	if now, err := s.look(ctx, o); err == nil && now.settings[refreshToken] != f.request.RefreshToken && now.serves(w.bearer.Token, s.Now()) {
		return now.bearer, nil
	}
	if err := s.recordFault(ctx, o, f.request, failed); err != nil {
		return Bearer{}, errors.Join(told, err)
	}
	return Bearer{}, told
}

// later returns err as one that may pass by itself.
func later(err error) error {
	typed, ok := errors.AsType[*errs.Error](err)
	if !ok {
		return err
	}
	c := *typed
	c.Kind = errs.Unavailable
	return &c
}
