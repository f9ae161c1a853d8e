package graphapi

import (
	"context"
	"strings"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	id "github.com/provisor/provisor/internal/identity"
	"github.com/provisor/provisor/internal/store"
)

// grantRoutes are the delegated permissions that were consented to.
func (a *API) grantRoutes() []Route {
	const grants, grant = "oauth2PermissionGrants", "oauth2PermissionGrants/{id}"
	return graph(
		Route{Method: get, Pattern: grants, Operation: id.ReadPermissionGrants, Options: short(), handle: a.listAllGrants},
		Route{Method: post, Pattern: grants, Operation: id.WritePermissionGrants, body: jsonRequired, handle: a.createGrant},
		Route{Method: get, Pattern: grant, Operation: id.ReadPermissionGrants, Options: one(), handle: a.getGrant},
		Route{Method: patch, Pattern: grant, Operation: id.WritePermissionGrants, body: jsonRequired, handle: a.updateGrant},
		Route{Method: remove, Pattern: grant, Operation: id.WritePermissionGrants, handle: a.deleteGrant},
	)
}

// The values of consentType.
const (
	forAll = "AllPrincipals"
	forOne = "Principal"
)

// permissionGrant is Graph's oAuth2PermissionGrant.
type permissionGrant struct {
	ClientID    string  `json:"clientId"`
	ConsentType string  `json:"consentType"`
	ID          string  `json:"id"`
	PrincipalID *string `json:"principalId"`
	ResourceID  string  `json:"resourceId"`
	Scope       string  `json:"scope"`
}

func wireGrant(g store.PermissionGrant) permissionGrant {
	wire := permissionGrant{
		ClientID: string(g.Client), ConsentType: forAll, ID: g.ID, PrincipalID: orNull(string(g.Principal)),
		ResourceID: string(g.Resource), Scope: g.Scope,
	}
	if g.Principal != "" {
		wire.ConsentType = forOne
	}
	return wire
}

func (a *API) listAllGrants(ctx context.Context, q *request) (answer, error) {
	return a.answerGrants(ctx, q, "", "")
}

// listGrants answers …/oauth2PermissionGrants of a client, or of a user.
func (a *API) listGrants(s side) handler {
	return func(ctx context.Context, q *request) (answer, error) {
		object, err := a.subject(ctx, q)
		if err != nil {
			return answer{}, err
		}
		if s == asPrincipal {
			return a.answerGrants(ctx, q, "", object.ID)
		}
		return a.answerGrants(ctx, q, object.ID, "")
	}
}

func (a *API) answerGrants(ctx context.Context, q *request, client, principal directory.ObjectID) (answer, error) {
	grants, err := a.Store.Grants(ctx, q.tenant, client, principal)
	if err != nil {
		return answer{}, err
	}
	wire := make([]permissionGrant, 0, len(grants))
	for _, g := range grants {
		wire = append(wire, wireGrant(g))
	}
	return shortList(q, "oauth2PermissionGrants", wire)
}

// shortList answers a page of a list that is kept in memory.
func shortList[T any](q *request, set string, list []T) (answer, error) {
	page, err := pageOf(q, list)
	if err != nil {
		return answer{}, err
	}
	page.Context = q.context().Collection(set, q.options.Select...)
	return collection(page, q.options.Select)
}

// createGrant answers POST oauth2PermissionGrants.
func (a *API) createGrant(ctx context.Context, q *request) (answer, error) {
	var in struct {
		ClientID    string  `json:"clientId"`
		ConsentType string  `json:"consentType"`
		PrincipalID *string `json:"principalId"`
		ResourceID  string  `json:"resourceId"`
		Scope       string  `json:"scope"`
	}
	if err := decode(q.body, &in); err != nil {
		return answer{}, err
	}
	g := store.PermissionGrant{ID: a.NewID(), Scope: strings.TrimSpace(in.Scope)}
	var err error
	if g.Client, err = a.party(ctx, q, "clientId", in.ClientID, directory.ServicePrincipal); err != nil {
		return answer{}, err
	}
	if g.Resource, err = a.party(ctx, q, "resourceId", in.ResourceID, directory.ServicePrincipal); err != nil {
		return answer{}, err
	}
	switch {
	case in.ConsentType == forAll && (in.PrincipalID == nil || *in.PrincipalID == ""):
	case in.ConsentType == forOne && in.PrincipalID != nil:
		if g.Principal, err = a.party(ctx, q, "principalId", *in.PrincipalID, directory.User); err != nil {
			return answer{}, err
		}
	default:
		return answer{}, errs.New(errs.Invalid, "Request_BadRequest",
			"consentType is %s without a principalId, or %s with the id of a user.", forAll, forOne).WithTarget("consentType")
	}
	if err := a.Store.AddGrant(ctx, q.tenant, g); err != nil {
		return answer{}, grantedAlready(err)
	}
	return created(q.context().Entity("oauth2PermissionGrants"), q.root()+"/oauth2PermissionGrants/"+g.ID, wireGrant(g))
}

func grantedAlready(err error) error {
	if !errs.Is(err, errs.Conflict) {
		return err
	}
	return errs.Wrap(err, errs.Invalid, "Request_BadRequest", "Permission entry already exists. Change its scope with PATCH.")
}

// party returns the id of an object that a grant names.
func (a *API) party(ctx context.Context, q *request, member, id string, kind directory.Kind) (directory.ObjectID, error) {
	object, err := a.Store.Object(ctx, q.tenant, store.Ref{Kind: kind, ID: directory.ObjectID(strings.ToLower(id))})
	if errs.Is(err, errs.NotFound) {
		return "", errs.Wrap(err, errs.Invalid, "Request_BadRequest", "%s '%.64s' is not the id of a %s.", member, id, kind).WithTarget(member)
	}
	return object.ID, err
}

// grantOf returns the grant that the path names.
func (a *API) grantOf(ctx context.Context, q *request) (store.PermissionGrant, error) {
	grants, err := a.Store.Grants(ctx, q.tenant, "", "")
	if err != nil {
		return store.PermissionGrant{}, err
	}
	for _, g := range grants {
		if strings.EqualFold(g.ID, q.key("id")) {
			return g, nil
		}
	}
	return store.PermissionGrant{}, notThere(errs.New(errs.NotFound, "", ""), q.key("id"))
}

func (a *API) getGrant(ctx context.Context, q *request) (answer, error) {
	g, err := a.grantOf(ctx, q)
	if err != nil {
		return answer{}, err
	}
	return entity(q.context().Entity("oauth2PermissionGrants", q.options.Select...), wireGrant(g), q.options.Select)
}

// updateGrant answers PATCH oauth2PermissionGrants/{id}: the scope can be changed.
func (a *API) updateGrant(ctx context.Context, q *request) (answer, error) {
	g, err := a.grantOf(ctx, q)
	if err != nil {
		return answer{}, err
	}
	var in struct {
		Scope *string `json:"scope"`
	}
	if err := decode(q.body, &in); err != nil {
		return answer{}, err
	}
	if in.Scope == nil {
		return noContent(), nil
	}
	return noContent(), notThere(a.Store.UpdateGrant(ctx, q.tenant, g.ID, strings.TrimSpace(*in.Scope)), g.ID)
}

func (a *API) deleteGrant(ctx context.Context, q *request) (answer, error) {
	g, err := a.grantOf(ctx, q)
	if err != nil {
		return answer{}, err
	}
	return noContent(), notThere(a.Store.RemoveGrant(ctx, q.tenant, g.ID), g.ID)
}
