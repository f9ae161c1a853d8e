package issuer

import (
	"context"
	"time"

	"github.com/provisor/provisor/internal/directory"
)

// Users finds the people who sign in.
type Users interface {
	// User returns the person with an object id, or with a userPrincipalName ignoring
	// case. NotFound when the tenant has none.
	User(ctx context.Context, tenant directory.TenantID, name string) (User, error)
	// Users returns the first people of the tenant, for whoever may choose among them.
	Users(ctx context.Context, tenant directory.TenantID) ([]User, error)
}

// User is a person as the authority knows one.
type User struct {
	ID                                         directory.ObjectID
	PrincipalName, Name, Given, Surname, Email string
	// Disabled is set when accountEnabled is false.
	Disabled bool
	// Password is what [NewPasswordDigest] made of the password; empty when the person
	// has none and cannot sign in by one.
	Password []byte
	// PasswordSet is when that was. What was handed out before does not count any
	// more.
	PasswordSet time.Time
	// DirectoryRoles are the template ids of the directory roles held.
	DirectoryRoles []string
}

// user returns the person of a session, or why nobody may act for that person any
// more.
func (s *Server) user(ctx context.Context, tenant directory.TenantID, sign session) (User, error) {
	if s.cfg.Users == nil {
		return User{}, notOffered()
	}
	u, err := s.cfg.Users.User(ctx, tenant, string(sign.User))
	if err != nil {
		return User{}, asUnknownUser(err, string(sign.User))
	}
	switch {
	case u.Disabled:
		return User{}, disabledUser()
	case u.PasswordSet.After(sign.At):
		return User{}, fault(invalidGrant, 50173, "The provided grant has expired because the password was changed. Sign in again.")
	}
	return u, nil
}

func notOffered() *failure {
	return fault(unauthorizedClient, 700054, "Signing people in is switched off here.")
}

func disabledUser() *failure {
	return fault(invalidGrant, 50057, "The user account is disabled.")
}
