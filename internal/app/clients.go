package app

import (
	"context"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"strings"
	"time"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/identity"
	"github.com/provisor/provisor/internal/identity/issuer"
	"github.com/provisor/provisor/internal/store"
)

// authority answers what the built-in issuer and the token validator ask of the
// directory: which tenants there are, and which applications may sign in.
type authority struct{ store store.Store }

// Tenant returns the id of the tenant whose id or domain is name.
func (a authority) Tenant(ctx context.Context, name string) (directory.TenantID, error) {
	all, err := a.store.Tenants(ctx)
	if err != nil {
		return "", err
	}
	for _, t := range all {
		if strings.EqualFold(string(t.ID), name) || strings.EqualFold(t.Domain, name) {
			return t.ID, nil
		}
	}
	return "", errs.New(errs.NotFound, "TenantNotFound", "There is no tenant %q.", name)
}

// KnownTenant reports whether id is a tenant here.
func (a authority) KnownTenant(ctx context.Context, id directory.TenantID) (bool, error) {
	_, err := a.Tenant(ctx, string(id))
	if errs.Is(err, errs.NotFound) {
		return false, nil
	}
	return err == nil, err
}

// Client returns an application with its service principal and what it was granted; of
// one without service principal, what is known of it.
func (a authority) Client(ctx context.Context, tenant directory.TenantID, appID string) (issuer.Client, error) {
	application, err := a.store.Object(ctx, tenant, store.Ref{Kind: directory.Application, Property: "appId", Value: appID})
	if err != nil {
		return issuer.Client{}, err
	}
	principal, err := a.store.Object(ctx, tenant, store.Ref{Kind: directory.ServicePrincipal, Property: "appId", Value: appID})
	if errs.Is(err, errs.NotFound) {
		return issuer.Client{AppID: application.Attributes.String("appId"), Name: application.Attributes.String("displayName")}, nil
	}
	if err != nil {
		return issuer.Client{}, err
	}
	enabled, said := principal.Attributes["accountEnabled"].(bool)
	public, _ := application.Attributes["isFallbackPublicClient"].(bool) // no
	c := issuer.Client{
		AppID: application.Attributes.String("appId"), Name: application.Attributes.String("displayName"), ServicePrincipalID: principal.ID,
		Disabled: said && !enabled, Keys: publicKeys(application), Redirects: redirects(application), Public: public,
	}
	administrator, err := administratorID(ctx, a.store, tenant)
	if err != nil {
		return issuer.Client{}, err
	}
	c.FirstParty = application.ID == administrator
	if c.Secrets, err = a.secrets(ctx, tenant, application.ID, principal.ID); err != nil {
		return issuer.Client{}, err
	}
	if c.Roles, err = a.roles(ctx, tenant, principal.ID); err != nil {
		return issuer.Client{}, err
	}
	c.DirectoryRoles, err = a.directoryRoles(ctx, tenant, principal.ID)
	return c, err
}

// secrets returns the client secrets of an application, and those that its service
// principal was given.
func (a authority) secrets(ctx context.Context, tenant directory.TenantID, owners ...directory.ObjectID) ([]issuer.Secret, error) {
	var secrets []issuer.Secret
	for _, owner := range owners {
		passwords, err := a.store.Passwords(ctx, tenant, owner)
		if err != nil {
			return nil, err
		}
		for _, p := range passwords {
			secrets = append(secrets, issuer.Secret{Digest: p.Digest, Period: issuer.Period{Starts: p.Start, Expires: p.End}})
		}
	}
	return secrets, nil
}

// roles returns the names of Graph's app roles that a service principal was granted.
func (a authority) roles(ctx context.Context, tenant directory.TenantID, principal directory.ObjectID) ([]string, error) {
	graph, err := a.store.Object(ctx, tenant, store.Ref{Kind: directory.ServicePrincipal, Property: "appId", Value: identity.GraphAppID})
	if err != nil {
		return nil, err
	}
	const many = 1000 // Graph has fewer roles
	granted, err := a.store.Assignments(ctx, tenant, store.AssignmentQuery{Principal: principal, Resource: graph.ID, Limit: many})
	if err != nil {
		return nil, err
	}
	names := make(map[string]string)
	for _, p := range identity.Permissions() {
		names[p.AppRoleID] = string(p.Name)
	}
	var roles []string
	for _, g := range granted {
		if name := names[g.AppRoleID]; name != "" && g.AppRoleID != "" {
			roles = append(roles, name)
		}
	}
	return roles, nil
}

// directoryRoles returns the built-in directory roles that a service principal
// holds for the whole tenant.
func (a authority) directoryRoles(ctx context.Context, tenant directory.TenantID, principal directory.ObjectID) ([]string, error) {
	assigned, err := a.store.RoleAssignments(ctx, tenant, principal)
	if err != nil {
		return nil, err
	}
	var roles []string
	for _, one := range assigned {
		for _, builtIn := range identity.BuiltInRoles() {
			if one.Scope == "/" && strings.EqualFold(one.DefinitionID, string(builtIn.ID)) {
				roles = append(roles, string(builtIn.ID))
			}
		}
	}
	return roles, nil
}

// publicKeys returns the certificates of an application's keyCredentials. What is
// no certificate is left out: it can prove nothing.
func publicKeys(application directory.Object) []issuer.Key {
	list, _ := application.Attributes["keyCredentials"].([]any) // none
	var keys []issuer.Key
	for _, one := range list {
		credential, ok := one.(map[string]any)
		if !ok {
			continue
		}
		text, _ := credential["key"].(string) // none
		certificate, err := certificateOf(text)
		if err != nil {
			continue
		}
		keys = append(keys, issuer.Key{Public: certificate.PublicKey, Period: issuer.Period{
			Starts: instant(credential["startDateTime"]), Expires: instant(credential["endDateTime"]),
		}})
	}
	return keys
}

// certificateOf reads the base64 of a certificate: of its DER form, or of its PEM form,
// which Terraform and the Azure command line write.
func certificateOf(text string) (*x509.Certificate, error) {
	der, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, err
	}
	if block, _ := pem.Decode(der); block != nil {
		der = block.Bytes
	}
	return x509.ParseCertificate(der)
}

// instant reads a time of a directory attribute; anything else is open.
func instant(value any) time.Time {
	text, _ := value.(string) // open
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}
	}
	return t
}
