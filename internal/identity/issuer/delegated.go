package issuer

import (
	"context"
	"slices"
	"strings"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/identity"
)

// delegated returns the delegated permissions that a client gets for a person: what
// it asks for, as far as this service knows it and somebody consented. The person's
// own standing is not looked at here; the permission table does that with every
// request.
//
// A word that names no permission of this service is passed over, because tools ask
// for permissions on mail and calendars in the same breath; it is an error when
// nothing else was asked for.
func (s *Server) delegated(ctx context.Context, tenant directory.TenantID, c Client, user directory.ObjectID, t target) ([]string, error) {
	granted := delegable()
	if !c.FirstParty {
		consented, err := s.cfg.Clients.Consented(ctx, tenant, c, user)
		if err != nil {
			return nil, err
		}
		granted = both(consented, granted)
	}
	if t.all() {
		if len(granted) == 0 {
			return nil, notConsented(c, "any permission")
		}
		return granted, nil
	}
	known := both(t.scopes, delegable())
	if len(known) == 0 && len(t.scopes) > 0 {
		return nil, fault(invalidScope, 650053, "The application asked for scope '%s' that doesn't exist on the resource '%s'.", shown(strings.Join(t.scopes, " ")), t.audience)
	}
	for _, name := range known {
		if !slices.Contains(granted, name) {
			return nil, notConsented(c, name)
		}
	}
	return known, nil
}

func notConsented(c Client, what string) *failure {
	return fault(consentRequired, 65001,
		"The user or administrator has not consented to use the application with ID '%s' named '%s' with %s. An administrator grants it: POST /oauth2PermissionGrants.",
		c.AppID, c.Name, what)
}

// delegable are the permissions that exist in the delegated form.
func delegable() []string {
	var names []string
	for _, p := range identity.Permissions() {
		applicationOnly := p.ScopeID == "" && p.AppRoleID != "" || strings.HasSuffix(string(p.Name), ".OwnedBy")
		if !applicationOnly {
			names = append(names, string(p.Name))
		}
	}
	return names
}

// both returns the elements of known that wanted names, ignoring case.
func both(wanted, known []string) []string {
	var names []string
	for _, name := range known {
		if slices.ContainsFunc(wanted, func(w string) bool { return strings.EqualFold(w, name) }) {
			names = append(names, name)
		}
	}
	return names
}
