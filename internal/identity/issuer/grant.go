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
	// open reports whether public clients, which prove nothing, may use it.
	open() bool
	// permit says whom the token is for and for what, once the client has proven
	// itself as far as it has to.
	permit(ctx context.Context, r *request, c Client, m authMethod) (permit, error)
}

// permit is what a grant entitles the client to.
type permit struct {
	target  target
	subject subject
	// session is the sign-in behind it; nil when the client asks for itself.
	session *session
	// scopes are the delegated permissions.
	scopes []string
	// refresh is a refresh token to hand out; empty is none.
	refresh string
}

// subject is whom a token speaks for.
type subject struct {
	id             directory.ObjectID
	identityType   string // claim idtyp
	roles          []string
	directoryRoles []string
	user           User // the zero User for an application
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
	req, err := s.read(w, r, v, "grant_type")
	if err != nil {
		return nil, err
	}
	if req.grantType == "device_code" {
		req.grantType = deviceCode{}.name() // as MSAL for Go and the v1 endpoint write it
	}
	g, ok := s.grants[req.grantType]
	if !ok {
		return nil, fault(unsupportedGrantType, 70003, "The app requested an unsupported grant type '%s'.", shown(req.grantType))
	}
	client, err := s.identify(r.Context(), req)
	if err != nil {
		return nil, err
	}
	method, err := s.prove(req, client, g.open())
	if err != nil {
		return nil, err
	}
	p, err := g.permit(r.Context(), req, client, method)
	if err != nil {
		return nil, err
	}
	return s.issue(issuance{request: req, client: client, method: method, permit: p})
}
