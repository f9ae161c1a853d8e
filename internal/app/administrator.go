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

// secretLife is how long a client secret that the program makes can be used.
const secretLife = 10 * 365 * 24 * time.Hour

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

// administratorSetting is where the id of a tenant's administrator is kept: a later
// start, and who asks whether an application is the administrator, goes by it.
func administratorSetting(tenant directory.TenantID) string { return "administrator/" + string(tenant) }

// administratorID returns the id of the application that administers a tenant;
// empty before its first start.
func administratorID(ctx context.Context, settings store.Settings, tenant directory.TenantID) (directory.ObjectID, error) {
	id, err := settings.Setting(ctx, administratorSetting(tenant))
	if errs.Is(err, errs.NotFound) {
		return "", nil
	}
	return directory.ObjectID(id), err
}

// administratorApplication returns the application that administers the tenant, and
// makes one when there is none or it was deleted.
func (b *base) administratorApplication(ctx context.Context, tenant store.Tenant, now func() time.Time) (directory.Object, error) {
	id, err := administratorID(ctx, b.store, tenant.ID)
	if err != nil {
		return directory.Object{}, err
	}
	found, err := b.presentAdministrator(ctx, tenant.ID, id)
	if errs.Is(err, errs.NotFound) {
		found, err = b.newAdministrator(ctx, tenant, now)
	}
	if err != nil || found.ID == id {
		return found, err
	}
	return found, b.store.PutSetting(ctx, administratorSetting(tenant.ID), []byte(found.ID))
}

// presentAdministrator returns the administrator of an id. Databases of before ids
// were kept know it by its name; an application that came in over the API, whose
// creator is noted, never was it.
func (b *base) presentAdministrator(ctx context.Context, tenant directory.TenantID, id directory.ObjectID) (directory.Object, error) {
	if id != "" {
		return b.store.Object(ctx, tenant, store.Ref{Kind: directory.Application, ID: id})
	}
	found, err := b.store.Object(ctx, tenant, store.Ref{Kind: directory.Application, Property: "uniqueName", Value: identity.AdministratorName})
	if err == nil && found.Attributes.String("createdByAppId") != "" {
		err = errs.New(errs.NotFound, "NoAdministrator", "The application %s is not the administrator.", found.ID)
	}
	return found, err
}

// newAdministrator makes the application. It goes without its name when another
// application has that.
func (b *base) newAdministrator(ctx context.Context, tenant store.Tenant, now func() time.Time) (directory.Object, error) {
	o := directory.Object{
		ID: directory.ObjectID(uuid.NewString()), Kind: directory.Application, Created: now(),
		Attributes: directory.Attributes{
			"appId": uuid.NewString(), "displayName": "Provisor Administrator", "uniqueName": identity.AdministratorName,
			"description":    "Made by the first start of the service, with every permission.",
			"signInAudience": "AzureADMyOrg", "publisherDomain": tenant.Domain, "tags": []any{}, "appRoles": []any{},
		},
	}
	made, err := b.store.CreateObject(ctx, tenant.ID, o)
	if errs.Is(err, errs.Conflict) {
		delete(o.Attributes, "uniqueName")
		made, err = b.store.CreateObject(ctx, tenant.ID, o)
	}
	return made, err
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
