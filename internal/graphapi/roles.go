package graphapi

import (
	"cmp"
	"context"
	"strings"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	id "github.com/provisor/provisor/internal/identity"
	"github.com/provisor/provisor/internal/odata"
	"github.com/provisor/provisor/internal/store"
)

// roleRoutes are the directory roles: those that the permission table knows, and
// custom ones; who holds them; and the older view of the built-in ones.
func (a *API) roleRoutes() []Route {
	const (
		definitions = "roleManagement/directory/roleDefinitions"
		assignments = "roleManagement/directory/roleAssignments"
		roles       = "directoryRoles"
		templates   = "directoryRoleTemplates"
	)
	return graph(
		Route{Method: get, Pattern: definitions, Operation: id.ReadRoleDefinitions, Options: short(), handle: a.listRoleDefinitions},
		Route{Method: post, Pattern: definitions, Operation: id.WriteRoleDefinitions, body: jsonRequired, handle: a.createRoleDefinition},
		Route{Method: get, Pattern: definitions + "/{id}", Operation: id.ReadRoleDefinitions, Options: one(), handle: a.getRoleDefinition},
		Route{Method: patch, Pattern: definitions + "/{id}", Operation: id.WriteRoleDefinitions, body: jsonRequired, handle: a.updateRoleDefinition},
		Route{Method: remove, Pattern: definitions + "/{id}", Operation: id.WriteRoleDefinitions, handle: a.deleteRoleDefinition},
		Route{Method: get, Pattern: assignments, Operation: id.ReadRoleAssignments, Options: append(short(), expanding()...), handle: a.listRoleAssignments},
		Route{Method: post, Pattern: assignments, Operation: id.WriteRoleAssignments, body: jsonRequired, handle: a.createRoleAssignment},
		Route{Method: get, Pattern: assignments + "/{id}", Operation: id.ReadRoleAssignments, Options: append(one(), expanding()...), handle: a.getRoleAssignment},
		Route{Method: remove, Pattern: assignments + "/{id}", Operation: id.WriteRoleAssignments, handle: a.deleteRoleAssignment},
		Route{Method: get, Pattern: roles, Operation: id.ReadRoleDefinitions, Options: short(), handle: a.listDirectoryRoles(roles)},
		Route{Method: post, Pattern: roles, Operation: id.WriteRoleDefinitions, body: jsonRequired, handle: a.activateDirectoryRole},
		Route{Method: get, Pattern: roles + "/{id}", Operation: id.ReadRoleDefinitions, Options: one(), handle: a.getDirectoryRole(roles)},
		Route{Method: get, Pattern: roles + "/{id}/members", Operation: id.ReadRoleAssignments, Options: []odata.Option{odata.FilterOption, odata.SelectOption, odata.CountOption}, handle: a.listRoleMembers},
		Route{Method: post, Pattern: roles + "/{id}/members/$ref", Operation: id.WriteRoleAssignments, body: jsonRequired, handle: a.addRoleMember},
		Route{Method: remove, Pattern: roles + "/{id}/members/{otherId}/$ref", Operation: id.WriteRoleAssignments, handle: a.removeRoleMember},
		Route{Method: get, Pattern: templates, Operation: id.ReadRoleDefinitions, Options: short(), handle: a.listDirectoryRoles(templates)},
		Route{Method: get, Pattern: templates + "/{id}", Operation: id.ReadRoleDefinitions, Options: one(), handle: a.getDirectoryRole(templates)},
	)
}

// roleDefinition is Graph's unifiedRoleDefinition.
type roleDefinition struct {
	ID              string           `json:"id"`
	Description     *string          `json:"description"`
	DisplayName     string           `json:"displayName"`
	IsBuiltIn       bool             `json:"isBuiltIn"`
	IsEnabled       bool             `json:"isEnabled"`
	ResourceScopes  []string         `json:"resourceScopes"`
	TemplateID      string           `json:"templateId"`
	Version         *string          `json:"version"`
	RolePermissions []rolePermission `json:"rolePermissions"`
}

// rolePermission is Graph's unifiedRolePermission.
type rolePermission struct {
	Allowed   []string `json:"allowedResourceActions"`
	Condition *string  `json:"condition"`
}

func wireRoleDefinition(d store.RoleDefinition) roleDefinition {
	return roleDefinition{
		ID: d.ID, Description: orNull(d.Description), DisplayName: d.DisplayName, IsBuiltIn: d.BuiltIn, IsEnabled: !d.Disabled,
		ResourceScopes: []string{"/"}, TemplateID: d.ID, Version: orNull(d.Version),
		RolePermissions: []rolePermission{{Allowed: append([]string{}, d.Actions...)}},
	}
}

// roleDefinitions returns the built-in roles and the tenant's own.
func (a *API) roleDefinitions(ctx context.Context, q *request) ([]store.RoleDefinition, error) {
	var all []store.RoleDefinition
	for _, r := range id.BuiltInRoles() {
		all = append(all, store.RoleDefinition{ID: string(r.ID), DisplayName: r.Name, Description: r.Name, Version: "1", BuiltIn: true})
	}
	own, err := a.Store.RoleDefinitions(ctx, q.tenant)
	return append(all, own...), err
}

// roleDefinition returns the role that an id names.
func (a *API) roleDefinition(ctx context.Context, q *request, id string) (store.RoleDefinition, error) {
	all, err := a.roleDefinitions(ctx, q)
	if err != nil {
		return store.RoleDefinition{}, err
	}
	for _, d := range all {
		if strings.EqualFold(d.ID, id) {
			return d, nil
		}
	}
	return store.RoleDefinition{}, notThere(errs.New(errs.NotFound, "", ""), id)
}

func (a *API) listRoleDefinitions(ctx context.Context, q *request) (answer, error) {
	all, err := a.roleDefinitions(ctx, q)
	if err != nil {
		return answer{}, err
	}
	wire := make([]roleDefinition, 0, len(all))
	for _, d := range all {
		wire = append(wire, wireRoleDefinition(d))
	}
	return shortList(q, "roleManagement/directory/roleDefinitions", wire)
}

func (a *API) getRoleDefinition(ctx context.Context, q *request) (answer, error) {
	d, err := a.roleDefinition(ctx, q, q.key("id"))
	if err != nil {
		return answer{}, err
	}
	return entity(q.context().Entity("roleManagement/directory/roleDefinitions", q.options.Select...), wireRoleDefinition(d), q.options.Select)
}

// sentRoleDefinition is a body that creates or changes a custom role.
type sentRoleDefinition struct {
	Description     *string          `json:"description"`
	DisplayName     *string          `json:"displayName"`
	IsEnabled       *bool            `json:"isEnabled"`
	TemplateID      *string          `json:"templateId"`
	Version         *string          `json:"version"`
	RolePermissions []rolePermission `json:"rolePermissions"`
}

// apply sets on d what the body says.
func (s sentRoleDefinition) apply(d store.RoleDefinition) store.RoleDefinition {
	if s.Description != nil {
		d.Description = *s.Description
	}
	if s.DisplayName != nil {
		d.DisplayName = *s.DisplayName
	}
	if s.IsEnabled != nil {
		d.Disabled = !*s.IsEnabled
	}
	if s.Version != nil {
		d.Version = *s.Version
	}
	if s.RolePermissions != nil {
		d.Actions = nil
		for _, p := range s.RolePermissions {
			d.Actions = append(d.Actions, p.Allowed...)
		}
	}
	return d
}

// createRoleDefinition answers POST roleDefinitions with a custom role.
func (a *API) createRoleDefinition(ctx context.Context, q *request) (answer, error) {
	var in sentRoleDefinition
	if err := decode(q.body, &in); err != nil {
		return answer{}, err
	}
	if in.DisplayName == nil || *in.DisplayName == "" || in.RolePermissions == nil {
		return answer{}, errs.New(errs.Invalid, "Request_BadRequest", "A custom role needs displayName and rolePermissions.")
	}
	d := in.apply(store.RoleDefinition{ID: a.NewID()})
	if in.TemplateID != nil && isGUID(*in.TemplateID) {
		d.ID = strings.ToLower(*in.TemplateID)
	}
	if _, err := a.roleDefinition(ctx, q, d.ID); err == nil {
		return answer{}, errs.New(errs.Invalid, "Request_BadRequest", "A role with the templateId '%s' exists already.", d.ID).WithTarget("templateId")
	}
	if err := a.Store.PutRoleDefinition(ctx, q.tenant, d); err != nil {
		return answer{}, err
	}
	const set = "roleManagement/directory/roleDefinitions"
	return created(q.context().Entity(set), q.root()+"/"+set+"/"+d.ID, wireRoleDefinition(d))
}

// customRole returns the role of the path, unless it is built in.
func (a *API) customRole(ctx context.Context, q *request) (store.RoleDefinition, error) {
	d, err := a.roleDefinition(ctx, q, q.key("id"))
	if err == nil && d.BuiltIn {
		err = errs.New(errs.Invalid, "Request_BadRequest", "The role '%s' is built in and cannot be changed. Make a custom role.", d.DisplayName)
	}
	return d, err
}

func (a *API) updateRoleDefinition(ctx context.Context, q *request) (answer, error) {
	d, err := a.customRole(ctx, q)
	if err != nil {
		return answer{}, err
	}
	var in sentRoleDefinition
	if err := decode(q.body, &in); err != nil {
		return answer{}, err
	}
	return noContent(), a.Store.PutRoleDefinition(ctx, q.tenant, in.apply(d))
}

func (a *API) deleteRoleDefinition(ctx context.Context, q *request) (answer, error) {
	d, err := a.customRole(ctx, q)
	if err != nil {
		return answer{}, err
	}
	assigned, err := a.Store.RoleAssignments(ctx, q.tenant, "")
	if err != nil {
		return answer{}, err
	}
	for _, one := range assigned {
		if strings.EqualFold(one.DefinitionID, d.ID) {
			return answer{}, errs.New(errs.Invalid, "Request_BadRequest",
				"The role '%s' is assigned to %s. Delete its role assignments first.", d.DisplayName, one.Principal)
		}
	}
	return noContent(), notThere(a.Store.DeleteRoleDefinition(ctx, q.tenant, d.ID), d.ID)
}

// roleAssignment is Graph's unifiedRoleAssignment.
type roleAssignment struct {
	ID               string  `json:"id"`
	AppScopeID       *string `json:"appScopeId"`
	Condition        *string `json:"condition"`
	DirectoryScopeID string  `json:"directoryScopeId"`
	PrincipalID      string  `json:"principalId"`
	RoleDefinitionID string  `json:"roleDefinitionId"`
	Principal        any     `json:"principal,omitempty"`
	RoleDefinition   any     `json:"roleDefinition,omitempty"`
}

func wireRoleAssignment(s store.RoleAssignment) roleAssignment {
	return roleAssignment{
		ID: s.ID, DirectoryScopeID: cmp.Or(s.Scope, "/"), PrincipalID: string(s.Principal), RoleDefinitionID: s.DefinitionID,
	}
}

// expandAssignment adds the principal and the role when $expand asks for them.
func (a *API) expandAssignment(ctx context.Context, q *request, wire *roleAssignment) error {
	for _, e := range q.options.Expand {
		switch strings.ToLower(e.Name) {
		case "principal":
			o, err := a.Store.Object(ctx, q.tenant, store.Ref{ID: directory.ObjectID(wire.PrincipalID)})
			if err == nil {
				wire.Principal = typedWire(o, e.Select)
			}
		case "roledefinition":
			d, err := a.roleDefinition(ctx, q, wire.RoleDefinitionID)
			if err == nil {
				wire.RoleDefinition = wireRoleDefinition(d)
			}
		default:
			return errs.New(errs.Invalid, "BadRequest",
				"Parsing OData Select and Expand failed: Could not find a property named '%s' on type 'microsoft.graph.unifiedRoleAssignment'.", e.Name)
		}
	}
	return nil
}

func (a *API) listRoleAssignments(ctx context.Context, q *request) (answer, error) {
	assigned, err := a.Store.RoleAssignments(ctx, q.tenant, "")
	if err != nil {
		return answer{}, err
	}
	wire := make([]roleAssignment, len(assigned))
	for i, s := range assigned {
		wire[i] = wireRoleAssignment(s)
		if err := a.expandAssignment(ctx, q, &wire[i]); err != nil {
			return answer{}, err
		}
	}
	return shortList(q, "roleManagement/directory/roleAssignments", wire)
}

func (a *API) roleAssignmentOf(ctx context.Context, q *request) (roleAssignment, error) {
	assigned, err := a.Store.RoleAssignments(ctx, q.tenant, "")
	if err != nil {
		return roleAssignment{}, err
	}
	for _, s := range assigned {
		if strings.EqualFold(s.ID, q.key("id")) {
			wire := wireRoleAssignment(s)
			return wire, a.expandAssignment(ctx, q, &wire)
		}
	}
	return roleAssignment{}, notThere(errs.New(errs.NotFound, "", ""), q.key("id"))
}

func (a *API) getRoleAssignment(ctx context.Context, q *request) (answer, error) {
	wire, err := a.roleAssignmentOf(ctx, q)
	if err != nil {
		return answer{}, err
	}
	return entity(q.context().Entity("roleManagement/directory/roleAssignments", q.options.Select...), wire, q.options.Select)
}

// createRoleAssignment answers POST roleAssignments.
func (a *API) createRoleAssignment(ctx context.Context, q *request) (answer, error) {
	var in struct {
		PrincipalID      string `json:"principalId"`
		RoleDefinitionID string `json:"roleDefinitionId"`
		DirectoryScopeID string `json:"directoryScopeId"`
	}
	if err := decode(q.body, &in); err != nil {
		return answer{}, err
	}
	s := store.RoleAssignment{ID: a.NewID(), Principal: directory.ObjectID(strings.ToLower(in.PrincipalID)), DefinitionID: in.RoleDefinitionID, Scope: cmp.Or(strings.ToLower(in.DirectoryScopeID), "/")}
	if err := a.assignRole(ctx, q, &s); err != nil {
		return answer{}, err
	}
	const set = "roleManagement/directory/roleAssignments"
	return created(q.context().Entity(set), q.root()+"/"+set+"/"+s.ID, wireRoleAssignment(s))
}

// assignRole stores s after it has checked what s names.
func (a *API) assignRole(ctx context.Context, q *request, s *store.RoleAssignment) error {
	d, err := a.roleDefinition(ctx, q, s.DefinitionID)
	if err != nil {
		return errs.Wrap(err, errs.Invalid, "Request_BadRequest", "roleDefinitionId '%.64s' is not the id of a role.", s.DefinitionID).WithTarget("roleDefinitionId")
	}
	s.DefinitionID = d.ID
	if _, err := a.Store.Object(ctx, q.tenant, store.Ref{ID: s.Principal}); err != nil {
		return notThere(err, string(s.Principal))
	}
	if scope := strings.TrimPrefix(s.Scope, "/"); scope != "" {
		if _, err := a.Store.Object(ctx, q.tenant, store.Ref{ID: directory.ObjectID(scope)}); err != nil {
			return notThere(err, scope)
		}
		s.Scope = "/" + scope
	}
	err = a.Store.AddRoleAssignment(ctx, q.tenant, *s)
	if errs.Is(err, errs.Conflict) {
		return errs.Wrap(err, errs.Invalid, "Request_BadRequest", "A conflicting object with one or more of the specified property values is present in the directory: the role is assigned already.")
	}
	return err
}

func (a *API) deleteRoleAssignment(ctx context.Context, q *request) (answer, error) {
	wire, err := a.roleAssignmentOf(ctx, q)
	if err != nil {
		return answer{}, err
	}
	return noContent(), notThere(a.Store.RemoveRoleAssignment(ctx, q.tenant, wire.ID), wire.ID)
}
