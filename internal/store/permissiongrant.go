package store

import (
	"context"

	"github.com/provisor/provisor/internal/directory"
)

// PermissionGrant is Graph's oAuth2PermissionGrant: delegated permissions that a
// client was granted at a resource, for one principal or for everybody.
type PermissionGrant struct {
	ID        string
	Client    directory.ObjectID // a service principal
	Principal directory.ObjectID // a user; empty: everybody
	Resource  directory.ObjectID // a service principal
	Scope     string             // names of permissions, parted by blanks
}

// Grants keeps delegated permission grants. They end with their client.
type Grants interface {
	// AddGrant stores g, durably. Conflict when client, resource and principal have
	// one already.
	AddGrant(ctx context.Context, tenant directory.TenantID, g PermissionGrant) error
	// UpdateGrant replaces the scope of one, durably. NotFound when it is not there.
	UpdateGrant(ctx context.Context, tenant directory.TenantID, id, scope string) error
	// RemoveGrant deletes one, durably. NotFound when it is not there.
	RemoveGrant(ctx context.Context, tenant directory.TenantID, id string) error
	// Grants returns those of a client, of a principal, both, or all, ordered by id.
	Grants(ctx context.Context, tenant directory.TenantID, client, principal directory.ObjectID) ([]PermissionGrant, error)
}
