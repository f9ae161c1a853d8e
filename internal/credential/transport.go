package credential

import (
	"errors"
	"io"
	"maps"
	"net/http"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
)

// maxDrain is how much of a refused answer is read, so that its connection can be
// used again.
const maxDrain = 64 << 10

// Transport returns a transport that sends requests through base with the service
// principal's token. After a 401 it renews the token and sends the request once
// more, provided that its body can be had again (GetBody). A second 401, and one to
// a token that cannot be renewed, is returned as it is.
//
// A request that a redirect made is refused: its token was meant for another place.
func (s *Service) Transport(tenant directory.TenantID, sp directory.ObjectID, base http.RoundTripper) http.RoundTripper {
	return &transport{service: s, owner: Owner{tenant, sp}, base: base}
}

type transport struct {
	service *Service
	owner   Owner
	base    http.RoundTripper
}

// RoundTrip implements [http.RoundTripper].
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Response != nil {
		discard(req)
		return nil, errs.New(errs.Invalid, invalid, "The application redirects to %s. Redirects are not followed, so that its token stays with it; set BaseAddress to the final URL.", req.URL.Host)
	}
	bearer, err := t.service.token(req.Context(), t.owner, "")
	if err != nil {
		discard(req)
		return nil, err
	}
	resp, err := t.base.RoundTrip(authenticated(req, bearer))
	if err != nil || resp.StatusCode != http.StatusUnauthorized || bearer.Static {
		return resp, err
	}
	return t.again(req, resp, bearer)
}

// again renews the token that the application rejected and repeats the request.
func (t *transport) again(req *http.Request, rejection *http.Response, rejected Bearer) (*http.Response, error) {
	s := t.service
	if s.notes.forcedLately(t.owner, rejected.Token, s.Now()) {
		return rejection, nil
	}
	renewed, err := s.token(req.Context(), t.owner, rejected.Token)
	if typed, ok := errors.AsType[*errs.Error](err); ok && typed.Code == missing {
		return rejection, nil // there is nothing to renew with
	}
	if err != nil {
		drain(rejection)
		return nil, err
	}
	s.notes.force(t.owner, renewed.Token, s.Now())
	repeated := authenticated(req, renewed)
	if req.Body != nil && req.Body != http.NoBody {
		if req.GetBody == nil {
			return rejection, nil // the next request has the new token
		}
		if repeated.Body, err = req.GetBody(); err != nil {
			drain(rejection)
			return nil, err
		}
	}
	drain(rejection)
	return t.base.RoundTrip(repeated)
}

// authenticated returns a copy of req that carries bearer (RFC 6750 section 2.1).
func authenticated(req *http.Request, bearer Bearer) *http.Request {
	c := *req
	c.Header = make(http.Header, len(req.Header)+1)
	maps.Copy(c.Header, req.Header) // the values are shared: nobody changes them
	c.Header["Authorization"] = []string{"Bearer " + bearer.Token.Reveal()}
	return &c
}

// discard ends a request that is not sent.
func discard(req *http.Request) {
	if req.Body != nil {
		_ = req.Body.Close() // it was not read
	}
}

func drain(resp *http.Response) {
	_, _ = io.CopyN(io.Discard, resp.Body, maxDrain) // for the connection's sake only
	_ = resp.Body.Close()
}
