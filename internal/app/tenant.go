package app

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/graphapi"
	"github.com/provisor/provisor/internal/identity"
	"github.com/provisor/provisor/internal/store"
)

// The one tenant of an installation, unless more are made.
const (
	tenantName   = "Provisor"
	tenantDomain = "provisor.internal"
)

// ensureTenant returns the oldest tenant; the first start makes it.
func (b *base) ensureTenant(ctx context.Context, now func() time.Time) (store.Tenant, error) {
	all, err := b.store.Tenants(ctx)
	if err != nil {
		return store.Tenant{}, err
	}
	if len(all) > 0 {
		return all[0], nil
	}
	made := store.Tenant{ID: directory.TenantID(uuid.NewString()), DisplayName: tenantName, Domain: tenantDomain, Created: now()}
	err = b.store.CreateTenant(ctx, made)
	if errs.Is(err, errs.Conflict) { // another process was first
		if all, err = b.store.Tenants(ctx); err == nil && len(all) > 0 {
			return all[0], nil
		}
	}
	return made, err
}

// ensureGraph returns the service principal of Microsoft Graph, whose app roles are
// the permissions that applications can be granted. Its roles are kept at those
// that this version of the program knows.
func (b *base) ensureGraph(ctx context.Context, tenant directory.TenantID, now func() time.Time) (directory.Object, error) {
	ref := store.Ref{Kind: directory.ServicePrincipal, Property: "appId", Value: identity.GraphAppID}
	found, err := b.store.Object(ctx, tenant, ref)
	if errs.Is(err, errs.NotFound) {
		return b.store.CreateObject(ctx, tenant, graphapi.MicrosoftGraph(directory.ObjectID(uuid.NewString()), now()))
	}
	if err != nil {
		return directory.Object{}, err
	}
	return b.store.UpdateObject(ctx, tenant, store.Ref{Kind: directory.ServicePrincipal, ID: found.ID}, now(),
		func(have directory.Attributes) (directory.Attributes, error) {
			want := graphapi.MicrosoftGraph(found.ID, now()).Attributes
			for _, name := range []string{"appRoles", "oauth2PermissionScopes"} {
				have[name] = want[name]
			}
			return have, nil
		})
}
