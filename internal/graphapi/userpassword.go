package graphapi

import (
	"context"
	"crypto/rand"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/identity"
	"github.com/provisor/provisor/internal/identity/issuer"
	"github.com/provisor/provisor/internal/store"
)

// takePassword reads passwordProfile. Only its password matters here; nobody is made
// to change it at the next sign-in.
func (s *sent) takePassword(profile any) error {
	members, _ := profile.(map[string]any) // null takes nothing away
	value := memberNamed(members, "password")
	if value == nil {
		return nil
	}
	password, ok := value.(string)
	if !ok {
		return wrongType("passwordProfile/password", jsonKind(value), "a string")
	}
	if err := issuer.CheckPassword(password); err != nil {
		return errs.Wrap(err, errs.Invalid, "Request_BadRequest",
			"The specified password does not comply with password complexity requirements: %s.", err.Error()).WithTarget("passwordProfile/password")
	}
	s.password = &password
	return nil
}

// maySetPassword reports why the caller may not set the password of s. Whoever sets a
// password can sign in with it; so that of a person with a directory role is for
// those who hand out roles.
func (a *API) maySetPassword(ctx context.Context, q *request, user directory.ObjectID, s sent) error {
	if s.password == nil {
		return nil
	}
	roles, err := a.Store.RoleAssignments(ctx, q.tenant, user)
	if err != nil || len(roles) == 0 {
		return err
	}
	return a.Policy.Authorize(q.caller, identity.WriteRoleAssignments, identity.Object{})
}

// setPassword gives a person the password of s, if it has one. The new one counts
// before the earlier ones go.
func (a *API) setPassword(ctx context.Context, q *request, user directory.ObjectID, s sent) error {
	if s.password == nil {
		return nil
	}
	earlier, err := a.Store.Passwords(ctx, q.tenant, user)
	if err != nil {
		return err
	}
	err = a.Store.AddPassword(ctx, q.tenant, user, store.Password{
		KeyID: rand.Text(), DisplayName: "password", Digest: issuer.NewPasswordDigest(*s.password), Start: a.Now(),
	})
	if err != nil {
		return err
	}
	for _, p := range earlier {
		if err := a.Store.RemovePassword(ctx, q.tenant, user, p.KeyID); err != nil && !errs.Is(err, errs.NotFound) {
			return err
		}
	}
	return nil
}
