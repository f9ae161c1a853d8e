package app

import (
	"context"
	"strings"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/identity"
	"github.com/provisor/provisor/internal/identity/issuer"
	"github.com/provisor/provisor/internal/store"
)

// User returns a person by object id or userPrincipalName, for the issuer.
func (a authority) User(ctx context.Context, tenant directory.TenantID, name string) (issuer.User, error) {
	ref := store.Ref{Kind: directory.User, ID: directory.ObjectID(strings.ToLower(name))}
	if strings.Contains(name, "@") {
		ref = store.Ref{Kind: directory.User, Property: "userPrincipalName", Value: name}
	}
	o, err := a.store.Object(ctx, tenant, ref)
	if err != nil {
		return issuer.User{}, err
	}
	u := personOf(o)
	passwords, err := a.store.Passwords(ctx, tenant, o.ID)
	if err != nil {
		return issuer.User{}, err
	}
	if n := len(passwords); n > 0 {
		newest := passwords[n-1]
		u.Password, u.PasswordSet = newest.Digest, newest.Start
	}
	u.DirectoryRoles, err = a.directoryRoles(ctx, tenant, o.ID)
	return u, err
}

// peopleShown is how many people the issuer lets choose among.
const peopleShown = 100

// Users returns the first people of the tenant by name.
func (a authority) Users(ctx context.Context, tenant directory.TenantID) ([]issuer.User, error) {
	page, err := a.store.Objects(ctx, tenant, store.Query{Kind: directory.User, Top: peopleShown})
	people := make([]issuer.User, 0, len(page.Objects))
	for _, o := range page.Objects {
		people = append(people, personOf(o))
	}
	return people, err
}

func personOf(o directory.Object) issuer.User {
	enabled, said := o.Attributes["accountEnabled"].(bool)
	return issuer.User{
		ID: o.ID, PrincipalName: o.Attributes.String("userPrincipalName"), Name: o.Attributes.String("displayName"),
		Given: o.Attributes.String("givenName"), Surname: o.Attributes.String("surname"), Email: o.Attributes.String("mail"),
		Disabled: said && !enabled,
	}
}

// Consented returns the delegated permissions for Graph that a client was granted,
// for everybody or for the user.
func (a authority) Consented(ctx context.Context, tenant directory.TenantID, c issuer.Client, user directory.ObjectID) ([]string, error) {
	graph, err := a.store.Object(ctx, tenant, store.Ref{Kind: directory.ServicePrincipal, Property: "appId", Value: identity.GraphAppID})
	if err != nil {
		return nil, err
	}
	granted, err := a.store.Grants(ctx, tenant, c.ServicePrincipalID, "")
	if err != nil {
		return nil, err
	}
	var names []string
	for _, g := range granted {
		if g.Resource == graph.ID && (g.Principal == "" || g.Principal == user) {
			names = append(names, strings.Fields(g.Scope)...)
		}
	}
	return names, nil
}

// redirects returns the redirect URIs that an application is registered with.
func redirects(application directory.Object) []issuer.Redirect {
	var all []issuer.Redirect
	for _, platform := range []struct {
		name string
		kind issuer.RedirectKind
	}{{"web", issuer.Web}, {"spa", issuer.SinglePage}, {"publicClient", issuer.Native}} {
		settings, _ := application.Attributes[platform.name].(map[string]any) // none
		list, _ := settings["redirectUris"].([]any)                           // none
		for _, one := range list {
			if uri, ok := one.(string); ok {
				all = append(all, issuer.Redirect{URI: uri, Kind: platform.kind})
			}
		}
	}
	return all
}
