package graphapi

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/identity"
	"github.com/provisor/provisor/internal/store"
)

// authorize asks the policy about everything that the request is going to do. It
// is the only place that does.
func (a *API) authorize(ctx context.Context, q *request) error {
	if q.route.Public {
		return nil
	}
	operations := []identity.Operation{q.route.Operation}
	if q.route.operations != nil {
		var err error
		if operations, err = q.route.operations(ctx, q); err != nil {
			return err
		}
	}
	for _, op := range operations {
		if err := a.permit(ctx, q, op); err != nil {
			return err
		}
	}
	return nil
}

// permit looks the object up only when the verdict hangs on it. Who may act on an
// object if it were theirs learns that it does not exist; others do not.
func (a *API) permit(ctx context.Context, q *request, op identity.Operation) error {
	verdict := a.Policy.Authorize(q.caller, op, identity.Object{})
	if verdict == nil || q.route.subject == noSubject || !a.Policy.DependsOnObject(q.caller, op) {
		return verdict
	}
	object, err := a.subject(ctx, q)
	if err != nil {
		return err
	}
	known, err := a.standing(ctx, q, object)
	if err != nil {
		return err
	}
	return a.Policy.Authorize(q.caller, op, known)
}

// subject returns the object that the path names, looking it up once.
func (a *API) subject(ctx context.Context, q *request) (directory.Object, error) {
	if q.object != nil {
		return *q.object, nil
	}
	object, err := a.Store.Object(ctx, q.tenant, q.ref())
	if err != nil {
		return directory.Object{}, notThere(err, cmp.Or(q.key("id"), string(q.ref().ID)))
	}
	q.object = &object
	return object, nil
}

// ref is the reference that the path's {id} makes.
func (q *request) ref() store.Ref {
	key := q.keys["id"]
	ref := store.Ref{ID: directory.ObjectID(strings.ToLower(key.Value)), Kind: q.set()}
	switch {
	case q.route.subject == deletedSubject:
		ref.Deleted = true
	case q.route.subject == callerSubject:
		ref.ID, ref.Kind = q.caller.ObjectID, directory.User
	case key.Property != "" && !strings.EqualFold(key.Property, "id"):
		ref.ID, ref.Property, ref.Value = "", alternateKey(key.Property), key.Value
	case q.route.subject == userSubject && strings.Contains(key.Value, "@"):
		ref.ID, ref.Property, ref.Value = "", "userPrincipalName", key.Value
	}
	return ref
}

// set is the kind of object in the path's entity set; empty when it holds several.
func (q *request) set() directory.Kind {
	set, _, _ := strings.Cut(q.route.Pattern, "/")
	switch set {
	case "users":
		return directory.User
	case "groups":
		return directory.Group
	case "applications":
		return directory.Application
	case "servicePrincipals":
		return directory.ServicePrincipal
	default:
		return ""
	}
}

// alternateKey spells the names of alternate keys as the directory does.
func alternateKey(name string) string {
	for _, known := range []string{"appId", "uniqueName", "userPrincipalName"} {
		if strings.EqualFold(name, known) {
			return known
		}
	}
	return name
}

// notThere words a look-up that found nothing as Graph does.
func notThere(err error, id string) error {
	if !errs.Is(err, errs.NotFound) {
		return err
	}
	return errs.Wrap(err, errs.NotFound, "Request_ResourceNotFound",
		"Resource '%.128s' does not exist or one of its queried reference-property objects are not present.", id)
}

// standing is what the policy weighs of an object: its owners, and what the
// caller's custom roles permit on it.
func (a *API) standing(ctx context.Context, q *request, object directory.Object) (identity.Object, error) {
	owners, err := a.owners(ctx, q.tenant, object)
	if err != nil {
		return identity.Object{}, err
	}
	actions, err := a.customActions(ctx, q, object)
	return identity.Object{Owners: owners, Actions: actions}, err
}

// owners returns the owners of an object. Those of an application count for its
// service principal, and the reverse.
func (a *API) owners(ctx context.Context, tenant directory.TenantID, object directory.Object) ([]directory.ObjectID, error) {
	faces := []directory.ObjectID{object.ID}
	if other, ok, err := a.otherFace(ctx, tenant, object); err != nil {
		return nil, err
	} else if ok {
		faces = append(faces, other.ID)
	}
	var owners []directory.ObjectID
	for _, face := range faces {
		page, err := a.Store.Related(ctx, tenant, face, directory.Owners, false, store.Query{Top: maxOwners})
		if err != nil {
			return nil, err
		}
		for _, owner := range page.Objects {
			owners = append(owners, owner.ID)
		}
	}
	return owners, nil
}

// maxOwners is the most owners that Graph gives an object.
const maxOwners = 100

// otherFace returns the service principal of an application, or the application of
// a service principal; ok is false when there is none here.
func (a *API) otherFace(ctx context.Context, tenant directory.TenantID, object directory.Object) (directory.Object, bool, error) {
	other := directory.ServicePrincipal
	switch object.Kind {
	case directory.ServicePrincipal:
		other = directory.Application
	case directory.Application:
	case directory.User, directory.Group:
		return directory.Object{}, false, nil
	}
	appID := object.Attributes.String("appId")
	found, err := a.Store.Object(ctx, tenant, store.Ref{Kind: other, Property: "appId", Value: appID})
	if errs.Is(err, errs.NotFound) {
		return directory.Object{}, false, nil
	}
	return found, err == nil, err
}

// customActions returns the actions that the caller's role assignments permit on
// the object: those to the whole tenant, to it, and to its other face.
func (a *API) customActions(ctx context.Context, q *request, object directory.Object) ([]identity.Action, error) {
	if q.caller.Kind != identity.DelegatedUser {
		return nil, nil
	}
	assigned, err := a.Store.RoleAssignments(ctx, q.tenant, q.caller.ObjectID)
	if err != nil || len(assigned) == 0 {
		return nil, err
	}
	definitions, err := a.Store.RoleDefinitions(ctx, q.tenant)
	if err != nil {
		return nil, err
	}
	scopes := []string{"/", "/" + string(object.ID)}
	if other, ok, err := a.otherFace(ctx, q.tenant, object); err != nil {
		return nil, err
	} else if ok {
		scopes = append(scopes, "/"+string(other.ID))
	}
	var actions []identity.Action
	for _, assignment := range assigned {
		if slices.Contains(scopes, assignment.Scope) {
			actions = append(actions, actionsOf(definitions, assignment.DefinitionID)...)
		}
	}
	return actions, nil
}

func actionsOf(definitions []store.RoleDefinition, id string) []identity.Action {
	var actions []identity.Action
	for _, d := range definitions {
		if d.ID != id || d.Disabled {
			continue
		}
		for _, action := range d.Actions {
			actions = append(actions, identity.Action(action))
		}
	}
	return actions
}

// servicePrincipal returns the service principal whose synchronization the path
// names, directly or through its application.
func (a *API) servicePrincipal(ctx context.Context, q *request) (directory.Object, error) {
	object, err := a.subject(ctx, q)
	if err != nil || object.Kind == directory.ServicePrincipal {
		return object, err
	}
	other, ok, err := a.otherFace(ctx, q.tenant, object)
	if err != nil || ok {
		return other, err
	}
	return directory.Object{}, errs.New(errs.NotFound, "Request_ResourceNotFound",
		"The application '%s' has no service principal in this tenant, so nothing can be provisioned for it. Create one: POST /servicePrincipals {\"appId\":\"%s\"}.",
		object.ID, object.Attributes.String("appId"))
}
