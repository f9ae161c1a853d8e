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

// appRoleAssignment is Graph's type of the same name.
type appRoleAssignment struct {
	ID                   string  `json:"id"`
	Deleted              any     `json:"deletedDateTime"`
	AppRoleID            string  `json:"appRoleId"`
	Created              any     `json:"createdDateTime"`
	PrincipalDisplayName *string `json:"principalDisplayName"`
	PrincipalID          string  `json:"principalId"`
	PrincipalType        string  `json:"principalType"`
	ResourceDisplayName  *string `json:"resourceDisplayName"`
	ResourceID           string  `json:"resourceId"`
}

func wireAssignment(s directory.AppRoleAssignment, principal, resource string) appRoleAssignment {
	return appRoleAssignment{
		ID: s.ID, AppRoleID: s.AppRoleID, Created: instantOrNull(s.Created),
		PrincipalDisplayName: orNull(principal), PrincipalID: string(s.Principal), PrincipalType: principalType(s.PrincipalKind),
		ResourceDisplayName: orNull(resource), ResourceID: string(s.Resource),
	}
}

// principalType is the kind as this type spells it: User, Group, ServicePrincipal.
func principalType(k directory.Kind) string {
	if k == "" {
		return ""
	}
	return strings.ToUpper(string(k[:1])) + string(k[1:])
}

// side tells which end of assignments a path names.
type side bool

const (
	asResource  side = false // …/appRoleAssignedTo
	asPrincipal side = true  // …/appRoleAssignments
)

func (s side) query(id directory.ObjectID) store.AssignmentQuery {
	if s == asPrincipal {
		return store.AssignmentQuery{Principal: id}
	}
	return store.AssignmentQuery{Resource: id}
}

// listAssignments answers GET …/appRoleAssignedTo and …/appRoleAssignments.
func (a *API) listAssignments(s side) handler {
	return func(ctx context.Context, q *request) (answer, error) {
		object, err := a.subject(ctx, q)
		if err != nil {
			return answer{}, err
		}
		query := s.query(object.ID)
		if q.options.Filter != nil || q.options.Count {
			return a.chosenAssignments(ctx, q, query)
		}
		if query.After, err = q.after(); err != nil {
			return answer{}, err
		}
		query.Limit = q.pageSize()
		page, next, err := a.assignmentPage(ctx, q.tenant, query)
		if err != nil {
			return answer{}, err
		}
		contextURL := q.context().Collection(odata.Contained(q.setName(), string(object.ID), q.lastSegment()))
		return collection(listing{Context: contextURL, Next: q.next(next), Value: page}, q.options.Select)
	}
}

// chosenAssignments answers those that $filter selects, or that are to be counted:
// all are read. What the filter says of principal and resource narrows the reading.
func (a *API) chosenAssignments(ctx context.Context, q *request, query store.AssignmentQuery) (answer, error) {
	narrow(&query, q.options.Filter)
	query.Limit = odata.MaxTop
	all := []appRoleAssignment{}
	for {
		page, next, err := a.assignmentPage(ctx, q.tenant, query)
		if err != nil {
			return answer{}, err
		}
		all = append(all, page...)
		if query.After = next; next == "" {
			return shortList(q, "appRoleAssignments", all)
		}
	}
}

func narrow(query *store.AssignmentQuery, e odata.Expr) {
	switch e := e.(type) {
	case odata.And:
		narrow(query, e.Left)
		narrow(query, e.Right)
	case odata.Compare:
		id, isText := e.Value.(string)
		named := map[string]*directory.ObjectID{"principalid": &query.Principal, "resourceid": &query.Resource}[strings.ToLower(string(e.Property))]
		if isText && e.Op == odata.Eq && named != nil && *named == "" {
			*named = directory.ObjectID(strings.ToLower(id))
		}
	}
}

// assignmentPage reads a page and where the next begins.
func (a *API) assignmentPage(ctx context.Context, tenant directory.TenantID, query store.AssignmentQuery) ([]appRoleAssignment, string, error) {
	if query.Limit == 0 {
		query.Limit = 100
	}
	found, err := a.Store.Assignments(ctx, tenant, query)
	if err != nil {
		return nil, "", err
	}
	page := make([]appRoleAssignment, 0, len(found))
	names := displayNames{api: a, tenant: tenant, known: map[directory.ObjectID]string{}}
	for _, s := range found {
		principal, resource := names.of(ctx, s.Principal), names.of(ctx, s.Resource)
		page = append(page, wireAssignment(s, principal, resource))
	}
	if len(found) < query.Limit {
		return page, "", nil
	}
	return page, found[len(found)-1].ID, nil
}

// displayNames looks names up once each; an object that is gone has none.
type displayNames struct {
	api    *API
	tenant directory.TenantID
	known  map[directory.ObjectID]string
}

func (n displayNames) of(ctx context.Context, id directory.ObjectID) string {
	if name, ok := n.known[id]; ok {
		return name
	}
	object, err := n.api.Store.Object(ctx, n.tenant, store.Ref{ID: id})
	if err == nil {
		n.known[id] = object.Attributes.String("displayName")
	}
	return n.known[id]
}

// sentAssignment is the body that creates an assignment.
type sentAssignment struct {
	PrincipalID string `json:"principalId"`
	ResourceID  string `json:"resourceId"`
	AppRoleID   string `json:"appRoleId"`
}

func readAssignment(body []byte) (sentAssignment, error) {
	var in sentAssignment
	if err := decode(body, &in); err != nil {
		return in, err
	}
	if in.AppRoleID == "" {
		in.AppRoleID = directory.DefaultAppRole
	}
	for name, id := range map[string]*string{"principalId": &in.PrincipalID, "resourceId": &in.ResourceID, "appRoleId": &in.AppRoleID} {
		if *id = strings.ToLower(*id); !isGUID(*id) {
			return in, errs.New(errs.Invalid, "Request_BadRequest", "A value is required for property '%s' of resource: a GUID.", name).WithTarget(name)
		}
	}
	return in, nil
}

// assigning decides what creating an assignment asks for: where the resource is
// Graph itself it hands out an application permission, which is more.
func (a *API) assigning(ctx context.Context, q *request) ([]identity.Operation, error) {
	in, err := readAssignment(q.body)
	if err != nil {
		return []identity.Operation{identity.CreateAppRoleAssignment}, nil //nolint:nilerr // who may not assign is told so before what is wrong with the body
	}
	resource, err := a.Store.Object(ctx, q.tenant, store.Ref{ID: directory.ObjectID(in.ResourceID)})
	if err == nil && resource.Attributes.String("appId") == identity.GraphAppID {
		return []identity.Operation{identity.GrantApplicationPermission}, nil
	}
	return []identity.Operation{identity.CreateAppRoleAssignment}, nil
}

// createAssignment answers POST …/appRoleAssignedTo and …/appRoleAssignments.
func (a *API) createAssignment(s side) handler {
	return func(ctx context.Context, q *request) (answer, error) {
		object, err := a.subject(ctx, q)
		if err != nil {
			return answer{}, err
		}
		in, err := readAssignment(q.body)
		if err != nil {
			return answer{}, err
		}
		named := map[side]string{asResource: in.ResourceID, asPrincipal: in.PrincipalID}[s]
		if named != string(object.ID) {
			return answer{}, errs.New(errs.Invalid, "Request_BadRequest",
				"The body names another object than the path, which is %s %s.", object.Kind, object.ID)
		}
		return a.assign(ctx, q, object, in)
	}
}

func (a *API) assign(ctx context.Context, q *request, object directory.Object, in sentAssignment) (answer, error) {
	principal, err := a.Store.Object(ctx, q.tenant, store.Ref{ID: directory.ObjectID(in.PrincipalID)})
	if err != nil {
		return answer{}, notThere(err, in.PrincipalID)
	}
	resource, err := a.Store.Object(ctx, q.tenant, store.Ref{ID: directory.ObjectID(in.ResourceID), Kind: directory.ServicePrincipal})
	if err != nil {
		return answer{}, notThere(err, in.ResourceID)
	}
	if err := offers(resource, in.AppRoleID); err != nil {
		return answer{}, err
	}
	assignment := directory.AppRoleAssignment{
		ID: a.NewID(), Principal: principal.ID, PrincipalKind: principal.Kind, Resource: resource.ID, AppRoleID: in.AppRoleID, Created: a.Now(),
	}
	if err := a.Store.Assign(ctx, q.tenant, assignment); err != nil {
		return answer{}, alreadyAssigned(err)
	}
	path := odata.Contained(q.setName(), string(object.ID), q.lastSegment())
	location := strings.Join([]string{q.root(), q.setName(), string(object.ID), q.lastSegment(), assignment.ID}, "/")
	wire := wireAssignment(assignment, principal.Attributes.String("displayName"), resource.Attributes.String("displayName"))
	return created(q.context().Entity(path), location, wire)
}

func alreadyAssigned(err error) error {
	if !errs.Is(err, errs.Conflict) {
		return err
	}
	return errs.Wrap(err, errs.Invalid, "Request_BadRequest", "Permission being assigned already exists on the object")
}

// offers reports whether the resource has the app role. The default role is always
// there: it means access without a role.
func offers(resource directory.Object, role string) error {
	if role == directory.DefaultAppRole {
		return nil
	}
	for _, r := range asList(resource.Attributes["appRoles"]) {
		if id, _ := asRecord(r)["id"].(string); strings.EqualFold(id, role) {
			return nil
		}
	}
	return errs.New(errs.Invalid, "Request_BadRequest",
		"Permission being assigned was not found on application '%s': it has no app role %s. Its appRoles are listed by GET /servicePrincipals/%s?$select=appRoles.",
		resource.Attributes.String("displayName"), role, resource.ID).WithTarget("appRoleId")
}

// assignmentOf returns the assignment that the path names, if it belongs to the
// object in the path.
func (a *API) assignmentOf(ctx context.Context, q *request, s side) (directory.AppRoleAssignment, error) {
	object, err := a.subject(ctx, q)
	if err != nil {
		return directory.AppRoleAssignment{}, err
	}
	query := s.query(object.ID)
	query.ID, query.Limit = q.key("assignmentId"), 1
	found, err := a.Store.Assignments(ctx, q.tenant, query)
	if err != nil {
		return directory.AppRoleAssignment{}, err
	}
	if len(found) == 0 {
		return directory.AppRoleAssignment{}, notThere(errs.New(errs.NotFound, "", ""), query.ID)
	}
	return found[0], nil
}

func (a *API) getAssignment(s side) handler {
	return func(ctx context.Context, q *request) (answer, error) {
		found, err := a.assignmentOf(ctx, q, s)
		if err != nil {
			return answer{}, err
		}
		names := displayNames{api: a, tenant: q.tenant, known: map[directory.ObjectID]string{}}
		wire := wireAssignment(found, names.of(ctx, found.Principal), names.of(ctx, found.Resource))
		return entity(q.context().Entity("appRoleAssignments"), wire, q.options.Select)
	}
}

func (a *API) deleteAssignment(s side) handler {
	return func(ctx context.Context, q *request) (answer, error) {
		found, err := a.assignmentOf(ctx, q, s)
		if err != nil {
			return answer{}, err
		}
		return noContent(), notThere(a.Store.Unassign(ctx, q.tenant, found.ID), found.ID)
	}
}
