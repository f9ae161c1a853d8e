package issuer

import (
	"context"
	"net/http"

	"github.com/provisor/provisor/internal/directory"
)

// grant is one way to a token (RFC 6749 section 1.3). It has only what differs from
// one grant to the other; everything shared happens before and after.
type grant interface {
	// name is the value of grant_type.
	name() string
	// authorize says whom the token is for, once the client has proven itself and
	// the target is known to exist.
	authorize(ctx context.Context, r *request, c Client, t target) (subject, error)
}

// subject is whom a token speaks for.
type subject struct {
	id             directory.ObjectID
	identityType   string // claim idtyp
	roles          []string
	directoryRoles []string
}

// serveToken answers the token endpoint.
func (s *Server) serveToken(v version) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := s.exchange(w, r, v)
		if err != nil {
			s.refuse(w, r, err)
			return
		}
		s.write(w, r, http.StatusOK, body)
	}
}

// exchange runs a token request through its phases.
func (s *Server) exchange(w http.ResponseWriter, r *http.Request, v version) (any, error) {
	req, err := s.read(w, r, v)
	if err != nil {
		return nil, err
	}
	g, ok := s.grants[req.grantType]
	if !ok {
		return nil, fault(unsupportedGrantType, 70003, "The app requested an unsupported grant type '%s'.", shown(req.grantType))
	}
	client, method, err := s.authenticate(r.Context(), req)
	if err != nil {
		return nil, err
	}
	t, err := s.target(req)
	if err != nil {
		return nil, err
	}
	sub, err := g.authorize(r.Context(), req, client, t)
	if err != nil {
		return nil, err
	}
	return s.issue(issuance{request: req, client: client, method: method, target: t, subject: sub})
}
