package identity

import (
	"context"
	"slices"
	"strings"

	"github.com/provisor/provisor/internal/directory"
)

// Kind tells on whose behalf a token was issued.
type Kind uint8

// The kinds of caller. The zero Kind is nobody, and nobody may do anything.
const (
	Nobody        Kind = iota
	Application        // a service principal on its own behalf
	DelegatedUser      // an application on behalf of a signed-in user
)

// String returns a word for messages and logs.
func (k Kind) String() string {
	switch k {
	case Nobody:
		return "nobody"
	case Application:
		return "application"
	case DelegatedUser:
		return "delegated user"
	}
	return "unknown"
}

// Caller is who calls, as a verified access token says it. Values are read-only:
// a cache hands the same one to many requests.
type Caller struct {
	TenantID directory.TenantID
	Kind     Kind
	// ObjectID is the service principal of an application or the signed-in user
	// (claim oid).
	ObjectID directory.ObjectID
	// ServicePrincipalID is the calling application's service principal; empty for
	// a delegated user, whose token does not name it.
	ServicePrincipalID directory.ObjectID
	// AppID is the client that asked for the token (claim azp, or appid).
	AppID string
	// Subject is claim sub, for the audit trail.
	Subject string
	// Scopes are the delegated permissions (claim scp). They count for a delegated
	// user only.
	Scopes []Permission
	// Roles are the application permissions (claim roles). They count for an
	// application only.
	Roles []Permission
	// DirectoryRoles are the directory roles in force for the whole tenant
	// (claim wids). They count for a delegated user only.
	DirectoryRoles []Role
	// Personal marks a personal Microsoft account.
	Personal bool
	// Issuer is the authority that vouches for all this (claim iss).
	Issuer string
}

// Holds reports whether the token of a caller carries a permission.
func (c Caller) Holds(p Permission) bool {
	if c.Kind == Application {
		return slices.Contains(c.Roles, p)
	}
	return slices.Contains(c.Scopes, p)
}

// HoldsRole reports whether the caller has one of roles. A Global Administrator
// has every role.
func (c Caller) HoldsRole(roles ...Role) bool {
	for _, held := range c.DirectoryRoles {
		held = Role(strings.ToLower(string(held)))
		if held == GlobalAdministrator || slices.Contains(roles, held) {
			return true
		}
	}
	return false
}

// Owns reports whether the caller is among owners.
func (c Caller) Owns(owners []directory.ObjectID) bool {
	if c.ObjectID == "" {
		return false
	}
	return slices.ContainsFunc(owners, func(o directory.ObjectID) bool {
		return strings.EqualFold(string(o), string(c.ObjectID))
	})
}

type callerKey struct{}

// NewContext returns a context that carries c to the handlers behind it.
func NewContext(ctx context.Context, c Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, c)
}

// FromContext returns the caller that [NewContext] put there; else the zero
// Caller, who may do nothing, and false.
func FromContext(ctx context.Context) (Caller, bool) {
	c, ok := ctx.Value(callerKey{}).(Caller)
	return c, ok
}
