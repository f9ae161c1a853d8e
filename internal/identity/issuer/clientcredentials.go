package issuer

import (
	"context"
	"slices"
)

// clientCredentials is the grant of RFC 6749 section 4.4: the client asks for
// itself and gets every application permission it was granted.
type clientCredentials struct{}

func (clientCredentials) name() string { return "client_credentials" }

func (clientCredentials) authorize(_ context.Context, r *request, c Client, t target) (subject, error) {
	if !slices.Equal(slices.Compact(slices.Clone(t.scopes)), []string{".default"}) {
		return subject{}, fault(invalidScope, 1002012,
			"The provided value for scope %s is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI).",
			shown(r.scope))
	}
	return subject{
		id: c.ServicePrincipalID, identityType: "app",
		roles: c.Roles, directoryRoles: c.DirectoryRoles,
	}, nil
}
