package issuer

import (
	"context"
	"slices"
)

// clientCredentials is the grant of RFC 6749 section 4.4: the client asks for
// itself and gets every application permission it was granted.
type clientCredentials struct{ s *Server }

func (clientCredentials) name() string { return "client_credentials" }
func (clientCredentials) open() bool   { return false }

func (g clientCredentials) permit(_ context.Context, r *request, c Client, _ authMethod) (permit, error) {
	t, err := g.s.target(r.asked)
	if err != nil {
		return permit{}, err
	}
	if !slices.Equal(slices.Compact(slices.Clone(t.scopes)), []string{".default"}) {
		return permit{}, fault(invalidScope, 1002012,
			"The provided value for scope %s is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI).",
			shown(r.scope))
	}
	return permit{target: t, subject: subject{
		id: c.ServicePrincipalID, identityType: "app",
		roles: c.Roles, directoryRoles: c.DirectoryRoles,
	}}, nil
}
