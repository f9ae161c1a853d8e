package graphapi

import (
	"context"
	"strings"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/identity"
	"github.com/provisor/provisor/internal/odata"
	"github.com/provisor/provisor/internal/store"
)

// directoryRole is Graph's resource of the same name, the older view of a built-in
// role. Every role is active here, and its id is that of its template.
type directoryRole struct {
	ID             string  `json:"id"`
	Deleted        any     `json:"deletedDateTime"`
	Description    string  `json:"description"`
	DisplayName    string  `json:"displayName"`
	RoleTemplateID *string `json:"roleTemplateId,omitempty"` // templates have none
}

// directoryRolesOf returns the roles as a set shows them.
func directoryRolesOf(set string) []directoryRole {
	var roles []directoryRole
	for _, r := range identity.BuiltInRoles() {
		role := directoryRole{ID: string(r.ID), DisplayName: r.Name, Description: r.Name}
		if set == "directoryRoles" {
			role.RoleTemplateID = &role.ID
		}
		roles = append(roles, role)
	}
	return roles
}

func (a *API) listDirectoryRoles(set string) handler {
	return func(_ context.Context, q *request) (answer, error) { return shortList(q, set, directoryRolesOf(set)) }
}

// directoryRoleOf returns the role that the path names, by id or roleTemplateId.
func directoryRoleOf(set, id string) (directoryRole, error) {
	for _, r := range directoryRolesOf(set) {
		if strings.EqualFold(r.ID, id) {
			return r, nil
		}
	}
	return directoryRole{}, notThere(errs.New(errs.NotFound, "", ""), id)
}

func (a *API) getDirectoryRole(set string) handler {
	return func(_ context.Context, q *request) (answer, error) {
		role, err := directoryRoleOf(set, q.key("id"))
		if err != nil {
			return answer{}, err
		}
		return entity(q.context().Entity(set, q.options.Select...), role, q.options.Select)
	}
}

// activateDirectoryRole answers POST directoryRoles. Every role is active, so there
// is nothing to do but to say so.
func (a *API) activateDirectoryRole(_ context.Context, q *request) (answer, error) {
	var in struct {
		RoleTemplateID string `json:"roleTemplateId"`
	}
	if err := decode(q.body, &in); err != nil {
		return answer{}, err
	}
	role, err := directoryRoleOf("directoryRoles", in.RoleTemplateID)
	if err != nil {
		return answer{}, err
	}
	return created(q.context().Entity("directoryRoles"), q.root()+"/directoryRoles/"+role.ID, role)
}

// holders returns the assignments of the role of the path to the whole tenant.
func (a *API) holders(ctx context.Context, q *request) ([]store.RoleAssignment, error) {
	role, err := directoryRoleOf("directoryRoles", q.key("id"))
	if err != nil {
		return nil, err
	}
	assigned, err := a.Store.RoleAssignments(ctx, q.tenant, "")
	var held []store.RoleAssignment
	for _, s := range assigned {
		if s.Scope == "/" && strings.EqualFold(s.DefinitionID, role.ID) {
			held = append(held, s)
		}
	}
	return held, err
}

func (a *API) listRoleMembers(ctx context.Context, q *request) (answer, error) {
	held, err := a.holders(ctx, q)
	if err != nil {
		return answer{}, err
	}
	var page store.Page
	for _, s := range held {
		o, err := a.Store.Object(ctx, q.tenant, store.Ref{ID: s.Principal})
		if errs.Is(err, errs.NotFound) {
			continue // deleted, and may be restored
		}
		if err != nil {
			return answer{}, err
		}
		page.Objects = append(page.Objects, o)
	}
	if page.Objects, err = matching(page.Objects, q.options.Filter); err != nil {
		return answer{}, err
	}
	page.Count = int64(len(page.Objects))
	return a.objects(ctx, q, q.context().Collection("directoryObjects", q.options.Select...), page, typed)
}

// matching keeps of a few objects those that a filter selects.
func matching(objects []directory.Object, filter odata.Expr) ([]directory.Object, error) {
	var kept []directory.Object
	for _, o := range objects {
		ok, err := filter == nil, error(nil)
		if filter != nil {
			ok, err = odata.Match(filter, typedWire(o, nil))
		}
		if err != nil {
			return nil, err
		}
		if ok {
			kept = append(kept, o)
		}
	}
	return kept, nil
}

func (a *API) addRoleMember(ctx context.Context, q *request) (answer, error) {
	role, err := directoryRoleOf("directoryRoles", q.key("id"))
	if err != nil {
		return answer{}, err
	}
	principal, err := readReference(q.body)
	if err != nil {
		return answer{}, err
	}
	return noContent(), a.assignRole(ctx, q, &store.RoleAssignment{ID: a.NewID(), Principal: principal, DefinitionID: role.ID, Scope: "/"})
}

func (a *API) removeRoleMember(ctx context.Context, q *request) (answer, error) {
	held, err := a.holders(ctx, q)
	if err != nil {
		return answer{}, err
	}
	principal := directory.ObjectID(strings.ToLower(q.key("otherId")))
	for _, s := range held {
		if s.Principal == principal {
			return noContent(), notThere(a.Store.RemoveRoleAssignment(ctx, q.tenant, s.ID), s.ID)
		}
	}
	return answer{}, notThere(errs.New(errs.NotFound, "", ""), string(principal))
}
