package app

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/identity"
	"github.com/provisor/provisor/internal/identity/issuer"
	"github.com/provisor/provisor/internal/store"
)

const (
	// administratorName is unique among applications: it is how a later start finds it.
	administratorName = "provisor-administrator"
	// secretLife is how long a client secret that the program makes can be used.
	secretLife = 10 * 365 * 24 * time.Hour
)

// The names of client secrets tell who made them. One that was made for a
// bootstrap file is replaced at the next start that writes one: a digest cannot
// be turned back into the secret.
const (
	firstSecret     = "first start"
	bootstrapSecret = "bootstrap file"
)

// administrator is the client that may do everything.
type administrator struct {
	ApplicationID directory.ObjectID
	AppID         string
	// Secretless: it has no client secret yet, because this is the first start, or
	// because the first start broke off before it could tell one.
	Secretless bool
}

// ensureAdministrator returns the administrator client; the first start makes it,
// with every app role of Graph.
func (b *base) ensureAdministrator(ctx context.Context, tenant store.Tenant, now func() time.Time) (administrator, error) {
	graph, err := b.ensureGraph(ctx, tenant.ID, now)
	if err != nil {
		return administrator{}, err
	}
	application, err := b.administratorApplication(ctx, tenant, now)
	if err != nil {
		return administrator{}, err
	}
	appID := application.Attributes.String("appId")
	principal, err := b.administratorPrincipal(ctx, tenant.ID, appID, now)
	if err != nil {
		return administrator{}, err
	}
	for _, p := range identity.Permissions() {
		if p.AppRoleID == "" {
			continue
		}
		err := b.store.Assign(ctx, tenant.ID, directory.AppRoleAssignment{
			ID: uuid.NewString(), Principal: principal.ID, PrincipalKind: directory.ServicePrincipal,
			Resource: graph.ID, AppRoleID: p.AppRoleID, Created: now(),
		})
		if err != nil && !errs.Is(err, errs.Conflict) {
			return administrator{}, err
		}
	}
	secrets, err := b.store.Passwords(ctx, tenant.ID, application.ID)
	return administrator{ApplicationID: application.ID, AppID: appID, Secretless: len(secrets) == 0}, err
}

func (b *base) administratorApplication(ctx context.Context, tenant store.Tenant, now func() time.Time) (directory.Object, error) {
	found, err := b.store.Object(ctx, tenant.ID, store.Ref{Kind: directory.Application, Property: "uniqueName", Value: administratorName})
	if !errs.Is(err, errs.NotFound) {
		return found, err
	}
	return b.store.CreateObject(ctx, tenant.ID, directory.Object{
		ID: directory.ObjectID(uuid.NewString()), Kind: directory.Application, Created: now(),
		Attributes: directory.Attributes{
			"appId": uuid.NewString(), "displayName": "Provisor Administrator", "uniqueName": administratorName,
			"description":    "Made by the first start of the service, with every permission.",
			"signInAudience": "AzureADMyOrg", "publisherDomain": tenant.Domain, "tags": []any{}, "appRoles": []any{},
		},
	})
}

func (b *base) administratorPrincipal(ctx context.Context, tenant directory.TenantID, appID string, now func() time.Time) (directory.Object, error) {
	found, err := b.store.Object(ctx, tenant, store.Ref{Kind: directory.ServicePrincipal, Property: "appId", Value: appID})
	if !errs.Is(err, errs.NotFound) {
		return found, err
	}
	return b.store.CreateObject(ctx, tenant, directory.Object{
		ID: directory.ObjectID(uuid.NewString()), Kind: directory.ServicePrincipal, Created: now(),
		Attributes: directory.Attributes{
			"appId": appID, "displayName": "Provisor Administrator", "appDisplayName": "Provisor Administrator",
			"servicePrincipalType": "Application", "accountEnabled": true, "appRoleAssignmentRequired": false,
			"servicePrincipalNames": []any{appID}, "tags": []any{}, "appRoles": []any{},
		},
	})
}

// newSecret gives the administrator another client secret and returns it. It is
// not stored, only its digest is. Earlier secrets of the same name go.
func (b *base) newSecret(ctx context.Context, tenant directory.TenantID, a administrator, name string, now func() time.Time) (string, error) {
	earlier, err := b.store.Passwords(ctx, tenant, a.ApplicationID)
	if err != nil {
		return "", err
	}
	secret := issuer.NewSecret()
	err = b.store.AddPassword(ctx, tenant, a.ApplicationID, store.Password{
		KeyID: uuid.NewString(), DisplayName: name, Hint: secret[:3], Digest: issuer.Digest(secret),
		Start: now(), End: now().Add(secretLife),
	})
	if err != nil {
		return "", err
	}
	for _, p := range earlier {
		if p.DisplayName != name {
			continue
		}
		if err := b.store.RemovePassword(ctx, tenant, a.ApplicationID, p.KeyID); err != nil && !errs.Is(err, errs.NotFound) {
			return "", err
		}
	}
	return secret, nil
}
