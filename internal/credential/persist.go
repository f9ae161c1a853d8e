package credential

import (
	"context"
	"errors"
	"time"

	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/oauth"
)

const (
	persistAttempts = 6
	persistPause    = 30 * time.Millisecond // doubled each time
)

// errSuperseded ends an update whose facts the store has overtaken.
var errSuperseded = errors.New("the stored secrets changed meanwhile")

// persist is update with patience: what an exchange yielded can often not be had
// again.
func (s *Service) persist(ctx context.Context, o Owner, change func(vault) error) error {
	ctx, cancel := context.WithTimeout(ctx, storePatience)
	defer cancel()
	var err error
	for attempt := range persistAttempts {
		if attempt > 0 && pause(ctx, persistPause<<attempt) != nil {
			return err
		}
		err = s.update(ctx, o, change)
		if err == nil || errors.Is(err, errSuperseded) {
			return err
		}
	}
	return err
}

// lost is the error of tokens that came and could not be stored. They are not used.
func lost(o Owner, r oauth.Request, err error) error {
	next := "Try again once the database answers."
	if r.Grant == oauth.AuthorizationCode {
		next = "The authorization code is used up: once the database answers, authorize again."
	}
	return errs.Wrap(err, errs.Unavailable, unavailable,
		"The token endpoint granted an access token for service principal %s, but it could not be stored, so it is not used. %s", o.ServicePrincipal, next)
}

// flush stores what an earlier exchange yielded and the store refused then. Without
// it, a rotated refresh token would be lost.
func (s *Service) flush(ctx context.Context, o Owner) error {
	p, ok := s.notes.pending(o)
	if !ok {
		return nil
	}
	err := s.persist(ctx, o, func(v vault) error { return v.renewed(p.request, p.token) })
	if err == nil || errors.Is(err, errSuperseded) {
		s.notes.dropPending(o)
		return nil
	}
	return err
}

// renewed stores what a renewal yielded, unless somebody stored another refresh
// token meanwhile: theirs is the newer will.
func (v vault) renewed(r oauth.Request, token oauth.Token) error {
	if r.Grant == oauth.RefreshToken && v[refreshToken].value != r.RefreshToken {
		return errSuperseded
	}
	v.granted(r, token)
	return nil
}
