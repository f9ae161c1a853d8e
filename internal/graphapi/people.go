package graphapi

import (
	"context"
	"strings"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/identity"
	"github.com/provisor/provisor/internal/store"
)

// createUser answers POST users.
func (a *API) createUser(ctx context.Context, q *request) (answer, error) {
	s, err := readObject(directory.User, q.body)
	if err != nil {
		return answer{}, err
	}
	if err := s.require(required(directory.User)...); err != nil {
		return answer{}, err
	}
	if upn := s.attributes.String("userPrincipalName"); !isPrincipalName(upn) {
		return answer{}, errs.New(errs.Invalid, "Request_BadRequest",
			"Property userPrincipalName is invalid: '%.113s' is not of the form name@domain.", upn).WithTarget("userPrincipalName")
	}
	orElse(s.attributes, "userType", "Member")
	return a.create(ctx, q, directory.User, s)
}

// isPrincipalName reports whether s is name@domain, without blanks.
func isPrincipalName(s string) bool {
	const longest = 113 // Graph's own limit: 64 characters, @, 48 characters
	name, domain, ok := strings.Cut(s, "@")
	return ok && name != "" && domain != "" && len(s) <= longest && !strings.ContainsAny(s, " \t\r\n") && !strings.Contains(domain, "@")
}

// createGroup answers POST groups.
func (a *API) createGroup(ctx context.Context, q *request) (answer, error) {
	s, err := readObject(directory.Group, q.body)
	if err != nil {
		return answer{}, err
	}
	if err := s.require(required(directory.Group)...); err != nil {
		return answer{}, err
	}
	return a.create(ctx, q, directory.Group, s)
}

// orElse sets an attribute that the caller left out.
func orElse(attributes directory.Attributes, name string, value any) {
	if attributes[name] == nil {
		attributes[name] = value
	}
}

// me answers GET me: the signed-in user.
func (a *API) me(ctx context.Context, q *request) (answer, error) {
	if q.caller.Kind != identity.DelegatedUser {
		return answer{}, errs.New(errs.Invalid, "BadRequest", "/me request is only valid with delegated authentication flow.")
	}
	o, err := a.Store.Object(ctx, q.tenant, store.Ref{Kind: directory.User, ID: q.caller.ObjectID})
	if err != nil {
		return answer{}, notThere(err, string(q.caller.ObjectID))
	}
	return a.object(ctx, q, q.context().Entity("users", q.options.Select...), o, untyped)
}
